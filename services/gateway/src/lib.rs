//! The only public door of an installation: HTTP/JSON for every RPC with a `google.api.http`
//! annotation.
//!
//! Routes, JSON, limits, caching, event streams and the OpenAPI document come from the descriptors
//! of `proto/`, read once at the start. The gateway names three RPCs itself: it resolves host names
//! with `ResolveOrganization`, and it sends `CastBallot` in batches by `BatchCastBallots`. It keeps
//! no state that another replica would miss.
//!
//! The modules, from the bottom up. Each uses only those above it in this list, which
//! `tests/gateway/modules.rs` checks:
//!
//! - `config`: the `gateway` section of the configuration
//! - `http`: heads, hosts, answers, errors, headers, telemetry
//! - `json`: proto3's JSON by descriptors
//! - `routes`: what an HTTP method and path call
//! - `transcode`: requests to protobuf, answers to JSON
//! - `admission`: rate limits, permits, connections, bodies, load shedding
//! - `upstream`: calls to the services
//! - `caching`: organizations by host name, shared answers
//! - `streams`: server-sent events
//! - `waiting_room`: the waiting room before sign-in
//! - `pages`: pages of the portal, and the gateway's own for refusals
//! - `documents`: OpenAPI and the entry point
//! - `gateway`: a request from its first header to its answer
//! - `server`: listener, connections, layers, draining

#![warn(clippy::too_many_lines)]
// A comment that only repeats a name is filler.
#![allow(missing_docs)]

mod admission;
mod caching;
mod config;
mod documents;
mod gateway;
mod http;
mod json;
mod pages;
mod routes;
mod server;
mod streams;
mod transcode;
mod upstream;
mod waiting_room;

use std::sync::Arc;

use comitia_platform::Runtime;
use tokio::net::TcpListener;

pub use config::{
    Config, CorsConfig, Limit, OrganizationLimit, OrganizationLimits, OrganizationOverride, RateLimits,
    StreamConfig, WaitingRoomConfig, WaitingRoomMode,
};
pub use gateway::StartError;
pub use routes::RouteError;
pub use routes::template::{Segment, Template, TemplateError};
pub use upstream::ConnectError;

/// Serves HTTP on `listener` until the process stops; requests in flight are finished. The gateway
/// is ready once each service has answered it, or after [`Config::first_answers_ms`].
///
/// # Errors
/// [`StartError`]
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let gateway = Arc::new(gateway::Gateway::new(&config, &runtime)?);
    let waiting_room = gateway.waiting_room.clone();
    comitia_core::task::spawn("waiting room", waiting_room.run(runtime.lifecycle.stopping()));
    runtime.follow_revocations("gateway").map_err(ConnectError::from)?;
    runtime.health.set_ready("gateway", false);
    let answers = upstream::readiness::first_answers(gateway.services(), config.first_answers());
    let (health, stopping) = (runtime.health.clone(), runtime.lifecycle.stopping());
    comitia_core::task::spawn("first answers", async move {
        if stopping.run_until_cancelled(answers).await.is_some() {
            health.set_ready("gateway", true);
        }
    });
    server::run(&config, gateway, listener, &runtime.lifecycle).await
}

/// The OpenAPI 3.1 document of the HTTP API, as `/openapi.json` serves it.
///
/// # Errors
/// When the contracts make no routes.
pub fn openapi() -> Result<serde_json::Value, RouteError> {
    Ok(documents::openapi::document(&routes::Routes::of_all_services()?))
}
