"""Requests in which another one is hidden: nobody in front of the gateway may see other borders than it does."""

from trial import add, case

HIDDEN = b"GET /v1/organization HTTP/1.1\r\nHost: HOST\r\n\r\n"
POST = b"POST /v1/sessions:signInWithAccessCode HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
# Everything below is refused, or the connection ends with the first answer, so that nothing hidden is ever served.
HOLDS = "400 or another refusal, the connection ends, and the hidden request is not served"


def smuggled(data):
    def run(trial):
        found, closed = trial.raw(data.replace(b"HOST", trial.host.encode()), most=4, quiet=3.0)
        served = [str(answer) for answer in found]
        trial.seen.append(f"{served}, {'closed' if closed else 'left open'}")
        trial.hold(all(answer.status >= 400 for answer in found), f"the hidden request was served: {served}")
        trial.hold(len(found) <= 1, f"two answers: {served}")
        trial.hold(closed, f"the connection stays open after {served}")
    return run


def chunked(body):
    return b"Transfer-Encoding: chunked\r\n\r\n" + body


EMPTY = b"0\r\n\r\n"
for name, data in {
    "length and chunks": POST + b"Content-Length: 4\r\n" + chunked(EMPTY + HIDDEN),
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + EMPTY + HIDDEN,
    "chunks and a length beyond the hidden request":
        POST + b"Content-Length: %d\r\n" % (5 + len(HIDDEN)) + chunked(EMPTY + HIDDEN),
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + HIDDEN,
    "two lengths in one line": POST + b"Content-Length: 0, 60\r\n\r\n" + HIDDEN,
    "length with a sign": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "length below nothing": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
    "length with words": POST + b"Content-Length: 0 bytes\r\n\r\n" + HIDDEN,
    "length beyond all numbers": POST + b"Content-Length: 99999999999999999999\r\n\r\n" + HIDDEN,
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + EMPTY + HIDDEN,
    "chunks that are not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + EMPTY + HIDDEN,
    "identity": POST + b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + EMPTY + HIDDEN,
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + chunked(EMPTY + HIDDEN),
    "folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + EMPTY + HIDDEN,
    "coding with a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + EMPTY + HIDDEN,
    "chunk without a size": POST + chunked(b"\r\n\r\n" + HIDDEN),
    "chunk with a sign": POST + chunked(b"-1\r\n\r\n" + HIDDEN),
    "chunk larger than all numbers": POST + chunked(b"f" * 17 + b"\r\n{}\r\n" + EMPTY + HIDDEN),
    "chunk with a long extension": POST + chunked(b"2;" + b"x" * 70_000 + b"\r\n{}\r\n" + EMPTY + HIDDEN),
    "chunk that ends wrong": POST + chunked(b"2\r\n{}XX" + EMPTY + HIDDEN),
    "request line with a hidden version": b"GET /v1/polls HTTP/1.1 HTTP/1.1\r\nHost: HOST\r\n\r\n" + HIDDEN,
    "HTTP/0.9": b"GET /v1/polls\r\n" + HIDDEN,
    "HTTP/3.7": b"GET /v1/polls HTTP/3.7\r\nHost: HOST\r\n\r\n" + HIDDEN,
    "line break in the path": b"GET /v1/polls\r\n HTTP/1.1\r\nHost: HOST\r\n\r\n" + HIDDEN,
}.items():
    add(f"smuggling: {name}", HOLDS, smuggled(data))


@case("smuggling: line break in a percent-encoded path", "404 or 400, one answer, no header of the attacker's in it")
def _(trial):
    answer = trial.attack("GET", "/v1/polls/a%0d%0aX-Evil:%20yes%0d%0a%0d%0aGET%20/v1/organization")
    trial.expect(answer, (400, 404))
    trial.hold(answer.header("x-evil") is None, "the answer has the attacker's header")


@case("smuggling: an upgrade", "it is not taken: the next request is read as HTTP/1.1 and refused or answered as such")
def _(trial):
    head = trial.bytes("GET", "/v1/rolls", headers=[
        ("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
    found, _ = trial.raw(head, most=2, quiet=2.0)
    trial.hold(found and found[0].status == 401, f"{[str(answer) for answer in found]} instead of 401")
    trial.seen.append(str(found[0]))


@case("smuggling: requests one behind the other", "each is answered for itself, in order, and none with another's answer")
def _(trial):
    paths = ["/v1/organization", "/v1/rolls", "/v1/nothing", "/v1/organization", "/v1/staff"]
    data = b"".join(trial.bytes("GET", path) for path in paths)
    found, _ = trial.raw(data, most=5, quiet=5.0)
    statuses = [answer.status for answer in found]
    trial.hold(statuses == [200, 401, 404, 200, 401], f"{statuses}")
    trial.seen.append(str(statuses))
