//! The client against a provider that lies, rotates its keys, is slow, or is away.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use comitia_core::Clock;
use comitia_openid::error::{Error, Refused};
use comitia_openid::{Ask, Attempt, Client, Settings, Vouched};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{ACCESS_TOKEN, CLIENT, SUBJECT, Signer, World, identified, settings};

/// What the double answers with, and how often it was asked.
struct Lies {
    issuer: String,
    signers: Mutex<Vec<Signer>>,
    nonce: Mutex<String>,
    id_token: Mutex<Option<String>>,
    userinfo: Mutex<Option<(&'static str, String)>>,
    fault: Mutex<Fault>,
    clock: Clock,
    key_sets: AtomicU32,
    calls: AtomicU32,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Broken,
    Silent,
    Elsewhere,
    Endless,
    CodeUsed,
}

struct Double {
    lies: Arc<Lies>,
    client: Client,
    clock: Clock,
}

async fn answer(State(lies): State<Arc<Lies>>, uri: Uri) -> Response {
    lies.calls.fetch_add(1, SeqCst);
    let fault = *lies.fault.lock().unwrap();
    match (uri.path(), fault) {
        (_, Fault::Broken) => StatusCode::BAD_GATEWAY.into_response(),
        (_, Fault::Silent) => std::future::pending().await,
        ("/stolen", _) => panic!("the client followed a redirect"),
        ("/token", Fault::Elsewhere) => Redirect::temporary("/stolen").into_response(),
        ("/token", Fault::Endless) => "x".repeat(300 * 1024).into_response(),
        ("/token", Fault::CodeUsed) => {
            (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" }).to_string()).into_response()
        }
        ("/.well-known/openid-configuration", _) => document(&lies.issuer).to_string().into_response(),
        ("/jwks", _) => {
            lies.key_sets.fetch_add(1, SeqCst);
            let signers = lies.signers.lock().unwrap();
            let keys: Vec<_> = signers.iter().map(|signer| &signer.jwk).collect();
            json!({ "keys": keys }).to_string().into_response()
        }
        ("/token", _) => {
            let id_token = lies.id_token.lock().unwrap().clone().unwrap_or_else(|| lies.sign(SUBJECT));
            let answer =
                json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token });
            answer.to_string().into_response()
        }
        ("/userinfo", _) => {
            let lie = lies.userinfo.lock().unwrap().clone();
            let (kind, body) = lie.unwrap_or_else(|| ("application/jwt", lies.sign(SUBJECT)));
            ([(header::CONTENT_TYPE, kind)], body).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn document(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
    })
}

impl Lies {
    /// A token that is right but for its subject, signed with the newest key.
    fn sign(&self, sub: &str) -> String {
        let now = self.clock.now().timestamp();
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": sub, "nonce": *self.nonce.lock().unwrap(),
            "acr": "eidas2", "iat": now, "exp": now + 60,
        });
        self.signers.lock().unwrap().last().unwrap().sign(claims.as_object().unwrap())
    }
}

impl Double {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let clock = Clock::manual(World::new().now);
        let lies = Arc::new(Lies {
            issuer: issuer.clone(),
            signers: Mutex::new(vec![Signer::es256("key 1")]),
            nonce: Mutex::default(),
            id_token: Mutex::default(),
            userinfo: Mutex::default(),
            fault: Mutex::new(Fault::None),
            clock: clock.clone(),
            key_sets: AtomicU32::new(0),
            calls: AtomicU32::new(0),
        });
        let routes = axum::Router::new().fallback(answer).with_state(Arc::clone(&lies));
        comitia_core::task::spawn("the double of a provider", async move {
            axum::serve(listener, routes).await.unwrap();
        });
        let settings = Settings { issuer, timeout: Duration::from_millis(300), ..settings() };
        let client = Client::new(settings, clock.clone()).unwrap();
        Self { lies, client, clock }
    }

    async fn begin(&self) -> Result<Attempt, Error> {
        let ask = Ask { level: Some("eidas2".into()), scopes: identified(), language: None, anew: false };
        let (_, attempt) = self.client.begin(&ask).await?;
        self.lies.nonce.lock().unwrap().clone_from(&attempt.nonce);
        Ok(attempt)
    }

    async fn sign_in(&self) -> Result<Vouched, Error> {
        let attempt = self.begin().await?;
        self.client.complete(&attempt, &format!("code=abc&state={}", attempt.state)).await
    }

    async fn refusal(&self) -> Error {
        self.sign_in().await.unwrap_err()
    }

    fn fault(&self, fault: Fault) {
        *self.lies.fault.lock().unwrap() = fault;
    }
}

#[tokio::test]
async fn the_whole_way() {
    let double = Double::start().await;
    let vouched = double.sign_in().await.unwrap();
    assert_eq!(vouched.subject.expose_secret(), SUBJECT);
    assert_eq!(vouched.level.as_deref(), Some("eidas2"));
    assert_eq!(
        format!("{vouched:?}"),
        r#"Vouched { level: Some("eidas2"), .. }"#,
        "nothing of a person is shown"
    );
    double.sign_in().await.unwrap();
    assert_eq!(double.lies.calls.load(SeqCst), 6, "discovery and keys once, then token and userinfo");
}

