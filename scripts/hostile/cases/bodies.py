"""Bodies: huge, deep, slow, wrong, and from people who may not send any."""

import json
import uuid

from trial import add, case, many

NIL = "00000000-0000-0000-0000-000000000000"
IMPORT, PROJECTS = f"/v1/rolls/{NIL}/members:import", f"/v1/budgets/{NIL}/projects:batchCreate"
SIGN_IN = "/v1/sessions:signInWithAccessCode"
MEGABYTE = 1 << 20


def head(trial, path, length, token=None):
    return trial.bytes("POST", path, b"", token, [("Content-Length", str(length))])


def sent_in_part(path, length, statuses, reasons, role=None):
    """A body that is announced, and sent as far as it is taken."""
    def run(trial):
        token = trial.city.staff(role) if role else None
        with trial.connection() as connection:
            connection.send_what_is_taken(head(trial, path, length, token))
            block, whole = b"[" * MEGABYTE, True
            for _ in range(length // MEGABYTE):
                whole = connection.send_what_is_taken(block)
                if not whole:
                    break
            found, _ = connection.answers(1, 20.0)
        if not found:
            trial.hold(not whole, "no answer to a body that was read to its end")
            trial.seen.append("cut off while sending")
            return
        trial.expect(found[0], statuses, reasons)
    return run


TOO_LARGE, UNKNOWN = "BODY_TOO_LARGE", "SESSION_INVALID"
for name, run, holds in (
    ("120 MiB without a session", sent_in_part(IMPORT, 120 * MEGABYTE, (401, 413), (TOO_LARGE, UNKNOWN)), "401 or 413"),
    ("6 MiB of projects without a session", sent_in_part(PROJECTS, 6 * MEGABYTE, (401,), UNKNOWN), "401"),
    ("6 MiB of projects of an auditor", sent_in_part(PROJECTS, 6 * MEGABYTE, (403,), "ROLE_MISSING", "AUDITOR"),
     "403 ROLE_MISSING before it is read"),
    ("30 MiB of members of a moderator", sent_in_part(IMPORT, 30 * MEGABYTE, (403,), "ROLE_MISSING", "MODERATOR"),
     "403 ROLE_MISSING before it is read"),
    ("cast of 2 MiB", sent_in_part(f"/v1/polls/{NIL}/ballots", 2 * MEGABYTE, (413,), TOO_LARGE), "413"),
    ("sign-in of 1 MiB", sent_in_part(SIGN_IN, MEGABYTE, (413,), TOO_LARGE), "413"),
):
    add(f"body: {name}", f"{holds}, or the connection is cut while it is sent", run)


@case("body: four times 120 MiB at once without a session", "others are served, and the program stays below its memory")
def _(trial):
    with many(trial, 4, [trial.door.stranger()]) as connections:
        for connection in connections:
            connection.send_what_is_taken(head(trial, IMPORT, 120 * MEGABYTE) + b"{" * 65_536)
        trial.probe("beside four large bodies")
    memory = trial.here.memory_megabytes()
    trial.hold(memory is None or memory < 512, f"the program took {memory} MB")
    trial.seen.append(f"{memory} MB")


@case("body: 16 MiB of empty projects of an administrator", "400 in less than ten seconds, and memory stays bounded")
def _(trial):
    body = b'{"projects":[' + b"{}," * (5 * MEGABYTE) + b"{}]}"
    answer = trial.attack("POST", PROJECTS, body, trial.city.administrator(), timeout=10.0)
    trial.expect(answer, 400, ("BODY_MALFORMED", "FIELD_INVALID"))
    memory = trial.here.memory_megabytes()
    trial.hold(memory is None or memory < 512, f"the program took {memory} MB")


def wrong(body, statuses=(400,), path=SIGN_IN, headers=()):
    def run(trial):
        trial.expect(trial.attack("POST", path, body, headers=headers), statuses)
    return run


GOOD = b'{"memberNumber":"1","accessCode":"AAAA"}'
for name, body in {
    "5000 levels of lists": b'{"memberNumber":' + b"[" * 2_500 + b"]" * 2_500 + b"}",
    "2000 levels of objects": b'{"a":' * 700 + b"1" + b"}" * 700,
    "null": b'{"memberNumber":null,"accessCode":"AAAA"}',
    "null alone": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "one field twice": b'{"memberNumber":"1","memberNumber":"2","accessCode":"AAAA"}',
    "one field by both of its names": b'{"memberNumber":"1","member_number":"2","accessCode":"AAAA"}',
    "unknown field": b'{"memberNumber":"1","accessCode":"AAAA","isAdmin":true}',
    "something behind the end": GOOD + b"{}",
    "bytes that are no text": b'{"memberNumber":"\xff\xfe","accessCode":"AAAA"}',
    "half a surrogate": b'{"memberNumber":"\\ud800","accessCode":"AAAA"}',
    "number for a text": b'{"memberNumber":1,"accessCode":"AAAA"}',
    "cut off": GOOD[:-5],
    "comments": b"/* a */" + GOOD,
    "byte order mark of UTF-16": GOOD.decode().encode("utf-16"),
}.items():
    add(f"body: {name}", "400, in words of ours", wrong(body))
for name, headers in {
    "as XML": [("Content-Type", "application/xml")],
    "as a form": [("Content-Type", "application/x-www-form-urlencoded")],
    "as text": [("Content-Type", "text/plain")],
    "compressed": [("Content-Encoding", "gzip")],
    "compressed twice": [("Content-Encoding", "gzip, br")],
}.items():
    add(f"body: {name}", "415, and it is not unpacked", wrong(GOOD, (415,), headers=headers))


@case("body: a gigabyte in a few packed bytes", "415 at once, and it is not unpacked")
def _(trial):
    import gzip
    packed = gzip.compress(b" " * 8_000_000)[:8_000]
    answer = trial.attack("POST", SIGN_IN, packed, headers=[("Content-Encoding", "gzip")])
    trial.expect(answer, (413, 415))


@case("body: chunks without an end", "413 once the limit is reached, or the connection ends")
def _(trial):
    with trial.connection() as connection:
        connection.send(trial.bytes("POST", SIGN_IN, b"", headers=[("Transfer-Encoding", "chunked")]))
        taken = 0
        while taken < 4_000 and connection.send_what_is_taken(b"1000\r\n" + b" " * 4096 + b"\r\n"):
            taken += 1
        found, _ = connection.answers(1, 10.0)
    trial.hold(taken < 4_000 or found, "16 MB were taken in silence")
    for answer in found:
        trial.expect(answer, 413, TOO_LARGE)


@case("body: shorter than it says", "no answer of a service, and the program goes on")
def _(trial):
    with trial.connection() as connection:
        connection.send(head(trial, SIGN_IN, 1_000) + GOOD)
    trial.probe("after a body that ended early")


@case("body: Expect: 100-continue and nothing", "others are served, and nothing is answered before the body")
def _(trial):
    headers = [("Content-Length", "40"), ("Expect", "100-continue")]
    with trial.connection() as connection:
        connection.send(trial.bytes("POST", SIGN_IN, b"", headers=headers))
        found, _ = connection.answers(1, 1.0)
        trial.hold(not found or found[0].status >= 400, f"answered: {[str(answer) for answer in found]}")
        trial.probe("beside it")


@case("body: a kilobyte for a method without a body", "400 that says so")
def _(trial):
    trial.expect(trial.attack("GET", "/v1/polls", b"{}" + b" " * 1000), 400, "BODY_MALFORMED", field="body")


def numbers(value):
    def run(trial):
        body = '{"title":"x","currency":"EUR","amount":%s,"ballotRule":{"type":"BALLOT_TYPE_APPROVAL"},' \
               '"allocationRule":{"kind":"RULE_KIND_GREEDY"}}' % value
        vote = trial.attacker.vote("open")
        path = f"/v1/processes/{vote.process}/budgets"
        trial.expect(trial.attack("POST", path, body.encode(), trial.city.administrator()), 400)
    return run


for value in ("1e400", "NaN", "Infinity", "-1", "0", "99999999999999999999", '"1000,00"', '"1e3"', '" 1"', "1.5", "true", '""'):
    add(f"body: an amount of {value}", "400", numbers(value))


def violations(answer, trial, count):
    listed, more = answer.violations(), int(answer.json.get("more_violations", 0) or 0)
    trial.hold(0 < len(listed) <= 50, f"{len(listed)} violations are listed")
    trial.hold(len(listed) + more >= count, f"{len(listed)} and {more} more of {count} faults")
    trial.hold(len(answer.body) < 16_384, f"an error of {len(answer.body)} bytes")


@case("body: a poll with 300 faulty options", "400 that names 50 faults at most and says how many more; others are served")
def _(trial):
    options = [{"optionId": f"no good {n}", "title": "", "cost": "-1"} for n in range(300)]
    body = {
        "pollId": f"0192a000-0000-7000-8000-{trial.random.getrandbits(48):012x}", "title": "Poll",
        "openTime": "2027-01-01T00:00:00Z", "closeTime": "2027-02-01T00:00:00Z",
        "eligibility": {"rollId": trial.attacker.vote("open").roll},
        "specification": {"type": "BALLOT_TYPE_APPROVAL"}, "options": options,
    }
    answer = trial.attack("POST", "/v1/polls", body, trial.city.administrator())
    trial.expect(answer, 400, "FIELD_INVALID")
    violations(answer, trial, 300)
    named = [violation["field"] for violation in answer.violations()]
    trial.hold(sum(field.startswith("options[") for field in named) >= 10, f"it names {named[:3]}, and not the options")
    trial.probe("after it", 2.0)


@case("body: 200 faulty projects", "400 that names 50 faults at most and says how many more; others are served")
def _(trial):
    def budget():
        rule = {"type": "BALLOT_TYPE_APPROVAL"}
        return trial.city.budget(trial.city.process(), rule, 1)[0]
    budget = trial.kept("draft budget", budget)
    projects = [{"title": "", "cost": "-5", "latitude": 1000} for _ in range(200)]
    path = f"/v1/budgets/{budget}/projects:batchCreate"
    answer = trial.attack("POST", path, {"projects": projects}, trial.city.administrator())
    trial.expect(answer, 400, "FIELD_INVALID")
    violations(answer, trial, 200)
    trial.probe("after it", 2.0)


@case("body: a title of a million letters", "400 without the title in the answer")
def _(trial):
    answer = trial.attack("POST", "/v1/rolls", {"title": "Z" * 900_000}, trial.city.administrator())
    trial.expect(answer, 400, "FIELD_INVALID", field="title")
    trial.hold(b"ZZZZ" not in answer.body, "the answer repeats the title")


@case("body: a hundred thousand choices", "400 or 413, and the vote is as it was")
def _(trial):
    vote, _, permit = trial.voter()
    choices = [{"optionId": "p1"}] * 4_000
    body = {"permit": permit, "ballot": {"choices": choices}, "castSecret": trial.secret()}
    trial.expect(trial.attack("POST", f"/v1/polls/{vote.poll}/ballots", body), (400, 413))


@case("body: text of markup and statements", "it is stored as text or refused, and shown as JSON alone")
def _(trial):
    title = "<script>alert(1)</script>'; DROP TABLE identity.rolls; --"
    answer = trial.attack("POST", "/v1/rolls", {"title": title, "requestId": str(uuid.uuid4())}, trial.city.administrator())
    trial.expect(answer, (200, 400))
    trial.hold((answer.header("content-type") or "").startswith("application/"), f"{answer.header('content-type')}")
    if answer.status == 200:
        trial.hold(json.loads(answer.body).get("roll", {}).get("title") == title, "the title came back as another one")
        again = trial.attack("GET", "/v1/rolls?pageSize=1", token=trial.city.administrator())
        trial.hold(again.json.get("rolls"), "the rolls are gone")
