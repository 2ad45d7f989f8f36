//! The whole way at a provider that nobody here wrote (npm `oidc-provider`), which behaves like FranceConnect v2.

use std::collections::HashMap;

use comitia_core::Clock;
use comitia_openid::claims;
use comitia_openid::error::{Denial, Error, Refused};
use comitia_openid::jwe::DecryptionKey;
use comitia_openid::{Ask, Authentication, Client, Settings, Vouched};
use comitia_testkit::OpenIdProvider;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{Signer, identified, settings};

const SECRET: &str = "a secret of the client that is long enough";

/// A client of this kind, with changes to it.
fn registered(id: &str, changes: Value) -> Value {
    let mut client = json!({
        "client_id": id,
        "client_secret": SECRET,
        "redirect_uris": [settings().redirect_uri],
        "post_logout_redirect_uris": [settings().post_logout_redirect_uri],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "subject_type": "pairwise",
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "ES256",
    });
    let object = client.as_object_mut().unwrap();
    object.extend(changes.as_object().unwrap().clone());
    object.retain(|_, value| !value.is_null());
    client
}

/// A client with this key in place of a secret.
fn with_key(id: &str, signer: &Signer) -> Value {
    let changes = json!({
        "client_secret": null,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": format!("{:?}", signer.algorithm),
        "jwks": { "keys": [signer.jwk] },
    });
    registered(id, changes)
}

/// A client whose tokens are encrypted for this key.
fn encrypted(id: &str, signer: &Signer, alg: &str) -> Value {
    let mut jwk = signer.jwk.clone();
    jwk["use"] = json!("enc");
    jwk["alg"] = json!(alg);
    let changes = json!({
        "jwks": { "keys": [jwk] },
        "id_token_encrypted_response_alg": alg,
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_encrypted_response_alg": alg,
        "userinfo_encrypted_response_enc": "A256GCM",
    });
    registered(id, changes)
}

fn configured(provider: &OpenIdProvider, id: &str) -> Settings {
    let authentication = Authentication::SecretPost(SECRET.into());
    Settings { issuer: provider.issuer().into(), client_id: id.into(), authentication, ..settings() }
}

fn client(settings: Settings) -> Client {
    Client::new(settings, Clock::system()).unwrap()
}

fn ask(level: &str, claims: bool) -> Ask {
    let scopes = if claims { identified() } else { Vec::new() };
    Ask { level: Some(level.into()), scopes, language: Some("fr".into()), anew: false }
}

async fn sign_in(provider: &OpenIdProvider, client: &Client, ask: &Ask, acr: &str) -> Result<Vouched, Error> {
    let (url, attempt) = client.begin(ask).await?;
    let query = provider.sign_in(url.as_str(), "ada", acr).await.unwrap();
    client.complete(&attempt, &query).await
}

#[tokio::test]
async fn anonymous_and_identified() {
    let clients = json!([registered("a", json!({})), registered("b", json!({}))]).to_string();
    let Some(provider) = OpenIdProvider::start(&clients, false).await.unwrap() else { return };
    let a = client(configured(&provider, "a"));
    let once = sign_in(&provider, &a, &ask("eidas1", false), "eidas1").await.unwrap();
    assert!(once.claims.is_empty());
    let again = sign_in(&provider, &a, &ask("eidas1", true), "eidas1").await.unwrap();
    assert_eq!(once.subject.expose_secret(), again.subject.expose_secret(), "one person");
    assert_eq!(claims::text(&again.claims, "birthdate"), Some("1985-12-10"));
    let b = client(configured(&provider, "b"));
    let other = sign_in(&provider, &b, &ask("eidas1", false), "eidas1").await.unwrap();
    assert_ne!(once.subject.expose_secret(), other.subject.expose_secret(), "pairwise");

    let refused = sign_in(&provider, &a, &ask("eidas2", false), "eidas1").await.unwrap_err();
    assert_eq!(refused, Refused::Level.into(), "the provider gave less than was asked for");

    let logout = a.logout_url(&once.id_token, "a state of 32 characters or more").await.unwrap().unwrap();
    let query: HashMap<_, _> = logout.query_pairs().into_owned().collect();
    assert_eq!(query["id_token_hint"], once.id_token.expose_secret());
    assert!(logout.as_str().starts_with(&format!("{}/session/end", provider.issuer())));
}

