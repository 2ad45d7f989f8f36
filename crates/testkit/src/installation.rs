//! Comitia as institutions run it: each service in processes of its own, on a private PostgreSQL, RabbitMQ and Redis.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use comitia_embedded::{ServerCommand, ServerProcess, Signal, free_port};
use comitia_platform::database::Migrations;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::server::blocking;
use crate::{PostgresServer, RabbitMqServer, RedisServer, TcpSwitch, TestDatabase, folder};

/// How long a process may take to be ready, on a busy machine, and to drain.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(5);

/// What to run.
#[derive(Clone, Debug)]
pub struct InstallationPlan {
    /// The `comitia` program.
    pub program: PathBuf,
    /// The services, in the order in which they are started.
    pub services: Vec<ServicePlan>,
    /// More environment for every process.
    pub environment: Vec<(String, String)>,
    /// More configuration for every process, as `--set` takes it. With `common.tls` among it, services are called by
    /// `https://`.
    pub settings: Vec<String>,
}

/// A service of an installation.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its name, as in the configuration.
    pub name: &'static str,
    /// Its schema, if it has one.
    pub migrations: Option<Migrations>,
    /// As how many processes it runs.
    pub replicas: usize,
    /// How callers reach them.
    pub front: Front,
}

/// How callers reach the processes of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Front {
    /// By their own addresses.
    #[default]
    None,
    /// By the address of a switch before each process.
    EachProcess,
    /// By the address of one switch before all of them, as a Kubernetes Service.
    Service,
}

/// A running installation. Its processes are called `<service>-<number>`, from 1.
#[derive(Debug)]
pub struct Installation {
    // Before the servers, so that the services are gone when those go.
    processes: BTreeMap<String, Process>,
    switches: BTreeMap<&'static str, Vec<TcpSwitch>>,
    /// The database of all services.
    pub database: TestDatabase,
    /// PostgreSQL.
    pub postgres: PostgresServer,
    /// RabbitMQ.
    pub rabbit: RabbitMqServer,
    /// Redis.
    pub redis: RedisServer,
    folder: TempDir,
    plan: InstallationPlan,
}

#[derive(Debug)]
struct Process {
    service: &'static str,
    number: usize,
    port: u16,
    admin_port: u16,
    server: ServerProcess,
}

impl Process {
    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.server.kill();
    }
}

impl Installation {
    /// What the operator signs in with.
    pub const OPERATOR_KEY: &str = "operator-key-of-the-test-installation";
    /// The 32 bytes of every other key, base64.
    pub const KEY: &str = "a2V5LW9mLXRoZS10ZXN0LWluc3RhbGxhdGlvbi0zMi0=";

    /// Starts everything, on a `postgres` that is the installation's own, and waits until every process is ready.
    ///
    /// # Errors
    /// When a server or a service does not start; the text has the end of its log.
    pub async fn start(plan: InstallationPlan, postgres: PostgresServer) -> anyhow::Result<Self> {
        let (rabbit, redis) = tokio::try_join!(RabbitMqServer::start(), RedisServer::start())?;
        let migrations: Vec<_> = plan.services.iter().filter_map(|service| service.migrations).collect();
        let database = TestDatabase::create_on(&postgres, &migrations).await?;
        let folder = folder::make()?;
        std::fs::create_dir(folder.path().join("mail"))?;
        let (mut places, mut switches) = (Vec::new(), BTreeMap::new());
        for service in &plan.services {
            let mut targets = Vec::new();
            for number in 1..=service.replicas {
                let (port, admin_port) = (free_port()?, free_port()?);
                targets.push(SocketAddr::from(([127, 0, 0, 1], port)));
                places.push((service.name, number, port, admin_port));
            }
            let fronts: Vec<Vec<SocketAddr>> = match service.front {
                Front::None => Vec::new(),
                Front::EachProcess => targets.into_iter().map(|target| vec![target]).collect(),
                Front::Service => vec![targets],
            };
            for targets in fronts {
                let of = switches.entry(service.name).or_insert_with(Vec::new);
                of.push(TcpSwitch::start(targets).await?);
            }
        }
        let processes = BTreeMap::new();
        let mut installation = Self { processes, switches, database, postgres, rabbit, redis, folder, plan };
        std::fs::write(installation.configuration(), installation.text(&places))?;
        for (service, number, port, admin_port) in places {
            installation.start_process(service, number, (port, admin_port), &[])?;
        }
        installation.ready().await?;
        Ok(installation)
    }

    fn start_process(
        &mut self,
        service: &'static str,
        number: usize,
        (port, admin_port): (u16, u16),
        environment: &[(&str, String)],
    ) -> anyhow::Result<String> {
        let name = format!("{service}-{number}");
        let mut command = self.command(&name, service, port, admin_port);
        for (key, value) in environment {
            command = command.env(key, value);
        }
        let server = command.start()?;
        self.processes.insert(name.clone(), Process { service, number, port, admin_port, server });
        Ok(name)
    }

