//! A participant's way through the gateway: register, choose a name, propose, become a verified resident, erase.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use comitia_cli::api::text;
use comitia_core::Clock;
use comitia_testkit::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::city::{Installation, assert_problem, problem};

const PATIENCE: Duration = Duration::from_secs(20);
const ADA: &str = "ada@example.org";

/// The code in the newest mail to an address, which is taken out of the folder.
async fn mailed_code(mail: &Path, address: &str) -> String {
    wait_for("the code", PATIENCE, async || {
        for entry in std::fs::read_dir(mail).ok()? {
            let path = entry.ok()?.path();
            let text = std::fs::read_to_string(&path).ok()?;
            if !text.contains(address) || !text.ends_with('\n') {
                continue;
            }
            let (_, body) = text.split_once("\r\n\r\n")?;
            let code = body.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 12)?.to_owned();
            std::fs::remove_file(path).ok()?;
            return Some(code);
        }
        None
    })
    .await
}

async fn register(here: &Installation, email: &str) -> String {
    let ask = json!({"email": email, "register": true});
    here.api.post("/v1/sessions:requestEmailCode", None, &ask).await.unwrap();
    let code = mailed_code(&here.embedded.mail, email).await;
    let body = json!({"email": email, "code": code, "requestId": comitia_core::id::random().to_string(),
        "device": {"kind": "DEVICE_KIND_PHONE", "browser": "DEVICE_BROWSER_FIREFOX"}});
    let answer = here.api.post("/v1/account:register", None, &body).await.unwrap();
    assert_eq!(answer["session"]["registrationPending"], true);
    // The answer may have been lost: the same request again makes no second account.
    let again = here.api.post("/v1/account:register", None, &body).await.unwrap();
    let (one, two) = (text(&answer, "/session/accessToken").unwrap(), text(&again, "/session/accessToken"));
    assert_ne!(one, two.unwrap(), "another session of the same account");
    let sessions = here.api.get("/v1/account/sessions", Some(&one)).await.unwrap();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 2);
    one
}

async fn complete(here: &Installation, token: &str, name: &str) -> Value {
    let body = json!({"displayName": name, "acceptedTermsVersion": 1, "fifteenOrOlder": true});
    here.api.post("/v1/account:complete", Some(token), &body).await.unwrap()
}

/// Lets people register, and waits until identity knows.
async fn let_people_register(here: &Installation) {
    let change = json!({"organization": {"registrationOpen": true}});
    here.api.patch("/v1/organization", Some(&here.city.token), &change).await.unwrap();
    wait_until("registration is open", PATIENCE, async || {
        let ask = json!({"email": "probe@example.org", "register": true});
        here.api.post("/v1/sessions:requestEmailCode", None, &ask).await.is_ok()
    })
    .await;
}

async fn submission(here: &Installation) -> String {
    let time = |hours: i64| (Clock::system().now() + TimeDelta::hours(hours)).to_rfc3339();
    let process = json!({"title": "Ideas", "phases": [{"title": "Submit", "kind": "PHASE_KIND_SUBMISSION",
        "startTime": time(-1), "endTime": time(24)}]});
    let process = text(&here.post("/v1/processes", process).await.unwrap(), "/process/processId").unwrap();
    here.post(&format!("/v1/processes/{process}:publish"), json!({})).await.unwrap();
    process
}

