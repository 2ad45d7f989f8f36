//! The request that a browser carries, and the answers that it brings back, its own and others'.

use std::collections::HashMap;

use chrono::TimeDelta;
use comitia_openid::discovery::Metadata;
use comitia_openid::error::{Denial, Error, Refused};
use comitia_openid::{Ask, Attempt, Settings, answer, claims, request};
use secrecy::ExposeSecret;

use crate::discovery::document;
use crate::world::{ISSUER, World, identified, settings};

fn code(world: &World, query: &str) -> Result<String, Error> {
    let code = answer::code(query, &world.attempt, ISSUER, true, world.now)?;
    Ok(code.expose_secret().to_owned())
}

fn good(world: &World) -> String {
    let iss: String = form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
    format!("code=abc%2F&state={}&iss={iss}", world.attempt.state)
}

fn asked(settings: &Settings, ask: &Ask) -> HashMap<String, String> {
    let metadata = Metadata::read(document().to_string().as_bytes(), settings).unwrap();
    let attempt = Attempt::new(settings, ask, chrono::DateTime::UNIX_EPOCH);
    request::authorization_url(&metadata, settings, ask, &attempt).query_pairs().into_owned().collect()
}

#[test]
fn the_request_asks_for_exactly_what_the_provider_lists() {
    let ask = Ask { level: Some("eidas1".into()), scopes: Vec::new(), language: None, anew: false };
    let anonymous = asked(&settings(), &ask);
    let mut names: Vec<_> = anonymous.keys().map(String::as_str).collect();
    names.sort_unstable();
    let listed = ["acr_values", "client_id", "nonce", "redirect_uri", "response_type", "scope", "state"];
    assert_eq!(names, listed);
    assert_eq!(anonymous["scope"], "openid", "the anonymous profile");
    assert_eq!(anonymous["acr_values"], "eidas1");
    assert!(anonymous["state"].len() >= 32 && anonymous["nonce"].len() >= 32);
    assert_ne!(anonymous["state"], anonymous["nonce"]);
    assert_ne!(asked(&settings(), &ask)["state"], anonymous["state"]);
    let anew = asked(&settings(), &Ask { anew: true, ..ask.clone() });
    assert_eq!(anew["prompt"], "login", "whoever is signed in there");
    assert!(!asked(&settings(), &ask).contains_key("prompt"));
    let identified = asked(&settings(), &Ask { scopes: identified(), ..ask });
    assert_eq!(identified["scope"], "openid given_name family_name birthdate email");
}

#[test]
fn pkce_where_it_is_configured() {
    let settings = Settings { pkce: true, ..settings() };
    let request = asked(&settings, &Ask::default());
    assert_eq!((request["code_challenge"].len(), &*request["code_challenge_method"]), (43, "S256"));
    assert!(
        Attempt::new(&settings, &Ask::default(), chrono::DateTime::UNIX_EPOCH).verifier.unwrap().len() >= 43
    );
}

#[test]
fn signing_out_goes_back_to_the_configured_address_alone() {
    let settings = settings();
    let metadata = Metadata::read(document().to_string().as_bytes(), &settings).unwrap();
    let url = request::logout_url(&metadata, &settings, "the.id.token", "a state").unwrap();
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["id_token_hint"], "the.id.token");
    assert_eq!(query["post_logout_redirect_uri"], "https://vote.example.org/signed-out");
    assert_eq!(query["state"], "a state");
}

#[test]
fn the_answer_of_this_browser() {
    let world = World::new();
    assert_eq!(code(&world, &good(&world)), Ok("abc/".into()));
}

#[test]
fn a_forged_callback() {
    let world = World::new();
    let forged = good(&world).replace(&world.attempt.state, &World::new().attempt.state);
    assert_eq!(code(&world, &forged), Err(Refused::StateMismatch.into()));
    let shorter = good(&world).replace(&world.attempt.state, &world.attempt.state[..42]);
    assert_eq!(code(&world, &shorter), Err(Refused::StateMismatch.into()));
}

#[test]
fn a_callback_without_state() {
    assert_eq!(code(&World::new(), "code=abc"), Err(Refused::StateMissing.into()));
}

