//! The seal of an exported result: whether a file is the one that was published.
//!
//! A file that Comitia exports says in META's comment with what its poll was sealed, as one word:
//! `sealed=v2,poll=<id>,type=<number>,decimals=<number>,digest=<SHA-256>,trace=<SHA-256>`, with the number of the ballots'
//! type and the decimals of the currency. The digest covers the ballots with their districts and channels and the
//! projects with their order, costs and titles; the trace covers the budget, the rule and what the count came to.
//! Descriptions, categories and places are not covered. What a file says of itself can be changed with the rest:
//! so the digest is there to be compared with the one that the poll shows, and that was noted at the close.

use std::collections::BTreeMap;

use comitia_pabulib::{Decimal, Election, VoteType};
use comitia_seal::{Channel, Seal, encode, hex, plain};
use serde_json::{Value, json};

/// What the statement follows in META's comment.
const SEALED: &str = "sealed=";
/// The version of the seal that is known here.
const VERSION: &str = "v2";

/// What a file says about its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The poll.
    pub poll: String,
    /// The number of the type of its ballots.
    pub ballot_type: u8,
    /// The decimals of the currency, in whose smallest unit costs are sealed.
    pub decimals: u32,
    /// The digest of the ballots, hexadecimal.
    pub digest: String,
    /// The digest of the trace of the count, hexadecimal.
    pub trace: String,
}

impl Statement {
    /// States the seal in META's comment.
    pub fn state(&self, election: &mut Election) {
        let Self { poll, ballot_type, decimals, digest, trace } = self;
        election.meta.add_comment(&format!(
            "{SEALED}{VERSION},poll={poll},type={ballot_type},decimals={decimals},digest={digest},trace={trace}"
        ));
    }

    /// Takes the statement out of a file that no longer is what was sealed, such as one with the result of another
    /// rule.
    pub fn remove(election: &mut Election) {
        let Some(comment) = election.meta.comment() else { return };
        let words = comment.split_whitespace();
        let words: Vec<&str> = words
            .map(|word| if word.starts_with(SEALED) { "(not the sealed result)" } else { word })
            .collect();
        let comment = words.join(" ");
        election.meta.set("comment", comment);
    }

    /// What a file states last; nothing when it states nothing.
    ///
    /// # Errors
    /// When it cannot be read, and why.
    pub fn of(election: &Election) -> Result<Option<Self>, String> {
        let words = election.meta.comment().unwrap_or_default().split_whitespace();
        let Some(stated) = words.rev().find_map(|word| word.strip_prefix(SEALED)) else { return Ok(None) };
        let mut parts = stated.split(',');
        if parts.next() != Some(VERSION) {
            return Err(format!("the seal is not of version {VERSION}"));
        }
        let values: BTreeMap<&str, &str> = parts.filter_map(|part| part.split_once('=')).collect();
        let value = |key: &str| values.get(key).copied().ok_or_else(|| format!("the seal states no {key}"));
        let number =
            |key: &str| value(key)?.parse().map_err(|_| format!("{key} of the seal is not a number"));
        Ok(Some(Self {
            poll: value("poll")?.to_owned(),
            ballot_type: u8::try_from(number("type")?)
                .map_err(|_| "type of the seal is unknown".to_owned())?,
            decimals: number("decimals")?,
            digest: value("digest")?.to_owned(),
            trace: value("trace")?.to_owned(),
        }))
    }
}

/// Whether a file is what was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The file states no seal: it was not exported by Comitia, or the statement was taken out.
    None,
    /// It is what its statement says.
    Verified(Statement),
    /// It is not, and why.
    Altered(String),
}

