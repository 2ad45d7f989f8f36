//! What a Deployment, its kubelet, its Service and the network do to replace a process.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use comitia_cli::process::Service;
use comitia_testkit::{Installation, Ways};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::load::rounded;

/// How processes are replaced.
#[derive(Clone, Copy, Debug)]
pub struct Kubelet {
    /// How long after SIGTERM callers are still sent to the process: nobody waits for all to know that it goes.
    pub endpoints_lag: Duration,
    /// How long after SIGTERM it is killed.
    pub grace: Duration,
    /// How long after its start a new gateway reaches no service, as where a network plugin opens the way late.
    pub network_lag: Duration,
}

/// A process that was replaced.
#[derive(Clone, Debug)]
pub struct Rolled {
    name: String,
    /// From the start of the new one to its first ready answer.
    ready: Duration,
    /// From SIGTERM to the end of the old one.
    drained: Duration,
    /// The exit code; none when it had to be killed.
    exit_code: Option<i32>,
}

impl Kubelet {
    /// Replaces a process: a new one is started, and once it is ready and has callers, the old one is told to end. The ways
    /// of a new gateway come with it, and are to be kept while it runs.
    ///
    /// # Errors
    /// When the new one does not start.
    pub async fn replace(
        self,
        installation: &mut Installation,
        service: &'static str,
        old: &str,
    ) -> anyhow::Result<(Rolled, Ways)> {
        let late = service == Service::Gateway.name() && !self.network_lag.is_zero();
        let ways = if late { Ways::closed(installation).await? } else { Ways::default() };
        let started = Instant::now();
        let new = installation.start_another(service, ways.environment())?;
        let lag = async {
            sleep(if late { self.network_lag } else { Duration::ZERO }).await;
            ways.open();
            anyhow::Ok(())
        };
        let ready = async {
            installation.process_ready(&new).await?;
            // From now on it has callers, whatever it reaches.
            set_endpoints(installation, service, |_| true)?;
            anyhow::Ok(started.elapsed())
        };
        let ((), ready) = tokio::try_join!(lag, ready)?;
        let asked = Instant::now();
        installation.ask_to_end(old)?;
        sleep(self.endpoints_lag).await;
        set_endpoints(installation, service, |name| name != old)?;
        let left = self.grace.saturating_sub(asked.elapsed());
        let exit_code = installation.remove(old, left).await?;
        Ok((Rolled { name: old.to_owned(), ready, drained: asked.elapsed(), exit_code }, ways))
    }
}

/// Sends callers to these processes of a service.
fn set_endpoints(
    installation: &Installation,
    service: &'static str,
    takes: impl Fn(&str) -> bool,
) -> anyhow::Result<()> {
    let names = installation.replicas(service);
    let names: Vec<_> = names.iter().map(String::as_str).filter(|name| takes(name)).collect();
    let switch = installation.switches(service).first().context("the front of a service")?;
    switch.set_targets(installation.targets(&names));
    Ok(())
}

impl Rolled {
    /// Whether it ended by itself, and well.
    pub fn clean(&self) -> bool {
        self.exit_code == Some(0)
    }

    /// For the file.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "ready_seconds": rounded(self.ready.as_secs_f64()),
            "drained_seconds": rounded(self.drained.as_secs_f64()),
            "exit_code": self.exit_code,
        })
    }
}

impl fmt::Display for Rolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.clean() { "" } else { " BUT NOT CLEANLY" };
        let (ready, drained) = (self.ready.as_secs_f64(), self.drained.as_secs_f64());
        write!(f, "{:<12} ready after {ready:.1} s, drained in {drained:.1} s{how}", self.name)
    }
}
