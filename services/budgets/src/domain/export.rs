//! A decided vote as a Pabulib `.pb` file, for anyone to count again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use comitia_allocation::{RankScores, pabulib};
use comitia_pabulib::{Ballots, Decimal, Election, Heading, VoteType};
use comitia_platform::currency;
use comitia_proto::voting::v1::{Ballot, BallotGroup, BallotSpecification, BallotType};
use comitia_recount::Statement;
use comitia_seal::{Channel, SEVERAL};

use crate::domain::budget::Budget;
use crate::domain::count;
use crate::domain::poll::Schedule;
use crate::domain::project::Project;
use crate::domain::result::{Decision, Leftover, available};
use crate::domain::{allocation_rule, ballot_rule, seal};
use crate::error::Error;

/// What the format wants to know and no service keeps.
const UNKNOWN: &str = "unknown";

/// Where a vote is.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of the city or institution.
    pub unit: String,
    /// Its country, ISO 3166-1 alpha-2; empty when it did not say.
    pub country: String,
    /// Where days begin and end.
    pub zone: Tz,
}

/// A decided vote.
#[derive(Clone, Copy, Debug)]
pub struct Vote<'a> {
    /// Where it was.
    pub place: &'a Place,
    /// The budget.
    pub budget: &'a Budget,
    /// What others left to it.
    pub leftovers: &'a [Leftover],
    /// Its projects.
    pub projects: &'a [Project],
    /// When the vote was to be.
    pub schedule: &'a Schedule,
    /// When it closed: before its time, if people closed it.
    pub close_time: DateTime<Utc>,
    /// The rules that ballots kept.
    pub specification: &'a BallotSpecification,
    /// The sealed ballots.
    pub ballots: &'a [BallotGroup],
    /// What was decided.
    pub decision: &'a Decision,
    /// With what the poll was sealed.
    pub sealed: &'a Sealed,
}

/// With what a poll was sealed.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    /// The poll.
    pub poll: String,
    /// The digest, hexadecimal.
    pub digest: String,
    /// No district or channel with fewer ballots is published by itself.
    pub smallest_group: i64,
    /// Papers without a mark.
    pub blank_papers: i64,
    /// Papers that were invalid.
    pub invalid_papers: i64,
}

/// The name to save a budget's file under: `green-city-2026.pb`, with the year in which its result was published there.
#[must_use]
pub fn file_name(title: &str, published: DateTime<Utc>, zone: Tz, extension: &str) -> String {
    let mut name = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(60);
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "budget" } else { name };
    format!("{name}-{}.{extension}", published.with_timezone(&zone).format("%Y"))
}

/// The day on which a vote opens.
fn first_day(zone: Tz, open: DateTime<Utc>) -> NaiveDate {
    open.with_timezone(&zone).date_naive()
}

/// The last day on which somebody could vote. The close is the first moment at which nobody can.
fn last_day(zone: Tz, close: DateTime<Utc>) -> NaiveDate {
    first_day(zone, close - TimeDelta::nanoseconds(1))
}

