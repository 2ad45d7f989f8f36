//! `comitia dev`: everything in one process, for development and trials.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::api::Api;
use crate::commands::{exit, port};
use crate::configuration::Overrides;
use crate::embedded::{Embedded, Settings};
use crate::replay::city;

/// Run everything in one process with a private PostgreSQL, for development and trials
///
/// The database and all other files are in the data folder; nothing else is needed.
///
/// On the first start it makes secrets, the organization of the host name `localhost`, and prints how to sign in. E-mails are
/// written into the folder `mail` of the data folder.
#[derive(Args)]
pub struct Dev {
    /// The data folder
    #[arg(long, value_name = "FOLDER", default_value = ".data/dev")]
    data: PathBuf,
    /// The gateway's port
    #[arg(long, default_value_t = 8080, value_parser = port)]
    port: u16,
    /// The port of /livez, /readyz and /metrics
    #[arg(long, default_value_t = 7900, value_parser = port)]
    admin_port: u16,
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
            log: "info",
            overrides: &self.overrides.values,
        };
        let embedded = Embedded::start(&settings).await?;
        let api = Api::new(&embedded.url, "localhost", Duration::from_secs(10))?;
        if api.get("/v1/organization", None).await.is_err() {
            let key = &embedded.secrets.operator_key;
            city::create_organization(&api, key, "Development City", &["localhost", "127.0.0.1"]).await?;
        }
        let url = &embedded.url;
        println!("Comitia runs at {url} (organization of the host names localhost and 127.0.0.1)");
        println!("  operator key   {}", self.data.join("secrets.json").display());
        println!("  e-mails        {}", embedded.mail.display());
        println!("  API            {url}/openapi.json");
        println!("  health         http://127.0.0.1:{}/readyz", self.admin_port);
        println!("  first steps    README.md; stop with Ctrl-C");
        Ok(exit(embedded.run().await?))
    }
}
