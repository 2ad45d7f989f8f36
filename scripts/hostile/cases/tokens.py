"""Sessions: forged, altered, expired, foreign, revoked, and used for what they are not."""

import time

import forge
from trial import Skipped, add, case

ROLLS = "/v1/rolls"
KEY = forge.Key(b"the forger's own key, 32 bytes..")


def key_claims(kid):
    return {"alg": "EdDSA", "kid": kid, "typ": "session+jwt"}


def hmac_with_public_key(trial, token):
    import hashlib
    import hmac
    keys = trial.city.ok("GET", "/.well-known/jwks.json")["keys"]
    header, claims = forge.read(token)
    words = forge.join({**header, "alg": "HS256"}, claims, b"").rsplit(".", 1)[0]
    return words + "." + forge.text(hmac.new(keys[0]["x"].encode(), words.encode(), hashlib.sha256).digest())


def administrator_of(claims):
    return {**claims, "roles": ["ADMINISTRATOR", "OPERATOR", "SERVICE"]}


def permit_of(trial):
    return trial.kept("some permit", lambda: trial.voter()[2])


FORGED = {
    "nothing": lambda t, token: "",
    "words": lambda t, token: "let me in",
    "three dots": lambda t, token: "...",
    "100 KB of dots": lambda t, token: "." * 4_000,
    "no signature": lambda t, token: forge.with_signature(token, ""),
    "zeros for a signature": lambda t, token: forge.with_signature(token, forge.text(bytes(64))),
    "half a signature": lambda t, token: token[:-20],
    "one bit of the signature changed": lambda t, token: forge.with_signature(
        token, forge.text(bytes([forge.data(token.split(".")[2])[0] ^ 1]) + forge.data(token.split(".")[2])[1:])),
    "the order of the group added to the signature": lambda t, token: forge.malleable(token),
    "unused bits of the last letter set": lambda t, token: token[:-1] + chr(ord(token[-1]) + 1),
    "padding behind the signature": lambda t, token: token + "==",
    "a fourth part": lambda t, token: token + ".AAAA",
    "algorithm none": lambda t, token: forge.altered(token, {"alg": "none"}).rsplit(".", 1)[0] + ".",
    "algorithm None": lambda t, token: forge.altered(token, {"alg": "None"}),
    "HMAC with the public key": hmac_with_public_key,
    "another key": lambda t, token: forge.signed(token, KEY),
    "a key of its own in the header": lambda t, token: forge.signed(
        token, KEY, {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": forge.text(KEY.public)}}),
    "a key to be fetched": lambda t, token: forge.signed(token, KEY, {"jku": f"http://127.0.0.1:{t.door.port}/x.json", "kid": "x"}),
    "an unknown key id": lambda t, token: forge.signed(token, KEY, {"kid": "unknown"}),
    "a key id that climbs": lambda t, token: forge.signed(token, KEY, {"kid": "../../../dev/null"}),
    "a key id with a statement": lambda t, token: forge.signed(token, KEY, {"kid": "' OR 1=1 --"}),
    "a critical header that nobody knows": lambda t, token: forge.altered(token, {"crit": ["b64"], "b64": False}),
    "more roles": lambda t, token: forge.altered(token, claims=administrator_of(forge.read(token)[1])),
    "a later end": lambda t, token: forge.altered(token, claims={"exp": 4_000_000_000}),
    "no end": lambda t, token: forge.signed(token, KEY, claims={"exp": None}),
    "another organization": lambda t, token: forge.altered(
        token, claims={"org": t.victim.city.ok("GET", "/v1/organization")["organization"]["organizationId"]}),
    "a permit": lambda t, token: permit_of(t),
}


def forged(make):
    def run(trial):
        token = trial.city.administrator()
        if not trial.fake:
            answer = trial.attack("GET", ROLLS, token=token)
            trial.expect(answer, 200, what="the real token")
        answer = trial.attack("GET", ROLLS, token=make(trial, token))
        trial.expect(answer, 401, ("SESSION_INVALID", "SESSION_EXPIRED"))
    return run


for name, make in FORGED.items():
    add(f"token: {name}", "401, while the token that it was made of is good", forged(make))


@case("token: in other schemes and places", "401: a token counts as Bearer in the one header alone")
def _(trial):
    token = trial.city.administrator()
    for value in (f"Basic {token}", f"Token {token}", token, f"Bearer: {token}", f"Bearer {token} x", f"Bearer {token},x"):
        trial.expect(trial.attack("GET", ROLLS, headers=[("Authorization", value)]), 401, what=value.split()[0])
    for path in (f"{ROLLS}?access_token={token}", f"{ROLLS}?authorization=Bearer+{token}"):
        trial.expect(trial.attack("GET", path), (400, 401), what="in the query")
    trial.expect(trial.attack("GET", ROLLS, headers=[("Cookie", f"session={token}; authorization={token}")]), 401)


@case("token: refresh token for a session", "401")
def _(trial):
    _, number, code = trial.attacker.somebody("open")
    session = trial.city.session(number, code)
    trial.expect(trial.attack("GET", "/v1/me:export", token=session["refreshToken"]), 401, "SESSION_INVALID")


@case("token: one that has expired", "401 SESSION_EXPIRED")
def _(trial):
    for token in trial.city.old_tokens:
        # Some leeway is given to clocks.
        if forge.read(token)[1]["exp"] < time.time() - 60:
            trial.expect(trial.attack("GET", ROLLS, token=token), 401, ("SESSION_EXPIRED", "SESSION_INVALID"))
            return
    raise Skipped("no token is old enough yet")


@case("token: of another organization", "403 ORGANIZATION_MISMATCH, both ways")
def _(trial):
    mine, theirs = trial.city.administrator(), trial.victim.city.administrator()
    for host, token in ((trial.victim.city.host, mine), (trial.host, theirs)):
        for path in (ROLLS, "/v1/staff", "/v1/accessCodeReplacements"):
            trial.expect(trial.attack("GET", path, token=token, host=host), 403, "ORGANIZATION_MISMATCH")


@case("token: forged refresh tokens", "401, and the session that they were made of goes on")
def _(trial):
    _, number, code = trial.attacker.somebody("open")
    session = trial.city.session(number, code)
    real = session["refreshToken"]
    for token in ("", "x", real[:-4] + "AAAA", real[::-1], real + "A", real.swapcase(), session["accessToken"]):
        answer = trial.attack("POST", "/v1/sessions:refresh", {"refreshToken": token})
        trial.expect(answer, (400, 401))
    trial.city.ok("GET", "/v1/me:export", token=session["accessToken"])


@case("token: a refresh token used twice", "401 the second time, and the stolen session ends within a second")
def _(trial):
    _, number, code = trial.attacker.somebody("open")
    session = trial.city.session(number, code)
    body = {"refreshToken": session["refreshToken"]}
    newer = trial.city.ok("POST", "/v1/sessions:refresh", body)["session"]
    trial.expect(trial.attack("POST", "/v1/sessions:refresh", body), 401)
    gone(trial, newer["accessToken"], "GET", "/v1/me:export")


def gone(trial, token, method, path, body=None, within=3.0):
    """A session that ended is refused within a second; a busy machine gets three."""
    end = time.monotonic() + within
    while True:
        answer = trial.attack(method, path, body, token)
        if answer.status == 401 or time.monotonic() > end or trial.fake:
            break
        time.sleep(0.1)
    trial.expect(answer, 401, ("SESSION_REVOKED", "SESSION_INVALID"), f"{method} {path[:40]}")


NOTHING = "0192a000-0000-7000-8000-000000000000"
EVERYWHERE = (
    ("POST", f"/v1/polls/{NOTHING}:close", {"reason": "mine"}),
    ("POST", f"/v1/processes/{NOTHING}:publish", {}),
    ("POST", f"/v1/proposals/{NOTHING}:answer", {"state": "PROPOSAL_STATE_EXAMINED", "answer": "Thanks."}),
    ("POST", f"/v1/budgets/{NOTHING}:scheduleVote",
     {"rollId": NOTHING, "openTime": "2030-01-01T00:00:00Z", "closeTime": "2030-02-01T00:00:00Z"}),
    ("GET", "/v1/rolls", None),
)


@case("token: of an administrator who was removed", "401 in every service within a second (a busy machine: three)")
def _(trial):
    trial.city.staff("ADMINISTRATOR")  # One has to stay.
    staff, email = trial.city.hire("ADMINISTRATOR")
    token = trial.city.by_mail(email)["accessToken"]
    if not trial.fake:
        trial.expect(trial.attack("GET", ROLLS, token=token), 200, what="before")
    trial.city.ok("DELETE", f"/v1/staff/{staff}", token=trial.city.administrator())
    for method, path, body in EVERYWHERE:
        gone(trial, token, method, path, body)


@case("token: of an administrator who became an auditor", "401 in every service, and the new session cannot write")
def _(trial):
    trial.city.staff("ADMINISTRATOR")  # One has to stay.
    staff, email = trial.city.hire("ADMINISTRATOR")
    token = trial.city.by_mail(email)["accessToken"]
    body = {"roles": ["ROLE_AUDITOR"]}
    trial.city.ok("PATCH", f"/v1/staff/{staff}", body, trial.city.administrator())
    for method, path, body in EVERYWHERE:
        gone(trial, token, method, path, body)


@case("token: of somebody who signed out", "401 within a second (a busy machine: three)")
def _(trial):
    _, number, code = trial.attacker.somebody("open")
    token = trial.city.session(number, code)["accessToken"]
    trial.city.ok("POST", "/v1/sessions:revoke", {}, token)
    gone(trial, token, "GET", "/v1/me:export")


@case("token: of a member who was erased", "401 within a second (a busy machine: three)")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    token = trial.city.session(number, code)["accessToken"]
    trial.city.ok("DELETE", f"/v1/rolls/{vote.roll}/members/{number}", token=trial.city.administrator())
    gone(trial, token, "POST", f"/v1/polls/{vote.poll}/permits", {})
