"""The program under attack: `comitia dev` with a data folder of its own, or one that runs somewhere."""

import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

from wire import Door, Lost, call

# Tokens live this long here, so that expired ones can be had.
TOKEN_SECONDS = 120
# What an e-mail with a code says before the code.
CODE = re.compile(r"code to sign in: ([0-9A-Z -]+)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """Where to knock, the operator's key, and what can be seen from behind."""

    def __init__(self, door, operator_key, mail=None, log=None, process=None, folder=None, program=None):
        self.door, self.operator_key, self.mail, self.log = door, operator_key, mail, log
        self.process, self.folder, self.program = process, folder, program

    @classmethod
    def start(cls, program, settings):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="comitia-hostile-"))
        data, log, port = folder / "data", folder / "server.log", free_port()
        command = [program, "dev", "--data", data, "--port", port, "--admin-port", free_port()]
        for setting in (f"identity.access_token_seconds={TOKEN_SECONDS}", *settings):
            command += ["--set", setting]
        with log.open("wb") as output:
            process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.STDOUT)
        here = cls(Door("127.0.0.1", port), None, data / "mail", log, process, folder, program)
        try:
            here._wait()
            here.operator_key = json.loads((data / "secrets.json").read_text())["operator_key"]
        except BaseException:
            here.stop()
            raise
        return here

    @classmethod
    def at(cls, url, operator_key, mail, log, program):
        parts = urlsplit(url)
        if parts.scheme != "http":
            raise SystemExit(f"{url}: must be an http:// address; the attacks write the bytes themselves")
        door = Door(parts.hostname, parts.port or 80)
        path = lambda value: pathlib.Path(value) if value else None
        return cls(door, operator_key, path(mail), path(log), program=program)

    def _wait(self):
        for _ in range(1200):
            if self.process.poll() is not None:
                raise SystemExit(f"the program ended at its start:\n{self.log.read_text(errors='replace')[-2000:]}")
            try:
                if call(self.door, "GET", "/v1/organization", "localhost").status == 200:
                    return
            except Lost:
                pass
            time.sleep(0.1)
        raise SystemExit("the program did not start within two minutes")

    def mails(self):
        return set(self.mail.glob("*.eml")) if self.mail else set()

    def mailed_code(self, email, before=frozenset()):
        """The code that was sent to an address, in a mail that was not there before."""
        for _ in range(150):
            for file in self.mails() - before:
                words = file.read_text(errors="replace")
                found = CODE.search(words)
                if found and email in words:
                    return found[1].strip()
            time.sleep(0.1)
        raise Lost(f"no e-mail with a code came for {email}")

    def memory_megabytes(self):
        """The most that the program ever took, as far as it can be seen."""
        if not self.process or self.process.poll() is not None:
            return None
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024

    def troubles(self):
        """The lines of the program's log that must not be there."""
        if not self.log:
            return []
        with self.log.open(errors="replace") as lines:
            return [line.strip()[:500] for line in lines if re.search(r"\bERROR\b|panicked", line)]

    def runs(self):
        return self.process is None or self.process.poll() is None

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def remove(self):
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
