"""Heads of requests: sizes, counts, doubles, hosts, and headers that pretend to come from inside."""

from trial import Wrong, add, case

PATH = "/v1/polls?pageSize=1"
LARGE = "431 HEADERS_TOO_LARGE, or the bare 431 of the protocol"


def too_large(headers, path=PATH):
    def run(trial):
        answer = trial.attack("GET", path, headers=headers(trial.random))
        trial.expect(answer, 431, ("HEADERS_TOO_LARGE", ""))
    return run


def of(count):
    return "x" * count


for name, headers in {
    "authorization of 5 KB": lambda _: [("Authorization", f"Bearer {of(5_000)}")],
    "authorization of 20 KB": lambda _: [("Authorization", f"Bearer {of(20_000)}")],
    "authorization of 100 KB": lambda _: [("Authorization", f"Bearer {of(100_000)}")],
    "authorization of 70 to 200 KB": lambda r: [("Authorization", f"Bearer {of(r.randint(70_000, 200_000))}")],
    "cookie of 9 KB": lambda _: [("Cookie", of(9_000))],
    "five cookies of 8 KB": lambda _: [("Cookie", of(8_000))] * 5,
    "101 equal headers": lambda _: [("X-A", "b")] * 101,
    "150 different headers": lambda _: [(f"X-{n}", "b") for n in range(150)],
    "5000 headers": lambda _: [(f"X-{n}", "") for n in range(5_000)],
    "traceparent of 300 bytes": lambda _: [("traceparent", of(300))],
    "tracestate of 2 KB": lambda _: [("tracestate", f"a={of(2_000)}")],
    "name of 40 KB": lambda _: [(of(40_000), "b")],
}.items():
    add(f"head: {name}", LARGE, too_large(headers))


@case("head: query of 33 KB", "431 or 414, and no answer from a service")
def _(trial):
    trial.expect(trial.attack("GET", f"/v1/polls?filter={of(33_000)}"), (431, 414), ("HEADERS_TOO_LARGE", ""))


@case("head: 200 KB again and again from one address", "each gets 431 while others are served within a second")
def _(trial):
    source = trial.door.stranger()
    for _ in range(20):
        size = trial.random.randint(70_000, 200_000)
        answer = trial.attack("GET", PATH, headers=[("Authorization", f"Bearer {of(size)}")], source=source, cut=True)
        trial.expect(answer, (431, 0))
    trial.probe("after twenty large heads", 2.0)


def refused(data, statuses=(400,)):
    """One request that has to be refused, as it stands on the wire."""
    def run(trial):
        found, _ = trial.raw(data.replace(b"HOST", trial.host.encode()), most=2, quiet=3.0)
        if not found:
            trial.hold(0 in statuses, "closed without an answer")
            return
        trial.expect(found[0], statuses)
        trial.hold(len(found) == 1, f"{len(found)} answers to one request")
    return run


WIRE = {
    "no host": b"GET /v1/polls HTTP/1.1\r\n\r\n",
    "empty host": b"GET /v1/polls HTTP/1.1\r\nHost:\r\n\r\n",
    "two equal hosts": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
    "two hosts": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nHost: victim.example.org\r\n\r\n",
    "host and another in the request line":
        b"GET http://victim.example.org/v1/polls HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "host with a user": b"GET /v1/polls HTTP/1.1\r\nHost: victim.example.org@HOST\r\n\r\n",
    "host with a path": b"GET /v1/polls HTTP/1.1\r\nHost: HOST/victim.example.org\r\n\r\n",
    "two authorizations":
        b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "two idempotency keys":
        b"POST /v1/polls HTTP/1.1\r\nHost: HOST\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 0\r\n\r\n",
    "two content types":
        b"POST /v1/polls HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 2\r\n\r\n{}",
    "zero byte in a value": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b\r\n\r\n",
    "control character in a value": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A: a\x07b\r\n\r\n",
    "space before the colon": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A : b\r\n\r\n",
    "no colon": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A\r\n\r\n",
    "folded line": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A: a\r\n b\r\n\r\n",
    "folded host": b"GET /v1/polls HTTP/1.1\r\nHost:\r\n HOST\r\n\r\n",
    "carriage return in a value": b"GET /v1/polls HTTP/1.1\r\nHost: HOST\r\nX-A: a\rb\r\n\r\n",
}
for name, data in WIRE.items():
    statuses = (400, 404) if name.startswith(("empty host", "host with")) else (400,)
    holds = "400 (or 404: no such organization), one answer" if len(statuses) > 1 else "400 and one answer"
    add(f"head: {name}", holds, refused(data, statuses))


