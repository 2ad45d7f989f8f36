//! What a provider says of itself, and what is configured of it.

use comitia_openid::discovery::{self, Metadata};
use comitia_openid::error::Refused;
use comitia_openid::{Settings, SettingsError};
use serde_json::{Value, json};

use crate::world::{ISSUER, settings};

/// A discovery document as FranceConnect v2 has it.
pub fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "end_session_endpoint": format!("{ISSUER}/session/end"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn read(name: &str, value: Value, settings: &Settings) -> Result<(), Refused> {
    let mut document = document();
    document[name] = value;
    Metadata::read(document.to_string().as_bytes(), settings).map(drop)
}

#[test]
fn the_document_is_at_its_place() {
    assert_eq!(
        discovery::location("https://a.example/api/v2"),
        "https://a.example/api/v2/.well-known/openid-configuration"
    );
    assert_eq!(
        discovery::location("https://a.example/"),
        "https://a.example/.well-known/openid-configuration"
    );
}

#[test]
fn a_document_of_another_issuer() {
    for issuer in ["https://attacker.example", "https://provider.example/api/v2/"] {
        assert_eq!(read("issuer", json!(issuer), &settings()), Err(Refused::DiscoveryIssuer));
    }
}

#[test]
fn a_document_that_is_none() {
    assert_eq!(read("jwks_uri", Value::Null, &settings()), Err(Refused::DiscoveryMalformed));
    assert!(matches!(Metadata::read(b"<html>", &settings()), Err(Refused::DiscoveryMalformed)));
}

#[test]
fn an_endpoint_without_tls() {
    for endpoint in
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"]
    {
        for address in ["http://provider.example/x", "javascript:alert(1)", "https://a@b.example/x", "x"] {
            assert_eq!(read(endpoint, json!(address), &settings()), Err(Refused::EndpointInsecure));
        }
        assert_eq!(read(endpoint, json!("http://127.0.0.1:1/x"), &settings()), Ok(()), "this machine itself");
    }
}

#[test]
fn a_provider_that_lacks_what_is_configured() {
    let read = |name, value| read(name, value, &Settings { pkce: true, ..settings() });
    assert_eq!(read("response_types_supported", json!(["id_token"])), Err(Refused::Unsupported));
    assert_eq!(read("code_challenge_methods_supported", json!(["plain"])), Err(Refused::Unsupported));
    assert_eq!(read("code_challenge_methods_supported", json!(["plain", "S256"])), Ok(()));
    let methods = "token_endpoint_auth_methods_supported";
    assert_eq!(read(methods, json!(["client_secret_basic"])), Err(Refused::Unsupported));
}

#[test]
fn settings_that_cannot_be_used() {
    let named = |settings: Settings| settings.check().unwrap_err().0;
    assert_eq!(settings().check(), Ok(()));
    assert_eq!(named(Settings { issuer: "http://provider.example".into(), ..settings() }), "issuer");
    assert_eq!(named(Settings { issuer: format!("{ISSUER}?a=b"), ..settings() }), "issuer");
    assert_eq!(named(Settings { client_id: String::new(), ..settings() }), "client_id");
    assert_eq!(named(Settings { redirect_uri: "/back".into(), ..settings() }), "redirect_uri");
    let open = Some("//attacker.example".into());
    assert_eq!(named(Settings { post_logout_redirect_uri: open, ..settings() }), "post_logout_redirect_uri");
    assert_eq!(named(Settings { levels: vec!["a b".into()], ..settings() }), "levels");
    let _: SettingsError = comitia_openid::Authentication::private_key(None, b"no key").err().unwrap();
}
