//! The device at the desk: a code instead of a session, a first ballot, and nothing left behind.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{IssuePermitRequest, RedeemDeskCodeRequest, RedeemDeskCodeResponse};
use comitia_proto::voting::v1::{BallotType, CastBallotRequest, CastBallotResponse, Poll};
use serde_json::json;

use super::{CODE, POLL, filled, path, poll, send, serve};
use crate::site::{Page, Site};

const DESK_CODE: &str = "4F7K-9QXR-2MTB-8VWC";

fn permit() -> String {
    let claims = json!({"iss": "comitia", "poll": POLL, "nul": "n", "dis": "", "desk": true, "exp": 1});
    format!("head.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

async fn device(poll: Poll) -> Site {
    let site = Site::open().await;
    serve(&site, poll);
    site.double.on(|request: &RedeemDeskCodeRequest| match request.desk_code.as_str() {
        DESK_CODE => Ok(RedeemDeskCodeResponse {
            poll_id: POLL.into(),
            permit: permit(),
            expire_time: None,
            district: "c1".into(),
        }),
        "typo" => Err(ApiError::invalid_field("desk_code", "must be").into()),
        "closed" => Err(ApiError::precondition(Reason::PollClosed, "closed").into()),
        "often" => {
            let wait = std::time::Duration::from_secs(60);
            Err(ApiError::exhausted(Reason::RateLimited, "often", wait).into())
        }
        _ => Err(ApiError::new(ErrorCode::Unauthenticated, Reason::CredentialsInvalid, "no").into()),
    });
    site
}

async fn ballot(site: &Site) -> Page {
    site.post("/fr/desk", &[("code", DESK_CODE)]).await
}

#[tokio::test]
async fn a_code_becomes_a_ballot_and_the_receipt_says_to_hand_the_device_back() {
    let site = device(poll(BallotType::Approval)).await;
    site.get("/fr/desk").await.is(200).shows(&["Voter au guichet", "Code du guichet", "js-letter"]);
    let page = ballot(&site).await;
    page.is(200)
        .shows(&["Vous votez au guichet", "Centre", "Avec le code de votre lettre", "href=\"/fr/desk\""])
        .hides(&["vous pouvez modifier votre bulletin", DESK_CODE]);
    assert_eq!(page.header("refresh"), "900; url=/fr/desk");
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(site.double.calls::<IssuePermitRequest>().is_empty(), "there is no session");
    let fields = filled(&page, &[("choice", "p/2"), ("do", "check")]);
    let check = site.post(&path("check"), &fields).await;
    check.is(200).shows(&["Ce bulletin ne peut pas être modifié au guichet"]);
    assert_eq!(check.header("refresh"), "900; url=/fr/desk");
    let receipt = send(&site, &filled(&check, &[])).await;
    receipt.is(200).shows(&[CODE, "Rendez l’appareil", "Terminer", "href=\"/fr/desk\""]).hides(&[
        "Les autres votes",
        "Modifier mon bulletin",
        "déconnectez-vous",
    ]);
    assert_eq!(receipt.header("refresh"), "120; url=/fr/desk");
    let (cast, _) = site.double.calls::<CastBallotRequest>().pop().unwrap();
    assert_eq!(cast.permit, permit());
}

#[tokio::test]
async fn a_vote_of_one_cast_is_final_at_the_desk_too() {
    let site = device(Poll { recast_allowed: false, ..poll(BallotType::Approval) }).await;
    ballot(&site).await.shows(&["ne peut plus être modifié"]).hides(&["Avec le code de votre lettre"]);
}

#[tokio::test]
async fn the_script_gets_the_receipt_of_the_desk() {
    let site = device(poll(BallotType::Approval)).await;
    let page = ballot(&site).await;
    let check = site.post(&path("check"), &filled(&page, &[("do", "check")])).await;
    let cast = site.post(&path("cast"), &filled(&check, &[("answer", "json")])).await;
    cast.is(200).shows(&["/receipt?code=", "&at=desk"]);
}

#[tokio::test]
async fn a_code_that_is_not_good_says_why() {
    let site = device(poll(BallotType::Approval)).await;
    for (code, status, text) in [
        ("", 422, "Tapez le code du guichet."),
        ("typo", 422, "une lettre ou un chiffre est faux"),
        ("9999-9999-9999-9999", 422, "il a déjà servi"),
        ("closed", 409, "Ce vote n’est pas ouvert"),
        ("often", 429, "1 minute"),
    ] {
        let page = site.post("/fr/desk", &[("code", code)]).await;
        page.is(status).shows(&[text]).hides(&["9999-9999"]);
    }
}

#[tokio::test]
async fn who_has_voted_and_whose_time_is_over_read_what_to_do() {
    let refused = async |recast_allowed: bool, reason: Reason| {
        let site = device(Poll { recast_allowed, ..poll(BallotType::Approval) }).await;
        site.double.on(move |_: &CastBallotRequest| {
            Err::<CastBallotResponse, _>(ApiError::precondition(reason, "no").into())
        });
        let page = ballot(&site).await;
        let check = site.post(&path("check"), &filled(&page, &[("do", "check")])).await;
        send(&site, &filled(&check, &[])).await
    };
    let page = refused(true, Reason::BallotAlreadyCast).await;
    page.is(409).shows(&["le guichet n’en remplace aucun", "Terminer"]);
    assert_eq!(page.header("refresh"), "120; url=/fr/desk");
    refused(true, Reason::PermitExpired).await.is(409).shows(&["Le temps est écoulé", "Terminer"]);
    let page = refused(false, Reason::BallotAlreadyCast).await;
    page.is(409).shows(&["Terminer"]).hides(&["le guichet n’en remplace"]);
}
