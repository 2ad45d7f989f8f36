//! The cast of a ballot, and its receipt.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::{
    BallotType, CastBallotRequest, CastBallotResponse, GetPollRequest, GetPollResponse,
    LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, Receipt, TrackedState,
};

use super::{CODE, PERMIT, POLL, ballots, cast, check, counted, filled, path, poll, send, site};

fn choices(list: &[(&str, u32)]) -> Vec<Vec<(String, u32)>> {
    vec![list.iter().map(|(id, points)| ((*id).to_owned(), *points)).collect()]
}

#[tokio::test]
async fn every_kind_of_ballot_is_cast_as_it_was_filled_in() {
    let points: &[(&str, &str)] = &[("points.p/0", "3"), ("points.p/6", "4"), ("points.p/7", "0")];
    let boxes: &[(&str, &str)] = &[("choice", "p/2"), ("choice", "p/1")];
    for (kind, entered, expected) in [
        (BallotType::Approval, boxes, choices(&[("p/1", 0), ("p/2", 0)])),
        (BallotType::Knapsack, boxes, choices(&[("p/1", 0), ("p/2", 0)])),
        (BallotType::ChooseOne, &[("choice", "p/5")], choices(&[("p/5", 0)])),
        (BallotType::Cumulative, points, choices(&[("p/0", 3), ("p/6", 4)])),
        (BallotType::Score, points, choices(&[("p/0", 3), ("p/6", 4), ("p/7", 0)])),
        (
            BallotType::Ranking,
            &[("rank.p/2", "3"), ("rank.p/5", "1"), ("rank.p/6", "20")],
            choices(&[("p/5", 0), ("p/2", 0), ("p/6", 0)]),
        ),
    ] {
        let site = site(poll(kind)).await;
        let receipt = cast(&site, entered).await;
        receipt.is(200).shows(&["Votre bulletin est dans l’urne", CODE]);
        assert_eq!(ballots(&site), expected, "{kind:?}");
        let (request, _) = site.double.calls::<CastBallotRequest>().pop().unwrap();
        assert_eq!((request.poll_id.as_str(), request.permit.as_str()), (POLL, PERMIT));
        assert_eq!(request.cast_secret.len(), 32);
    }
}

#[tokio::test]
async fn the_receipt_says_where_it_is_looked_up_and_how_it_is_changed() {
    let site = site(poll(BallotType::Approval)).await;
    let receipt = cast(&site, &[("choice", "p/2")]).await;
    receipt
        .is(200)
        .shows(&[
            &format!("http://ville.example/fr/receipts/{POLL}?code={CODE}"),
            "<svg",
            "Conservez ce reçu",
        ])
        .shows(&["Vous pouvez déposer un autre bulletin jusqu’au 11 juin 2026 à 12:00", "/fr/votes"])
        .hides(&["p/2", "Projet 2", PERMIT, "Il remplace"]);
    assert_eq!(receipt.header("cache-control"), "private, no-store");
    assert_eq!(receipt.header("set-cookie"), "");

    let mut of_one_cast = poll(BallotType::Approval);
    of_one_cast.recast_allowed = false;
    let site = self::site(of_one_cast).await;
    let check = check(&site, &[("choice", "p/2")]).await;
    check.shows(&["Une fois déposé, votre bulletin ne peut plus être modifié."]);
    send(&site, &filled(&check, &[])).await.is(200).shows(&["Ce bulletin est définitif."]);
}

#[tokio::test]
async fn a_later_ballot_says_that_it_replaces() {
    let site = site(poll(BallotType::Approval)).await;
    site.double.on(|cast: &CastBallotRequest| {
        let receipt = Receipt { poll_id: cast.poll_id.clone(), tracking_code: CODE.into(), revision: 2 };
        Ok(CastBallotResponse { receipt: Some(receipt) })
    });
    site.double.give::<LookUpTrackingCodeRequest, _>(counted(2));
    cast(&site, &[]).await.is(200).shows(&["votre bulletin numéro 2", "Il remplace les précédents."]);
}

