//! Corrections: what they set aside and bring back, and what a recount refuses.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use comitia_transparency::sheet::{
    Act, Correction, Entry, Fault, Leaf, Milestone, NO_END, Reached, Recount, Refused, Selection, Subject,
    correction_key, identifier, reason_digest,
};
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

fn correction(number: u32, act: Act, subject: Subject, minute: u32) -> Correction {
    Correction { number, act, subject, minute, reason: reason_digest("why") }
}

fn entries(first: u64, end: u64) -> Subject {
    Subject::Selection(Selection::of_entries(first, end))
}

fn recount(milestones: &[Milestone], log: &[Entry]) -> Result<Recount, Fault> {
    let mut recount = Recount::new(milestones.to_vec(), [], log.len() as u64);
    for (index, some) in (0..).zip(log.chunks(usize::from(WIDTH))) {
        let mut bundle = Vec::new();
        for entry in some {
            let entry = match entry {
                Entry::Leaf(leaf) => leaf.encode(),
                Entry::Correction(correction) => correction.encode(),
            };
            assert!(tile::push_entry(&mut bundle, &entry));
        }
        let width = u16::try_from(some.len()).unwrap();
        recount.add(Tile { kind: Kind::Entries, index, width }, &bundle)?;
    }
    recount.check_once()?;
    Ok(recount)
}

fn total(id: &str, total: u64) -> Milestone {
    Milestone { id: id.into(), total, districts: 0, in_each: 0, before: NO_END }
}

fn signed(count: u64) -> Vec<Entry> {
    (0..count).map(|number| Entry::Leaf(leaf(number, 10, "A"))).collect()
}

#[test]
fn what_is_set_aside_counts_again_once_it_is_restored() {
    let mut log = signed(10);
    let quarantine = correction(1, Act::Quarantine, entries(2, 6), 11);
    log.push(Entry::Correction(quarantine));
    // Its signer takes one of them back meanwhile; another one signs.
    let Entry::Leaf(taken_back) = &log[3] else { panic!() };
    log.push(Entry::Leaf(Leaf { withdrawal: true, minute: 12, ..taken_back.clone() }));
    log.push(Entry::Leaf(leaf(10, 12, "B")));
    let milestones = [total("nine", 9), total("eleven", 11)];
    let aside = recount(&milestones, &log).unwrap();
    let tally = aside.tally();
    assert_eq!((tally.all().total, tally.withdrawn(), tally.set_aside()), (7, 1, 3));
    assert!(tally.holding().eq([false, false]));
    let effect = &aside.corrected()[0].effect;
    assert_eq!(
        (effect.signatures, &effect.by_district["A"], &effect.lost),
        (4, &4, &vec!["nine".to_owned()])
    );
    assert_eq!(aside.corrected()[0].index, 10);
    assert!(
        aside.is_set_aside(2) && aside.is_set_aside(3) && !aside.is_set_aside(6) && !aside.is_set_aside(10)
    );
    assert_eq!(aside.find(&correction_key(1)), Some(10));

    log.push(Entry::Correction(correction(2, Act::Restoration, Subject::Earlier(1), 13)));
    let back = recount(&milestones, &log).unwrap();
    let tally = back.tally();
    assert_eq!((tally.all().total, tally.withdrawn(), tally.set_aside()), (10, 1, 0));
    assert!(tally.holding().eq([true, false]));
    assert_eq!(
        (back.corrected()[1].effect.signatures, &back.corrected()[1].effect.regained[0]),
        (3, &"nine".into())
    );
    // It was reached once, by the signature that did.
    assert_eq!(tally.milestones().next().unwrap().1, Some(Reached { leaf: 8, minute: 10 }));
}

#[test]
fn a_milestone_may_be_reached_by_what_counts_again() {
    let mut log = signed(4);
    log.push(Entry::Correction(correction(1, Act::Quarantine, entries(0, 2), 11)));
    log.push(Entry::Leaf(leaf(4, 12, "A")));
    log.push(Entry::Correction(correction(2, Act::Restoration, Subject::Earlier(1), 20)));
    let counted = recount(&[total("five", 5)], &log).unwrap();
    let reached = Reached { leaf: 6, minute: 20 };
    assert_eq!(counted.tally().milestones().next().unwrap().1, Some(reached));
    assert_eq!(counted.corrected()[1].effect.reached, [("five".to_owned(), reached)]);
}

#[test]
fn two_corrections_of_one_signature_are_both_to_be_restored() {
    let mut log = signed(4);
    let paper = Selection { paper: Some(true), ..Selection::of_entries(0, 4) };
    for (number, act, subject) in [
        (1, Act::Quarantine, entries(0, 2)),
        (2, Act::Invalidation, Subject::Selection(paper)),
        (3, Act::Invalidation, Subject::Earlier(1)),
    ] {
        log.push(Entry::Correction(correction(number, act, subject, 11)));
    }
    let effects = |log: &[Entry]| {
        let counted = recount(&[], log).unwrap();
        counted.corrected().iter().map(|one| one.effect.signatures).collect::<Vec<_>>()
    };
    assert_eq!(effects(&log), [2, 0, 0], "the only one on paper is set aside already");
    log.push(Entry::Correction(correction(4, Act::Restoration, Subject::Earlier(1), 12)));
    log.push(Entry::Correction(correction(5, Act::Restoration, Subject::Earlier(2), 12)));
    assert_eq!(effects(&log), [2, 0, 0, 1, 1]);
}

