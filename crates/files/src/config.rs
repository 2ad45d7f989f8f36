//! Where files are kept, and what is taken in, from configuration.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// The `files` section of a service's configuration. Without `folder` and `s3` nothing is taken in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilesConfig {
    /// A folder that all replicas share; for one machine.
    pub folder: Option<PathBuf>,
    /// A bucket of a server that speaks S3.
    pub s3: Option<S3Config>,
    /// The scanner for viruses. Without it nothing is scanned.
    pub scanner: Option<ScannerConfig>,
    /// The largest photo, in bytes, as it comes in.
    pub photo_max_bytes: usize,
    /// The most pixels of a photo. One is decoded at a time, in up to nine bytes for each pixel.
    pub photo_max_pixels: u64,
    /// The largest document, in bytes.
    pub document_max_bytes: usize,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            folder: None,
            s3: None,
            scanner: None,
            photo_max_bytes: 15 << 20,
            photo_max_pixels: 25_000_000,
            document_max_bytes: 20 << 20,
        }
    }
}

/// A bucket.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// The server, such as `https://s3.fr-par.scw.cloud`; without it, that of Amazon in the region.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The region; most servers other than Amazon's take any.
    #[serde(default = "default_region")]
    pub region: String,
    /// The bucket, which exists.
    pub bucket: String,
    /// What the names of all files begin with, such as `comitia`.
    #[serde(default)]
    pub prefix: String,
    /// The key's name.
    pub access_key_id: SecretString,
    /// The key.
    pub secret_access_key: SecretString,
    /// The bucket's name is a part of the host name, in place of the path.
    #[serde(default)]
    pub virtual_hosted: bool,
    /// Speak to the server without TLS, which only a network that nobody else is in allows.
    #[serde(default)]
    pub allow_http: bool,
    /// The CA, PEM, whose certificate the server has to show; without it, one of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

/// A `clamd`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerConfig {
    /// Its address, such as `clamd:3310`.
    pub address: String,
    /// Milliseconds until a scan has to be over; a file that was not scanned in time does not come in.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_timeout_ms() -> u64 {
    10_000
}

/// Why a configuration makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key has a value that it cannot have.
    #[error("files.{key}: {rule}")]
    Key {
        /// The key.
        key: &'static str,
        /// What it must be.
        rule: String,
    },
}

impl ConfigError {
    pub(crate) fn new(key: &'static str, rule: impl Into<String>) -> Self {
        Self::Key { key, rule: rule.into() }
    }
}

impl FilesConfig {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// The key that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let scan = self.scanner.as_ref().map(|scanner| scanner.timeout_ms);
        let bounds = [
            ("photo_max_bytes", self.photo_max_bytes as u64, 1 << 10, 32 << 20),
            ("photo_max_pixels", self.photo_max_pixels, 10_000, 100_000_000),
            ("document_max_bytes", self.document_max_bytes as u64, 1 << 10, 32 << 20),
            ("scanner.timeout_ms", scan.unwrap_or(1_000), 100, 25_000),
        ];
        for (key, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::new(key, format!("must be from {least} to {most}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_secret_and_unknown_ones_are_refused() {
        let text = r#"{"s3": {"bucket": "b-1", "access_key_id": "hidden", "secret_access_key": "hidden"}}"#;
        let config: FilesConfig = serde_json::from_str(text).unwrap();
        assert!(!format!("{config:?}").contains("hidden"));
        let error = serde_json::from_str::<FilesConfig>(r#"{"bucket": "b-1"}"#).unwrap_err();
        assert!(error.to_string().contains("bucket"), "{error}");
    }

    #[test]
    fn limits_that_take_everything_or_nothing_are_refused() {
        let refused = |config: FilesConfig| config.check().unwrap_err().to_string();
        FilesConfig::default().check().unwrap();
        let pixels = FilesConfig { photo_max_pixels: u64::MAX, ..FilesConfig::default() };
        assert_eq!(refused(pixels), "files.photo_max_pixels: must be from 10000 to 100000000");
        let bytes = FilesConfig { document_max_bytes: 0, ..FilesConfig::default() };
        assert!(refused(bytes).starts_with("files.document_max_bytes: "));
    }
}
