//! What the services of a process share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use comitia_bus::{Bus, BusConfig};
use comitia_cache::{Cache, CacheConfig};
use comitia_core::Clock;
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use comitia_proto::identity::v1::revocation_service_client::RevocationServiceClient;
use comitia_proto::identity::v1::{GetKeySetRequest, ListRevocationsRequest, ListRevocationsResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::auth::Verifier;
use crate::auth::revocations::{Batch, Revocations, RevocationsConfig, Revoked};
use crate::error::ApiError;
use crate::grpc::{self, AddressError, Client, Endpoints, ServiceIdentity};
use crate::health::Health;
use crate::lifecycle::{Lifecycle, LifecycleConfig};
use crate::tls::{Tls, TlsConfig};
use crate::validate;

/// What all services of a process share: the `common` section of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonConfig {
    /// Where `/livez`, `/readyz` and `/metrics` listen.
    #[serde(default = "default_admin_listen")]
    pub admin_listen: SocketAddr,
    /// The bus; in process without a URL.
    #[serde(default)]
    pub bus: BusConfig,
    /// The cache; in process without a URL.
    #[serde(default)]
    pub cache: CacheConfig,
    /// How the process drains.
    #[serde(default)]
    pub lifecycle: LifecycleConfig,
    /// What services sign in at identity with: a process needs the key of each service that it runs, and identity those of
    /// all.
    #[serde(default, deserialize_with = "ServiceKeys::checked")]
    pub service_keys: ServiceKeys,
    /// How the process follows the list of revoked sessions.
    #[serde(default)]
    pub revocations: RevocationsConfig,
    /// Where the services are.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// Whether the services speak TLS with each other: they do when this is there. Health, metrics and the gateway's HTTP
    /// stay as they are.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
}

fn default_admin_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7900))
}

/// The secrets that services sign in to identity with, 32 characters or more. Whoever has one can act as that service
/// and no other. Identity has none, as it calls no service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceKeys {
    /// The gateway's key; it also signs the tickets of the waiting room.
    pub gateway: Option<SecretString>,
    /// The key of spaces.
    pub spaces: Option<SecretString>,
    /// The key of proposals.
    pub proposals: Option<SecretString>,
    /// The key of budgets.
    pub budgets: Option<SecretString>,
    /// The key of voting.
    pub voting: Option<SecretString>,
    /// The portal's key; it also seals the sessions in people's cookies.
    pub portal: Option<SecretString>,
}

impl ServiceKeys {
    /// The shortest key: nothing but its length protects it.
    pub const MIN_CHARACTERS: usize = 32;

    /// Reads keys, for `deserialize_with`. A key that is too short is an error that names it, so that no process starts with
    /// one.
    ///
    /// # Errors
    /// When one is too short.
    pub fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = Self::deserialize(deserializer)?;
        for (service, _) in keys.all().into_iter().filter(|(_, key)| key.is_some()) {
            keys.require(service).map_err(D::Error::custom)?;
        }
        Ok(keys)
    }

    /// The services that sign in, with the keys that are known.
    #[must_use]
    pub fn all(&self) -> [(&'static str, Option<&SecretString>); 6] {
        [
            ("gateway", self.gateway.as_ref()),
            ("spaces", self.spaces.as_ref()),
            ("proposals", self.proposals.as_ref()),
            ("budgets", self.budgets.as_ref()),
            ("voting", self.voting.as_ref()),
            ("portal", self.portal.as_ref()),
        ]
    }

    /// The key of a service, if it is known.
    #[must_use]
    pub fn of(&self, service: &str) -> Option<&SecretString> {
        self.all().into_iter().find(|(name, _)| *name == service)?.1
    }

    /// The key of a service that runs here.
    ///
    /// # Errors
    /// When it is not known, or too short.
    pub fn require(&self, service: &'static str) -> Result<&SecretString, ServiceKeyError> {
        let key = self.of(service).ok_or(ServiceKeyError::Missing(service))?;
        if key.expose_secret().chars().count() < Self::MIN_CHARACTERS {
            return Err(ServiceKeyError::Short(service));
        }
        Ok(key)
    }
}

/// The key of a service cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceKeyError {
    /// It is not configured.
    #[error("common.service_keys.{0} is missing")]
    Missing(&'static str),
    /// It can be guessed.
    #[error("the service key of {0} must have {min} characters or more", min = ServiceKeys::MIN_CHARACTERS)]
    Short(&'static str),
    /// Another service has the same.
    #[error("{0} and {1} have the same service key; each needs one of its own")]
    Shared(&'static str, &'static str),
}

/// Where a service listens: the `server` section of each service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// The address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
}

/// What the services of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    /// The time.
    pub clock: Clock,
    /// Events.
    pub bus: Arc<dyn Bus>,
    /// Data that may be lost: rate limits, cached values, live counts.
    pub cache: Arc<dyn Cache>,
    /// Where the services are.
    pub endpoints: Endpoints,
    /// What they speak TLS with, if they do.
    pub tls: Option<Tls>,
    /// Verifies sessions and permits.
    pub verifier: Verifier,
    /// How the list of revoked sessions is followed.
    pub revocations: RevocationsConfig,
    /// Start and stop.
    pub lifecycle: Lifecycle,
    /// Readiness.
    pub health: Health,
    /// The keys to sign in at identity with.
    pub service_keys: ServiceKeys,
}

