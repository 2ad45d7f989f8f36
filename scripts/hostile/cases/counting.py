"""What is published: small districts, turnout, exports, and exports that somebody altered."""

import pathlib
import re
import tempfile
import time

from city import ballot
from trial import add, case

TINY = "tiny-district"
VOTES = 16


def counted(trial):
    """A sealed vote with one voter in a district of their own, and its export."""
    def make():
        numbers = trial.city.numbers(17, "s")
        members = [(number, "large" if place % 2 else "other" if place else TINY) for place, number in enumerate(numbers)]
        vote = trial.city.vote(members)
        for place, number in enumerate(numbers[:VOTES]):
            token = trial.city.session(number, vote.codes[number])["accessToken"]
            permit = trial.city.permit(vote.poll, token)
            choices = ["p5"] if place == 0 else ["p1", f"p{2 + place % 2}"]
            trial.city.ok("POST", f"/v1/polls/{vote.poll}/ballots", ballot(permit, choices, trial.secret()))
        live = trial.city.ok("GET", f"/v1/polls/{vote.poll}/turnout")["turnout"]
        shown = trial.city.close(vote.poll)
        for _ in range(300):
            answer = trial.city.call("GET", f"/v1/budgets/{vote.budget}/result:export", token=trial.city.administrator())
            if answer.status == 200:
                return vote, shown, live, answer.json["content"]
            time.sleep(0.2)
        raise AssertionError(f"no export came: {answer}")
    return trial.kept("counted vote", make)


@case("small district: live turnout", "the number of all, and no district")
def _(trial):
    _, _, live, _ = counted(trial)
    trial.hold(not live.get("districts") and int(live["ballotCount"]) == VOTES, f"{live}")
    vote = trial.attacker.vote("open")
    answer = trial.attack("GET", f"/v1/polls/{vote.poll}/turnout")
    trial.expect(answer, 200)
    trial.hold("ballotCount" in str(answer.json) and not (answer.json.get("turnout") or {}).get("districts"), str(answer.json)[:200])


for name, path in {"turnout": "/v1/polls/{poll}/turnout", "result": "/v1/budgets/{budget}/result",
                   "export": "/v1/budgets/{budget}/result:export", "poll": "/v1/polls/{poll}"}.items():
    def run(trial, path=path):
        vote, _, _, _ = counted(trial)
        for token in (None, trial.city.staff("MODERATOR") if "turnout" not in path else None):
            answer = trial.attack("GET", path.format(poll=vote.poll, budget=vote.budget), token=token)
            trial.expect(answer, 200)
            trial.hold(len(answer.body) > 100, f"an answer without anything: {answer.body[:60]!r}")
            trial.hold(TINY.encode() not in answer.body, f"it names the district of one voter")
    add(f"small district: {name}", "the district of a single voter is not named", run)


@case("small district: groups of the export", "no group of fewer than five ballots, whatever they are sorted by")
def _(trial):
    _, _, _, content = counted(trial)
    if trial.fake:
        content = trial.attack("GET", "/").json.get("content", "")
    districts = [line.split(";") for line in content.split("VOTES\n")[-1].splitlines() if line]
    trial.hold(len(districts) == VOTES + 1, f"{len(districts) - 1} ballots in the export of {VOTES}")
    head = districts[0]
    for column in ("district", "neighborhood", "voting_method"):
        if column in head:
            place, values = head.index(column), {}
            for line in districts[1:]:
                values[line[place]] = values.get(line[place], 0) + 1
            trial.hold(all(count >= 5 for count in values.values()), f"{column}: {values}")


def altered(change):
    """A changed export under `tally`: first as it is, so that the check itself is seen to work."""
    def run(trial):
        _, shown, _, content = counted(trial)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "export.pb"
            file.write_text(content)
            if not trial.fake:
                code, words = trial.tally(file)
                trial.hold(code == 0 and "VERIFIED" in words, f"the true export: {code} {words[-200:]}")
            new = change(content)
            trial.hold(new != content, "the case changes nothing")
            file.write_text(new)
            code, words = trial.tally(file, "--seal", shown["sealDigest"])
        trial.hold(code != 0 and "VERIFIED" not in words, f"exit code {code}: {words[-200:]}")
        trial.seen.append(f"exit code {code}")
    return run


