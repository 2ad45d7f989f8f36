//! ID tokens: signature and claims.

use comitia_openid::error::Refused;
use comitia_openid::jws::{self, Keys};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::world::{ACCESS_TOKEN, CLIENT, ISSUER, Signer, World, encoded, key_set};

#[test]
fn the_right_token_is_believed() {
    let world = World::new();
    assert_eq!(world.with(json!({})), Ok(()));
    let rsa = Signer::rs256("key 2");
    let world = World { keys: key_set(&[&world.signer, &rsa]), ..world };
    assert_eq!(world.verify(&rsa.sign(&world.claims())), Ok(()), "RS256 too");
    assert_eq!(world.verify(&world.signer.sign(&world.claims())), Ok(()));
}

#[test]
fn a_token_of_another_shape() {
    let world = World::new();
    let token = world.signer.sign(&world.claims());
    for damaged in ["", "a.b", "....", &format!("{token}.x"), &format!("!{token}")] {
        assert_eq!(world.verify(damaged), Err(Refused::TokenMalformed), "{damaged}");
    }
}

#[test]
fn an_unsigned_token() {
    let world = World::new();
    for none in ["none", "None", "NONE"] {
        let header = encoded(json!({ "alg": none, "kid": "key 1" }).to_string());
        let body = encoded(serde_json::to_vec(&world.claims()).unwrap());
        assert_eq!(world.verify(&format!("{header}.{body}.")), Err(Refused::Unsigned));
    }
}

#[test]
fn a_signature_that_was_taken_away() {
    let world = World::new();
    let token = world.signer.sign(&world.claims());
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(world.verify(&format!("{signed}.")), Err(Refused::Signature));
}

#[test]
fn a_public_key_as_the_secret_of_a_mac() {
    let world = World::new();
    let secret = EncodingKey::from_secret(world.signer.jwk.to_string().as_bytes());
    let header = Header { kid: Some("key 1".into()), ..Header::new(Algorithm::HS256) };
    let token = jsonwebtoken::encode(&header, &world.claims(), &secret).unwrap();
    assert_eq!(world.verify(&token), Err(Refused::Algorithm));
}

#[test]
fn a_key_that_the_token_brings_itself() {
    let (world, forger) = (World::new(), Signer::es256("key 1"));
    let own = serde_json::from_value(forger.jwk.clone()).unwrap();
    let header = Header {
        kid: Some("key 1".into()),
        jwk: Some(own),
        jku: Some("https://forger.example/jwks".into()),
        ..Header::new(Algorithm::ES256)
    };
    assert_eq!(world.verify(&forger.sign_as(&header, &world.claims())), Err(Refused::Signature));
}

#[test]
fn a_key_that_the_provider_does_not_publish() {
    let (world, forger) = (World::new(), Signer::es256("key of the forger"));
    assert_eq!(world.verify(&forger.sign(&world.claims())), Err(Refused::KeyUnknown));
}

