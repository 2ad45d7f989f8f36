//! What is remembered of the city between starts: when it was made, and the codes, which the API gives once.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use comitia_core::Clock;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const FILE: &str = "city.json";

/// The city as its data folder knows it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// All dates count from here, so that a start that goes on makes the same city.
    pub start: DateTime<Utc>,
    /// What request ids are made from.
    pub salt: Uuid,
    /// The access codes of the letters by member number.
    pub codes: BTreeMap<String, String>,
    /// Whether everything is there.
    pub complete: bool,
}

impl State {
    /// A city to be made now.
    pub fn new() -> Self {
        Self {
            start: Clock::system().now(),
            salt: comitia_core::id::random(),
            codes: BTreeMap::new(),
            complete: false,
        }
    }

    /// The city of a data folder, if one was begun.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = data.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?))
    }

    /// Writes it, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, data: &Path) -> anyhow::Result<()> {
        let part = data.join(format!("{FILE}.part"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&part).with_context(|| format!("cannot write {}", part.display()))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        Ok(fs::rename(&part, data.join(FILE))?)
    }

    /// The request id of a step: the same in each start, so that a step that was done is not done twice.
    pub fn request_id(&self, step: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(self.salt.as_bytes());
        digest.update(step.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_goes_on_as_it_was_begun() {
        let folder = tempfile::tempdir().unwrap();
        assert!(State::load(folder.path()).unwrap().is_none());
        let begun = State::new();
        begun.save(folder.path()).unwrap();
        let found = State::load(folder.path()).unwrap().unwrap();
        assert_eq!((found.start, found.salt, found.complete), (begun.start, begun.salt, false));
        assert_eq!(found.request_id("a roll"), begun.request_id("a roll"));
        assert_ne!(found.request_id("a roll"), begun.request_id("a budget"));
        assert_ne!(State::new().request_id("a roll"), begun.request_id("a roll"));
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(State::load(folder.path()).is_err());
    }
}
