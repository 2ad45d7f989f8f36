//! Health: `grpc.health.v1` on each gRPC port, and `/livez`, `/readyz` and `/metrics` on the admin port.
//! Liveness never depends on a dependency; readiness says which part is not ready.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use crate::telemetry::Telemetry;

/// Which parts of this process are ready. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health {
    state: Arc<Mutex<State_>>,
}

#[derive(Debug, Default)]
struct State_ {
    draining: bool,
    ready: BTreeMap<&'static str, bool>,
    reporters: Vec<(String, HealthReporterHandle)>,
}

#[derive(Clone)]
struct HealthReporterHandle(HealthReporter);

impl std::fmt::Debug for HealthReporterHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HealthReporter")
    }
}

impl Health {
    /// Reports whether `part` (a service, a listener) is ready.
    pub fn set_ready(&self, part: &'static str, ready: bool) {
        self.lock().ready.insert(part, ready);
    }

    /// Registers a gRPC server's reporter, which is told when the process drains.
    pub(crate) fn report_to(&self, service: String, reporter: HealthReporter) {
        self.lock().reporters.push((service, HealthReporterHandle(reporter)));
    }

    /// Says NOT_SERVING everywhere, for good.
    pub fn drain(&self) {
        let reporters = {
            let mut state = self.lock();
            state.draining = true;
            std::mem::take(&mut state.reporters)
        };
        for (service, reporter) in reporters {
            comitia_core::task::spawn("health", async move {
                for name in ["", service.as_str()] {
                    reporter.0.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
                }
            });
        }
    }

    /// The parts that are not ready; `draining` when the process is.
    #[must_use]
    pub fn not_ready(&self) -> Vec<&'static str> {
        let state = self.lock();
        if state.draining {
            return vec!["draining"];
        }
        state.ready.iter().filter(|(_, ready)| !**ready).map(|(part, _)| *part).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State_> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the admin port until `stopped`.
///
/// # Errors
/// When the listener fails.
pub async fn serve_admin(
    listener: TcpListener,
    health: Health,
    telemetry: Telemetry,
    stopped: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state((health, telemetry));
    axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await }).await
}

/// Binds an address and tells which port the system gave.
///
/// # Errors
/// When the address cannot be bound; the text names it.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

async fn readyz(State((health, _)): State<(Health, Telemetry)>) -> impl IntoResponse {
    let missing = health.not_ready();
    if missing.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", missing.join(", ")))
    }
}

async fn metrics(State((_, telemetry)): State<(Health, Telemetry)>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry.prometheus_text())
}