#[test]
fn login_with_the_session_of_another() {
    // The attacker's own code and state, in the victim's browser: the victim's sealed attempt has another state.
    let (victim, attacker) = (World::new(), World::new());
    assert_eq!(code(&victim, &good(&attacker)), Err(Refused::StateMismatch.into()));
}

#[test]
fn a_replayed_answer_after_its_time() {
    let world = World::new();
    let begun = world.attempt.begun;
    for (now, good_then) in [
        (begun + TimeDelta::minutes(15), true),
        (begun + TimeDelta::minutes(15) + TimeDelta::microseconds(1), false),
        // Another replica's clock is behind the one that the sign-in was begun by.
        (begun - TimeDelta::milliseconds(3), true),
        (begun - claims::SKEW, true),
        (begun - claims::SKEW - TimeDelta::microseconds(1), false),
    ] {
        let world = World { now, ..World { attempt: world.attempt.clone(), ..World::new() } };
        let expected = if good_then { Ok("abc/".to_owned()) } else { Err(Refused::AttemptExpired.into()) };
        assert_eq!(code(&world, &good(&world)), expected);
    }
}

#[test]
fn an_answer_with_a_parameter_twice() {
    let world = World::new();
    for twice in ["&code=other", "&state=other", "&iss=other"] {
        assert_eq!(code(&world, &(good(&world) + twice)), Err(Refused::ParameterRepeated.into()));
    }
}

#[test]
fn a_mix_up_of_two_providers() {
    let world = World::new();
    let other = good(&world).replace("provider.example", "attacker.example");
    assert_eq!(code(&world, &other), Err(Refused::ResponseIssuer.into()));
}

#[test]
fn an_answer_that_hides_its_provider() {
    let world = World::new();
    let silent = format!("code=abc&state={}", world.attempt.state);
    assert_eq!(code(&world, &silent), Err(Refused::ResponseIssuerMissing.into()));
    let believed = answer::code(&silent, &world.attempt, ISSUER, false, world.now);
    assert!(believed.is_ok(), "where discovery does not promise it");
}

#[test]
fn an_answer_to_a_sign_in_at_another_provider() {
    let mut world = World::new();
    world.attempt.issuer = "https://attacker.example".into();
    assert_eq!(code(&world, &good(&world)), Err(Refused::OtherProvider.into()));
}

#[test]
fn an_answer_without_a_code() {
    let world = World::new();
    for query in [good(&world).replace("code=abc%2F&", ""), good(&world).replace("abc%2F", "")] {
        assert_eq!(code(&world, &query), Err(Refused::CodeMissing.into()));
    }
}

#[test]
fn a_refusal_is_believed_only_with_the_state() {
    let world = World::new();
    assert_eq!(code(&world, "error=access_denied&state=x"), Err(Refused::StateMismatch.into()));
    for (error, expected) in [
        ("access_denied", Error::Denied(Denial::AccessDenied)),
        ("login_required", Error::Denied(Denial::Interaction)),
        ("invalid_scope", Error::Denied(Denial::Request)),
        ("temporarily_unavailable", Error::Away(std::time::Duration::from_secs(10))),
    ] {
        let query = good(&world).replace("code=abc%2F", &format!("error={error}"));
        assert_eq!(code(&world, &query), Err(expected));
    }
}

#[test]
fn an_answer_of_the_token_endpoint_that_is_none() {
    let read = |answer: serde_json::Value| {
        answer::Tokens::read(answer.to_string().as_bytes()).map(|(_, token)| token.expose_secret().to_owned())
    };
    let answer = serde_json::json!({ "access_token": "a", "token_type": "bearer", "id_token": "t" });
    assert_eq!(read(answer.clone()), Ok("t".into()));
    let without = |name: &str, value: serde_json::Value| {
        let mut answer = answer.clone();
        answer[name] = value;
        read(answer)
    };
    assert_eq!(without("id_token", serde_json::Value::Null), Err(Refused::IdTokenMissing));
    assert_eq!(without("token_type", "DPoP".into()), Err(Refused::TokenType));
    assert_eq!(without("access_token", serde_json::Value::Null), Err(Refused::AnswerMalformed));
}
