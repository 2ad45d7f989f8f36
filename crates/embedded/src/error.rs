//! What can keep a server from starting, each with what to do about it.

use std::path::PathBuf;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// PostgreSQL is not installed.
    #[error(
        "PostgreSQL's server programs were not found; install postgresql (Debian: apt-get install postgresql), \
         or name their folder in COMITIA_POSTGRES_BIN"
    )]
    NotInstalled,
    /// `COMITIA_POSTGRES_BIN` is wrong.
    #[error("COMITIA_POSTGRES_BIN is {0}, and there is no initdb and postgres in it")]
    WrongPrograms(PathBuf),
    /// The cluster was made by a major version that is not installed.
    #[error(
        "the data in {data} was made by PostgreSQL {made_by}, and only {installed} is installed; install \
         postgresql-{made_by}, or use another data folder"
    )]
    WrongVersion {
        /// The cluster's folder.
        data: PathBuf,
        /// Its major version.
        made_by: String,
        /// The major versions at hand.
        installed: String,
    },
    /// Root without an account to run the server as.
    #[error(
        "PostgreSQL does not run as root, and there is no user \"postgres\" or \"nobody\" to run it as; \
         make one (useradd --system postgres), or start this program as another user"
    )]
    NoAccount,
    /// Another process of ours has the folder.
    #[error(
        "the data folder {0} is in use by another running instance; stop that one, or use another folder"
    )]
    InUse(PathBuf),
    /// The wanted port is taken.
    #[error("port {0} on 127.0.0.1 is taken; choose another one")]
    PortTaken(u16),
    /// A server of an earlier run does not go away.
    #[error("process {pid}, left by an earlier run in {data}, does not stop; end it, then try again")]
    Leftover {
        /// The cluster's folder.
        data: PathBuf,
        /// The process.
        pid: u32,
    },
    /// A file or folder could not be used.
    #[error("{what} {path}: {source}")]
    Folder {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A program could not be started at all.
    #[error("could not start {program}: {source}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A program ended with an error, or a server did not get ready.
    #[error("{program} failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// The end of what it printed.
        output: String,
    },
    /// The server runs and does not take a statement.
    #[error("the private PostgreSQL: {0}")]
    Sql(#[from] sqlx::Error),
}

impl EmbeddedError {
    /// For `map_err` on file operations.
    pub(crate) fn folder(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Folder { what, path, source }
    }
}
