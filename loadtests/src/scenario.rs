//! Load scenarios: k6 drives the voters, and what it measures becomes a line a second, a JSON file and a page.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::Context;
use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use comitia_cli::api::number;
use comitia_core::Clock;
use comitia_testkit::{Installation, InstallationPlan, PostgresServer};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use uuid::Uuid;

use crate::city::{City, PollPlan};
use crate::installation;
use crate::report::{Report, Samples, usage};

/// How many members one import brings.
const IMPORT: usize = 20_000;
/// How much longer than its poll a closing night goes on, as a share of it.
const AFTER_CLOSING: f64 = 0.1;

/// Runs a load scenario with k6 and writes its report
#[derive(Args)]
pub struct Run {
    /// Which one
    scenario: Scenario,
    /// The gateway of a running installation; without it one is started for the run
    #[arg(long)]
    gateway: Option<String>,
    /// The operator's key of that installation
    #[arg(long, env = "COMITIA_OPERATOR_KEY", hide_env_values = true)]
    operator_key: Option<String>,
    /// Voters a second at the peak; each scenario has its own otherwise
    #[arg(long)]
    rate: Option<u32>,
    /// How long it runs, in seconds; each scenario has its own otherwise
    #[arg(long)]
    seconds: Option<u32>,
    /// The comitia program, for an installation of its own
    #[arg(long, default_value = "target/release/comitia")]
    comitia: PathBuf,
    /// The k6 program
    #[arg(long, default_value = "k6")]
    k6: PathBuf,
    /// The folder with the scenarios' scripts
    #[arg(long, default_value = "loadtests/k6")]
    scripts: PathBuf,
    /// The folder for the reports
    #[arg(long, default_value = "target/loadtests")]
    out: PathBuf,
}

/// A scenario; its script says what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    CityVote,
    PetitionSpike,
    ClosingNight,
    Pages,
    Soak,
}

impl Scenario {
    const fn name(self) -> &'static str {
        match self {
            Self::CityVote => "city-vote",
            Self::PetitionSpike => "petition-spike",
            Self::ClosingNight => "closing-night",
            Self::Pages => "pages",
            Self::Soak => "soak",
        }
    }

    /// Voters a second at the peak and seconds, where nothing else is asked for. k6 shares the machine here.
    const fn defaults(self) -> (u32, u32) {
        match self {
            Self::CityVote => (100, 120),
            Self::PetitionSpike => (200, 60),
            Self::ClosingNight => (120, 120),
            Self::Pages => (40, 120),
            Self::Soak => (50, 3600),
        }
    }

    /// Options of its poll, and how many a ballot approves.
    const fn ballots(self) -> (usize, usize) {
        match self {
            Self::PetitionSpike => (1, 1),
            _ => (50, 10),
        }
    }
}

