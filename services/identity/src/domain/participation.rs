//! Figures of participation in groups that nobody can be told from.
//!
//! What is given is a partition of the electors by area, and another one by age. In each group at least as many people as the
//! threshold says signed in, and as many did not, unless all electors together are fewer. Groups of one partition do not overlap,
//! so that sums and differences are sets of whole groups. Area and age are never crossed: a table of both has cells of few
//! people, and what is hidden in it follows from its margins.

use std::collections::BTreeMap;

/// Several small areas together.
pub const SEVERAL: &str = "*";
/// The first year of each age band.
pub const BANDS: [i32; 8] = [0, 18, 25, 35, 45, 55, 65, 75];
/// The age band of those whose birth date the roll does not have.
pub const UNKNOWN: i32 = -1;

/// How many electors there are, and how many of them signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Those who may vote.
    pub electors: i64,
    /// Those who signed in; none while that is not given.
    pub sign_ins: Option<i64>,
}

/// Electors of an age: from this one, to this one or without end, and perhaps those whose age is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// The first year; none for those whose age is not known.
    pub from: Option<i32>,
    /// The last year; none without end.
    pub to: Option<i32>,
    /// Whether those whose age is not known are among them.
    pub with_unknown: bool,
    /// How many.
    pub cell: Cell,
}

impl Cell {
    fn is_empty(self) -> bool {
        self.electors == 0 && self.sign_ins.unwrap_or(0) == 0
    }

    fn and(self, other: Self) -> Self {
        let sign_ins = match (self.sign_ins, other.sign_ins) {
            (None, None) => None,
            (one, two) => Some(one.unwrap_or(0) + two.unwrap_or(0)),
        };
        Self { electors: self.electors + other.electors, sign_ins }
    }

    /// Whether nobody can be told from it.
    fn is_large(self, threshold: i64) -> bool {
        self.electors >= threshold
            && self.sign_ins.is_none_or(|count| count >= threshold && self.electors - count >= threshold)
    }
}

/// The age band of somebody of this age.
#[must_use]
pub fn band(age: Option<i32>) -> i32 {
    age.and_then(|age| BANDS.into_iter().rev().find(|from| age >= *from)).unwrap_or(UNKNOWN)
}

/// Areas, small ones together. If these are too few together, the smallest of the others joins them.
#[must_use]
pub fn by_area(cells: BTreeMap<String, Cell>, threshold: i64) -> Vec<(String, Cell)> {
    let cells = cells.into_iter().filter(|(_, cell)| !cell.is_empty());
    let (mut kept, small): (Vec<_>, Vec<_>) =
        cells.partition(|(name, cell)| name != SEVERAL && cell.is_large(threshold));
    let mut rest = small.into_iter().map(|(_, cell)| cell).reduce(Cell::and);
    while let Some(few) = rest.filter(|cell| !cell.is_large(threshold)) {
        let smallest = kept.iter().enumerate().min_by_key(|(_, (_, cell))| cell.electors);
        let Some((place, _)) = smallest else { break };
        rest = Some(few.and(kept.remove(place).1));
    }
    kept.extend(rest.map(|cell| (SEVERAL.to_owned(), cell)));
    kept
}

