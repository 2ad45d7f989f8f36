"""Sends a running program requests made from its OpenAPI document; `scripts/schemathesis` starts it.

Two things are checked. Nothing ends in a server error, whatever is sent. And what the document allows is not refused as invalid,
but for rules that a schema cannot say: each of these is listed below with what it is.
"""

import argparse
import json
import logging
import pathlib
import re
import sys
import time
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, strategies as st
from schemathesis.generation import GenerationMode

logging.disable(logging.WARNING)

# Statuses that say that a request is invalid, and not that its caller, its resource or the moment is wrong.
INVALID = {400, 413, 415, 422, 431}

# Rules that a schema cannot say: reason, a pattern that "operation field: rule" matches, what it is.
BEYOND_SCHEMA = [
    ("PAGE_TOKEN_INVALID", r"", "a token comes from an answer of the same method"),
    ("PERMIT_INVALID", r"", "a permit is signed by identity"),
    ("ACCESS_CODE_MALFORMED", r"", "a code has a check character"),
    ("FIELD_INVALID", r" access_code: ", "a code has a check character"),
    ("FIELD_INVALID", r" desk_code: ", "a code has a check character"),
    ("FIELD_INVALID", r" email: must be an e-mail address", "what an address is, no pattern says"),
    ("FIELD_INVALID", r"time_zone: must be (an|the) IANA name", "the names are data of the operating system"),
    ("CSV_INVALID", r"", "the lines of a file in a text"),
    ("FIELD_INVALID", r"_(Import|Reload)Members (file|encoding): ", "one field and another, and the names of encodings"),
    ("FIELD_INVALID", r"_UpdateMember member\.(district|birth_date|email): must be", "what has to be there depends on updateMask"),
    ("FIELD_INVALID", r" \S*etag: must be the present", "a tag comes from an answer"),
    ("FIELD_INVALID", r": must (be (after|in the future|inside|in the past)|not be before)", "one time and another, or now"),
    ("PHASE_DATES_INVALID", r"", "one time and another"),
    ("FIELD_INVALID", r" process\.(title|description): ", "what has to be there depends on updateMask"),
    ("FIELD_INVALID", r" tracking_code: ", "a code has check symbols"),
    ("FIELD_INVALID", r"(SetPaperBatchAside|AnnulPoll) reason: ", "the first of two people gives it, the second need not"),
    ("FIELD_INVALID", r" (account\.)?display_name: must (have a letter|not have)", "kinds of characters"),
    ("FIELD_INVALID", r"_UpdateOwnAccount account\.", "what has to be there depends on updateMask"),
    ("FIELD_INVALID", r" fifteen_or_older: must be true", "a declaration without which nobody registers"),
    ("FIELD_INVALID", r" accepted_terms_version: ", "the present version comes from an answer"),
    ("FIELD_INVALID", r"_VerifyResident (member_number|access_code): ", "number and code come together, or neither"),
    ("FIELD_INVALID", r" areas\[[0-9]+\]\.(code|parent_code): must", "items of a list side by side, and what exists"),
    ("FIELD_INVALID", r"_EnterPaperBallots (forms|remove_form_numbers): must", "what was entered before"),
    ("FIELD_INVALID", r"_ReportProgress note: must have 1 to", "a note is needed only where a project is given up"),
    ("FIELD_INVALID", r" parent_code: must not be the area itself", "one field and another"),
    ("FIELD_INVALID", r"_CheckItem note: must have 1 to", "a note is needed only where an item is not needed"),
    ("FIELD_INVALID", r" keep_leftover: must be false with", "one field and another"),
    ("FIELD_INVALID", r" organization\.contact_email: must be", "what an address is, no pattern says"),
    ("FIELD_INVALID", r" organization\.brand_color: must have a contrast", "the contrast of a colour"),
    ("FIELD_INVALID", r" (organization\.)?languages: must be", "items of a list side by side"),
    ("FIELD_INVALID", r" organization\.(display_name|time_zone|country|texts)", "what has to be there depends on updateMask"),
    ("FIELD_INVALID", r" organization\.organization_id: must be", "the organization that the request came to"),
    ("FIELD_INVALID", r"_ListCoverPhotos proposal_ids: must be the ids of", "a list that may not be empty"),
    ("FIELD_INVALID", r" canonical_host_name: must be one of", "one field and another"),
    ("BODY_MALFORMED", r"_ImportMembers \S+: must be the same as in the query", "a field in the query and in the body"),
    ("BODY_MALFORMED", r"_(Add(Proposal|Project)?Attachment|SetLogo) \S+: must be the same as in the query", "a field in the query and in the body"),
    ("FIELD_INVALID", r"_(Add(Proposal|Project)?Attachment (kind|title)|SetLogo alternative_text): must ", "in the query beside a file's bytes, in the body beside JSON"),
    ("BODY_MALFORMED", r"_(Add(Proposal|Project)?Attachment|SetLogo) file: must be base", "OpenAPI's format byte, which the tool does not keep"),
    ("FILE_KIND_REFUSED", r"", "what a file is by its content"),
    ("FILE_DAMAGED", r"", "what a file is by its content"),
    ("FIELD_INVALID", r"_(Add|AddProposal|AddProject|Update)Attachment alternative_text: ", "it is for photos, and only for photos"),
    ("FIELD_INVALID", r"_AddProjectAttachment report_id: must be a progress", "what exists"),
    ("FIELD_INVALID", r"_RemoveAttachment reason: must say why", "a reason is needed only for what somebody else sent"),
    ("FIELD_INVALID", r"_ReadAttachmentFile width: must be 0", "the widths that a photo has"),
    ("BODY_MALFORMED", r"_ImportMembers file: must be base", "OpenAPI's format byte, which the tool does not keep"),
    ("FIELD_INVALID", r" forms\[[0-9]+\]\.ballot: (must be|is required)", "whether a ballot is there depends on the kind of form"),
    ("FIELD_INVALID", r": must (be|name) (a|an|the|of|options) .*(organization|poll|process|code of an area)", "what exists"),
    ("FIELD_INVALID", r": must (be unique|be new|not be (named|there|limited|given) twice|not name .* twice|not have two)", "items of a list side by side"),
    ("FIELD_INVALID", r"_UpdateAccountSignIn allowed_provider_ids: must be providers", "what exists"),
    ("FIELD_INVALID", r" eligibility\.(basis|roll_id|districts|minimum_age|providers|provider_level): must be", "what goes with which basis"),
    ("FIELD_INVALID", r" (ballot_rule|specification)\.\S+: (is only for|must (allow|not be (less|more) than|be (more than 0|0|1|0 or 1) for|"
     r"be (reachable|enough|within reach)|be 1:|be at least two))", "one limit and another, or the type of ballot"),
    ("FIELD_INVALID", r"_CreatePoll (options|recast_allowed|specification|signature_sheet\S*): must", "whether ballots choose or are signatures"),
    ("FIELD_INVALID", r"_(Preview|Propose)Correction (selection|earlier_number)", "one field and another, whole minutes, the size of the log"),
    ("FIELD_INVALID", r"_Extend(Poll|Vote) close_time: must be later", "when the poll closes now"),
    ("FIELD_INVALID", r"_ExtendVote reason: must say why", "a reason is needed only where nobody else gave it"),
    ("FIELD_INVALID", r"_RecordReturnedLetters letter_count: must be at least 1", "a number is needed only where no letter is named"),
    ("FIELD_INVALID", r"_GetTile path: must be", "there is one path for each file: no number begins with a group of zeros"),
    ("FIELD_INVALID", r" allocation_rule\.(ties|lot_seed|rank_points|comparison)", "the order of items, and one field and another"),
    ("GEOJSON_MALFORMED", r"_DrawAreas geojson: must be", "a format inside a text"),
    ("RULE_NOT_APPLICABLE", r"", "the rule and the type of ballot, or one field and another"),
]

