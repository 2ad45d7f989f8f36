//! Comitia as institutions run it: each service in processes of its own, on a private PostgreSQL, RabbitMQ and Redis
//! that a test can kill.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use comitia_cli::api::Api;
use comitia_cli::process::Service;
use comitia_cli::replay::plan::Plan;
use comitia_cli::replay::{self, Report, Settings};
use comitia_embedded::{Signal, free_port, send_signal};
use comitia_testkit::{PostgresServer, RabbitMqServer, RedisServer, TestDatabase, wait_until};
use indicatif::ProgressBar;
use secrecy::ExposeSecret;

/// How long a process may take to be ready, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// What the operator of the test installation signs in with.
pub const OPERATOR_KEY: &str = "operator-key-of-the-test-installation";

/// A running installation.
pub struct Cluster {
    pub postgres: PostgresServer,
    pub rabbit: RabbitMqServer,
    redis: RedisServer,
    pub database: TestDatabase,
    folder: tempfile::TempDir,
    processes: BTreeMap<String, Process>,
    environment: Vec<(String, String)>,
}

struct Process {
    service: Service,
    port: u16,
    admin_port: u16,
    child: Child,
}

impl Cluster {
    /// Six services as six processes, voting and gateway as `replicas` processes each.
    pub async fn start(replicas: usize) -> Self {
        Self::start_with(replicas, &[]).await
    }

    /// The same, with more environment for every process.
    pub async fn start_with(replicas: usize, environment: &[(&str, String)]) -> Self {
        let (postgres, rabbit, redis) =
            tokio::join!(PostgresServer::start(), RabbitMqServer::start(), RedisServer::start());
        let (postgres, rabbit, redis) = (postgres.unwrap(), rabbit.unwrap(), redis.unwrap());
        let migrations: Vec<_> = Service::ALL.into_iter().filter_map(Service::migrations).collect();
        let database = TestDatabase::create_on(&postgres, &migrations).await.unwrap();
        let mut cluster = Self {
            postgres,
            rabbit,
            redis,
            database,
            folder: tempfile::tempdir().unwrap(),
            processes: BTreeMap::new(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        let mut planned = Vec::new();
        for service in Service::ALL {
            let count = if matches!(service, Service::Gateway | Service::Voting) { replicas } else { 1 };
            for number in 1..=count {
                planned.push((
                    format!("{service}-{number}"),
                    service,
                    free_port().unwrap(),
                    free_port().unwrap(),
                ));
            }
        }
        cluster.write_configuration(&planned);
        for (name, service, port, admin_port) in planned {
            let child = cluster.spawn(&name, service, port, admin_port);
            cluster.processes.insert(name, Process { service, port, admin_port, child });
        }
        cluster.ready().await;
        cluster
    }

    fn write_configuration(&self, planned: &[(String, Service, u16, u16)]) {
        let addresses = |service: Service| {
            planned
                .iter()
                .filter(|(_, planned, ..)| *planned == service)
                .map(|(_, _, port, _)| format!("http://127.0.0.1:{port}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        let key = "a2V5LW9mLXRoZS10ZXN0LWluc3RhbGxhdGlvbi0zMi0=";
        let mut text = format!(
            "common:\n  bus: {{url: '{}'}}\n  cache: {{url: '{}'}}\n  service_key: {key}\n  endpoints:\n",
            self.rabbit.url(),
            self.redis.url()
        );
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Gateway) {
            text.push_str(&format!("    {service}: '{}'\n", addresses(service)));
        }
        text.push_str("gateway:\n  server: {listen: '127.0.0.1:0'}\n  rate_limits: {enabled: false}\n");
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Gateway) {
            let url = self.database.url(service.name());
            text.push_str(&format!(
                "{service}:\n  server: {{listen: '127.0.0.1:0'}}\n  database: {{url: '{}'}}\n",
                url.expose_secret()
            ));
            match service {
                Service::Identity => text.push_str(&format!(
                    "  data_key: {key}\n  lookup_key: {key}\n  operator_key: {OPERATOR_KEY}\n  mail: {{folder: '{}', from: 'Comitia <comitia@example.org>'}}\n",
                    self.mail().display()
                )),
                Service::Voting => text.push_str(&format!("  receipt_key: {key}\n")),
                _ => {}
            }
        }
        std::fs::create_dir_all(self.mail()).unwrap();
        std::fs::write(self.folder.path().join("comitia.yaml"), text).unwrap();
    }

    /// Where e-mails end up.
    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The configuration file of the installation.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("comitia.yaml")
    }

    fn spawn(&self, name: &str, service: Service, port: u16, admin_port: u16) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join(format!("{name}.log")))
            .unwrap();
        Command::new(env!("CARGO_BIN_EXE_comitia"))
            .arg("--config")
            .arg(self.configuration())
            .args(["--set", &format!("{service}.server.listen=127.0.0.1:{port}")])
            .args(["--set", &format!("common.admin_listen=127.0.0.1:{admin_port}")])
            .args(["serve", service.name()])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Waits until every process is ready.
    pub async fn ready(&self) {
        let http = reqwest::Client::new();
        for (name, process) in &self.processes {
            let url = format!("http://127.0.0.1:{}/readyz", process.admin_port);
            wait_until(
                &format!("{name} to be ready; its log ends:\n{}", self.log(name)),
                PATIENCE,
                async || matches!(http.get(&url).send().await, Ok(answer) if answer.status().is_success()),
            )
            .await;
        }
    }

    /// The end of a process's log.
    pub fn log(&self, name: &str) -> String {
        let text =
            std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
        let start = text.char_indices().rev().nth(4000).map_or(0, |(position, _)| position);
        text[start..].to_owned()
    }

    /// kill -9, then the same process again.
    pub fn kill_and_restart(&mut self, name: &str) {
        let mut process = self.processes.remove(name).unwrap();
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        process.child = self.spawn(name, process.service, process.port, process.admin_port);
        self.processes.insert(name.to_owned(), process);
    }

    /// SIGTERM; gives the exit code.
    pub async fn terminate(&mut self, name: &str) -> Option<i32> {
        let mut process = self.processes.remove(name).unwrap();
        send_signal(process.child.id(), Signal::TERM);
        tokio::task::spawn_blocking(move || process.child.wait().unwrap().code()).await.unwrap()
    }

    /// The base URLs of the gateways, separated by commas.
    pub fn gateways(&self) -> String {
        self.processes
            .values()
            .filter(|process| process.service == Service::Gateway)
            .map(|process| format!("http://127.0.0.1:{}", process.port))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// A client for an organization.
    pub fn api(&self, host: &str) -> Api {
        Api::new(&self.gateways(), host, PATIENCE).unwrap()
    }

    /// Replays a plan and gives what came of it.
    pub async fn replay(&self, host: &str, plan: Plan, voters: usize) -> Report {
        let settings = Settings { voters, patience: PATIENCE };
        replay::replay(&self.api(host), OPERATOR_KEY, plan, &settings, &ProgressBar::hidden()).await.unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
        if std::thread::panicking() {
            for name in self.processes.keys() {
                eprintln!("--- {name}\n{}", self.log(name));
            }
        }
    }
}
