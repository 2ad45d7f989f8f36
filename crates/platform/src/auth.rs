//! Who calls. A session is a JWT (EdDSA) that identity signs; every service verifies it from identity's key set,
//! refuses it when it was revoked, and checks the roles of the method's policy. What has no policy is refused.

pub mod revocations;
pub mod signature;
mod viewer;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::{Clock, ErrorCode};
use comitia_proto::common::v1::MethodPolicy;
pub use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::JsonWebKey;
use futures_util::future::BoxFuture;
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::revocations::Revocations;
use self::signature::{PublicKey, Signature};
pub use self::viewer::{PREVIEW_HEADER, Viewer, preview_digest};

use crate::address::client_network;
use crate::error::{ApiError, Reason};

/// The `iss` of every token.
pub const ISSUER: &str = "comitia";
/// The `typ` header of a session's access token.
pub const SESSION_TYPE: &str = "session+jwt";
/// The `typ` header of a permit.
pub const PERMIT_TYPE: &str = "permit+jwt";

/// What a session's access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionClaims {
    /// [`ISSUER`].
    pub iss: String,
    /// A pseudonym in the organization: never the person's id in identity. For services, their name.
    pub sub: String,
    /// The organization; nothing for operators and services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Uuid>,
    /// The session.
    pub sid: Uuid,
    /// The roles, by the name of the enum without its prefix.
    pub roles: Vec<String>,
    /// Issued at, seconds since the epoch.
    pub iat: i64,
    /// Expires at, seconds since the epoch.
    pub exp: i64,
}

/// What a permit says: its bearer may act once in one poll.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PermitClaims {
    /// [`ISSUER`].
    pub iss: String,
    /// The poll.
    pub poll: Uuid,
    /// The nullifier: 32 bytes, base64url without padding.
    pub nul: String,
    /// The district that the ballot counts in; empty for none.
    pub dis: String,
    /// Whether it stands for a paper ballot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paper: bool,
    /// Whether officers let its bearer vote at the desk: it is for a first ballot, and replaces none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub desk: bool,
    /// Expires at, seconds since the epoch.
    pub exp: i64,
}

/// The caller of a request, by its session.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The caller's pseudonym in the organization, or the service's name.
    pub subject: String,
    /// The organization that the session belongs to; nothing for operators and services.
    pub organization: Option<Uuid>,
    /// The session.
    pub session: Uuid,
    /// The roles of the session.
    pub roles: Vec<Role>,
}

impl Caller {
    /// Whether the caller has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the caller works for the organization.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        [Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor]
            .into_iter()
            .any(|role| self.has(role))
    }
}

/// What is known of a request before its use case runs. Every gRPC handler finds it in the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Context {
    organization: Option<Uuid>,
    caller: Option<Caller>,
    client_address: Option<String>,
    host: Option<String>,
    /// The digest of the code of a preview.
    preview: Option<[u8; 32]>,
}

impl Context {
    /// The context that the authorisation layer left in `request`.
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// A context made by hand, for consumers and tests.
    #[must_use]
    pub fn new(organization: Option<Uuid>, caller: Option<Caller>, client_address: Option<String>) -> Self {
        // Limits count a network as one client.
        let client_address = client_address.map(|text| match text.parse() {
            Ok(address) => client_network(address).to_string(),
            Err(_) => text,
        });
        Self { organization, caller, client_address, host: None, preview: None }
    }

    /// The same, of somebody who came with the code of a preview.
    #[must_use]
    pub fn with_preview(self, code: Option<&str>) -> Self {
        Self { preview: code.map(preview_digest), ..self }
    }

    /// The same, of a request that came to this host name.
    #[must_use]
    pub fn with_host(self, host: Option<&str>) -> Self {
        Self { host: host.map(str::to_owned), ..self }
    }

    /// The host name that the request came to, with its port, where the method's policy says that it is told.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The organization that the request is for.
    ///
    /// # Errors
    /// `ORGANIZATION_UNKNOWN` when the request names none.
    pub fn organization(&self) -> Result<Uuid, ApiError> {
        self.organization.ok_or_else(|| {
            ApiError::new(
                ErrorCode::NotFound,
                Reason::OrganizationUnknown,
                "the host name belongs to no organization",
            )
        })
    }

