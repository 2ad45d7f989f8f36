//! Every way in which signing can end badly has its page, which says that nothing was signed and what to do next.

use std::time::Duration;

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{
    BeginProviderSignInRequest, BeginProviderSignInResponse, CompleteProviderSignInRequest,
    CompleteProviderSignInResponse, IssueOpenPermitRequest, IssueOpenPermitResponse,
};
use comitia_proto::voting::v1::{
    CastBallotRequest, CastBallotResponse, Eligibility, EligibilityBasis, Poll, Receipt,
};

use super::{POLL, come_back, path, sheet, site};
use crate::booth::{CODE, filled};
use crate::site::Page;

type Make = fn() -> ApiError;

fn not_eligible(field: &'static str) -> ApiError {
    ApiError::new(ErrorCode::PermissionDenied, Reason::NotEligible, "no").with_violation(field, "no")
}

/// Status, error, and what the page says.
const OF_PROVIDERS: [(u16, Make, [&str; 2]); 13] = [
    (
        503,
        || {
            ApiError::new(ErrorCode::Unavailable, Reason::ProviderUnavailable, "no")
                .with_retry_after(Duration::from_millis(9500))
        },
        ["FranceConnect ne répond pas", "patienter 10 secondes"],
    ),
    (
        409,
        || ApiError::precondition(Reason::ProviderAnswerInvalid, "no"),
        ["La réponse de FranceConnect n’a pas pu être vérifiée", "Recommencer avec FranceConnect"],
    ),
    (
        409,
        || ApiError::precondition(Reason::ProviderSignInDenied, "no"),
        ["Vous ne vous êtes pas identifié auprès de FranceConnect", "Recommencer avec FranceConnect"],
    ),
    (
        403,
        || ApiError::new(ErrorCode::PermissionDenied, Reason::ProviderLevelTooLow, "no"),
        ["Ce compte n’est pas assez sûr", "Recommencer avec FranceConnect"],
    ),
    (
        403,
        || not_eligible("eligibility.minimum_age"),
        ["Vous ne pouvez pas signer cette pétition", "au moins 16 ans le jour"],
    ),
    (
        403,
        || not_eligible("member.birth_date"),
        ["n’indique pas votre date de naissance", "écrivez à Ville de Lyon"],
    ),
    (
        404,
        || ApiError::new(ErrorCode::NotFound, Reason::ProviderUnknown, "no"),
        ["On ne signe pas cette pétition de cette façon", "Revenir à la pétition"],
    ),
    (
        409,
        || ApiError::precondition(Reason::PollBasisDiffers, "no"),
        ["On ne signe pas cette pétition de cette façon", "Revenir à la pétition"],
    ),
    (
        409,
        || ApiError::precondition(Reason::PollClosed, "no"),
        ["Cette pétition est close", "Suivre les signatures"],
    ),
    (
        409,
        || ApiError::precondition(Reason::PollNotOpen, "no"),
        ["n’est pas encore ouverte", "Revenir à la pétition"],
    ),
    (503, || ApiError::not_found("poll"), ["en cours de préparation", "Revenir à la pétition"]),
    (
        429,
        || ApiError::exhausted(Reason::Overloaded, "no", Duration::from_secs(2)),
        ["Nous n’avons pas pu continuer", "patienter 2 secondes"],
    ),
    (503, || ApiError::unavailable("away"), ["Nous n’avons pas pu continuer", "Rien n’a été signé."]),
];

fn for_adults() -> Poll {
    let poll = sheet(EligibilityBasis::Providers);
    let eligibility = Eligibility { minimum_age: 16, ..poll.eligibility.clone().unwrap() };
    Poll { eligibility: Some(eligibility), ..poll }
}

#[tokio::test]
async fn on_the_way_to_a_provider() {
    for (status, error, texts) in OF_PROVIDERS {
        let site = site(for_adults()).await;
        site.double
            .on(move |_: &BeginProviderSignInRequest| Err::<BeginProviderSignInResponse, _>(error().into()));
        let page = site.get(&format!("/fr/sign-in/provider/franceconnect/{POLL}")).await;
        page.is(status).shows(&texts).shows(&[&path("")]);
        assert_eq!(page.header("set-cookie"), "", "nothing has begun");
    }
}

