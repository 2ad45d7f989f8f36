//! Embedded mode: all services in this process on a private PostgreSQL, nothing else needed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comitia_embedded::{Options, PrivatePostgres};
use comitia_platform::telemetry::Telemetry;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::configuration::{Configuration, Overrides, Source};
use crate::process::{Process, Service};

/// The name of the database in the private server.
const DATABASE: &str = "comitia";

/// The secrets of an embedded installation, made once and kept in its data folder, readable by its owner only.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// What the services' keys begin with.
    service_key: String,
    /// What the operator signs in with.
    pub operator_key: String,
    data_key: String,
    lookup_key: String,
    receipt_key: String,
    // Empty in the folders of versions without it.
    #[serde(default)]
    log_key: String,
}

impl Secrets {
    fn new() -> Self {
        let key = || STANDARD.encode(comitia_core::random::bytes::<32>());
        Self {
            service_key: key(),
            operator_key: key(),
            data_key: key(),
            lookup_key: key(),
            receipt_key: key(),
            log_key: key(),
        }
    }

    fn load_or_make(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("secrets.json");
        if path.exists() {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut secrets: Self =
                serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
            if secrets.log_key.is_empty() {
                secrets.log_key = Self::new().log_key;
                secrets.write(folder, &path)?;
            }
            return Ok(secrets);
        }
        let secrets = Self::new();
        secrets.write(folder, &path)?;
        Ok(secrets)
    }

    fn write(&self, folder: &Path, path: &Path) -> anyhow::Result<()> {
        let part = folder.join("secrets.json.part");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .with_context(|| format!("cannot write {}", part.display()))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        Ok(())
    }
}

/// An embedded installation that runs.
pub struct Embedded {
    postgres: PrivatePostgres,
    /// The services.
    pub process: Process,
    /// The base URL of the gateway.
    pub url: String,
    /// The secrets.
    pub secrets: Secrets,
    /// Where e-mails end up.
    pub mail: PathBuf,
}

/// How to run embedded mode.
pub struct Settings<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The gateway's port; 0 lets the system choose.
    pub port: u16,
    /// The admin port; 0 lets the system choose.
    pub admin_port: u16,
    /// Whether one address may call without limit, as a replay does.
    pub unlimited: bool,
    /// What to log where RUST_LOG is not set.
    pub log: &'a str,
    /// More configuration, as `--set` takes it.
    pub overrides: &'a [(String, String)],
}

impl Embedded {
    /// Starts PostgreSQL, migrates, starts all services, and waits until they are ready.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, the data folder is in use, or a service cannot start.
    pub async fn start(settings: &Settings<'_>) -> anyhow::Result<Self> {
        let data = settings.data;
        fs::create_dir_all(data)
            .with_context(|| format!("cannot make the data folder {}", data.display()))?;
        let telemetry = Telemetry::start("comitia", settings.log)?;
        let postgres = PrivatePostgres::start(
            Options::new(data.join("postgres"))
                .setting("max_connections", "120")
                .setting("shared_buffers", "256MB")
                .setting("max_wal_size", "2GB"),
        )
        .await?;
        postgres.ensure_database(DATABASE).await?;
        for migrations in Service::ALL.into_iter().filter_map(Service::migrations) {
            migrations.run(&postgres.admin_url(DATABASE), Some(postgres.password())).await?;
        }
        let secrets = Secrets::load_or_make(data)?;
        let mail = data.join("mail");
        fs::create_dir_all(&mail)?;
        let configuration = Configuration::load(&Source {
            file: None,
            overrides: Overrides { values: overrides(settings, &postgres, &secrets, &mail) },
        })?;
        let process = Process::start(configuration, &Service::ALL, true, telemetry).await?;
        process.ready().await?;
        let address = process.gateway.context("the gateway does not run")?;
        Ok(Self { postgres, process, url: format!("http://{address}"), secrets, mail })
    }

    /// Waits for a signal (or for the process to stop by itself), then drains and stops PostgreSQL.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub async fn run(self) -> anyhow::Result<bool> {
        let well = self.process.run().await;
        self.postgres.stop().await;
        well
    }
}

fn overrides(
    settings: &Settings<'_>,
    postgres: &PrivatePostgres,
    secrets: &Secrets,
    mail: &Path,
) -> Vec<(String, String)> {
    let mut all = vec![
        ("common.admin_listen".to_owned(), format!("127.0.0.1:{}", settings.admin_port)),
        ("gateway.server.listen".to_owned(), format!("127.0.0.1:{}", settings.port)),
        ("identity.data_key".to_owned(), secrets.data_key.clone()),
        ("identity.lookup_key".to_owned(), secrets.lookup_key.clone()),
        ("identity.operator_key".to_owned(), secrets.operator_key.clone()),
        ("identity.mail.folder".to_owned(), mail.display().to_string()),
        ("identity.mail.from".to_owned(), "Comitia <comitia@localhost>".to_owned()),
        ("spaces.files.folder".to_owned(), settings.data.join("files").display().to_string()),
        ("voting.receipt_key".to_owned(), secrets.receipt_key.clone()),
        ("voting.log_key".to_owned(), secrets.log_key.clone()),
        // People come by plain HTTP here.
        ("portal.secure_cookies".to_owned(), "false".to_owned()),
    ];
    for service in Service::ALL.into_iter().filter(|service| *service != Service::Identity) {
        // One process has them all: here, they keep nobody apart.
        let key = format!("{}-{service}", secrets.service_key);
        all.push((format!("common.service_keys.{service}"), key));
    }
    for service in Service::ALL.into_iter().filter(|service| *service != Service::Gateway) {
        all.push((format!("{service}.server.listen"), "127.0.0.1:0".to_owned()));
        if service.migrations().is_none() {
            continue;
        }
        let role = format!("comitia_{service}");
        all.push((
            format!("{service}.database.url"),
            postgres.url(&role, DATABASE).expose_secret().to_owned(),
        ));
    }
    if settings.unlimited {
        all.push(("gateway.rate_limits.enabled".to_owned(), "false".to_owned()));
    }
    all.extend(settings.overrides.iter().cloned());
    all
}
