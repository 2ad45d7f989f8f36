//! Paper forms: what two officers typed, and where it differs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Nullifier;

/// What is stored for a blank form. It begins with no version of ballots, so that it is a ballot of no poll.
pub const BLANK: &[u8] = &[0, 1];
/// What is stored for an invalid form.
pub const INVALID: &[u8] = &[0, 2];

/// Forms that chose nothing: their voters have voted, and no rule counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Void {
    /// Nothing was marked.
    pub blank: i64,
    /// What was marked broke the rules.
    pub invalid: i64,
}

impl Void {
    /// Adds `count` stored ballots if they are no choice. Gives whether they are.
    pub fn add(&mut self, ballot: &[u8], count: i64) -> bool {
        match ballot {
            BLANK => self.blank += count,
            INVALID => self.invalid += count,
            _ => return false,
        }
        true
    }

    /// All of them.
    #[must_use]
    pub fn total(self) -> i64 {
        self.blank + self.invalid
    }
}

/// One form as an officer typed it, its permit verified and its ballot encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The number on the form.
    pub number: String,
    /// The voter.
    pub nullifier: Nullifier,
    /// The district that the ballot counts in.
    pub district: String,
    /// The ballot's canonical bytes, [`BLANK`] or [`INVALID`].
    pub ballot: Vec<u8>,
}

/// An entry after an officer typed some of its forms again, added others and took some out. Forms keep their places.
#[must_use]
pub fn revised(before: Vec<Form>, typed: Vec<Form>, removed: &[String]) -> Vec<Form> {
    let mut typed: Vec<Option<Form>> = typed.into_iter().map(Some).collect();
    let mut forms = Vec::with_capacity(before.len() + typed.len());
    for form in before {
        let again = typed.iter_mut().find(|one| one.as_ref().is_some_and(|one| one.number == form.number));
        match again.and_then(Option::take) {
            Some(again) => forms.push(again),
            None if removed.contains(&form.number) => {}
            None => forms.push(form),
        }
    }
    forms.extend(typed.into_iter().flatten());
    forms
}

/// A form on which two entries differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the form.
    pub form_number: String,
    /// What differs.
    pub difference: &'static str,
}

/// Where two entries differ, by the number of the form. Their order does not matter.
#[must_use]
pub fn differences(first: &[Form], second: &[Form]) -> Vec<Difference> {
    let mut pairs: BTreeMap<&str, (Option<&Form>, Option<&Form>)> = BTreeMap::new();
    for form in first {
        pairs.entry(&form.number).or_default().0 = Some(form);
    }
    for form in second {
        pairs.entry(&form.number).or_default().1 = Some(form);
    }
    let mut found = Vec::new();
    for (number, pair) in pairs {
        let mut differ = |difference| found.push(Difference { form_number: number.to_owned(), difference });
        match pair {
            (Some(one), Some(other)) => {
                if (one.nullifier, &one.district) != (other.nullifier, &other.district) {
                    differ("voter");
                }
                if one.ballot != other.ballot {
                    differ("ballot");
                }
            }
            (None, _) => differ("missing in first entry"),
            (_, None) => differ("missing in second entry"),
        }
    }
    found
}

/// What a committed form is not counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The voter has voted online.
    Online,
    /// The voter's paper ballot is in another batch.
    PaperBefore,
    /// Another form of the batch, typed earlier in the first entry, is the same voter's.
    Twice,
}

impl Rejection {
    /// As people read it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Online => "voted online",
            Self::PaperBefore => "voted on paper before",
            Self::Twice => "two forms in this batch",
        }
    }
}

/// Parts the forms of a batch into one for each voter, the first one, and the positions of the others.
#[must_use]
pub fn first_of_each_voter(forms: &[Form]) -> (Vec<usize>, Vec<usize>) {
    let mut voters = HashSet::new();
    (0..forms.len()).partition(|position| voters.insert(forms[*position].nullifier))
}

