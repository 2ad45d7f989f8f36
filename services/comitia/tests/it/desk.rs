//! The desk: two administrators let somebody vote who has no device, through the gateway.

use comitia_cli::api::text;
use serde_json::json;

use crate::city::{Installation, assert_problem, problem};
use crate::officers::staff;

#[tokio::test(flavor = "multi_thread")]
async fn journey_two_administrators_let_somebody_vote_at_the_desk() {
    let here = Installation::start(3, &[]).await;
    let poll = here.city.poll.clone();
    let ada = staff(&here, "ada@example.org", "ROLE_ADMINISTRATOR").await;
    let ben = staff(&here, "ben@example.org", "ROLE_ADMINISTRATOR").await;
    // The poll is known to identity by now: a permit is issued.
    let at_home = here.permit(2, &poll).await;
    here.cast(&poll, &at_home, &["1"]).await.unwrap();

    let visits = format!("/v1/polls/{poll}/deskVisits");
    let code = async |number: &str| {
        let visit = json!({"memberNumber": number, "document": "IDENTITY_DOCUMENT_PASSPORT"});
        let visit = here.api.post(&visits, Some(&ada), &visit).await.unwrap();
        let confirm = format!("/v1/deskVisits/{}:confirm", text(&visit, "/visit/visitId").unwrap());
        let alone = problem(here.api.post(&confirm, Some(&ada), &json!({})).await);
        assert_problem(&alone, 403, "SECOND_PERSON_REQUIRED", "");
        let answer = here.api.post(&confirm, Some(&ben), &json!({})).await.unwrap();
        let body = json!({"deskCode": text(&answer, "/deskCode").unwrap()});
        let answer = here.api.post("/v1/deskCodes:redeem", None, &body).await.unwrap();
        let spent = problem(here.api.post("/v1/deskCodes:redeem", None, &body).await);
        assert_problem(&spent, 401, "CREDENTIALS_INVALID", "");
        assert_eq!(text(&answer, "/pollId").unwrap(), poll);
        text(&answer, "/permit").unwrap()
    };

    // Who has voted keeps their ballot, and the officers' device gets nothing.
    let permit = code("000002").await;
    let refused = here.ballot_refused(&poll, &permit, &["2"]).await;
    assert_problem(&refused, 409, "BALLOT_ALREADY_CAST", "");
    assert_eq!(here.turnout(&poll).await["ballotCount"], "1");

    // Who has not votes.
    let permit = code("000001").await;
    here.cast(&poll, &permit, &["2"]).await.unwrap();
    assert_eq!(here.turnout(&poll).await["ballotCount"], "2");
    let counted = here.api.get(&format!("{visits}:count"), None).await.unwrap();
    assert_eq!(
        (counted["visitCount"].as_str(), counted["days"][0]["visitCount"].as_str()),
        (Some("2"), Some("2"))
    );
    let stranger = problem(here.api.get("/v1/deskVisits", None).await);
    assert_problem(&stranger, 401, "SESSION_INVALID", "");
}
