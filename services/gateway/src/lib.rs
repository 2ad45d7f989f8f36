//! The only public door of an installation: HTTP/JSON for every RPC with a `google.api.http` annotation.
//!
//! Nothing here knows a single RPC but one (`casts` lets ballots go to voting together): routes, JSON, limits, caching, event streams and the OpenAPI document come from
//! the descriptors of `proto/`, read once at the start. A request goes through `gateway`: route, limits, body,
//! protobuf, organization, call, JSON. It is one codec and one hop; the gateway keeps no state that another replica
//! would miss.

mod answer;
mod bodies;
mod casts;
mod client;
mod clients;
mod config;
mod connection;
mod connections;
mod edge;
mod error;
mod events;
mod feeds;
mod files;
mod gateway;
mod head;
mod limits;
mod openapi;
mod organizations;
mod pages;
mod readiness;
mod refusals;
mod routes;
mod server;
mod shared;
mod telemetry;
mod tenants;
mod transcode;
mod upstream;
mod waiting_room;

use std::sync::Arc;

use comitia_platform::Runtime;
use comitia_platform::grpc::AddressError;
use comitia_platform::runtime::ServiceKeyError;
use tokio::net::TcpListener;

pub use config::{
    Config, CorsConfig, Limit, OrganizationLimit, OrganizationLimits, OrganizationOverride, RateLimits,
    StreamConfig,
};
pub use routes::RouteError;
pub use routes::template::{Segment, Template, TemplateError};
pub use waiting_room::config::{WaitingRoomConfig, WaitingRoomMode};

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The contracts make no routes.
    #[error("routes: {0}")]
    Routes(#[from] RouteError),
    /// The address of a service is not one.
    #[error("endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// The gateway has no key to sign tickets with.
    #[error("configuration: {0}")]
    ServiceKey(#[from] ServiceKeyError),
    /// An allowed origin is not one.
    #[error("gateway.cors.allowed_origins: {0:?} is not an origin")]
    Origin(String),
    /// There is no thread for calls to the services.
    #[error("a thread for calls: {0}")]
    Thread(#[source] std::io::Error),
}

/// Serves HTTP on `listener` until the process stops; requests in flight are finished. The gateway is ready once each
/// service has answered it, or after [`Config::first_answers_ms`].
///
/// # Errors
/// When the contracts make no routes, or the configuration is wrong.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let gateway = Arc::new(gateway::Gateway::new(&config, &runtime)?);
    let waiting_room = gateway.waiting_room.clone();
    comitia_core::task::spawn("waiting room", waiting_room.run(runtime.lifecycle.stopping()));
    runtime.follow_revocations("gateway")?;
    runtime.health.set_ready("gateway", false);
    let answers = readiness::first_answers(gateway.services(), config.first_answers());
    let (health, stopping) = (runtime.health.clone(), runtime.lifecycle.stopping());
    comitia_core::task::spawn("first answers", async move {
        if stopping.run_until_cancelled(answers).await.is_some() {
            health.set_ready("gateway", true);
        }
    });
    server::run(&config, gateway, listener, &runtime.lifecycle).await
}

/// The OpenAPI 3.1 document of the HTTP API, as `/openapi.json` gives it.
///
/// # Errors
/// When the contracts make no routes.
pub fn openapi() -> Result<serde_json::Value, RouteError> {
    Ok(openapi::document(&routes::Routes::of_all_services()?))
}
