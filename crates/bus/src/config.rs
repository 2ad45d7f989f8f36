//! Which bus, from configuration.

use std::path::PathBuf;
use std::sync::Arc;

use comitia_core::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{Bus, BusError, InProcess, RabbitMq};

/// The `bus` section of a service's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://...` for TLS; without it the bus is in process.
    #[serde(default)]
    pub url: Option<SecretString>,
    /// A CA, PEM, whose certificate an `amqps://` broker may show besides one of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// The bus that `config` asks for. `name` (`comitia-voting`) is how the broker shows the connection.
///
/// # Errors
/// [`BusError::Invalid`] when the address is no AMQP address, or the CA cannot be read. A broker that is away is no error.
pub fn connect(config: &BusConfig, clock: Clock, name: &str) -> Result<Arc<dyn Bus>, BusError> {
    Ok(match &config.url {
        Some(url) => Arc::new(match &config.ca_file {
            Some(file) => {
                let ca = std::fs::read_to_string(file)
                    .map_err(|error| BusError::Invalid(format!("{}: {error}", file.display())))?;
                RabbitMq::connect_with_ca(url.expose_secret(), ca, clock, name)?
            }
            None => RabbitMq::connect(url.expose_secret(), clock, name)?,
        }),
        None => Arc::new(InProcess::new(clock)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_optional_secret_and_the_only_key() {
        let config: BusConfig = serde_json::from_str(r#"{"url": "amqp://u:secret@h/"}"#).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
        assert!(serde_json::from_str::<BusConfig>("{}").unwrap().url.is_none());
        let error = serde_json::from_str::<BusConfig>(r#"{"uri": ""}"#).unwrap_err();
        assert!(error.to_string().contains("uri"));
    }

    #[tokio::test]
    async fn an_address_that_can_never_work_is_refused_without_showing_it() {
        let config = BusConfig { url: Some("http://u:secret@h/".into()), ca_file: None };
        let Err(error) = connect(&config, Clock::system(), "test") else { panic!("accepted") };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
