"""What a case has in its hands: an organization of the attacker, ways to attack, and ways to say what must hold."""

import collections
import contextlib
import secrets
import subprocess
import threading
import time

from city import City, Refused, at
from wire import Answer, Connection, Lost, accepted, call, request

HOST = "hostile.example.org"
VOTERS = 4_000
# A request that is cut off while it is sent, because its head or body is too large, may lose its answer with it.
CUT = "cut off"


class Wrong(Exception):
    """What must hold does not; the text says what was seen."""


class Skipped(Exception):
    """The case cannot be tried here and now; the text says why."""


Case = collections.namedtuple("Case", "name holds run")
CASES = []


def case(name, holds):
    """Registers a case: its name, and what must hold."""
    def register(run):
        add(name, holds, run)
        return run
    return register


def add(name, holds, run):
    if any(known.name == name for known in CASES):
        raise ValueError(f"two cases are called {name}")
    CASES.append(Case(name, holds, run))


class Attacker:
    """The organization from which attacks come; its administrator is hostile too."""

    def __init__(self, installation):
        self.city = City(installation, HOST, "Hostile")
        self._votes, self._lock = {}, threading.RLock()

    def prepare(self):
        self.organization = self.city.found()
        self.vote("open"), self.vote("changeable")

    def vote(self, kind):
        """An open vote of this kind that still has people who were not used up; made anew when it has none."""
        with self._lock:
            if kind not in self._votes:
                members = [(number, "") for number in self.city.numbers(VOTERS, kind[0])]
                self._votes[kind] = self.city.vote(members, recast=kind == "changeable")
            return self._votes[kind]

    def somebody(self, kind):
        """A vote and somebody in it who was never used before: number and code."""
        with self._lock:
            vote = self.vote(kind)
            number = vote.somebody()
            if number is None:
                del self._votes[kind]
                vote = self.vote(kind)
                number = vote.somebody()
            return vote, number, vote.codes[number]


class FakeConnection:
    """A connection to a program without walls (or without doors): see `Trial.fake`."""

    def __init__(self, answer):
        self._answer = answer

    def send(self, _):
        pass

    def send_what_is_taken(self, _):
        return True

    def answer(self, head_request=False):
        return self._answer

    def answers(self, most=8, quiet=2.0):
        return [self._answer] * min(most, 2), False

    def ends(self, within):
        return False

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Trial:
    """One run of a case. With `fake`, attacks are not sent but answered with it: a case that holds then cannot fail."""

    def __init__(self, attacker, victim, chance, shared, fake=None):
        self.attacker, self.victim, self.random, self.shared, self.fake = attacker, victim, chance, shared, fake
        self.city, self.here = attacker.city, attacker.city.here
        self.door, self.host = self.here.door, HOST
        self.seen = []

    # Attacks.

    def attack(self, method, path, body=None, token=None, headers=(), host=HOST, source=None, timeout=30.0, cut=False):
        """A hostile request. With `cut`, losing the connection while sending is an answer as well: status 0."""
        if self.fake:
            return self.fake
        try:
            return call(self.door, method, path, host, body, token, headers, source or self.door.stranger(), timeout)
        except Lost as lost:
            if cut:
                return Answer(0, [], str(lost).encode())
            raise Wrong(f"{method} {path[:60]}: {lost}") from lost

    def connection(self, source=None, timeout=20.0):
        if self.fake:
            return FakeConnection(self.fake)
        return Connection(self.door, source or self.door.stranger(), timeout)

    def raw(self, data, most=4, quiet=2.0):
        """Sends bytes, and gives all answers and whether the connection was closed after them."""
        with self.connection() as connection:
            connection.send_what_is_taken(data)
            return connection.answers(most, quiet)

    def bytes(self, method, path, body=None, token=None, headers=(), host=HOST):
        return request(method, path, host, body, token, headers)

    def tally(self, file, *options):
        """What `comitia tally` says of a file: exit code and words."""
        if self.fake:
            return 0, "VERIFIED"
        if not self.here.program:
            raise Skipped("there is no program to run `tally` with (--program)")
        command = [self.here.program, "tally", str(file), *options]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def probe(self, what, longest=5.0):
        """A stranger who does nothing wrong is served meanwhile."""
        began = time.monotonic()
        answer = self.attack("GET", "/v1/polls?pageSize=1", host=self.host)
        took = time.monotonic() - began
        self.expect(answer, 200, what=f"{what}: a stranger")
        self.hold(took < longest, f"{what}: a stranger waited {took:.1f} s")
        if self.fake:
            return
        self.seen.append(f"others {1000 * took:.0f} ms")

    # What must hold.

    def hold(self, condition, seen):
        if not condition:
            raise Wrong(seen)

    def expect(self, answer, status, reason=None, what="", field=None):
        """That an answer is as it must be. Several statuses or reasons may do."""
        statuses = status if isinstance(status, (tuple, set, list)) else (status,)
        reasons = (reason,) if isinstance(reason, str) else reason
        self.seen.append(str(answer))
        words = f"{what}: " if what else ""
        if answer.status not in statuses:
            raise Wrong(f"{words}{answer} {answer.detail[:120]} instead of {'/'.join(map(str, statuses))}")
        if reasons and answer.status and answer.reason not in reasons:
            raise Wrong(f"{words}{answer} instead of {'/'.join(reasons)}")
        if field and not any(violation.get("field") == field for violation in answer.violations()):
            raise Wrong(f"{words}{answer} does not name {field}: {str(answer.violations())[:200]}")
        if answer.status >= 400:
            self.harmless(answer, words)
        return answer

    def harmless(self, answer, words=""):
        """An error is small, and shows nothing of the inside."""
        if len(answer.body) > 16_384:
            raise Wrong(f"{words}an error of {len(answer.body)} bytes")
        text = answer.body.decode("utf-8", "replace")
        for inside in ("panicked", "sqlx", "SELECT ", "INSERT ", ".rs:", "tonic", "hyper"):
            if inside in text:
                raise Wrong(f"{words}an error says {inside!r}: {text[:200]}")

    def same(self, first, second, what):
        """That two answers say the same to whoever compares them."""
        for name, value in (("status", lambda a: a.status), ("reason", lambda a: a.reason), ("detail", lambda a: a.detail),
                            ("violations", lambda a: a.violations())):
            if value(first) != value(second):
                raise Wrong(f"{what}: the {name} differs: {value(first)!r} and {value(second)!r}")

    # People.

    def voter(self, kind="open"):
        """Somebody of the attacker's organization who may vote: the vote, a session, a permit."""
        vote, number, code = self.attacker.somebody(kind)
        token = self.city.session(number, code)["accessToken"]
        return vote, token, self.city.permit(vote.poll, token)

    def secret(self):
        import base64
        return base64.b64encode(secrets.token_bytes(16)).decode()

    def kept(self, name, make):
        """Something that is made once for all runs of all cases."""
        if name not in self.shared:
            self.shared[name] = make()
        return self.shared[name]


@contextlib.contextmanager
def many(trial, count, sources, first=b""):
    """So many connections of a few addresses, each with its first bytes sent."""
    opened = []
    try:
        for number in range(count):
            try:
                connection = trial.connection(sources[number % len(sources)], 5.0)
            except Lost:
                continue
            opened.append(connection)
            if first:
                connection.send_what_is_taken(first)
        yield opened
    finally:
        for connection in opened:
            connection.close()


__all__ = [
    "CASES", "HOST", "Attacker", "Refused", "Skipped", "Trial", "Wrong", "accepted", "add", "at", "case", "many",
]
