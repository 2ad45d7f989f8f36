//! Counts, and the conditions on them that have an effect in law.

use std::collections::BTreeMap;

use super::leaf::Leaf;

/// The end of what has no date.
pub const NO_END: u32 = u32::MAX;

/// A condition on the counts of a sheet, reached at one exact leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// What the sheet calls it.
    pub id: String,
    /// At least this many signatures.
    pub total: u64,
    /// In at least this many districts ...
    pub districts: u32,
    /// ... there are at least this many signatures in each.
    pub in_each: u64,
    /// Signatures of this minute and later do not count for it.
    pub before: u32,
}

/// Where a milestone was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The place of the leaf in the log, from 0.
    pub leaf: u64,
    /// Its minute.
    pub minute: u32,
}

/// The signatures before one end, without those that were withdrawn before it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// By district.
    pub by_district: BTreeMap<String, u64>,
}

/// Counts of a sheet, leaf by leaf, and the milestones that they reach. A milestone that was reached stays so in history, and may not
/// hold any more.
#[derive(Clone, Debug)]
pub struct Tally {
    /// How many signatures were taken back.
    withdrawn: u64,
    /// By the end until which they count; that of everything is always there.
    counts: BTreeMap<u32, Counts>,
    milestones: Vec<(Milestone, Standing)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// How many districts have enough.
    districts: u32,
    reached: Option<Reached>,
}

impl Milestone {
    fn holds(&self, total: u64, districts: u32) -> bool {
        total >= self.total && districts >= self.districts
    }
}

impl Tally {
    /// No signature yet.
    #[must_use]
    pub fn new(milestones: impl IntoIterator<Item = Milestone>) -> Self {
        Self::resume(milestones.into_iter().map(|milestone| (milestone, None)), BTreeMap::new())
    }

    /// Goes on with counts that were kept, and with what was reached by then.
    #[must_use]
    pub fn resume(
        milestones: impl IntoIterator<Item = (Milestone, Option<Reached>)>,
        mut counts: BTreeMap<u32, Counts>,
    ) -> Self {
        counts.entry(NO_END).or_default();
        let mut standing = Vec::new();
        for (milestone, reached) in milestones {
            let counts = counts.entry(milestone.before).or_default();
            // A district that is not named is none.
            let named = counts.by_district.iter().filter(|(district, _)| !district.is_empty());
            let enough = named.filter(|(_, count)| **count >= milestone.in_each.max(1)).count();
            let districts = u32::try_from(enough).unwrap_or(u32::MAX);
            standing.push((milestone, Standing { districts, reached }));
        }
        Self { withdrawn: 0, counts, milestones: standing }
    }

    /// Takes back a signature of the minute `signed` by its withdrawal. What is counted until an end loses it if it was withdrawn
    /// before that end.
    pub fn take_back(&mut self, signed: u32, withdrawal: &Leaf) {
        self.withdrawn += 1;
        let last = signed.max(withdrawal.minute);
        let mut of_district = BTreeMap::new();
        for (end, counts) in self.counts.iter_mut().filter(|(end, _)| last < **end) {
            let Some(count) = counts.by_district.get_mut(&withdrawal.district) else { continue };
            of_district.insert(*end, *count);
            (*count, counts.total) = (count.saturating_sub(1), counts.total.saturating_sub(1));
        }
        for (milestone, standing) in &mut self.milestones {
            let before = of_district.get(&milestone.before);
            if before == Some(&milestone.in_each.max(1)) && !withdrawal.district.is_empty() {
                standing.districts = standing.districts.saturating_sub(1);
            }
        }
    }

    /// Counts the signature at `index`. Gives the milestones that it reaches.
    pub fn add(&mut self, index: u64, leaf: &Leaf) -> Vec<(&str, Reached)> {
        let mut of_district = BTreeMap::new();
        for (end, counts) in self.counts.iter_mut().filter(|(end, _)| leaf.minute < **end) {
            counts.total += 1;
            let count = match counts.by_district.get_mut(&leaf.district) {
                Some(count) => count,
                None => counts.by_district.entry(leaf.district.clone()).or_default(),
            };
            *count += 1;
            of_district.insert(*end, (counts.total, *count));
        }
        let mut fresh = Vec::new();
        for (milestone, standing) in &mut self.milestones {
            let Some((total, count)) = of_district.get(&milestone.before) else { continue };
            if *count == milestone.in_each.max(1) && !leaf.district.is_empty() {
                standing.districts += 1;
            }
            if standing.reached.is_none() && milestone.holds(*total, standing.districts) {
                let reached = Reached { leaf: index, minute: leaf.minute };
                standing.reached = Some(reached);
                fresh.push((milestone.id.as_str(), reached));
            }
        }
        fresh
    }

    /// All counts.
    #[must_use]
    pub fn all(&self) -> Counts {
        self.counts.get(&NO_END).cloned().unwrap_or_default()
    }

    /// How many signatures were taken back.
    #[must_use]
    pub fn withdrawn(&self) -> u64 {
        self.withdrawn
    }

    /// The counts by their ends.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<u32, Counts> {
        &self.counts
    }

    /// Whether each milestone holds now.
    pub fn holding(&self) -> impl Iterator<Item = bool> {
        self.milestones.iter().map(|(milestone, standing)| {
            let total = self.counts.get(&milestone.before).map_or(0, |counts| counts.total);
            milestone.holds(total, standing.districts)
        })
    }

    /// Each milestone, and where it was reached.
    pub fn milestones(&self) -> impl Iterator<Item = (&Milestone, Option<Reached>)> {
        self.milestones.iter().map(|(milestone, standing)| (milestone, standing.reached))
    }
}
