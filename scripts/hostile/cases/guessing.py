"""Guesses of codes and keys, and attempts to lock others out."""

import base64
import secrets

from trial import add, case

SIGN_IN = "/v1/sessions:signInWithAccessCode"


def other_code(vote, number):
    """A code that is well made and somebody else's."""
    return next(code for other, code in vote.codes.items() if other != number)


@case("guess: fourteen letter codes of others from one address", "401, then 429; the owner gets in from elsewhere at once")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    codes, source = list(vote.codes.values())[-20:], trial.door.stranger()
    answers = [
        trial.attack("POST", SIGN_IN, {"memberNumber": number, "accessCode": guess}, source=source) for guess in codes[:14]
    ]
    for answer in answers:
        trial.expect(answer, (401, 429), ("CREDENTIALS_INVALID", "RATE_LIMITED"))
    trial.hold(answers[-1].status == 429, f"the fourteenth guess is {answers[-1]}")
    trial.hold(int(answers[-1].header("retry-after") or 0) > 0, "429 without Retry-After")
    body = {"memberNumber": number, "accessCode": code}
    trial.expect(trial.attack("POST", SIGN_IN, body), 200, what="the owner")


@case("guess: wrong codes from thirty addresses", "the owner gets in with the right code, however many guess")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    guess = other_code(vote, number)
    for _ in range(30):
        answer = trial.attack("POST", SIGN_IN, {"memberNumber": number, "accessCode": guess})
        trial.expect(answer, 401, "CREDENTIALS_INVALID")
    trial.expect(trial.attack("POST", SIGN_IN, {"memberNumber": number, "accessCode": code}), 200, what="the owner")


@case("guess: whether a number is in the roll", "the same answer for a number that exists and one that does not")
def _(trial):
    vote, number, _ = trial.attacker.somebody("open")
    guess = other_code(vote, number)
    answers = [trial.attack("POST", SIGN_IN, {"memberNumber": name, "accessCode": guess}) for name in (number, "nobody-at-all")]
    trial.expect(answers[0], 401, "CREDENTIALS_INVALID")
    trial.same(*answers, "known and unknown numbers")


@case("guess: codes that are copied wrong", "400 that names the field, and no attempt is counted")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    source = trial.door.stranger()
    for _ in range(15):
        wrong = ("B" if code[0] != "B" else "C") + code[1:]
        answer = trial.attack("POST", SIGN_IN, {"memberNumber": number, "accessCode": wrong}, source=source)
        trial.expect(answer, 400, "FIELD_INVALID", field="access_code")
    answer = trial.attack("POST", SIGN_IN, {"memberNumber": number, "accessCode": code}, source=source)
    trial.expect(answer, 200, what="the owner, who had mistyped it")


@case("guess: numbers and codes of odd shape", "400 or 401, and never a session")
def _(trial):
    vote, number, code = trial.attacker.somebody("open")
    for who, what in (("", code), (number, ""), (number, "%"), ("%", code), (number + "\u200b\u200b", code[:-1]), ("' OR '1'='1", code),
                      (number, "A" * 5_000), ("x" * 65, code), ("\u0000", code)):
        trial.expect(trial.attack("POST", SIGN_IN, {"memberNumber": who, "accessCode": what}), (400, 401), what=repr(who)[:20])


@case("guess: the operator's key, forty times", "401 or 429, and the right key works from elsewhere")
def _(trial):
    source, path = trial.door.stranger(), "/v1/sessions:signInOperator"
    right = trial.here.operator_key
    guesses = [right[:-1], right + "A", right.lower(), right[::-1], "", " " + right]
    guesses += [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(34)]
    for guess in guesses:
        answer = trial.attack("POST", path, {"operatorKey": guess, "asAdministrator": True}, source=source)
        trial.expect(answer, (400, 401, 429))
    trial.expect(trial.attack("POST", path, {"operatorKey": right, "asAdministrator": True}), 200, what="the operator")


@case("guess: one-time codes of an officer", "401, then 429; the officer's own code still works")
def _(trial):
    _, email = trial.city.hire("AUDITOR")
    trial.city.ok("POST", "/v1/sessions:requestEmailCode", {"email": email})
    code, path, source = trial.here.mailed_code(email), "/v1/sessions:signInWithEmailCode", trial.door.stranger()
    answers = []
    for _ in range(14):
        guess = f"{secrets.randbelow(10**12):012}"
        answers.append(trial.attack("POST", path, {"email": email, "code": guess}, source=source))
        trial.expect(answers[-1], (400, 401, 429))
    trial.hold(answers[-1].status == 429, f"the fourteenth guess is {answers[-1]}")
    trial.expect(trial.attack("POST", path, {"email": email, "code": code}), 200, what="the officer")
    trial.expect(trial.attack("POST", path, {"email": email, "code": code}), 401, what="the same code again")


