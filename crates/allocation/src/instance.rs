//! What a rule is run on: a budget, projects, and ballots grouped by equality.

use std::collections::{HashMap, HashSet};

use crate::amount::{Amount, MAX_DECIMALS};
use crate::error::Error;
use crate::outcome::BudgetPart;
use crate::ranks::RankScores;

/// The largest budget or cost, in minor units.
pub const MAX_AMOUNT: u64 = 1 << 50;

/// The largest score of a project on a ballot, either way.
pub const MAX_SCORE: i64 = 1 << 30;

/// A project that ballots may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The id; unique in the instance.
    pub id: String,
    /// The cost in minor units.
    pub cost: u64,
    /// Names of the envelopes that the cost is charged to; those without a budget in the instance do not matter. A
    /// project in several envelopes is charged in full to each.
    pub envelopes: Vec<String>,
    /// Names of the exclusion groups it is in: of each group at most one project is funded.
    pub excludes: Vec<String>,
    /// A project that was withdrawn is never funded.
    pub withdrawn: bool,
}

/// How ballots are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BallotKind {
    /// A set of projects, each with score 1; a knapsack ballot and a choose-1 ballot are approval ballots.
    Approval,
    /// Each project named has a score of its own (cumulative, scoring, ranking by its scoring function).
    Scored,
}

/// Identical ballots, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<'a> {
    /// How many voters cast it.
    pub weight: u64,
    /// The projects named, in increasing order of index.
    pub projects: &'a [u32],
    /// One score a project named; `None` on approval ballots, where each is 1.
    pub scores: Option<&'a [i64]>,
}

/// A budget, projects and ballots. Made by [`InstanceBuilder`].
#[derive(Debug, Clone)]
pub struct Instance {
    pub(crate) budget: u64,
    /// Where the budget comes from, if it was said.
    pub(crate) budget_parts: Vec<BudgetPart>,
    pub(crate) decimals: u32,
    pub(crate) currency: String,
    pub(crate) kind: BallotKind,
    pub(crate) projects: Vec<Project>,
    /// Envelopes with a budget: name and amount.
    pub(crate) envelopes: Vec<(String, u64)>,
    /// For each project the positions in `envelopes`.
    pub(crate) charged: Vec<Vec<u32>>,
    pub(crate) voters: u64,
    /// How many ballots name each project, whatever its score.
    pub(crate) votes: Vec<u64>,
    /// How many voters give each project a score above 0.
    pub(crate) supporter_counts: Vec<u64>,
    pub(crate) score: Vec<i128>,
    pub(crate) weights: Vec<u64>,
    group_ends: Vec<u32>,
    group_projects: Vec<u32>,
    group_scores: Vec<i64>,
    /// The other way round: for each project the groups that support it (score above 0).
    support_ends: Vec<u32>,
    support_groups: Vec<u32>,
    support_weights: Vec<u32>,
    support_scores: Vec<u32>,
    /// The highest score on any ballot, at least 1.
    pub(crate) highest_score: u32,
}

/// The groups that support a project, in increasing order.
#[derive(Clone, Copy)]
pub(crate) struct Supporters<'a> {
    pub(crate) groups: &'a [u32],
    /// How many voters each group has; beside the groups, because a sweep over supporters is what rules spend their
    /// time on.
    pub(crate) weights: &'a [u32],
    /// Empty on approval ballots: each score is 1.
    scores: &'a [u32],
}

impl<'a> Supporters<'a> {
    /// Group, number of voters, and score of each.
    pub(crate) fn iter(self) -> impl Iterator<Item = (u32, u64, u32)> + 'a {
        let score = move |i: usize| self.scores.get(i).copied().unwrap_or(1);
        self.groups.iter().zip(self.weights).enumerate().map(move |(i, (&g, &w))| (g, u64::from(w), score(i)))
    }

    /// Is every score 1?
    pub(crate) fn approve(self) -> bool {
        self.scores.is_empty()
    }
}

impl Instance {
    /// The budget.
    #[must_use]
    pub fn budget(&self) -> Amount {
        self.amount(self.budget)
    }

    /// Where the budget comes from, if it was said.
    #[must_use]
    pub fn budget_parts(&self) -> &[BudgetPart] {
        &self.budget_parts
    }

    /// The projects in their original order.
    #[must_use]
    pub fn projects(&self) -> &[Project] {
        &self.projects
    }

