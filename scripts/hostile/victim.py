"""The other organization: its people sign in and vote all the time, and must not notice anything.

Each casts again and again, with a secret of the device for each cast. What was acknowledged is written down, and compared in
the end with receipts, the published codes, the turnout and the count. A call that is refused or lost is a harm that the
attackers did, unless the summary names a reason that is nobody's fault.
"""

import base64
import collections
import pathlib
import random
import secrets
import subprocess
import tempfile
import threading
import time

from city import City, ballot
from wire import Lost

HOST = "victim.example.org"
# All of them come from one address: a town hall, a school. Its limits are not reached.
ADDRESS = "127.9.0.1"
DISTRICTS = ("north", "south")
# What takes longer than this is as good as refused to somebody who waits.
PATIENCE = 10.0


class Voter:
    def __init__(self, number, code):
        self.number, self.code = number, code
        self.permit = self.secret = self.choices = self.tracking_code = None
        self.revision = 0


class Victim:
    def __init__(self, installation, people, seed):
        self.city = City(installation, HOST, "Victim")
        self.here, self.people, self.random = installation, people, random.Random(seed)
        self.voters, self.vote = [], None
        self.harm = collections.Counter()
        self.times, self.casts, self.sign_ins = [], 0, 0
        self._stop, self._threads, self._lock = threading.Event(), [], threading.Lock()

    def prepare(self):
        self.city.found()
        numbers = self.city.numbers(self.people)
        members = [(number, DISTRICTS[place % 2]) for place, number in enumerate(numbers)]
        self.vote = self.city.vote(members, recast=True)
        self.voters = [Voter(number, self.vote.codes[number]) for number in numbers]
        self._wait_for_permits()

    def _wait_for_permits(self):
        """identity hears of a vote by an event: until then it gives no permit."""
        body = {"memberNumber": self.voters[0].number, "accessCode": self.voters[0].code}
        token = self.city.call("POST", "/v1/sessions:signInWithAccessCode", body, source=ADDRESS).json["session"]["accessToken"]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.city.call("POST", f"/v1/polls/{self.vote.poll}/permits", {}, token, source=ADDRESS).status == 200:
                return
            time.sleep(0.05)
        raise SystemExit("the victim's vote gives no permits")

    def start(self, pace):
        """Votes `pace` times a second, spread over a few people who each wait for their answers."""
        hands = 4
        for hand in range(hands):
            mine = self.voters[hand::hands]
            thread = threading.Thread(target=self._go_on, args=(mine, hands / pace), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def _go_on(self, voters, every):
        chance = random.Random(self.random.random())
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._once(chance.choice(voters), chance)
            except Exception as error:  # a voter who cannot go on has been harmed
                self._note(f"the voter's device failed: {error!r}")
            self._stop.wait(max(0.0, every - (time.monotonic() - began)))

    def _note(self, what):
        with self._lock:
            self.harm[what] += 1

    def _try(self, what, method, path, body=None, token=None):
        """One call as the voter makes it, without any patience: what is not answered well is harm."""
        began = time.monotonic()
        try:
            answer = self.city.call(method, path, body, token, source=ADDRESS, timeout=30.0)
        except Lost as lost:
            self._note(f"{what}: {lost}")
            return None
        took = time.monotonic() - began
        with self._lock:
            self.times.append(took)
        if answer.status != 200:
            self._note(f"{what}: {answer} {answer.detail[:100]}")
            return None
        if took > PATIENCE:
            self._note(f"{what}: answered after more than {PATIENCE:.0f} s")
        return answer.json

    def _once(self, voter, chance):
        body = {"memberNumber": voter.number, "accessCode": voter.code}
        session = self._try("sign-in", "POST", "/v1/sessions:signInWithAccessCode", body)
        if session is None:
            return
        self.sign_ins += 1
        poll, token = self.vote.poll, session["session"]["accessToken"]
        permit = self._try("permit", "POST", f"/v1/polls/{poll}/permits", {}, token)
        if permit is None:
            return
        voter.permit = permit["permit"]
        choices = chance.sample(sorted(self.vote.projects), chance.randint(1, 4))
        secret = base64.b64encode(secrets.token_bytes(16)).decode()
        receipt = self._cast(voter, choices, secret)
        if receipt is None:
            return
        expected = voter.revision + 1
        if receipt["revision"] != expected:
            self._note(f"revision {receipt['revision']} instead of {expected}")
        voter.secret, voter.choices, voter.revision = secret, choices, receipt["revision"]
        voter.tracking_code = receipt["trackingCode"]
        self.casts += 1
        if chance.random() < 0.2:
            self._look(voter)

    def _cast(self, voter, choices, secret):
        """A device whose cast was not acknowledged sends the same cast again; the first refusal is harm all the same."""
        path = f"/v1/polls/{self.vote.poll}/ballots"
        for _ in range(20):
            answer = self._try("cast", "POST", path, ballot(voter.permit, choices, secret))
            if answer is not None:
                return answer["receipt"]
            time.sleep(0.5)
        self._note("a cast was given up after 20 attempts")
        return None

    def _look(self, voter):
        path = f"/v1/polls/{self.vote.poll}"
        answer = self._try("receipt", "POST", f"{path}/receipts:get", {"permit": voter.permit, "castSecret": voter.secret})
        if answer and answer["receipt"]["trackingCode"] != voter.tracking_code:
            self._note("the receipt has another tracking code")
        answer = self._try("tracking code", "GET", f"{path}/trackingCodes/{voter.tracking_code}")
        if answer and answer["state"] != "TRACKED_STATE_COUNTED":
            self._note(f"the tracking code is {answer['state']}")

    def figures(self):
        times = sorted(self.times) or [0.0]
        at = lambda share: round(1000 * times[min(len(times) - 1, int(share * len(times)))], 1)
        return {
            "sign_ins": self.sign_ins, "casts_acknowledged": self.casts, "calls": len(self.times),
            "voters": sum(voter.revision > 0 for voter in self.voters),
            "milliseconds": {"p50": at(0.5), "p99": at(0.99), "longest": round(1000 * times[-1], 1)},
        }

    def count(self):
        """Closes the vote, and gives how what is published differs from what was acknowledged."""
        wrong, voted = [], [voter for voter in self.voters if voter.revision]
        poll = f"/v1/polls/{self.vote.poll}"
        closed = self.city.close(self.vote.poll)
        if closed["state"] != "POLL_STATE_SEALED":
            wrong.append(f"the poll is {closed['state']} after its close")
        # A permit that has expired meanwhile is good for that after the close.
        for voter in voted:
            body = {"permit": voter.permit, "castSecret": voter.secret}
            receipt = self.city.ok("POST", f"{poll}/receipts:get", body)["receipt"]
            if (receipt["trackingCode"], receipt["revision"]) != (voter.tracking_code, voter.revision):
                wrong.append("a receipt is not that of the last cast that was acknowledged")
        codes = self._codes(poll)
        missing = sum(voter.tracking_code not in codes for voter in voted)
        if missing or len(codes) != len(voted):
            wrong.append(f"{missing} acknowledged casts are not published; {len(codes)} codes, {len(voted)} voters")
        turnout = self.city.ok("GET", f"{poll}/turnout", token=self.city.administrator())["turnout"]
        if int(turnout["ballotCount"]) != len(voted):
            wrong.append(f"the turnout is {turnout['ballotCount']} of {len(voted)} voters")
        return wrong + self._result(voted)

    def _codes(self, poll):
        codes, token = set(), ""
        while True:
            page = self.city.ok("GET", f"{poll}/trackingCodes?pageToken={token}")
            codes.update(page.get("trackingCodes", []))
            token = page.get("nextPageToken", "")
            if not token:
                return codes

    def _result(self, voted):
        expected = collections.Counter(choice for voter in voted for choice in voter.choices)
        path = f"/v1/budgets/{self.vote.budget}/result"
        for _ in range(300):
            answer = self.city.call("GET", path, token=self.city.administrator())
            if answer.status == 200:
                break
            time.sleep(0.2)
        else:
            return [f"no result came within a minute: {answer}"]
        outcomes = answer.json["result"]["outcomes"]
        votes = {outcome["reference"]: int(outcome.get("votes", 0)) for outcome in outcomes}
        wrong = [
            f"{reference} has {votes.get(reference)} votes instead of {expected[reference]}"
            for reference in self.vote.projects if votes.get(reference) != expected[reference]
        ]
        return wrong + self._recount(answer.json["result"]["sealDigest"])

    def _recount(self, seal):
        if not self.here.program:
            return []
        export = self.city.ok("GET", f"/v1/budgets/{self.vote.budget}/result:export")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "export.pb"
            file.write_text(export["content"])
            command = [self.here.program, "tally", str(file), "--seal", seal]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode or "VERIFIED" not in done.stdout + done.stderr:
            return [f"comitia tally says {done.returncode}: {(done.stdout + done.stderr)[-300:]}"]
        return []
