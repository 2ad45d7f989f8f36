//! `comitia serve`: runs services until a signal.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use comitia_platform::telemetry::Telemetry;

use crate::commands::exit;
use crate::configuration::{Configuration, Source};
use crate::process::{Process, Service};

/// Run services until SIGTERM or SIGINT
///
/// Runs one or several services in this process. They find the others at `common.endpoints`.
///
/// SIGTERM or SIGINT drains: health says NOT_SERVING, what is in flight is finished, the exit code is 0.
#[derive(Args)]
pub struct Serve {
    #[arg(required = true, value_name = "SERVICE", help = choices(), value_parser = one_or_all)]
    services: Vec<Vec<Service>>,
    #[command(flatten)]
    source: Source,
}

fn one_or_all(name: &str) -> Result<Vec<Service>, String> {
    if name == "all" {
        Ok(Service::ALL.to_vec())
    } else {
        Service::from_str(name, false).map(|one| vec![one]).map_err(|_| format!("choose {}", choices()))
    }
}

fn choices() -> String {
    format!("`all`, or any of {}", Service::ALL.map(Service::name).join(", "))
}

impl Serve {
    /// Runs the services.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let all = self.services.iter().any(|group| group.len() > 1);
        let services: Vec<Service> =
            self.services.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let configuration = Configuration::load(&self.source)?;
        let name = if all { "comitia".to_owned() } else { format!("comitia-{}", services[0]) };
        let telemetry = Telemetry::start(&name, "info")?;
        let process = Process::start(configuration, &services, false, telemetry).await?;
        Ok(exit(process.run().await?))
    }
}
