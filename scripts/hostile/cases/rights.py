"""Roles, drafts, frozen votes, second people, and request ids of others."""

import uuid

from city import at, phase
from trial import add, case

STAFF = {"email": "thief@example.org", "displayName": "Thief", "roles": ["ROLE_ADMINISTRATOR"]}
CALLS = {
    "hire staff": ("POST", "/v1/staff", STAFF, ("PARTICIPANT", "AUDITOR", "MODERATOR", "BUDGET_OFFICER")),
    "list staff": ("GET", "/v1/staff", None, ("PARTICIPANT", "MODERATOR", "BUDGET_OFFICER")),
    "make a roll": ("POST", "/v1/rolls", {"title": "Mine"}, ("PARTICIPANT", "AUDITOR", "MODERATOR", "BUDGET_OFFICER")),
    "make access codes": ("POST", "/v1/rolls/{roll}/accessCodes:generate", {}, ("PARTICIPANT", "AUDITOR", "BUDGET_OFFICER")),
    "import members": ("POST", "/v1/rolls/{roll}/members:import", {"csv": "member_number\n1\n"}, ("MODERATOR", "BUDGET_OFFICER")),
    "export a roll": ("GET", "/v1/rolls/{roll}/members:export", None, ("PARTICIPANT", "AUDITOR", "BUDGET_OFFICER")),
    "export a member": ("GET", "/v1/rolls/{roll}/members/1:export", None, ("PARTICIPANT", "AUDITOR", "BUDGET_OFFICER")),
    "ask for a new code": ("POST", "/v1/rolls/{roll}/members/1:replaceAccessCode", {}, ("PARTICIPANT", "BUDGET_OFFICER")),
    "close a poll": ("POST", "/v1/polls/{poll}:close", {"reason": "mine"}, ("PARTICIPANT", "AUDITOR", "MODERATOR")),
    "annul a poll": ("POST", "/v1/polls/{poll}:annul", {"reason": "mine"}, ("PARTICIPANT", "AUDITOR", "MODERATOR")),
    "open a paper batch": ("POST", "/v1/polls/{poll}/paperBatches", {"title": "Box"}, ("PARTICIPANT", "ADMINISTRATOR", "AUDITOR")),
    "issue paper permits": ("POST", "/v1/polls/{poll}/permits:issuePaper", {"memberNumbers": ["1"]}, ("ADMINISTRATOR", "AUDITOR")),
    "change a process": ("PATCH", "/v1/processes/{process}?updateMask=title", {"title": "Mine"}, ("PARTICIPANT", "BUDGET_OFFICER")),
    "change a budget": ("PATCH", "/v1/budgets/{budget}", {"title": "Mine"}, ("PARTICIPANT", "AUDITOR", "MODERATOR")),
    "make an organization": ("POST", "/v1/organizations", {"displayName": "X", "hostNames": ["x.example.org"]},
                             ("PARTICIPANT", "ADMINISTRATOR", "AUDITOR")),
    "change the signing keys": ("POST", "/v1/signingKeys:rotate", {}, ("PARTICIPANT", "ADMINISTRATOR", "AUDITOR")),
    "make a poll without a budget": ("POST", "/v1/polls", {"title": "Mine"}, ("PARTICIPANT", "BUDGET_OFFICER", "AUDITOR")),
}


def session(trial, role):
    if role == "PARTICIPANT":
        return participant(trial)
    return trial.city.staff(role)


def participant(trial):
    _, number, code = trial.kept("participant", lambda: trial.attacker.somebody("open"))
    return trial.city.kept("participant", lambda: trial.city.session(number, code)["accessToken"])


def escalation(method, path, body, roles):
    def run(trial):
        vote = trial.attacker.vote("open")
        place = path.format(roll=vote.roll, poll=vote.poll, process=vote.process, budget=vote.budget)
        for role in roles:
            trial.expect(trial.attack(method, place, body, session(trial, role)), 403, "ROLE_MISSING", role)
        trial.expect(trial.attack(method, place, body), 401, "SESSION_INVALID", "nobody")
    return run


for name, (method, path, body, roles) in CALLS.items():
    add(f"role: {name}", f"403 ROLE_MISSING for {', '.join(roles).lower()}; 401 for nobody", escalation(method, path, body, roles))


