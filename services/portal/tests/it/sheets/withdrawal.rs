//! Taking a signature back.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::{
    EligibilityBasis, Poll, SignatureSheet, WithdrawSignatureRequest, WithdrawSignatureResponse,
};

use super::{come_back, path, sheet, site};
use crate::booth::PERMIT;
use crate::site::{Page, Site};

fn withdrawable() -> Poll {
    let signature_sheet = Some(SignatureSheet { withdrawal_allowed: true, ..SignatureSheet::default() });
    Poll { signature_sheet, ..sheet(EligibilityBasis::Providers) }
}

/// Asks to withdraw at the check, and answers the question with yes.
async fn withdraw(site: &mut Site) -> Page {
    let check = come_back(site, "fr").await;
    check.is(200).shows(&["Vous avez déjà signé ?", &path("withdraw")]);
    let (permit, secret) = (check.hidden("permit"), check.hidden("secret"));
    let question = site.post(&path("withdraw"), &[("permit", &permit), ("secret", &secret)]).await;
    question.is(200).shows(&["Retirer votre signature ?", "Vous ne pourrez plus signer"]);
    assert!(site.double.calls::<WithdrawSignatureRequest>().is_empty(), "asked first");
    let (permit, secret) = (question.hidden("permit"), question.hidden("secret"));
    let fields = [("permit", permit.as_str()), ("secret", secret.as_str()), ("do", "withdraw")];
    site.post(&path("withdraw"), &fields).await
}

#[tokio::test]
async fn a_signature_is_taken_back_with_a_permit_alone() {
    let mut site = site(withdrawable()).await;
    site.get(&path("")).await.is(200).shows(&["Vous pouvez retirer votre signature"]);
    site.double.give::<WithdrawSignatureRequest, _>(WithdrawSignatureResponse::default());
    withdraw(&mut site).await.is(200).shows(&["Votre signature est retirée"]);
    let (asked, metadata) = site.double.calls::<WithdrawSignatureRequest>().remove(0);
    assert_eq!((asked.permit.as_str(), asked.cast_secret.len()), (PERMIT, 32));
    assert!(!metadata.contains_key("authorization") && !metadata.contains_key("comitia-client-address"));
}

#[tokio::test]
async fn a_withdrawal_that_is_refused_says_why() {
    let not_found = || ApiError::new(ErrorCode::NotFound, Reason::BallotNotFound, "no");
    for (status, reason, text) in [
        (409, Reason::SignatureWithdrawn, "Vous avez retiré votre signature"),
        (409, Reason::WithdrawalNotAllowed, "ne permet pas de retirer"),
        (409, Reason::PollPaused, "Les signatures sont suspendues"),
        (409, Reason::PollClosed, "Cette pétition est close"),
        (404, Reason::BallotNotFound, "Vous n’avez pas signé cette pétition"),
        (503, Reason::DependencyUnavailable, "Le retrait n’a pas reçu de réponse"),
    ] {
        let mut site = site(withdrawable()).await;
        site.double.on(move |_: &WithdrawSignatureRequest| {
            let error = match status {
                404 => not_found(),
                503 => ApiError::unavailable("away"),
                _ => ApiError::precondition(reason, "no"),
            };
            Err::<WithdrawSignatureResponse, _>(error.into())
        });
        withdraw(&mut site).await.is(status).shows(&[text]);
    }
}

#[tokio::test]
async fn a_sheet_without_withdrawal_does_not_offer_it() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    come_back(&mut site, "fr").await.is(200).hides(&["Retirer ma signature"]);
}
