//! Leaves, milestones and the recount.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use comitia_transparency::Hash;
use comitia_transparency::sheet::{Fault, Leaf, Milestone, NO_END, Reached, Recount, Tally, identifier};
use comitia_transparency::tile::{self, Kind, Tile, WIDTH};
use proptest::prelude::*;

fn leaf(number: u64, minute: u32, district: &str) -> Leaf {
    let mut code = [0; 16];
    code[..8].copy_from_slice(&number.to_be_bytes());
    Leaf {
        withdrawal: false,
        identifier: identifier(&[1; 16], &code),
        paper: number.is_multiple_of(5),
        minute,
        district: district.into(),
    }
}

fn milestone(id: &str, total: u64, districts: u32, in_each: u64, before: u32) -> Milestone {
    Milestone { id: id.into(), total, districts, in_each, before }
}

fn bundles(leaves: &[Leaf]) -> Vec<(Tile, Vec<u8>)> {
    let bundle = |(index, leaves): (usize, &[Leaf])| {
        let mut bytes = Vec::new();
        leaves.iter().for_each(|leaf| assert!(tile::push_entry(&mut bytes, &leaf.encode())));
        let width = u16::try_from(leaves.len()).unwrap();
        (Tile { kind: Kind::Entries, index: index as u64, width }, bytes)
    };
    leaves.chunks(usize::from(WIDTH)).enumerate().map(bundle).collect()
}

#[test]
fn a_milestone_is_reached_at_one_leaf() {
    let mut tally = Tally::new([
        milestone("three", 3, 0, 0, NO_END),
        milestone("spread", 4, 2, 2, NO_END),
        milestone("in time", 2, 0, 0, 10),
    ]);
    let leaves = [(5, "A"), (10, "A"), (9, ""), (11, ""), (9, "B"), (12, "B"), (13, "C")];
    let mut reached = BTreeMap::new();
    for (index, (minute, district)) in (0..).zip(leaves) {
        for (id, at) in tally.add(index, &leaf(index, minute, district)) {
            assert!(reached.insert(id.to_owned(), at).is_none(), "{id} once");
        }
    }
    // The second leaf came too late for the milestone with a date; the district without a name is none of two.
    assert_eq!(reached["in time"], Reached { leaf: 2, minute: 9 });
    assert_eq!(reached["three"], Reached { leaf: 2, minute: 9 });
    assert_eq!(reached["spread"], Reached { leaf: 5, minute: 12 });
    assert_eq!(tally.all().total, 7);
    assert_eq!(tally.counts()[&10].total, 3);
}

#[test]
fn a_recount_finds_what_was_altered() {
    let leaves: Vec<_> = (0..600).map(|number| leaf(number, 1, "A")).collect();
    let recount = |leaves: &[Leaf]| {
        let mut recount = Recount::new([milestone("half", 300, 0, 0, NO_END)], [0, 300, 600], 500);
        for (tile, bytes) in bundles(leaves) {
            recount.add(tile, &bytes)?;
        }
        recount.check_once()?;
        Ok::<_, Fault>(recount)
    };
    let right = recount(&leaves).unwrap();
    assert_eq!((right.size(), right.root(0)), (600, Some(Hash::empty())));
    assert_eq!(right.counted().unwrap().all().total, 500);
    assert_eq!(right.tally().milestones().next().unwrap().1, Some(Reached { leaf: 299, minute: 1 }));
    assert_eq!(right.find(&leaves[77].identifier), Some(77));

    let mut twice = leaves.clone();
    twice[400] = twice[17].clone();
    assert_eq!(recount(&twice).unwrap_err(), Fault::Twice { first: 17, again: 400 });
    let mut moved = leaves.clone();
    moved.swap(3, 4);
    assert_ne!(recount(&moved).unwrap().root(300), right.root(300));
    let mut other = leaves.clone();
    other[10].district = "B".into();
    assert_ne!(recount(&other).unwrap().root(600), right.root(600));

    let mut again = Recount::new([], [], 0);
    let (first, bytes) = &bundles(&leaves)[0];
    assert_eq!(
        again.add(Tile { width: 255, ..*first }, bytes),
        Err(Fault::Bundle(Tile { width: 255, ..*first }))
    );
    assert_eq!(
        again.add(Tile { index: 1, ..*first }, bytes),
        Err(Fault::Bundle(Tile { index: 1, ..*first }))
    );
    again.add(*first, bytes).unwrap();
    let mut wrong = bytes.clone();
    wrong[2] = 9;
    assert_eq!(Recount::new([], [], 0).add(*first, &wrong), Err(Fault::Entry(0)));

    let hashes: Vec<u8> = leaves[..256].iter().flat_map(|leaf| Hash::leaf(&leaf.encode()).0).collect();
    let tile = Tile { kind: Kind::Hashes(0), index: 0, width: 256 };
    assert_eq!(again.check(tile, &hashes), Ok(()));
    for (tile, bytes) in [
        (tile, &hashes[..32]),
        (Tile { index: 1, ..tile }, &hashes),
        (Tile { kind: Kind::Hashes(1), ..tile }, &hashes),
        (Tile { kind: Kind::Hashes(9), ..tile }, &hashes),
    ] {
        assert_eq!(again.check(tile, bytes), Err(Fault::Tile(tile)));
    }
}

fn back(leaf: &Leaf, minute: u32) -> Leaf {
    Leaf { withdrawal: true, minute, ..leaf.clone() }
}

