//! `comitia config`: prints what is in force.

use std::process::ExitCode;

use clap::Args;

use crate::configuration::{Configuration, Source};

/// Prints the configuration that is in force, defaults included, one value a line. Secrets are shown as
/// `[REDACTED]`.
#[derive(Args)]
pub struct Config {}

impl Config {
    /// Prints the configuration.
    pub fn run(self, source: &Source) -> anyhow::Result<ExitCode> {
        // Secrets are of a type whose Debug form hides them, so that no log can show one either.
        println!("{:#?}", Configuration::load(source)?);
        Ok(ExitCode::SUCCESS)
    }
}