@case("role: roles that nobody gives", "400: neither operator nor service is a role of the staff")
def _(trial):
    for role in ("ROLE_OPERATOR", "ROLE_SERVICE", "ROLE_PARTICIPANT", "ROLE_UNSPECIFIED", "role_administrator", "ROLE_GOD", 1, 7):
        body = {"email": "x@example.org", "displayName": "X", "roles": [role]}
        trial.expect(trial.attack("POST", "/v1/staff", body, trial.city.administrator()), 400, what=str(role))


@case("role: a service's own methods from outside", "404: they have no path")
def _(trial):
    for method in ("identity.v1.SessionService/SignInService", "identity.v1.RevocationService/ListRevocations",
                   "voting.v1.BallotService/StreamBallots", "spaces.v1.ProcessService/HoldVotePhase"):
        headers = [("Content-Type", "application/grpc"), ("TE", "trailers")]
        trial.expect(trial.attack("POST", f"/comitia.{method}", b"\0\0\0\0\0", headers=headers), (404, 415), what=method)


def draft(trial):
    def make():
        process = trial.city.process(published=False)
        budget, projects = trial.city.budget(process, {"type": "BALLOT_TYPE_APPROVAL"})
        return process, budget, projects["p1"]
    return trial.kept("draft", make)


DRAFTS = {
    "process": "/v1/processes/{0}", "budget": "/v1/budgets/{1}", "projects": "/v1/budgets/{1}/projects",
    "project": "/v1/projects/{2}", "result": "/v1/budgets/{1}/result", "export": "/v1/budgets/{1}/result:export",
}
for name, path in DRAFTS.items():
    def run(trial, path=path):
        place = path.format(*draft(trial))
        # First the team, so that an answer that was kept for all would be found out.
        team = trial.attack("GET", place, token=trial.city.administrator())
        trial.expect(team, (200, 409), what="the team")
        for who, token in (("anybody", None), ("a participant", participant(trial)), ("the victim", None)):
            host = trial.victim.city.host if who == "the victim" else trial.host
            trial.expect(trial.attack("GET", place, token=token, host=host), 404, "RESOURCE_NOT_FOUND", who)
    add(f"draft: its {name}", "404 for the public, participants and other organizations; the team sees it", run)


@case("draft: lists", "nothing of an unpublished process in any list")
def _(trial):
    process, budget, project = draft(trial)
    for path in ("/v1/processes?pageSize=1000", f"/v1/processes/{process}/budgets", f"/v1/processes/{process}/proposals"):
        for token in (None, participant(trial)):
            answer = trial.attack("GET", path, token=token)
            trial.expect(answer, (200, 404), what=path)
            found = [value for value in (budget, project) if value.encode() in answer.body]
            mine = path.startswith("/v1/processes?") and process.encode() in answer.body
            trial.hold(not found and not mine, f"{path} shows the draft")
            if path.startswith("/v1/processes?"):
                trial.hold(answer.json.get("processes"), "no process at all is listed")


@case("draft: a vote in an unpublished process", "409 PROCESS_NOT_PUBLISHED")
def _(trial):
    _, budget, _ = draft(trial)
    body = {"rollId": trial.attacker.vote("open").roll, "openTime": at(minutes=1), "closeTime": at(days=2)}
    answer = trial.attack("POST", f"/v1/budgets/{budget}:scheduleVote", body, trial.city.administrator())
    trial.expect(answer, 409, "PROCESS_NOT_PUBLISHED", field="process_id")


@case("vote: its phase is moved, removed or renamed into another kind", "409 PHASE_HAS_VOTE, and the process is as it was")
def _(trial):
    process = trial.attacker.vote("open").process
    path = f"/v1/processes/{process}?updateMask=phases"
    before = trial.city.ok("GET", f"/v1/processes/{process}", token=trial.city.administrator())
    phases = before["process"]["phases"]
    known = {**phases[0]}
    for what, new in (
        ("removed", []),
        ("moved away", [{**known, "startTime": at(days=40), "endTime": at(days=50)}]),
        ("cut short", [{**known, "endTime": at(hours=1)}]),
        ("another kind", [{**known, "kind": "PHASE_KIND_INFORMATION"}]),
        ("replaced", [phase("SUBMISSION", at(hours=-1), at(days=30))]),
    ):
        answer = trial.attack("PATCH", path, {"phases": new}, trial.city.administrator())
        trial.expect(answer, 409, "PHASE_HAS_VOTE", what)
    after = trial.city.ok("GET", f"/v1/processes/{process}", token=trial.city.administrator())
    trial.hold(after["process"]["phases"] == phases, "the phases are others now")


