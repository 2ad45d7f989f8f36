//! `comitia dev`: everything in one process, for development and trials.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use crate::api::Api;
use crate::commands::{exit, port};
use crate::configuration::Overrides;
use crate::embedded::{Embedded, Settings};
use crate::replay::city::create_organization;

mod ballots;
mod city;
mod content;
mod processes;
mod state;

/// Run everything in one process with a private PostgreSQL, for development and trials
///
/// The database and all other files are in the data folder; nothing else is needed.
///
/// On the first start it makes secrets and, through the public API, a city to click through: processes in different phases,
/// proposals, votes that are open, a result. It prints the site's address and how to sign in. E-mails are written into the
/// folder `mail` of the data folder.
#[derive(Args)]
pub struct Dev {
    /// The data folder
    #[arg(long, value_name = "FOLDER", default_value = ".data/dev")]
    data: PathBuf,
    /// The gateway's port; 0 lets the system choose
    #[arg(long, default_value_t = 8080, value_parser = port)]
    port: u16,
    /// The port of /livez, /readyz and /metrics; 0 lets the system choose
    #[arg(long, default_value_t = 7900, value_parser = port)]
    admin_port: u16,
    /// Make an empty organization on the first start, and no city
    #[arg(long)]
    no_city: bool,
    #[command(flatten)]
    overrides: Overrides,
}

impl Dev {
    /// Runs until a signal.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = Settings {
            data: &self.data,
            port: self.port,
            admin_port: self.admin_port,
            unlimited: false,
            log: "warn",
            overrides: &self.overrides.values,
        };
        let embedded = Embedded::start(&settings).await?;
        let (url, mail) = (embedded.url.clone(), embedded.mail.clone());
        let (lifecycle, key) = (embedded.process.lifecycle(), embedded.secrets.operator_key.clone());
        let run = embedded.run();
        tokio::pin!(run);
        let made = tokio::select! {
            made = self.first_start(&url, &key) => made,
            _ = &mut run => bail!("interrupted"),
        };
        let city = match made {
            Ok(city) => city,
            Err(error) => {
                lifecycle.stop();
                run.await?;
                return Err(error.context("the city; the next start goes on where this one stopped"));
            }
        };
        println!("Comitia runs at {url} (organization of the host names localhost and 127.0.0.1)");
        println!("  operator key   {}", self.data.join("secrets.json").display());
        println!("  e-mails        {}", mail.display());
        println!("  API            {url}/openapi.json");
        println!("  health         http://127.0.0.1:{}/readyz", self.admin_port);
        println!("  more to read   RUST_LOG=info; README.md has the first steps; stop with Ctrl-C");
        if let Some(city) = city {
            city::print(&city, &url, &mail);
        }
        Ok(exit(run.await?))
    }

    /// Makes what the first start makes. Gives the city, if there is one.
    async fn first_start(&self, url: &str, operator_key: &str) -> anyhow::Result<Option<state::State>> {
        let api = Api::new(url, "localhost", Duration::from_secs(60))?;
        let there = api.get("/v1/organization", None).await.is_ok();
        match state::State::load(&self.data)? {
            Some(state) if state.complete => Ok(Some(state)),
            Some(state) => Ok(Some(city::make(&api, operator_key, &self.data, state).await?)),
            // Somebody's own, or one of an earlier version: it stays as it is.
            None if there => Ok(None),
            None if self.no_city => {
                let hosts = ["localhost", "127.0.0.1"];
                create_organization(&api, operator_key, "Development City", &hosts).await?;
                Ok(None)
            }
            None => Ok(Some(city::make(&api, operator_key, &self.data, state::State::new()).await?)),
        }
    }
}