impl Run {
    /// Runs the scenario.
    ///
    /// # Errors
    /// When the installation does not start, the set-up is refused, or k6 fails.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let own = match &self.gateway {
            Some(_) => None,
            None => Some(self.start().await?),
        };
        let (gateway, operator_key) = match (&own, &self.gateway, &self.operator_key) {
            (Some(own), ..) => {
                let address = own.addresses("gateway").into_iter().next().context("no gateway")?;
                (address, Installation::OPERATOR_KEY.to_owned())
            }
            (None, Some(gateway), Some(key)) => (gateway.clone(), key.clone()),
            _ => {
                anyhow::bail!("with --gateway, COMITIA_OPERATOR_KEY must be the installation's operator key")
            }
        };
        let folder = tempfile::tempdir()?;
        let (city, poll) = self.prepare(&gateway, &operator_key, folder.path()).await?;
        let before = own.as_ref().map(usage::so_far).transpose()?.unwrap_or_default();
        let samples = self.drive(folder.path()).await?;
        let after = own.as_ref().map(usage::so_far).transpose()?.unwrap_or_default();
        // With a session, so that no shared answer of a second ago is given.
        let turnout = city.api.get(&format!("/v1/polls/{poll}/turnout"), Some(city.token())).await?;
        let counted = number(&turnout, "/turnout/ballotCount").unwrap_or(0);
        let report = Report::new(self.scenario.name(), samples, counted, usage::between(&before, after));
        std::fs::create_dir_all(&self.out)?;
        let file = |kind: &str| self.out.join(format!("{}.{kind}", self.scenario.name()));
        std::fs::write(file("json"), serde_json::to_string_pretty(&report.json())? + "\n")?;
        std::fs::write(file("html"), report.html())?;
        println!("{}", report.text());
        println!("{}\n{}", file("html").display(), file("json").display());
        if let Some(own) = own {
            own.stop().await?;
        }
        Ok(if report.nothing_lost() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn start(&self) -> anyhow::Result<Installation> {
        eprintln!("starting PostgreSQL, RabbitMQ, Redis and the services");
        let plan = InstallationPlan {
            // Everybody comes from one address.
            settings: ["burst=1000000", "per_seconds=1"]
                .map(|limit| format!("gateway.waiting_room.tickets_per_address.{limit}"))
                .into(),
            ..installation::plan(&self.comitia, installation::one_each)?
        };
        let postgres =
            PostgresServer::start_durable(&[("max_connections", "300"), ("shared_buffers", "256MB")]);
        Installation::start(plan, postgres.await?).await
    }

    /// Makes organization, roll, codes and poll, and writes the plan and the voters for the script.
    async fn prepare(
        &self,
        gateway: &str,
        operator_key: &str,
        folder: &Path,
    ) -> anyhow::Result<(City, Uuid)> {
        let (rate, seconds) = self.scenario.defaults();
        let (rate, seconds) = (self.rate.unwrap_or(rate), self.seconds.unwrap_or(seconds));
        anyhow::ensure!(rate >= 10 && seconds >= 20, "at least 10 voters a second for 20 seconds");
        // Never more than the peak all the time, and what comes after closing.
        let voters = f64::from(rate) * f64::from(seconds) * (1.0 + AFTER_CLOSING);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let voters = voters as usize;
        eprintln!("making an organization with {voters} voters");
        let host = format!("loadtest-{}.example.org", comitia_core::id::new().simple());
        let city = City::found(gateway, &host, operator_key).await?;
        let numbers: Vec<String> = (0..voters).map(|number| format!("R-{number:07}")).collect();
        for numbers in numbers.chunks(IMPORT) {
            city.import(numbers).await?;
        }
        let codes = city.access_codes().await?;
        anyhow::ensure!(codes.len() == voters, "{} access codes for {voters} voters", codes.len());
        let (options, choices) = self.scenario.ballots();
        let open = match self.scenario {
            Scenario::ClosingNight => TimeDelta::seconds(i64::from(seconds)),
            _ => TimeDelta::days(1),
        };
        let poll = city
            .open_poll(&PollPlan {
                title: "Load test",
                options,
                max_choices: choices,
                close_time: Clock::system().now() + open,
                recast_allowed: true,
            })
            .await?;
        city.first_permit(poll, codes.first().context("no voters")?).await?;
        let plan = json!({
            "gateway": gateway.trim_end_matches('/'), "host": host, "poll": poll, "rate": rate,
            "seconds": seconds, "options": options, "choices": choices,
        });
        std::fs::write(folder.join("plan.json"), plan.to_string())?;
        std::fs::write(folder.join("voters.json"), serde_json::to_vec(&codes)?)?;
        Ok((city, poll))
    }

    /// Runs k6 and reads its samples as they come.
    async fn drive(&self, folder: &Path) -> anyhow::Result<Samples> {
        let script = self.scripts.join(format!("{}.js", self.scenario.name()));
        anyhow::ensure!(script.is_file(), "{} is missing", script.display());
        let mut k6 = tokio::process::Command::new(&self.k6)
            .args(["run", "--quiet", "--no-usage-report", "--no-summary", "--out", "csv=-"])
            .arg("--env")
            .arg(format!("FOLDER={}", folder.display()))
            .env("K6_CSV_TIME_FORMAT", "unix_milli")
            .arg(&script)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!("cannot run {}; scripts/install loadtest installs it", self.k6.display())
            })?;
        let mut lines = BufReader::new(k6.stdout.take().context("k6 has no output")?).lines();
        let mut samples = Samples::default();
        while let Some(line) = lines.next_line().await? {
            if let Some(progress) = samples.read(&line)? {
                eprintln!("{progress}");
            }
        }
        let status = k6.wait().await?;
        anyhow::ensure!(status.success(), "k6 failed: {status}");
        Ok(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_its_script() {
        for scenario in Scenario::value_variants() {
            let name = scenario.name();
            assert_eq!(scenario.to_possible_value().unwrap().get_name(), name);
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("k6/{name}.js")).is_file(), "{name}");
        }
    }
}