    /// The configuration of the whole installation, YAML.
    fn text(&self, places: &[(&'static str, usize, u16, u16)]) -> String {
        let (bus, cache, key) = (self.rabbit.url(), self.redis.url(), Self::KEY);
        let mut text =
            format!("common:\n  bus: {{url: '{bus}'}}\n  cache: {{url: '{cache}'}}\n  service_keys:\n");
        // Writing to a String does not fail.
        for service in self.plan.services.iter().filter(|service| service.name != "identity") {
            let _ =
                writeln!(text, "    {}: the-key-of-{}-in-the-test-installation", service.name, service.name);
        }
        text.push_str("  endpoints:\n");
        let behind = || self.plan.services.iter().filter(|service| service.name != "gateway");
        for service in behind() {
            let of = places.iter().filter(|(name, ..)| *name == service.name);
            let own = of.map(|(_, _, port, _)| SocketAddr::from(([127, 0, 0, 1], *port)));
            let addresses =
                self.urls(service.name, self.front(service.name).unwrap_or_else(|| own.collect()));
            let _ = writeln!(text, "    {}: '{}'", service.name, addresses.join(","));
        }
        text.push_str("gateway:\n  server: {listen: '127.0.0.1:0'}\n  rate_limits: {enabled: false}\n");
        for service in behind() {
            let _ = writeln!(text, "{}:\n  server: {{listen: '127.0.0.1:0'}}", service.name);
            if service.migrations.is_some() {
                let url = self.database.url(service.name);
                let _ = writeln!(text, "  database: {{url: '{}'}}", url.expose_secret());
            }
            let _ = match service.name {
                "identity" => writeln!(
                    text,
                    "  data_key: {key}\n  lookup_key: {key}\n  operator_key: {}\n  mail: {{folder: '{}', from: 'Comitia <comitia@example.org>'}}",
                    Self::OPERATOR_KEY,
                    self.mail().display()
                ),
                "voting" => writeln!(text, "  receipt_key: {key}\n  log_key: {key}"),
                "portal" => writeln!(text, "  secure_cookies: false"),
                _ => Ok(()),
            };
        }
        text
    }

    fn command(&self, name: &str, service: &str, port: u16, admin_port: u16) -> ServerCommand {
        let mut command = ServerCommand::new(&self.plan.program)
            .args(["serve", service])
            .arg("--config")
            .arg(self.configuration())
            .args(["--set", &format!("{service}.server.listen=127.0.0.1:{port}")])
            .args(["--set", &format!("common.admin_listen=127.0.0.1:{admin_port}")]);
        for setting in &self.plan.settings {
            command = command.args(["--set", setting]);
        }
        for (key, value) in &self.plan.environment {
            command = command.env(key, value);
        }
        command.log(self.folder.path().join(format!("{name}.log")))
    }

    /// Where e-mails end up.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The configuration file.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("comitia.yaml")
    }

    /// The base URLs by which a service is reached: those of its switches, or else those of its processes.
    #[must_use]
    pub fn addresses(&self, service: &str) -> Vec<String> {
        let of = || self.processes.values().filter(|process| process.service == service);
        self.urls(service, self.front(service).unwrap_or_else(|| of().map(Process::address).collect()))
    }

    fn urls(&self, service: &str, addresses: Vec<SocketAddr>) -> Vec<String> {
        let tls = service != "gateway" && self.plan.settings.iter().any(|it| it.starts_with("common.tls."));
        let scheme = if tls { "https" } else { "http" };
        addresses.into_iter().map(|address| format!("{scheme}://{address}")).collect()
    }

    fn front(&self, service: &str) -> Option<Vec<SocketAddr>> {
        Some(self.switches.get(service)?.iter().map(TcpSwitch::address).collect())
    }

    /// The switches before a service, if its plan says so.
    #[must_use]
    pub fn switches(&self, service: &str) -> &[TcpSwitch] {
        self.switches.get(service).map_or(&[], Vec::as_slice)
    }

    /// The services that others call.
    pub fn called(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.plan.services.iter().filter(|service| service.migrations.is_some()).map(|service| service.name)
    }

    /// The addresses of processes, as targets of a switch.
    #[must_use]
    pub fn targets(&self, names: &[&str]) -> Vec<SocketAddr> {
        names.iter().filter_map(|name| self.processes.get(*name)).map(Process::address).collect()
    }

    /// The names of a service's processes.
    #[must_use]
    pub fn replicas(&self, service: &str) -> Vec<String> {
        let of = self.processes.iter().filter(|(_, process)| process.service == service);
        of.map(|(name, _)| name.clone()).collect()
    }

    /// The names of the processes that run, with their process ids.
    #[must_use]
    pub fn pids(&self) -> BTreeMap<String, u32> {
        self.processes.iter().map(|(name, process)| (name.clone(), process.server.pid())).collect()
    }

    /// Waits until every process is ready.
    ///
    /// # Errors
    /// When one is not in time, with the end of its log.
    pub async fn ready(&self) -> anyhow::Result<()> {
        for name in self.processes.keys() {
            self.process_ready(name).await?;
        }
        Ok(())
    }

    /// Waits until a process is ready.
    ///
    /// # Errors
    /// When there is none of this name, or it is not ready in time, with the end of its log.
    pub async fn process_ready(&self, name: &str) -> anyhow::Result<()> {
        let process = self.processes.get(name).with_context(|| format!("there is no process {name}"))?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
        let url = format!("http://127.0.0.1:{}/readyz", process.admin_port);
        let started = Instant::now();
        while !matches!(http.get(&url).send().await, Ok(answer) if answer.status().is_success()) {
            anyhow::ensure!(
                started.elapsed() < PATIENCE && !process.server.ended(),
                "{name} is not ready; its log ends:\n{}",
                self.log_end(name)
            );
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// What a process measures, as `/metrics` of its admin port shows it.
    ///
    /// # Errors
    /// When there is no such process, or it does not answer.
    pub async fn metrics(&self, name: &str) -> anyhow::Result<String> {
        let process = self.processes.get(name).with_context(|| format!("there is no process {name}"))?;
        let url = format!("http://127.0.0.1:{}/metrics", process.admin_port);
        Ok(reqwest::get(url).await?.error_for_status()?.text().await?)
    }

    /// A process's log.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// The end of a process's log, for a message.
    #[must_use]
    pub fn log_end(&self, name: &str) -> String {
        let text = self.log(name);
        let start = text.char_indices().rev().nth(4000).map_or(0, |(position, _)| position);
        text[start..].to_owned()
    }

    /// kill -9, then the same process again, which may not be ready yet.
    ///
    /// # Errors
    /// When there is no such process, or it cannot be started.
    pub fn kill_and_restart(&mut self, name: &str) -> anyhow::Result<()> {
        self.kill(name)?;
        self.start_again(name, &[])
    }

    /// kill -9.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn kill(&mut self, name: &str) -> anyhow::Result<()> {
        self.process(name)?.server.kill();
        Ok(())
    }

    /// Starts a process again that has ended, at its place, with more environment than its plan says.
    ///
    /// # Errors
    /// When there is no such process, or it cannot be started.
    pub fn start_again(&mut self, name: &str, environment: &[(&str, String)]) -> anyhow::Result<()> {
        let process = self.process(name)?;
        let (service, number) = (process.service, process.number);
        let ports = (process.port, process.admin_port);
        self.start_process(service, number, ports, environment)?;
        Ok(())
    }

    /// Starts one more process of a service, at a place of its own, with more environment than its plan says, and gives its
    /// name. Nobody calls it until a switch has it among its targets.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_another(
        &mut self,
        service: &'static str,
        environment: &[(String, String)],
    ) -> anyhow::Result<String> {
        let of = self.processes.values().filter(|process| process.service == service);
        let number = of.map(|process| process.number).max().unwrap_or(0) + 1;
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        self.start_process(service, number, (free_port()?, free_port()?), &environment)
    }

    /// SIGTERM, and no waiting.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn ask_to_end(&mut self, name: &str) -> anyhow::Result<()> {
        self.process(name)?.server.signal(Signal::TERM);
        Ok(())
    }

