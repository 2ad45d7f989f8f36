//! A server process that we own: its signals, its end, and its end with ours.

use std::ffi::OsString;
use std::fs::File;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rustix::process::Pid;
pub use rustix::process::Signal;

use crate::EmbeddedError;
use crate::account::Account;

/// Below the range from which Linux takes ports for outgoing connections (32768 and up), so that no connection takes the
/// port of a server that is away for a moment.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port on loopback that is free, and that nobody else gets from this function while this process lives: a server may
/// be told its port before it starts, and gets it again after a restart.
///
/// The reservation is an abstract Unix socket named after the port: like ports, such names belong to the network namespace,
/// are taken by one process at a time, and are free when it ends, however it ends.
///
/// # Errors
/// When the machine has none.
pub fn free_port() -> std::io::Result<u16> {
    static RESERVED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let count = PORTS.end - PORTS.start;
    let first = u16::from_le_bytes(comitia_core::random::bytes()) % count;
    for step in 0..count {
        let port = PORTS.start + (first + step) % count;
        let name = SocketAddr::from_abstract_name(format!("comitia-port-{port}"))?;
        let Ok(reserved) = UnixListener::bind_addr(&name) else { continue };
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            RESERVED.lock().unwrap_or_else(PoisonError::into_inner).push(reserved);
            return Ok(port);
        }
    }
    Err(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))
}

/// How to start a server.
#[derive(Debug)]
pub struct ServerCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    log: Option<PathBuf>,
    account: Option<Account>,
    death_signal: &'static str,
}

impl ServerCommand {
    /// A server that gets SIGKILL when this process dies.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            log: None,
            account: None,
            death_signal: "KILL",
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The working folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The file that takes what the server prints.
    #[must_use]
    pub fn log(mut self, log: impl Into<PathBuf>) -> Self {
        self.log = Some(log.into());
        self
    }

    /// The signal (without `SIG`) that the server gets when this process dies.
    #[must_use]
    pub fn death_signal(mut self, name: &'static str) -> Self {
        self.death_signal = name;
        self
    }

    pub(crate) fn account(mut self, account: Option<Account>) -> Self {
        self.account = account;
        self
    }

