//! Signing in to an account at a provider: the way there and back, the first visit, the links of an account, all the bad ends.

use comitia_core::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::*;
use tonic::Status;

use crate::participants::{account, let_people_register, refused, session, with};
use crate::site::{Page, Site, now};

const PROVIDER: &str = "https://provider.example/authorize?state=s";
const OUT: &str = "https://provider.example/out?id_token_hint=the-token";
const BACK: &str = "/fr/sign-in/with?code=abc&state=s";

fn offer(site: &Site) {
    let provider = AccountProvider {
        provider_id: "fc".into(),
        display_name: "FranceConnect".into(),
        about_url: "https://franceconnect.example/".into(),
        asks_birth_date: true,
    };
    site.double
        .give::<ListAccountProvidersRequest, _>(ListAccountProvidersResponse { providers: vec![provider] });
    site.double.give::<BeginAccountSignInRequest, _>(BeginAccountSignInResponse {
        authorization_url: PROVIDER.into(),
        sealed_sign_in: "sealed-sign-in".into(),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(15))),
    });
    site.double.give::<BeginProviderLinkRequest, _>(BeginProviderLinkResponse {
        authorization_url: PROVIDER.into(),
        sealed_sign_in: "sealed-link".into(),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(15))),
    });
}

async fn site() -> Site {
    let site = Site::open().await;
    let_people_register(&site);
    offer(&site);
    site
}

/// To the provider.
async fn leave(site: &mut Site) -> Page {
    let there = site.get("/fr/sign-in/with/fc?return=%2Ffr%2Fprocesses").await;
    assert_eq!(there.is(303).header("location"), PROVIDER);
    site.keep_cookie(&there);
    there
}

fn answer(site: &Site, answer: Result<CompleteAccountSignInResponse, Status>) {
    site.double.on(move |_: &CompleteAccountSignInRequest| answer.clone());
}

fn newcomer() -> CompleteAccountSignInResponse {
    CompleteAccountSignInResponse {
        session: None,
        sealed_identity: "sealed-identity".into(),
        identity_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(30))),
        sign_out_url: OUT.into(),
    }
}

/// Somebody who has come back and has no account.
async fn first_visit() -> Site {
    let mut site = site().await;
    leave(&mut site).await;
    answer(&site, Ok(newcomer()));
    let page = site.get(BACK).await;
    assert_eq!(page.is(303).header("location"), "/fr/register/with");
    site.keep_cookie(&page);
    site
}

#[tokio::test]
async fn who_has_an_account_is_signed_in_to_it_and_signs_out_of_both() {
    let mut site = site().await;
    site.get("/fr/sign-in?return=%2Ffr%2Fprocesses").await.is(200).shows(&[
        "S’identifier avec FranceConnect",
        "href=\"/fr/sign-in/with/fc?return=%2Ffr%2Fprocesses\"",
        "Qu’est-ce que FranceConnect ?",
        "https://franceconnect.example/",
    ]);
    let there = leave(&mut site).await;
    assert!(!there.header("set-cookie").contains("sealed-sign-in"), "sealed once more");
    let signed_in = CompleteAccountSignInResponse {
        session: Some(session(false)),
        sealed_identity: String::new(),
        identity_expire_time: None,
        sign_out_url: OUT.into(),
    };
    answer(&site, Ok(signed_in));
    let page = site.get(BACK).await;
    assert_eq!(page.is(303).header("location"), "/fr/processes");
    site.keep_cookie(&page);
    let (completed, metadata) = site.double.calls::<CompleteAccountSignInRequest>().pop().unwrap();
    assert_eq!(
        (completed.sealed_sign_in.as_str(), completed.callback_query.as_str()),
        ("sealed-sign-in", "code=abc&state=s")
    );
    assert!(!metadata.contains_key("authorization"), "whatever session the browser had");

    site.double.give::<RevokeSessionRequest, _>(RevokeSessionResponse {});
    let page = site.post("/fr/sign-out", &[]).await;
    page.is(303);
    site.keep_cookie(&page);
    let page = site.get("/fr/sign-out").await;
    page.is(200).shows(&["Me déconnecter de FranceConnect", "/fr/sign-out/provider"]).hides(&["the-token"]);
    let page = site.get("/fr/sign-out/provider").await;
    assert_eq!(page.is(303).header("location"), OUT);
    site.keep_cookie(&page);
    assert_eq!(site.get("/fr/sign-out/provider").await.is(303).header("location"), "/fr/sign-out", "once");
    site.get("/fr/sign-out").await.is(200).hides(&["FranceConnect"]);
    // The page again: the answer is spent.
    site.get(BACK).await.is(409).shows(&["Il n’y a pas de connexion en cours"]);
}