FROZEN = {
    "more money": ("PATCH", "/v1/budgets/{budget}", {"amount": "99999999"}),
    "another rule": ("PATCH", "/v1/budgets/{budget}", {"allocationRule": {"kind": "RULE_KIND_EQUAL_SHARES"}}),
    "another project": ("POST", "/v1/budgets/{budget}/projects:batchCreate", {"projects": [{"title": "X", "cost": "1"}]}),
    "a cheaper project": ("PATCH", "/v1/projects/{project}", {"values": {"title": "Project 1", "cost": "1"}}),
    "a project less": ("DELETE", "/v1/projects/{project}", None),
    "a second vote": ("POST", "/v1/budgets/{budget}:scheduleVote", "vote"),
}
for name, (method, path, body) in FROZEN.items():
    def run(trial, method=method, path=path, body=body):
        vote = trial.attacker.vote("open")
        if body == "vote":
            body = {"rollId": vote.roll, "openTime": at(days=1), "closeTime": at(days=2)}
        place = path.format(budget=vote.budget, project=vote.projects["p1"])
        trial.expect(trial.attack(method, place, body, trial.city.administrator()), 409, "BUDGET_FROZEN")
    add(f"vote: {name} while people vote", "409 BUDGET_FROZEN", run)


@case("vote: cancelled while it is open", "409 POLL_HAS_OPENED")
def _(trial):
    vote = trial.attacker.vote("open")
    answer = trial.attack("POST", f"/v1/polls/{vote.poll}:cancel", {"reason": "mine"}, trial.city.administrator())
    trial.expect(answer, 409, "POLL_HAS_OPENED")


@case("vote: annulled by one person twice", "409 SECOND_OFFICER_REQUIRED, and people vote on")
def _(trial):
    vote = trial.kept("vote to annul", lambda: trial.city.vote([(number, "") for number in trial.city.numbers(50, "n")]))
    path, token = f"/v1/polls/{vote.poll}:annul", trial.city.administrator()
    first = trial.attack("POST", path, {"reason": "I do not like it"}, token)
    trial.expect(first, (200, 409))
    trial.expect(trial.attack("POST", path, {"reason": ""}, token), 409, "SECOND_OFFICER_REQUIRED")
    poll = trial.attack("GET", f"/v1/polls/{vote.poll}", token=token)
    trial.hold((poll.json.get("poll") or {}).get("state") == "POLL_STATE_OPEN", "the poll is not open any more")


@case("vote: a member's code replaced by one person alone", "403 or 409 SECOND_PERSON_REQUIRED, and the old code goes on")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    token = trial.city.administrator()
    path = f"/v1/rolls/{vote.roll}/members/{number}:replaceAccessCode"
    asked = trial.city.ok("POST", path, {}, token)["replacement"]
    trial.hold(not asked.get("accessCode"), "the code was given to who asked")
    for session_of in (token, trial.city.sign_in_operator(True)):
        answer = trial.attack("POST", f"/v1/accessCodeReplacements/{asked['replacementId']}:approve", {}, session_of)
        trial.expect(answer, (403, 409), "SECOND_PERSON_REQUIRED")
    answer = trial.attack("POST", "/v1/sessions:signInWithAccessCode", {"memberNumber": number, "accessCode": code})
    trial.expect(answer, 200, what="the owner with the old code")