    /// How many voters cast a ballot, empty ballots included.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.voters
    }

    /// How many ballots name a project.
    #[must_use]
    pub fn votes(&self, project: usize) -> u64 {
        self.votes.get(project).copied().unwrap_or(0)
    }

    /// The sum of the scores of a project; on approval ballots its votes.
    #[must_use]
    pub fn score(&self, project: usize) -> i128 {
        self.score.get(project).copied().unwrap_or(0)
    }

    /// The kind of ballots.
    #[must_use]
    pub fn kind(&self) -> BallotKind {
        self.kind
    }

    /// How many different ballots there are.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.weights.len()
    }

    /// All different ballots with the number of voters who cast them.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        (0..self.weights.len()).map(|g| self.group(g))
    }

    /// How many minor units make one currency unit.
    #[must_use]
    pub fn minor_per_unit(&self) -> u64 {
        10u64.pow(self.decimals.min(MAX_DECIMALS))
    }

    /// An amount of this instance's money.
    #[must_use]
    pub fn amount(&self, minor: u64) -> Amount {
        Amount { minor, decimals: self.decimals }
    }

    /// An amount with its currency, for sentences.
    #[must_use]
    pub fn money(&self, minor: u64) -> String {
        let mut amount = self.amount(minor).to_string();
        if let Some(decimals) = amount.find('.').map(|point| amount.len() - point - 1) {
            // 12.5 is written 12.50 where there are cents.
            amount.extend((decimals..self.decimals as usize).map(|_| '0'));
        }
        if self.currency.is_empty() { amount } else { format!("{amount} {}", self.currency) }
    }

    pub(crate) fn group(&self, group: usize) -> Group<'_> {
        let range = range(&self.group_ends, group);
        let scores = (self.kind == BallotKind::Scored).then(|| &self.group_scores[range.clone()]);
        Group { weight: self.weights[group], projects: &self.group_projects[range], scores }
    }

    /// The groups that support a project.
    pub(crate) fn supporters(&self, project: usize) -> Supporters<'_> {
        let range = range(&self.support_ends, project);
        Supporters {
            groups: &self.support_groups[range.clone()],
            weights: &self.support_weights[range.clone()],
            scores: if self.kind == BallotKind::Scored { &self.support_scores[range] } else { &[] },
        }
    }
}

fn range(ends: &[u32], index: usize) -> std::ops::Range<usize> {
    let start = if index == 0 { 0 } else { ends[index - 1] as usize };
    start..ends[index] as usize
}

/// Gathers an instance.
#[derive(Debug)]
pub struct InstanceBuilder {
    budget: u64,
    budget_parts: Vec<BudgetPart>,
    decimals: u32,
    currency: String,
    kind: BallotKind,
    projects: Vec<Project>,
    envelopes: Vec<(String, u64)>,
    ballots: Ballots,
    added: u64,
    voters: u64,
    /// The ballot that is being added.
    ballot: Vec<(u32, i64)>,
    /// How many ballots gave each project a score without naming it; empty while none did.
    unnamed: Vec<u64>,
}

/// Ballots end to end; not yet grouped.
#[derive(Debug, Default)]
struct Ballots {
    ends: Vec<u32>,
    weights: Vec<u64>,
    projects: Vec<u32>,
    /// Empty if ballots have no scores.
    scores: Vec<i64>,
}

impl Ballots {
    fn projects(&self, ballot: usize) -> &[u32] {
        &self.projects[range(&self.ends, ballot)]
    }

    fn scores(&self, ballot: usize) -> &[i64] {
        self.scores.get(range(&self.ends, ballot)).unwrap_or_default()
    }

    /// Equal ballots next to each other, in an order that depends on nothing but the ballots.
    fn sorted(&self) -> Vec<usize> {
        // The first two projects decide nearly always, without a look at the ballot itself.
        let key = |ballot: usize| {
            let at = |i: usize| self.projects(ballot).get(i).map_or(0, |p| u64::from(*p) + 1);
            (u128::from(at(0)) << 64) | u128::from(at(1))
        };
        let mut order: Vec<(u128, usize)> = (0..self.ends.len()).map(|b| (key(b), b)).collect();
        order.sort_unstable_by(|&(key_a, a), &(key_b, b)| {
            let whole = |b| (self.projects(b), self.scores(b));
            key_a.cmp(&key_b).then_with(|| whole(a).cmp(&whole(b)))
        });
        order.into_iter().map(|(_, ballot)| ballot).collect()
    }
}

impl InstanceBuilder {
    /// Starts with a budget in minor units.
    #[must_use]
    pub fn new(budget: u64, kind: BallotKind) -> Self {
        Self {
            budget,
            budget_parts: Vec::new(),
            decimals: 0,
            currency: String::new(),
            kind,
            projects: Vec::new(),
            envelopes: Vec::new(),
            ballots: Ballots::default(),
            added: 0,
            voters: 0,
            ballot: Vec::new(),
            unnamed: Vec::new(),
        }
    }

    /// How many decimals minor units lie below the currency unit, and the currency's code (may be empty).
    #[must_use]
    pub fn currency(mut self, decimals: u32, code: &str) -> Self {
        self.decimals = decimals;
        code.clone_into(&mut self.currency);
        self
    }

