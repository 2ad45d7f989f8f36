//! Mutual TLS between services: both sides show certificates of the installation's CA.
//!
//! The files are polled. New certificates are used for new connections; open connections go on. If the new files are
//! invalid, the previous certificate stays in use: this is logged and counted, and `comitia.tls.certificate.expiry` still
//! shows when it expires.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use comitia_core::{Clock, task};
use futures_util::future::ready;
use futures_util::{Stream, StreamExt};
use opentelemetry::metrics::{Counter, Gauge};
use opentelemetry::{KeyValue, global};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// The timeout of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How many handshakes may run at once; further peers wait to be accepted.
const HANDSHAKES: usize = 256;

/// The `common.tls` section of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate of this process and what leads from it to the CA, PEM. It is shown to callers and to those who are
    /// called, so it must be good for both; its names are those that `common.endpoints` calls the services by.
    pub certificate_file: PathBuf,
    /// The private key of the certificate, PEM.
    pub key_file: PathBuf,
    /// The CA whose certificates are believed, PEM; while it is changed, the old and the new one.
    pub ca_file: PathBuf,
    /// Milliseconds between two looks at the files.
    #[serde(default = "default_look_every_ms")]
    pub look_every_ms: u64,
}

fn default_look_every_ms() -> u64 {
    10_000
}

/// The files of `common.tls` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}", .file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not PEM, or lacks what it should contain.
    #[error("{what}: {source}")]
    Pem {
        /// `certificate_file`, `key_file` or `ca_file`.
        what: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// The CA cannot be used.
    #[error("ca_file: {0}")]
    Ca(#[source] rustls::Error),
    /// The certificate does not fit the key, is not the CA's, is not good for both sides, or not at this time.
    #[error("certificate_file: {0}")]
    Certificate(#[from] rustls::Error),
    /// The certificate has no expiry.
    #[error("certificate_file: it has no time of expiry")]
    Expiry,
}

/// What this process speaks TLS with. Cheap to clone; all clones see a renewal.
#[derive(Clone)]
pub struct Tls {
    current: watch::Receiver<Credentials>,
}

impl fmt::Debug for Tls {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

struct Credentials {
    server: Arc<ServerConfig>,
    client: ClientTlsConfig,
}

impl Tls {
    /// Reads the files of `config`, and looks at them from then on. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub async fn start(config: TlsConfig, clock: Clock) -> Result<Self, TlsError> {
        let files = Files::read(&config).await?;
        let (sender, current) = watch::channel(files.credentials(&clock)?);
        task::spawn("tls files", follow(config, files, sender, clock));
        Ok(Self { current })
    }

    /// How to speak with a server that is called `name`.
    pub(crate) fn client(&self, name: &str) -> ClientTlsConfig {
        self.current.borrow().client.clone().domain_name(name)
    }

    /// Waits for the next renewal.
    pub(crate) async fn renewed(&mut self) {
        if self.current.changed().await.is_err() {
            // The files are no longer polled: the process stops.
            std::future::pending::<()>().await;
        }
    }

    /// The connections of `listener` whose callers have shown a certificate of the CA.
    pub(crate) fn accept(
        self,
        listener: TcpListener,
    ) -> impl Stream<Item = io::Result<TlsStream<TcpStream>>> {
        TcpIncoming::from(listener)
            .with_nodelay(Some(true))
            .map(move |accepted| {
                let acceptor = TlsAcceptor::from(Arc::clone(&self.current.borrow().server));
                async move { io::Result::Ok(timeout(HANDSHAKE, acceptor.accept(accepted?)).await) }
            })
            .buffer_unordered(HANDSHAKES)
            .filter_map(|handshake| {
                ready(match handshake {
                    Ok(Ok(Ok(stream))) => Some(Ok(stream)),
                    Ok(Ok(Err(error))) => refused(&error.to_string()),
                    Ok(Err(_)) => refused("the caller did not say who it is in time"),
                    Err(error) => Some(Err(error)),
                })
            })
    }
}

fn refused<T>(why: &str) -> Option<T> {
    METRICS.refused.add(1, &[]);
    tracing::info!(why, "a caller without a certificate of the installation was refused");
    None
}

/// What the files hold.
#[derive(PartialEq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    ca: Vec<u8>,
}

impl Files {
    async fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let read = async |file: &Path| {
            let file = file.to_owned();
            tokio::fs::read(&file).await.map_err(|source| TlsError::File { file, source })
        };
        Ok(Self {
            certificate: read(&config.certificate_file).await?,
            key: read(&config.key_file).await?,
            ca: read(&config.ca_file).await?,
        })
    }

    /// What is spoken with, if the other side would take it as well.
    fn credentials(&self, clock: &Clock) -> Result<Credentials, TlsError> {
        let chain = certificates("certificate_file", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|source| TlsError::Pem { what: "key_file", source })?;
        let mut roots = RootCertStore::empty();
        for ca in certificates("ca_file", &self.ca)? {
            roots.add(ca).map_err(TlsError::Ca)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let callers = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
            .build()
            .map_err(|error| TlsError::Ca(rustls::Error::General(error.to_string())))?;
        let now = Duration::from_secs(clock.now().timestamp().unsigned_abs());
        callers.verify_client_cert(&chain[0], &chain[1..], UnixTime::since_unix_epoch(now))?;
        let (_, own) = x509_parser::parse_x509_certificate(&chain[0]).map_err(|_| TlsError::Expiry)?;
        let expiry = own.validity().not_after.timestamp();
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(callers)
            .with_single_cert(chain.clone(), key)?;
        server.alpn_protocols = vec![b"h2".to_vec()];
        // No session resumption: every connection verifies the certificate again.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        let client = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.ca))
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .timeout(HANDSHAKE);
        METRICS.expiry.record(expiry.unsigned_abs(), &[]);
        Ok(Credentials { server: Arc::new(server), client })
    }
}

/// The certificates in the file that `what` names, at least one.
fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|source| TlsError::Pem { what, source })?;
    if found.is_empty() {
        return Err(TlsError::Pem { what, source: pem::Error::NoItemsFound });
    }
    Ok(found)
}

