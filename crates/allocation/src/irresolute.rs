//! All outcomes that a rule may have, whichever way ties are broken.
//!
//! The rule is run again and again. A *script* says which of the equal projects is taken in each tie; when a run is over,
//! the last tie with another choice left takes it, and what came after is open again (depth first). Where the order of
//! choices does not matter, different scripts meet in equal states: the state at each tie is remembered, and a run that
//! meets one again learns nothing new and is not followed further. A tie is broken anew in every run of Add1.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::amount::Amount;
use crate::error::Error;
use crate::instance::Instance;
use crate::outcome::Outcome;
use crate::rule::Rule;
use crate::ties::{Choice, Ties};
use crate::{greedy, phragmen, shares};

/// The projects that a rule funds under some way of breaking ties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Ids of the funded projects, in lexicographic order.
    pub selected: Vec<String>,
    /// Which of them is funded in part, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_part: Option<String>,
    /// What they cost.
    pub cost: Amount,
}

/// All outcomes of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Irresolute {
    /// The different selections, in lexicographic order of their ids.
    pub outcomes: Vec<Selection>,
    /// Are these all? Otherwise the cap was reached: there are more, or there may be.
    pub complete: bool,
}

/// Runs a rule under every way to break ties, until `cap` different outcomes are found (at least 1) or, where very many
/// ways lead to few outcomes, after `1000 + 100 · cap` tries.
pub fn irresolute(instance: &Instance, rule: &Rule, cap: usize) -> Result<Irresolute, Error> {
    let mut found = Found { outcomes: BTreeMap::new(), cap: cap.max(1), tries: 0, complete: true };
    match rule {
        Rule::Greedy(rule) => found.each(|choice, found| {
            found.add(&greedy::run(instance, rule, choice)?);
            Ok(())
        })?,
        Rule::Phragmen(rule) => found.each(|choice, found| {
            found.add(&phragmen::run(instance, rule, choice)?);
            Ok(())
        })?,
        Rule::EqualShares(rule) => shares::irresolute(instance, rule, &mut found)?,
    }
    let outcomes = found.outcomes.into_iter();
    let outcomes = outcomes.map(|((selected, in_part), cost)| Selection { selected, in_part, cost });
    Ok(Irresolute { outcomes: outcomes.collect(), complete: found.complete })
}

/// What has been found so far.
pub(crate) struct Found {
    outcomes: BTreeMap<(Vec<String>, Option<String>), Amount>,
    cap: usize,
    tries: usize,
    pub(crate) complete: bool,
}

impl Found {
    /// Adds an outcome; one too many is left out and known to be missing.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        let in_part = outcome.rounds.iter().find(|round| round.granted.is_some());
        let key = (outcome.selected.clone(), in_part.map(|round| round.project.clone()));
        if self.outcomes.len() < self.cap || self.outcomes.contains_key(&key) {
            self.outcomes.insert(key, outcome.cost);
        } else {
            self.complete = false;
        }
    }

    /// Does some piece of work under every way to break its ties, as far as the cap allows.
    pub(crate) fn each(
        &mut self,
        mut work: impl FnMut(&Choice<'_>, &mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let ties = Ties::default();
        let script = Script::default();
        while self.complete {
            if self.tries >= 1000 + 100 * self.cap {
                self.complete = false;
                return Ok(());
            }
            self.tries += 1;
            work(&Choice::scripted(&ties, &script), self)?;
            if !script.lock().advance() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Which of the equal projects to take in each tie.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    /// For each tie which choice to take, and of how many.
    ties: Vec<(usize, usize)>,
    /// The next tie.
    at: usize,
    /// The states met at ties.
    met: HashSet<[u8; 32]>,
    /// Has this run met a state that another run had met before?
    known: bool,
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which of `count` equal projects to take. `state`: all that the further course depends on.
    pub(crate) fn next(&self, count: usize, state: &[u8]) -> usize {
        let mut lines = self.lock();
        if lines.known {
            return 0;
        }
        let at = lines.at;
        lines.at += 1;
        if let Some((choice, _)) = lines.ties.get(at) {
            return *choice;
        }
        if lines.met.insert(Sha256::digest(state).into()) {
            lines.ties.push((0, count));
        } else {
            lines.known = true;
        }
        0
    }
}

impl Lines {
    /// Goes on to the next script; says whether there is one.
    fn advance(&mut self) -> bool {
        (self.at, self.known) = (0, false);
        while let Some((choice, count)) = self.ties.last_mut() {
            *choice += 1;
            if choice < count {
                return true;
            }
            self.ties.pop();
        }
        false
    }
}