    /// Waits until a process has ended and forgets it; after `grace` it gets SIGKILL. Gives the exit code; none if it was
    /// killed.
    ///
    /// # Errors
    /// When there is no such process.
    pub async fn remove(&mut self, name: &str, grace: Duration) -> anyhow::Result<Option<i32>> {
        let process = self.process(name)?;
        let started = Instant::now();
        while !process.server.ended() && started.elapsed() < grace {
            tokio::time::sleep(PAUSE).await;
        }
        process.server.kill();
        let code = process.server.exit_code();
        self.processes.remove(name);
        Ok(code)
    }

    /// SIGTERM; gives the exit code once the process has ended. [`Installation::kill_and_restart`] starts it again.
    ///
    /// # Errors
    /// When there is no such process, or it does not end in time.
    pub async fn terminate(&mut self, name: &str) -> anyhow::Result<Option<i32>> {
        let process = self.process(name)?;
        process.server.signal(Signal::TERM);
        let started = Instant::now();
        while !process.server.ended() {
            anyhow::ensure!(started.elapsed() < PATIENCE, "{name} does not end");
            tokio::time::sleep(PAUSE).await;
        }
        Ok(process.server.exit_code())
    }

    fn process(&mut self, name: &str) -> anyhow::Result<&mut Process> {
        self.processes.get_mut(name).with_context(|| format!("there is no process {name}"))
    }

    /// Ends everything; dropping does too, in the caller's thread.
    ///
    /// # Errors
    /// Never, save when the runtime is shutting down.
    pub async fn stop(self) -> anyhow::Result<()> {
        blocking(move || {
            drop(self);
            Ok(())
        })
        .await
    }
}