/// The file.
///
/// # Errors
/// When the ballots or projects are not ones of this budget.
pub fn write(vote: &Vote<'_>) -> Result<String, Error> {
    let terms = &vote.budget.terms;
    let day = |day: NaiveDate| day.format("%d.%m.%Y").to_string();
    let (first, last) =
        (first_day(vote.place.zone, vote.schedule.open_time), last_day(vote.place.zone, vote.close_time));
    let title = one_line(&terms.title);
    let heading = Heading {
        description: title.clone(),
        country: if vote.place.country.is_empty() { UNKNOWN } else { &vote.place.country }.to_owned(),
        unit: if vote.place.unit.trim().is_empty() { title } else { one_line(&vote.place.unit) },
        instance: first.format("%Y").to_string(),
        rule: UNKNOWN.to_owned(),
        date_begin: day(first),
        date_end: day(last),
    };
    let money = |amount: i64| u64::try_from(amount).map_err(|_| Error::Corrupt("a negative amount"));
    let vote_type = vote_type(terms.ballot_rule.r#type());
    let decimals = currency::decimals(&terms.currency);
    let amount = money(available(terms.amount, vote.leftovers))?;
    let mut election = Election::new(heading, vote_type, amount, decimals);
    pabulib::set_budget_parts(&mut election, &count::parts(terms, vote.leftovers)?);
    limits(&mut election, vote)?;
    election.meta.set("currency", terms.currency.as_str());
    pabulib::set_ties(&mut election, &allocation_rule::engine_ties(&terms.allocation_rule));
    if !terms.area_code.is_empty() {
        election.meta.set("district", terms.area_code.as_str());
    }
    add_projects(&mut election, vote, vote_type)?;
    pabulib::set_rule(&mut election, &allocation_rule::engine_rule(&terms.allocation_rule));
    add_ballots(&mut election, vote, vote_type)?;
    add_seal(&mut election, vote, decimals);
    Ok(election.to_pb()?)
}

fn vote_type(ballot: BallotType) -> VoteType {
    match ballot {
        // A budget's ballots are no signatures: `ballot_rule` refuses them.
        BallotType::Unspecified | BallotType::Signature | BallotType::Approval | BallotType::Knapsack => {
            VoteType::Approval
        }
        BallotType::Cumulative => VoteType::Cumulative,
        BallotType::Ranking => VoteType::Ordinal,
        BallotType::ChooseOne => VoteType::ChooseOne,
        BallotType::Score => VoteType::Scoring,
    }
}

/// What the comment says of small groups, of papers that chose nothing, and of the seal. In the comment, because
/// pabulib-checker knows all the keys there are.
fn add_seal(election: &mut Election, vote: &Vote<'_>, decimals: u32) {
    let sealed = vote.sealed;
    if vote.ballots.iter().any(|group| group.any_channel) {
        election.meta.add_comment(&format!(
            "smallest_group={}: no district or voting method with fewer votes stands by itself; small districts are together \
             as {SEVERAL}, and a voting method is left out where few used one",
            sealed.smallest_group
        ));
    }
    if sealed.blank_papers + sealed.invalid_papers > 0 {
        election.meta.add_comment(&format!(
            "blank_papers={} invalid_papers={}: counted in the turnout and not among the votes",
            sealed.blank_papers, sealed.invalid_papers
        ));
    }
    Statement {
        poll: sealed.poll.clone(),
        ballot_type: u8::try_from(vote.specification.r#type).unwrap_or(0),
        decimals,
        digest: sealed.digest.clone(),
        trace: vote.decision.trace_sha256.clone(),
    }
    .state(election);
}

/// META's limits of a ballot.
fn limits(election: &mut Election, vote: &Vote<'_>) -> Result<(), Error> {
    let limits = vote.specification;
    let ballot = limits.r#type();
    if ballot != BallotType::ChooseOne {
        // The format's default is 1; here a ballot without projects may be a ballot.
        election.meta.set("min_length", limits.min_choices.to_string());
        set(election, "max_length", limits.max_choices);
    }
    for (key, amount) in [("min_sum_cost", limits.min_total_cost), ("max_sum_cost", limits.max_total_cost)] {
        if amount > 0 {
            let amount = u64::try_from(amount).map_err(|_| Error::Corrupt("a negative amount"))?;
            election.meta.set(key, election.amount_text(amount));
        }
    }
    if ballot_rule::has_points(ballot) {
        set(election, "min_points", limits.min_points);
        set(election, "max_points", limits.max_points);
        set(election, "min_sum_points", limits.min_total_points);
        set(election, "max_sum_points", limits.max_total_points);
    }
    let rule = &vote.budget.terms.allocation_rule;
    if rule.min_score > 0 {
        election.meta.set("min_project_score_threshold", rule.min_score.to_string());
    }
    if ballot == BallotType::Ranking {
        // The format's default is Borda over the ballot's own length.
        let most = limits.max_choices as usize;
        let shorter = |group: &BallotGroup| {
            let length = group.ballot.as_ref().map_or(0, |ballot| ballot.choices.len());
            length > 0 && length < most
        };
        let scores = count::rank_scores(&vote.budget.terms);
        let usual = match &scores {
            RankScores::Borda => true,
            RankScores::BordaOver(_) => !vote.ballots.iter().any(shorter),
            RankScores::Points(_) => false,
        };
        if !usual {
            election.meta.set("scoring_fn", scores.to_string());
        }
    }
    Ok(())
}

fn set(election: &mut Election, key: &str, limit: u32) {
    if limit > 0 {
        election.meta.set(key, limit.to_string());
    }
}

fn add_projects(election: &mut Election, vote: &Vote<'_>, vote_type: VoteType) -> Result<(), Error> {
    let scored = vote_type.has_points() || vote_type == VoteType::Ordinal;
    let outcomes: HashMap<_, _> =
        vote.decision.outcomes.iter().map(|outcome| (outcome.project, outcome)).collect();
    let groups = group_names(vote.projects);
    for project in vote.projects {
        let outcome = outcomes.get(&project.id).ok_or(Error::Corrupt("outcome of a project"))?;
        let values = &project.values;
        let degrees = |value: f64| {
            Some(value.to_string()).filter(|_| values.latitude != 0.0 || values.longitude != 0.0)
        };
        let group = groups.get(values.exclusion_group.as_str());
        election.projects.push(comitia_pabulib::Project {
            id: project.reference.clone(),
            cost: u64::try_from(values.cost).map_err(|_| Error::Corrupt("a negative cost"))?,
            name: one_line(&values.title),
            votes: u64::try_from(outcome.votes).ok(),
            score: if scored { Decimal::parse(&outcome.score) } else { None },
            categories: categories(&values.categories),
            selected: Some(u8::from(outcome.funded)),
            latitude: degrees(values.latitude),
            longitude: degrees(values.longitude),
            other: group
                .map(|name| (pabulib::EXCLUSION_GROUP.to_owned(), name.clone()))
                .into_iter()
                .collect(),
            ..comitia_pabulib::Project::default()
        });
    }
    Ok(())
}

/// The exclusion groups as texts of one line that are as different as they are.
fn group_names(projects: &[Project]) -> HashMap<&str, String> {
    let (mut names, mut taken) = (HashMap::new(), HashSet::new());
    for group in projects.iter().map(|project| project.values.exclusion_group.as_str()) {
        if !group.is_empty() && !names.contains_key(group) {
            let mut name = one_line(group);
            while name.is_empty() || !taken.insert(name.clone()) {
                name.push('*');
            }
            names.insert(group, name);
        }
    }
    names
}

/// Categories as items of a list, which have no comma.
fn categories(categories: &[String]) -> Vec<String> {
    let item = |category: &String| one_line(&category.replace(',', " "));
    categories.iter().map(item).filter(|category| !category.is_empty()).collect()
}

/// A text without line breaks and double spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn add_ballots(election: &mut Election, vote: &Vote<'_>, vote_type: VoteType) -> Result<(), Error> {
    let with_district = vote.ballots.iter().any(|group| !group.district.is_empty());
    let columns: &[&str] = if with_district { &["voting_method", "district"] } else { &["voting_method"] };
    let mut ballots = Ballots::new(vote_type.has_points(), columns);
    let positions = count::positions(vote.projects);
    let blank = Ballot::default();
    let mut voter = 0u64;
    for group in vote.ballots {
        let ballot = group.ballot.as_ref().unwrap_or(&blank);
        let choices = count::chosen(ballot, &positions)?;
        let points: Vec<i64> = if vote_type.has_points() {
            ballot.choices.iter().map(|choice| i64::from(choice.points)).collect()
        } else {
            Vec::new()
        };
        let method = match seal::channel(group) {
            Channel::Online => "internet",
            Channel::Paper => "paper",
            Channel::Any => "",
        };
        let cells: &[&str] = if with_district { &[method, &group.district] } else { &[method] };
        for _ in 0..group.count {
            voter += 1;
            ballots.push(&voter.to_string(), &choices, &points, cells)?;
        }
    }
    election.ballots = ballots;
    Ok(())
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