#[test]
fn a_key_that_is_for_encryption() {
    let world = World::new();
    let mut jwk = world.signer.jwk.clone();
    jwk["use"] = json!("enc");
    let keys = Keys::read(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    let world = World { keys, ..world };
    assert_eq!(world.with(json!({})), Err(Refused::KeyUnknown));
}

#[test]
fn a_key_of_another_algorithm_under_the_same_id() {
    let (world, rsa) = (World::new(), Signer::rs256("key 1"));
    assert_eq!(world.verify(&rsa.sign(&world.claims())), Err(Refused::KeyUnknown));
}

#[test]
fn a_token_without_the_id_of_its_key_among_several() {
    let (world, other) = (World::new(), Signer::es256("key 2"));
    let token = world.signer.sign_as(&Header::new(Algorithm::ES256), &world.claims());
    assert_eq!(world.verify(&token), Ok(()), "there is one key that it can be");
    let world = World { keys: key_set(&[&world.signer, &other]), ..world };
    assert_eq!(world.verify(&token), Err(Refused::KeyUnknown));
}

#[test]
fn a_key_set_with_keys_of_other_kinds() {
    let world = World::new();
    let set = json!({ "keys": [{ "kty": "new", "kid": "a" }, { "kty": "oct", "k": "c2VjcmV0", "kid": "b" }, world.signer.jwk, 7] });
    let world = World { keys: Keys::read(set.to_string().as_bytes()).unwrap(), ..world };
    assert_eq!(world.with(json!({})), Ok(()));
    assert!(matches!(Keys::read(b"[]"), Err(Refused::AnswerMalformed)));
}

#[test]
fn claims_that_were_changed_after_signing() {
    let world = World::new();
    let token = world.signer.sign(&world.claims());
    let mut parts: Vec<_> = token.split('.').collect();
    let mut claims = world.claims();
    claims.insert("sub".into(), json!("somebody else"));
    let forged = encoded(serde_json::to_vec(&claims).unwrap());
    parts[1] = &forged;
    assert_eq!(world.verify(&parts.join(".")), Err(Refused::Signature));
}

#[test]
fn a_critical_header_that_nobody_understands() {
    let world = World::new();
    let header =
        encoded(json!({ "alg": "ES256", "kid": "key 1", "crit": ["b64"], "b64": false }).to_string());
    let body = encoded(serde_json::to_vec(&world.claims()).unwrap());
    let token = format!("{header}.{body}.{}", encoded([0; 64]));
    assert_eq!(world.verify(&token), Err(Refused::CriticalHeader));
}

#[test]
fn a_token_of_another_kind() {
    let world = World::new();
    for kind in ["at+jwt", "logout+jwt", "permit+jwt"] {
        let header =
            Header { kid: Some("key 1".into()), typ: Some(kind.into()), ..Header::new(Algorithm::ES256) };
        let token = world.signer.sign_as(&header, &world.claims());
        assert_eq!(world.verify(&token), Err(Refused::TokenKind), "{kind}");
    }
}

#[test]
fn a_token_of_another_issuer() {
    let world = World::new();
    for issuer in
        [json!("https://provider.example/api/v1"), json!(format!("{ISSUER}/")), json!(7), json!(null)]
    {
        assert_eq!(world.with(json!({ "iss": issuer })), Err(Refused::Issuer));
    }
}

#[test]
fn a_token_for_another_client() {
    let world = World::new();
    for audience in [json!("another"), json!([]), json!(["another"]), json!({ CLIENT: 1 }), json!(null)] {
        assert_eq!(world.with(json!({ "aud": audience })), Err(Refused::Audience));
    }
    assert_eq!(world.with(json!({ "aud": [CLIENT] })), Ok(()));
}

#[test]
fn a_token_for_several_clients() {
    let world = World::new();
    let several = json!([CLIENT, "another"]);
    assert_eq!(world.with(json!({ "aud": several })), Err(Refused::AuthorizedParty));
    assert_eq!(world.with(json!({ "aud": several, "azp": CLIENT })), Ok(()));
}

#[test]
fn a_token_that_was_given_to_another_client() {
    let world = World::new();
    assert_eq!(world.with(json!({ "azp": "another" })), Err(Refused::AuthorizedParty));
}

#[test]
fn an_expired_token() {
    let world = World::new();
    assert_eq!(world.with(json!({ "exp": world.at(-29) })), Ok(()), "clocks may be half a minute apart");
    assert_eq!(world.with(json!({ "exp": world.at(-30) })), Err(Refused::Expired));
}

#[test]
fn a_token_that_never_expires() {
    let world = World::new();
    for exp in [json!(null), json!("tomorrow"), json!(1e300)] {
        assert_eq!(world.with(json!({ "exp": exp })), Err(Refused::Expired), "{exp}");
    }
}

#[test]
fn a_token_from_the_future() {
    let world = World::new();
    assert_eq!(world.with(json!({ "iat": world.at(30) })), Ok(()));
    assert_eq!(world.with(json!({ "iat": world.at(31) })), Err(Refused::FromTheFuture));
    assert_eq!(world.with(json!({ "nbf": world.at(31) })), Err(Refused::FromTheFuture));
    assert_eq!(world.with(json!({ "iat": null })), Err(Refused::FromTheFuture));
}

#[test]
fn a_token_from_before_the_sign_in() {
    let world = World::new();
    assert_eq!(world.with(json!({ "iat": world.at(-50) })), Ok(()), "20 s ago, and clocks 30 s apart");
    assert_eq!(world.with(json!({ "iat": world.at(-51) })), Err(Refused::Stale));
}

#[test]
fn a_token_for_another_nonce() {
    let world = World::new();
    let shorter = &world.attempt.nonce[1..];
    for nonce in [json!("of another sign-in"), json!(shorter), json!(""), json!(1)] {
        assert_eq!(world.with(json!({ "nonce": nonce })), Err(Refused::Nonce));
    }
}

#[test]
fn a_token_without_a_nonce() {
    assert_eq!(World::new().with(json!({ "nonce": null })), Err(Refused::Nonce));
}

#[test]
fn a_token_about_nobody() {
    let world = World::new();
    for sub in [json!(null), json!(""), json!(7), json!("é"), json!("x".repeat(256))] {
        assert_eq!(world.with(json!({ "sub": sub })), Err(Refused::Subject));
    }
    assert_eq!(world.with(json!({ "sub": "x".repeat(255) })), Ok(()));
}

#[test]
fn a_lower_level_than_was_asked_for() {
    let world = World::new();
    assert_eq!(world.with(json!({ "acr": "eidas1" })), Err(Refused::Level));
    assert_eq!(world.with(json!({ "acr": "eidas3" })), Ok(()), "a higher one will do");
}

#[test]
fn a_level_that_is_missing_or_unknown() {
    let world = World::new();
    for acr in [json!(null), json!("eidas4"), json!("EIDAS2"), json!(["eidas2"])] {
        assert_eq!(world.with(json!({ "acr": acr })), Err(Refused::Level));
    }
}

#[test]
fn an_access_token_that_was_swapped() {
    let world = World::new();
    let hash = |token: &str| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        encoded(&digest.as_ref()[..16])
    };
    assert_eq!(world.with(json!({ "at_hash": hash(ACCESS_TOKEN) })), Ok(()));
    assert_eq!(world.with(json!({ "at_hash": hash("another") })), Err(Refused::AccessTokenHash));
    assert_eq!(world.with(json!({ "at_hash": 1 })), Err(Refused::AccessTokenHash));
}

#[test]
fn a_short_rsa_key() {
    // 1024 bits, made for this test; its private half is not needed: no signature is good under it.
    let jwk = json!({ "kty": "RSA", "kid": "short", "e": "AQAB", "n": encoded([0xc5; 128]) });
    let keys = Keys::read(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    let (world, rsa) = (World::new(), Signer::rs256("short"));
    assert!(matches!(jws::verify(&rsa.sign(&world.claims()), &keys), Err(Refused::Signature)));
}