@case("head: unknown host", "404 ORGANIZATION_UNKNOWN")
def _(trial):
    for host in ("nobody.example.org", "127.0.0.1.example.org", "hostile.example.org.evil.example", "xn--hostile.example"):
        trial.expect(trial.attack("GET", PATH, host=host), 404, "ORGANIZATION_UNKNOWN", host)


@case("head: names the victim's organization as a gateway would", "it is ignored: the answer has no poll of the victim")
def _(trial):
    victim = trial.victim
    organization = victim.city.ok("GET", "/v1/organization")["organization"]["organizationId"]
    for header in ("comitia-organization", "Comitia-Organization", "grpc-metadata-comitia-organization"):
        answer = trial.attack("GET", "/v1/polls?pageSize=1000", headers=[(header, organization)])
        trial.expect(answer, 200)
        ids = [poll["pollId"] for poll in answer.json.get("polls", [])]
        trial.hold(ids, "no polls at all, not even one's own")
        trial.hold(victim.vote.poll not in ids, f"{header}: the victim's poll is in the list")


@case("head: calls itself a service", "401: no header makes somebody a service")
def _(trial):
    for header in ("comitia-service", "comitia-caller", "comitia-roles", "x-comitia-role", "x-forwarded-user"):
        answer = trial.attack("GET", "/v1/rolls", headers=[(header, "budgets"), ("comitia-roles", "ROLE_SERVICE")])
        trial.expect(answer, 401, "SESSION_INVALID", header)


@case("head: trace and request ids with line breaks, markup and length", "the answer repeats nothing but sound ids")
def _(trial):
    for value in ("<script>alert(1)</script>", "x" * 2_000, "a b\tc", "'; DROP TABLE polls; --", "${jndi:ldap://x}"):
        answer = trial.attack("GET", PATH, headers=[("X-Request-Id", value), ("traceparent", "00-zz-yy-01")])
        trial.expect(answer, (200, 400, 431))
        trial.hold(not any(value in given for _, given in answer.headers), f"the answer repeats {value[:30]!r}")


@case("head: odd deadlines and encodings for a service", "they are not passed on: 200, or 400 where they are looked at")
def _(trial):
    for header, value in (("grpc-timeout", "1n"), ("grpc-timeout", "9" * 30), ("grpc-encoding", "gzip"), ("te", "trailers"),
                          ("content-encoding", "gzip"), ("grpc-status", "0"), ("connection", "authorization")):
        answer = trial.attack("GET", PATH, headers=[(header, value)])
        trial.expect(answer, (200, 400), what=header)
        if answer.status == 200:
            trial.hold("polls" in answer.json, f"{header}: an answer without its list")


@case("head: methods that no route has", "404, 405 or 400, and never an answer of a service")
def _(trial):
    for method in ("TRACE", "CONNECT", "PUT", "PROPFIND", "get", "X" * 50):
        try:
            answer = trial.attack(method, "/v1/polls")
        except Wrong:
            if trial.fake:
                raise
            continue
        trial.expect(answer, (400, 404, 405), what=method)


@case("head: paths that climb, hide or end early", "404 or 400")
def _(trial):
    for path in ("/v1/polls/../rolls", "//v1/rolls", "/v1/polls/%2e%2e/rolls", "/v1/rolls%00", "/v1%2frolls", "/v1/rolls;x=1",
                 "/v1/polls/%ff%fe", "/v1/polls/%c0%ae", "/v1/polls/%zz", "/v1/./rolls", "/V1/rolls", "/.env",
                 "/comitia.identity.v1.RollService/ListRolls", "/metrics", "/readyz", "/v1/polls/a%20b/turnout"):
        trial.expect(trial.attack("GET", path), (400, 404), what=path)
