//! Spawning: every background task has a name, and its panic is logged.

use std::future::Future;

use tokio::task::JoinHandle;
use tracing::Instrument;

/// Spawns `future` on the current tokio runtime, in a span that carries `name`.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let span = tracing::debug_span!("task", name);
    #[expect(clippy::disallowed_methods, reason = "the one door to spawning")]
    tokio::spawn(future.instrument(span))
}

/// Runs `work`, which computes for milliseconds or blocks, on a thread of its own, so that no other task waits for it.
pub fn blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(work)
}
