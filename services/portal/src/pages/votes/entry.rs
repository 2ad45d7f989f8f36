//! What a voter has entered, between the form and the ballot. The form keeps it: no server does.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_platform::auth::PermitClaims;
use comitia_proto::voting::v1::{Ballot, BallotType, Choice, Poll};
use maud::{Markup, html};

use crate::error::PageError;
use crate::form::Form;

/// The check boxes and radio buttons of options.
pub const CHOICE: &str = "choice";
/// Before the option's id: the field with its points.
pub const POINTS: &str = "points.";
/// Before the option's id: the field with its rank.
pub const RANK: &str = "rank.";

/// The bytes that make a cast the same cast.
const SECRET_BYTES: usize = 32;
/// Permits are tokens of some 500 characters.
const LONGEST_PERMIT: usize = 8192;
/// What is typed where a number should be.
const LONGEST_NUMBER: usize = 20;
const LONGEST_FILTER: usize = 200;

/// What of the ballot is in sight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The number of the category among those of the poll; all when there is none.
    pub category: Option<usize>,
    /// A part of the title.
    pub text: String,
}

/// A ballot as it stands in its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The permit.
    pub permit: String,
    /// The bytes that the ballot is cast with, as text.
    secret: String,
    /// What was entered for options, by their positions in the poll: something where it is a box to check, else a number.
    pub values: BTreeMap<usize, String>,
    /// What of it is in sight.
    pub filter: Filter,
}

/// What cannot be made a ballot of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// What stands at this option is no number.
    NotANumber(usize),
    /// This option has the same rank as one before.
    SameRank(usize),
}

impl Mistake {
    /// The option that it is about.
    pub const fn option(self) -> usize {
        match self {
            Self::NotANumber(option) | Self::SameRank(option) => option,
        }
    }
}

impl Entry {
    /// A new ballot for the bearer of a permit, with bytes of its own.
    pub fn new(permit: String) -> Self {
        let secret = URL_SAFE_NO_PAD.encode(comitia_core::random::bytes::<SECRET_BYTES>());
        Self { permit, secret, ..Self::default() }
    }

    /// What a form has.
    ///
    /// # Errors
    /// [`PageError::FormMalformed`] for what the form of this poll cannot have.
    pub fn read(form: &Form, poll: &Poll) -> Result<Self, PageError> {
        let positions: HashMap<&str, usize> = poll
            .options
            .iter()
            .enumerate()
            .map(|(index, option)| (option.option_id.as_str(), index))
            .collect();
        let marks = marks(poll);
        let mut entry = Self {
            permit: form.get("permit").to_owned(),
            secret: form.get("secret").to_owned(),
            filter: Filter {
                category: form.get("category").parse().ok(),
                text: form.text("find").chars().take(LONGEST_FILTER).collect(),
            },
            ..Self::default()
        };
        let fits = !entry.permit.is_empty()
            && entry.permit.len() <= LONGEST_PERMIT
            && entry.secret_bytes().is_some();
        if !fits {
            return Err(PageError::FormMalformed);
        }
        for (name, value) in form.fields() {
            let (option, value) = match marks {
                Marks::Boxes if name == CHOICE => (value, "x"),
                Marks::Points => match name.strip_prefix(POINTS) {
                    Some(option) => (option, value.trim()),
                    None => continue,
                },
                Marks::Ranks => match name.strip_prefix(RANK) {
                    Some(option) => (option, value.trim()),
                    None => continue,
                },
                Marks::Boxes => continue,
            };
            let position = positions.get(option).ok_or(PageError::FormMalformed)?;
            if !value.is_empty() {
                entry.values.insert(*position, value.chars().take(LONGEST_NUMBER).collect());
            }
        }
        Ok(entry)
    }