/// Polls the files until nothing uses them any more.
async fn follow(config: TlsConfig, files: Files, sender: watch::Sender<Credentials>, clock: Clock) {
    let mut looks = tokio::time::interval(Duration::from_millis(config.look_every_ms.max(1)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The files' last state, valid or not: each state is tried and logged once.
    let mut seen = Some(files);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = sender.closed() => return,
        }
        let found = match Files::read(&config).await {
            Ok(files) if seen.as_ref() == Some(&files) => continue,
            Err(_) if seen.is_none() => continue,
            found => found,
        };
        match found
            .as_ref()
            .map_err(ToString::to_string)
            .and_then(|files| files.credentials(&clock).map_err(|error| error.to_string()))
        {
            Ok(credentials) => {
                sender.send_replace(credentials);
                METRICS.reloads.add(1, &[KeyValue::new("outcome", "used")]);
                tracing::info!("the new certificate of this process is used from now on");
            }
            Err(error) => {
                METRICS.reloads.add(1, &[KeyValue::new("outcome", "refused")]);
                tracing::error!(
                    error,
                    "the new files of common.tls cannot be used; the earlier certificate stays"
                );
            }
        }
        seen = found.ok();
    }
}

struct Metrics {
    expiry: Gauge<u64>,
    reloads: Counter<u64>,
    refused: Counter<u64>,
}

/// Made at the first certificate, by when telemetry has started.
static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let meter = global::meter("comitia");
    Metrics {
        expiry: meter
            .u64_gauge("comitia.tls.certificate.expiry")
            .with_unit("s")
            .with_description("When the certificate ends that this process uses, seconds since 1970")
            .build(),
        reloads: meter
            .u64_counter("comitia.tls.reloads")
            .with_description("New files of common.tls, by outcome: used or refused")
            .build(),
        refused: meter
            .u64_counter("comitia.tls.refused")
            .with_description("Connections that were refused because the caller showed no good certificate")
            .build(),
    }
});
