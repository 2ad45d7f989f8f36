"""Organizations, votes and people, made through the API."""

import datetime
import itertools
import json
import secrets
import threading
import time
import uuid

from installation import TOKEN_SECONDS
from wire import Lost, call

CODES_A_CALL = 5_000
# A session is used for so long before a new one is asked for.
FRESH = TOKEN_SECONDS / 2


class Refused(Exception):
    """A call of the set-up was refused: the case could not be tried."""


def at(**delta):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def phase(kind, start, end):
    return {"title": kind.title(), "kind": f"PHASE_KIND_{kind}", "startTime": start, "endTime": end}


class Vote:
    """A budget with its vote, and people who can vote in it."""

    def __init__(self, process, roll, budget, poll, projects, codes):
        self.process, self.roll, self.budget, self.poll = process, roll, budget, poll
        self.projects, self.codes = projects, codes
        self._people, self._lock = iter(codes), threading.Lock()

    def somebody(self):
        """The number of somebody who was not asked for before."""
        with self._lock:
            return next(self._people, None)


class City:
    """An organization as its own team sees it."""

    def __init__(self, installation, host, name):
        self.here, self.host, self.name = installation, host, name
        self._sessions, self._mailboxes, self._lock = {}, {}, threading.RLock()
        self._numbers = itertools.count(1)
        self.old_tokens = []

    def call(self, method, path, body=None, token=None, headers=(), source=None, timeout=60.0):
        source = source or self.here.door.stranger()
        return call(self.here.door, method, path, self.host, body, token, headers, source, timeout)

    def ok(self, method, path, body=None, token=None, headers=()):
        """A call that has to succeed for a case to be tried; tried again while the program asks for patience."""
        for attempt in range(40):
            try:
                answer = self.call(method, path, body, token, headers)
            except Lost as lost:
                if method != "GET" or attempt > 3:
                    raise Refused(f"{method} {path}: {lost}") from lost
                continue
            if answer.status == 200:
                return answer.json
            if answer.status not in (429, 503):
                break
            time.sleep(min(float(answer.header("retry-after") or 1), 5))
        raise Refused(f"{method} {path}: {answer} {answer.detail} {json.dumps(answer.violations())[:300]}")

    def found(self):
        """Makes the organization."""
        session = self.sign_in_operator(False)
        body = {"displayName": self.name, "hostNames": [self.host], "requestId": str(uuid.uuid4())}
        made = self.ok("POST", "/v1/organizations", body, session)["organization"]
        for _ in range(100):
            if self.call("GET", "/v1/organization").status == 200:
                return made
            time.sleep(0.2)
        raise Refused(f"{self.host} is not known after 20 s")

    def sign_in_operator(self, as_administrator):
        body = {"operatorKey": self.here.operator_key, "asAdministrator": as_administrator}
        return self.ok("POST", "/v1/sessions:signInOperator", body)["session"]["accessToken"]

    def kept(self, name, make):
        with self._lock:
            token, since = self._sessions.get(name, (None, 0))
            if token is None or time.monotonic() - since > FRESH:
                if token:
                    self.old_tokens = [*self.old_tokens[-50:], token]
                token = make()
                self._sessions[name] = (token, time.monotonic())
            return token

    def administrator(self):
        return self.kept("administrator", lambda: self.sign_in_operator(True))

    def operator(self):
        return self.kept("operator", lambda: self.sign_in_operator(False))

    def hire(self, *roles):
        """A new member of the staff: the id and the address."""
        email = f"{secrets.token_hex(6)}@staff.example.org"
        body = {"email": email, "displayName": "Staff", "roles": [f"ROLE_{role}" for role in roles]}
        made = self.ok("POST", "/v1/staff", body, self.administrator())
        return made["staffMember"]["staffMemberId"], email

    def by_mail(self, email):
        """A session of whoever has this mailbox."""
        before = self.here.mails()
        self.ok("POST", "/v1/sessions:requestEmailCode", {"email": email})
        code = self.here.mailed_code(email, before)
        return self.ok("POST", "/v1/sessions:signInWithEmailCode", {"email": email, "code": code})["session"]

    def staff(self, role):
        """A session with this role alone."""
        with self._lock:
            if role not in self._mailboxes:
                self._mailboxes[role] = self.hire(role)[1]
            return self.kept(role, lambda: self.by_mail(self._mailboxes[role])["accessToken"])

    def post(self, path, body):
        return self.ok("POST", path, body, self.administrator())

    def process(self, kind="VOTE", published=True):
        phases = [phase(kind, at(hours=-1), at(days=30))]
        process = self.post("/v1/processes", {"title": f"{kind} {next(self._numbers)}", "phases": phases})
        process = process["process"]["processId"]
        if published:
            self.post(f"/v1/processes/{process}:publish", {})
        return process

    def roll(self, members):
        """A roll of pairs of number and district, and the code of each number."""
        roll = self.post("/v1/rolls", {"title": f"Roll {next(self._numbers)}"})["roll"]["rollId"]
        lines = "".join(f"{number},{district}\n" for number, district in members)
        self.post(f"/v1/rolls/{roll}/members:import", {"csv": "member_number,district\n" + lines})
        codes = {}
        while len(codes) < len(members):
            some = self.post(f"/v1/rolls/{roll}/accessCodes:generate", {"pageSize": CODES_A_CALL})["accessCodes"]
            codes.update((code["memberNumber"], code["accessCode"]) for code in some)
            if not some:
                raise Refused("the codes of some members are missing")
        return roll, codes

    def budget(self, process, rule, projects=6):
        body = {
            "title": f"Budget {next(self._numbers)}", "amount": "1000000", "currency": "EUR",
            "ballotRule": rule, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
        }
        budget = self.post(f"/v1/processes/{process}/budgets", body)["budget"]["budgetId"]
        made = [{"reference": f"p{n}", "title": f"Project {n}", "cost": str(100_000 + 1_000 * n)} for n in range(projects)]
        made = self.post(f"/v1/budgets/{budget}/projects:batchCreate", {"projects": made})["projects"]
        return budget, {project["reference"]: project["projectId"] for project in made}

    def vote(self, members, recast=False, opens=None, limit=4, process=None):
        process = process or self.process()
        roll, codes = self.roll(members)
        rule = {"type": "BALLOT_TYPE_APPROVAL", "minChoices": 1, "maxChoices": limit, "recastAllowed": recast}
        budget, projects = self.budget(process, rule)
        times = {"rollId": roll, "openTime": opens or at(minutes=-1), "closeTime": at(days=20)}
        poll = self.post(f"/v1/budgets/{budget}:scheduleVote", times)["budget"]["pollId"]
        return Vote(process, roll, budget, poll, projects, codes)

    def numbers(self, count, prefix=""):
        """So many numbers that no roll of this city has."""
        start = next(self._numbers)
        return [f"{prefix}{start:04}-{n:05}" for n in range(count)]

    def sign_in(self, number, code, source=None):
        body = {"memberNumber": number, "accessCode": code}
        return self.call("POST", "/v1/sessions:signInWithAccessCode", body, source=source)

    def session(self, number, code):
        body = {"memberNumber": number, "accessCode": code}
        return self.ok("POST", "/v1/sessions:signInWithAccessCode", body)["session"]

    def permit(self, poll, token):
        """A new poll is known to identity a moment later."""
        for _ in range(50):
            answer = self.call("POST", f"/v1/polls/{poll}/permits", {}, token)
            if answer.status != 404:
                break
            time.sleep(0.1)
        if answer.status != 200:
            raise Refused(f"no permit: {answer} {answer.detail}")
        return answer.json["permit"]

    def close(self, poll):
        return self.post(f"/v1/polls/{poll}:close", {"reason": "the test is over"})["poll"]


def ballot(permit, choices, secret):
    return {"permit": permit, "ballot": {"choices": [{"optionId": choice} for choice in choices]}, "castSecret": secret}
