//! `comitia replay`: a real election through the public API.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::api::Api;
use crate::commands::{exit, whole};
use crate::replay;

/// Replay a real election (.pb file) ballot by ballot through the public API of a running gateway
///
/// Sets up an organization, roll, budget and vote for a Pabulib .pb file through a gateway's public API, lets every voter
/// sign in with their access code, get their permit and cast their ballot, closes the vote, and prints the result.
///
/// All voters come from one address, so that a gateway with its default limits (gateway.rate_limits) takes about five a second
/// after the first three hundred. Turn them off there for a replay at full speed, where nobody else votes.
///
/// The exit code is 0 when every ballot was acknowledged and counted.
#[derive(Args)]
pub struct Replay {
    /// The .pb file
    file: PathBuf,
    /// Base URL of the gateway; several replicas separated by commas
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    gateway: String,
    /// The operator key of the installation (identity.operator_key)
    #[arg(long, env = "COMITIA_OPERATOR_KEY", hide_env_values = true, value_name = "KEY")]
    operator_key: SecretString,
    /// Host name of the organization to create; a new one without it
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// How many voters vote at the same time
    #[arg(long, default_value_t = 64, value_parser = whole::<usize>)]
    voters: usize,
    /// Seconds to try again while the API is away, and to wait for the result
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = whole::<u64>)]
    patience: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
}

impl Replay {
    /// Replays the file.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let plan = replay::read_plan(&self.file)?;
        let host =
            self.host.unwrap_or_else(|| format!("replay-{}.localhost", comitia_core::id::new().simple()));
        let patience = Duration::from_secs(self.patience);
        let api = Api::new(&self.gateway, &host, patience)?;
        let progress = replay::progress_bar();
        let settings = replay::Settings { voters: self.voters, patience };
        let report =
            replay::replay(&api, self.operator_key.expose_secret(), plan, &settings, &progress).await?;
        progress.finish_and_clear();
        match self.format {
            Format::Json => println!(
                "{}",
                json!({
                    "ballots_sent": report.sent,
                    "ballots_acknowledged": report.acknowledged,
                    "ballots_counted": report.counted,
                    "selected": report.selected,
                    "seconds": report.seconds,
                    "voting_seconds": report.voting_seconds,
                    "host": host,
                    "budget": report.budget,
                    "refused": report.refused,
                })
            ),
            Format::Table => super::demo::print_report(&report),
        }
        let counted = usize::try_from(report.counted).unwrap_or(0);
        Ok(exit(report.acknowledged == report.sent && counted == report.sent))
    }
}
