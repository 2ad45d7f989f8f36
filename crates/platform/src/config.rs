//! Typed configuration: a YAML file, then `COMITIA__SECTION__KEY` variables over it. An unknown or missing key, or a
//! value of the wrong kind, is an error that names the key.

use std::path::Path;

use serde::de::DeserializeOwned;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(#[from] config::ConfigError);

/// Reads `file` (if given) and the `COMITIA__...` variables into `T`. `overrides` are keys such as
/// `voting.server.listen` with values that win over both.
///
/// # Errors
/// When the file cannot be read, or a key is unknown, missing or of the wrong kind.
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    overrides: &[(String, String)],
) -> Result<T, ConfigError> {
    let mut builder = config::Config::builder();
    if let Some(file) = file {
        builder = builder.add_source(config::File::from(file).format(config::FileFormat::Yaml));
    }
    builder = builder.add_source(
        config::Environment::with_prefix("COMITIA").prefix_separator("__").separator("__").try_parsing(true),
    );
    for (key, value) in overrides {
        builder = builder.set_override(key, value.as_str())?;
    }
    Ok(builder.build()?.try_deserialize()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Toy {
        port: u16,
    }

    #[test]
    fn an_unknown_key_is_named() {
        let overrides = [("port".to_owned(), "1".to_owned()), ("prot".to_owned(), "2".to_owned())];
        let error = load::<Toy>(None, &overrides).unwrap_err().to_string();
        assert!(error.contains("prot"), "{error}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = load::<Toy>(None, &[]).unwrap_err().to_string();
        assert!(error.contains("port"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_names_its_key() {
        let error = load::<Toy>(None, &[("port".into(), "http".into())]).unwrap_err().to_string();
        assert!(error.contains("port"), "{error}");
    }

    #[test]
    fn a_good_value_is_read() {
        assert_eq!(load::<Toy>(None, &[("port".into(), "8080".into())]).unwrap().port, 8080);
    }
}
