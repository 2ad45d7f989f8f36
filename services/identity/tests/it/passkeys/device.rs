//! An authenticator in software, with what it says; right as it is made.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub struct Device {
    pair: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub domain: &'static str,
    pub origin: &'static str,
    pub flags: u8,
    pub count: u32,
    pub handle: Option<String>,
}

impl Device {
    pub fn new() -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: comitia_core::random::bytes::<16>().to_vec(),
            domain: "city.example",
            origin: "https://city.example",
            flags: 0b101,
            count: 1,
            handle: None,
        }
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.domain.as_bytes()).as_ref().to_vec();
        data.push(self.flags | more);
        data.extend(self.count.to_be_bytes());
        data
    }

    /// The answer to a `PublicKeyCredentialCreationOptionsJSON`.
    pub fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.handle = options["user"]["id"].as_str().map(str::to_owned);
        let mut data = self.data(0b0100_0000);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.pair.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..]);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.credential(&json!({
            "clientDataJSON": text(self.client("webauthn.create", &options).as_bytes()),
            "attestationObject": text(&object),
        }))
    }

    /// The answer to a `PublicKeyCredentialRequestOptionsJSON`.
    pub fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.count += 1;
        let client = self.client("webauthn.get", &options);
        let data = self.data(0);
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        self.credential(&json!({
            "clientDataJSON": text(client.as_bytes()),
            "authenticatorData": text(&data),
            "signature": text(signature.as_ref()),
            "userHandle": self.handle,
        }))
    }

    fn credential(&self, response: &Value) -> String {
        let id = text(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response}).to_string()
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
