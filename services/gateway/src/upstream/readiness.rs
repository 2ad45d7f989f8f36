//! When a starting gateway is ready.

use std::collections::BTreeSet;
use std::time::Duration;

use comitia_platform::grpc::Client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

/// The timeout of one probe, and the pause after a failed one.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until each of `services` has answered once, for at most `patience`.
///
/// A network plugin may let a new pod out only seconds after its start. A gateway that reported
/// ready before would replace one that can reach its services, and fail every request.
pub async fn first_answers(services: Vec<(&'static str, Client)>, patience: Duration) {
    let mut missing: BTreeSet<_> = services.iter().map(|(name, _)| *name).collect();
    let mut probes: FuturesUnordered<_> = services.into_iter().map(|it| first_answer(it.0, it.1)).collect();
    let all = async {
        while let Some(name) = probes.next().await {
            missing.remove(name);
        }
    };
    if timeout(patience, all).await.is_err() {
        let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
        tracing::warn!(missing, ?patience, "ready, although these services have not answered yet");
    }
}

/// Waits until a service has answered, and returns its name.
async fn first_answer(name: &'static str, service: Client) -> &'static str {
    let mut said = false;
    while !service.answers(PROBE_TIMEOUT).await {
        if !said {
            tracing::info!(service = name, "not ready: the service does not answer yet");
            said = true;
        }
        sleep(PAUSE).await;
    }
    name
}
