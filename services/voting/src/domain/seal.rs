//! Recount, and the two digests of a seal.
//!
//! The public one is over the ballots as they are published (`comitia_seal`). The inner one is over the exact districts
//! and channels, and nobody is shown it. It is the SHA-256 of this text (UTF-8, lines ended by LF):
//!
//! ```text
//! comitia ballots v1
//! <the poll's id, hyphenated lower case>
//! <ballot, hexadecimal>\t<district>\t<online|paper>\t<count>
//! ...
//! ```
//!
//! One line for each group of equal ballots of one district and channel, in the order of ballot, district (both by
//! their bytes), online before paper. A ballot's bytes are the canonical encoding of [`super::ballot`].

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use uuid::Uuid;

use super::small_cells::{Group, Grouping};

/// How many ballots there are by district and channel (true is paper).
pub type Counts = BTreeMap<(String, bool), i64>;

/// Puts groups of equal ballots, which come in the order of ballots, together as they are published.
#[derive(Debug)]
pub struct Regrouping<'a> {
    grouping: &'a Grouping,
    ballot: Vec<u8>,
    groups: BTreeMap<Group, i64>,
}

impl<'a> Regrouping<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(grouping: &'a Grouping) -> Self {
        Self { grouping, ballot: Vec::new(), groups: BTreeMap::new() }
    }

    /// Adds equal ballots. When they are others than those before, the groups of these are complete: gives the ballot
    /// and its groups in the order of the seal.
    pub fn add(
        &mut self,
        ballot: &[u8],
        district: &str,
        paper: bool,
        count: i64,
    ) -> Option<(Vec<u8>, BTreeMap<Group, i64>)> {
        let complete = if self.ballot == ballot { None } else { self.take() };
        if complete.is_some() || self.groups.is_empty() {
            self.ballot = ballot.to_vec();
        }
        *self.groups.entry(self.grouping.of(district, paper)).or_default() += count;
        complete
    }

    /// The last ballot and its groups.
    pub fn take(&mut self) -> Option<(Vec<u8>, BTreeMap<Group, i64>)> {
        let groups = std::mem::take(&mut self.groups);
        (!groups.is_empty()).then(|| (std::mem::take(&mut self.ballot), groups))
    }
}

/// The inner digest of a poll's ballots, made group by group.
pub struct SealDigest(digest::Context);

impl SealDigest {
    /// The digest of no ballot.
    #[must_use]
    pub fn new(poll: Uuid) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(format!("comitia ballots v1\n{}\n", poll.hyphenated()).as_bytes());
        Self(context)
    }

    /// Adds the next group, in the order that the module describes.
    pub fn add(&mut self, ballot: &[u8], district: &str, paper: bool, count: i64) {
        let channel = if paper { "paper" } else { "online" };
        self.0.update(format!("{}\t{district}\t{channel}\t{count}\n", hex::encode(ballot)).as_bytes());
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// Two counts of one poll that should be equal and are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What the recount gave, in all.
    pub recount: i64,
    /// What the counters say, in all.
    pub counters: i64,
    /// Where they differ, for people.
    pub text: String,
}

/// Compares the recount of the ballots with the counters.
///
/// # Errors
/// When they differ in any district or channel, even if the totals agree.
pub fn compare(recount: &Counts, counters: &Counts) -> Result<i64, Mismatch> {
    let total = |counts: &Counts| counts.values().sum::<i64>();
    let mut places: Vec<_> = recount.keys().chain(counters.keys()).collect();
    places.sort();
    places.dedup();
    let count = |counts: &Counts, place| counts.get(place).copied().unwrap_or(0);
    let different: Vec<String> = places
        .into_iter()
        .filter(|place| count(recount, place) != count(counters, place))
        .map(|place| {
            let (district, paper) = place;
            let channel = if *paper { "on paper" } else { "online" };
            format!("\"{district}\" {channel}: {} and {}", count(recount, place), count(counters, place))
        })
        .collect();
    if different.is_empty() {
        return Ok(total(recount));
    }
    let mut text = format!(
        "the recount gives {} ballots and the counters say {}; they differ in {}",
        total(recount),
        total(counters),
        different.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
    );
    if different.len() > 10 {
        text.push_str(&format!(" and {} more", different.len() - 10));
    }
    Err(Mismatch { recount: total(recount), counters: total(counters), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(entries: &[(&str, bool, i64)]) -> Counts {
        entries.iter().map(|(district, paper, count)| (((*district).to_owned(), *paper), *count)).collect()
    }

    #[test]
    fn equal_counts_give_their_total_and_empty_shards_count_for_nothing() {
        let recount = counts(&[("north", false, 3), ("north", true, 2)]);
        let counters = counts(&[("north", false, 3), ("north", true, 2), ("south", false, 0)]);
        assert_eq!(compare(&recount, &counters), Ok(5));
        assert_eq!(compare(&Counts::new(), &Counts::new()), Ok(0));
    }

    #[test]
    fn a_shift_between_districts_is_noticed_although_the_totals_agree() {
        let recount = counts(&[("north", false, 3), ("south", false, 2)]);
        let counters = counts(&[("north", false, 2), ("south", false, 3)]);
        let mismatch = compare(&recount, &counters).unwrap_err();
        assert_eq!((mismatch.recount, mismatch.counters), (5, 5));
        assert!(mismatch.text.contains("\"north\" online: 3 and 2"), "{}", mismatch.text);
    }

    #[test]
    fn equal_ballots_of_one_published_group_come_together() {
        let table =
            counts(&[("east", false, 2), ("north", false, 50), ("south", true, 1), ("west", true, 2)]);
        let grouping = Grouping::new(&table, 5);
        let mut regrouping = Regrouping::new(&grouping);
        let mut complete = Vec::new();
        for (ballot, district, paper, count) in [
            (1, "east", false, 1),
            (1, "north", false, 30),
            (1, "west", true, 2),
            (2, "east", false, 1),
            (2, "north", false, 20),
            (2, "south", true, 1),
        ] {
            complete.extend(regrouping.add(&[ballot], district, paper, count));
        }
        complete.extend(regrouping.take());
        let shown: Vec<_> = complete
            .iter()
            .map(|(ballot, groups)| {
                let groups = groups
                    .iter()
                    .map(|((district, channel), count)| (district.as_str(), channel.name(), *count));
                (ballot[0], groups.collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (1, vec![("*", "*", 3), ("north", "online", 30)]),
                (2, vec![("*", "*", 2), ("north", "online", 20)])
            ]
        );
    }

    #[test]
    fn the_digest_is_that_of_the_described_text() {
        let poll = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
        let mut seal = SealDigest::new(poll);
        seal.add(&[1, 5, 0], "north", false, 3);
        seal.add(&[1, 5, 0], "north", true, 1);
        let text = "comitia ballots v1\n01920000-0000-7000-8000-000000000001\n\
                    010500\tnorth\tonline\t3\n010500\tnorth\tpaper\t1\n";
        assert_eq!(seal.finish(), digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    }
}