#[tokio::test]
async fn on_the_way_back() {
    for (status, error, texts) in OF_PROVIDERS {
        let mut site = site(for_adults()).await;
        site.double.on(move |_: &CompleteProviderSignInRequest| {
            Err::<CompleteProviderSignInResponse, _>(error().into())
        });
        let page = come_back(&mut site, "fr").await;
        page.is(status).shows(&texts).shows(&[&path("")]).hides(&["code=abc"]);
        // What is spent is taken away; who was turned away for want of room may reload.
        assert_eq!(page.header("set-cookie").starts_with("at-provider=;"), status != 429, "{page:?}");
    }
}

#[tokio::test]
async fn a_network_that_signs_too_much_is_told_so() {
    let site = site(sheet(EligibilityBasis::Anyone)).await;
    site.double.on(|_: &IssueOpenPermitRequest| {
        let error = ApiError::exhausted(Reason::RateLimited, "no", Duration::from_secs(60));
        Err::<IssueOpenPermitResponse, _>(error.into())
    });
    let page = site.get(&path("sign")).await;
    page.is(429).shows(&["Beaucoup de signatures viennent de votre réseau"]);
    assert_eq!(page.header("retry-after"), "60");
}

async fn refused(error: impl Fn() -> ApiError + Send + Sync + 'static) -> Page {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.on(move |_: &CastBallotRequest| Err::<CastBallotResponse, _>(error().into()));
    let check = come_back(&mut site, "fr").await;
    site.post(&path("cast"), &filled(&check, &[])).await
}

#[tokio::test]
async fn a_signature_that_is_refused_says_why() {
    let already = || ApiError::new(ErrorCode::AlreadyExists, Reason::BallotAlreadyCast, "no");
    refused(already).await.is(409).shows(&[
        "Vous avez déjà signé cette pétition",
        "Votre signature compte, une seule fois.",
        &path("signatures"),
        &path("prove"),
    ]);
    for (reason, text) in [
        (Reason::PollClosed, "Cette pétition est close"),
        (Reason::PollNotOpen, "n’est pas encore ouverte"),
        (Reason::PollPaused, "Les signatures sont suspendues"),
        (Reason::AlreadyVotedOnPaper, "Vous avez signé sur papier"),
        (Reason::SignatureWithdrawn, "Vous avez retiré votre signature"),
    ] {
        refused(move || ApiError::precondition(reason, "no")).await.is(409).shows(&[text]);
    }
    for reason in [Reason::PermitExpired, Reason::PermitInvalid, Reason::PermitForAnotherPoll] {
        let page = refused(move || ApiError::new(ErrorCode::PermissionDenied, reason, "no")).await;
        page.is(403).shows(&["Cette page est trop ancienne", &path("")]);
    }
}

#[tokio::test]
async fn an_answer_that_did_not_arrive_is_asked_for_again() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.on(|_: &CastBallotRequest| {
        let error = ApiError::exhausted(Reason::Overloaded, "busy", Duration::from_millis(1500));
        Err::<CastBallotResponse, _>(error.into())
    });
    let check = come_back(&mut site, "fr").await;
    let page = site.post(&path("cast"), &filled(&check, &[])).await;
    page.is(429).shows(&["Votre signature n’a pas reçu de réponse", "elle compte une seule fois"]);
    assert_eq!(page.header("retry-after"), "2");
    site.double.on(|cast: &CastBallotRequest| {
        let receipt = Receipt { poll_id: cast.poll_id.clone(), tracking_code: CODE.into(), revision: 1 };
        Ok(CastBallotResponse { receipt: Some(receipt) })
    });
    site.post(&path("cast"), &filled(&page, &[])).await.is(303);
    let casts = site.double.calls::<CastBallotRequest>();
    assert_eq!(casts[0].0, casts[1].0, "the same signature");
}
