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

/// Signatures that a correction sets aside, or that count again.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Changed {
    /// By district: how many were accepted in a minute, and taken back in another, if they were.
    by_district: BTreeMap<String, BTreeMap<(u32, Option<u32>), u64>>,
}

/// What a correction does.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Effect {
    /// How many signatures count no more, or count again. Those that their signers had taken back are none of them.
    pub signatures: u64,
    /// The same by district.
    pub by_district: BTreeMap<String, u64>,
    /// Milestones that do not hold any more.
    pub lost: Vec<String>,
    /// Milestones that hold again, or for the first time.
    pub regained: Vec<String>,
    /// Those of them that are reached by it.
    pub reached: Vec<(String, Reached)>,
}

/// Counts of a sheet, leaf by leaf, and the milestones that they reach. A milestone that was reached stays so in history, and may not
/// hold any more.
#[derive(Clone, Debug)]
pub struct Tally {
    /// How many signatures were taken back.
    withdrawn: u64,
    /// How many more are set aside than when it began.
    set_aside: i64,
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

    /// How many districts have enough. One that is not named is none.
    fn enough(&self, counts: &Counts) -> u32 {
        let named = counts.by_district.iter().filter(|(district, _)| !district.is_empty());
        let enough = named.filter(|(_, count)| **count >= self.in_each.max(1)).count();
        u32::try_from(enough).unwrap_or(u32::MAX)
    }
}

impl Changed {
    /// Adds a signature that was accepted in one minute, and taken back in another, if it was.
    pub fn add(&mut self, district: &str, signed: u32, withdrawn: Option<u32>) {
        let of_district = match self.by_district.get_mut(district) {
            Some(of_district) => of_district,
            None => self.by_district.entry(district.to_owned()).or_default(),
        };
        *of_district.entry((signed, withdrawn)).or_default() += 1;
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_district.is_empty()
    }

    /// How many of a district are in the count until an end.
    fn before(of_district: &BTreeMap<(u32, Option<u32>), u64>, end: u32) -> u64 {
        let counted = of_district.iter().filter(|((signed, withdrawn), _)| {
            *signed < end && withdrawn.is_none_or(|minute| minute.max(*signed) >= end)
        });
        counted.map(|(_, count)| count).sum()
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
            let districts = milestone.enough(counts.entry(milestone.before).or_default());
            standing.push((milestone, Standing { districts, reached }));
        }
        Self { withdrawn: 0, set_aside: 0, counts, milestones: standing }
    }

    /// Takes back a signature of the minute `signed` by its withdrawal. What is counted until an end loses it if it was withdrawn
    /// before that end. One that is set aside is in no count.
    pub fn take_back(&mut self, signed: u32, withdrawal: &Leaf, set_aside: bool) {
        self.withdrawn += 1;
        if set_aside {
            self.set_aside -= 1;
            return;
        }
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

    /// Takes signatures out of every count, or puts them back, by the correction that is the entry `at`. A milestone may so be reached
    /// by what counts again.
    pub fn correct(&mut self, at: Reached, changed: &Changed, back: bool) -> Effect {
        let held: Vec<bool> = self.holding().collect();
        for (end, counts) in &mut self.counts {
            for (district, of_district) in &changed.by_district {
                let more = Changed::before(of_district, *end);
                let count = counts.by_district.entry(district.clone()).or_default();
                for count in [count, &mut counts.total] {
                    *count = if back { *count + more } else { count.saturating_sub(more) };
                }
            }
        }
        let mut effect = Effect::default();
        for (district, of_district) in &changed.by_district {
            let more = Changed::before(of_district, NO_END);
            effect.signatures += more;
            effect.by_district.insert(district.clone(), more);
        }
        let signatures = i64::try_from(effect.signatures).unwrap_or(i64::MAX);
        self.set_aside += if back { -signatures } else { signatures };
        for ((milestone, standing), held) in self.milestones.iter_mut().zip(held) {
            let Some(counts) = self.counts.get(&milestone.before) else { continue };
            standing.districts = milestone.enough(counts);
            let holds = milestone.holds(counts.total, standing.districts);
            if holds && standing.reached.is_none() {
                standing.reached = Some(at);
                effect.reached.push((milestone.id.clone(), at));
            }
            match (held, holds) {
                (true, false) => effect.lost.push(milestone.id.clone()),
                (false, true) => effect.regained.push(milestone.id.clone()),
                _ => {}
            }
        }
        effect
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

    /// How many more signatures are set aside than when it began. Those that their signers took back are none of them.
    #[must_use]
    pub fn set_aside(&self) -> i64 {
        self.set_aside
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