#[test]
fn a_recount_refuses_corrections_that_are_none() {
    let signed = signed(4);
    let refused = |corrections: &[Correction]| {
        let corrections = corrections.iter().cloned().map(Entry::Correction);
        let log: Vec<_> = signed.iter().cloned().chain(corrections).collect();
        match recount(&[], &log).unwrap_err() {
            Fault::Correction { entry, why } => (entry, why),
            fault => panic!("{fault}"),
        }
    };
    let first = correction(1, Act::Quarantine, entries(0, 2), 11);
    let back = |number, of| correction(number, Act::Restoration, Subject::Earlier(of), 12);
    let last = |number, of| correction(number, Act::Invalidation, Subject::Earlier(of), 12);
    for (corrections, entry, why) in [
        (vec![correction(2, Act::Quarantine, entries(0, 2), 11)], 4, Refused::Number),
        (vec![first.clone(), first.clone()], 5, Refused::Number),
        (vec![correction(1, Act::Quarantine, entries(0, 5), 11)], 4, Refused::Selection),
        (vec![correction(1, Act::Invalidation, entries(2, 2), 11)], 4, Refused::Selection),
        (vec![correction(1, Act::Restoration, entries(0, 2), 11)], 4, Refused::NotInForce),
        (vec![back(1, 1)], 4, Refused::NotInForce),
        (vec![first.clone(), back(2, 1), back(3, 1)], 6, Refused::NotInForce),
        (vec![first.clone(), back(2, 1), back(3, 2)], 6, Refused::NotInForce),
        (vec![first.clone(), last(2, 1), last(3, 1)], 6, Refused::NotInForce),
        (vec![correction(1, Act::Quarantine, Subject::Earlier(9), 1)], 4, Refused::NotInForce),
    ] {
        assert_eq!(refused(&corrections), (entry, why), "{corrections:?}");
    }
    // A withdrawal of what is no signature, and one that names another channel.
    let Entry::Leaf(one) = &signed[1] else { panic!() };
    let fake = Leaf { withdrawal: true, identifier: correction_key(1), ..one.clone() };
    let other = Leaf { withdrawal: true, paper: !one.paper, ..one.clone() };
    for wrong in [fake, other] {
        let mut log = signed.clone();
        log.extend([Entry::Correction(first.clone()), Entry::Leaf(wrong)]);
        assert_eq!(recount(&[], &log).unwrap_err(), Fault::Unsigned(5));
    }
}

/// What happens to a sheet.
#[derive(Clone, Debug)]
enum Step {
    Sign(u32, String),
    /// The signature by its number among those that stand, modulo.
    Withdraw(usize, u32),
    Correct(bool, (u64, u64), (u32, u32), Option<bool>, String),
    /// About an earlier one, modulo.
    Decide(bool, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let correct =
        (any::<bool>(), (0..40_u64, 1..40_u64), (0..20_u32, 1..20_u32), any::<Option<bool>>(), "[AB]?");
    prop_oneof![
        6 => (0..20_u32, "[ABC]?").prop_map(|(minute, district)| Step::Sign(minute, district)),
        2 => (any::<usize>(), 0..20_u32).prop_map(|(which, minute)| Step::Withdraw(which, minute)),
        2 => correct.prop_map(|(last, range, minutes, paper, district)| {
            Step::Correct(last, range, minutes, paper, district)
        }),
        2 => (any::<bool>(), any::<u32>()).prop_map(|(last, of)| Step::Decide(last, of)),
    ]
}

/// A signature of the model: its place, what it says, and when it was taken back.
type Stands = (u64, Leaf, Option<u32>);

/// Counts everything anew, signature by signature.
fn model(signatures: &[Stands], in_force: &[Selection], end: u32) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (place, leaf, withdrawn) in signatures {
        let gone = withdrawn.is_some_and(|minute| minute.max(leaf.minute) < end);
        let aside = in_force.iter().any(|selection| {
            (selection.first..selection.end).contains(place)
                && (selection.first_minute..selection.end_minute).contains(&leaf.minute)
                && selection.paper.is_none_or(|paper| paper == leaf.paper)
                && (selection.district.is_empty() || selection.district == leaf.district)
        });
        if leaf.minute < end && !gone && !aside {
            *counts.entry(leaf.district.clone()).or_default() += 1;
        }
    }
    counts
}

