//! A server that speaks S3: moto, of PyPI, which `scripts/install test` puts into `.tools/moto`.

use std::path::PathBuf;

use anyhow::Context;
use comitia_embedded::{ServerCommand, free_port};
use tempfile::TempDir;

use crate::folder;
use crate::server::{Probe, Supervised, blocking};

/// The bucket that [`S3Server::start`] makes.
const BUCKET: &str = "comitia-test";

/// An S3 server of the test's own. It keeps everything in memory, and takes any key.
#[derive(Debug)]
pub struct S3Server {
    server: Supervised,
    port: u16,
    _folder: TempDir,
}

impl S3Server {
    /// Starts the server, with one bucket; none where it is not installed, which it says.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        let program =
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/moto/bin/moto_server"));
        if !program.exists() {
            eprintln!("SKIPPED: no S3 server; scripts/install test installs one into .tools/moto");
            return Ok(None);
        }
        let server = blocking(move || Self::start_blocking(program)).await?;
        server.make_bucket().await?;
        Ok(Some(server))
    }

    fn start_blocking(program: PathBuf) -> anyhow::Result<Self> {
        let folder = folder::make()?;
        let port = free_port()?;
        let command = ServerCommand::new(program).folder(folder.path()).args([
            "-H",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        let probe = Probe { port, hello: b"GET /moto-api/ HTTP/1.0\r\n\r\n", answer: b"HTTP/1" };
        let server = Supervised::start("moto_server", command, probe, folder.path().join("log"))?;
        Ok(Self { server, port, _folder: folder })
    }

    async fn make_bucket(&self) -> anyhow::Result<()> {
        let made = reqwest::Client::new().put(format!("{}/{BUCKET}", self.endpoint())).send().await?;
        made.error_for_status().map(|_| ()).context("making a bucket")
    }

    /// `http://127.0.0.1:port`
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The name of its bucket.
    #[must_use]
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// Lets it stand still with its connections open.
    pub fn freeze(&self) {
        self.server.process().freeze();
    }

    /// Ends [`S3Server::freeze`].
    pub fn thaw(&self) {
        self.server.process().thaw();
    }

    /// SIGKILL; everything that it has is gone.
    pub fn kill(&self) {
        self.server.process().kill();
    }
}
