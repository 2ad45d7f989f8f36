//! The specification's own vector, and an authenticator in software with one thing wrong at a time.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cbor4ii::core::Value;
use cbor4ii::core::enc::Encode;
use cbor4ii::core::utils::BufWriter;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes.";
const HANDLE: &[u8] = b"ada";

/// Section 16.1.1, "ES256 Credential with No Attestation".
mod vector {
    pub const CREDENTIAL: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    pub const CREATE_CLIENT: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
    pub const OBJECT: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    pub const DATA: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    pub const GET_CLIENT: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    pub const SIGNATURE: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn of_hex(hex: &str) -> String {
    text(&hex::decode(hex).unwrap())
}

/// The vector's authenticator verified nobody: everything before that check is passed, and nothing after it is looked at.
#[test]
fn the_specifications_vector_is_read_up_to_what_we_ask_for_besides() {
    let site = Site::at("example.org").unwrap();
    let id = of_hex(vector::CREDENTIAL);
    let created = json!({"id": id, "rawId": id, "type": "public-key", "response": {
        "clientDataJSON": of_hex(vector::CREATE_CLIENT), "attestationObject": of_hex(vector::OBJECT)}});
    let created = Registration::read(&created.to_string()).unwrap();
    assert_eq!(created.verify(&site, created.challenge()).unwrap_err(), Refused::Verification);
    let got = json!({"id": id, "rawId": id, "type": "public-key", "response": {
        "clientDataJSON": of_hex(vector::GET_CLIENT), "authenticatorData": of_hex(vector::DATA),
        "signature": of_hex(vector::SIGNATURE)}});
    let got = Assertion::read(&got.to_string()).unwrap();
    let object = authenticator::AttestationObject::read(&hex::decode(vector::OBJECT).unwrap()).unwrap();
    let data = authenticator::AuthenticatorData::read(&object.authenticator_data).unwrap();
    let attested = data.attested.unwrap();
    let known = Known {
        credential_id: attested.id,
        public_key: attested.key_bytes,
        sign_count: 0,
        backup_eligible: true,
        user_handle: HANDLE,
    };
    assert_eq!(got.verify(&site, got.challenge(), &known), Err(Refused::Verification));
    // Its signature is the key's, over what we compute.
    let client = digest(&SHA256, &hex::decode(vector::GET_CLIENT).unwrap());
    let signed = [hex::decode(vector::DATA).unwrap().as_slice(), client.as_ref()].concat();
    let signature = hex::decode(vector::SIGNATURE).unwrap();
    assert_eq!(attested.key.verify(&signed, &signature), Ok(()));
    assert_eq!(attested.key.verify(&signed[1..], &signature), Err(Refused::Signature));
}

fn encoded(value: Value) -> Vec<u8> {
    let mut writer = BufWriter::new(Vec::new());
    value.encode(&mut writer).unwrap();
    writer.into_inner()
}

fn number(number: i128) -> Value {
    Value::Integer(number)
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

fn name(text: &str) -> Value {
    Value::Text(text.into())
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

impl Pair {
    fn all() -> [Self; 3] {
        let document = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        [
            Self::Es256(document),
            Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
            Self::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        ]
    }

    fn cose(&self) -> Vec<(Value, Value)> {
        match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                vec![
                    (number(1), number(2)),
                    (number(3), number(-7)),
                    (number(-1), number(1)),
                    (number(-2), bytes(&point[1..33])),
                    (number(-3), bytes(&point[33..])),
                ]
            }
            Self::EdDsa(pair) => vec![
                (number(1), number(1)),
                (number(3), number(-8)),
                (number(-1), number(6)),
                (number(-2), bytes(pair.public_key().as_ref())),
            ],
            Self::Rs256(pair) => vec![
                (number(1), number(3)),
                (number(3), number(-257)),
                (number(-1), bytes(pair.public_key().modulus().big_endian_without_leading_zero())),
                (number(-2), bytes(pair.public_key().exponent().big_endian_without_leading_zero())),
            ],
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// An authenticator, with what it says; right as it is made.
struct Authenticator {
    pair: Pair,
    kind: &'static str,
    challenge: Vec<u8>,
    origin: &'static str,
    more: &'static str,
    domain: &'static str,
    flags: u8,
    count: u32,
    id: Vec<u8>,
    handle: Option<&'static [u8]>,
    format: &'static str,
    statement: Vec<(Value, Value)>,
    trailing: &'static [u8],
}

impl Authenticator {
    fn creating(pair: Pair) -> Self {
        Self {
            pair,
            kind: "webauthn.create",
            challenge: CHALLENGE.to_vec(),
            origin: "https://city.example",
            more: "",
            domain: "city.example",
            flags: 0b0100_0101,
            count: 1,
            id: vec![7; 32],
            handle: Some(HANDLE),
            format: "none",
            statement: Vec::new(),
            trailing: b"",
        }
    }

    fn getting(pair: Pair) -> Self {
        Self { kind: "webauthn.get", flags: 0b101, count: 2, ..Self::creating(pair) }
    }

    fn client(&self) -> String {
        format!(
            r#"{{"type":"{}","challenge":"{}","origin":"{}","crossOrigin":false{}}}"#,
            self.kind,
            text(&self.challenge),
            self.origin,
            self.more
        )
    }

    fn data(&self) -> Vec<u8> {
        let mut data = digest(&SHA256, self.domain.as_bytes()).as_ref().to_vec();
        data.push(self.flags);
        data.extend(self.count.to_be_bytes());
        if self.flags & 0b0100_0000 != 0 {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            data.extend(encoded(Value::Map(self.pair.cose())));
        }
        data.extend(self.trailing);
        data
    }

    fn signature(&self) -> Vec<u8> {
        let client = digest(&SHA256, self.client().as_bytes());
        self.pair.sign(&[self.data().as_slice(), client.as_ref()].concat())
    }

    fn create(&self) -> String {
        let object = Value::Map(vec![
            (name("fmt"), name(self.format)),
            (name("attStmt"), Value::Map(self.statement.clone())),
            (name("authData"), bytes(&self.data())),
        ]);
        let bytes = encoded(object);
        let response =
            json!({"clientDataJSON": text(self.client().as_bytes()), "attestationObject": text(&bytes)});
        self.credential(&response)
    }

    fn get(&self) -> String {
        self.get_with(&self.signature())
    }

    fn get_with(&self, signature: &[u8]) -> String {
        let response = json!({
            "clientDataJSON": text(self.client().as_bytes()),
            "authenticatorData": text(&self.data()),
            "signature": text(signature),
            "userHandle": self.handle.map(text),
        });
        self.credential(&response)
    }

    fn credential(&self, response: &serde_json::Value) -> String {
        let id = text(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
            .to_string()
    }
}

fn site() -> Site {
    Site::at("city.example").unwrap()
}

fn created(answer: &str) -> Result<Registered, Refused> {
    Registration::read(answer)?.verify(&site(), CHALLENGE)
}

fn got(answer: &str, registered: &Registered) -> Result<u32, Refused> {
    let known = Known {
        credential_id: &registered.credential_id,
        public_key: &registered.public_key,
        sign_count: registered.sign_count,
        backup_eligible: registered.backup_eligible,
        user_handle: HANDLE,
    };
    Assertion::read(answer)?.verify(&site(), CHALLENGE, &known)
}

fn es256() -> Pair {
    let [pair, ..] = Pair::all();
    pair
}

#[test]
fn each_algorithm_registers_and_verifies() {
    for pair in Pair::all() {
        let mut device = Authenticator::creating(pair);
        let registered = created(&device.create()).unwrap();
        assert_eq!((registered.sign_count, registered.backup_eligible), (1, false));
        device = Authenticator::getting(device.pair);
        assert_eq!(got(&device.get(), &registered), Ok(2));
        device.handle = None;
        assert_eq!(got(&device.get(), &registered), Ok(2));
        let mut signature = device.signature();
        *signature.last_mut().unwrap() ^= 1;
        assert_eq!(got(&device.get_with(&signature), &registered), Err(Refused::Signature));
    }
}

#[test]
fn a_registration_with_one_thing_wrong_is_refused() {
    type Change = (Refused, fn(&mut Authenticator));
    let changes: [Change; 14] = [
        (Refused::Type, |device| device.kind = "webauthn.get"),
        (Refused::Challenge, |device| device.challenge[0] ^= 1),
        (Refused::Origin, |device| device.origin = "https://city.example.evil.example"),
        (Refused::Origin, |device| device.origin = "http://city.example"),
        (Refused::Origin, |device| device.more = r#","topOrigin":"https://evil.example""#),
        (Refused::Malformed, |device| device.more = r#","crossOrigin":true"#),
        (Refused::Domain, |device| device.domain = "evil.example"),
        (Refused::Presence, |device| device.flags = 0b0100_0100),
        (Refused::Verification, |device| device.flags = 0b0100_0001),
        (Refused::Backup, |device| device.flags = 0b0101_0101),
        (Refused::Malformed, |device| device.flags = 0b0000_0101),
        (Refused::Malformed, |device| device.trailing = b"\x00"),
        (Refused::Attestation, |device| device.format = "android-safetynet"),
        (Refused::Attestation, |device| device.statement = vec![(name("alg"), number(-7))]),
    ];
    for (index, (refused, change)) in changes.into_iter().enumerate() {
        let mut device = Authenticator::creating(es256());
        change(&mut device);
        assert_eq!(created(&device.create()), Err(refused), "{index}");
    }
    let mut long = Authenticator::creating(es256());
    long.id = vec![1; 1024];
    assert_eq!(created(&long.create()), Err(Refused::Malformed));
    long.id = vec![1; 1023];
    assert!(created(&long.create()).is_ok());
}

#[test]
fn a_verification_with_one_thing_wrong_is_refused() {
    let device = Authenticator::creating(es256());
    let registered = created(&device.create()).unwrap();
    type Change = (Refused, fn(&mut Authenticator));
    let changes: [Change; 14] = [
        (Refused::Type, |device| device.kind = "webauthn.create"),
        (Refused::Challenge, |device| device.challenge = Vec::new()),
        (Refused::Origin, |device| device.origin = "https://other.example"),
        (Refused::Origin, |device| device.origin = "https://city.example:8443"),
        (Refused::Domain, |device| device.domain = "example"),
        (Refused::Presence, |device| device.flags = 0b100),
        (Refused::Verification, |device| device.flags = 0b001),
        (Refused::Backup, |device| device.flags = 0b1101),
        (Refused::Backup, |device| device.flags = 0b10101),
        (Refused::Malformed, |device| device.flags = 0b0100_0101),
        (Refused::User, |device| device.handle = Some(b"bob")),
        (Refused::Credential, |device| device.id = vec![8; 32]),
        (Refused::Counter, |device| device.count = 1),
        (Refused::Counter, |device| device.count = 0),
    ];
    let mut pair = device.pair;
    for (index, (refused, change)) in changes.into_iter().enumerate() {
        let mut device = Authenticator::getting(pair);
        change(&mut device);
        assert_eq!(got(&device.get(), &registered), Err(refused), "{index}");
        pair = device.pair;
    }
    let other = Authenticator::getting(es256());
    assert_eq!(got(&other.get(), &registered), Err(Refused::Signature));
}

#[test]
fn an_authenticator_that_does_not_count_stays_at_nothing() {
    let mut device = Authenticator::creating(es256());
    device.count = 0;
    let registered = created(&device.create()).unwrap();
    device = Authenticator { count: 0, ..Authenticator::getting(device.pair) };
    assert_eq!(got(&device.get(), &registered), Ok(0));
}

#[test]
fn an_attestation_that_the_key_makes_of_itself_has_to_be_right() {
    let mut device = Authenticator::creating(es256());
    device.format = "packed";
    let statement =
        |alg: i128, signature: &[u8]| vec![(name("alg"), number(alg)), (name("sig"), bytes(signature))];
    let signature = device.signature();
    device.statement = statement(-7, &signature);
    assert!(created(&device.create()).is_ok());
    device.statement = statement(-8, &signature);
    assert_eq!(created(&device.create()), Err(Refused::Attestation));
    device.statement = statement(-7, &signature[1..]);
    assert_eq!(created(&device.create()), Err(Refused::Attestation));
    device.statement = statement(-7, &signature);
    device.statement.push((name("x5c"), Value::Array(Vec::new())));
    assert_eq!(created(&device.create()), Err(Refused::Attestation));
}

#[test]
fn keys_that_are_none_are_refused() {
    let refused = |change: fn(&mut Vec<(Value, Value)>)| {
        let mut fields = es256().cose();
        change(&mut fields);
        let bytes = encoded(Value::Map(fields));
        key::Key::stored(&bytes).unwrap_err()
    };
    assert_eq!(refused(|fields| fields[3].1 = bytes(&[1; 32])), Refused::Key, "not on the curve");
    assert_eq!(refused(|fields| fields[3].1 = bytes(&[1; 31])), Refused::Key);
    assert_eq!(refused(|fields| fields[1].1 = number(-257)), Refused::Key);
    assert_eq!(refused(|fields| fields[1].1 = number(-35)), Refused::Key);
    assert_eq!(refused(|fields| fields[2].1 = number(2)), Refused::Key);
    assert_eq!(refused(|fields| fields[4].1 = Value::Bool(true)), Refused::Key, "compressed");
    assert_eq!(refused(|fields| fields.truncate(4)), Refused::Key);
    assert_eq!(refused(|fields| fields.push(fields[0].clone())), Refused::Malformed, "a label twice");
    assert_eq!(key::Key::stored(&[0x80]).unwrap_err(), Refused::Malformed);
    let rsa = |size: usize, exponent: Vec<u8>| {
        let fields = [(1, number(3)), (3, number(-257)), (-1, Value::Bytes(vec![0xff; size]))];
        let mut fields: Vec<_> = fields.into_iter().map(|(label, value)| (number(label), value)).collect();
        fields.push((number(-2), Value::Bytes(exponent)));
        key::Key::stored(&encoded(Value::Map(fields))).map(drop)
    };
    assert_eq!(rsa(256, vec![1, 0, 1]), Ok(()));
    for (bytes, exponent) in [(128, vec![1, 0, 1]), (1025, vec![1, 0, 1]), (256, vec![1]), (256, vec![2])] {
        assert_eq!(rsa(bytes, exponent), Err(Refused::Key));
    }
}

#[test]
fn a_site_is_a_domain_and_one_origin() {
    for (host, domain, origin) in [
        ("city.example", "city.example", "https://city.example"),
        ("City.Example:443", "city.example", "https://city.example"),
        ("city.example:8443", "city.example", "https://city.example:8443"),
        ("localhost:8080", "localhost", "http://localhost:8080"),
        ("a.localhost:80", "a.localhost", "http://a.localhost"),
    ] {
        let site = Site::at(host).unwrap();
        assert_eq!((site.domain(), site.origin()), (domain, origin));
    }
    for host in
        ["", "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[::1]:80", "a..b", ".a", "a:b", "a b", "a/b"]
    {
        assert_eq!(Site::at(host), None, "{host:?}");
    }
}

#[test]
fn what_is_asked_for_is_the_specifications_json() {
    let (site, known) = (site(), [vec![7; 3]]);
    let options = CreationOptions {
        site: &site,
        challenge: CHALLENGE,
        user_handle: HANDLE,
        name: "ada@city.example",
        display_name: "Ada",
        known: &known,
    };
    let creation = creation_options(&options);
    assert_eq!(creation["rp"]["id"], "city.example");
    assert_eq!(creation["challenge"], text(CHALLENGE));
    assert_eq!(creation["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(creation["attestation"], "none");
    assert_eq!(creation["excludeCredentials"][0]["id"], "BwcH");
    let request = request_options(&RequestOptions { site: &site, challenge: CHALLENGE, known: &known });
    assert_eq!(
        (&request["rpId"], &request["userVerification"]),
        (&json!("city.example"), &json!("required"))
    );
    assert_eq!(request["allowCredentials"][0]["id"], "BwcH");
}

proptest! {
    #[test]
    fn no_bytes_break_a_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..200) {
        let _ = authenticator::AttestationObject::read(&bytes);
        let _ = authenticator::AuthenticatorData::read(&bytes);
        let _ = key::Key::read(&bytes);
        // The same at a place in what is right.
        let mut object = hex::decode(vector::OBJECT).unwrap();
        let at = at % object.len();
        object.truncate(at);
        object.extend(bytes);
        if let Ok(object) = authenticator::AttestationObject::read(&object) {
            let _ = authenticator::AuthenticatorData::read(&object.authenticator_data);
        }
    }
}