proptest! {
    #[test]
    fn a_correction_is_read_as_it_was_written(
        number: u32, act in 0..3_usize, of in 0..3_u32, range: (u64, u64), minutes: (u32, u32), paper: Option<bool>,
        district in "\\PC{0,20}", minute: u32, reason: [u8; 32],
    ) {
        let (first, end) = range;
        let selection = Selection { first, end, first_minute: minutes.0, end_minute: minutes.1, paper, district };
        let subject = if of == 0 { Subject::Selection(selection) } else { Subject::Earlier(of) };
        let act = [Act::Quarantine, Act::Invalidation, Act::Restoration][act];
        let correction = Correction { number, act, subject, minute, reason };
        prop_assert_eq!(Entry::decode(&correction.encode()), Some(Entry::Correction(correction)));
    }

    #[test]
    fn no_correction_makes_reading_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        if let Some(first) = bytes.first_mut() {
            *first = 3;
        }
        if let Some(Entry::Correction(correction)) = Entry::decode(&bytes) {
            prop_assert_eq!(correction.encode(), bytes);
        }
    }

    /// Whatever is signed, taken back, set aside and restored, in whatever order: the recount has the counts that one gets who looks at
    /// each signature by itself, what each correction did, and each milestone at the first entry at which it held.
    #[test]
    fn a_recount_is_what_each_signature_comes_to(steps in proptest::collection::vec(step(), 0..60)) {
        let milestones = [
            total("five", 5),
            Milestone { before: 10, ..total("in time", 3) },
            Milestone { id: "spread".into(), total: 0, districts: 2, in_each: 2, before: NO_END },
        ];
        let (mut log, mut signatures, mut selections) = (Vec::new(), Vec::<Stands>::new(), Vec::new());
        let (mut effects, mut reached) = (Vec::new(), [None; 3]);
        let in_force = |selections: &[Option<(Act, Selection)>]| -> Vec<Selection> {
            selections.iter().flatten().map(|(_, selection)| selection.clone()).collect()
        };
        for step in steps {
            let index = log.len() as u64;
            let before: u64 = model(&signatures, &in_force(&selections), NO_END).values().sum();
            let minute = match step {
                Step::Sign(minute, district) => {
                    let leaf = leaf(index, minute, &district);
                    signatures.push((index, leaf.clone(), None));
                    log.push(Entry::Leaf(leaf));
                    minute
                }
                Step::Withdraw(which, minute) => {
                    let standing: Vec<_> = signatures.iter_mut().filter(|one| one.2.is_none()).collect();
                    if standing.is_empty() { continue }
                    let which = which % standing.len();
                    let one = standing.into_iter().nth(which).unwrap();
                    one.2 = Some(minute);
                    log.push(Entry::Leaf(Leaf { withdrawal: true, minute, ..one.1.clone() }));
                    minute
                }
                Step::Correct(last, (first, length), (first_minute, minutes), paper, district) => {
                    let end = first + length;
                    if end > index { continue }
                    let end_minute = first_minute + minutes;
                    let selection = Selection { first, end, first_minute, end_minute, paper, district };
                    let act = if last { Act::Invalidation } else { Act::Quarantine };
                    selections.push(Some((act, selection.clone())));
                    let number = u32::try_from(selections.len()).unwrap();
                    log.push(Entry::Correction(correction(number, act, Subject::Selection(selection), 15)));
                    15
                }
                Step::Decide(last, of) => {
                    if selections.is_empty() { continue }
                    let of = of % u32::try_from(selections.len()).unwrap();
                    let known = &mut selections[of as usize];
                    let act = if last { Act::Invalidation } else { Act::Restoration };
                    match known {
                        Some((before @ Act::Quarantine, _)) if last => *before = Act::Invalidation,
                        Some(_) if !last => *known = None,
                        _ => continue,
                    }
                    selections.push(None);
                    let number = u32::try_from(selections.len()).unwrap();
                    log.push(Entry::Correction(correction(number, act, Subject::Earlier(of + 1), 15)));
                    15
                }
            };
            let counts = |end| model(&signatures, &in_force(&selections), end);
            let after: u64 = counts(NO_END).values().sum();
            if matches!(log.last(), Some(Entry::Correction(_))) {
                effects.push(before.abs_diff(after));
            }
            let spread = counts(NO_END).iter().filter(|(name, count)| !name.is_empty() && **count >= 2).count();
            let holds = [after >= 5, counts(10).values().sum::<u64>() >= 3, spread >= 2];
            for (reached, holds) in reached.iter_mut().zip(holds) {
                if holds && reached.is_none() {
                    *reached = Some(Reached { leaf: index, minute });
                }
            }
        }
        let counted = recount(&milestones, &log).unwrap();
        let tally = counted.tally();
        for end in [10, NO_END] {
            let mut by_district = tally.counts()[&end].by_district.clone();
            by_district.retain(|_, count| *count > 0);
            prop_assert_eq!(&by_district, &model(&signatures, &in_force(&selections), end));
            prop_assert_eq!(tally.counts()[&end].total, by_district.values().sum::<u64>());
        }
        let found: Vec<_> = counted.corrected().iter().map(|one| one.effect.signatures).collect();
        prop_assert_eq!(found, effects);
        let found: Vec<_> = tally.milestones().map(|(_, at)| at).collect();
        prop_assert_eq!(found, reached);
        let given = signatures.len() as u64;
        let aside = i64::try_from(given - tally.withdrawn() - tally.all().total).unwrap();
        prop_assert_eq!(tally.set_aside(), aside);
    }
}
