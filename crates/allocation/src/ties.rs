//! Ties: an explicit chain of tie breakers, and a record of each time it was used.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::instance::Instance;
use crate::irresolute::Script;

/// One tie breaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TieBreaker {
    /// The project that more ballots name.
    MostVotes,
    /// The cheaper project.
    LowestCost,
    /// The dearer project.
    HighestCost,
    /// The lot: the project whose SHA-256 of `seed`, a line feed and its id is smallest. Anyone can recompute it
    /// from the published seed.
    Lot {
        /// The published seed.
        seed: String,
    },
    /// The id that comes first in lexicographic order of its UTF-8 bytes ("10" before "2").
    Id,
}

impl TieBreaker {
    fn compare(&self, instance: &Instance, a: usize, b: usize) -> Ordering {
        let (pa, pb) = (&instance.projects[a], &instance.projects[b]);
        match self {
            Self::MostVotes => instance.votes[b].cmp(&instance.votes[a]),
            Self::LowestCost => pa.cost.cmp(&pb.cost),
            Self::HighestCost => Reverse(pa.cost).cmp(&Reverse(pb.cost)),
            Self::Lot { seed } => lot(seed, &pa.id).cmp(&lot(seed, &pb.id)),
            Self::Id => pa.id.cmp(&pb.id),
        }
    }
}

fn lot(seed: &str, id: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed).chain_update("\n").chain_update(id).finalize().into()
}

impl fmt::Display for TieBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MostVotes => f.write_str("most-votes"),
            Self::LowestCost => f.write_str("lowest-cost"),
            Self::HighestCost => f.write_str("highest-cost"),
            Self::Lot { seed } => write!(f, "lot:{seed}"),
            Self::Id => f.write_str("id"),
        }
    }
}

impl FromStr for TieBreaker {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name.trim() {
            "most-votes" => Self::MostVotes,
            "lowest-cost" => Self::LowestCost,
            "highest-cost" => Self::HighestCost,
            "id" => Self::Id,
            other => match other.strip_prefix("lot:") {
                Some(seed) if !seed.is_empty() => Self::Lot { seed: seed.to_owned() },
                _ => {
                    return Err(Error::UnknownName {
                        name: other.to_owned(),
                        expected: "most-votes, lowest-cost, highest-cost, lot:SEED, id",
                    });
                }
            },
        })
    }
}

/// The chain of tie breakers, tried in order. The default is most votes, then lowest cost, then id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ties(pub Vec<TieBreaker>);

impl Default for Ties {
    fn default() -> Self {
        Self(vec![TieBreaker::MostVotes, TieBreaker::LowestCost, TieBreaker::Id])
    }
}

impl fmt::Display for Ties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, breaker) in self.0.iter().enumerate() {
            write!(f, "{}{breaker}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Ties {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Ties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A tie that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// The round in which it was.
    pub round: u32,
    /// The ids of the projects that were equal, sorted.
    pub between: Vec<String>,
    /// The project that was preferred.
    pub chosen: String,
    /// The tie breaker that decided, as [`Ties`] writes it.
    pub by: String,
}

/// How ties are broken in a run: by a chain, or by a script that tries every way.
#[derive(Clone)]
pub(crate) struct Choice<'a> {
    /// The chain; a script stands above it.
    pub(crate) ties: &'a Ties,
    script: Option<&'a Script>,
    /// What happened before and matters to the outcome, for the script's states.
    before: Vec<u8>,
}

impl<'a> Choice<'a> {
    pub(crate) fn chain(ties: &'a Ties) -> Self {
        Self { ties, script: None, before: Vec::new() }
    }

    pub(crate) fn scripted(ties: &'a Ties, script: &'a Script) -> Self {
        Self { ties, script: Some(script), before: Vec::new() }
    }

    /// The same after something else whose result matters to the outcome.
    pub(crate) fn after(&self, funded: &[bool]) -> Self {
        Self { before: funded.iter().map(|f| u8::from(*f)).collect(), ..self.clone() }
    }

    /// One of some equal projects, and a record if a chain decided. `state`: all that the further course depends on;
    /// `None` if it does not depend on the choice.
    pub(crate) fn choose(
        &self,
        instance: &Instance,
        round: u32,
        equal: &[usize],
        state: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Result<(usize, Option<Tie>), Error> {
        match (self.script, equal) {
            (None, _) => self.ties.choose(instance, round, equal),
            (Some(_), [one]) => Ok((*one, None)),
            (Some(script), _) => {
                let mut equal = equal.to_vec();
                equal.sort_unstable();
                let choice = state().map_or(0, |state| {
                    let mut whole = self.before.clone();
                    whole.extend(state);
                    whole.extend(equal.iter().flat_map(|p| p.to_le_bytes()));
                    script.next(equal.len(), &whole)
                });
                equal.get(choice).map(|p| (*p, None)).ok_or_else(|| Error::UnbrokenTie(Vec::new()))
            }
        }
    }
}

impl Ties {
    /// The best of some equal projects, and a record if there was a choice.
    fn choose(
        &self,
        instance: &Instance,
        round: u32,
        equal: &[usize],
    ) -> Result<(usize, Option<Tie>), Error> {
        let mut left = equal.to_vec();
        let mut by = None;
        for breaker in &self.0 {
            if left.len() < 2 {
                break;
            }
            let Some(&best) = left.iter().min_by(|a, b| breaker.compare(instance, **a, **b)) else { break };
            left.retain(|&p| breaker.compare(instance, p, best) == Ordering::Equal);
            by = Some(breaker);
        }
        let between = || {
            let mut ids: Vec<String> = equal.iter().map(|&p| instance.projects[p].id.clone()).collect();
            ids.sort_unstable();
            ids
        };
        match left.as_slice() {
            [one] => Ok((
                *one,
                by.map(|by| Tie {
                    round,
                    between: between(),
                    chosen: instance.projects[*one].id.clone(),
                    by: by.to_string(),
                }),
            )),
            _ => Err(Error::UnbrokenTie(between())),
        }
    }
}