#[tokio::test]
async fn somebody_new_opens_an_account_without_an_address() {
    let mut site = first_visit().await;
    let page = site.get("/fr/register/with").await;
    page.is(200).shows(&[
        "Première visite avec FranceConnect",
        "ni votre nom ni votre date de naissance",
        "Créer mon compte",
        "name=\"email\"",
    ]);
    page.hides(&["sealed-identity", "value=\"ada"]);
    site.double.give::<RegisterWithProviderRequest, _>(RegisterWithProviderResponse {
        session: Some(session(true)),
    });
    let page = site.post("/fr/register/with", &[]).await;
    assert_eq!(page.is(303).header("location"), "/fr/account/welcome?return=%2Ffr%2Fprocesses");
    site.keep_cookie(&page);
    let (sent, _) = site.double.calls::<RegisterWithProviderRequest>().pop().unwrap();
    assert_eq!((sent.sealed_identity.as_str(), sent.email.as_str()), ("sealed-identity", ""));
    site.get("/fr/register/with").await.is(409).shows(&["Cette étape est terminée"]);

    // The age is known: two things are left.
    let own = Account {
        display_name: String::new(),
        email: String::new(),
        complete: false,
        age_known: true,
        ..account()
    };
    let site = with(own).await;
    site.get("/fr/account/welcome").await.is(200).shows(&["Encore deux choses"]).hides(&["name=\"age\""]);
    site.double.give::<CompleteRegistrationRequest, _>(CompleteRegistrationResponse { account: None });
    let fields = [("name", "Zoë"), ("terms", "yes"), ("terms_version", "3")];
    site.post("/fr/account/welcome", &fields).await.is(303);
    assert!(!site.double.calls::<CompleteRegistrationRequest>()[0].0.fifteen_or_older, "nobody declared it");
}

#[tokio::test]
async fn who_has_an_account_proves_its_address_by_the_code() {
    let site = first_visit().await;
    site.double.give::<RequestEmailCodeRequest, _>(RequestEmailCodeResponse {});
    site.post("/fr/register/with/email", &[("email", "x")]).await.is(422).shows(&["href=\"#email\""]);
    let page = site.post("/fr/register/with/email", &[("email", "zoe@example.org")]).await;
    page.is(200).shows(&["Avec ce code, FranceConnect est relié", "zoe@example.org"]);
    let request_id = page.hidden("request_id");
    let fields =
        [("email", "zoe@example.org"), ("code", "1234 5678 9012"), ("request_id", request_id.as_str())];
    for (code, reason, status, shown) in [
        (ErrorCode::Unauthenticated, Reason::CredentialsInvalid, 422, "Ce code est faux"),
        (ErrorCode::FailedPrecondition, Reason::IdentityHasAccount, 400, "déjà reliée à un autre compte"),
        (ErrorCode::FailedPrecondition, Reason::ProviderLinked, 400, "une autre identité"),
        (ErrorCode::FailedPrecondition, Reason::IdentityExpired, 409, "Cette étape est terminée"),
        (ErrorCode::FailedPrecondition, Reason::RegistrationClosed, 200, "ne sont pas ouvertes"),
        (ErrorCode::ResourceExhausted, Reason::RateLimited, 429, "Trop de tentatives"),
    ] {
        site.double.on(move |_: &RegisterWithProviderRequest| {
            Err::<RegisterWithProviderResponse, _>(refused(code, reason))
        });
        let page = site.post("/fr/register/with/code", &fields).await;
        assert_eq!(page.status.as_u16() / 100, status / 100, "{reason:?} {page:?}");
        page.shows(&[shown]).hides(&["1234"]);
    }
    site.double.give::<RegisterWithProviderRequest, _>(RegisterWithProviderResponse {
        session: Some(session(false)),
    });
    let page = site.post("/fr/register/with/code", &fields).await;
    assert_eq!(page.is(303).header("location"), "/fr/processes");
    let (sent, _) = site.double.calls::<RegisterWithProviderRequest>().pop().unwrap();
    assert_eq!((sent.email.as_str(), sent.request_id.as_str()), ("zoe@example.org", request_id.as_str()));
    site.post("/fr/register/with/code", &[("email", "zoe@example.org")]).await.is(422);
    site.get("/fr/register/with/code").await.is(303);
    // Another browser has no identity to link.
    let stranger = self::site().await;
    for path in ["/fr/register/with", "/fr/register/with/email", "/fr/register/with/code"] {
        stranger.post(path, &fields).await.is(409).shows(&["Cette étape est terminée"]);
    }
    assert!(stranger.double.calls::<RegisterWithProviderRequest>().is_empty());
}

