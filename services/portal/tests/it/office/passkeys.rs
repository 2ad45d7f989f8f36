//! The second step of the team's sign-in, one's own passkeys, another's that are lost, and the rule for all.

use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;
use tonic::Status;

use super::{ME, OTHER, administrator, office};
use crate::site::{HOST, Page, Site, now};

pub const ID: &str = "0192f0c1-0000-7000-8000-00000000e010";
pub const OPTIONS: &str = r#"{"challenge":"AAAA","rp":{"id":"city.example"}}"#;

pub fn passkey() -> Passkey {
    Passkey {
        passkey_id: ID.into(),
        label: "Clé <b>".into(),
        create_date: "2026-05-31".into(),
        domain: "ville.example".into(),
    }
}

fn session(roles: &[Role]) -> Session {
    Session {
        access_token: format!("token-of-{}", roles.len()),
        refresh_token: "the-refresh-token".into(),
        access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
        roles: roles.iter().map(|role| *role as i32).collect(),
        ..Session::default()
    }
}

/// Somebody of the team who has given the code, on the way to a page of the office.
async fn after_the_code() -> Site {
    let mut site = Site::open().await;
    let pending = session(&[Role::SecondFactorPending]);
    site.double.give::<SignInWithEmailCodeRequest, _>(SignInWithEmailCodeResponse { session: Some(pending) });
    let fields = [("email", "a@ville.example"), ("code", "1"), ("return", "/fr/office/log")];
    let page = site.post("/fr/sign-in/email/code", &fields).await;
    assert_eq!(page.is(303).header("location"), "/fr/second-factor?return=%2Ffr%2Foffice%2Flog");
    site.keep_cookie(&page);
    site
}

fn enrolled(site: &Site) {
    site.double.give::<BeginPasskeyVerificationRequest, _>(BeginPasskeyVerificationResponse {
        options_json: OPTIONS.into(),
        domains: vec!["ville.example".into()],
    });
}

fn refuse(reason: Reason) -> Status {
    ApiError::new(ErrorCode::PermissionDenied, reason, "no").into()
}

fn location(page: &Page) -> &str {
    page.is(303).header("location")
}

#[tokio::test]
async fn without_the_second_factor_the_office_leads_to_it_and_back() {
    let mut site = after_the_code().await;
    enrolled(&site);
    let page = site.get("/fr/office/staff?a=b").await;
    assert_eq!(location(&page), "/fr/second-factor?return=%2Ffr%2Foffice%2Fstaff%3Fa%3Db");
    let page = site.get("/fr/second-factor?return=%2Ffr%2Foffice%2Flog").await;
    page.is(200).shows(&[
        "data-passkey=\"get\"",
        "data-options=\"{&quot;challenge&quot;:&quot;AAAA&quot;",
        "<noscript>",
        "a besoin de JavaScript",
        "Vous n’avez plus votre clé",
        "/assets/js-passkey.",
        "action=\"/fr/sign-out\"",
    ]);
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    let (_, metadata) = site.double.calls::<BeginPasskeyVerificationRequest>().pop().unwrap();
    assert_eq!(metadata["comitia-host"], HOST);
    assert_eq!(metadata["authorization"], "Bearer token-of-1");

    let whole = session(&[Role::Administrator, Role::Auditor]);
    site.double.give::<VerifyPasskeyRequest, _>(VerifyPasskeyResponse { session: Some(whole) });
    let fields = [("credential", "{}"), ("return", "/fr/office/log")];
    let page = site.post("/fr/second-factor", &fields).await;
    assert_eq!(location(&page), "/fr/office/log");
    let (request, metadata) = site.double.calls::<VerifyPasskeyRequest>().pop().unwrap();
    assert_eq!((request.credential_json.as_str(), metadata["comitia-host"].to_str().unwrap()), ("{}", HOST));
    site.keep_cookie(&page);
    // Who is through is not asked again.
    assert_eq!(location(&site.get("/fr/second-factor").await), "/fr/office");
}

