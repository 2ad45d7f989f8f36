"""Another organization's administrator with the ids of the victim: none of them exists for anybody else."""

import forge
from city import at
from trial import add, case

GONE = "404 RESOURCE_NOT_FOUND, as for an id that nobody has"
NIL = "0192a000-0000-7000-8000-000000000000"


def ids(trial):
    victim = trial.victim
    return {
        "poll": victim.vote.poll, "budget": victim.vote.budget, "process": victim.vote.process, "roll": victim.vote.roll,
        "project": victim.vote.projects["p1"], "member": victim.voters[0].number,
    }


CALLS = {
    "read the poll": ("GET", "/v1/polls/{poll}", None),
    "read the turnout": ("GET", "/v1/polls/{poll}/turnout", None),
    "close the poll": ("POST", "/v1/polls/{poll}:close", {"reason": "mine"}),
    "annul the poll": ("POST", "/v1/polls/{poll}:annul", {"reason": "mine"}),
    "cancel the poll": ("POST", "/v1/polls/{poll}:cancel", {"reason": "mine"}),
    "open a paper batch": ("POST", "/v1/polls/{poll}/paperBatches", {"title": "Box 1"}),
    "list the tracking codes": ("GET", "/v1/polls/{poll}/trackingCodes", None),
    "count the replaced codes": ("GET", "/v1/polls/{poll}/replacedAccessCodes:count", None),
    "issue paper permits": ("POST", "/v1/polls/{poll}/permits:issuePaper", {"memberNumbers": ["1"]}),
    "read the budget": ("GET", "/v1/budgets/{budget}", None),
    "read the result": ("GET", "/v1/budgets/{budget}/result", None),
    "export the result": ("GET", "/v1/budgets/{budget}/result:export", None),
    "change the budget": ("PATCH", "/v1/budgets/{budget}", {"title": "Mine"}),
    "add projects": ("POST", "/v1/budgets/{budget}/projects:batchCreate", {"projects": [{"title": "Mine", "cost": "1"}]}),
    "read a project": ("GET", "/v1/projects/{project}", None),
    "change a project": ("PATCH", "/v1/projects/{project}", {"values": {"title": "Mine", "cost": "1"}}),
    "delete a project": ("DELETE", "/v1/projects/{project}", None),
    "read the process": ("GET", "/v1/processes/{process}", None),
    "publish the process": ("POST", "/v1/processes/{process}:publish", {}),
    "change the process": ("PATCH", "/v1/processes/{process}?updateMask=title", {"title": "Mine"}),
    "add a budget": ("POST", "/v1/processes/{process}/budgets", {
        "title": "Mine", "amount": "1000", "currency": "EUR", "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"},
        "allocationRule": {"kind": "RULE_KIND_GREEDY"}}),
    "read the roll": ("GET", "/v1/rolls/{roll}", None),
    "import members": ("POST", "/v1/rolls/{roll}/members:import", {"csv": "member_number\nmine\n"}),
    "make access codes": ("POST", "/v1/rolls/{roll}/accessCodes:generate", {}),
    "export a roll": ("GET", "/v1/rolls/{roll}/members:export", None),
    "export a member": ("GET", "/v1/rolls/{roll}/members/{member}:export", None),
    "erase a member": ("DELETE", "/v1/rolls/{roll}/members/{member}", None),
    "replace a code": ("POST", "/v1/rolls/{roll}/members/{member}:replaceAccessCode", {}),
}


def foreign(method, path, body):
    def run(trial):
        token = trial.city.administrator()
        if "issuePaper" in path or "paperBatches" in path:
            token = trial.city.staff("BUDGET_OFFICER")
        theirs, nobodys = (
            trial.attack(method, path.format(**values), body, token)
            for values in (ids(trial), {**dict.fromkeys(ids(trial), NIL), "member": "nobody"})
        )
        trial.expect(theirs, 404, "RESOURCE_NOT_FOUND")
        trial.hold((theirs.status, theirs.reason) == (nobodys.status, nobodys.reason), f"{theirs}, and {nobodys} for no id")
    return run


for name, call in CALLS.items():
    add(f"tenant: {name}", GONE, foreign(*call))