    /// The command line: through `setpriv` where there is something to set, which then becomes the server itself.
    fn command(&self) -> Result<Command, EmbeddedError> {
        let setpriv = Path::new("/usr/bin/setpriv");
        let mut command = if setpriv.exists() {
            let mut command = Command::new(setpriv);
            if let Some(Account { uid, gid }) = self.account {
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
            }
            command.arg(format!("--pdeathsig={}", self.death_signal)).arg("--").arg(&self.program);
            command
        } else {
            let mut command = Command::new(&self.program);
            if let Some(Account { uid, gid }) = self.account {
                command.uid(uid).gid(gid);
            }
            command
        };
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null());
        match &self.log {
            None => {
                command.stdout(Stdio::null()).stderr(Stdio::null());
            }
            Some(log) => {
                let open = || File::options().create(true).append(true).open(log);
                let failed = || EmbeddedError::folder("could not open the log", log);
                command.stdout(open().map_err(failed())?).stderr(open().map_err(failed())?);
            }
        }
        Ok(command)
    }

    /// Runs a program to its end and gives what it printed when it failed.
    pub(crate) fn run(&self) -> Result<(), EmbeddedError> {
        let output = self
            .command()?
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .map_err(|source| EmbeddedError::Spawn { program: self.program.clone(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        Err(EmbeddedError::Failed {
            program: self.program.display().to_string(),
            output: last_lines(&String::from_utf8_lossy(&text)),
        })
    }

    /// Starts the server, in a process group of its own: a Ctrl-C in the terminal does not reach it.
    ///
    /// # Errors
    /// When the program or its log cannot be opened.
    pub fn start(&self) -> Result<ServerProcess, EmbeddedError> {
        let mut command = self.command()?;
        command.process_group(0);
        let (started, child) = mpsc::sync_channel(1);
        let (ended, exit) = mpsc::sync_channel(1);
        // The death signal is tied to the thread that started the process: one that lives as long as the server.
        let watch = move || match command.spawn() {
            Err(error) => {
                let _ = started.send(Err(error));
            }
            Ok(mut child) => {
                let _ = started.send(Ok(child.id()));
                let _ = ended.send(child.wait().ok());
            }
        };
        let failed = |source| EmbeddedError::Spawn { program: self.program.clone(), source };
        std::thread::Builder::new().name("server".to_owned()).spawn(watch).map_err(failed)?;
        let pid =
            child.recv().map_err(|_| failed(std::io::Error::other("the thread ended")))?.map_err(failed)?;
        Ok(ServerProcess { pid, exit: std::sync::Mutex::new(exit), status: std::sync::OnceLock::new() })
    }
}

/// The end of a log, short enough for an error message.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

/// A running server.
#[derive(Debug)]
pub struct ServerProcess {
    pid: u32,
    exit: std::sync::Mutex<mpsc::Receiver<Option<ExitStatus>>>,
    status: std::sync::OnceLock<Option<ExitStatus>>,
}

impl ServerProcess {
    /// Its process id, which is also that of its group.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.wait(Duration::ZERO)
    }

    /// Waits until it has ended, or `patience` has passed; tells which.
    #[must_use]
    pub fn wait(&self, patience: Duration) -> bool {
        if self.status.get().is_some() {
            return true;
        }
        let Ok(exit) = self.exit.lock() else { return true };
        match exit.recv_timeout(patience) {
            Ok(status) => {
                let _ = self.status.set(status);
                true
            }
            Err(mpsc::RecvTimeoutError::Timeout) => self.status.get().is_some(),
            Err(mpsc::RecvTimeoutError::Disconnected) => true,
        }
    }

    /// Its exit code, once it has ended by itself; nothing when a signal ended it.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        self.status.get().copied().flatten().and_then(|status| status.code())
    }

    /// Sends a signal to the server itself.
    pub fn signal(&self, signal: Signal) {
        if !self.ended() {
            send_signal(self.pid, signal);
        }
    }

    /// Asks with `signal`, waits for `patience`, then kills it and all that it started.
    pub fn stop(&self, signal: Signal, patience: Duration) {
        self.signal(signal);
        if !self.wait(patience) {
            self.kill();
        }
    }

    /// SIGKILL to the server and all that it started, and waits until they are gone.
    pub fn kill(&self) {
        let family = self.signal_family(Signal::KILL);
        let deadline = Instant::now() + Duration::from_secs(10);
        let _ = self.wait(Duration::from_secs(10));
        // PostgreSQL's next start would trip over a backend that still has the shared memory.
        while Instant::now() < deadline && family.iter().any(|pid| alive(*pid)) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// SIGSTOP to the server and all that it started: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.signal_family(Signal::STOP);
    }

    /// Ends a [`ServerProcess::freeze`].
    pub fn thaw(&self) {
        self.signal_family(Signal::CONT);
    }

    /// Signals the server first, so that it starts nothing new, then its descendants, whatever their groups.
    fn signal_family(&self, signal: Signal) -> Vec<u32> {
        if self.ended() {
            return Vec::new();
        }
        let mut family = vec![self.pid];
        if signal != Signal::KILL {
            send_signal(self.pid, signal);
            family.extend(descendants(self.pid));
        } else {
            // Killed, it would no longer lead to its children.
            send_signal(self.pid, Signal::STOP);
            family.extend(descendants(self.pid));
        }
        for pid in &family {
            send_signal(*pid, signal);
        }
        family
    }
}

/// Sends a signal to a process of ours; that it has ended in the meantime is all the same.
pub fn send_signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Whether the process exists and is not a zombie.
pub(crate) fn alive(pid: u32) -> bool {
    status_fields(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// State and parent of a process.
fn status_fields(pid: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may contain anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.to_owned();
    Some((state, fields.next()?.parse().ok()?))
}

/// All processes of the machine that this one may see.
pub(crate) fn processes() -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

fn descendants(of: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> =
        processes().into_iter().filter_map(|pid| Some((pid, status_fields(pid)?.1))).collect();
    let mut family = vec![of];
    let mut next = 0;
    while next < family.len() {
        let parent = family[next];
        family.extend(parents.iter().filter(|(_, ppid)| *ppid == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    family.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once() {
        let mut ports: Vec<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn killing_a_server_kills_what_it_started_in_other_groups() {
        let server = ServerCommand::new("/bin/sh").arg("-c").arg("setsid sleep 1000 & wait").start().unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while descendants(server.pid()).is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let children = descendants(server.pid());
        assert!(!children.is_empty());
        assert!(!server.ended());
        server.kill();
        assert!(server.ended());
        assert!(!children.into_iter().any(alive));
    }

    #[test]
    fn a_server_that_ignores_the_signal_is_killed() {
        let server =
            ServerCommand::new("/bin/sh").arg("-c").arg("trap '' INT; sleep 1000 & wait").start().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        server.stop(Signal::INT, Duration::from_millis(100));
        assert!(server.ended());
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error() {
        let command = ServerCommand::new("/nowhere/server");
        assert!(command.run().is_err());
    }
}
