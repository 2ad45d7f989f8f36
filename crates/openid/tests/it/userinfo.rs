//! Userinfo that is not the person's, or not the provider's.

use comitia_openid::claims;
use comitia_openid::error::Refused;
use serde_json::{Value, json};

use crate::world::{SUBJECT, World};

fn check(signed: bool, changes: &Value) -> Result<(), Refused> {
    let world = World::new();
    let mut claims = world.claims();
    claims.extend(changes.as_object().unwrap().clone());
    claims::userinfo(&claims, signed, &world.settings, SUBJECT, world.now)
}

#[test]
fn userinfo_of_the_person() {
    assert_eq!(check(true, &json!({ "birthdate": "1962-08-24" })), Ok(()));
    assert_eq!(check(false, &json!({ "iss": 1, "aud": 1 })), Ok(()), "unsigned, only sub is to be compared");
}

#[test]
fn userinfo_of_another_person() {
    for signed in [true, false] {
        let swapped = format!("{}2", &SUBJECT[..SUBJECT.len() - 1]);
        assert_eq!(check(signed, &json!({ "sub": swapped })), Err(Refused::UserinfoSubject));
        assert_eq!(check(signed, &json!({ "sub": null })), Err(Refused::Subject));
    }
}

#[test]
fn userinfo_for_another_client() {
    assert_eq!(check(true, &json!({ "aud": "another" })), Err(Refused::Audience));
}

#[test]
fn userinfo_of_another_issuer() {
    assert_eq!(check(true, &json!({ "iss": "https://attacker.example" })), Err(Refused::Issuer));
}

#[test]
fn userinfo_that_was_kept() {
    let old = World::new().at(-30);
    assert_eq!(check(true, &json!({ "exp": old })), Err(Refused::Expired));
}
