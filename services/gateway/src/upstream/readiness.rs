//! When a gateway that starts may be sent requests.

use std::collections::BTreeSet;
use std::time::Duration;

use comitia_platform::grpc::Client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

/// How long one question may take, and how long after one that failed the next is asked.
const QUESTION: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until each of `services` has answered once, and `patience` at the most.
///
/// A network plugin may let a new pod out only seconds after it has started. A gateway that says it is ready by then takes
/// the place of one that can reach its services, and every request that it is sent fails.
pub async fn first_answers(services: Vec<(&'static str, Client)>, patience: Duration) {
    let mut missing: BTreeSet<_> = services.iter().map(|(name, _)| *name).collect();
    let mut questions: FuturesUnordered<_> =
        services.into_iter().map(|it| first_answer(it.0, it.1)).collect();
    let all = async {
        while let Some(name) = questions.next().await {
            missing.remove(name);
        }
    };
    if timeout(patience, all).await.is_err() {
        let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
        tracing::warn!(missing, ?patience, "ready, although these services have not answered yet");
    }
}

/// Waits until a service has answered; its name.
async fn first_answer(name: &'static str, service: Client) -> &'static str {
    let mut said = false;
    while !service.answers(QUESTION).await {
        if !said {
            tracing::info!(service = name, "not ready: the service does not answer yet");
            said = true;
        }
        sleep(PAUSE).await;
    }
    name
}
