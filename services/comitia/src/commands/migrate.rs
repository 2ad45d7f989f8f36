//! `comitia migrate`: brings databases up to date.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use secrecy::SecretString;

use crate::process::Service;

/// Bring the databases up to date; servers refuse to start before
///
/// Creates each service's schema and role where they are missing, applies its pending migrations, and grants the role
/// what it needs. Can be run again, and by several at once. Servers refuse to start on pending migrations.
#[derive(Args)]
pub struct Migrate {
    /// URL of the database for a user who may create schemas and roles
    #[arg(long, env = "COMITIA_ADMIN_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: SecretString,
    /// Password to give to the services' roles; without it roles keep what they have
    #[arg(long, env = "COMITIA_ROLE_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    role_password: Option<SecretString>,
    /// Only these services; all without it
    #[arg(value_enum, value_name = "SERVICE")]
    services: Vec<Service>,
}

impl Migrate {
    /// Runs the migrations.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let services = if self.services.is_empty() { Service::ALL.to_vec() } else { self.services };
        for service in services {
            let Some(migrations) = service.migrations() else { continue };
            migrations
                .run(&self.database_url, self.role_password.as_ref())
                .await
                .with_context(|| format!("{service}: migration failed"))?;
            println!("{service}: up to date");
        }
        Ok(ExitCode::SUCCESS)
    }
}
