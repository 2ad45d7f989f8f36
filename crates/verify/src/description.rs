//! What a log says of itself: `GET /v1/polls/{poll_id}/log`, or `log.json` in a folder.

use chrono::{DateTime, Utc};
use comitia_transparency::sheet::{Act, Milestone, NO_END, Selection, Subject};
use serde::{Deserialize, Deserializer};

use crate::error::Error;

#[derive(Debug, Deserialize)]
struct Answer {
    log: Description,
}

/// The description of a log. What proto's JSON leaves out has its default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Description {
    pub poll_id: String,
    pub origin: String,
    pub verifier_keys: Vec<String>,
    pub checkpoint: String,
    #[serde(deserialize_with = "number")]
    pub signature_count: u64,
    #[serde(deserialize_with = "number")]
    pub withdrawn_count: u64,
    #[serde(deserialize_with = "number")]
    pub set_aside_count: u64,
    pub publishes_districts: bool,
    pub districts: Vec<District>,
    pub milestones: Vec<StatedMilestone>,
    pub corrections: Vec<StatedCorrection>,
    /// The SHA-256 of the text that is signed, hexadecimal; empty where the sheet has none.
    pub text_digest: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct District {
    pub district: String,
    #[serde(deserialize_with = "number")]
    pub signature_count: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatedMilestone {
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
pub struct StatedReached {
    #[serde(deserialize_with = "number")]
    pub leaf_index: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatedCorrection {
    pub number: u32,
    pub act: String,
    pub selection: Option<StatedSelection>,
    pub earlier_number: u32,
    pub reason: String,
    pub decide_time: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "number")]
    pub leaf_index: u64,
    pub effect: StatedEffect,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatedSelection {
    #[serde(deserialize_with = "number")]
    pub first_leaf: u64,
    #[serde(deserialize_with = "number")]
    pub end_leaf: u64,
    pub begin_time: Option<DateTime<Utc>>,
    pub end_time: Option<DateTime<Utc>>,
    pub channel: String,
    pub district: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatedEffect {
    #[serde(deserialize_with = "number")]
    pub signature_count: u64,
    pub districts: Vec<District>,
    pub lost_milestone_ids: Vec<String>,
    pub regained_milestone_ids: Vec<String>,
}

impl StatedCorrection {
    /// What it says it does; nothing when that is no correction.
    pub fn says(&self) -> Option<(Act, Subject)> {
        let act = match self.act.as_str() {
            "CORRECTION_ACT_QUARANTINE" => Act::Quarantine,
            "CORRECTION_ACT_INVALIDATION" => Act::Invalidation,
            "CORRECTION_ACT_RESTORATION" => Act::Restoration,
            _ => return None,
        };
        let subject = match &self.selection {
            Some(selection) => Subject::Selection(selection.read()?),
            None => Subject::Earlier(self.earlier_number),
        };
        Some((act, subject))
    }

    /// The minute of its decision.
    pub fn minute(&self) -> Option<u32> {
        self.decide_time.and_then(minute)
    }
}

impl StatedSelection {
    fn read(&self) -> Option<Selection> {
        Some(Selection {
            first: self.first_leaf,
            end: self.end_leaf,
            first_minute: self.begin_time.map_or(Some(0), minute)?,
            end_minute: self.end_time.map_or(Some(NO_END), minute)?,
            paper: match self.channel.as_str() {
                "" | "SIGNATURE_CHANNEL_UNSPECIFIED" => None,
                "SIGNATURE_CHANNEL_ONLINE" => Some(false),
                "SIGNATURE_CHANNEL_PAPER" => Some(true),
                _ => return None,
            },
            district: self.district.clone(),
        })
    }
}

fn minute(time: DateTime<Utc>) -> Option<u32> {
    u32::try_from(time.timestamp().div_euclid(60)).ok()
}

impl Description {
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        Ok(serde_json::from_slice::<Answer>(bytes)?.log)
    }

    /// The bytes of the poll's id, a UUID.
    pub fn poll(&self) -> Result<[u8; 16], Error> {
        let bytes = hex::decode(self.poll_id.replace('-', "")).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(Error::Poll)
    }

    /// How many entries the counts are of: a signature that was taken back has two, and a correction is one.
    pub fn entries(&self) -> u64 {
        let standing = self.signature_count.saturating_add(self.set_aside_count);
        standing
            .saturating_add(self.withdrawn_count.saturating_mul(2))
            .saturating_add(self.corrections.len() as u64)
    }
}

impl StatedMilestone {
    pub fn milestone(&self) -> Result<Milestone, Error> {
        let before = match self.before_time {
            None => NO_END,
            Some(time) => minute(time).ok_or(Error::MilestoneEnd)?,
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