#[tokio::test]
async fn codes_states_and_browsers_that_are_not_ones_own() {
    let clients = json!([registered("a", json!({}))]).to_string();
    let Some(mut provider) = OpenIdProvider::start(&clients, false).await.unwrap() else { return };
    let a = client(configured(&provider, "a"));
    let (url, attempt) = a.begin(&ask("eidas1", false)).await.unwrap();
    let query = provider.sign_in(url.as_str(), "ada", "eidas1").await.unwrap();
    let (other_url, other) = a.begin(&ask("eidas1", false)).await.unwrap();
    assert_eq!(a.complete(&other, &query).await.unwrap_err(), Refused::StateMismatch.into());

    // The attacker's code with the victim's state: the ID token is for the attacker's nonce.
    let attackers = provider.sign_in(other_url.as_str(), "ada", "eidas1").await.unwrap();
    let swapped = attackers.replace(&other.state, &attempt.state);
    assert_eq!(a.complete(&attempt, &swapped).await.unwrap_err(), Refused::Nonce.into());

    a.complete(&attempt, &query).await.unwrap();
    assert_eq!(a.complete(&attempt, &query).await.unwrap_err(), Refused::CodeRefused.into(), "twice");

    let (url, attempt) = a.begin(&ask("eidas1", false)).await.unwrap();
    let refused = provider.sign_in(url.as_str(), "nobody", "").await.unwrap();
    let denied = a.complete(&attempt, &refused).await.unwrap_err();
    assert_eq!(denied, Error::Denied(Denial::AccessDenied));

    let wrong = Authentication::SecretPost("a wrong secret, as long as the right one".into());
    let impostor = client(Settings { authentication: wrong, ..configured(&provider, "a") });
    let refused = sign_in(&provider, &impostor, &ask("eidas1", false), "eidas1").await.unwrap_err();
    assert_eq!(refused, Refused::ClientRefused.into());

    let (url, attempt) = a.begin(&ask("eidas1", false)).await.unwrap();
    let query = provider.sign_in(url.as_str(), "ada", "eidas1").await.unwrap();
    provider.stop().await.unwrap();
    assert!(matches!(a.complete(&attempt, &query).await, Err(Error::Away(_))), "the provider is away");
}

#[tokio::test]
async fn clients_with_keys_and_rs256() {
    let (es, rs) = (Signer::es256("ours"), Signer::rs256("ours"));
    let rs256 = json!({ "id_token_signed_response_alg": "RS256", "userinfo_signed_response_alg": "RS256" });
    let clients = json!([with_key("es", &es), with_key("rs", &rs), registered("rs256", rs256)]).to_string();
    let Some(provider) = OpenIdProvider::start(&clients, false).await.unwrap() else { return };
    for (id, signer) in [("es", &es), ("rs", &rs)] {
        let key = Authentication::private_key(Some("ours".into()), signer.pem.as_bytes()).unwrap();
        let client = client(Settings { authentication: key, ..configured(&provider, id) });
        for _ in 0..2 {
            sign_in(&provider, &client, &ask("eidas1", true), "eidas3").await.unwrap();
        }
    }
    let client = client(configured(&provider, "rs256"));
    sign_in(&provider, &client, &ask("eidas1", true), "eidas1").await.unwrap();
}

#[tokio::test]
async fn encrypted_tokens() {
    let (ec, rsa) = (Signer::es256("ec"), Signer::rs256("rsa"));
    let clients = json!([
        encrypted("ec", &ec, "ECDH-ES"),
        encrypted("oaep", &rsa, "RSA-OAEP"),
        encrypted("oaep256", &rsa, "RSA-OAEP-256"),
    ])
    .to_string();
    let Some(provider) = OpenIdProvider::start(&clients, false).await.unwrap() else { return };
    for (id, signer) in [("ec", &ec), ("oaep", &rsa), ("oaep256", &rsa)] {
        let decryption = Some(DecryptionKey::from_pem(signer.pem.as_bytes()).unwrap());
        let client = client(Settings { decryption, ..configured(&provider, id) });
        let vouched = sign_in(&provider, &client, &ask("eidas2", true), "eidas3").await.unwrap();
        assert_eq!(claims::text(&vouched.claims, "given_name"), Some("Ada"), "{id}");
    }
    let without = client(configured(&provider, "ec"));
    let refused = sign_in(&provider, &without, &ask("eidas2", true), "eidas3").await.unwrap_err();
    assert_eq!(refused, Refused::TokenMalformed.into());
}

#[tokio::test]
async fn pkce_where_the_provider_takes_it() {
    let clients = json!([registered("a", json!({}))]).to_string();
    let Some(provider) = OpenIdProvider::start(&clients, true).await.unwrap() else { return };
    let a = client(Settings { pkce: true, ..configured(&provider, "a") });
    sign_in(&provider, &a, &ask("eidas1", false), "eidas1").await.unwrap();
    // A code that was stolen on its way is worth nothing without the verifier.
    let (url, mut attempt) = a.begin(&ask("eidas1", false)).await.unwrap();
    let query = provider.sign_in(url.as_str(), "ada", "eidas1").await.unwrap();
    attempt.verifier = Some("x".repeat(43));
    assert_eq!(a.complete(&attempt, &query).await.unwrap_err(), Refused::CodeRefused.into());
}

#[tokio::test]
async fn pkce_where_the_provider_refuses_it() {
    let clients = json!([registered("a", json!({}))]).to_string();
    let Some(provider) = OpenIdProvider::start(&clients, false).await.unwrap() else { return };
    let a = client(Settings { pkce: true, ..configured(&provider, "a") });
    let (url, _) = a.begin(&ask("eidas1", false)).await.unwrap();
    let refused = provider.sign_in(url.as_str(), "ada", "eidas1").await.unwrap_err();
    assert!(refused.to_string().contains("Y000400"), "{refused}");
}