#[tokio::test]
async fn keys_that_rotate_between_two_sign_ins() {
    let double = Double::start().await;
    double.sign_in().await.unwrap();
    double.lies.signers.lock().unwrap().push(Signer::es256("key 2"));
    double.clock.advance(TimeDelta::seconds(30));
    double.sign_in().await.unwrap();
    assert_eq!(double.lies.key_sets.load(SeqCst), 2);
    double.lies.signers.lock().unwrap().remove(0);
    double.sign_in().await.unwrap();
    assert_eq!(double.lies.key_sets.load(SeqCst), 2);
}

#[tokio::test]
async fn unknown_keys_do_not_make_us_ask_without_end() {
    let double = Double::start().await;
    double.sign_in().await.unwrap();
    let attempt = double.begin().await.unwrap();
    *double.lies.id_token.lock().unwrap() = Some({
        let forged = double.lies.sign(SUBJECT);
        let (_, rest) = forged.split_once('.').unwrap();
        format!("{}.{rest}", crate::world::encoded(r#"{"alg":"ES256","kid":"unknown"}"#))
    });
    let query = format!("code=abc&state={}", attempt.state);
    for seconds in [0, 30, 0, 29] {
        double.clock.advance(TimeDelta::seconds(seconds));
        let refused = double.client.complete(&attempt, &query).await.unwrap_err();
        assert_eq!(refused, Refused::KeyUnknown.into());
    }
    assert_eq!(double.lies.key_sets.load(SeqCst), 2, "once in half a minute");
}

#[tokio::test]
async fn userinfo_swapped_on_the_way() {
    let double = Double::start().await;
    double.begin().await.unwrap();
    let attempt = double.begin().await.unwrap();
    *double.lies.userinfo.lock().unwrap() = Some(("application/jwt", double.lies.sign("somebody else")));
    let answer = double.client.complete(&attempt, &format!("code=abc&state={}", attempt.state)).await;
    assert_eq!(answer.unwrap_err(), Refused::UserinfoSubject.into());
}

#[tokio::test]
async fn userinfo_that_is_not_signed() {
    let double = Double::start().await;
    let plain = json!({ "sub": SUBJECT, "birthdate": "1900-01-01" }).to_string();
    *double.lies.userinfo.lock().unwrap() = Some(("application/json", plain));
    assert_eq!(double.refusal().await, Refused::UserinfoUnsigned.into());
}

#[tokio::test]
async fn a_replayed_code() {
    let double = Double::start().await;
    double.fault(Fault::CodeUsed);
    assert_eq!(double.refusal().await, Refused::CodeRefused.into());
}

#[tokio::test]
async fn a_redirect_that_would_take_the_secret_elsewhere() {
    let double = Double::start().await;
    double.fault(Fault::Elsewhere);
    assert_eq!(double.refusal().await, Refused::AnswerMalformed.into());
}

#[tokio::test]
async fn an_answer_without_end() {
    let double = Double::start().await;
    double.fault(Fault::Endless);
    assert!(matches!(double.refusal().await, Error::Away(_)));
}

#[tokio::test]
async fn a_slow_provider_is_left_alone_and_found_again() {
    let double = Double::start().await;
    double.sign_in().await.unwrap();
    double.fault(Fault::Silent);
    let before = double.lies.calls.load(SeqCst);
    for _ in 0..7 {
        assert!(matches!(double.refusal().await, Error::Away(_)));
    }
    assert_eq!(double.lies.calls.load(SeqCst), before + 5, "after five in a row nobody waits for it");
    assert_eq!(double.refusal().await, Error::Away(Duration::from_secs(10)));
    double.fault(Fault::None);
    double.clock.advance(TimeDelta::seconds(10));
    double.sign_in().await.unwrap();
    double.sign_in().await.unwrap();
}

#[tokio::test]
async fn a_broken_provider_is_away() {
    let double = Double::start().await;
    double.fault(Fault::Broken);
    assert!(matches!(double.begin().await, Err(Error::Away(_))));
    double.fault(Fault::None);
    double.begin().await.unwrap();
    // What was read an hour ago goes on while the provider's documents are away.
    double.fault(Fault::Broken);
    double.clock.advance(TimeDelta::hours(2));
    double.begin().await.unwrap();
}

#[tokio::test]
async fn the_anonymous_profile_asks_for_no_userinfo() {
    let double = Double::start().await;
    let (url, attempt) = double.client.begin(&Ask::default()).await.unwrap();
    assert!(url.query_pairs().any(|pair| pair == ("scope".into(), "openid".into())));
    double.lies.nonce.lock().unwrap().clone_from(&attempt.nonce);
    *double.lies.userinfo.lock().unwrap() = Some(("text/html", "never read".into()));
    let query = format!("code=abc&state={}", attempt.state);
    let vouched = double.client.complete(&attempt, &query).await.unwrap();
    assert!(vouched.claims.is_empty());
}