impl Runtime {
    /// A runtime that verifies with the keys of the identity service at `endpoints`, without TLS.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn new(
        clock: Clock,
        bus: Arc<dyn Bus>,
        cache: Arc<dyn Cache>,
        endpoints: Endpoints,
        service_keys: ServiceKeys,
    ) -> Result<Self, AddressError> {
        Self::with_tls(clock, bus, cache, endpoints, service_keys, None)
    }

    /// As [`Runtime::new`], for services that speak TLS with each other where there is `tls`.
    ///
    /// # Errors
    /// When identity's address is not one, or of the other kind.
    pub fn with_tls(
        clock: Clock,
        bus: Arc<dyn Bus>,
        cache: Arc<dyn Cache>,
        endpoints: Endpoints,
        service_keys: ServiceKeys,
        tls: Option<Tls>,
    ) -> Result<Self, AddressError> {
        let identity = grpc::connect(&endpoints.identity, tls.as_ref())?;
        let revocations = RevocationsConfig::default();
        let verifier =
            Verifier::new(clock.clone(), fetch_from(identity), Revocations::new(revocations.clone()));
        Ok(Self {
            clock,
            bus,
            cache,
            endpoints,
            tls,
            verifier,
            revocations,
            lifecycle: Lifecycle::new(),
            health: Health::default(),
            service_keys,
        })
    }

    /// The same, following the list of revoked sessions in another way.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn with_revocations(mut self, config: RevocationsConfig) -> Result<Self, AddressError> {
        let fetch = fetch_from(self.connect(&self.endpoints.identity)?);
        self.verifier = Verifier::new(self.clock.clone(), fetch, Revocations::new(config.clone()));
        self.revocations = config;
        Ok(self)
    }

    /// Keeps the verifier's list of revoked sessions fresh until the process stops, asking identity as `service`. Does
    /// nothing where the list is followed already: the services of a process share it.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn follow_revocations(&self, service: &'static str) -> Result<(), AddressError> {
        let revocations = self.verifier.revocations().clone();
        if !revocations.claim() {
            return Ok(());
        }
        let (me, identity) = (self.service_identity(service)?, self.connect(&self.endpoints.identity)?);
        let (clock, stopping) = (self.clock.clone(), self.lifecycle.stopping());
        self.lifecycle.spawn("revocations", async move {
            let fetch = |since| list_revocations(me.clone(), identity.clone(), since);
            revocations.follow(clock, stopping, fetch).await;
        });
        Ok(())
    }

    /// A channel to the service at `endpoint`, one of [`Runtime::endpoints`].
    ///
    /// # Errors
    /// When it is not an address, or of the other kind.
    pub fn connect(&self, endpoint: &str) -> Result<Client, AddressError> {
        grpc::connect(endpoint, self.tls.as_ref())
    }

    /// The identity that `service` calls other services with.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn service_identity(&self, service: &'static str) -> Result<ServiceIdentity, AddressError> {
        let identity = self.connect(&self.endpoints.identity)?;
        // Without a key, identity refuses the sign-in. A process checks the keys of its services when it starts.
        let key = self.service_keys.of(service).cloned().unwrap_or_default();
        Ok(ServiceIdentity::new(service, key, identity, self.clock.clone()))
    }
}

fn fetch_from(identity: Client) -> crate::auth::FetchKeys {
    Arc::new(move || {
        let mut keys = KeyServiceClient::new(identity.clone());
        Box::pin(async move {
            let answer = keys
                .get_key_set(GetKeySetRequest {})
                .await
                .map_err(|status| ApiError::unavailable(ApiError::from_status(&status)))?;
            Ok(answer.into_inner().keys)
        })
    })
}

/// Asks identity which sessions were revoked.
async fn list_revocations(me: ServiceIdentity, identity: Client, since: u64) -> Result<Batch, ApiError> {
    let request = me.request(None, ListRevocationsRequest { since }).await?;
    let mut client =
        RevocationServiceClient::new(identity).max_decoding_message_size(grpc::MAX_MESSAGE_BYTES);
    match client.list_revocations(request).await {
        Ok(answer) => batch(answer.into_inner()),
        Err(status) => {
            if status.code() == tonic::Code::Unauthenticated {
                // The key that signed this service's session was revoked: the next question comes with another one.
                me.renew().await;
            }
            Err(ApiError::from_status(&status))
        }
    }
}

fn batch(answer: ListRevocationsResponse) -> Result<Batch, ApiError> {
    let revoked = answer.revocations.into_iter().map(|revocation| {
        Ok(Revoked {
            session: Uuid::from_slice(&revocation.session_id).map_err(ApiError::internal)?,
            expire_time: validate::time("expire_time", revocation.expire_time.as_ref())?,
            transaction: 0,
        })
    });
    Ok(Batch {
        revoked: revoked.collect::<Result<_, ApiError>>()?,
        watermark: answer.watermark,
        age: Duration::from_millis(answer.age_ms),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_service_key_is_refused_by_name_and_not_shown() {
        let load = |key: &str| {
            crate::config::load::<CommonConfig>(None, &[("service_keys.voting".to_owned(), key.to_owned())])
        };
        let keys = load("a service key of thirty-two chars").unwrap().service_keys;
        assert!(keys.require("voting").is_ok());
        assert_eq!(keys.require("budgets").unwrap_err(), ServiceKeyError::Missing("budgets"));
        for short in ["", "123", "hunter2"] {
            let error = load(short).unwrap_err().to_string();
            assert!(error.contains("the service key of voting must have 32 characters or more"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