#[tokio::test]
async fn every_bad_end_has_its_page() {
    let away = ApiError::new(ErrorCode::Unavailable, Reason::ProviderUnavailable, "no");
    let away: Status = away.with_retry_after(std::time::Duration::from_secs(10)).into();
    let denied = ErrorCode::PermissionDenied;
    let wrong = ErrorCode::FailedPrecondition;
    for (status, shown, again) in [
        (away.clone(), "FranceConnect ne répond pas", true),
        (refused(wrong, Reason::ProviderAnswerInvalid), "n’a pas pu être vérifiée", true),
        (refused(wrong, Reason::ProviderSignInDenied), "pas identifié auprès de FranceConnect", true),
        (refused(denied, Reason::ProviderLevelTooLow), "pas assez sûr", true),
        (refused(ErrorCode::NotFound, Reason::ProviderUnknown), "n’est pas proposé ici", false),
        (refused(denied, Reason::TooYoungForAccount), "Il faut avoir 15 ans", false),
        (refused(wrong, Reason::BirthDateMissing), "n’indique pas votre date de naissance", true),
        (refused(ErrorCode::Internal, Reason::Internal), "momentanément impossible", true),
    ] {
        let mut site = site().await;
        leave(&mut site).await;
        answer(&site, Err(status));
        let page = site.get(BACK).await;
        page.shows(&[shown, "href=\"/fr/sign-in?return=%2Ffr%2Fprocesses\""]);
        assert_eq!(page.text.contains("/fr/sign-in/with/fc?return="), again, "{shown}");
        assert!(page.status.is_client_error() || page.status.is_server_error(), "{page:?}");
        site.keep_cookie(&page);
        site.get(BACK).await.is(409).shows(&["Il n’y a pas de connexion en cours"]);
    }
    let site = site().await;
    site.double.on(move |_: &BeginAccountSignInRequest| Err::<BeginAccountSignInResponse, _>(away.clone()));
    let page = site.get("/fr/sign-in/with/fc").await;
    page.is(503).shows(&["FranceConnect ne répond pas", "10 secondes"]);
    assert_eq!(page.header("retry-after"), "10");
    for nothing in ["/fr/sign-in/with", BACK] {
        site.get(nothing).await.is(409).shows(&["Il n’y a pas de connexion en cours"]);
    }
    // Identity is away: the other ways are there.
    let site = Site::open().await;
    site.get("/fr/sign-in").await.is(200).shows(&["Avec mon courrier"]).hides(&["service d’identité"]);
}

