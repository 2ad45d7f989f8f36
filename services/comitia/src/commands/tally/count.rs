//! An election that was counted.

use std::ops::Deref;

use comitia_allocation::Rule;
use comitia_pabulib::{Decimal, Election, Project};
use comitia_recount::Choice;

use super::words;
use crate::terminal::grouped;

/// An election with its result, as the tables and pages here show it.
pub(super) struct Count(pub comitia_recount::Count);

impl Deref for Count {
    type Target = comitia_recount::Count;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The same election, counted by two rules.
pub(super) struct Compared {
    pub one: Count,
    pub other: Count,
}

impl Compared {
    /// Counts by `choice`, and by the rule `other` with its defaults and the same chain of tie breakers.
    pub fn new(election: Election, choice: &Choice, other: Rule) -> anyhow::Result<Self> {
        let second = Choice { rule: Some(other), ties: choice.ties.clone(), ..Choice::default() };
        let other = Count::new(election.clone(), &second)?;
        Ok(Self { one: Count::new(election, choice)?, other })
    }

    /// The ids that only one of the two rules funds.
    pub fn only(&self) -> [Vec<&str>; 2] {
        [(&self.one, &self.other), (&self.other, &self.one)].map(|(count, other)| {
            let ids = self.one.election.projects.iter().map(|project| project.id.as_str());
            ids.filter(|id| count.funded(id) && !other.funded(id)).collect()
        })
    }
}

/// Does the result agree with the file's own `selected` column?
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// The column is absent, has gaps, or has projects funded by other means.
    NoColumn,
    Agrees,
    /// Ids that only this result has, and ids that only the column has.
    Differs(Vec<String>, Vec<String>),
}

/// A project with its result, as tables show it.
pub(super) struct Row<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub cost: String,
    pub support: String,
    /// The support in percent of the best project's.
    pub percent: u8,
    pub funded: bool,
    /// Whether it is funded in part.
    pub part: bool,
    pub why: String,
}

impl Count {
    /// Counts an election.
    pub fn new(election: Election, choice: &Choice) -> anyhow::Result<Self> {
        Ok(Self(comitia_recount::Count::new(election, choice)?))
    }

    /// Compares with the file's own column.
    pub fn agreement(&self) -> Agreement {
        let projects = &self.election.projects;
        if !projects.iter().all(|project| matches!(project.selected, Some(0 | 1))) {
            return Agreement::NoColumn;
        }
        let official =
            |id: &str| projects.iter().any(|project| project.id == id && project.selected == Some(1));
        let here: Vec<String> = self.outcome.selected.iter().filter(|id| !official(id)).cloned().collect();
        let there =
            projects.iter().filter(|project| project.selected == Some(1) && !self.funded(&project.id));
        let there: Vec<String> = there.map(|project| project.id.clone()).collect();
        if here.is_empty() && there.is_empty() { Agreement::Agrees } else { Agreement::Differs(here, there) }
    }

    /// Is a project funded?
    pub fn funded(&self, id: &str) -> bool {
        self.outcome.selected.binary_search_by(|selected| selected.as_str().cmp(id)).is_ok()
    }

    /// An amount with thousands apart and the currency.
    pub fn money(&self, minor: u64) -> String {
        let amount = grouped(&self.instance.amount(minor).to_string());
        match self.election.meta.currency() {
            Some(currency) => format!("{amount} {currency}"),
            None => amount,
        }
    }

    /// A score, which the engine counts in units of the last decimal of points, as a number.
    pub fn score(&self, score: i128) -> String {
        match i64::try_from(score).ok().and_then(|score| Decimal::new(score, self.election.points_scale)) {
            Some(score) => score.to_string(),
            None => format!("{score}e-{}", self.election.points_scale),
        }
    }

    /// What the voters' support is counted in.
    pub fn unit(&self) -> &'static str {
        if self.election.vote_type.has_points()
            || self.election.vote_type == comitia_pabulib::VoteType::Ordinal
        {
            "Points"
        } else {
            "Votes"
        }
    }

    /// What a project is called; the id if it has no name.
    pub fn name(project: &Project) -> &str {
        if project.name.trim().is_empty() { &project.id } else { &project.name }
    }

    /// The funded projects in the order in which they were bought, then the others by support.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let best =
            (0..self.election.projects.len()).map(|project| self.instance.score(project)).max().unwrap_or(0);
        let row = |id: &str, score: i128, (funded, part): (bool, bool), why: String| {
            let project = self.election.projects.iter().find(|project| project.id == id)?;
            Some(Row {
                id: &project.id,
                name: Self::name(project),
                cost: if project.withdrawn {
                    "–".to_owned()
                } else {
                    grouped(&self.instance.amount(project.cost).to_string())
                },
                support: grouped(&self.score(score)),
                percent: u8::try_from(score.max(0) * 100 / best.max(1)).unwrap_or(100),
                funded,
                part,
                why,
            })
        };
        let rounds = self.outcome.rounds.iter();
        let funded = rounds.filter_map(|round| {
            let how = (true, round.granted.is_some());
            row(&round.project, round.score, how, words::funded(self, round))
        });
        let mut rejected: Vec<_> = self.outcome.rejected.iter().collect();
        rejected.sort_by_key(|rejection| std::cmp::Reverse(rejection.score));
        let rejected = rejected.into_iter();
        let rejected =
            rejected.filter_map(|r| row(&r.project, r.score, (false, false), words::rejected(self, r)));
        funded.chain(rejected).collect()
    }
}
