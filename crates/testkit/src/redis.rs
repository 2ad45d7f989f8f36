//! Redis.

use comitia_embedded::{ServerCommand, free_port};
use tempfile::TempDir;

use crate::folder;
use crate::server::{Probe, Supervised, blocking};

/// A Redis of the test's own. It keeps nothing: after a restart it is empty, as a cache may be.
#[derive(Debug)]
pub struct RedisServer {
    server: Supervised,
    url: String,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts the server.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        blocking(Self::start_blocking).await
    }

    pub(crate) fn start_blocking() -> anyhow::Result<Self> {
        let folder = folder::make()?;
        let port = free_port()?;
        let command = ServerCommand::new("redis-server").folder(folder.path()).args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let probe = Probe { port, hello: b"PING\r\n", answer: b"+PONG" };
        let server = Supervised::start("redis-server", command, probe, folder.path().join("log"))?;
        Ok(Self { server, url: format!("redis://127.0.0.1:{port}"), _folder: folder })
    }

    /// `redis://127.0.0.1:port`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.server.process().kill();
    }

    /// Starts it again on the same port, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.server.restart()
    }

    /// Lets it stand still with its connections open.
    pub fn freeze(&self) {
        self.server.process().freeze();
    }

    /// Ends [`RedisServer::freeze`].
    pub fn thaw(&self) {
        self.server.process().thaw();
    }

    /// Stops it in good order; dropping it kills it.
    pub fn stop(&self) {
        self.server.stop();
    }
}