#[tokio::test]
async fn an_answer_that_is_refused_is_asked_for_once_more() {
    let site = after_the_code().await;
    enrolled(&site);
    for (reason, says) in [
        (Reason::PasskeyRefused, "n’a pas pu être vérifiée"),
        (Reason::PasskeyChallengeUnknown, "n’est plus valable"),
        (Reason::RateLimited, "Trop de tentatives"),
    ] {
        site.double.on(move |_: &VerifyPasskeyRequest| Err::<VerifyPasskeyResponse, _>(refuse(reason)));
        let page = site.post("/fr/second-factor", &[("credential", "{}")]).await;
        assert!(page.status.is_client_error(), "{page:?}");
        page.shows(&[says, "data-passkey=\"get\""]);
    }
    // Without script there is no answer, and nothing is asked of identity.
    let asked = site.double.calls::<VerifyPasskeyRequest>().len();
    site.post("/fr/second-factor", &[("credential", "")]).await.is(422).shows(&["a besoin de JavaScript"]);
    assert_eq!(site.double.calls::<VerifyPasskeyRequest>().len(), asked);
}

#[tokio::test]
async fn who_has_no_passkey_creates_the_first_one() {
    let site = after_the_code().await;
    site.double.give::<BeginPasskeyVerificationRequest, _>(BeginPasskeyVerificationResponse::default());
    site.double.give::<BeginPasskeyRegistrationRequest, _>(BeginPasskeyRegistrationResponse {
        options_json: OPTIONS.into(),
    });
    site.get("/fr/second-factor")
        .await
        .is(200)
        .shows(&["data-passkey=\"create\"", "Votre organisation demande"]);
    let nameless = site.post("/fr/second-factor/new", &[("credential", "{}"), ("label", " ")]).await;
    nameless.is(422).shows(&["href=\"#label\"", "100 caractères au plus"]);
    site.double.give::<RegisterPasskeyRequest, _>(RegisterPasskeyResponse {
        passkey: Some(passkey()),
        session: Some(session(&[Role::Moderator])),
    });
    let page = site.post("/fr/second-factor/new", &[("credential", "{}"), ("label", "Ordinateur")]).await;
    assert_eq!(location(&page), "/fr/office");
    assert!(page.header("set-cookie").starts_with("session="));
    assert_eq!(location(&site.get("/fr/second-factor/new").await), "/fr/second-factor");
}

#[tokio::test]
async fn a_passkey_of_another_host_name_leads_there() {
    let site = after_the_code().await;
    site.double.give::<BeginPasskeyVerificationRequest, _>(BeginPasskeyVerificationResponse {
        options_json: String::new(),
        domains: vec!["participer.ville.example".into()],
    });
    site.get("/fr/second-factor").await.is(200).shows(&["participer.ville.example"]).hides(&["data-passkey"]);
    site.double.on(|_: &BeginPasskeyVerificationRequest| {
        Err::<BeginPasskeyVerificationResponse, _>(refuse(Reason::PasskeysImpossibleHere))
    });
    site.get("/fr/second-factor").await.shows(&["ne fonctionnent pas à cette adresse"]);
}

#[tokio::test]
async fn others_have_no_second_step() {
    let page = Site::open().await.get("/fr/second-factor").await;
    assert_eq!(location(&page), "/fr/sign-in?return=%2Ffr%2Fsecond%2Dfactor");
    assert_eq!(location(&Site::signed_in().await.get("/fr/second-factor").await), "/fr/votes");
}

