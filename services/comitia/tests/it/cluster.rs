//! The installation that the journeys run on, and what they do with it.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use comitia_cli::api::Api;
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::process::Service;
use comitia_cli::replay::plan::Plan;
use comitia_cli::replay::{self, Report, Settings};
use comitia_testkit::{Front, Installation, InstallationPlan, PostgresServer, ServicePlan, TlsFiles};
use indicatif::ProgressBar;
use tokio::task::JoinHandle;

/// How long a call is tried again, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// What the operator of the test installation signs in with.
pub const OPERATOR_KEY: &str = Installation::OPERATOR_KEY;

/// A running installation that fails its test when something goes wrong.
pub struct Cluster(Installation);

impl Cluster {
    /// Six services as six processes, voting and gateway as `replicas` processes each.
    pub async fn start(replicas: usize) -> Self {
        Self::start_with(replicas, &[]).await
    }

    /// The same, with more environment for every process.
    pub async fn start_with(replicas: usize, environment: &[(&str, String)]) -> Self {
        Self::start_behind(Front::None, replicas, environment, &[]).await
    }

    /// The same, with services that speak TLS with each other by these files and look at them all the time.
    pub async fn start_with_tls(replicas: usize, files: &TlsFiles) -> Self {
        let settings = [
            format!("common.tls.certificate_file={}", files.certificate().display()),
            format!("common.tls.key_file={}", files.key().display()),
            format!("common.tls.ca_file={}", files.ca().display()),
            "common.tls.look_every_ms=20".to_owned(),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Self::start_behind(Front::None, replicas, &[], &settings).await
    }

    /// The same behind fronts, with more settings for every process.
    pub async fn start_behind(
        front: Front,
        replicas: usize,
        environment: &[(&str, String)],
        settings: &[&str],
    ) -> Self {
        let replicas = |service| match service {
            Service::Gateway | Service::Voting => replicas,
            _ => 1,
        };
        let plan = InstallationPlan {
            program: env!("CARGO_BIN_EXE_comitia").into(),
            services: Service::ALL
                .map(|service| ServicePlan {
                    name: service.name(),
                    migrations: service.migrations(),
                    replicas: replicas(service),
                    front,
                })
                .into(),
            environment: environment.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        };
        Self(Installation::start(plan, PostgresServer::start().await.unwrap()).await.unwrap())
    }

    /// kill -9, then the same process again.
    pub fn kill_and_restart(&mut self, name: &str) {
        self.0.kill_and_restart(name).unwrap();
    }

    /// SIGTERM; gives the exit code.
    pub async fn terminate(&mut self, name: &str) -> Option<i32> {
        self.0.terminate(name).await.unwrap()
    }

    /// The base URLs of the gateways, separated by commas.
    pub fn gateways(&self) -> String {
        self.addresses(Service::Gateway.name()).join(",")
    }

    /// A client for an organization.
    pub fn api(&self, host: &str) -> Api {
        Api::new(&self.gateways(), host, PATIENCE).unwrap()
    }

    /// Replays the seeded city of `seed` in the background, with 16 voters at once. Its progress is the number of ballots.
    pub fn vote(&self, seed: u64, residents: u32) -> (ProgressBar, JoinHandle<anyhow::Result<Report>>) {
        let (api, progress) = (self.api("seedville.example.org"), ProgressBar::hidden());
        let plan = seeded_city::plan(seed, residents).unwrap();
        let shown = progress.clone();
        let vote = comitia_core::task::spawn("replay", async move {
            let settings = Settings { voters: 16, patience: Duration::from_secs(120) };
            replay::replay(&api, OPERATOR_KEY, plan, &settings, &shown).await
        });
        (progress, vote)
    }

    /// Replays a plan and gives what came of it.
    pub async fn replay(&self, host: &str, plan: Plan, voters: usize) -> Report {
        let settings = Settings { voters, patience: PATIENCE };
        replay::replay(&self.api(host), OPERATOR_KEY, plan, &settings, &ProgressBar::hidden()).await.unwrap()
    }
}

impl Deref for Cluster {
    type Target = Installation;

    fn deref(&self) -> &Installation {
        &self.0
    }
}

impl DerefMut for Cluster {
    fn deref_mut(&mut self) -> &mut Installation {
        &mut self.0
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in self.pids().keys() {
                eprintln!("--- {name}\n{}", self.log_end(name));
            }
        }
    }
}
