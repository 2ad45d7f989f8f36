//! What stands around a service in its tests: a runtime in one process, identity's signature, callers, refusals.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_bus::InProcess;
use comitia_core::Clock;
use comitia_platform::auth::revocations::Revocations;
use comitia_platform::auth::signature::{PublicKey, Signature};
use comitia_platform::auth::{
    Caller, Context, ISSUER, ORGANIZATION_HEADER, PERMIT_TYPE, PermitClaims, Role, SESSION_TYPE,
    SessionClaims, Verifier,
};
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::{ApiError, Runtime};
use comitia_proto::identity::v1::JsonWebKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use tonic::{Request, Status};
use uuid::Uuid;

/// How long sessions of a [`Signer`] live, in seconds: longer than any test moves its clock.
const SESSION: i64 = 4_000_000_000;

/// A runtime with bus and cache in process, without TLS.
///
/// # Panics
/// When an endpoint is not an address.
#[must_use]
pub fn runtime(clock: &Clock, endpoints: Endpoints, service_keys: ServiceKeys) -> Runtime {
    let bus = Arc::new(InProcess::new(clock.clone()));
    let cache = Arc::new(comitia_cache::InProcess::new(clock.clone()));
    Runtime::new(clock.clone(), bus, cache, endpoints, service_keys).expect("endpoints are addresses")
}

/// Signs sessions and permits as identity does.
pub struct Signer {
    key: EncodingKey,
    public: String,
    kid: &'static str,
}

impl Signer {
    /// With a new key of this id.
    ///
    /// # Panics
    /// When no key can be made.
    #[must_use]
    pub fn new(kid: &'static str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let key = EncodingKey::from_ed_der(pair.to_pkcs8().expect("PKCS #8").as_ref());
        Self { key, public: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()), kid }
    }

    fn sign(&self, typ: &str, claims: &impl serde::Serialize) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).expect("claims that can be signed")
    }

    /// A permit.
    #[must_use]
    pub fn permit(&self, claims: &PermitClaims) -> String {
        self.sign(PERMIT_TYPE, claims)
    }

    /// The token of a session with these roles; of a service without an organization.
    #[must_use]
    pub fn session(&self, subject: &str, organization: Option<Uuid>, roles: &[&str]) -> String {
        let claims = SessionClaims {
            iss: ISSUER.into(),
            sub: subject.into(),
            org: organization,
            sid: comitia_core::id::new(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            iat: 0,
            exp: SESSION,
        };
        self.sign(SESSION_TYPE, &claims)
    }

    /// The signature of some token.
    ///
    /// # Panics
    /// Never: the key is one.
    #[must_use]
    pub fn signature(&self) -> Signature {
        let key = Arc::new(PublicKey::from_x(&self.public).expect("a public key"));
        Signature::of(self.sign("test", &()), key)
    }

    /// The public key, as identity publishes it.
    #[must_use]
    pub fn json_web_key(&self) -> JsonWebKey {
        JsonWebKey {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: self.public.clone(),
            kid: self.kid.into(),
            alg: "EdDSA".into(),
            r#use: "sig".into(),
        }
    }

    /// Verifies what this signs, and knows no revoked session.
    #[must_use]
    pub fn verifier(&self, clock: &Clock) -> Verifier {
        let key = self.json_web_key();
        Verifier::new(
            clock.clone(),
            Arc::new(move || {
                let key = key.clone();
                Box::pin(async move { Ok(vec![key]) })
            }),
            Revocations::none(),
        )
    }
}

/// Somebody with one role. A service and the operator belong to no organization.
#[must_use]
pub fn caller(organization: Option<Uuid>, role: Role, subject: &str) -> Caller {
    Caller { subject: subject.into(), organization, session: comitia_core::id::new(), roles: vec![role] }
}

/// A request as the platform hands it to a service, once it knows who calls.
pub fn called<T>(organization: Option<Uuid>, caller: Option<Caller>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Context::new(organization, caller, None));
    request
}

/// A request as the gateway sends it, in an organization, with a token unless it is empty.
///
/// # Panics
/// When the token is not one line of ASCII.
pub fn sent<T>(organization: Uuid, token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    let organization = organization.to_string().parse().expect("a UUID");
    metadata.insert(ORGANIZATION_HEADER, organization);
    if !token.is_empty() {
        metadata.insert("authorization", format!("Bearer {token}").parse().expect("a token"));
    }
    request
}

/// The code and the reason of a refusal, and the fields that it names.
///
/// # Panics
/// When it is none.
pub fn refusal<T>(result: Result<T, Status>) -> (String, Vec<String>) {
    let Err(status) = result else { panic!("it was not refused") };
    let error = ApiError::from_status(&status);
    let fields = error.violations.iter().map(|violation| violation.field.clone()).collect();
    (format!("{} {}", error.code.name(), error.reason_name()), fields)
}
