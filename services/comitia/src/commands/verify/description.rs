//! What a log says of itself: `GET /v1/polls/{poll_id}/log`, or `log.json` in a folder.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use comitia_transparency::sheet::{Milestone, NO_END};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

#[derive(Debug, Deserialize)]
struct Answer {
    log: Description,
}

/// The description of a log. What proto's JSON leaves out has its default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Description {
    pub poll_id: Uuid,
    pub origin: String,
    pub verifier_keys: Vec<String>,
    pub checkpoint: String,
    #[serde(deserialize_with = "number")]
    pub signature_count: u64,
    #[serde(deserialize_with = "number")]
    pub withdrawn_count: u64,
    pub publishes_districts: bool,
    pub districts: Vec<District>,
    pub milestones: Vec<StatedMilestone>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct District {
    pub district: String,
    #[serde(deserialize_with = "number")]
    pub signature_count: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatedMilestone {
    pub milestone_id: String,
    #[serde(deserialize_with = "number")]
    pub min_signatures: u64,
    pub min_districts: u32,
    #[serde(deserialize_with = "number")]
    pub min_in_each_district: u64,
    pub before_time: Option<DateTime<Utc>>,
    pub reached: Option<StatedReached>,
    pub holds: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatedReached {
    #[serde(deserialize_with = "number")]
    pub leaf_index: u64,
}

impl Description {
    pub fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let answer: Answer =
            serde_json::from_slice(bytes).context("the description of the log is not one")?;
        Ok(answer.log)
    }

    /// How many entries the counts are of: a signature that was taken back has two.
    pub fn entries(&self) -> u64 {
        self.signature_count.saturating_add(self.withdrawn_count.saturating_mul(2))
    }
}

impl StatedMilestone {
    pub fn milestone(&self) -> anyhow::Result<Milestone> {
        let before = match self.before_time {
            None => NO_END,
            Some(time) => {
                u32::try_from(time.timestamp().div_euclid(60)).context("the end of a milestone is no time")?
            }
        };
        Ok(Milestone {
            id: self.milestone_id.clone(),
            total: self.min_signatures,
            districts: self.min_districts,
            in_each: self.min_in_each_district,
            before,
        })
    }
}

/// Proto's JSON writes large numbers as texts.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(|_| serde::de::Error::custom("is no whole number")),
    }
}
