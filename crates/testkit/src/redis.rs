//! Redis.

use std::path::PathBuf;

use comitia_embedded::{ServerCommand, free_port};
use tempfile::TempDir;

use crate::certificates::TlsFiles;
use crate::folder;
use crate::server::{Probe, Supervised, blocking};

/// A Redis of the test's own. It keeps nothing: after a restart it is empty, as a cache may be.
#[derive(Debug)]
pub struct RedisServer {
    server: Supervised,
    url: String,
    tls_url: Option<String>,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts the server.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        blocking(|| Self::start_blocking(None)).await
    }

    /// Starts a server that speaks TLS as well, with this certificate and key, at [`RedisServer::tls_url`].
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub async fn start_with_tls(files: &TlsFiles) -> anyhow::Result<Self> {
        let files = (files.certificate(), files.key());
        blocking(move || Self::start_blocking(Some(files))).await
    }

    pub(crate) fn start_blocking(tls: Option<(PathBuf, PathBuf)>) -> anyhow::Result<Self> {
        let folder = folder::make()?;
        let port = free_port()?;
        let mut command = ServerCommand::new("redis-server").folder(folder.path()).args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let mut tls_url = None;
        if let Some((certificate, key)) = tls {
            let port = free_port()?;
            tls_url = Some(format!("rediss://127.0.0.1:{port}"));
            command = command
                .args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no", "--tls-cert-file"])
                .arg(certificate)
                .arg("--tls-key-file")
                .arg(key);
        }
        let probe = Probe { port, hello: b"PING\r\n", answer: b"+PONG" };
        let server = Supervised::start("redis-server", command, probe, folder.path().join("log"))?;
        Ok(Self { server, url: format!("redis://127.0.0.1:{port}"), tls_url, _folder: folder })
    }

    /// `redis://127.0.0.1:port`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `rediss://127.0.0.1:port`, if it speaks TLS.
    #[must_use]
    pub fn tls_url(&self) -> Option<&str> {
        self.tls_url.as_deref()
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
