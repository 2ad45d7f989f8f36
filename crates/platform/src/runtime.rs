//! What a process gives to the services that run in it.

use std::net::SocketAddr;
use std::sync::Arc;

use comitia_bus::{Bus, BusConfig};
use comitia_cache::{Cache, CacheConfig};
use comitia_core::Clock;
use comitia_proto::identity::v1::GetKeySetRequest;
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use secrecy::SecretString;
use serde::Deserialize;

use crate::auth::Verifier;
use crate::error::ApiError;
use crate::grpc::{self, AddressError, Client, Endpoints, ServiceIdentity};
use crate::health::Health;
use crate::lifecycle::{Lifecycle, LifecycleConfig};
use crate::tls::{Tls, TlsConfig};

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
    /// The secret that the services of this installation share to sign in at identity; 32 characters or more.
    pub service_key: SecretString,
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

/// Where a service listens: the `server` section of each service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// The address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
}

/// What a process gives to the services that run in it. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    /// The time.
    pub clock: Clock,
    /// Events.
    pub bus: Arc<dyn Bus>,
    /// What may be lost: rate limits, copies, live counts.
    pub cache: Arc<dyn Cache>,
    /// Where the services are.
    pub endpoints: Endpoints,
    /// What they speak TLS with, if they do.
    pub tls: Option<Tls>,
    /// Verifies sessions and permits.
    pub verifier: Verifier,
    /// Start and stop.
    pub lifecycle: Lifecycle,
    /// Readiness.
    pub health: Health,
    /// The key to sign in at identity with.
    pub service_key: SecretString,
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
        service_key: SecretString,
    ) -> Result<Self, AddressError> {
        Self::with_tls(clock, bus, cache, endpoints, service_key, None)
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
        service_key: SecretString,
        tls: Option<Tls>,
    ) -> Result<Self, AddressError> {
        let identity = grpc::connect(&endpoints.identity, tls.as_ref())?;
        let verifier = Verifier::new(clock.clone(), fetch_from(identity));
        Ok(Self {
            clock,
            bus,
            cache,
            endpoints,
            tls,
            verifier,
            lifecycle: Lifecycle::new(),
            health: Health::default(),
            service_key,
        })
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
        Ok(ServiceIdentity::new(service, self.service_key.clone(), identity, self.clock.clone()))
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