    /// The caller, if there is a session.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// The caller of a method that is not public.
    ///
    /// # Errors
    /// `SESSION_INVALID` when there is no session.
    pub fn signed_in(&self) -> Result<&Caller, ApiError> {
        self.caller.as_ref().ok_or_else(|| unauthenticated(Reason::SessionInvalid, "sign in first"))
    }

    /// Whether the caller works for the organization (auditors included) or is another service.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.is_staff() || caller.has(Role::Service))
    }

    /// Who looks at what is not public yet.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        match self.preview {
            _ if self.is_staff() => Viewer::Staff,
            Some(digest) => Viewer::Preview(digest),
            None => Viewer::Public,
        }
    }

    /// The client's address as the gateway saw it, for rate limits only; of an IPv6 address its network of 64 bits. Without one
    /// the call did not come through the gateway: limits count all such calls as one client's.
    #[must_use]
    pub fn client_address(&self) -> Option<&str> {
        self.client_address.as_deref()
    }
}

fn unauthenticated(reason: Reason, message: &str) -> ApiError {
    ApiError::new(ErrorCode::Unauthenticated, reason, message)
}

/// Fetches identity's present key set.
pub type FetchKeys =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<JsonWebKey>, ApiError>> + Send + Sync + 'static>;

/// How long keys are used before identity is asked again.
const KEYS_GOOD_FOR: TimeDelta = TimeDelta::minutes(1);

/// Verifies sessions and permits with identity's public keys, which it fetches when it meets a key id it does not
/// know, at most once in ten seconds, and once a minute while they are in use, so that a revoked key is refused
/// everywhere a minute later. While identity is away, the keys that are known stay good.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<VerifierState>,
}

struct VerifierState {
    clock: Clock,
    fetch: FetchKeys,
    revocations: Revocations,
    keys: RwLock<Keys>,
    /// When they were asked for last. Held while asking.
    asked: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, Arc<PublicKey>>,
    fetched: Option<DateTime<Utc>>,
}

impl Verifier {
    /// A verifier that has no keys yet. Sessions are compared with `revocations`, which somebody has to keep fresh
    /// (`Runtime::follow_revocations`).
    #[must_use]
    pub fn new(clock: Clock, fetch: FetchKeys, revocations: Revocations) -> Self {
        Self {
            inner: Arc::new(VerifierState {
                clock,
                fetch,
                revocations,
                keys: RwLock::default(),
                asked: tokio::sync::Mutex::new(None),
            }),
        }
    }

