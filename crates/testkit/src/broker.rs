//! RabbitMQ.

use std::path::{Path, PathBuf};

use anyhow::Context;
use comitia_embedded::{ServerCommand, ServerProcess, free_port};
use tempfile::TempDir;

use crate::certificates::TlsFiles;
use crate::folder;
use crate::server::{Probe, Supervised, blocking};

/// Debian's wrapper in PATH wants a certain user; this is the program behind it.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// A RabbitMQ of the test's own, with a name server (epmd) of its own, on loopback alone. Durable queues and quorum
/// queues survive [`RabbitMqServer::kill`] and [`RabbitMqServer::restart`].
#[derive(Debug)]
pub struct RabbitMqServer {
    server: Supervised,
    name_server: ServerProcess,
    url: String,
    tls_url: Option<String>,
    _folder: TempDir,
}

impl RabbitMqServer {
    /// Starts the server; it takes some seconds.
    ///
    /// # Errors
    /// When RabbitMQ is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        blocking(|| Self::start_blocking(None)).await
    }

    /// Starts a server that speaks TLS as well, with this certificate and key, at [`RabbitMqServer::tls_url`].
    ///
    /// # Errors
    /// When RabbitMQ is not installed or does not start.
    pub async fn start_with_tls(files: &TlsFiles) -> anyhow::Result<Self> {
        let files = [files.ca(), files.certificate(), files.key()];
        blocking(move || Self::start_blocking(Some(files))).await
    }

    pub(crate) fn start_blocking(tls: Option<[PathBuf; 3]>) -> anyhow::Result<Self> {
        let folder = folder::make()?;
        let (port, distribution, names) = (free_port()?, free_port()?, free_port()?);
        let (mut listener, mut tls_url) = (String::new(), None);
        if let Some([ca, certificate, key]) = tls {
            let port = free_port()?;
            tls_url = Some(format!("amqps://guest:guest@127.0.0.1:{port}/%2f"));
            listener = format!(
                "listeners.ssl.1 = 127.0.0.1:{port}\n\
                 ssl_options.cacertfile = {}\n\
                 ssl_options.certfile = {}\n\
                 ssl_options.keyfile = {}\n",
                ca.display(),
                certificate.display(),
                key.display()
            );
        }
        configure(folder.path(), port, &listener)?;
        // Started by Erlang, it would become a daemon that nobody stops.
        let name_server = ServerCommand::new("epmd")
            .args(["-address", "127.0.0.1", "-port", &names.to_string()])
            .start()
            .context("starting epmd")?;
        let command = command(folder.path(), distribution, names);
        // A protocol header is answered with a method frame (type 1) on channel 0.
        let probe = Probe { port, hello: b"AMQP\x00\x00\x09\x01", answer: b"\x01\x00\x00" };
        let started = Supervised::start("rabbitmq-server", command, probe, folder.path().join("log"));
        let server = match started {
            Ok(server) => server,
            Err(error) => {
                name_server.kill();
                return Err(error);
            }
        };
        let url = format!("amqp://guest:guest@127.0.0.1:{port}/%2f");
        Ok(Self { server, name_server, url, tls_url, _folder: folder })
    }

    /// `amqp://guest:guest@127.0.0.1:port/%2f`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `amqps://guest:guest@127.0.0.1:port/%2f`, if it speaks TLS.
    #[must_use]
    pub fn tls_url(&self) -> Option<&str> {
        self.tls_url.as_deref()
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.server.process().kill();
    }

    /// Starts it again on the same port and data, killing it first if it runs.
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

    /// Ends [`RabbitMqServer::freeze`].
    pub fn thaw(&self) {
        self.server.process().thaw();
    }

    /// Stops it in good order; dropping it kills it.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl Drop for RabbitMqServer {
    fn drop(&mut self) {
        self.server.process().kill();
        self.name_server.kill();
    }
}

fn configure(folder: &Path, port: u16, more: &str) -> anyhow::Result<()> {
    let settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\n\
         log.console = true\n\
         log.console.level = warning\n\
         log.file = false\n\
         disk_free_limit.absolute = 50MB\n{more}"
    );
    std::fs::write(folder.join("rabbitmq.conf"), settings).context("writing rabbitmq.conf")?;
    std::fs::write(folder.join("enabled_plugins"), "[].\n").context("writing enabled_plugins")
}

fn command(folder: &Path, distribution: u16, names: u16) -> ServerCommand {
    ServerCommand::new(PROGRAM)
        .folder(folder)
        .env("HOME", folder)
        .env("RABBITMQ_NODENAME", "comitia@localhost")
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", folder)
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_PID_FILE", folder.join("pid"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
        .env("ERL_EPMD_PORT", names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "-kernel inet_dist_use_interface {127,0,0,1} -setcookie comitia +S 2:2",
        )
        // Makes the script become the server instead of watching over it, so that signals reach it.
        .env("RUNNING_UNDER_SYSTEMD", "true")
}
