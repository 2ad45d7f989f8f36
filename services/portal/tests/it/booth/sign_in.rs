//! Signing in and out.

use std::time::Duration;

use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{
    RequestEmailCodeRequest, RequestEmailCodeResponse, RevokeSessionRequest, RevokeSessionResponse, Session,
    SignInWithAccessCodeRequest, SignInWithAccessCodeResponse, SignInWithEmailCodeRequest,
    SignInWithEmailCodeResponse,
};
use reqwest::Method;
use tonic::Status;

use crate::site::{Page, Site, now};

fn session() -> Session {
    Session {
        access_token: "token".into(),
        refresh_token: "refresh".into(),
        access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
        ..Session::default()
    }
}

fn wrong() -> Status {
    ApiError::new(ErrorCode::Unauthenticated, Reason::CredentialsInvalid, "the credentials are wrong").into()
}

fn too_often() -> Status {
    ApiError::exhausted(Reason::RateLimited, "too many attempts", Duration::from_secs(290)).into()
}

async fn with_letter(answer: impl Fn() -> Result<Session, Status> + Send + Sync + 'static) -> Site {
    let site = Site::open().await;
    site.double.on(move |_: &SignInWithAccessCodeRequest| {
        answer().map(|session| SignInWithAccessCodeResponse { session: Some(session) })
    });
    site
}

async fn letter(site: &Site) -> Page {
    site.post(
        "/fr/sign-in/letter",
        &[("number", " A-1 "), ("code", "abcd efgh-jkmn pqrs"), ("return", "/fr/votes/7?a=b")],
    )
    .await
}

