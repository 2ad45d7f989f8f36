//! A scanner for viruses: `clamd`, by its command INSTREAM.

use std::time::Duration;

use clamav_client::tokio::{Tcp, ping, scan_buffer};

use crate::config::ScannerConfig;
use crate::refusal::Refusal;

/// Why nothing was scanned. The file does not come in: a scanner that is away is no reason to do without.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// No answer in time.
    #[error("the scanner for viruses gave no answer in {0:?}")]
    TimedOut(Duration),
    /// The connection failed.
    #[error("the scanner for viruses: {0}")]
    Connection(#[from] std::io::Error),
    /// It answered something else than whether the file is clean.
    #[error("the scanner for viruses answered {0:?}")]
    Answer(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    address: String,
    timeout: Duration,
}

impl Scanner {
    pub(crate) fn new(config: &ScannerConfig) -> Self {
        Self { address: config.address.clone(), timeout: Duration::from_millis(config.timeout_ms) }
    }

    fn connection(&self) -> Tcp<&str> {
        Tcp { host_address: self.address.as_str() }
    }

    async fn in_time<T>(&self, work: impl Future<Output = std::io::Result<T>>) -> Result<T, ScannerError> {
        let answer = tokio::time::timeout(self.timeout, work).await;
        Ok(answer.map_err(|_| ScannerError::TimedOut(self.timeout))??)
    }

    /// Scans a file. Only the answer of a clean file lets it through.
    pub(crate) async fn scan(&self, bytes: &[u8]) -> Result<Result<(), Refusal>, ScannerError> {
        let answer = self.in_time(scan_buffer(bytes, self.connection(), None)).await?;
        let answer = String::from_utf8_lossy(&answer);
        match answer.trim_end_matches(['\0', '\n']) {
            "stream: OK" => Ok(Ok(())),
            found if found.starts_with("stream: ") && found.ends_with(" FOUND") => Ok(Err(Refusal::Infected)),
            other => Err(ScannerError::Answer(other.chars().take(80).collect())),
        }
    }

    /// Whether it is there.
    pub(crate) async fn check(&self) -> Result<(), ScannerError> {
        let answer = self.in_time(ping(self.connection())).await?;
        if answer.starts_with(b"PONG") {
            return Ok(());
        }
        Err(ScannerError::Answer(String::from_utf8_lossy(&answer).chars().take(80).collect()))
    }
}
