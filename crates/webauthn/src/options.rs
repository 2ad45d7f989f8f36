//! What a browser is asked for, as the JSON of the specification (section 5.1.8 and 5.1.9).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Site;
use crate::key::{EDDSA, ES256, RS256};

/// How long a browser waits for a person, in milliseconds.
const TIMEOUT: u32 = 300_000;

/// What a registration is for.
#[derive(Clone, Copy, Debug)]
pub struct CreationOptions<'a> {
    /// The site.
    pub site: &'a Site,
    /// 16 random bytes or more.
    pub challenge: &'a [u8],
    /// Whose credential it becomes: bytes that say nothing about the person.
    pub user_handle: &'a [u8],
    /// The name of the account, which the authenticator shows.
    pub name: &'a str,
    /// The person's name, which the authenticator shows.
    pub display_name: &'a str,
    /// The ids of their credentials: an authenticator with one of them makes no other.
    pub known: &'a [Vec<u8>],
}

/// A `PublicKeyCredentialCreationOptionsJSON`.
#[must_use]
pub fn creation_options(options: &CreationOptions<'_>) -> Value {
    let algorithms = [ES256, EDDSA, RS256].map(|alg| json!({"type": "public-key", "alg": alg}));
    json!({
        "rp": {"id": options.site.domain(), "name": options.site.domain()},
        "user": {
            "id": URL_SAFE_NO_PAD.encode(options.user_handle),
            "name": options.name,
            "displayName": options.display_name,
        },
        "challenge": URL_SAFE_NO_PAD.encode(options.challenge),
        "pubKeyCredParams": algorithms,
        "timeout": TIMEOUT,
        "excludeCredentials": descriptors(options.known),
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
        "attestation": "none",
    })
}

/// What a verification is for.
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions<'a> {
    /// The site.
    pub site: &'a Site,
    /// 16 random bytes or more.
    pub challenge: &'a [u8],
    /// The ids of the credentials that may answer.
    pub known: &'a [Vec<u8>],
}

/// A `PublicKeyCredentialRequestOptionsJSON`.
#[must_use]
pub fn request_options(options: &RequestOptions<'_>) -> Value {
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(options.challenge),
        "timeout": TIMEOUT,
        "rpId": options.site.domain(),
        "allowCredentials": descriptors(options.known),
        "userVerification": "required",
    })
}

fn descriptors(ids: &[Vec<u8>]) -> Vec<Value> {
    ids.iter().map(|id| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(id)})).collect()
}
