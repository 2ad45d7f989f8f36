//! A server that can be killed, frozen and started again with the same folder and ports.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use comitia_embedded::{ServerCommand, ServerProcess, Signal};

const START_PATIENCE: Duration = Duration::from_secs(90);
const STOP_PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// How to see that a server is ready: what to say to its port, and how its answer begins.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) port: u16,
    pub(crate) hello: &'static [u8],
    pub(crate) answer: &'static [u8],
}

impl Probe {
    fn ready(&self) -> bool {
        let attempt = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(self.hello)?;
            let mut answer = vec![0; self.answer.len()];
            stream.read_exact(&mut answer)?;
            Ok(answer == self.answer)
        };
        attempt().unwrap_or(false)
    }
}

/// The running server and how to start it.
#[derive(Debug)]
pub(crate) struct Supervised {
    name: &'static str,
    command: ServerCommand,
    probe: Probe,
    log: PathBuf,
    process: Mutex<ServerProcess>,
}

impl Supervised {
    pub(crate) fn start(
        name: &'static str,
        command: ServerCommand,
        probe: Probe,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let command = command.log(&log);
        let process = command.start().with_context(|| format!("starting {name}"))?;
        let server = Self { name, command, probe, log, process: Mutex::new(process) };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        while !self.probe.ready() {
            if self.process().wait(PAUSE) || Instant::now() > deadline {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let end = lines[lines.len().saturating_sub(15)..].join("\n");
                bail!("{} does not start; the end of its log:\n{end}", self.name);
            }
        }
        Ok(())
    }

    pub(crate) fn process(&self) -> MutexGuard<'_, ServerProcess> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills what still runs and starts it again.
    pub(crate) fn restart(&self) -> anyhow::Result<()> {
        {
            let mut process = self.process();
            process.kill();
            *process = self.command.start().with_context(|| format!("starting {} again", self.name))?;
        }
        self.wait_until_ready()
    }

    pub(crate) fn stop(&self) {
        self.process().stop(Signal::TERM, STOP_PATIENCE);
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Its folder goes with it: there is nothing to save.
        self.process().kill();
    }
}

/// Runs what blocks beside the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("starting a server")?
}