# Operations that would end the sessions and accounts that are used here, or take the host name away; without a session they are called.
NOT_WITH_A_SESSION = {"OrganizationService_UpdateHostNames", "SessionService_RevokeSession", "RollService_EraseOwnData", "KeyService_RotateSigningKey"}


class Api:
    """A client with a session of each role."""

    def __init__(self, url, data):
        self.url, self.data, self.http = url, pathlib.Path(data), requests.Session()
        self.http.trust_env = False
        self.tokens = {}

    def post(self, path, body, token=None):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        response = self.http.post(self.url + path, json=body, headers=headers, timeout=30)
        if response.status_code != 200:
            sys.exit(f"POST {path}: {response.status_code} {response.text}")
        return response.json()

    def wait(self):
        for _ in range(600):
            try:
                if self.http.get(self.url + "/v1/organization", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        sys.exit("the program did not start within a minute")

    def sign_in(self):
        key = json.loads((self.data / "secrets.json").read_text())["operator_key"]
        for role, administrator in (("OPERATOR", False), ("ADMINISTRATOR", True)):
            body = {"operatorKey": key, "asAdministrator": administrator}
            self.tokens[role] = self.post("/v1/sessions:signInOperator", body)["session"]["accessToken"]
        administrator = self.tokens["ADMINISTRATOR"]
        staff = {
            "email": "officer@example.org", "displayName": "Officer",
            "roles": ["ROLE_BUDGET_OFFICER", "ROLE_MODERATOR", "ROLE_AUDITOR"],
        }
        self.post("/v1/staff", staff, administrator)
        self.post("/v1/sessions:requestEmailCode", {"email": staff["email"]})
        session = self.post("/v1/sessions:signInWithEmailCode", {"email": staff["email"], "code": self.mailed_code()})
        for role in ("BUDGET_OFFICER", "MODERATOR", "AUDITOR"):
            self.tokens[role] = session["session"]["accessToken"]

    def mailed_code(self):
        for _ in range(100):
            for file in (self.data / "mail").glob("*.eml"):
                found = re.search(r"code to sign in: ([0-9A-Z -]+)", file.read_text())
                if found:
                    return found[1].strip()
            time.sleep(0.1)
        sys.exit("no e-mail with a code came")

    def seed(self):
        """An open vote with its process, roll and projects: the ids of each by the names of path parameters."""
        token, now = self.tokens["ADMINISTRATOR"], datetime.now(timezone.utc)
        at = lambda **delta: (now + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")
        phase = lambda kind: {
            "title": kind, "kind": f"PHASE_KIND_{kind}", "startTime": at(hours=-1), "endTime": at(days=30),
        }
        ids = {}
        for kind in ("SUBMISSION", "VOTE"):
            process = self.post("/v1/processes", {"title": kind, "phases": [phase(kind)]}, token)["process"]["processId"]
            self.post(f"/v1/processes/{process}:publish", {}, token)
            ids.setdefault("process_id", []).append(process)
        roll = self.post("/v1/rolls", {"title": "Roll"}, token)["roll"]["rollId"]
        self.post(f"/v1/rolls/{roll}/members:import", {"csv": "member_number\n1\n2\n3\n"}, token)
        codes = self.post(f"/v1/rolls/{roll}/accessCodes:generate", {}, token)["accessCodes"]
        voter = {name: codes[0][name] for name in ("memberNumber", "accessCode")}
        session = self.post("/v1/sessions:signInWithAccessCode", voter)["session"]
        self.tokens["PARTICIPANT"] = session["accessToken"]
        for _ in range(2):
            budget = self.post(f"/v1/processes/{process}/budgets", {
                "title": "Budget", "amount": "100000", "currency": "EUR",
                "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"}, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
            }, token)["budget"]["budgetId"]
            projects = {"projects": [{"title": "Trees", "cost": "100"}, {"title": "Benches", "cost": "200"}]}
            projects = self.post(f"/v1/budgets/{budget}/projects:batchCreate", projects, token)["projects"]
            ids.setdefault("budget_id", []).append(budget)
            ids.setdefault("project_id", []).append(projects[0]["projectId"])
        vote = {"rollId": roll, "openTime": at(minutes=-1), "closeTime": at(days=29)}
        poll = self.post(f"/v1/budgets/{budget}:scheduleVote", vote, token)["budget"]["pollId"]
        proposal = {"title": "Benches for the park", "body": "There is nowhere to sit down."}
        path = f"/v1/processes/{ids['process_id'][0]}/proposals"
        proposal = self.post(path, proposal, self.tokens["PARTICIPANT"])["proposal"]["proposalId"]
        batch = self.post(f"/v1/polls/{poll}/paperBatches", {"title": "Box"}, self.tokens["BUDGET_OFFICER"])
        self.post("/v1/areas", {"code": "north", "title": "North"}, token)
        return ids | {
            "poll_id": [poll], "roll_id": [roll], "proposal_id": [proposal], "code": ["north"], "member_number": ["3"],
            "paper_batch_id": [batch["paperBatch"]["paperBatchId"]],
        }


class Findings:
    """What was answered, and what should not have been."""

    def __init__(self):
        self.statuses, self.allowed, self.faults = Counter(), Counter(), {}

    def take(self, operation, case, response, positive):
        status = response.status_code
        self.statuses[status] += 1
        try:
            problem = response.json() if status >= 400 else {}
        except ValueError:
            problem = {}
        reason = problem.get("reason", "")
        violations = problem.get("violations") or [{"field": "", "rule": problem.get("detail", "")}]
        if status >= 500 and reason not in ("DEPENDENCY_UNAVAILABLE",):
            self.fault(operation, f"server error {status} {reason}", case)
        elif positive and status in INVALID:
            for violation in violations:
                if not self.is_beyond_schema(operation, reason, violation):
                    rule = re.sub(r"[0-9]+", "N", f"{violation['field']}: {violation['rule']}")
                    self.fault(operation, f"refused with {status} {reason}, {rule}", case)

    def is_beyond_schema(self, operation, reason, violation):
        for place, (known, pattern, _) in enumerate(BEYOND_SCHEMA):
            named = f"{operation} {violation['field']}: {violation['rule']}"
            if reason == known and re.search(pattern, named):
                self.allowed[place] += 1
                return True
        return False

    def fault(self, operation, what, case):
        self.faults.setdefault((operation, what), case)


def sessions(operation, tokens):
    """Without a session, and with one that may call it."""
    definition = operation.definition.raw
    roles = [role for role in definition.get("x-comitia-roles", []) if role in tokens]
    with_one = tokens[roles[0]] if roles else tokens["ADMINISTRATOR"]
    if definition["operationId"] in NOT_WITH_A_SESSION:
        return [None]
    return [None, with_one]


def check(api, operation, ids, findings, options, deadline):
    name = operation.definition.raw["operationId"]
    for token in sessions(operation, api.tokens):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            positive = mode is GenerationMode.POSITIVE
            # Without a session nearly everything ends at the door.
            closed = token is None and not operation.definition.raw.get("x-comitia-public")
            examples = options.examples if positive and not closed else max(3, options.examples // 4)

            @hypothesis.settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck), derandomize=False,
            )
            @hypothesis.seed(options.seed)
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=st.data())
            def run(case, data):
                if time.monotonic() > deadline:
                    return
                for parameter, known in ids.items():
                    # Mostly what exists, so that more than its absence is tried.
                    if parameter in (case.path_parameters or {}) and data.draw(st.integers(0, 4)):
                        case.path_parameters[parameter] = data.draw(st.sampled_from(known))
                headers = {"authorization": f"Bearer {token}"} if token else {}
                response = case.call(base_url=api.url, headers=headers, timeout=30)
                findings.take(name, case.as_curl_command(headers={}), response, positive)

            try:
                run()
            except hypothesis.errors.Unsatisfiable:
                pass
            except Exception as error:  # what cannot be generated for is a fault of the document
                if positive:
                    findings.fault(name, f"no request can be made: {type(error).__name__}", str(error)[:300])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    api = Api(options.url, options.data)
    api.wait()
    api.sign_in()
    ids = api.seed()
    schema = schemathesis.openapi.from_url(f"{options.url}/openapi.json")
    findings, begun = Findings(), time.monotonic()
    deadline, skipped, count = begun + options.seconds, [], 0
    for result in schema.get_all_operations():
        if not hasattr(result, "ok"):
            findings.fault("document", "an operation that is not valid", str(result.err())[:600])
            continue
        operation = result.ok()
        definition = operation.definition.raw
        content = definition.get("responses", {}).get("200", {}).get("content", {"application/json": {}})
        streams = "application/json" not in content
        if "operationId" not in definition or streams or options.only not in definition["operationId"]:
            continue
        if time.monotonic() > deadline:
            skipped.append(definition["operationId"])
            continue
        count += 1
        check(api, operation, ids, findings, options, deadline)

    print(f"{sum(findings.statuses.values())} requests to {count} operations in {time.monotonic() - begun:.0f} s:",
          ", ".join(f"{number} × {status}" for status, number in sorted(findings.statuses.items())))
    for place, number in sorted(findings.allowed.items()):
        reason, pattern, why = BEYOND_SCHEMA[place]
        print(f"  {number} × {reason} {pattern}: {why}")
    for (operation, what), case in sorted(findings.faults.items()):
        print(f"FAULT {operation}: {what}\n    {str(case)[:1000]}")
    if skipped:
        print(f"FAULT no time was left for {', '.join(skipped)}: raise --seconds")
    sys.exit(1 if findings.faults or skipped else 0)


if __name__ == "__main__":
    main()