#[test]
fn a_withdrawal_takes_its_signature_from_every_count_that_it_came_in_time_for() {
    let mut tally = Tally::new([
        milestone("three", 3, 0, 0, NO_END),
        milestone("spread", 3, 2, 1, NO_END),
        milestone("in time", 2, 0, 0, 10),
    ]);
    let leaves = [leaf(0, 5, "A"), leaf(1, 6, "B"), leaf(2, 12, "A")];
    (0..).zip(&leaves).for_each(|(index, leaf)| drop(tally.add(index, leaf)));
    let reached: Vec<_> = tally.milestones().map(|(_, at)| at.map(|at| at.leaf)).collect();
    assert_eq!(reached, [Some(2), Some(2), Some(1)]);
    // Too late for the milestone with a date; the district of B has nobody left.
    tally.take_back(6, &back(&leaves[1], 10), false);
    assert_eq!((tally.all().total, tally.withdrawn(), tally.counts()[&10].total), (2, 1, 2));
    assert_eq!(tally.all().by_district["B"], 0);
    assert!(tally.holding().eq([false, false, true]));
    // What was reached stays in history, and is not reached again.
    assert!(tally.add(4, &leaf(4, 13, "B")).is_empty());
    assert!(tally.holding().eq([true, true, true]));
    let after: Vec<_> = tally.milestones().map(|(_, at)| at.map(|at| at.leaf)).collect();
    assert_eq!(after, reached);
}

#[test]
fn milestones_are_reached_by_what_stands() {
    let mut tally = Tally::new([milestone("two", 2, 0, 0, NO_END)]);
    let first = leaf(0, 1, "A");
    assert!(tally.add(0, &first).is_empty());
    tally.take_back(1, &back(&first, 1), false);
    assert!(tally.add(2, &leaf(1, 1, "A")).is_empty(), "one signed and stands");
    assert_eq!(tally.add(3, &leaf(2, 2, "A")), [("two", Reached { leaf: 3, minute: 2 })]);
}

#[test]
fn a_recount_refuses_a_withdrawal_of_what_does_not_stand() {
    let signed: Vec<_> = (0..300).map(|number| leaf(number, 1, "A")).collect();
    let recount = |more: &[Leaf]| {
        let leaves: Vec<_> = signed.iter().chain(more).cloned().collect();
        let mut recount = Recount::new([], [], 0);
        bundles(&leaves).iter().try_for_each(|(tile, bytes)| recount.add(*tile, bytes))?;
        recount.check_once()?;
        Ok::<_, Fault>(recount)
    };
    let one = back(&signed[7], 2);
    let right = recount(&[leaf(300, 2, "A"), one.clone(), back(&leaf(300, 2, "A"), 2)]).unwrap();
    assert_eq!((right.tally().all().total, right.tally().withdrawn()), (299, 2));
    assert_eq!((right.find(&one.identifier), right.find(&one.key())), (Some(7), Some(301)));
    for wrong in
        [back(&leaf(999, 2, "A"), 2), Leaf { district: "B".into(), ..back(&signed[8], 2) }, one.clone()]
    {
        assert_eq!(recount(&[one.clone(), wrong]).unwrap_err(), Fault::Unsigned(301));
    }
    // Who has withdrawn does not sign again.
    assert_eq!(recount(&[one, signed[7].clone()]).unwrap_err(), Fault::Twice { first: 7, again: 301 });
}

proptest! {
    #[test]
    fn a_leaf_is_read_as_it_was_written(withdrawal: bool, identifier: [u8; 32], paper: bool, minute: u32, district in "\\PC{0,20}") {
        let leaf = Leaf { withdrawal, identifier, paper, minute, district };
        prop_assert_eq!(Leaf::decode(&leaf.encode()), Some(leaf));
    }

    #[test]
    fn no_entry_makes_reading_panic(bytes: Vec<u8>) {
        if let Some(leaf) = Leaf::decode(&bytes) {
            prop_assert_eq!(leaf.encode(), bytes);
        }
    }

    /// Counting in one go and with stops in between comes to the same.
    #[test]
    fn a_count_goes_on_where_it_stopped(
        leaves in proptest::collection::vec((0..20_u32, "[ABC]?"), 0..60), stop in 0..60_usize,
    ) {
        let milestones = || [
            milestone("total", 10, 0, 0, NO_END), milestone("spread", 5, 2, 3, NO_END),
            milestone("date", 6, 1, 2, 10), milestone("any district", 1, 3, 0, NO_END),
        ];
        let leaves: Vec<_> = (0..).zip(&leaves).map(|(n, (minute, district))| leaf(n, *minute, district)).collect();
        let mut whole = Tally::new(milestones());
        (0..).zip(&leaves).for_each(|(index, leaf)| drop(whole.add(index, leaf)));
        let mut first = Tally::new(milestones());
        let stop = stop.min(leaves.len());
        (0..).zip(&leaves[..stop]).for_each(|(index, leaf)| drop(first.add(index, leaf)));
        let reached: Vec<_> = first.milestones().map(|(milestone, at)| (milestone.clone(), at)).collect();
        let mut second = Tally::resume(reached, first.counts().clone());
        (stop as u64..).zip(&leaves[stop..]).for_each(|(index, leaf)| drop(second.add(index, leaf)));
        prop_assert_eq!(whole.counts(), second.counts());
        prop_assert!(whole.milestones().eq(second.milestones()));
    }
}