@case("guess: thirty requests for another's code", "the code that was sent first stays good")
def _(trial):
    _, email = trial.city.hire("AUDITOR")
    request = "/v1/sessions:requestEmailCode"
    trial.city.ok("POST", request, {"email": email})
    code = trial.here.mailed_code(email)
    for number in range(30):
        trial.expect(trial.attack("POST", request, {"email": email}), (200, 429), what=f"request {number}")
    answer = trial.attack("POST", "/v1/sessions:signInWithEmailCode", {"email": email, "code": code})
    trial.expect(answer, 200, what="the officer with the first code")


@case("guess: whether an address is the staff's", "the same answer for known and unknown addresses")
def _(trial):
    _, email = trial.city.hire("AUDITOR")
    request = "/v1/sessions:requestEmailCode"
    known = trial.attack("POST", request, {"email": email})
    unknown = trial.attack("POST", request, {"email": "nobody@nowhere.example.org"})
    trial.expect(known, 200)
    trial.hold(known.body == unknown.body and known.status == unknown.status, f"{known} and {unknown}")


@case("guess: addresses that look like another", "no code is sent to what was typed instead of what is stored")
def _(trial):
    _, email = trial.city.hire("AUDITOR")
    typed = email.replace("example", "e\u0445ample")
    trial.expect(trial.attack("POST", "/v1/sessions:requestEmailCode", {"email": typed}), (200, 400))
    for text in (f"{email}\r\nBcc: thief@example.org", f"{email},thief@example.org", f"<{email}>", "a@b@c", "x" * 300 + "@example.org"):
        trial.expect(trial.attack("POST", "/v1/sessions:requestEmailCode", {"email": text}), 400, what=text[:20])
    if trial.here.mail and not trial.fake:
        words = [file.read_text(errors="replace") for file in trial.here.mail.glob("*.eml")]
        trial.hold(not any("thief@" in text or typed in text for text in words), "a mail went to another address")


@case("guess: forged X-Forwarded-For", "guesses count for the address that they come from")
def _(trial):
    vote, number, _ = trial.attacker.somebody("open")
    guess, source = other_code(vote, number), trial.door.stranger()
    answers = []
    for place in range(14):
        headers = [("X-Forwarded-For", f"203.0.113.{place}"), ("X-Real-IP", f"203.0.113.{place}"),
                   ("Forwarded", f"for=203.0.113.{place}"), ("comitia-client-address", f"203.0.113.{place}")]
        body = {"memberNumber": number, "accessCode": guess}
        answers.append(trial.attack("POST", SIGN_IN, body, headers=headers, source=source))
    trial.hold(answers[-1].status == 429, f"the fourteenth guess is {answers[-1]}")
    trial.expect(answers[-1], 429, "RATE_LIMITED")


def flood(path, body, count, status):
    def run(trial):
        source, seen = trial.door.stranger(), []
        with trial.connection(source) as connection:
            data = trial.bytes("POST", path, body)
            for _ in range(count // 50):
                connection.send(data * 50)
                seen += [connection.answer() for _ in range(50)]
                if seen[-1].status == 429 or trial.fake:
                    break
        trial.hold(seen[-1].status == 429, f"{len(seen)} requests and the last is {seen[-1]}")
        trial.expect(seen[-1], 429, "RATE_LIMITED")
        trial.hold(all(answer.status in (*status, 429) for answer in seen), f"{set(map(str, seen))}")
        again = trial.attack("POST", path, body)
        trial.expect(again, status, what="from another address")
        trial.seen.append(f"{sum(answer.status == 429 for answer in seen)} of {len(seen)} were refused")
    return run


add("limit: sign-ins of one address", "429 after some hundreds; another address is served",
    flood(SIGN_IN, {"memberNumber": "1", "accessCode": "x"}, 1_500, (400,)))
add("limit: writes of one address", "429 after some hundreds; another address is served",
    flood("/v1/rolls", {"title": "x"}, 2_000, (401,)))
