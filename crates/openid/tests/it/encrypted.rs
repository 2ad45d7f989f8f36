//! Encrypted tokens, and what may be done to them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PrivateDecryptingKey,
};
use comitia_openid::error::Refused;
use comitia_openid::jwe::DecryptionKey;
use serde_json::{Value, json};

use crate::world::{encoded, pem};

const INSIDE: &str = "a.signed.token";

/// Encrypts as RFC 7516 says, for a header and a content key.
fn sealed(header: &Value, encrypted_key: &[u8], key: &[u8]) -> String {
    let header = encoded(header.to_string());
    let iv = [7; 12];
    let mut body = INSIDE.as_bytes().to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap())
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(header.as_bytes()), &mut body)
        .unwrap();
    [header, encoded(encrypted_key), encoded(iv), encoded(body), encoded(tag.as_ref())].join(".")
}

struct Agreement {
    own: DecryptionKey,
    header: Value,
    key: Vec<u8>,
}

/// A key of ours, and a token's key that was agreed with it (RFC 7518, section 4.6.2, written out).
fn agreement() -> Agreement {
    let ours = agreement::PrivateKey::generate(&ECDH_P256).unwrap();
    let der: aws_lc_rs::encoding::EcPrivateKeyRfc5915Der<'_> = ours.as_der().unwrap();
    let text = pem(der.as_ref()).replace("PRIVATE KEY", "EC PRIVATE KEY");
    let own = DecryptionKey::from_pem(text.as_bytes()).unwrap();
    let theirs = agreement::PrivateKey::generate(&ECDH_P256).unwrap();
    let public = theirs.compute_public_key().unwrap();
    let our_public = ours.compute_public_key().unwrap();
    let peer = agreement::UnparsedPublicKey::new(&ECDH_P256, our_public.as_ref());
    let key = agreement::agree(&theirs, peer, (), |shared| {
        let other: [&[u8]; 8] = [
            &[0, 0, 0, 1],
            shared,
            &[0, 0, 0, 7],
            b"A256GCM",
            &[0, 0, 0, 5],
            b"Alice",
            &[0, 0, 0, 0],
            &[0, 0, 1, 0],
        ];
        Ok(digest(&SHA256, &other.concat()).as_ref().to_vec())
    });
    let point = public.as_ref();
    let header = json!({
        "alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT", "apu": encoded("Alice"),
        "epk": { "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) },
    });
    Agreement { own, header, key: key.unwrap() }
}

fn with(agreement: &Agreement, pointer: &str, value: Value) -> Result<String, Refused> {
    let mut header = agreement.header.clone();
    match header.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => header[&pointer[1..]] = value,
    }
    agreement.own.open(&sealed(&header, b"", &agreement.key))
}

#[test]
fn a_token_by_key_agreement() {
    let agreement = agreement();
    assert_eq!(with(&agreement, "/cty", json!("JWT")), Ok(INSIDE.into()));
}

#[test]
fn a_token_for_an_rsa_key() {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = private.as_der().unwrap();
    let own = DecryptionKey::from_pem(pem(der.as_ref()).as_bytes()).unwrap();
    let public = OaepPublicEncryptingKey::new(private.public_key()).unwrap();
    let token = |alg: &str, oaep: &'static OaepAlgorithm| {
        let mut room = vec![0; public.ciphertext_size()];
        let encrypted = public.encrypt(oaep, &[9; 32], &mut room, None).unwrap();
        sealed(&json!({ "alg": alg, "enc": "A256GCM" }), encrypted, &[9; 32])
    };
    assert_eq!(own.open(&token("RSA-OAEP", &OAEP_SHA1_MGF1SHA1)), Ok(INSIDE.into()));
    assert_eq!(own.open(&token("RSA-OAEP-256", &OAEP_SHA256_MGF1SHA256)), Ok(INSIDE.into()));
    assert_eq!(own.open(&token("RSA-OAEP-256", &OAEP_SHA1_MGF1SHA1)), Err(Refused::Undecryptable));
    assert_eq!(own.open(&token("RSA1_5", &OAEP_SHA1_MGF1SHA1)), Err(Refused::Encryption));
}

#[test]
fn a_token_that_is_not_encrypted() {
    assert_eq!(agreement().own.open(INSIDE), Err(Refused::NotEncrypted));
}

#[test]
fn a_token_in_another_way_than_is_configured() {
    let agreement = agreement();
    for (pointer, value) in [
        ("/alg", json!("RSA-OAEP")),
        ("/alg", json!("dir")),
        ("/alg", json!("ECDH-ES+A256KW")),
        ("/enc", json!("A128CBC-HS256")),
        ("/zip", json!("DEF")),
        ("/crit", json!(["exp"])),
        ("/epk/crv", json!("P-384")),
        ("/epk", json!(null)),
    ] {
        assert_eq!(with(&agreement, pointer, value), Err(Refused::Encryption), "{pointer}");
    }
    let keyed = sealed(&agreement.header, b"a key where none belongs", &agreement.key);
    assert_eq!(agreement.own.open(&keyed), Err(Refused::Encryption));
}

#[test]
fn a_point_that_is_not_on_the_curve() {
    let agreement = agreement();
    assert_eq!(with(&agreement, "/epk/x", json!(encoded([5; 32]))), Err(Refused::Undecryptable));
    assert_eq!(with(&agreement, "/epk/x", json!(encoded([5; 31]))), Err(Refused::Encryption));
}

#[test]
fn an_encrypted_token_that_was_changed() {
    let agreement = agreement();
    let token = sealed(&agreement.header, b"", &agreement.key);
    let parts: Vec<_> = token.split('.').map(ToOwned::to_owned).collect();
    for part in [2, 3, 4] {
        let mut changed = parts.clone();
        let other = if changed[part].starts_with('A') { "B" } else { "A" };
        changed[part].replace_range(..1, other);
        assert_eq!(agreement.own.open(&changed.join(".")), Err(Refused::Undecryptable), "part {part}");
    }
    let mut short = parts;
    short[4] = encoded([0; 4]);
    assert_eq!(agreement.own.open(&short.join(".")), Err(Refused::Undecryptable), "a short tag");
    assert_eq!(with(&agreement, "/apv", json!(encoded("Bob"))), Err(Refused::Undecryptable));
}

#[test]
fn a_token_for_another_key() {
    let (ours, others) = (agreement(), agreement());
    let token = sealed(&others.header, b"", &others.key);
    assert_eq!(ours.own.open(&token), Err(Refused::Undecryptable));
}