@case("vote: a code replaced by an administrator hired for it", "SECOND_PERSON_REQUIRED: who comes after the request cannot approve it")
def _(trial):
    vote, number, _ = trial.attacker.somebody("open")
    path = f"/v1/rolls/{vote.roll}/members/{number}:replaceAccessCode"
    asked = trial.city.ok("POST", path, {}, trial.city.administrator())["replacement"]
    _, email = trial.city.hire("ADMINISTRATOR")
    token = trial.city.by_mail(email)["accessToken"]
    answer = trial.attack("POST", f"/v1/accessCodeReplacements/{asked['replacementId']}:approve", {}, token)
    trial.expect(answer, (403, 409), "SECOND_PERSON_REQUIRED")


@case("vote: paper entered twice by one officer", "SECOND_OFFICER_REQUIRED or not agreed, and nothing is committed")
def _(trial):
    vote, number, _ = trial.attacker.somebody("open")
    token, path = trial.city.staff("BUDGET_OFFICER"), f"/v1/polls/{vote.poll}"
    permit = trial.city.ok("POST", f"{path}/permits:issuePaper", {"memberNumbers": [number]}, token)["permits"][0]["permit"]
    batch = trial.city.ok("POST", f"{path}/paperBatches", {"title": "Box"}, token)["paperBatch"]["paperBatchId"]
    forms = {"forms": [{"formNumber": "1", "permit": permit, "ballot": {"choices": [{"optionId": "p1"}]}}]}
    for _ in range(2):
        trial.city.ok("POST", f"{path}/paperBatches/{batch}:enter", forms, token)
    answer = trial.attack("POST", f"{path}/paperBatches/{batch}:commit", {}, token)
    trial.expect(answer, 409, ("SECOND_OFFICER_REQUIRED", "ENTRIES_DIFFER"))
    aside = trial.city.ok("POST", f"{path}/paperBatches/{batch}:setAside", {"reason": "the test is over"}, token)
    trial.hold(aside["paperBatch"]["state"] != "PAPER_BATCH_STATE_SET_ASIDE", "one officer set it aside alone")
    answer = trial.attack("POST", f"{path}/paperBatches/{batch}:setAside", {}, token)
    trial.expect(answer, 409, "SECOND_OFFICER_REQUIRED", "set aside")


@case("request id: of another participant", "each gets an answer of their own")
def _(trial):
    def process():
        return trial.city.process("SUBMISSION")
    path = f"/v1/processes/{trial.kept('submission', process)}/proposals"
    key, answers = str(uuid.uuid4()), []
    for number in range(2):
        _, token, _ = trial.voter("open")
        body = {"title": "Benches for the park", "body": "There is nowhere to sit down."}
        answers.append(trial.attack("POST", path, body, token, [("Idempotency-Key", key)]))
        trial.expect(answers[-1], 200)
    ids = [(answer.json.get("proposal") or {}).get("proposalId") for answer in answers]
    trial.hold(ids[0] and ids[1] and ids[0] != ids[1], f"the same answer for both: {ids}")


@case("request id: of the victim's administrator", "an answer of one's own, and nothing of the victim in it")
def _(trial):
    key = str(uuid.uuid4())
    theirs = trial.victim.city.ok("POST", "/v1/rolls", {"title": "Secret", "requestId": key}, trial.victim.city.administrator())
    answer = trial.attack("POST", "/v1/rolls", {"title": "Secret", "requestId": key}, trial.city.administrator())
    trial.expect(answer, 200)
    mine = (answer.json.get("roll") or {}).get("rollId")
    trial.hold(mine and mine != theirs["roll"]["rollId"], "the answer is the victim's")


@case("request id: used again for something else", "409 REQUEST_ID_REUSED")
def _(trial):
    key, token = str(uuid.uuid4()), trial.city.administrator()
    trial.city.ok("POST", "/v1/rolls", {"title": "First", "requestId": key}, token)
    answer = trial.attack("POST", "/v1/rolls", {"title": "Second", "requestId": key}, token)
    trial.expect(answer, 409, "REQUEST_ID_REUSED", field="request_id")


@case("request id: that is none", "400 that names it")
def _(trial):
    for key in ("x", "1", "' OR 1=1", "0" * 500, "00000000-0000-0000-0000-00000000000g"):
        answer = trial.attack("POST", "/v1/rolls", {"title": "X", "requestId": key}, trial.city.administrator())
        trial.expect(answer, 400, "FIELD_INVALID", key[:10], field="request_id")
