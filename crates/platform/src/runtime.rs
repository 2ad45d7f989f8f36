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
use crate::grpc::{self, Client, Endpoints, ServiceIdentity};
use crate::health::Health;
use crate::lifecycle::{Lifecycle, LifecycleConfig};

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
    /// A runtime that verifies with the keys of the identity service at `endpoints`.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn new(
        clock: Clock,
        bus: Arc<dyn Bus>,
        cache: Arc<dyn Cache>,
        endpoints: Endpoints,
        service_key: SecretString,
    ) -> Result<Self, tonic::transport::Error> {
        let identity = grpc::connect(&endpoints.identity)?;
        let verifier = Verifier::new(clock.clone(), fetch_from(identity));
        Ok(Self {
            clock,
            bus,
            cache,
            endpoints,
            verifier,
            lifecycle: Lifecycle::new(),
            health: Health::default(),
            service_key,
        })
    }

    /// The identity that `service` calls other services with.
    ///
    /// # Errors
    /// When identity's address is not one.
    pub fn service_identity(
        &self,
        service: &'static str,
    ) -> Result<ServiceIdentity, tonic::transport::Error> {
        let identity = grpc::connect(&self.endpoints.identity)?;
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
