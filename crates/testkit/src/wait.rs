//! Waiting for a condition instead of sleeping.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `condition` holds.
///
/// # Panics
/// When it does not within `patience`, naming `what` was waited for.
pub async fn wait_until(what: &str, patience: Duration, mut condition: impl AsyncFnMut() -> bool) {
    wait_for(what, patience, async || condition().await.then_some(())).await;
}

/// Waits until `attempt` gives something.
///
/// # Panics
/// When it does not within `patience`, naming `what` was waited for.
pub async fn wait_for<T>(what: &str, patience: Duration, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut attempts = 0_u32;
    loop {
        attempts += 1;
        // An attempt that hangs must not outlast the patience.
        let left = patience.saturating_sub(start.elapsed()).max(PAUSE);
        match tokio::time::timeout(left, attempt()).await {
            Ok(Some(found)) => return found,
            Ok(None) if start.elapsed() < patience => tokio::time::sleep(PAUSE).await,
            Ok(None) => panic!("waited {patience:?} for {what}; looked {attempts} times"),
            Err(_) => panic!("waited {patience:?} for {what}; look {attempts} gave no answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_late_is_found() {
        let mut looks = 0;
        wait_until("the third look", Duration::from_secs(5), async || {
            looks += 1;
            looks == 3
        })
        .await;
    }

    #[tokio::test]
    #[should_panic(expected = "for a miracle")]
    async fn what_does_not_come_is_named() {
        wait_until("a miracle", Duration::from_millis(30), async || false).await;
    }

    #[tokio::test]
    #[should_panic(expected = "gave no answer")]
    async fn a_look_that_hangs_is_given_up() {
        wait_until("an answer", Duration::from_millis(30), async || std::future::pending().await).await;
    }
}
