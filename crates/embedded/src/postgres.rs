//! The private PostgreSQL: made, started, found again after a crash, and stopped.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::EmbeddedError;
use crate::account::{Account, server_home};
use crate::process::{
    ServerCommand, ServerProcess, Signal, alive, free_port, last_lines, processes, send_signal,
};
use crate::programs::Programs;

/// The superuser of the cluster.
const ADMIN: &str = "comitia";
/// Recovery after a crash may take a while; the server says when it is ready.
const START_PATIENCE: Duration = Duration::from_secs(120);
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// What server to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder. Made when it does not exist; the cluster when there is none in it.
    pub data: PathBuf,
    /// The port on 127.0.0.1; a free one when none is given.
    pub port: Option<u16>,
    /// More settings, as in postgresql.conf.
    pub settings: Vec<(String, String)>,
    /// Whether a commit survives a power cut. Tests go without.
    pub durable: bool,
}

impl Options {
    /// A durable server in `data`, on a free port.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), port: None, settings: Vec::new(), durable: true }
    }

    /// A server for tests: a crash of its process loses nothing, a power cut may.
    #[must_use]
    pub fn for_tests(data: impl Into<PathBuf>) -> Self {
        Self { durable: false, ..Self::new(data) }
    }

    /// With this port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// With one more setting.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}

/// A running PostgreSQL that belongs to this process.
///
/// It listens on loopback alone and on no socket; every role signs in with one random password, kept in the data
/// folder. Dropping it asks the server to stop and does not wait; the server also stops when this process dies.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: ServerProcess,
    password: SecretString,
    port: u16,
    log: PathBuf,
    /// Held as long as the server is ours.
    _lock: File,
}

