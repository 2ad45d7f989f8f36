//! Spawning: every background task has a name, and its panic is logged.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures_util::FutureExt;
use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Spawns `future` on the current tokio runtime, in a span that carries `name`. Whoever awaits the handle of a task
/// that panicked gets an error, as always with tokio; the log has the panic also where nobody does.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let span = tracing::debug_span!("task", name);
    // A combinator, not an async block around it, which would store the future twice.
    let future = AssertUnwindSafe(future).catch_unwind().map(move |result| ended(name, result));
    #[expect(clippy::disallowed_methods, reason = "the one door to spawning")]
    tokio::spawn(future.instrument(span))
}

/// Runs `work`, which computes for milliseconds or blocks, on a thread for such work, so that no other task waits for
/// it. Its panic is logged too.
pub fn blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(|| ended("blocking work", catch_unwind(AssertUnwindSafe(work))))
}

/// The output of a task. A panic is logged and goes on, so that its handle has it.
fn ended<T>(name: &'static str, result: Result<T, Box<dyn Any + Send>>) -> T {
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(task = name, panic = text.unwrap_or("without a text"), "a task panicked");
        resume_unwind(panic)
    })
}

/// A single-threaded runtime on its own thread, isolated from the main runtime's load. Dropping this ends it, with the
/// tasks that it still runs.
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
            // It ends with an error, when the sender is dropped.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _running: running })
    }

    /// While the guard lives, the tasks that this thread spawns run there.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::Field;
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    /// What was logged at ERROR while it was the default.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    impl Subscriber for Log {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::ERROR
        }

        fn event(&self, event: &Event<'_>) {
            let mut fields = |field: &Field, value: &dyn Debug| {
                self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
            };
            event.record(&mut fields);
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[tokio::test]
    async fn a_panic_is_logged_with_the_name_of_its_task_and_fails_its_handle() {
        let log = Log::default();
        let _logging = tracing::subscriber::set_default(log.clone());
        let panicked = spawn("fragile", async {
            tokio::task::yield_now().await;
            panic!("a defect number {}", 7)
        });
        assert!(panicked.await.unwrap_err().is_panic());
        let logged = std::mem::take(&mut *log.0.lock().unwrap());
        assert!(logged.contains("task=\"fragile\" panic=\"a defect number 7\""), "{logged}");

        assert_eq!(spawn("sound", async { 7 }).await.unwrap(), 7);
        assert_eq!(*log.0.lock().unwrap(), "");
    }

    #[tokio::test]
    async fn a_panic_of_blocking_work_fails_its_handle() {
        assert!(blocking::<_, ()>(|| panic!("a defect")).await.unwrap_err().is_panic());
        assert_eq!(blocking(|| 7).await.unwrap(), 7);
    }

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
