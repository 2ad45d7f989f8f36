//! Typed configuration: a YAML file, then `COMITIA__SECTION__KEY` variables over it. An unknown or missing key, or a
//! value of the wrong kind, is an error that names the key.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::{SeqAccessDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};

/// The configuration cannot be used. Its text has the cause, which is therefore no source that would be printed once more.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(config::ConfigError);

impl From<config::ConfigError> for ConfigError {
    fn from(cause: config::ConfigError) -> Self {
        Self(cause)
    }
}

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

/// A list, for `#[serde(deserialize_with = "comitia_platform::config::list")]`: in a file a list, in a variable a text
/// with commas between the items or a JSON array.
///
/// # Errors
/// When it is none of these, or an item is not one.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(List(PhantomData))
}

struct List<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, a text with commas, or a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        if text.trim_start().starts_with('[') {
            return serde_json::from_str(text).map_err(E::custom);
        }
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        Vec::deserialize(SeqDeserializer::new(items))
    }
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

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Lists {
        #[serde(deserialize_with = "list")]
        networks: Vec<std::net::IpAddr>,
    }

    fn networks(text: &str) -> Result<String, String> {
        let read = load::<Lists>(None, &[("networks".into(), text.into())]);
        read.map(|lists| format!("{:?}", lists.networks)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_holds_a_list() {
        for text in ["10.0.0.1,10.0.0.2", " 10.0.0.1, 10.0.0.2, ", r#"["10.0.0.1", "10.0.0.2"]"#] {
            assert_eq!(networks(text).unwrap(), "[10.0.0.1, 10.0.0.2]", "{text}");
        }
        assert_eq!(networks("10.0.0.1").unwrap(), "[10.0.0.1]");
        assert_eq!(networks("").unwrap(), "[]");
    }

    #[test]
    fn a_file_holds_a_list() {
        let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
        std::fs::write(&file, "networks: [10.0.0.1, '::1']").unwrap();
        assert_eq!(load::<Lists>(Some(file.path()), &[]).unwrap().networks.len(), 2);
    }

    #[test]
    fn a_list_that_is_wrong_names_its_key() {
        for text in ["10.0.0.1,here", "[\"10.0.0.1\"", "[1]", "7"] {
            let error = networks(text).unwrap_err();
            assert!(error.contains("networks"), "{text}: {error}");
        }
    }

    #[test]
    fn a_good_value_is_read() {
        assert_eq!(load::<Toy>(None, &[("port".into(), "8080".into())]).unwrap().port, 8080);
    }
}