    /// Adds a project; its index, by which ballots name it, is its position.
    pub fn project(&mut self, project: Project) -> &mut Self {
        self.projects.push(project);
        self
    }

    /// Says where a part of the budget comes from, such as another budget that did not spend it. It decides nothing and
    /// stands in the trace; parts have to make the whole.
    pub fn budget_part(&mut self, part: BudgetPart) -> &mut Self {
        self.budget_parts.push(part);
        self
    }

    /// Limits what may be spent on the projects of an envelope (a category, a neighbourhood).
    pub fn envelope(&mut self, name: &str, amount: u64) -> &mut Self {
        self.envelopes.push((name.to_owned(), amount));
        self
    }

    /// Adds the same approval ballot (also knapsack and choose-1) of `weight` voters. It may be empty.
    pub fn approval(&mut self, choices: &[u32], weight: u64) -> Result<&mut Self, Error> {
        self.ballot(choices.iter().map(|&project| (project, 1)), weight)
    }

    /// Adds the same scored ballot of `weight` voters: projects with their points, score or rank score (taken as 1 where
    /// ballots are approvals). Utility-based rules take a negative score as 0.
    pub fn scores(&mut self, scores: &[(u32, i64)], weight: u64) -> Result<&mut Self, Error> {
        self.ballot(scores.iter().copied(), weight)
    }

    /// As [`InstanceBuilder::scores`], where every project that the ballot does not name scores `default`. That is no vote
    /// for it: ties by most votes look at the ballots that name a project.
    pub fn scores_or(
        &mut self,
        scores: &[(u32, i64)],
        default: i64,
        weight: u64,
    ) -> Result<&mut Self, Error> {
        if default == 0 {
            return self.scores(scores, weight);
        }
        let all = 0..u32::try_from(self.projects.len()).unwrap_or(u32::MAX);
        let others: Vec<u32> = all.filter(|p| !scores.iter().any(|(named, _)| named == p)).collect();
        let entries = scores.iter().copied().chain(others.iter().map(|p| (*p, default)));
        self.ballot(entries, weight)?;
        self.unnamed.resize(self.projects.len(), 0);
        others.into_iter().for_each(|p| self.unnamed[p as usize] += weight);
        Ok(self)
    }

    /// Adds the same ranking, best first, of `weight` voters.
    pub fn ranking(&mut self, choices: &[u32], scores: &RankScores, weight: u64) -> Result<&mut Self, Error> {
        self.ballot(choices.iter().copied().zip(scores.of(choices.len())), weight)
    }

    fn ballot(&mut self, entries: impl Iterator<Item = (u32, i64)>, weight: u64) -> Result<&mut Self, Error> {
        self.added += 1;
        self.ballot.clear();
        self.ballot.extend(entries);
        self.ballot.sort_unstable();
        for pair in self.ballot.windows(2) {
            if pair[0].0 == pair[1].0 {
                let project = self.projects.get(pair[0].0 as usize).map(|p| p.id.clone()).unwrap_or_default();
                return Err(Error::RepeatedChoice { ballot: self.added, project });
            }
        }
        for &(project, score) in &self.ballot {
            if project as usize >= self.projects.len() {
                return Err(Error::UnknownProject { ballot: self.added, project });
            }
            if !(-MAX_SCORE..=MAX_SCORE).contains(&score) {
                return Err(Error::ScoreTooLarge(score));
            }
        }
        // More than this many voters do not exist; the limit keeps sums within 64 bits.
        self.voters =
            self.voters.checked_add(weight).filter(|v| *v < 1 << 32).ok_or(Error::TooManyBallots)?;
        if weight == 0 {
            return Ok(self);
        }
        self.ballots.projects.extend(self.ballot.iter().map(|(project, _)| project));
        if self.kind == BallotKind::Scored {
            self.ballots.scores.extend(self.ballot.iter().map(|(_, score)| score));
        }
        let end = u32::try_from(self.ballots.projects.len()).map_err(|_| Error::TooManyBallots)?;
        self.ballots.ends.push(end);
        self.ballots.weights.push(weight);
        Ok(self)
    }

