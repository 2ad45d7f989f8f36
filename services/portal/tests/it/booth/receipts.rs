//! Looking a ballot up by its tracking code.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::{
    BallotType, ListPollsRequest, ListPollsResponse, LookUpTrackingCodeRequest, LookUpTrackingCodeResponse,
    Poll, PollState, TrackedState,
};

use super::{CODE, POLL, poll, serve};
use crate::site::{Page, Site};

async fn look_up(
    answer: impl Fn() -> Result<LookUpTrackingCodeResponse, ApiError> + Send + Sync + 'static,
) -> (Site, Page) {
    let site = Site::open().await;
    serve(&site, poll(BallotType::Approval));
    site.double.on(move |_: &LookUpTrackingCodeRequest| answer().map_err(tonic::Status::from));
    let page = site.get(&format!("/fr/receipts/{POLL}?code=7kxm2rtb+0000")).await;
    (site, page)
}

fn found(state: TrackedState) -> LookUpTrackingCodeResponse {
    LookUpTrackingCodeResponse { state: state.into(), revision: 1, latest_revision: 3 }
}

#[tokio::test]
async fn a_ballot_counts_was_replaced_or_is_unknown() {
    let (site, page) = look_up(|| Ok(found(TrackedState::Counted))).await;
    page.is(200).shows(&[
        "Ce bulletin est compté",
        "sauf si l’électeur le remplace",
        "value=\"7kxm2rtb 0000\"",
    ]);
    assert_eq!(site.double.calls::<LookUpTrackingCodeRequest>()[0].0.tracking_code, "7kxm2rtb 0000");
    let (_, page) = look_up(|| Ok(found(TrackedState::Replaced))).await;
    page.is(200).shows(&["Ce bulletin a été remplacé", "le numéro 1 sur 3"]);
    let (_, page) = look_up(|| Err(ApiError::new(ErrorCode::NotFound, Reason::BallotNotFound, "no"))).await;
    page.is(404).shows(&["Aucun bulletin ne porte ce code"]);
    let (_, page) = look_up(|| Err(ApiError::invalid_field("tracking_code", "no"))).await;
    page.is(422).shows(&["Ce n’est pas un code de suivi", "href=\"#code\"", "Erreur :"]);
    let (_, page) = look_up(|| Err(ApiError::not_found("poll"))).await;
    page.is(404).hides(&["Aucun bulletin"]);
}

#[tokio::test]
async fn nothing_is_asked_without_a_code_or_with_one_that_is_too_long() {
    let site = Site::open().await;
    serve(&site, poll(BallotType::Approval));
    site.get(&format!("/en/receipts/{POLL}")).await.is(200).shows(&["Tracking code", "Budget du centre"]);
    site.get(&format!("/en/receipts/{POLL}?code={}", "A".repeat(200))).await.is(422);
    site.get("/en/receipts/7").await.is(404);
    assert!(site.double.calls::<LookUpTrackingCodeRequest>().is_empty());
}

#[tokio::test]
async fn a_sealed_vote_says_that_its_codes_are_public() {
    let site = Site::open().await;
    let sealed = Poll {
        state: PollState::Sealed.into(),
        tracking_codes_digest: "ab12".into(),
        tracking_codes_count: 1234,
        ..poll(BallotType::Approval)
    };
    serve(&site, sealed);
    site.double.give::<LookUpTrackingCodeRequest, _>(found(TrackedState::Counted));
    let page = site.get(&format!("/fr/receipts/{POLL}?code={CODE}")).await;
    page.is(200).shows(&["fait partie du résultat", "1 234 codes", "ab12"]);
}

#[tokio::test]
async fn the_vote_is_chosen_first() {
    let site = Site::open().await;
    site.double.give::<ListPollsRequest, _>(ListPollsResponse::default());
    site.get("/fr/receipts").await.is(200).shows(&["Il n’y a pas encore de reçus"]);
    let polls = vec![poll(BallotType::Approval)];
    site.double.give::<ListPollsRequest, _>(ListPollsResponse { polls, next_page_token: String::new() });
    site.get("/fr/receipts").await.is(200).shows(&["<select", "Budget du centre"]);
    let page = site.get(&format!("/fr/receipts?poll={POLL}&code=a%26b")).await;
    page.is(303);
    assert_eq!(page.header("location"), format!("/fr/receipts/{POLL}?code=a%26b"));
    site.get("/fr/receipts?poll=nothing&code=x").await.is(200);
}
