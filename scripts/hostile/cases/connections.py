"""Connections: occupied, idle, slow, half-spoken, and HTTP/2 that floods."""

import struct
import time

from trial import case, many

SOURCES = [f"127.0.0.{number}" for number in range(2, 7)]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header as HPACK writes it when it remembers nothing."""
    def text(data):
        size, out = len(data), b""
        if size < 127:
            return bytes([size]) + data
        size, out = size - 127, b"\x7f"
        while size >= 128:
            out, size = out + bytes([size % 128 | 128]), size // 128
        return out + bytes([size]) + data
    return b"\0" + text(name) + text(value)


def get(host, *more):
    fields = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/v1/polls?pageSize=1"), (b":authority", host.encode()), *more]
    return b"".join(literal(name, value) for name, value in fields)


START = PREFACE + frame(4, 0, 0)


@case("occupied: five addresses with 200 slow bodies each", "strangers are served within five seconds all the time")
def _(trial):
    head = trial.bytes("POST", "/v1/sessions:signInWithAccessCode", b"", headers=[("Content-Length", "8000")])
    with many(trial, 1_000, SOURCES, head + b"{") as connections:
        trial.hold(trial.fake or len(connections) > 500, f"{len(connections)} of 1000 connections could be opened")
        for _ in range(4):
            for connection in connections[::5]:
                connection.send_what_is_taken(b" ")
            trial.probe("beside a thousand slow bodies")


@case("occupied: five addresses with 300 sockets each that send P", "strangers are served within five seconds")
def _(trial):
    with many(trial, 1_500, SOURCES, b"P") as connections:
        trial.hold(trial.fake or len(connections) > 700, f"{len(connections)} of 1500 connections could be opened")
        for _ in range(3):
            trial.probe("beside fifteen hundred sockets")


@case("occupied: heads that come a letter at a time", "strangers are served within two seconds")
def _(trial):
    with many(trial, 200, SOURCES, b"GET /v1/polls HTTP/1.1\r\nHost: ") as connections:
        for letter in b"abcd":
            for connection in connections:
                connection.send_what_is_taken(bytes([letter]))
            trial.probe("beside slow heads", 2.0)


@case("occupied: idle connections of both protocols", "strangers are served within two seconds")
def _(trial):
    with many(trial, 150, SOURCES), many(trial, 150, SOURCES, START):
        trial.probe("beside idle connections", 2.0)


@case("occupied: answers that nobody reads", "strangers are served within five seconds")
def _(trial):
    request = trial.bytes("GET", "/openapi.json")
    with many(trial, 40, SOURCES, request * 10):
        time.sleep(0.3)
        trial.probe("beside answers that nobody reads")


@case("occupied: connections that are opened and closed at once", "strangers are served within two seconds")
def _(trial):
    for _ in range(10):
        with many(trial, 50, SOURCES, b""):
            pass
    trial.probe("after five hundred connections", 2.0)


@case("occupied: TLS and other words on a plain port", "they end, and strangers are served")
def _(trial):
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"\0" * 100, b"SSH-2.0-x\r\n\r\n",
                 b"\r\n" * 3 + b"x\r\n\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", PREFACE + b"\xff" * 64, b"\x05\x01\x00" + bytes(40) + b"\r\n\r\n"):
        with trial.connection() as connection:
            connection.send_what_is_taken(data)
            found, closed = connection.answers(1, 3.0)
            trial.hold(all(answer.status >= 400 for answer in found), f"{data[:10]!r} was answered: {list(map(str, found))}")
            trial.hold(closed or found, f"{data[:10]!r}: nothing was said, and the connection stays")
    trial.probe("after them", 2.0)


def flood(trial, data, what, longest=3.0):
    """Sends HTTP/2 frames as far as they are taken; strangers must be served meanwhile and after it."""
    with trial.connection() as connection:
        connection.send_what_is_taken(START + data)
        trial.probe(what, longest)
    trial.probe(f"after {what}", longest)


@case("HTTP/2: a thousand streams that are reset at once", "strangers are served within three seconds")
def _(trial):
    block = get(trial.host)
    data = b"".join(frame(1, 5, stream, block) + frame(3, 0, stream, struct.pack(">I", 8)) for stream in range(1, 2_001, 2))
    flood(trial, data, "a rapid reset")


@case("HTTP/2: a head without an end", "strangers are served within three seconds, and memory stays bounded")
def _(trial):
    block = literal(b"x-a", b"y" * 8_000)
    data = frame(1, 1, 1, get(trial.host)) + frame(9, 0, 1, block) * 400
    flood(trial, data, "continuations")
    memory = trial.here.memory_megabytes()
    trial.hold(memory is None or memory < 512, f"the program took {memory} MB")


@case("HTTP/2: ten thousand settings and pings", "strangers are served within three seconds")
def _(trial):
    flood(trial, (frame(4, 0, 0) + frame(6, 0, 0, b"12345678")) * 5_000, "settings and pings")


@case("HTTP/2: windows that overflow, streams that are none", "the connection ends, and strangers are served")
def _(trial):
    for data in (frame(8, 0, 0, struct.pack(">I", 2**31 - 1)) * 3, frame(1, 5, 2, get(trial.host)), frame(0, 1, 99, b"x"),
                 frame(1, 5, 0, get(trial.host)), frame(9, 4, 1, b""), frame(4, 1, 0, b"123456"), frame(5, 4, 1, b"\0\0\0\2")):
        with trial.connection() as connection:
            connection.send_what_is_taken(START + data)
            trial.hold(connection.ends(5.0), f"frame {data[3]} was taken, and the connection stays")
    trial.probe("after them", 2.0)


@case("HTTP/2: heads that say two things", "no list in any answer: no host, two hosts, a path that is none, a connection header")
def _(trial):
    host = trial.host.encode()
    for what, block in (
        ("two authorities", get(trial.host, (b":authority", b"victim.example.org"))),
        ("host and authority", get(trial.host, (b"host", b"victim.example.org"))),
        ("a capital", get(trial.host, (b"X-Capital", b"x"))),
        ("a connection header", get(trial.host, (b"connection", b"close"))),
        ("a coding", get(trial.host, (b"transfer-encoding", b"chunked"))),
        ("no method", literal(b":path", b"/v1/polls") + literal(b":scheme", b"http") + literal(b":authority", host)),
        ("a line break", get(trial.host, (b"x-a", b"a\r\nb: c"))),
    ):
        with trial.connection() as connection:
            connection.send_what_is_taken(START + frame(1, 5, 1, block))
            said = b"polls" if trial.fake else heard(connection)
            trial.hold(b'"polls"' not in said and said != b"polls", f"{what}: a list was given")
    trial.probe("after them", 2.0)


def heard(connection, seconds=1.0, end=None):
    """What comes within a while, or until `end` has come."""
    import socket
    connection.socket.settimeout(seconds)
    data = b""
    try:
        while len(data) < 100_000 and not (end and end in data):
            part = connection.socket.recv(65_536)
            if not part:
                break
            data += part
    except (socket.timeout, OSError):
        pass
    return data


@case("streams: more than two hundred of one address", "429 beyond them; another address still gets one")
def _(trial):
    poll, source = trial.attacker.vote("open").poll, trial.door.stranger()
    watch = trial.bytes("GET", f"/v1/polls/{poll}/turnout:watch")
    refused = 0
    with many(trial, 230, [source], watch) as connections:
        # Which of them come too late is the server's to say: it need not take them in their order.
        for connection in connections:
            if trial.fake:
                break
            said = heard(connection, 3.0, b"\r\n")
            refused += b" 429 " in said[:40]
        trial.hold(refused >= 20, f"{refused} of 230 were refused")
        with trial.connection() as connection:
            connection.send(watch)
            said = heard(connection, 2.0)
        trial.hold(b" 200 " in said[:40], f"another address got {said[:40]!r}")
        trial.probe("beside the streams", 2.0)
    trial.seen.append(f"{refused} of 230 refused")
