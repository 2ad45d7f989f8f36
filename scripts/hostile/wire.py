"""HTTP/1.1 on plain sockets: as correct as a client, or as wrong as an attacker."""

import itertools
import json
import socket
import threading


class Lost(Exception):
    """The connection broke or ended before there was an answer."""


class Answer:
    """One answer, read whole."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def reason(self):
        value = self.json
        return value.get("reason", "") if isinstance(value, dict) else ""

    @property
    def detail(self):
        value = self.json
        return value.get("detail", "") if isinstance(value, dict) else ""

    def violations(self):
        value = self.json
        return value.get("violations", []) if isinstance(value, dict) else []

    def __str__(self):
        return f"{self.status} {self.reason}".strip()


def accepted(body=b"{}"):
    """What a program without any wall would say."""
    return Answer(200, [("content-type", "application/json")], body)


class Connection:
    """A connection from one address; it may send anything."""

    def __init__(self, door, source=None, timeout=20.0):
        self.socket = socket.socket(socket.AF_INET6 if ":" in door.host else socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        try:
            if source and door.local:
                self.socket.bind((source, 0))
            self.socket.connect((door.host, door.port))
        except OSError as error:
            self.socket.close()
            raise Lost(f"no connection: {error}") from error

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Lost(f"cut off while sending: {error}") from error

    def send_what_is_taken(self, data):
        """Sends until the other side takes no more; gives whether everything was taken."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except socket.timeout as error:
            raise Lost("no answer in time") from error
        except OSError as error:
            raise Lost(f"cut off: {error}") from error
        if not data:
            raise Lost("closed without an answer")
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        part, self.buffer = self.buffer[:count], self.buffer[count:]
        return part

    def answer(self, head_request=False):
        while True:
            lines = self._until(b"\r\n\r\n").split(b"\r\n")
            parts = lines[0].split(b" ", 2)
            if len(parts) < 2 or not parts[1].isdigit():
                raise Lost(f"no HTTP answer: {lines[0][:60]!r}")
            status = int(parts[1])
            if status != 100:
                break
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            headers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        fields = dict(headers)
        if head_request or status in (204, 304):
            body = b""
        elif "chunked" in fields.get("transfer-encoding", ""):
            body = self._chunks()
        elif "content-length" in fields:
            body = self._exactly(int(fields["content-length"]))
        else:
            body = self._rest()
        return Answer(status, headers, body)

    def _chunks(self):
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            body += self._exactly(size)
            self._until(b"\r\n")
            if size == 0:
                return body

    def _rest(self):
        try:
            while True:
                self._more()
        except Lost:
            body, self.buffer = self.buffer, b""
            return body

    def answers(self, most=8, quiet=2.0):
        """All answers until the other side closes, or says nothing for a while. Gives them, and whether it closed."""
        found = []
        self.socket.settimeout(quiet)
        while len(found) < most:
            try:
                found.append(self.answer())
            except Lost as lost:
                return found, "in time" not in str(lost)
        return found, False

    def ends(self, within):
        """Whether the other side closes within so many seconds."""
        self.socket.settimeout(within)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except socket.timeout:
            return False
        except OSError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Door:
    """A gateway, and addresses to come from. Each stranger on a loopback door has an address that nobody had before."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.local = host in ("127.0.0.1", "localhost")
        self._next, self._lock = itertools.count(), threading.Lock()

    def stranger(self):
        with self._lock:
            number = next(self._next) % (62 * 250 * 250)
        return f"127.{64 + number // 62500}.{1 + number // 250 % 250}.{1 + number % 250}"


def request(method, path, host, body=None, token=None, headers=()):
    """The bytes of a request. `headers` are pairs; one named Host or Content-Type stands instead of ours."""
    given = {name.lower() for name, _ in headers}
    lines = [f"{method} {path} HTTP/1.1"]
    if "host" not in given and host is not None:
        lines.append(f"Host: {host}")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    data = b""
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if "content-type" not in given:
            lines.append("Content-Type: application/json")
        if not given & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(data)}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + data


def call(door, method, path, host, body=None, token=None, headers=(), source=None, timeout=30.0):
    """One request on a connection of its own."""
    with Connection(door, source, timeout) as connection:
        data = request(method, path, host, body, token, [*headers, ("Connection", "close")])
        whole = connection.send_what_is_taken(data)
        try:
            return connection.answer(method == "HEAD")
        except Lost as lost:
            raise Lost(str(lost) if whole else f"{lost}, and the request was not read to its end") from lost