    /// Checks and indexes everything.
    pub fn build(self) -> Result<Instance, Error> {
        self.check()?;
        let position: HashMap<&str, u32> =
            self.envelopes.iter().map(|(n, _)| n.as_str()).zip(0u32..).collect();
        let charged = self.projects.iter().map(|p| {
            let mut list: Vec<u32> =
                p.envelopes.iter().filter_map(|n| position.get(n.as_str()).copied()).collect();
            list.sort_unstable();
            list.dedup();
            list
        });
        let charged = charged.collect();
        let mut instance = index(
            self.ballots,
            Instance {
                budget: self.budget,
                budget_parts: self.budget_parts,
                decimals: self.decimals,
                currency: self.currency,
                kind: self.kind,
                envelopes: self.envelopes,
                charged,
                voters: self.voters,
                votes: vec![0; self.projects.len()],
                supporter_counts: vec![0; self.projects.len()],
                score: vec![0; self.projects.len()],
                projects: self.projects,
                weights: Vec::new(),
                group_ends: Vec::new(),
                group_projects: Vec::new(),
                group_scores: Vec::new(),
                support_ends: Vec::new(),
                support_groups: Vec::new(),
                support_weights: Vec::new(),
                support_scores: Vec::new(),
                highest_score: 1,
            },
        );
        for (votes, unnamed) in instance.votes.iter_mut().zip(self.unnamed) {
            *votes -= unnamed;
        }
        Ok(instance)
    }

    fn check(&self) -> Result<(), Error> {
        if self.decimals > MAX_DECIMALS {
            return Err(Error::TooManyDecimals(self.decimals));
        }
        let mut ids = HashSet::new();
        for project in &self.projects {
            if !ids.insert(project.id.as_str()) {
                return Err(Error::DuplicateProject(project.id.clone()));
            }
        }
        let amounts = self.projects.iter().filter(|p| !p.withdrawn).map(|p| p.cost);
        if let Some(large) = amounts.chain([self.budget]).find(|a| *a > MAX_AMOUNT) {
            return Err(Error::AmountTooLarge(large));
        }
        let budget = Amount { minor: self.budget, decimals: self.decimals };
        let parts =
            self.budget_parts.iter().try_fold(0, |sum: u128, part| sum.checked_add(part.amount.smallest()?));
        if !self.budget_parts.is_empty() && parts != budget.smallest() {
            return Err(Error::BudgetParts(budget.to_string()));
        }
        Ok(())
    }
}

/// Groups equal ballots and lays them out by group and by project (compressed rows both ways).
fn index(ballots: Ballots, mut instance: Instance) -> Instance {
    let mut last: Option<usize> = None;
    for ballot in ballots.sorted() {
        let (projects, scores) = (ballots.projects(ballot), ballots.scores(ballot));
        let weight = ballots.weights[ballot];
        let same =
            last.is_some_and(|last| ballots.projects(last) == projects && ballots.scores(last) == scores);
        match instance.weights.last_mut().filter(|_| same) {
            Some(held) => *held += weight,
            None => {
                instance.group_projects.extend_from_slice(projects);
                instance.group_scores.extend_from_slice(scores);
                instance.group_ends.push(u32::try_from(instance.group_projects.len()).unwrap_or(u32::MAX));
                instance.weights.push(weight);
            }
        }
        last = Some(ballot);
    }
    drop(ballots);
    let counts = count(&mut instance);
    by_project(&mut instance, &counts);
    instance
}

/// Adds up votes and scores. Gives how many groups support each project.
fn count(instance: &mut Instance) -> Vec<u32> {
    let mut counts = vec![0u32; instance.projects.len()];
    for g in 0..instance.weights.len() {
        let weight = instance.weights[g];
        for at in range(&instance.group_ends, g) {
            let p = instance.group_projects[at] as usize;
            let score = instance.group_scores.get(at).copied().unwrap_or(1);
            instance.votes[p] += weight;
            instance.score[p] += i128::from(score) * i128::from(weight);
            instance.supporter_counts[p] += if score > 0 { weight } else { 0 };
            counts[p] += u32::from(score > 0);
        }
    }
    counts
}

/// Lays the groups out by project.
fn by_project(instance: &mut Instance, counts: &[u32]) {
    let scored = instance.kind == BallotKind::Scored;
    let mut next = Vec::with_capacity(counts.len());
    let mut end = 0;
    for count in counts {
        next.push(end as usize);
        end += count;
        instance.support_ends.push(end);
    }
    instance.support_groups = vec![0; end as usize];
    instance.support_weights = vec![0; end as usize];
    instance.support_scores = vec![0; if scored { end as usize } else { 0 }];
    for g in 0..instance.weights.len() {
        for at in range(&instance.group_ends, g) {
            let score = instance.group_scores.get(at).copied().unwrap_or(1);
            if score <= 0 {
                continue;
            }
            let next = &mut next[instance.group_projects[at] as usize];
            instance.support_groups[*next] = u32::try_from(g).unwrap_or(u32::MAX);
            instance.support_weights[*next] = u32::try_from(instance.weights[g]).unwrap_or(u32::MAX);
            if scored {
                let score = u32::try_from(score).unwrap_or(u32::MAX);
                instance.support_scores[*next] = score;
                instance.highest_score = instance.highest_score.max(score);
            }
            *next += 1;
        }
    }
}