impl Check {
    /// Checks the projects and ballots of a file by its statement.
    #[must_use]
    pub fn of(election: &Election) -> Self {
        let stated = match Statement::of(election) {
            Ok(None) => return Self::None,
            Ok(Some(stated)) => stated,
            Err(why) => return Self::Altered(why),
        };
        match digest(election, &stated) {
            Ok(digest) if digest == stated.digest => Self::Verified(stated),
            Ok(digest) => Self::Altered(format!(
                "projects or ballots are not those that were sealed: they give {digest} and the seal is {}",
                stated.digest
            )),
            Err(why) => Self::Altered(why),
        }
    }

    /// The same after a count by what the file says: its trace has to be the stated one, and the file's own column the
    /// result.
    #[must_use]
    pub(crate) fn and_count(self, trace: &str, selected: bool) -> Self {
        match self {
            Self::Verified(stated) if stated.trace != trace => Self::Altered(format!(
                "budget, rule or limits are not those of the published result: the count gives the trace {trace} and the seal \
                 says {}",
                stated.trace
            )),
            Self::Verified(_) if !selected => {
                Self::Altered("the column `selected` or `votes` is not what the ballots give".to_owned())
            }
            check => check,
        }
    }

    /// The same for somebody who knows with what the poll was sealed.
    #[must_use]
    pub fn and_seal(self, expected: &str) -> Self {
        match self {
            Self::Verified(stated) if !stated.digest.eq_ignore_ascii_case(expected.trim()) => Self::Altered(
                format!("the file is sealed with {} and should be with {expected}", stated.digest),
            ),
            Self::None => Self::Altered("the file states no seal".to_owned()),
            check => check,
        }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Verified(stated) => {
                json!({"verified": true, "poll": stated.poll, "digest": stated.digest})
            }
            Self::Altered(why) => json!({"verified": false, "reason": why}),
        }
    }
}

/// The digest that the projects and ballots of a file give.
fn digest(election: &Election, stated: &Statement) -> Result<String, String> {
    let fits = match stated.ballot_type {
        1 | 2 => election.vote_type == VoteType::Approval,
        3 => election.vote_type == VoteType::Cumulative,
        4 => election.vote_type == VoteType::Ordinal,
        5 => election.vote_type == VoteType::ChooseOne,
        6 => election.vote_type == VoteType::Scoring,
        _ => false,
    };
    if !fits || election.points_scale > 0 {
        return Err("vote_type is not the one that was sealed".to_owned());
    }
    let cost = |cost: u64| {
        let minor = i64::try_from(cost).ok().and_then(|cost| Decimal::new(cost, election.money_scale))?;
        u64::try_from(minor.at_scale(stated.decimals)?).ok()
    };
    let mut options = Vec::with_capacity(election.projects.len());
    for project in &election.projects {
        let cost =
            cost(project.cost).ok_or_else(|| format!("the cost of {} was not sealed so", project.id))?;
        options.push((project.id.as_str(), cost, project.name.as_str()));
    }
    let mut groups: BTreeMap<(Vec<u8>, String, Channel), u64> = BTreeMap::new();
    for ballot in election.ballots.iter() {
        let points = ballot.points.unwrap_or_default();
        let mut choices = Vec::with_capacity(ballot.choices.len());
        for (place, choice) in ballot.choices.iter().enumerate() {
            let points = points.get(place).copied().unwrap_or(0);
            let points =
                u64::try_from(points).map_err(|_| "a ballot gives fewer than 0 points".to_owned())?;
            choices.push((u64::from(*choice), points));
        }
        let channel = match ballot.voting_method() {
            Some("internet") => Channel::Online,
            Some("paper") => Channel::Paper,
            None => Channel::Any,
            Some(other) => return Err(format!("the voting method {other:?} was not sealed")),
        };
        let district = plain(ballot.district().unwrap_or_default());
        *groups.entry((encode(stated.ballot_type, &choices), district, channel)).or_default() += 1;
    }
    let mut seal = Seal::new(&stated.poll, stated.ballot_type, options);
    for ((ballot, district, channel), count) in groups {
        seal.add(&ballot, &district, channel, count);
    }
    Ok(hex(&seal.finish()))
}
