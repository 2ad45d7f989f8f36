//! The way to a provider and back.

use comitia_proto::identity::v1::{
    BeginProviderSignInRequest, CompleteProviderSignInRequest, IssuePermitRequest, RefreshSessionRequest,
};
use comitia_proto::voting::v1::{CastBallotRequest, EligibilityBasis};
use tracing_subscriber::layer::SubscriberExt;

use super::{POLL, SEALED, come_back, path, sheet, site};
use crate::booth::anonymity::Noted;
use crate::booth::{CODE, PERMIT, filled};

#[tokio::test]
async fn a_signature_takes_three_pages() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    let page = site.get(&path("")).await;
    page.is(200).shows(&[
        "Un tilleul &lt;b&gt; dans chaque rue",
        "Signer avec FranceConnect",
        "Signer avec Ma ville",
        &format!("href=\"/fr/sign-in/provider/franceconnect/{POLL}\""),
        "De FranceConnect, nous n’apprenons ni votre nom",
        "Ma ville nous donne votre date de naissance",
        "12 345",
    ]);
    // A form would not be let through to another host.
    page.hides(&["<form"]);

    let check = come_back(&mut site, "fr").await;
    check.is(200).shows(&[
        "Vérifiez, puis signez",
        "Une personne reconnue par FranceConnect",
        "Étape 2 sur 3",
    ]);
    assert_eq!(check.hidden("permit"), PERMIT);
    check.shows(&["https://provider.example/out?id_token_hint=t", "rel=\"noopener noreferrer\""]);
    assert!(check.header("set-cookie").starts_with("at-provider=;"), "{check:?}");
    assert_eq!(check.header("cache-control"), "private, no-store");

    let done = site.post(&path("cast"), &filled(&check, &[])).await;
    done.is(303);
    let receipt = site.get(done.header("location")).await;
    receipt.is(200).shows(&["Votre signature est comptée", CODE, &format!("{}#{CODE}", path("prove"))]);
    receipt.hides(&[PERMIT, "id_token_hint", "FranceConnect"]);

    let (begun, metadata) = site.double.calls::<BeginProviderSignInRequest>().remove(0);
    assert_eq!(
        (begun.poll_id.as_str(), begun.provider_id.as_str(), begun.language.as_str()),
        (POLL, "franceconnect", "fr")
    );
    assert!(!metadata.contains_key("authorization") && !metadata.contains_key("comitia-client-address"));
    let (completed, metadata) = site.double.calls::<CompleteProviderSignInRequest>().remove(0);
    assert_eq!(
        (completed.sealed_sign_in.as_str(), completed.callback_query.as_str()),
        (SEALED, "code=abc&state=s")
    );
    assert!(!metadata.contains_key("authorization") && !metadata.contains_key("comitia-client-address"));
    let (cast, metadata) = site.double.calls::<CastBallotRequest>().remove(0);
    assert_eq!((cast.permit.as_str(), cast.cast_secret.len()), (PERMIT, 32));
    assert!(cast.ballot.unwrap().choices.is_empty() && !metadata.contains_key("authorization"));
}

#[tokio::test]
async fn a_session_that_the_browser_has_does_not_meet_the_permit() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await.sign_in().await;
    let begin = format!("/fr/sign-in/provider/franceconnect/{POLL}");
    let there = site.get(&begin).await;
    there.is(303);
    site.keep_cookie(&there);
    let check = site.get("/fr/sign-in/provider?code=abc&state=s").await;
    check.is(200).hides(&["sign-out", "/fr/account"]);
    assert!(site.double.calls::<RefreshSessionRequest>().is_empty());
    assert!(site.double.calls::<IssuePermitRequest>().is_empty());
    for (_, metadata) in site.double.calls::<BeginProviderSignInRequest>() {
        assert!(!format!("{metadata:?}").contains("the-access-token"));
    }
}

#[tokio::test]
async fn the_way_back_is_in_the_language_that_it_was_begun_in() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    let back = come_back(&mut site, "en").await;
    back.is(303);
    assert_eq!(back.header("location"), "/en/sign-in/provider?code=abc&state=s");
    // The answer is spent once, by the page that shows the check.
    assert!(site.double.calls::<CompleteProviderSignInRequest>().is_empty());
    site.get("/en/sign-in/provider?code=abc&state=s").await.is(200).shows(&["Check, then sign"]);
}

#[tokio::test]
async fn a_browser_that_began_nothing_reads_why() {
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    for address in ["/fr/sign-in/provider?code=abc&state=s", "/fr/sign-in/provider"] {
        let page = site.get(address).await;
        page.is(409).shows(&["Il n’y a pas de signature en cours", "un autre navigateur", "/fr/votes"]);
    }
    // Without an answer there is nothing to end.
    let there = site.get(&format!("/fr/sign-in/provider/franceconnect/{POLL}")).await;
    site.keep_cookie(&there);
    site.get("/fr/sign-in/provider").await.is(409);
    assert!(site.double.calls::<CompleteProviderSignInRequest>().is_empty());
    site.get("/fr/sign-in/provider/out").await.is(200).shows(&["déconnecté du service d’identité"]);
}

#[tokio::test]
async fn nothing_of_a_sign_in_is_noted() {
    let noted = Noted::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(noted.clone())).unwrap();
    let mut site = site(sheet(EligibilityBasis::Providers)).await;
    let check = come_back(&mut site, "fr").await;
    site.post(&path("cast"), &filled(&check, &[])).await.is(303);
    site.post(&path("prove"), &[("code", CODE)]).await;
    let noted = noted.0.lock().unwrap().clone();
    assert!(noted.contains("/sign-in/provider") && noted.contains("/votes/{poll}/cast"), "{noted}");
    for trace in ["code=abc", SEALED, PERMIT, CODE, "franceconnect", "id_token_hint"] {
        assert!(!noted.contains(trace), "{trace:?} is noted: {noted}");
    }
}
