//! PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use comitia_embedded::{Options, PrivatePostgres};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::folder;
use crate::server::blocking;

/// A PostgreSQL of the test's own. What it has acknowledged survives [`PostgresServer::kill`]; a power cut only if it
/// is durable.
#[derive(Debug)]
pub struct PostgresServer {
    // Before the folder, so that it is gone when the folder goes.
    server: Mutex<Option<PrivatePostgres>>,
    options: Options,
    admin_url: SecretString,
    _folder: Option<TempDir>,
}

impl PostgresServer {
    /// Starts the server.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        blocking(Self::start_blocking).await
    }

    pub(crate) fn start_blocking() -> anyhow::Result<Self> {
        Self::start_with(|data| {
            Options::for_tests(data).setting("max_connections", "400").setting("shared_buffers", "64MB")
        })
    }

    /// Starts a server with these settings beside the usual ones.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_set(settings: &'static [(&'static str, &'static str)]) -> anyhow::Result<Self> {
        blocking(move || Self::start_with(|data| with(Options::for_tests(data), settings))).await
    }

    /// Starts a server whose commits survive a power cut, with these settings, for measuring.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_durable(settings: &'static [(&'static str, &'static str)]) -> anyhow::Result<Self> {
        blocking(move || Self::start_with(|data| with(Options::new(data), settings))).await
    }

    /// As [`PostgresServer::start_durable`], with its data in a folder of the caller's, which outlives the server.
    ///
    /// # Errors
    /// As [`PostgresServer::start_durable`].
    pub async fn start_durable_in(
        folder: &Path,
        settings: &'static [(&'static str, &'static str)],
    ) -> anyhow::Result<Self> {
        let options = with(Options::new(folder.join("data")), settings);
        blocking(move || Self::start_on(options, None)).await
    }

    fn start_with(options: impl FnOnce(PathBuf) -> Options) -> anyhow::Result<Self> {
        let folder = folder::make()?;
        Self::start_on(options(folder.path().join("data")), Some(folder))
    }

    fn start_on(options: Options, folder: Option<TempDir>) -> anyhow::Result<Self> {
        let server = PrivatePostgres::start_blocking(&options).context("starting PostgreSQL")?;
        let options = options.port(server.port());
        let admin_url = server.admin_url("postgres");
        Ok(Self { server: Mutex::new(Some(server)), options, admin_url, _folder: folder })
    }

    /// The superuser's URL of the database `postgres`.
    #[must_use]
    pub fn url(&self) -> &SecretString {
        &self.admin_url
    }

    /// The process id of the server, whose children are its backends; nothing while it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server().as_ref().map(|server| server.process().pid())
    }

    /// What the server has logged; empty while it is stopped.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        let Some(path) = self.server().as_ref().map(|server| server.log().to_owned()) else {
            return Ok(String::new());
        };
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Whether it has ended by itself or was killed.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.server().as_ref().is_none_or(|server| server.process().ended())
    }

    /// SIGKILL to the server and all its backends.
    pub fn kill(&self) {
        if let Some(server) = self.server().as_ref() {
            server.process().kill();
        }
    }

    /// Starts it again on the same port and data, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&self) -> anyhow::Result<()> {
        let mut server = self.server();
        if let Some(old) = server.take() {
            old.process().kill();
        }
        *server = Some(PrivatePostgres::start_blocking(&self.options).context("starting PostgreSQL again")?);
        Ok(())
    }

    /// Lets it stand still with its connections open.
    pub fn freeze(&self) {
        if let Some(server) = self.server().as_ref() {
            server.process().freeze();
        }
    }

    /// Ends [`PostgresServer::freeze`].
    pub fn thaw(&self) {
        if let Some(server) = self.server().as_ref() {
            server.process().thaw();
        }
    }

    /// Stops it in good order; dropping it kills it.
    pub fn stop(&self) {
        if let Some(server) = self.server().take() {
            server.stop_blocking();
        }
    }

    fn server(&self) -> MutexGuard<'_, Option<PrivatePostgres>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with(options: Options, settings: &[(&str, &str)]) -> Options {
    settings.iter().fold(options, |options, (key, value)| options.setting(*key, *value))
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its folder goes with it: there is nothing to save.
        self.kill();
    }
}