/// Ages, from the youngest on. A band that is too small is one with the next.
#[must_use]
pub fn by_age(cells: &BTreeMap<i32, Cell>, threshold: i64) -> Vec<Ages> {
    let mut groups: Vec<Ages> = Vec::new();
    let mut open: Option<Ages> = None;
    for (place, from) in BANDS.into_iter().enumerate() {
        let cell = cells.get(&from).copied().unwrap_or_default();
        let to = BANDS.get(place + 1).map(|next| next - 1);
        let group = match open.take() {
            Some(before) => Ages { to, cell: before.cell.and(cell), ..before },
            None => Ages { from: Some(from), to, with_unknown: false, cell },
        };
        if group.cell.is_large(threshold) {
            groups.push(group);
        } else {
            open = Some(group);
        }
    }
    if let Some(rest) = open.filter(|rest| !rest.cell.is_empty()) {
        match groups.last_mut() {
            Some(last) => *last = Ages { to: rest.to, cell: last.cell.and(rest.cell), ..*last },
            None => groups.push(rest),
        }
    }
    let unknown = cells.get(&UNKNOWN).copied().unwrap_or_default();
    if unknown.is_empty() {
        return groups;
    }
    match groups.last_mut() {
        Some(last) if !unknown.is_large(threshold) || !last.cell.is_large(threshold) => {
            *last = Ages { with_unknown: true, cell: last.cell.and(unknown), ..*last };
        }
        _ => groups.push(Ages { from: None, to: None, with_unknown: true, cell: unknown }),
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(electors: i64, sign_ins: i64) -> Cell {
        Cell { electors, sign_ins: Some(sign_ins) }
    }

    #[test]
    fn ages_are_in_bands() {
        let all = [0, 17, 18, 24, 25, 74, 75, 120].map(|age| band(Some(age)));
        assert_eq!(all, [0, 0, 18, 18, 25, 65, 75, 75]);
        assert_eq!((band(None), band(Some(-3))), (UNKNOWN, UNKNOWN));
    }

    #[test]
    fn a_small_area_takes_another_with_it() {
        let cells = [("north", cell(100, 50)), ("south", cell(60, 30)), ("west", cell(40, 2))];
        let cells = cells.map(|(name, cell)| (name.to_owned(), cell)).into();
        // Of 140 and the total, the 2 of the west would follow.
        let found = by_area(cells, 5);
        assert_eq!(found, [("north".to_owned(), cell(100, 50)), ("*".to_owned(), cell(100, 32))]);
    }

    #[test]
    fn an_area_where_nearly_everybody_signed_in_is_not_told() {
        let cells = [("north", cell(100, 50)), ("south", cell(60, 58)), ("west", cell(40, 20))];
        let cells = cells.map(|(name, cell)| (name.to_owned(), cell)).into();
        let found = by_area(cells, 5);
        assert_eq!(found, [("north".to_owned(), cell(100, 50)), ("*".to_owned(), cell(100, 78))]);
    }

    #[test]
    fn a_small_band_is_one_with_the_next() {
        let cells =
            BTreeMap::from([(0, cell(3, 1)), (18, cell(50, 20)), (75, cell(4, 4)), (UNKNOWN, cell(2, 0))]);
        let found = by_age(&cells, 5);
        let all = Ages { from: Some(0), to: None, with_unknown: true, cell: cell(59, 25) };
        assert_eq!(found, [all]);
        let cells = BTreeMap::from([(18, cell(50, 20)), (25, cell(50, 20)), (UNKNOWN, cell(20, 10))]);
        let named: Vec<_> =
            by_age(&cells, 5).iter().map(|ages| (ages.from, ages.to, ages.with_unknown)).collect();
        assert_eq!(named, [(Some(0), Some(24), false), (Some(25), Some(34), false), (None, None, true)]);
    }

    #[test]
    fn few_electors_are_one_group() {
        let cells = BTreeMap::from([("north".to_owned(), cell(3, 1)), ("south".to_owned(), cell(2, 2))]);
        assert_eq!(by_area(cells, 5), [("*".to_owned(), cell(5, 3))]);
        assert!(by_area(BTreeMap::new(), 5).is_empty() && by_age(&BTreeMap::new(), 5).is_empty());
    }

    fn counts() -> impl Strategy<Value = Cell> {
        (0_i64..40, 0_i64..40).prop_map(|(one, two)| cell(one.max(two), one.min(two)))
    }

    proptest! {
        #[test]
        fn every_group_is_large_or_the_only_one(
            areas in proptest::collection::btree_map("[a-f]", counts(), 0..6),
            ages in proptest::collection::btree_map(proptest::sample::select(vec![-1, 0, 18, 25, 35, 75]), counts(), 0..6),
            threshold in 3_i64..12,
        ) {
            let sum = |cells: &mut dyn Iterator<Item = Cell>| cells.fold(cell(0, 0), Cell::and);
            let all = sum(&mut areas.values().copied());
            let found = by_area(areas, threshold);
            prop_assert_eq!(sum(&mut found.iter().map(|(_, cell)| *cell)), all);
            prop_assert!(found.len() <= 1 || found.iter().all(|(_, cell)| cell.is_large(threshold)));
            let all = sum(&mut ages.values().copied());
            let found = by_age(&ages, threshold);
            prop_assert_eq!(sum(&mut found.iter().map(|ages| ages.cell)), all);
            prop_assert!(found.len() <= 1 || found.iter().all(|ages| ages.cell.is_large(threshold)));
        }
    }
}
