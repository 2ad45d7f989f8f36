//! `comitia config`: prints what is in force.

use std::process::ExitCode;

use clap::Args;

use crate::configuration::{Configuration, Source};

/// Print the configuration that is in force, secrets hidden
///
/// Defaults are included, one value a line. Secrets are shown as `[REDACTED]`.
#[derive(Args)]
pub struct Config {
    #[command(flatten)]
    source: Source,
}

impl Config {
    /// Prints the configuration.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        // Secrets are of a type whose Debug form hides them, so that no log can show one either.
        println!("{:#?}", Configuration::load(&self.source)?);
        Ok(ExitCode::SUCCESS)
    }
}
