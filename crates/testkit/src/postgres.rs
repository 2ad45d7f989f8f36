//! PostgreSQL.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use comitia_embedded::{Options, PrivatePostgres};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::folder;
use crate::server::blocking;

/// A PostgreSQL of the test's own. What it has acknowledged survives [`PostgresServer::kill`]; it would not survive
/// a power cut.
#[derive(Debug)]
pub struct PostgresServer {
    // Before the folder, so that it is gone when the folder goes.
    server: Mutex<Option<PrivatePostgres>>,
    options: Options,
    admin_url: SecretString,
    _folder: TempDir,
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
        let folder = folder::make()?;
        let options = Options::for_tests(folder.path().join("data"))
            .setting("max_connections", "400")
            .setting("shared_buffers", "64MB");
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

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its folder goes with it: there is nothing to save.
        self.kill();
    }
}
