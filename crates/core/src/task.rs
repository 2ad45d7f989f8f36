//! Spawning: every background task has a name, and its panic is logged.

use std::future::Future;

use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::sync::oneshot;
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

/// An event loop on a thread of its own: what runs there waits for nothing that runs elsewhere, however much that is. It ends, with
/// whatever it still runs, when this is dropped.
#[derive(Debug)]
pub struct EventLoop {
    handle: Handle,
    _running: oneshot::Sender<()>,
}

impl EventLoop {
    /// Starts one, on a thread with this name.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(name: &'static str) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // An error says that the sender was dropped, which is what is waited for.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _running: running })
    }

    /// As long as the guard lives, what this thread spawns runs there.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_loop_is_a_thread_of_its_own_and_ends_with_its_owner() {
        let (own, other) = (std::thread::current().id(), EventLoop::start("other").unwrap());
        let (task, thread) = {
            let _there = other.enter();
            (
                spawn("endless", std::future::pending::<()>()),
                spawn("thread", async { std::thread::current().id() }),
            )
        };
        assert_ne!(thread.await.unwrap(), own);
        assert_eq!(spawn("here", async { std::thread::current().id() }).await.unwrap(), own);
        drop(other);
        assert!(task.await.unwrap_err().is_cancelled());
    }
}