    /// The time that it goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The revoked sessions that it knows of.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        &self.inner.revocations
    }

    /// The caller whose session this token is.
    ///
    /// # Errors
    /// `SESSION_INVALID`, `SESSION_EXPIRED` or `SESSION_REVOKED`; `DEPENDENCY_UNAVAILABLE` when the key is unknown and
    /// identity away, or for staff and operators when it is not known which sessions were revoked.
    pub async fn session(&self, token: &str) -> Result<Caller, ApiError> {
        let claims: SessionClaims = match self.verify(token, SESSION_TYPE).await {
            Ok(claims) => claims,
            Err(Refusal::Malformed) => {
                return Err(unauthenticated(Reason::SessionInvalid, "the session's token is not valid"));
            }
            Err(Refusal::Away(error)) => return Err(error),
        };
        if claims.exp <= self.inner.clock.now().timestamp() {
            return Err(unauthenticated(
                Reason::SessionExpired,
                "the session's token has expired; refresh it",
            ));
        }
        let roles =
            claims.roles.iter().filter_map(|name| Role::from_str_name(&format!("ROLE_{name}"))).collect();
        let caller = Caller { subject: claims.sub, organization: claims.org, session: claims.sid, roles };
        self.inner.revocations.check(&caller).await?;
        Ok(caller)
    }

    /// What a permit says, once its signature is verified. The caller compares poll and expiry.
    ///
    /// # Errors
    /// `PERMIT_INVALID`; `DEPENDENCY_UNAVAILABLE` when the key is unknown and identity away.
    pub async fn permit(&self, token: &str) -> Result<PermitClaims, ApiError> {
        let (claims, signature) = self.unchecked_permit(token.to_owned()).await?;
        if signature.is_valid() { Ok(claims) } else { Err(permit_invalid()) }
    }

    /// What a permit says, and the signature that has to be checked before anything comes of it: alone, or with others by
    /// [`signature::all`].
    ///
    /// # Errors
    /// As [`Verifier::permit`].
    pub async fn unchecked_permit(&self, token: String) -> Result<(PermitClaims, Signature), ApiError> {
        let key = match self.key_of(&token, PERMIT_TYPE).await {
            Ok(key) => key,
            Err(Refusal::Malformed) => return Err(permit_invalid()),
            Err(Refusal::Away(error)) => return Err(error),
        };
        let claims = token.split('.').nth(1).and_then(|text| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            serde_json::from_slice::<PermitClaims>(&bytes).ok().filter(|claims| claims.iss == ISSUER)
        });
        Ok((claims.ok_or_else(permit_invalid)?, Signature::of(token, key)))
    }

    /// The key that a token of this type names.
    async fn key_of(&self, token: &str, typ: &str) -> Result<Arc<PublicKey>, Refusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Malformed)?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(typ) {
            return Err(Refusal::Malformed);
        }
        self.key(&header.kid.ok_or(Refusal::Malformed)?).await
    }

    async fn verify<T: serde::de::DeserializeOwned + Clone>(
        &self,
        token: &str,
        typ: &str,
    ) -> Result<T, Refusal> {
        let key = self.key_of(token, typ).await?;
        // Expiry is compared by the callers, with the clock that tests can set.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        let data =
            jsonwebtoken::decode::<T>(token, &key.decoding, &validation).map_err(|_| Refusal::Malformed)?;
        Ok(data.claims)
    }

    async fn key(&self, kid: &str) -> Result<Arc<PublicKey>, Refusal> {
        let known = self.known(kid);
        let mut asked = match &known {
            Some((key, true)) => return Ok(key.clone()),
            // One caller asks; the others go on.
            Some((key, false)) => match self.inner.asked.try_lock() {
                Ok(asked) => asked,
                Err(_) => return Ok(key.clone()),
            },
            None => self.inner.asked.lock().await,
        };
        // Somebody else may have asked meanwhile.
        let (known, is_good) = self.known(kid).map_or((None, false), |(key, is_good)| (Some(key), is_good));
        let now = self.inner.clock.now();
        if is_good || asked.is_some_and(|last| now - last < TimeDelta::seconds(10) && now >= last) {
            return known.ok_or(Refusal::Malformed);
        }
        let set = match ((self.inner.fetch)().await, known) {
            (Ok(set), _) => set,
            (Err(_), Some(key)) => {
                *asked = Some(now);
                return Ok(key);
            }
            (Err(error), None) => return Err(Refusal::Away(error)),
        };
        *asked = Some(now);
        let by_id: HashMap<_, _> =
            set.into_iter().filter_map(|key| Some((key.kid, Arc::new(PublicKey::from_x(&key.x)?)))).collect();
        let found = by_id.get(kid).cloned();
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys { by_id, fetched: Some(now) };
        found.ok_or(Refusal::Malformed)
    }

    /// A key, and whether it is certain to be still good.
    fn known(&self, kid: &str) -> Option<(Arc<PublicKey>, bool)> {
        let keys = self.inner.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.by_id.get(kid)?.clone();
        let now = self.inner.clock.now();
        let good = keys.fetched.is_some_and(|fetched| now >= fetched && now - fetched < KEYS_GOOD_FOR);
        Some((key, good))
    }
}