def votes(change):
    def run(content):
        head, lines = content.split("VOTES\n")
        title, *ballots = lines.splitlines()
        return head + "VOTES\n" + "\n".join([title, *change(ballots)]) + "\n"
    return run


def replaced(pattern, text, count=1):
    return lambda content: re.sub(pattern, text, content, count=count, flags=re.MULTILINE)


def other_votes(content):
    """One voter's choice becomes another's, and the counts of the projects are mended to match."""
    head, lines = content.split("VOTES\n")
    return head + "VOTES\n" + lines.replace("p1,p2", "p5", 1).replace("p1,p3", "p5", 1)


for name, change in {
    "one ballot less": votes(lambda lines: lines[1:]),
    "one ballot more": votes(lambda lines: lines + ["99" + lines[-1][lines[-1].index(";"):]]),
    "one ballot twice, another gone": votes(lambda lines: [lines[-1].replace(lines[-1].split(";")[0], "1", 1), *lines[1:]]),
    "another choice": other_votes,
    "another district": replaced(r"(^\d+;.*;)(large|other|\*)$", r"\1elsewhere"),
    "another cost": replaced(r"^(p1;)[0-9.]+", r"\g<1>7"),
    "two projects renamed for one another": lambda c: c.replace("Project 1", "Project X").replace("Project 2", "Project 1").replace(
        "Project X", "Project 2"),
    "another budget": replaced(r"^budget;.*$", "budget;99999"),
    "another poll": replaced(r"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-)[0-9a-f]{12}", r"\g<1>000000000000"),
    "another seal": replaced(r"[0-9a-f]{64}", "0" * 64, 0),
    "no seal at all": replaced(r"seal[^;,\s]*=[0-9a-f]{64}|^comitia_seal;.*\n|^.*seal.*\n", "", 0),
    "nothing but the head": lambda c: c.split("VOTES\n")[0] + "VOTES\n" + c.split("VOTES\n")[1].splitlines()[0] + "\n",
}.items():
    add(f"altered export: {name}", "`tally` does not say VERIFIED, and its exit code is not 0", altered(change))


@case("altered export: what it says of itself, with a seal that was noted", "refused by --seal, whatever the file says")
def _(trial):
    _, shown, _, content = counted(trial)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "export.pb"
        file.write_text(content)
        wrong = shown["sealDigest"][:-1] + ("0" if shown["sealDigest"][-1] != "0" else "1")
        code, words = trial.tally(file, "--seal", wrong)
    trial.hold(code != 0 and "VERIFIED" not in words, f"exit code {code}: {words[-200:]}")


@case("sealed: ballots after the seal", "409 POLL_CLOSED, and turnout and codes are what they were")
def _(trial):
    vote, shown, _, _ = counted(trial)
    number, code = list(vote.codes.items())[VOTES]
    token = trial.city.session(number, code)["accessToken"]
    answer = trial.attack("POST", f"/v1/polls/{vote.poll}/permits", {}, token)
    trial.expect(answer, 409, "POLL_CLOSED", "a permit")
    answer = trial.attack("POST", f"/v1/polls/{vote.poll}/ballots", ballot("none", ["p1"], trial.secret()))
    trial.expect(answer, 409, "POLL_CLOSED", "a cast")
    turnout = trial.city.ok("GET", f"/v1/polls/{vote.poll}/turnout", token=trial.city.administrator())["turnout"]
    trial.hold(int(turnout["ballotCount"]) == int(shown["trackingCodesCount"]) == VOTES, f"{turnout}")


@case("sealed: closed, annulled or cancelled once more", "the seal stays what it is")
def _(trial):
    vote, shown, _, _ = counted(trial)
    token, path = trial.city.administrator(), f"/v1/polls/{vote.poll}"
    for call in ("annul", "cancel"):
        answer = trial.attack("POST", f"{path}:{call}", {"reason": "I do not like the result"}, token)
        trial.expect(answer, 409, ("POLL_STATE_INVALID", "POLL_HAS_OPENED", "POLL_CLOSED"), call)
    again = trial.attack("POST", f"{path}:close", {"reason": "once more"}, token)
    trial.hold((again.json.get("poll") or {}).get("sealDigest") == shown["sealDigest"], f"{again}: another seal")