#[tokio::test]
async fn the_ways_lead_on_with_the_way_back() {
    let site = Site::open().await;
    let page = site.get("/fr/sign-in?return=%2Ffr%2Fvotes%2F7").await;
    page.is(200).shows(&["Avec mon courrier", "/fr/sign-in/letter?return=%2Ffr%2Fvotes%2F7"]);
    let page = site.get("/en/sign-in/letter?return=%2Fen%2Fvotes").await;
    page.is(200).shows(&["Sign in with your letter"]);
    assert_eq!(page.hidden("return"), "/en/votes");
    assert_eq!(page.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn a_letter_signs_in_and_leads_back() {
    let site = with_letter(|| Ok(session())).await;
    let page = letter(&site).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/votes/7?a=b");
    let cookie = page.header("set-cookie");
    for part in ["session=", "Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("token") && !cookie.contains("refresh"), "{cookie}");
    let calls = site.double.calls::<SignInWithAccessCodeRequest>();
    assert_eq!(calls[0].0.member_number, "A-1");
    assert_eq!(calls[0].0.access_code, "abcd efgh-jkmn pqrs");
}

#[tokio::test]
async fn nothing_but_a_page_of_this_site_is_gone_back_to() {
    let site = with_letter(|| Ok(session())).await;
    for back in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "",
    ] {
        let page = site.post("/fr/sign-in/letter", &[("number", "1"), ("code", "x"), ("return", back)]).await;
        page.is(303);
        assert_eq!(page.header("location"), "/fr/votes", "{back}");
        let encoded: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
        site.get(&format!("/fr/sign-in?return={encoded}")).await.is(200).hides(&["sign-in/letter?return"]);
    }
}

#[tokio::test]
async fn a_wrong_code_is_not_shown_again_and_the_number_is() {
    let site = with_letter(|| Err(wrong())).await;
    let page = letter(&site).await;
    page.is(422)
        .shows(&["ne correspondent pas", "value=\"A-1\"", "href=\"#code\"", "Erreur :"])
        .hides(&["abcd", "ABCD"]);
    assert_eq!(page.hidden("return"), "/fr/votes/7?a=b");
    assert_eq!(page.header("set-cookie"), "");

    let site = with_letter(|| Err(ApiError::invalid_field("access_code", "one is mistyped").into())).await;
    letter(&site).await.is(422).shows(&["mal saisi"]).hides(&["abcd"]);
}

#[tokio::test]
async fn both_are_needed() {
    let site = Site::open().await;
    let page = site.post("/fr/sign-in/letter", &[("number", " "), ("code", "")]).await;
    page.is(422).shows(&["Saisissez le numéro", "Saisissez le code", "href=\"#number\"", "href=\"#code\""]);
    assert!(site.double.calls::<SignInWithAccessCodeRequest>().is_empty());
}

#[tokio::test]
async fn too_many_attempts_have_to_wait() {
    let site = with_letter(|| Err(too_often())).await;
    letter(&site).await.is(429).shows(&["Trop de tentatives", "5 minutes", "value=\"A-1\""]).hides(&["abcd"]);
}

#[tokio::test]
async fn identity_may_be_away() {
    let site = with_letter(|| Err(ApiError::unavailable("away").into())).await;
    letter(&site).await.is(503).shows(&["momentanément impossible", "value=\"A-1\""]).hides(&["abcd"]);
}

#[tokio::test]
async fn an_old_session_does_not_stand_in_the_way() {
    let site = Site::signed_in().await;
    let page = site.get("/fr/sign-in").await;
    page.is(200).shows(&["déjà connecté"]);
    letter(&site).await.is(303);
    let (_, metadata) = site.double.calls::<SignInWithAccessCodeRequest>().pop().unwrap();
    assert!(!metadata.contains_key("authorization"));
}

#[tokio::test]
async fn another_sites_form_is_refused() {
    let site = with_letter(|| Ok(session())).await;
    let request = site
        .request(Method::POST, "/fr/sign-in/letter")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body("number=1&code=2");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 403);
    assert!(site.double.calls::<SignInWithAccessCodeRequest>().is_empty());
}

#[tokio::test]
async fn a_code_comes_by_mail_or_not_and_the_page_is_the_same() {
    let site = Site::open().await;
    site.double.give::<RequestEmailCodeRequest, _>(RequestEmailCodeResponse {});
    let page =
        site.post("/fr/sign-in/email", &[("email", " zoe@example.org "), ("return", "/fr/account")]).await;
    page.is(200).shows(&["Si zoe@example.org est connue ici", "autocomplete=\"one-time-code\""]);
    assert_eq!(
        (page.hidden("email").as_str(), page.hidden("return").as_str()),
        ("zoe@example.org", "/fr/account")
    );

    site.double.on(|_: &SignInWithEmailCodeRequest| Err::<SignInWithEmailCodeResponse, _>(wrong()));
    let fields = [("email", "zoe@example.org"), ("code", "1234 5678 9012"), ("return", "/fr/account")];
    let page = site.post("/fr/sign-in/email/code", &fields).await;
    page.is(422).shows(&["Ce code est faux"]).hides(&["1234"]);

    site.double
        .give::<SignInWithEmailCodeRequest, _>(SignInWithEmailCodeResponse { session: Some(session()) });
    let page = site.post("/fr/sign-in/email/code", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/account");
    assert!(page.header("set-cookie").starts_with("session="));
}

#[tokio::test]
async fn an_address_has_to_be_one() {
    let site = Site::open().await;
    for email in ["", "zoe", "a b@c"] {
        site.post("/fr/sign-in/email", &[("email", email)]).await.is(422).shows(&["href=\"#email\""]);
    }
    assert!(site.double.calls::<RequestEmailCodeRequest>().is_empty());
    site.double.on(|_: &RequestEmailCodeRequest| {
        Err::<RequestEmailCodeResponse, _>(
            ApiError::invalid_field("email", "must be an e-mail address").into(),
        )
    });
    site.post("/fr/sign-in/email", &[("email", "a@b")])
        .await
        .is(422)
        .shows(&["href=\"#email\"", "value=\"a@b\""]);
    site.double.on(|_: &RequestEmailCodeRequest| Err::<RequestEmailCodeResponse, _>(too_often()));
    site.post("/fr/sign-in/email", &[("email", "a@b")]).await.is(429).shows(&["Trop de tentatives"]);
    // Without the address there is nothing to sign in with; a look at the page asks for no code.
    site.post("/fr/sign-in/email/code", &[("code", "1")]).await.is(400);
    site.post("/fr/sign-in/email/code", &[("email", "a@b"), ("code", "")]).await.is(422);
    site.get("/fr/sign-in/email/code").await.is(303);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let site = Site::signed_in().await;
    site.get("/fr/sign-out").await.is(200).shows(&["Se déconnecter ?"]);
    site.double.give::<RevokeSessionRequest, _>(RevokeSessionResponse {});
    let page = site.post("/fr/sign-out", &[]).await;
    page.is(303);
    assert!(page.header("set-cookie").starts_with("session=; Path=/; Max-Age=0"), "{page:?}");
    let (_, metadata) = site.double.calls::<RevokeSessionRequest>().pop().unwrap();
    assert_eq!(metadata["authorization"], "Bearer the-access-token");

    // Whoever leaves a shared computer is out, whatever identity says.
    site.double
        .on(|_: &RevokeSessionRequest| Err::<RevokeSessionResponse, _>(ApiError::unavailable("away").into()));
    let page = site.post("/fr/sign-out", &[]).await;
    page.is(303);
    assert!(page.header("set-cookie").starts_with("session=; Path=/; Max-Age=0"), "{page:?}");
    let site = Site::open().await;
    site.get("/en/sign-out").await.is(200).shows(&["You are signed out"]);
}