#[tokio::test]
async fn the_script_gets_an_address_that_shows_the_same_receipt() {
    let site = site(poll(BallotType::Approval)).await;
    let check = check(&site, &[("choice", "p/2")]).await;
    let answer = site.post(&path("cast"), &filled(&check, &[("answer", "json")])).await;
    answer.is(200);
    let json: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let address = json["receipt"].as_str().unwrap();
    assert_eq!(address, format!("/fr/votes/{POLL}/receipt?code={CODE}"));

    let found = |state: TrackedState, revision| LookUpTrackingCodeResponse {
        state: state.into(),
        revision,
        latest_revision: 2,
    };
    site.double.give::<LookUpTrackingCodeRequest, _>(found(TrackedState::Counted, 2));
    site.get(address).await.is(200).shows(&[
        "Votre bulletin est dans l’urne",
        CODE,
        "votre bulletin numéro 2",
    ]);
    // One that no longer counts is no receipt to show again.
    site.double.give::<LookUpTrackingCodeRequest, _>(found(TrackedState::Replaced, 1));
    let page = site.get(address).await;
    page.is(303);
    assert_eq!(page.header("location"), format!("/fr/receipts/{POLL}?code={CODE}"));
}

#[tokio::test]
async fn an_answer_that_did_not_arrive_is_asked_for_again() {
    let site = site(poll(BallotType::Approval)).await;
    let tries = AtomicUsize::new(0);
    site.double.on(move |cast: &CastBallotRequest| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Err(ApiError::exhausted(Reason::Overloaded, "busy", Duration::from_millis(1500)).into()),
        1 => Err(ApiError::unavailable("away").into()),
        2 => Err(ApiError::new(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded, "late").into()),
        3 => Err(tonic::Status::internal("a defect")),
        _ => {
            let receipt = Receipt { poll_id: cast.poll_id.clone(), tracking_code: CODE.into(), revision: 1 };
            Ok(CastBallotResponse { receipt: Some(receipt) })
        }
    });
    let mut page = cast(&site, &[("choice", "p/2"), ("choice", "p/4")]).await;
    page.is(429);
    assert_eq!(page.header("retry-after"), "2");
    for status in [429, 503, 504, 500] {
        page.is(status).shows(&[
            "Votre réponse n’est pas arrivée",
            "elle compte une fois",
            "Envoyer à nouveau",
        ]);
        page = send(&site, &filled(&page, &[])).await;
    }
    page.is(200).shows(&[CODE]);
    // The same cast, every time.
    let casts = site.double.calls::<CastBallotRequest>();
    assert_eq!(casts.len(), 5);
    assert!(casts.iter().all(|(cast, _)| *cast == casts[0].0), "{casts:?}");
}

#[tokio::test]
async fn a_ballot_is_kept_while_voting_is_away() {
    let site = site(poll(BallotType::Approval)).await;
    let ballot = site.get(&path("")).await;
    let fields: Vec<(String, String)> = filled(&ballot, &[("choice", "p/2")])
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

    // Another replica, which does not know the poll yet.
    let other = crate::site::Site::open().await;
    other.double.on(|_: &GetPollRequest| Err::<GetPollResponse, _>(ApiError::unavailable("away").into()));
    let page = other.post(&path("check"), &fields).await;
    page.is(503).shows(&["Votre bulletin n’a pas pu être vérifié", "Envoyer à nouveau"]);
    let page = other.post(&path("cast"), &filled(&page, &[])).await;
    page.is(503).shows(&["Votre réponse n’est pas arrivée"]);
    super::serve(&other, poll(BallotType::Approval));
    send(&other, &filled(&page, &[])).await.is(200).shows(&[CODE]);
    assert_eq!(ballots(&other), choices(&[("p/2", 0)]));
}

#[tokio::test]
async fn what_voting_says_of_a_ballot_stands_at_its_fields() {
    let site = site(poll(BallotType::Score)).await;
    site.double.on(|_: &CastBallotRequest| {
        let error = ApiError::new(ErrorCode::InvalidArgument, Reason::BallotInvalid, "a rule")
            .with_violation("ballot.choices[1].points", "must be a rule of tomorrow")
            .with_violation("ballot.choices", "must be another");
        Err::<CastBallotResponse, _>(error.into())
    });
    let page = cast(&site, &[("points.p/2", "3"), ("points.p/4", "4")]).await;
    page.is(422).shows(&[
        "href=\"#o4\"",
        "must be a rule of tomorrow",
        "href=\"#ballot\"",
        "value=\"3\"",
        "value=\"4\"",
    ]);
}
