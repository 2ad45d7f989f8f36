//! The yardstick: PostgreSQL's own benchmark on the same server, inserting single rows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, Executor, PgConnection};

const DATABASE: &str = "pgbench";
/// A row has 100 bytes: 8 of its unique key, and these.
const FILLER_BYTES: usize = 92;

/// pgbench, ready to run.
pub struct Pgbench {
    program: PathBuf,
    url: reqwest::Url,
    _folder: tempfile::TempDir,
    script: PathBuf,
}

impl Pgbench {
    /// Makes a database for it on the server with this superuser's URL.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub async fn new(program: &Path, server: &SecretString) -> anyhow::Result<Self> {
        let mut url: reqwest::Url = server.expose_secret().parse()?;
        let mut connection = PgConnection::connect(url.as_str()).await?;
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {DATABASE}"))).await?;
        url.set_path(DATABASE);
        let mut connection = PgConnection::connect(url.as_str()).await?;
        connection.execute("CREATE TABLE rows (id bigint PRIMARY KEY, filler text NOT NULL)").await?;
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("insert.sql");
        let filler = "x".repeat(FILLER_BYTES);
        std::fs::write(
            &script,
            format!("\\set id random(1, 9000000000000000000)\nINSERT INTO rows VALUES (:id, '{filler}');\n"),
        )?;
        Ok(Self { program: program.to_owned(), url, _folder: folder, script })
    }

    /// Inserts for `seconds`, over `clients` connections, into an empty table; gives transactions a second.
    ///
    /// # Errors
    /// When pgbench fails.
    pub async fn rows_per_second(&self, clients: u32, seconds: Duration) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(self.url.as_str()).await?;
        connection.execute("TRUNCATE rows").await?;
        let output = tokio::process::Command::new(&self.program)
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", seconds.as_secs().max(1)))
            .arg("--file")
            .arg(&self.script)
            .args(["--host", self.url.host_str().unwrap_or_default()])
            .args(["--port", &self.url.port().unwrap_or(5432).to_string()])
            .args(["--username", self.url.username(), DATABASE])
            .env("PGPASSWORD", self.url.password().unwrap_or_default())
            .output()
            .await
            .with_context(|| {
                format!("cannot run {}; scripts/install bench installs it", self.program.display())
            })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "pgbench failed: {error}");
        transactions_per_second(&text).with_context(|| format!("pgbench printed no figure: {text}"))
    }
}

fn transactions_per_second(output: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_read() {
        let output = "number of failed transactions: 0 (0.000%)\nlatency average = 2.6 ms\n\
                      tps = 24357.918 (without initial connection time)\n";
        assert_eq!(transactions_per_second(output), Some(24_357.918));
        assert_eq!(transactions_per_second("nothing"), None);
    }
}
