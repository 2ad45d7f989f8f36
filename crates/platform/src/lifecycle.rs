//! Starting, draining and stopping a process.
//!
//! On the first SIGTERM or SIGINT the process drains: health says NOT_SERVING, after `drain_delay` nothing new is
//! taken, what is in flight is finished, consumers and relays stop, telemetry is flushed, the exit code is 0.
//! A second signal, or `drain_timeout`, ends it at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Health;

/// How a process drains.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LifecycleConfig {
    /// Milliseconds between NOT_SERVING and refusing new connections: what load balancers need to notice.
    pub drain_delay_ms: u64,
    /// Milliseconds that work in flight may take before the process ends anyway.
    pub drain_timeout_ms: u64,
}

impl Default for LifecycleConfig {
    fn default() -> Self {
        Self { drain_delay_ms: 0, drain_timeout_ms: 25_000 }
    }
}

/// By when a job of [`Lifecycle::spawn_soon_and_every`] runs first.
const SOON: Duration = Duration::from_secs(60);

/// The two tokens and the tasks of a process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    drain: CancellationToken,
    stop: CancellationToken,
    tasks: TaskTracker,
    failed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// A lifecycle that runs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process drains: it still accepts requests, and tells its callers to go elsewhere.
    #[must_use]
    pub fn draining(&self) -> CancellationToken {
        self.drain.clone()
    }

    /// Cancelled when the process stops: it accepts nothing new and finishes what is in flight.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts to drain, as the first signal does.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Begins to stop, as a signal would.
    pub fn stop(&self) {
        self.drain();
        self.stop.cancel();
    }

    /// Runs `task` until it ends; [`Lifecycle::drained`] waits for it. The task watches [`Lifecycle::stopping`].
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        comitia_core::task::spawn(name, self.tasks.track_future(task));
    }

    /// As [`Lifecycle::spawn`], for a task that must not end before the process stops: if it does, the whole
    /// process stops, because half a process is worse than a restarted one.
    pub fn spawn_essential<F, E>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send,
    {
        let (stop, failed) = (self.stop.clone(), Arc::clone(&self.failed));
        self.spawn(name, async move {
            let _guard = stop.clone().drop_guard();
            if let Err(error) = task.await {
                failed.store(true, Ordering::SeqCst);
                tracing::error!(task = name, %error, "essential task failed, stopping");
            } else if !stop.is_cancelled() {
                failed.store(true, Ordering::SeqCst);
                tracing::error!(task = name, "essential task ended early, stopping");
            }
        });
    }

    /// Runs `job` again and again until the process stops, each time after `pause`. A failure is logged and the job tried
    /// again next time.
    pub fn spawn_every<J, F, T, E>(&self, name: &'static str, pause: Duration, job: J)
    where
        J: Fn() -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: std::fmt::Display + Send,
    {
        self.spawn_again_and_again(name, pause, pause, job);
    }

    /// As [`Lifecycle::spawn_every`], for a job that must also be done by a process that never lives as long as `pause`: its first
    /// run is within a minute, at a moment drawn at random, so that replicas that start together do not all work at once.
    pub fn spawn_soon_and_every<J, F, T, E>(&self, name: &'static str, pause: Duration, job: J)
    where
        J: Fn() -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: std::fmt::Display + Send,
    {
        let share = f64::from(u32::from_le_bytes(comitia_core::random::bytes())) / f64::from(u32::MAX);
        self.spawn_again_and_again(name, SOON.min(pause).mul_f64(share), pause, job);
    }

    fn spawn_again_and_again<J, F, T, E>(&self, name: &'static str, first: Duration, pause: Duration, job: J)
    where
        J: Fn() -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: std::fmt::Display + Send,
    {
        let stopping = self.stopping();
        self.spawn(name, async move {
            let mut wait = first;
            while stopping.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
                if let Err(error) = job().await {
                    tracing::warn!(job = name, %error, "job failed; it will be tried again");
                }
                wait = pause;
            }
        });
    }

    /// Whether an essential task failed or ended early.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Waits until every spawned task has ended. Call after [`Lifecycle::stop`].
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits for a signal or for [`Lifecycle::stop`], then drains. Gives whether everything ended in time.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub async fn run_until_signal(&self, config: &LifecycleConfig, health: &Health) -> std::io::Result<bool> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => tracing::info!(signal = "SIGTERM", "draining"),
            _ = interrupt.recv() => tracing::info!(signal = "SIGINT", "draining"),
            () = self.stop.cancelled() => tracing::info!("draining"),
        }
        health.drain();
        self.drain();
        let drain = async {
            tokio::time::sleep(Duration::from_millis(config.drain_delay_ms)).await;
            self.stop();
            self.drained().await;
        };
        let timeout = Duration::from_millis(config.drain_delay_ms + config.drain_timeout_ms);
        Ok(tokio::select! {
            () = drain => true,
            () = tokio::time::sleep(timeout) => { tracing::error!("work in flight did not end in time"); false }
            _ = terminate.recv() => { tracing::warn!("second signal, ending at once"); false }
            _ = interrupt.recv() => { tracing::warn!("second signal, ending at once"); false }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    /// The moments of the first runs of an hourly job, since its start. Each run fails.
    async fn runs(soon: bool, count: usize) -> Vec<Duration> {
        let (lifecycle, start) = (Lifecycle::new(), Instant::now());
        let (ran, mut running) = mpsc::unbounded_channel();
        let job = move || {
            let ran = ran.clone();
            async move { ran.send(start.elapsed()).map_err(|_| "nobody listens").and(Err::<(), _>("failed")) }
        };
        if soon {
            lifecycle.spawn_soon_and_every("hourly", HOUR, job);
        } else {
            lifecycle.spawn_every("hourly", HOUR, job);
        }
        let mut moments = Vec::new();
        while moments.len() < count {
            moments.push(running.recv().await.unwrap());
        }
        lifecycle.stop();
        lifecycle.drained().await;
        moments
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_looks_soon_does_so_within_a_minute_and_then_after_each_pause() {
        let near = |time: Duration, other: Duration| time.abs_diff(other) < Duration::from_millis(10);
        let mut firsts = BTreeSet::new();
        for _ in 0..20 {
            let moments = runs(true, 3).await;
            assert!(moments[0] <= SOON + Duration::from_millis(10), "{moments:?}");
            assert!(
                near(moments[1], moments[0] + HOUR) && near(moments[2], moments[1] + HOUR),
                "{moments:?}"
            );
            firsts.insert(moments[0].as_secs() / 10);
        }
        assert!(firsts.len() > 1, "twenty processes that start together all look at the same time");
        let moments = runs(false, 1).await;
        assert!(near(moments[0], HOUR), "{moments:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_stops_before_the_first_run_does_not_wait_for_it() {
        let (lifecycle, start) = (Lifecycle::new(), Instant::now());
        lifecycle.spawn_soon_and_every("hourly", HOUR, || async { Ok::<(), String>(()) });
        lifecycle.stop();
        lifecycle.drained().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
