//! Which cache, from configuration.

use std::path::PathBuf;
use std::sync::Arc;

use comitia_core::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{Cache, CacheError, InProcess, Redis};

/// The `cache` section of a service's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheConfig {
    /// `redis://user:password@host:port/database`, or `rediss://...` for TLS; without it the cache is in process.
    #[serde(default)]
    pub url: Option<SecretString>,
    /// The CA, PEM, whose certificate a `rediss://` server has to show; without it, one of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// The cache that `config` asks for.
///
/// # Errors
/// [`CacheError::Invalid`] when the address is no Redis address, or the CA cannot be read. A Redis that is away is no error.
pub fn connect(config: &CacheConfig, clock: Clock) -> Result<Arc<dyn Cache>, CacheError> {
    Ok(match &config.url {
        Some(url) => Arc::new(match &config.ca_file {
            Some(file) => {
                let ca = std::fs::read(file)
                    .map_err(|error| CacheError::Invalid(format!("{}: {error}", file.display())))?;
                Redis::connect_with_ca(url.expose_secret(), ca)?
            }
            None => Redis::connect(url.expose_secret())?,
        }),
        None => Arc::new(InProcess::new(clock)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_optional_secret_and_the_only_key() {
        let config: CacheConfig = serde_json::from_str(r#"{"url": "redis://u:secret@h/"}"#).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
        assert!(serde_json::from_str::<CacheConfig>("{}").unwrap().url.is_none());
        assert!(
            serde_json::from_str::<CacheConfig>(r#"{"uri": ""}"#).unwrap_err().to_string().contains("uri")
        );
    }

    #[tokio::test]
    async fn an_address_that_can_never_work_is_refused_without_showing_it() {
        let config = CacheConfig { url: Some("http://u:secret@h/".into()), ca_file: None };
        let Err(error) = connect(&config, Clock::system()) else { panic!("accepted") };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
