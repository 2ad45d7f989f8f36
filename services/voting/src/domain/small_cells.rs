//! How ballots are grouped by district and channel where everybody can see it: no group is so small that it tells who
//! its voters are, and no smaller one can be worked out from the others.
//!
//! What is published is a *partition* of the ballots: each is in one group, and each group has at least as many ballots
//! as the threshold says, unless the whole poll has fewer. Whatever is added or subtracted of such groups is again a
//! set of whole groups, so that nothing smaller comes of it. A district whose channels are not both large enough loses
//! its channels; a district that is too small goes together with the other small ones; and if these are too few
//! together, the smallest of the others joins them, or their number would follow from the total.
//!
//! The grouping is made once, when the poll is sealed, and everything that is published afterwards goes by it. Before
//! that no districts are published at all: the difference between two groupings of a growing poll would tell of single
//! voters.

use std::collections::{BTreeMap, BTreeSet};

use comitia_seal::{Channel, SEVERAL, plain};

use super::seal::Counts;

/// No threshold is lower: of two voters, each knows the other's ballot.
pub const LEAST: i64 = 3;

/// A district, or several, and how their ballots came.
pub type Group = (String, Channel);

/// In which group a ballot is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// Published under their names, by channel.
    by_channel: BTreeSet<String>,
    /// Published under their names, channels together.
    together: BTreeSet<String>,
}

#[derive(Default)]
struct District {
    online: i64,
    paper: i64,
}

impl Grouping {
    /// The grouping of ballots that are so many by district and channel.
    #[must_use]
    pub fn new(counts: &Counts, threshold: i64) -> Self {
        let threshold = threshold.max(LEAST);
        let mut districts: BTreeMap<String, District> = BTreeMap::new();
        for ((district, paper), count) in counts {
            let district = districts.entry(plain(district)).or_default();
            *(if *paper { &mut district.paper } else { &mut district.online }) += count;
        }
        let mut grouping = Self::default();
        let mut kept = BTreeSet::new();
        let mut rest = 0;
        for (name, District { online, paper }) in districts {
            let total = online + paper;
            if total < threshold || name == SEVERAL {
                rest += total;
                continue;
            }
            let large = |count: i64| count == 0 || count >= threshold;
            let set =
                if large(online) && large(paper) { &mut grouping.by_channel } else { &mut grouping.together };
            set.insert(name.clone());
            kept.insert((total, name));
        }
        while (1..threshold).contains(&rest)
            && let Some((total, name)) = kept.pop_first()
        {
            grouping.by_channel.remove(&name);
            grouping.together.remove(&name);
            rest += total;
        }
        grouping
    }

    /// The group of a ballot.
    #[must_use]
    pub fn of(&self, district: &str, paper: bool) -> Group {
        let district = plain(district);
        if self.by_channel.contains(&district) {
            (district, Channel::of(paper))
        } else if self.together.contains(&district) {
            (district, Channel::Any)
        } else {
            (SEVERAL.to_owned(), Channel::Any)
        }
    }

    /// The counts as they are published. Groups without ballots are not there.
    #[must_use]
    pub fn published(&self, counts: &Counts) -> BTreeMap<Group, i64> {
        let mut published = BTreeMap::new();
        for ((district, paper), count) in counts.iter().filter(|(_, count)| **count != 0) {
            *published.entry(self.of(district, *paper)).or_default() += count;
        }
        published
    }
}

#[cfg(test)]
#[path = "small_cells_tests.rs"]
mod tests;
