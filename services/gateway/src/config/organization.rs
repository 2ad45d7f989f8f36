//! Limits by organization.

use std::collections::HashMap;

use serde::Deserialize;
use uuid::Uuid;

/// Limits by organization, on top of fair sharing, which is always on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationLimits {
    /// For every organization.
    pub each: OrganizationLimit,
    /// For single organizations, by id.
    pub overrides: HashMap<Uuid, OrganizationOverride>,
}

/// The limits of an organization at each gateway. 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationLimit {
    /// Its share under contention: an organization with 2 gets twice as much as one with 1. At
    /// least 1.
    pub weight: u32,
    /// Attempts to sign in per second.
    pub sign_in: u32,
    /// Ballots, receipts and permits per second.
    pub vote: u32,
    /// Reads per second, without those served from the gateway's cache.
    pub read: u32,
    /// Writes per second.
    pub write: u32,
    /// The maximum number of open event streams.
    pub streams: u32,
    /// The maximum number of exports in flight.
    pub exports: u32,
}

impl Default for OrganizationLimit {
    fn default() -> Self {
        Self { weight: 1, sign_in: 0, vote: 0, read: 0, write: 0, streams: 0, exports: 16 }
    }
}

/// Overrides for an organization: the keys of [`OrganizationLimit`] that differ.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationOverride {
    pub weight: Option<u32>,
    pub sign_in: Option<u32>,
    pub vote: Option<u32>,
    pub read: Option<u32>,
    pub write: Option<u32>,
    pub streams: Option<u32>,
    pub exports: Option<u32>,
}

impl OrganizationLimits {
    pub(crate) fn of(&self, organization: Uuid) -> OrganizationLimit {
        let (each, other) = (self.each, self.overrides.get(&organization).copied().unwrap_or_default());
        OrganizationLimit {
            weight: other.weight.unwrap_or(each.weight),
            sign_in: other.sign_in.unwrap_or(each.sign_in),
            vote: other.vote.unwrap_or(each.vote),
            read: other.read.unwrap_or(each.read),
            write: other.write.unwrap_or(each.write),
            streams: other.streams.unwrap_or(each.streams),
            exports: other.exports.unwrap_or(each.exports),
        }
    }
}

impl OrganizationLimit {
    pub(crate) fn weight(&self) -> usize {
        self.weight.max(1) as usize
    }

    pub(crate) fn streams(&self) -> usize {
        or_unlimited(self.streams)
    }

    pub(crate) fn exports(&self) -> usize {
        or_unlimited(self.exports)
    }
}

fn or_unlimited(most: u32) -> usize {
    if most == 0 { usize::MAX } else { most as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_differs_in_what_is_given_for_it() {
        let id = "0192f0c1-0000-7000-8000-000000000001";
        let json =
            format!(r#"{{"each": {{"vote": 50}}, "overrides": {{"{id}": {{"weight": 3, "exports": 0}}}}}}"#);
        let limits: OrganizationLimits = serde_json::from_str(&json).unwrap();
        let other = limits.of(Uuid::nil());
        assert_eq!((other.weight(), other.vote, other.exports()), (1, 50, 16));
        let own = limits.of(id.parse().unwrap());
        assert_eq!((own.weight(), own.vote, own.exports(), own.streams()), (3, 50, usize::MAX, usize::MAX));
        let wrong = r#"{"overrides": {"lodz": {}}}"#;
        assert!(serde_json::from_str::<OrganizationLimits>(wrong).is_err());
    }
}
