use std::collections::{BTreeMap, HashMap};

use comitia_seal::Channel;
use proptest::prelude::*;

use super::*;

fn counts(cells: &[(&str, i64, i64)]) -> Counts {
    let both = |&(district, online, paper): &(&str, i64, i64)| {
        [((district.to_owned(), false), online), ((district.to_owned(), true), paper)]
    };
    cells.iter().flat_map(both).filter(|(_, count)| *count > 0).collect()
}

fn published(cells: &[(&str, i64, i64)], threshold: i64) -> Vec<(String, &'static str, i64)> {
    let counts = counts(cells);
    let published = Grouping::new(&counts, threshold).published(&counts);
    published.into_iter().map(|((district, channel), count)| (district, channel.name(), count)).collect()
}

fn group(district: &str, channel: &'static str, count: i64) -> (String, &'static str, i64) {
    (district.to_owned(), channel, count)
}

#[test]
fn what_is_large_enough_is_published_as_it_is() {
    assert_eq!(
        published(&[("", 7, 0), ("north", 100, 5), ("south", 0, 6)], 5),
        [
            group("", "online", 7),
            group("north", "online", 100),
            group("north", "paper", 5),
            group("south", "paper", 6)
        ]
    );
    assert!(published(&[], 5).is_empty());
}

#[test]
fn a_small_channel_is_not_told_from_the_other() {
    assert_eq!(published(&[("north", 100, 1)], 5), [group("north", "*", 101)]);
}

#[test]
fn small_districts_go_together() {
    assert_eq!(
        published(&[("east", 1, 1), ("north", 100, 0), ("west", 4, 0)], 5),
        [group("*", "*", 6), group("north", "online", 100)]
    );
}

#[test]
fn one_small_district_takes_the_smallest_of_the_others_with_it() {
    assert_eq!(
        published(&[("east", 1, 0), ("north", 100, 0), ("west", 9, 8)], 5),
        [group("*", "*", 18), group("north", "online", 100)]
    );
}

#[test]
fn a_poll_of_few_has_no_districts_at_all() {
    assert_eq!(published(&[("east", 1, 0), ("west", 1, 1)], 5), [group("*", "*", 3)]);
}

#[test]
fn no_district_can_pass_for_several() {
    assert_eq!(
        published(&[("*", 50, 0), ("north", 60, 0)], 5),
        [group("*", "*", 50), group("north", "online", 60)]
    );
    assert_eq!(published(&[("a  b", 3, 0), ("a b", 3, 0)], 5), [group("a b", "online", 6)]);
}

/// All tables of two districts and two channels: somebody who knows how the grouping works and tries every table that would
/// give what is published finds none of the small cells the same in all of them.
#[test]
fn nobody_who_knows_the_rule_finds_a_small_cell() {
    const THRESHOLD: i64 = 3;
    // Tables beyond what is checked, so that those on the edge have all that look like them.
    const MOST: i64 = 11;
    const CHECKED: i64 = 5;
    let mut alike: HashMap<Vec<(Group, i64)>, Vec<[i64; 4]>> = HashMap::new();
    for code in 0..(MOST + 1).pow(4) {
        let cells = [0u32, 1, 2, 3].map(|place| code / (MOST + 1).pow(place) % (MOST + 1));
        let table = counts(&[("a", cells[0], cells[1]), ("b", cells[2], cells[3])]);
        let shown = Grouping::new(&table, THRESHOLD).published(&table).into_iter().collect();
        alike.entry(shown).or_default().push(cells);
    }
    for tables in alike.values() {
        for place in 0..4 {
            let value = tables[0][place];
            let small = (1..THRESHOLD).contains(&value);
            let certain = tables.iter().all(|table| table[place] == value);
            let checked = tables.iter().any(|table| table.iter().all(|cell| *cell <= CHECKED));
            assert!(!(small && certain && checked), "{tables:?}");
        }
    }
}

proptest! {
    #[test]
    fn every_group_is_large_and_none_is_lost(
        cells in prop::collection::btree_map("[a-e*]", (0i64..12, 0i64..12), 0..6),
        threshold in 0i64..8,
    ) {
        let cells: Vec<_> = cells.iter().map(|(name, (online, paper))| (name.as_str(), *online, *paper)).collect();
        let table = counts(&cells);
        let grouping = Grouping::new(&table, threshold);
        let published = grouping.published(&table);
        let total: i64 = table.values().sum();
        prop_assert_eq!(published.values().sum::<i64>(), total);
        for count in published.values() {
            prop_assert!(*count >= threshold.max(LEAST) || *count == total, "{:?}", published);
        }
        // A partition: a channel is told apart only where both are.
        let mut channels: BTreeMap<&str, Vec<Channel>> = BTreeMap::new();
        for (district, channel) in published.keys() {
            channels.entry(district).or_default().push(*channel);
        }
        for channels in channels.values() {
            prop_assert!(channels.len() == 1 || !channels.contains(&Channel::Any));
        }
    }
}
