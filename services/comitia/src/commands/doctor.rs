//! `comitia doctor`: what is wrong, one line each.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use comitia_core::Clock;
use comitia_platform::database::{self, DatabaseConfig, Migrations};
use comitia_platform::grpc;
use comitia_proto::identity::v1::GetKeySetRequest;
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;

use crate::commands::exit;
use crate::configuration::{Configuration, Source};
use crate::process::{self, Service};

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Check configuration and every dependency, one line each
///
/// Checks the configuration and what it names: databases with their migrations, RabbitMQ, Redis, the store of files, identity. The exit code
/// is 0 when all is well.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    source: Source,
}

impl Doctor {
    /// Runs the checks.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let mut well = true;
        let configuration = match Configuration::load(&self.source) {
            Ok(configuration) => {
                println!("ok    configuration");
                configuration
            }
            Err(error) => {
                println!("FAIL  {error:#}");
                return Ok(ExitCode::FAILURE);
            }
        };
        for service in Service::ALL {
            if let (Some(migrations), Some(config)) = (service.migrations(), service.database(&configuration))
            {
                well &= check(&format!("{service} database"), schema(&config, &migrations)).await;
            }
        }
        well &= check("bus", bus(&configuration)).await;
        well &= check("cache", cache(&configuration)).await;
        if let Some(spaces) = &configuration.spaces {
            well &= check("spaces files", files(spaces)).await;
        }
        well &= check("identity", identity(&configuration)).await;
        Ok(exit(well))
    }
}

/// Whether a service's schema is there as this program needs it, on a server that keeps what it must not tell.
async fn schema(config: &DatabaseConfig, migrations: &Migrations) -> anyhow::Result<String> {
    let pool = database::connect(config)?;
    let pending = database::pending(&pool, migrations).await?;
    anyhow::ensure!(
        pending.is_empty(),
        "{}; run comitia migrate",
        pending.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    );
    let disclosures = database::disclosures(&pool).await?;
    anyhow::ensure!(
        disclosures.is_empty(),
        "the server writes ballots and personal data into its log: {}",
        disclosures.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    );
    Ok("reachable, migrations up to date, no values in the server's log".to_owned())
}

async fn bus(configuration: &Configuration) -> anyhow::Result<String> {
    if configuration.common.bus.url.is_none() {
        return Ok("in process".to_owned());
    }
    let bus = comitia_bus::connect(&configuration.common.bus, Clock::system(), "comitia-doctor")?;
    while !bus.is_up() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bus.close().await;
    Ok("RabbitMQ reachable".to_owned())
}

async fn cache(configuration: &Configuration) -> anyhow::Result<String> {
    if configuration.common.cache.url.is_none() {
        return Ok("in process".to_owned());
    }
    let cache = comitia_cache::connect(&configuration.common.cache, Clock::system())?;
    cache.get("doctor").await?;
    Ok("Redis reachable".to_owned())
}

/// Whether identity answers, and can sign.
async fn identity(configuration: &Configuration) -> anyhow::Result<String> {
    let tls = process::tls(&configuration.common, Clock::system()).await?;
    let address = &configuration.common.endpoints.identity;
    let client = grpc::connect(address, tls.as_ref()).context("configuration: common.endpoints")?;
    let keys = KeyServiceClient::new(client).get_key_set(GetKeySetRequest {}).await?.into_inner().keys;
    anyhow::ensure!(!keys.is_empty(), "it has no signing key");
    Ok(format!("{address} answers"))
}

/// Whether photos and documents can be kept, and the scanner is there.
async fn files(spaces: &comitia_spaces::Config) -> anyhow::Result<String> {
    let files = comitia_spaces::files(spaces)?;
    let Some(store) = &files.store else {
        return Ok("no place is configured (spaces.files): photos and documents are refused".to_owned());
    };
    store.check().await.context("the store cannot be written, read and removed from")?;
    files.intake.check().await?;
    Ok(match spaces.files.scanner {
        Some(_) => "the store can be written; the scanner for viruses answers",
        None => "the store can be written; no scanner for viruses is configured",
    }
    .to_owned())
}

async fn check(what: &str, check: impl Future<Output = anyhow::Result<String>>) -> bool {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(detail)) => {
            println!("ok    {what}: {detail}");
            true
        }
        Ok(Err(error)) => {
            println!("FAIL  {what}: {error:#}");
            false
        }
        Err(_) => {
            println!("FAIL  {what}: no answer within {} s", PATIENCE.as_secs());
            false
        }
    }
}