impl PrivatePostgres {
    /// Starts the server, making the cluster first where there is none.
    ///
    /// # Errors
    /// [`EmbeddedError`] says what is missing and what to do.
    pub async fn start(options: Options) -> Result<Self, EmbeddedError> {
        // initdb and waiting block; the runtime's other tasks should not.
        match tokio::task::spawn_blocking(move || Self::start_blocking(&options)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// [`PrivatePostgres::start`] for callers without a runtime.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_blocking(options: &Options) -> Result<Self, EmbeddedError> {
        let account = Account::for_server()?;
        std::fs::create_dir_all(&options.data)
            .map_err(EmbeddedError::folder("could not make the data folder", &options.data))?;
        let data = options
            .data
            .canonicalize()
            .map_err(EmbeddedError::folder("could not find the data folder", &options.data))?;
        let lock = lock(&data)?;
        let home = server_home(&data, account)?;
        let cluster = home.join("cluster");
        let programs = Programs::for_cluster(&cluster)?;
        let password = password(&data)?;
        if !cluster.join("PG_VERSION").exists() {
            make_cluster(&programs, account, &home, &password, options.durable)?;
        }
        end_leftovers(&cluster)?;
        let log = data.join("postgres.log");
        let mut tries = 3;
        loop {
            tries -= 1;
            let port = match options.port {
                Some(port) if std::net::TcpListener::bind(("127.0.0.1", port)).is_err() => {
                    return Err(EmbeddedError::PortTaken(port));
                }
                Some(port) => port,
                None => free_port().map_err(EmbeddedError::folder("found no free port for", &data))?,
            };
            let command = server_command(&programs, account, options, &cluster, port).log(&log);
            let server = command.start()?;
            match wait_until_ready(&server, &cluster, &log) {
                Ok(()) => return Ok(Self { server, password, port, log, _lock: lock }),
                // Somebody else may have taken the free port in between.
                Err(error) if options.port.is_none() && tries > 0 => {
                    tracing::debug!(%error, "trying another port");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL of `database` for `role`, whose password has to be [`PrivatePostgres::password`].
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> SecretString {
        let password = self.password.expose_secret();
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port).into()
    }

    /// The URL of `database` for the superuser.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> SecretString {
        self.url(ADMIN, database)
    }

    /// The password of the superuser, to be given to the roles too.
    #[must_use]
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The server's process, for tests that kill it.
    #[must_use]
    pub fn process(&self) -> &ServerProcess {
        &self.server
    }

    /// Makes the database `name` unless it exists.
    ///
    /// # Errors
    /// When the server does not answer, or `name` cannot be one.
    pub async fn ensure_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let url = self.admin_url("postgres");
        let options: sqlx::postgres::PgConnectOptions = url.expose_secret().parse()?;
        let mut connection = options.connect().await?;
        let statement: Option<String> = sqlx::query_scalar(
            "SELECT format('CREATE DATABASE %I', $1) WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)",
        )
        .bind(name)
        .fetch_optional(&mut connection)
        .await?;
        if let Some(statement) = statement {
            connection.execute(AssertSqlSafe(statement)).await?;
        }
        Ok(connection.close().await?)
    }

    /// Stops the server: running transactions are rolled back, everything committed is written out.
    pub async fn stop(self) {
        // The thread is waited for; a panic in it has been reported already.
        let _ = tokio::task::spawn_blocking(move || self.stop_blocking()).await;
    }

    /// [`PrivatePostgres::stop`] for callers without a runtime.
    pub fn stop_blocking(self) {
        // SIGINT is PostgreSQL's "fast" shutdown.
        self.server.stop(Signal::INT, STOP_PATIENCE);
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.server.signal(Signal::INT);
    }
}

/// The lock that keeps a second instance out of the folder.
fn lock(data: &Path) -> Result<File, EmbeddedError> {
    let path = data.join("postgres.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(EmbeddedError::folder("could not open the lock", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => {
            Err(EmbeddedError::Folder { what: "could not lock", path, source })
        }
    }
}

/// The password of the data folder, made up when there is none.
fn password(data: &Path) -> Result<SecretString, EmbeddedError> {
    let path = data.join("postgres.password");
    match std::fs::read_to_string(&path) {
        Ok(password) if !password.trim().is_empty() => return Ok(password.trim().into()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(EmbeddedError::Folder { what: "could not read", path, source }),
    }
    let password = hex::encode(comitia_core::random::bytes::<16>());
    write_private(&path, &password)?;
    Ok(password.into())
}

fn write_private(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    let write = || -> std::io::Result<()> {
        let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(EmbeddedError::folder("could not write", path))
}

/// `initdb`, beside the final place, so that a cluster that exists is whole.
fn make_cluster(
    programs: &Programs,
    account: Option<Account>,
    home: &Path,
    password: &SecretString,
    durable: bool,
) -> Result<(), EmbeddedError> {
    let unfinished = home.join("cluster.new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)
            .map_err(EmbeddedError::folder("could not clear away", &unfinished))?;
    }
    let file = home.join("password");
    write_private(&file, password.expose_secret())?;
    if let Some(Account { uid, gid }) = account {
        chown(&file, Some(uid), Some(gid))
            .map_err(EmbeddedError::folder("could not give to the server's user", &file))?;
    }
    let initdb = ServerCommand::new(programs.path("initdb"))
        .account(account)
        .folder(home)
        .arg("--pgdata=cluster.new")
        .arg("--pwfile=password")
        .arg(format!("--username={ADMIN}"))
        .arg("--auth-host=scram-sha-256")
        .arg("--auth-local=reject")
        .arg("--encoding=UTF8")
        .arg("--locale=C.UTF-8");
    let made = if durable { initdb.run() } else { initdb.arg("--no-sync").run() };
    let removed = std::fs::remove_file(&file);
    made?;
    removed.map_err(EmbeddedError::folder("could not remove", &file))?;
    let cluster = home.join("cluster");
    std::fs::rename(&unfinished, &cluster)
        .map_err(EmbeddedError::folder("could not move into place", &cluster))
}

fn server_command(
    programs: &Programs,
    account: Option<Account>,
    options: &Options,
    cluster: &Path,
    port: u16,
) -> ServerCommand {
    let mut command = ServerCommand::new(programs.path("postgres"))
        .account(account)
        .folder(cluster)
        .death_signal("INT")
        .arg("-D")
        .arg(cluster)
        .env("LC_MESSAGES", "C");
    let mut settings: Vec<(String, String)> = [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("max_connections", "200"),
        ("password_encryption", "scram-sha-256"),
        ("cluster_name", "comitia"),
        // Parameters are ballots and personal data. The services' roles refuse them too; this is for everybody else.
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    settings.push(("port".to_owned(), port.to_string()));
    if !options.durable {
        // Not synchronous_commit: without it a killed server forgets what it has acknowledged.
        for name in ["fsync", "full_page_writes"] {
            settings.push((name.to_owned(), "off".to_owned()));
        }
    }
    settings.extend_from_slice(&options.settings);
    for (name, value) in settings {
        command = command.arg("-c").arg(format!("{name}={value}"));
    }
    command
}

/// Waits for the line that the server writes into its pid file when it takes connections.
fn wait_until_ready(server: &ServerProcess, cluster: &Path, log: &Path) -> Result<(), EmbeddedError> {
    let deadline = Instant::now() + START_PATIENCE;
    let pid = server.pid().to_string();
    loop {
        let file = std::fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        if lines.first() == Some(&pid.as_str()) && lines.get(7) == Some(&"ready") {
            return Ok(());
        }
        if server.wait(PAUSE) || Instant::now() > deadline {
            server.kill();
            let output = last_lines(&std::fs::read_to_string(log).unwrap_or_default());
            return Err(EmbeddedError::Failed { program: "PostgreSQL".to_owned(), output });
        }
    }
}

/// Ends what an earlier run, killed itself, has left in the cluster, and clears its pid file away. The lock is ours,
/// so no other instance is starting one.
fn end_leftovers(cluster: &Path) -> Result<(), EmbeddedError> {
    let file = cluster.join("postmaster.pid");
    let postmaster: Option<u32> = std::fs::read_to_string(&file)
        .ok()
        .and_then(|text| text.lines().next().and_then(|line| line.trim().parse().ok()));
    let left: Vec<u32> = processes().into_iter().filter(|pid| works_in(*pid, cluster)).collect();
    if let Some(first) = left.first() {
        tracing::warn!(pid = first, "a PostgreSQL of an earlier run is still there; stopping it");
    }
    // A stopped process would not hear what comes next.
    left.iter().for_each(|pid| send_signal(*pid, Signal::CONT));
    for (signal, patience) in [(Signal::INT, STOP_PATIENCE), (Signal::QUIT, Duration::from_secs(10))] {
        let deadline = Instant::now() + patience;
        // Backends without a server end by themselves; a server ends its own.
        if let Some(postmaster) = postmaster.filter(|pid| left.contains(pid)) {
            send_signal(postmaster, signal);
        } else if signal == Signal::QUIT {
            left.iter().for_each(|pid| send_signal(*pid, signal));
        }
        while left.iter().any(|pid| alive(*pid)) && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
    }
    if let Some(pid) = left.into_iter().find(|pid| alive(*pid)) {
        return Err(EmbeddedError::Leftover { data: cluster.to_owned(), pid });
    }
    // Its process is gone; its number may have gone to a stranger, which PostgreSQL would take for a server.
    match std::fs::remove_file(&file) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::Folder { what: "could not remove", path: file, source })
        }
        _ => Ok(()),
    }
}

fn works_in(pid: u32, cluster: &Path) -> bool {
    alive(pid) && std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == cluster)
}