/// A permit that identity has not signed.
#[must_use]
pub fn permit_invalid() -> ApiError {
    ApiError::new(
        ErrorCode::PermissionDenied,
        Reason::PermitInvalid,
        "the permit is not valid: it is malformed or not signed by identity",
    )
    .with_violation("permit", "must be a permit signed by identity")
}

enum Refusal {
    Malformed,
    Away(ApiError),
}

/// The gRPC metadata key with the organization's id, which the gateway sets from the host name.
pub const ORGANIZATION_HEADER: &str = "comitia-organization";
/// The gRPC metadata key with the client's address, which the gateway sets.
pub const CLIENT_ADDRESS_HEADER: &str = "comitia-client-address";

/// The gRPC metadata key with the host name that the request came to, which the gateway and the portal set.
pub const HOST_HEADER: &str = "comitia-host";

/// Why a session without one of the method's roles is refused.
fn missing_role(caller: &Caller) -> ApiError {
    let (reason, message) = match caller.has(Role::SecondFactorPending) {
        true => (Reason::SecondFactorRequired, "prove the second factor first"),
        false => (Reason::RoleMissing, "this needs a role that the session does not have"),
    };
    ApiError::new(ErrorCode::PermissionDenied, reason, message)
}

/// Whether a service may call the method as itself. Everybody else is judged by their roles.
fn is_entitled(caller: &Caller, policy: &MethodPolicy) -> bool {
    !caller.has(Role::Service) || policy.services.contains(&caller.subject)
}

/// The token of a value such as `Bearer token`. The scheme's case does not matter (RFC 9110, 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Decides whether a call may reach its method, and what the handler may know of the caller.
///
/// # Errors
/// `ROUTE_UNKNOWN` without a policy, `SESSION_*`, `ROLE_MISSING`, `SECOND_FACTOR_REQUIRED` or `ORGANIZATION_MISMATCH`; `DEPENDENCY_UNAVAILABLE`
/// when it cannot be decided.
pub async fn authorise(
    verifier: &Verifier,
    path: &str,
    headers: &http::HeaderMap,
) -> Result<Context, ApiError> {
    let Some(policy) = comitia_proto::policy(path) else {
        return Err(ApiError::new(
            ErrorCode::Unimplemented,
            Reason::RouteUnknown,
            "this method does not exist",
        ));
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let organization = match text(ORGANIZATION_HEADER) {
        Some(value) => Some(Uuid::parse_str(value).map_err(|_| {
            ApiError::invalid_field(ORGANIZATION_HEADER, "must be the id of an organization")
        })?),
        None => None,
    };
    let caller = match text("authorization").and_then(bearer) {
        Some(token) => match verifier.session(token.trim()).await {
            // A service without a right here is anybody to a public method, and does not see what staff see.
            Ok(caller) if policy.public && !is_entitled(&caller, policy) => None,
            Ok(caller) => Some(caller),
            // A public method is for everybody, also for those whose session has ended.
            Err(_) if policy.public => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    if !policy.public {
        let Some(caller) = &caller else {
            return Err(unauthenticated(Reason::SessionInvalid, "sign in first"));
        };
        if !caller.roles.iter().any(|role| policy.roles.contains(&(*role as i32)))
            || !is_entitled(caller, policy)
        {
            return Err(missing_role(caller));
        }
    }
    let organization = match (organization, caller.as_ref().and_then(|caller| caller.organization)) {
        (Some(asked), Some(own)) if asked != own => {
            return if policy.public {
                Ok(Context::new(Some(asked), None, text(CLIENT_ADDRESS_HEADER).map(str::to_owned))
                    .with_preview(text(PREVIEW_HEADER)))
            } else {
                Err(ApiError::new(
                    ErrorCode::PermissionDenied,
                    Reason::OrganizationMismatch,
                    "the session belongs to another organization",
                ))
            };
        }
        (asked, own) => asked.or(own),
    };
    Ok(Context::new(organization, caller, text(CLIENT_ADDRESS_HEADER).map(str::to_owned))
        .with_preview(text(PREVIEW_HEADER))
        .with_host(text(HOST_HEADER)))
}

#[cfg(test)]
mod tests;