async fn proposal(here: &Installation, path: &str) -> Value {
    // With a session, so that no shared answer of a second ago is given.
    here.api.get(path, Some(&here.city.token)).await.unwrap()["proposal"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_somebody_registers_proposes_and_is_forgotten() {
    let here = Installation::start(3, &[]).await;
    let closed = json!({"email": ADA, "register": true});
    let closed = problem(here.api.post("/v1/sessions:requestEmailCode", None, &closed).await);
    assert_problem(&closed, 409, "REGISTRATION_CLOSED", "");
    let_people_register(&here).await;
    let process = submission(&here).await;
    let token = register(&here, ADA).await;

    let path = format!("/v1/processes/{process}/proposals");
    let body = json!({"title": "More trees", "body": "Plant lime trees along the street.",
        "requestId": comitia_core::id::random().to_string()});
    let early = problem(here.api.post(&path, Some(&token), &body).await);
    assert_problem(&early, 409, "REGISTRATION_INCOMPLETE", "");
    assert_eq!(complete(&here, &token, "Ada Lovelace").await["account"]["complete"], true);
    let sent = here.api.post(&path, Some(&token), &body).await.unwrap();
    assert_eq!(sent["proposal"]["authorName"], "Ada Lovelace");
    let id = text(&sent, "/proposal/proposalId").unwrap();
    let proposal_path = format!("/v1/proposals/{id}");

    // Another name is shown with what was written before.
    let change = json!({"account": {"displayName": "Countess Ada"}});
    here.api.patch("/v1/account", Some(&token), &change).await.unwrap();
    wait_until("the new name", PATIENCE, async || {
        proposal(&here, &proposal_path).await["authorName"] == "Countess Ada"
    })
    .await;

    // A resident by letter votes with the account.
    let member = "000001";
    let letter = json!({"memberNumber": member, "accessCode": here.city.codes[member]});
    let permits = format!("/v1/polls/{}/permits", here.city.poll);
    let before = problem(here.api.post(&permits, Some(&token), &json!({})).await);
    assert_problem(&before, 403, "NOT_ELIGIBLE", "eligibility.roll_id");
    let verified = here.api.post("/v1/account:verifyResident", Some(&token), &letter).await.unwrap();
    assert_eq!(verified["outcome"], "VERIFICATION_OUTCOME_VERIFIED");
    let permit = here.api.post(&permits, Some(&token), &json!({})).await.unwrap();
    here.cast(&here.city.poll, permit["permit"].as_str().unwrap(), &["1"]).await.unwrap();
    let by_letter = here.permit(1, &here.city.poll).await;
    let twice = here.ballot_refused(&here.city.poll, &by_letter, &["2"]).await;
    assert_problem(&twice, 409, "BALLOT_ALREADY_CAST", "");

    // Somebody else claims the same resident: the team decides.
    let other = register(&here, "eve@example.org").await;
    complete(&here, &other, "Eve").await;
    let claimed = here.api.post("/v1/account:verifyResident", Some(&other), &letter).await.unwrap();
    assert_eq!(claimed["outcome"], "VERIFICATION_OUTCOME_CASE_OPENED");
    let cases = here.api.get("/v1/residentCases", Some(&here.city.token)).await.unwrap();
    assert_eq!(cases["cases"][0]["claimant"]["displayName"], "Eve");
    let case = text(&cases, "/cases/0/caseId").unwrap();
    let decide = json!({"decision": "CASE_DECISION_KEEP"});
    here.post(&format!("/v1/residentCases/{case}:resolve"), decide).await.unwrap();

    let data = here.api.get("/v1/me:export", Some(&token)).await.unwrap();
    assert_eq!(data["personalData"]["account"]["displayName"], "Countess Ada");
    here.api.post("/v1/me:erase", Some(&token), &json!({})).await.unwrap();
    wait_until("the name is forgotten", PATIENCE, async || {
        let shown = proposal(&here, &proposal_path).await;
        let empty = |name: &str| shown[name].as_str().unwrap_or_default().is_empty();
        empty("authorName") && empty("author")
    })
    .await;
    assert_eq!(proposal(&here, &proposal_path).await["title"], "More trees", "what was written stays");
    wait_until("the session is over", PATIENCE, async || {
        here.api.get("/v1/account", Some(&token)).await.is_err()
    })
    .await;
    // The letter stays good, and the vote that was cast counts.
    here.sign_in(1).await;
    assert_eq!(here.turnout(&here.city.poll).await["ballotCount"], "1");
}