@case("tenant: a vote with the victim's roll", "refused: the roll does not exist here")
def _(trial):
    def budget():
        return trial.city.budget(trial.city.process(), {"type": "BALLOT_TYPE_APPROVAL"})[0]
    budget = trial.kept("budget for a foreign roll", budget)
    body = {"rollId": trial.victim.vote.roll, "openTime": at(minutes=1), "closeTime": at(days=2)}
    answer = trial.attack("POST", f"/v1/budgets/{budget}:scheduleVote", body, trial.city.administrator())
    trial.expect(answer, (400, 404, 409))


@case("tenant: the victim's ids in lists and filters", "no list shows anything of the victim")
def _(trial):
    theirs = [value for name, value in ids(trial).items() if name != "member"]
    for path in ("/v1/polls", "/v1/processes", "/v1/rolls", "/v1/staff", "/v1/accessCodeReplacements"):
        answer = trial.attack("GET", f"{path}?pageSize=1000", token=trial.city.administrator())
        trial.expect(answer, 200, what=path)
        trial.hold(len(answer.json) > 0, f"{path}: an answer without a list")
        trial.hold(not any(value.encode() in answer.body for value in theirs), f"{path} shows something of the victim")


@case("tenant: another organization under the victim's host name", "refused: a host name belongs to one")
def _(trial):
    body = {"displayName": "Thief", "hostNames": [trial.victim.city.host]}
    answer = trial.attack("POST", "/v1/organizations", body, trial.city.operator())
    trial.expect(answer, (400, 409))
    answer = trial.attack("POST", "/v1/organizations", body, trial.city.staff("ADMINISTRATOR"))
    trial.expect(answer, 403, "ROLE_MISSING")


@case("tenant: the victim's member signs in here", "401, and nothing tells that the number exists there")
def _(trial):
    voter = trial.random.choice(trial.victim.voters)
    body = {"memberNumber": voter.number, "accessCode": voter.code}
    answer = trial.attack("POST", "/v1/sessions:signInWithAccessCode", body)
    trial.expect(answer, 401, "CREDENTIALS_INVALID")
    trial.same(answer, trial.attack("POST", "/v1/sessions:signInWithAccessCode", {**body, "memberNumber": "nobody"}), "numbers")


@case("tenant: a token with the victim's organization in it", "401: the signature is over the organization")
def _(trial):
    organization = trial.victim.city.ok("GET", "/v1/organization")["organization"]["organizationId"]
    token = forge.altered(trial.city.administrator(), claims={"org": organization})
    trial.expect(trial.attack("GET", "/v1/rolls", token=token, host=trial.victim.city.host), 401, "SESSION_INVALID")


LISTS = ("/v1/polls", "/v1/processes", "/v1/rolls", "/v1/staff", "/v1/accessCodeReplacements",
         "/v1/processes/{process}/budgets", "/v1/processes/{process}/proposals", "/v1/budgets/{budget}/projects")


def page_tokens(path):
    def run(trial):
        vote = trial.attacker.vote("open")
        place = path.format(process=vote.process, budget=vote.budget)
        token = trial.city.administrator()
        tokens = ["x", "AAAA", "-1", "1", "0" * 64, "%27%20OR%201%3D1", "a" * 4_000, "bnVsbA%3D%3D"]
        tokens += trial.kept("foreign page tokens", lambda: foreign_page_tokens(trial))
        for page in tokens:
            for session in (token, None):
                answer = trial.attack("GET", f"{place}?pageSize=1&pageToken={page}", token=session)
                if session is None and answer.status == 401 and not trial.fake:
                    continue
                trial.expect(answer, 400, "PAGE_TOKEN_INVALID", f"{page[:12]}")
    return run


def foreign_page_tokens(trial):
    """Real tokens: of the victim's lists, and of a list that none of the cases asks for."""
    found = []
    for city in (trial.victim.city, trial.city):
        vote = trial.victim.vote if city is trial.victim.city else trial.attacker.vote("changeable")
        path = f"/v1/budgets/{vote.budget}/projects?pageSize=2"
        found.append(city.ok("GET", path, token=city.administrator())["nextPageToken"])
    assert all(found), "a list of six projects has a second page"
    return found


for path in LISTS:
    add(f"page token: {path}", "400 PAGE_TOKEN_INVALID for made-up tokens and those of other lists", page_tokens(path))


@case("page token: sizes that are none", "400, or a page of the largest size")
def _(trial):
    for size in ("-1", "99999999999", "1e3", "x", "", "1.5"):
        trial.expect(trial.attack("GET", f"/v1/polls?pageSize={size}"), 400, what=size)
    trial.expect(trial.attack("GET", "/v1/polls?pageSize=1000000"), (200, 400))
