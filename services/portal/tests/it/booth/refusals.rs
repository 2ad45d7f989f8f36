//! Every reason for which somebody cannot vote has its page.

use chrono::TimeDelta;
use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{IssuePermitRequest, IssuePermitResponse};
use comitia_proto::voting::v1::{BallotType, CastBallotRequest, CastBallotResponse, Poll, PollState};

use super::{BUDGET, cast, path, poll, site};
use crate::site::{Page, now};

fn at(state: PollState, opens: i64, closes: i64) -> Poll {
    Poll {
        state: state.into(),
        open_time: Some(timestamp(now() + TimeDelta::hours(opens))),
        close_time: Some(timestamp(now() + TimeDelta::hours(closes))),
        ..poll(BallotType::Approval)
    }
}

#[tokio::test]
async fn a_vote_that_is_not_open_says_when_it_is() {
    for (poll, text) in [
        (at(PollState::Scheduled, 30, 60), "Il ouvre le 11 juin 2026 à 18:00 (heure de Europe/Paris)"),
        (
            at(PollState::Sealed, -60, -10),
            "Il était ouvert jusqu’au 10 juin 2026 à 02:00 (heure de Europe/Paris)",
        ),
        (at(PollState::Open, -60, 0), "Ce vote est terminé"),
        (
            Poll { close_reason: "Une panne <b>".into(), ..at(PollState::Closed, -60, 60) },
            "Une panne &lt;b&gt;",
        ),
        (Poll { call_off_reason: "Un recours".into(), ..at(PollState::Cancelled, 30, 60) }, "Un recours"),
        (at(PollState::Annulled, -30, 60), "Ce vote a été annulé"),
    ] {
        let site = site(poll).await;
        site.get(&path("")).await.is(200).shows(&[text]);
        // Nobody asks for a permit that nobody can use.
        assert!(site.double.calls::<IssuePermitRequest>().is_empty());
    }
    let site = site(at(PollState::Sealed, -60, -10)).await;
    site.get(&path("")).await.shows(&["Voir le résultat", &BUDGET.replace('-', ""), "/fr/receipts/"]);
}

async fn without_permit(error: impl Fn() -> ApiError + Send + Sync + 'static) -> Page {
    let site = site(poll(BallotType::Approval)).await;
    site.double.on(move |_: &IssuePermitRequest| Err::<IssuePermitResponse, _>(error().into()));
    site.get(&path("")).await
}

#[tokio::test]
async fn who_is_not_eligible_reads_why() {
    for (field, text) in [
        ("eligibility.roll_id", "Vous ne figurez pas sur la liste électorale de ce vote."),
        ("eligibility.districts", "réservé aux habitants d’autres quartiers"),
        ("eligibility.minimum_age", "Vous n’aviez pas l’âge minimal"),
        ("member.birth_date", "n’indique pas votre date de naissance"),
        ("something.new", "Vous ne remplissez pas les conditions"),
    ] {
        let page = without_permit(move || {
            ApiError::new(ErrorCode::PermissionDenied, Reason::NotEligible, "no").with_violation(field, "no")
        });
        page.await.is(403).shows(&["Vous ne pouvez pas voter ici", text, "écrivez à Ville de Lyon"]);
    }
}

#[tokio::test]
async fn other_reasons_for_no_permit_have_their_pages() {
    let role = || ApiError::new(ErrorCode::PermissionDenied, Reason::RoleMissing, "no");
    without_permit(role).await.is(403).shows(&["membre de l’équipe", "/fr/sign-in/letter"]);
    let page = without_permit(|| ApiError::not_found("poll")).await;
    page.is(503).shows(&["en cours de préparation"]);
    assert_eq!(page.header("retry-after"), "2");
    without_permit(|| ApiError::precondition(Reason::PollClosed, "no"))
        .await
        .is(409)
        .shows(&["Ce vote est terminé"]);
    without_permit(|| ApiError::precondition(Reason::PollNotOpen, "no"))
        .await
        .is(409)
        .shows(&["pas encore ouvert"]);
    without_permit(|| ApiError::unavailable("away")).await.is(503);
    // The session was ended elsewhere: sign in again, and come back.
    let revoked = || ApiError::new(ErrorCode::Unauthenticated, Reason::SessionRevoked, "no");
    let page = without_permit(revoked).await;
    page.is(303);
    assert!(page.header("location").starts_with("/fr/sign-in?return="), "{page:?}");
}

async fn refused(error: impl Fn() -> ApiError + Send + Sync + 'static) -> Page {
    let site = site(poll(BallotType::Approval)).await;
    site.double.on(move |_: &CastBallotRequest| Err::<CastBallotResponse, _>(error().into()));
    cast(&site, &[("choice", "p/2")]).await
}

#[tokio::test]
async fn a_cast_that_is_refused_says_why() {
    let precondition = |reason| move || ApiError::precondition(reason, "no");
    refused(precondition(Reason::PollClosed))
        .await
        .is(409)
        .shows(&["Ce vote est terminé", "Vérifier un reçu"]);
    refused(precondition(Reason::PollNotOpen)).await.is(409).shows(&["pas encore ouvert"]);
    let page = refused(precondition(Reason::AlreadyVotedOnPaper)).await;
    page.is(409).shows(&["Vous avez voté sur papier", "écrivez à Ville de Lyon"]);
    let already = || ApiError::new(ErrorCode::AlreadyExists, Reason::BallotAlreadyCast, "no");
    refused(already)
        .await
        .is(409)
        .shows(&["Un bulletin a déjà été déposé", "Si ce n’était pas vous"])
        .hides(&["Projet 2"]);
}

#[tokio::test]
async fn a_form_that_is_too_old_shows_what_was_chosen() {
    for reason in [Reason::PermitExpired, Reason::PermitInvalid, Reason::PermitForAnotherPoll] {
        let page = refused(move || ApiError::new(ErrorCode::PermissionDenied, reason, "no")).await;
        page.is(409).shows(&["Ce formulaire est trop ancien", "Projet 2", &path("")]);
    }
}