/// The positions of form numbers that an entry has twice, with the position of the first.
#[must_use]
pub fn repeated_numbers<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Vec<(usize, usize)> {
    let mut first = HashMap::new();
    numbers
        .into_iter()
        .enumerate()
        .filter_map(|(position, number)| {
            let earlier = *first.entry(number).or_insert(position);
            (earlier != position).then_some((position, earlier))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(number: &str, voter: u8, ballot: &[u8]) -> Form {
        Form {
            number: number.to_owned(),
            nullifier: Nullifier::new([voter; 32]),
            district: "north".to_owned(),
            ballot: ballot.to_vec(),
        }
    }

    #[test]
    fn every_kind_of_difference_is_shown() {
        let first = [form("1", 1, b"a"), form("2", 2, b"a"), form("3", 3, b"a"), form("5", 5, b"a")];
        let second = [form("5", 5, b"a"), form("2", 9, b"b"), form("3", 3, b"b"), form("4", 4, b"a")];
        let shown: Vec<_> =
            differences(&first, &second).into_iter().map(|d| (d.form_number, d.difference)).collect();
        assert_eq!(
            shown,
            [
                ("1", "missing in second entry"),
                ("2", "voter"),
                ("2", "ballot"),
                ("3", "ballot"),
                ("4", "missing in first entry"),
            ]
            .map(|(number, difference)| (number.to_owned(), difference))
        );
    }

    #[test]
    fn an_entry_is_revised_in_its_places() {
        let before = vec![form("1", 1, b"a"), form("2", 2, b"a"), form("3", 3, b"a")];
        let typed = vec![form("4", 4, b"a"), form("2", 9, b"b"), form("1", 1, b"c")];
        let removed = ["3".to_owned(), "1".to_owned(), "7".to_owned()];
        // What is typed again stays, whatever is taken out.
        let after = [form("1", 1, b"c"), form("2", 9, b"b"), form("4", 4, b"a")];
        assert_eq!(revised(before, typed, &removed), after);
        assert_eq!(revised(Vec::new(), after.to_vec(), &[]), after);
    }

    #[test]
    fn another_district_is_another_voter() {
        let mut other = form("1", 1, b"a");
        other.district = "south".to_owned();
        assert_eq!(differences(&[form("1", 1, b"a")], &[other])[0].difference, "voter");
    }

    #[test]
    fn numbers_are_unique_in_an_entry() {
        assert_eq!(repeated_numbers(["7", "8", "7", "7"]), [(2, 0), (3, 0)]);
    }

    proptest! {
        #[test]
        fn entries_agree_exactly_when_they_hold_the_same_forms(
            voters in proptest::collection::vec((0..4_u8, 0..3_u8), 0..20),
            rotate in 0..20_usize,
            change in proptest::option::of(0..20_usize),
        ) {
            let first: Vec<_> = voters
                .iter()
                .enumerate()
                .map(|(number, (voter, ballot))| form(&number.to_string(), *voter, &[*ballot]))
                .collect();
            let mut second = first.clone();
            if !second.is_empty() {
                let by = rotate % second.len();
                second.rotate_left(by);
            }
            prop_assert!(differences(&first, &second).is_empty());
            if let Some(form) = change.and_then(|at| second.get_mut(at)) {
                form.ballot.push(0);
                prop_assert_eq!(differences(&first, &second).len(), 1);
            }
        }

        #[test]
        fn each_voter_keeps_one_form(voters in proptest::collection::vec(0..5_u8, 0..30)) {
            let forms: Vec<_> =
                voters.iter().enumerate().map(|(n, voter)| form(&n.to_string(), *voter, b"")).collect();
            let (kept, others) = first_of_each_voter(&forms);
            prop_assert_eq!(kept.len() + others.len(), forms.len());
            let distinct: HashSet<_> = voters.iter().collect();
            prop_assert_eq!(kept.len(), distinct.len());
        }
    }
}