    /// The bytes that the ballot is cast with; none for what is not such bytes.
    pub fn secret_bytes(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.secret).ok().filter(|bytes| bytes.len() == SECRET_BYTES)
    }

    /// The ballot. Its choices are in the poll's order, in rankings in the order of preference: ranks may have gaps.
    ///
    /// # Errors
    /// What cannot be made a ballot of.
    pub fn ballot(&self, poll: &Poll) -> Result<Ballot, Vec<Mistake>> {
        let (chosen, mut mistakes) = self.numbers(poll);
        if marks(poll) == Marks::Ranks {
            let same = chosen.iter().zip(chosen.iter().skip(1)).filter(|(before, after)| before.1 == after.1);
            mistakes.extend(same.map(|(_, (option, _))| Mistake::SameRank(*option)));
        }
        if mistakes.is_empty() {
            return Ok(ballot_of(poll, &chosen));
        }
        mistakes.sort_by_key(|mistake| mistake.option());
        Err(mistakes)
    }

    /// The ballot without what cannot be made one of: for what is said while it is being filled in.
    pub fn ballot_so_far(&self, poll: &Poll) -> Ballot {
        ballot_of(poll, &self.numbers(poll).0)
    }

    /// The options that are chosen with their points or ranks, in the order of a ballot.
    fn numbers(&self, poll: &Poll) -> (Vec<(usize, u32)>, Vec<Mistake>) {
        let marks = marks(poll);
        let mut mistakes = Vec::new();
        let mut chosen = Vec::with_capacity(self.values.len());
        for (&option, value) in &self.values {
            match number(marks, value) {
                Some(number) => chosen.push((option, number)),
                None => mistakes.push(Mistake::NotANumber(option)),
            }
        }
        if marks == Marks::Ranks {
            chosen.sort_by_key(|(_, rank)| *rank);
        }
        if poll_kind(poll) == BallotType::Cumulative {
            // Who gives an option no points does not choose it; in a score that is a judgment.
            chosen.retain(|(_, points)| *points > 0);
        }
        (chosen, mistakes)
    }

    /// The positions of the options that something was entered for, best first in a ranking as far as its numbers say.
    pub fn chosen(&self, poll: &Poll) -> Vec<usize> {
        let mut chosen: Vec<usize> = self.values.keys().copied().collect();
        if marks(poll) == Marks::Ranks {
            chosen.sort_by_key(|option| {
                self.values.get(option).and_then(|value| number(Marks::Ranks, value)).unwrap_or(u32::MAX)
            });
        }
        chosen
    }

    /// Whether the permit is from the desk: the device is not the voter's. It chooses words and nothing else, so that nobody
    /// has to verify it here.
    pub fn at_desk(&self) -> bool {
        let claims = self.permit.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims = claims.and_then(|bytes| serde_json::from_slice::<PermitClaims>(&bytes).ok());
        claims.is_some_and(|claims| claims.desk)
    }

    /// Permit and secret, for the form that the ballot is in.
    pub fn hidden_permit(&self) -> Markup {
        html! {
            input type="hidden" name="permit" value=(self.permit);
            input type="hidden" name="secret" value=(self.secret);
        }
    }

    /// What was entered for the options that `out_of_sight` says.
    pub fn hidden_choices(&self, poll: &Poll, out_of_sight: impl Fn(usize) -> bool) -> Markup {
        let marks = marks(poll);
        html! {
            @for (&option, value) in &self.values {
                @if out_of_sight(option) && let Some(option) = poll.options.get(option) {
                    @match marks {
                        Marks::Boxes => input type="hidden" name=(CHOICE) value=(option.option_id);,
                        Marks::Points => input type="hidden" name={ (POINTS) (option.option_id) } value=(value);,
                        Marks::Ranks => input type="hidden" name={ (RANK) (option.option_id) } value=(value);,
                    }
                }
            }
        }
    }

    /// The whole ballot, for a form with nothing but buttons.
    pub fn hidden(&self, poll: &Poll) -> Markup {
        html! { (self.hidden_permit()) (self.hidden_choices(poll, |_| true)) }
    }
}

fn ballot_of(poll: &Poll, chosen: &[(usize, u32)]) -> Ballot {
    let has_points = marks(poll) == Marks::Points;
    let choice = |(option, number): &(usize, u32)| {
        let option = poll.options.get(*option)?;
        Some(Choice { option_id: option.option_id.clone(), points: if has_points { *number } else { 0 } })
    };
    Ballot { choices: chosen.iter().filter_map(choice).collect() }
}

/// The fields of a ballot that nobody could look at, as they came: for sending them again.
pub fn hidden_as_it_came(form: &Form) -> Markup {
    let of_a_ballot = |name: &str| {
        matches!(name, "permit" | "secret" | CHOICE) || name.starts_with(POINTS) || name.starts_with(RANK)
    };
    html! {
        @for (name, value) in form.fields().filter(|(name, value)| of_a_ballot(name) && !value.is_empty()) {
            input type="hidden" name=(name) value=(value);
        }
    }
}

/// What voters do with options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// They check boxes, or one of them.
    Boxes,
    /// They give points.
    Points,
    /// They number them.
    Ranks,
}

/// What voters do with the options of a poll.
pub fn marks(poll: &Poll) -> Marks {
    match poll_kind(poll) {
        BallotType::Cumulative | BallotType::Score => Marks::Points,
        BallotType::Ranking => Marks::Ranks,
        BallotType::Approval
        | BallotType::Knapsack
        | BallotType::ChooseOne
        | BallotType::Signature
        | BallotType::Unspecified => Marks::Boxes,
    }
}

/// The kind of a poll's ballots.
pub fn poll_kind(poll: &Poll) -> BallotType {
    poll.specification.as_ref().map_or(BallotType::Unspecified, |rules| rules.r#type())
}

fn number(marks: Marks, value: &str) -> Option<u32> {
    match marks {
        Marks::Boxes => Some(0),
        Marks::Points => digits(value),
        Marks::Ranks => digits(value).filter(|rank| *rank > 0),
    }
}

/// `parse` would take a plus sign, too.
fn digits(value: &str) -> Option<u32> {
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