#[tokio::test]
async fn own_passkeys_are_added_named_and_removed() {
    let site = office(&[Role::Moderator]).await;
    site.get("/fr/office/me").await.is(200).shows(&["/fr/office/me/passkeys"]);
    site.get("/fr/office/me/passkeys").await.is(200).shows(&[
        "Clé &lt;b&gt;",
        "31 mai 2026",
        "ville.example",
    ]);
    let form = site.get("/fr/office/me/passkeys/new").await;
    form.is(200).shows(&["data-passkey=\"create\"", "/assets/js-passkey."]);

    let new = session(&[Role::Moderator, Role::Auditor]);
    site.double.give::<RegisterPasskeyRequest, _>(RegisterPasskeyResponse {
        passkey: Some(passkey()),
        session: Some(new),
    });
    let fields = [("credential", "{}"), ("label", "Ordinateur")];
    let page = site.post("/fr/office/me/passkeys/new", &fields).await;
    assert_eq!(location(&page), "/fr/office/me/passkeys?done=added");
    assert!(page.header("set-cookie").starts_with("session="), "the session before it has ended");
    site.double.on(|_: &RegisterPasskeyRequest| {
        Err::<RegisterPasskeyResponse, _>(refuse(Reason::PasskeyRegistered))
    });
    let page = site.post("/fr/office/me/passkeys/new", &fields).await;
    page.is(422).shows(&["déjà enregistrée", "value=\"Ordinateur\""]);

    site.double.give::<RenamePasskeyRequest, _>(RenamePasskeyResponse { passkey: Some(passkey()) });
    let path = format!("/fr/office/me/passkeys/{ID}");
    assert_eq!(
        location(&site.post(&path, &[("label", "Téléphone")]).await),
        "/fr/office/me/passkeys?done=renamed"
    );
    site.post(&path, &[("label", "")]).await.is(422).shows(&["href=\"#label\""]);

    let path = format!("{path}/remove");
    site.post(&path, &[]).await.is(422).shows(&["Cochez la case"]);
    site.double.on(|_: &DeletePasskeyRequest| Err::<DeletePasskeyResponse, _>(refuse(Reason::LastPasskey)));
    site.post(&path, &[("sure", "yes")]).await.is(409).shows(&["votre dernière clé"]);
    site.double.give::<DeletePasskeyRequest, _>(DeletePasskeyResponse {});
    assert_eq!(location(&site.post(&path, &[("sure", "yes")]).await), "/fr/office/me/passkeys?done=removed");
    site.get(&format!("/fr/office/me/passkeys/{OTHER}")).await.is(404);
}

#[tokio::test]
async fn an_administrator_resets_what_another_has_lost() {
    let site = administrator().await;
    let page = site.get("/fr/office/staff").await;
    page.is(200).shows(&[&format!("/fr/office/staff/{OTHER}/passkeys"), "Réinitialiser les clés"]);
    page.hides(&[&format!("/fr/office/staff/{ME}/passkeys")]);
    let path = format!("/fr/office/staff/{OTHER}/passkeys");
    site.get(&path).await.is(200).shows(&["Bilal", "ses sessions prennent fin", "courriel"]);
    site.post(&path, &[]).await.is(422);
    assert!(site.double.calls::<ResetPasskeysRequest>().is_empty());
    site.double.give::<ResetPasskeysRequest, _>(ResetPasskeysResponse {});
    assert_eq!(location(&site.post(&path, &[("sure", "yes")]).await), "/fr/office/staff?done=reset");
    assert_eq!(site.double.calls::<ResetPasskeysRequest>()[0].0.staff_member_id, OTHER);
}

#[tokio::test]
async fn who_asks_everybody_for_a_passkey_has_one() {
    let site = administrator().await;
    site.get("/fr/office/organization").await.is(200).shows(&["/fr/office/organization/sign-in"]);
    let path = "/fr/office/organization/sign-in";
    site.double.on(|_: &UpdateStaffSignInRequest| {
        Err::<UpdateStaffSignInResponse, _>(refuse(Reason::OwnSecondFactorRequired))
    });
    let page = site.post(path, &[("required", "yes")]).await;
    page.is(409).shows(&["Créez d’abord votre propre clé", "/fr/office/me/passkeys/new"]);
    site.double.give::<UpdateStaffSignInRequest, _>(UpdateStaffSignInResponse::default());
    assert_eq!(
        location(&site.post(path, &[("required", "yes")]).await),
        "/fr/office/organization?done=saved"
    );
    site.post(path, &[]).await;
    let sent = site.double.calls::<UpdateStaffSignInRequest>();
    let sent: Vec<_> = sent.iter().map(|(request, _)| request.second_factor_required).collect();
    assert_eq!(sent, [true, true, false]);
}
