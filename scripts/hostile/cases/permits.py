"""Permits and ballots: forged permits, guesses of votes, ballots against the rules, and casts that come too late."""

import concurrent.futures
import threading

import forge
from city import ballot
from trial import Skipped, add, case

KEY = forge.Key(b"another key of the forger's, 32 b.")


def cast(trial, poll, permit, choices=("p1",), secret=None, **more):
    body = ballot(permit, choices, secret or trial.secret())
    return trial.attack("POST", f"/v1/polls/{poll}/ballots", body, **more)


def other_voter(claims):
    nullifier = bytes(byte ^ 0x55 for byte in forge.data(claims["nul"]))
    return {"nul": forge.text(nullifier)}


FORGED = {
    "nothing": lambda t, p: "",
    "words": lambda t, p: "a permit",
    "another voter": lambda t, p: forge.altered(p, claims=other_voter(forge.read(p)[1])),
    "another voter, signed by the forger": lambda t, p: forge.signed(p, KEY, claims=other_voter(forge.read(p)[1])),
    "another district": lambda t, p: forge.altered(p, claims={"dis": "elsewhere"}),
    "a later end": lambda t, p: forge.altered(p, claims={"exp": 4_000_000_000}),
    "algorithm none": lambda t, p: forge.altered(p, {"alg": "none"}).rsplit(".", 1)[0] + ".",
    "a changed letter": lambda t, p: p[:-4] + ("AAAA" if not p.endswith("AAAA") else "BBBB"),
    "the order of the group added to the signature": lambda t, p: forge.malleable(p),
    "a key of its own in the header": lambda t, p: forge.signed(
        p, KEY, {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": forge.text(KEY.public)}}),
    "an unknown key": lambda t, p: forge.signed(p, KEY, {"kid": "nobody"}),
    "the other type": lambda t, p: forge.altered(p, {"typ": "session+jwt"}),
    "an officer's session": lambda t, p: t.city.staff("BUDGET_OFFICER"),
    "the victim's permit": lambda t, p: next((v.permit for v in t.victim.voters if v.permit), "none"),
}


def forged(make):
    def run(trial):
        vote, _, permit = trial.voter()
        answer = cast(trial, vote.poll, make(trial, permit))
        trial.expect(answer, 403, ("PERMIT_INVALID", "PERMIT_FOR_ANOTHER_POLL"))
        # The permit that it was made of still casts, so that nothing was taken from its voter.
        if not trial.fake:
            trial.expect(cast(trial, vote.poll, permit), 200, what="the real permit afterwards")
    return run


for name, make in FORGED.items():
    add(f"permit: {name}", "403, and the voter can still vote", forged(make))


@case("permit: for another poll", "403 PERMIT_FOR_ANOTHER_POLL, and neither poll has a ballot more")
def _(trial):
    vote, _, permit = trial.voter("open")
    other = trial.attacker.vote("changeable")
    answer = cast(trial, other.poll, permit)
    trial.expect(answer, 403, "PERMIT_FOR_ANOTHER_POLL", field="permit")
    answer = cast(trial, other.poll, forge.altered(permit, claims={"poll": other.poll}))
    trial.expect(answer, 403, "PERMIT_INVALID")


@case("permit: in another organization", "403 or 404, and the victim's poll has nobody's ballot but its own people's")
def _(trial):
    vote, _, permit = trial.voter()
    trial.expect(cast(trial, vote.poll, permit, host=trial.victim.city.host), 404, "RESOURCE_NOT_FOUND")
    answer = cast(trial, trial.victim.vote.poll, permit)
    trial.expect(answer, (403, 404), ("PERMIT_FOR_ANOTHER_POLL", "RESOURCE_NOT_FOUND"))


@case("permit: asked for by somebody who may not vote", "403 or 404, and no permit")
def _(trial):
    vote, token, _ = trial.voter("open")
    other = trial.attacker.vote("changeable")
    for poll, what in ((other.poll, "another roll"), (trial.victim.vote.poll, "another organization")):
        answer = trial.attack("POST", f"/v1/polls/{poll}/permits", {}, token)
        trial.expect(answer, (403, 404), ("NOT_ELIGIBLE", "RESOURCE_NOT_FOUND"), what)
    trial.expect(trial.attack("POST", f"/v1/polls/{vote.poll}/permits", {}), 401)
    staff = trial.city.staff("BUDGET_OFFICER")
    trial.expect(trial.attack("POST", f"/v1/polls/{vote.poll}/permits", {}, staff), 403, "ROLE_MISSING")


@case("permit: on paper, used online", "403 PERMIT_INVALID")
def _(trial):
    vote, number, _ = trial.attacker.somebody("open")
    body = {"memberNumbers": [number]}
    path = f"/v1/polls/{vote.poll}/permits:issuePaper"
    issued = trial.city.ok("POST", path, body, trial.city.staff("BUDGET_OFFICER"))["permits"][0]
    if not issued.get("permit"):
        raise Skipped(f"no paper permit: {issued}")
    trial.expect(cast(trial, vote.poll, issued["permit"]), 403, "PERMIT_INVALID", field="permit")


def closed_vote(trial):
    """A vote of a few people that a person closed early, and one of them with a permit."""
    vote = trial.city.vote([(number, "") for number in trial.city.numbers(8, "z")])
    number, code = next(iter(vote.codes.items()))
    permit = trial.city.permit(vote.poll, trial.city.session(number, code)["accessToken"])
    return vote, permit, trial.city.close(vote.poll)


@case("permit: any, after a person closed the poll early", "409 POLL_CLOSED with the time of the close, whatever it is")
def _(trial):
    vote, permit, shown = trial.kept("closed vote", lambda: closed_vote(trial))
    said = f"the poll closed at {shown['closeTime']}"
    trial.hold(shown["closeTime"] < shown["scheduledCloseTime"], f"the poll shows {shown['closeTime']}")
    for kind, make in FORGED.items():
        answer = cast(trial, vote.poll, make(trial, permit))
        trial.expect(answer, 409, "POLL_CLOSED", kind)
        trial.hold(answer.detail == said, f"{kind}: {answer.detail!r} instead of {said!r}")
    for choices in (["p1"], ["nowhere"], []):
        trial.expect(cast(trial, vote.poll, permit, choices), 409, "POLL_CLOSED")


@case("cast: guesses with the voter's permit where ballots are final", "one answer, whether the guess is right or wrong")
def _(trial):
    vote, _, permit = trial.voter("open")
    if not trial.fake:
        trial.expect(cast(trial, vote.poll, permit, ["p2"]), 200, what="the voter")
    answers = [cast(trial, vote.poll, permit, [choice]) for choice in ("p1", "p2", "p3", "p2")]
    for answer in answers:
        trial.expect(answer, 409, "BALLOT_ALREADY_CAST")
        trial.same(answers[0], answer, "guesses")


@case("cast: guesses with the voter's permit where ballots can be changed", "each is one revision more, equal or not")
def _(trial):
    vote, _, permit = trial.voter("changeable")
    trial.expect(cast(trial, vote.poll, permit, ["p2"]), 200)
    revisions = [cast(trial, vote.poll, permit, [choice]) for choice in ("p2", "p1", "p1")]
    revisions = [(answer.json.get("receipt") or {}).get("revision") for answer in revisions]
    trial.hold(revisions == [2, 3, 4], f"revisions {revisions} instead of [2, 3, 4]")


@case("cast: a receipt with the permit and another secret", "404 BALLOT_NOT_FOUND, the same as without any ballot")
def _(trial):
    vote, _, permit = trial.voter("open")
    path = f"/v1/polls/{vote.poll}/receipts:get"
    before = trial.attack("POST", path, {"permit": permit, "castSecret": trial.secret()})
    trial.expect(before, 404, "BALLOT_NOT_FOUND")
    if not trial.fake:
        trial.expect(cast(trial, vote.poll, permit), 200, what="the voter")
    after = trial.attack("POST", path, {"permit": permit, "castSecret": trial.secret()})
    trial.same(before, after, "before and after the vote")


@case("cast: twenty at once with one permit", "one is counted, where ballots are final")
def _(trial):
    vote, _, permit = trial.voter("open")
    start = threading.Barrier(20)

    def one(number):
        start.wait()
        return cast(trial, vote.poll, permit, [f"p{number % 5}"])
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    counted = sum(answer.status == 200 for answer in answers)
    trial.hold(counted == 1, f"{counted} casts were counted: {sorted(str(answer) for answer in answers)[:3]}")
    for answer in answers:
        trial.expect(answer, (200, 409), ("", "BALLOT_ALREADY_CAST"))


for name, choices, reasons in (
    ("an unknown option", ["p1", "nowhere"], "OPTION_UNKNOWN"),
    ("an option twice", ["p1", "p1"], "BALLOT_INVALID"),
    ("no option", [], "BALLOT_INVALID"),
    ("too many options", ["p0", "p1", "p2", "p3", "p4"], "BALLOT_INVALID"),
    ("an option by its id in the database", ["1"], "OPTION_UNKNOWN"),
    ("an option with a statement in it", ["p1'; --"], "OPTION_UNKNOWN"),
    ("an option in capitals", ["P1"], "OPTION_UNKNOWN"),
):
    def run(trial, choices=choices, reason=reasons):
        vote, _, permit = trial.voter("open")
        trial.expect(cast(trial, vote.poll, permit, choices), 400, reason)
    add(f"cast: {name}", f"400 {reasons}", run)


@case("cast: points where there are none", "400 BALLOT_INVALID")
def _(trial):
    vote, _, permit = trial.voter("open")
    for points in (1, 1_000_000, -1, 4_294_967_295):
        body = {"permit": permit, "ballot": {"choices": [{"optionId": "p1", "points": points}]}, "castSecret": trial.secret()}
        trial.expect(trial.attack("POST", f"/v1/polls/{vote.poll}/ballots", body), 400, ("BALLOT_INVALID", "BODY_MALFORMED"))


@case("cast: secrets that are none", "400 that names cast_secret")
def _(trial):
    vote, _, permit = trial.voter("open")
    for secret in ("AAAA", "A" * 20, "!" * 24, "AAECAwQFBgcICQoLDA0O", "A" * 200):
        answer = cast(trial, vote.poll, permit, secret=secret)
        trial.expect(answer, 400, ("FIELD_INVALID", "BODY_MALFORMED"), secret[:8])


@case("cast: before the poll opens", "409 POLL_NOT_OPEN or no permit, and nothing is counted")
def _(trial):
    from city import at
    vote = trial.kept("later vote", lambda: trial.city.vote([("later-1", "")], opens=at(days=5)))
    _, _, permit = trial.voter("open")
    answer = cast(trial, vote.poll, forge.altered(permit, claims={"poll": vote.poll}))
    trial.expect(answer, (403, 409), ("PERMIT_INVALID", "POLL_NOT_OPEN"))


@case("tracking code: made up, copied wrong, or of another poll", "400 for a copying mistake, 404 for all others")
def _(trial):
    vote, _, permit = trial.voter("changeable")
    receipt = trial.city.ok("POST", f"/v1/polls/{vote.poll}/ballots", ballot(permit, ["p1"], trial.secret()))["receipt"]
    code, path = receipt["trackingCode"], f"/v1/polls/{vote.poll}/trackingCodes"
    found = trial.city.ok("GET", f"{path}/{code}")
    trial.hold(found["state"] == "TRACKED_STATE_COUNTED", f"the real code is {found['state']}")
    wrong = ("B" if code[0] != "B" else "C") + code[1:]
    for text in (wrong, code[:-1], code + "7", code[::-1], "%27--", "a" * 500):
        trial.expect(trial.attack("GET", f"{path}/{text}"), (400, 404), ("FIELD_INVALID", "ROUTE_UNKNOWN"), text[:10])
    trial.expect(trial.attack("GET", f"{path}/0000-0000-0000-0000-0000-0000-0000"), 404, "BALLOT_NOT_FOUND")
    other = trial.attacker.vote("open").poll
    trial.expect(trial.attack("GET", f"/v1/polls/{other}/trackingCodes/{code}"), 404, "BALLOT_NOT_FOUND")
    theirs = next((voter.tracking_code for voter in trial.victim.voters if voter.tracking_code), None)
    if theirs:
        trial.expect(trial.attack("GET", f"/v1/polls/{trial.victim.vote.poll}/trackingCodes/{theirs}"), 404)


@case("tracking code: all of them before the close", "409: the codes of an open poll are nobody's to read")
def _(trial):
    vote = trial.attacker.vote("open")
    for token in (None, trial.city.administrator()):
        answer = trial.attack("GET", f"/v1/polls/{vote.poll}/trackingCodes", token=token)
        trial.expect(answer, 409, "POLL_STATE_INVALID")