#[tokio::test]
async fn a_provider_is_linked_and_unlinked() {
    let mut site = with(account()).await;
    offer(&site);
    site.get("/fr/account").await.is(200).shows(&["Services d’identité", "/fr/account/providers"]);
    site.get("/fr/account/providers").await.is(200).shows(&["Relier FranceConnect"]);
    // The link of another site's page goes no further than the page with the link.
    let lured = site.request(http::Method::GET, "/fr/account/providers/fc/link");
    let lured = lured.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(lured.headers()["location"], "/fr/account/providers");
    assert!(site.double.calls::<BeginProviderLinkRequest>().is_empty());

    let there = site.get("/fr/account/providers/fc/link").await;
    assert_eq!(there.is(303).header("location"), PROVIDER);
    site.keep_cookie(&there);
    let (_, metadata) = site.double.calls::<BeginProviderLinkRequest>().pop().unwrap();
    assert!(metadata.contains_key("authorization"));
    site.double.give::<CompleteProviderLinkRequest, _>(CompleteProviderLinkResponse {
        account: Some(account()),
        sign_out_url: OUT.into(),
    });
    let page = site.get(BACK).await;
    assert_eq!(page.is(303).header("location"), "/fr/account/providers?done=linked");
    let (sent, metadata) = site.double.calls::<CompleteProviderLinkRequest>().pop().unwrap();
    assert_eq!(sent.sealed_sign_in, "sealed-link");
    assert!(metadata.contains_key("authorization"), "whose account it is");
    assert!(site.double.calls::<CompleteAccountSignInRequest>().is_empty());
    for (reason, shown) in [
        (Reason::IdentityHasAccount, "déjà reliée à un autre compte"),
        (Reason::ProviderLinked, "une autre identité"),
        (Reason::ProviderAnswerInvalid, "n’a pas pu être vérifiée"),
    ] {
        site.double.on(move |_: &CompleteProviderLinkRequest| {
            Err::<CompleteProviderLinkResponse, _>(refused(ErrorCode::FailedPrecondition, reason))
        });
        site.get(BACK).await.shows(&[shown, "href=\"/fr/account/providers\""]);
    }
    // The session has ended meanwhile: nothing is linked to nobody's account.
    site.sign_out();
    site.keep_cookie(&there);
    site.get(BACK).await.is(409).shows(&["Votre session a pris fin"]);
    site.get("/fr/account/providers/fc/link").await.is(303);
    site.get("/fr/account/providers").await.is(303);

    let one = LinkedProvider {
        provider_id: "fc".into(),
        display_name: "FranceConnect".into(),
        link_time: Some(timestamp(now())),
        allowed: true,
    };
    let site = with(Account { linked_providers: vec![one.clone()], ..account() }).await;
    offer(&site);
    let page = site.get("/fr/account/providers?done=linked").await;
    page.is(200).shows(&["C’est relié", "Relié le 10 juin 2026", "Retirer FranceConnect"]);
    page.hides(&["Relier FranceConnect"]);
    site.get("/fr/account/data").await.is(200).shows(&["FranceConnect, relié le 10 juin 2026"]);
    let file = site.get("/fr/account/data.json").await;
    let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(json["linkedProviders"][0]["providerId"], "fc");
    site.double.give::<UnlinkProviderRequest, _>(UnlinkProviderResponse { account: None });
    let page = site.post("/fr/account/providers/fc/unlink", &[]).await;
    assert_eq!(page.is(303).header("location"), "/fr/account/providers?done=unlinked");

    let last = Account { linked_providers: vec![one], email: String::new(), ..account() };
    let site = with(last).await;
    offer(&site);
    site.get("/fr/account").await.is(200).shows(&["Aucune"]);
    site.get("/fr/account/providers").await.is(200).shows(&["seul moyen"]).hides(&["Retirer FranceConnect"]);
    site.double.on(|_: &UnlinkProviderRequest| {
        Err::<UnlinkProviderResponse, _>(refused(ErrorCode::FailedPrecondition, Reason::LastWayIn))
    });
    site.post("/fr/account/providers/fc/unlink", &[]).await.shows(&["Rien n’a changé", "seul moyen"]);
}
