//! How those who share a limit share it.
//!
//! Nobody is given a fixed part: that would waste the parts of those who sleep. What one may hold depends on what is still
//! free (dynamic thresholds, as switches share their buffers between ports: Choudhury and Hahne, 1998). A rule needs two
//! counts, no list of who is active, and nothing to be told when somebody comes or goes.

/// Of how many parts of a limit one more is kept for those who come when it is full.
const PARTS: usize = 8;

/// How many places one may hold who has this `weight`, while `all` are in use and there are `most`.
#[must_use]
pub fn allowance(all: usize, most: usize, weight: usize) -> usize {
    let free = (most * (PARTS + 1)).saturating_sub(all * PARTS);
    most.min(free.saturating_mul(weight))
}

/// Whether somebody who holds `own` of the `all` places in use may take one more, where there are `most`. For what is given
/// back within moments, such as calls.
///
/// - Who is alone may hold all `most`.
/// - Those who want all they can get come to hold equally much, or by their `weight`, as soon as places are given back.
/// - Who holds little is let in although the others have filled the limit: so `all` may be above `most`, by an eighth.
///
/// It is `own < weight * 8 * (most + most / 8 - all)` without rounding.
#[must_use]
pub fn fits(own: usize, all: usize, most: usize, weight: usize) -> bool {
    own < allowance(all, most, weight)
}

/// As [`fits`], for a member of a group: what the group may hold, its members share by the same rule. A group of one member has
/// what [`fits`] gives it, and who comes to a group that another member has filled is let in.
#[must_use]
pub fn fits_within(own: usize, group: usize, all: usize, most: usize, weight: usize) -> bool {
    // A member may hold places elsewhere, too.
    fits(own.min(group), group, allowance(all, most, weight), 1)
}

/// As [`fits`], for what is held long, such as event streams: there is never more than `most` in all, and therefore even who is
/// alone holds no more than twice as much as stays free.
#[must_use]
pub fn leaves_room(own: usize, all: usize, most: usize, weight: usize) -> bool {
    own < most.saturating_sub(all).saturating_mul(2 * weight)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes as many places as there are for who holds `held[one]`.
    fn fill(held: &mut [usize], weights: &[usize], one: usize, most: usize) {
        while fits(held[one], held.iter().sum(), most, weights[one]) {
            held[one] += 1;
        }
    }

    /// Lets one place after the other be given back, each by who holds the most of all that were not asked yet, until
    /// everybody's were; after each, everybody takes what there is.
    fn settle(held: &mut [usize], weights: &[usize], most: usize) {
        for round in 0..20 * most {
            let one = round % held.len();
            held[one] = held[one].saturating_sub(1);
            // Who was there first asks first, each time.
            (0..held.len()).for_each(|one| fill(held, weights, one, most));
        }
    }

    proptest! {
        #[test]
        fn who_is_alone_has_everything(own in 0..2_000_usize, most in 1..2_000_usize, weight in 1..10_usize) {
            prop_assert_eq!(fits(own, own, most, weight), own < most);
        }

        #[test]
        fn who_comes_to_a_full_house_is_let_in_and_the_house_has_an_end(
            all in 0..3_000_usize, own in 0..3_000_usize, most in 1..2_000_usize, weight in 1..100_usize,
        ) {
            prop_assert!(all > most || fits(0, all, most, weight));
            prop_assert!(!fits(own, all, most, weight) || all * 8 < most * 9);
            prop_assert!(!leaves_room(own, all, most, weight) || all < most);
            prop_assert!(all >= most || leaves_room(0, all, most, weight));
        }

        #[test]
        fn a_member_who_fills_a_group_leaves_room_for_the_others(
            others in 0..2_000_usize, most in 1..2_000_usize, weight in 1..10_usize,
        ) {
            let mut own = 0;
            while fits_within(own, own, own + others, most, weight) {
                prop_assert!(fits(own, own + others, most, weight));
                own += 1;
            }
            prop_assert!(!fits(own, own + others, most, weight), "alone it has what the group has");
            let all = own + others;
            prop_assert_eq!(fits_within(0, own, all, most, weight), allowance(all, most, weight) * 9 > own * 8);
            prop_assert!(others > 0 || fits_within(0, own, all, most, weight));
        }

        #[test]
        fn who_wants_everything_gets_as_much_as_the_others_who_do(count in 2..6_usize, most in 32..400_usize) {
            let (mut held, weights) = (vec![0; count], vec![1; count]);
            // The first had it all before the others came.
            fill(&mut held, &weights, 0, most);
            prop_assert_eq!(held[0], most);
            settle(&mut held, &weights, most);
            let (least, largest) = (held.iter().min().unwrap(), held.iter().max().unwrap());
            // One gives back and takes what the others see only then: eight places is how far the rule looks.
            prop_assert!(largest - least <= 9, "{held:?} of {most}");
            prop_assert!(held.iter().sum::<usize>() >= most - 9, "{held:?} of {most}");
        }

        #[test]
        fn who_wants_less_than_an_equal_share_is_never_refused_once_the_others_have_settled(
            greedy in 1..5_usize, most in 128..800_usize, percent in 10..70_usize,
        ) {
            let (mut held, weights) = (vec![0; greedy], vec![1; greedy + 1]);
            fill(&mut held, &weights, 0, most);
            settle(&mut held, &weights, most);
            let wants = most * percent / 100 / (greedy + 1);
            held.push(0);
            // It comes one call at a time while the others come all the time, and give back in turn.
            while held[greedy] < wants {
                prop_assert!(fits(held[greedy], held.iter().sum(), most, 1), "{held:?} of {most}");
                held[greedy] += 1;
                for one in 0..greedy {
                    held[one] = held[one].saturating_sub(2);
                    fill(&mut held, &weights, one, most);
                }
            }
        }
    }

    #[test]
    fn weights_are_kept() {
        let (mut held, weights) = (vec![0, 0], [3, 1]);
        settle(&mut held, &weights, 400);
        let ratio = held[0] * 10 / held[1];
        assert!((27..=33).contains(&ratio), "{held:?}");
    }

    #[test]
    fn what_is_held_long_leaves_a_third_to_those_who_come_later() {
        let (mut first, mut second) = (0, 0);
        while leaves_room(first, first, 300, 1) {
            first += 1;
        }
        while leaves_room(second, first + second, 300, 1) {
            second += 1;
        }
        assert_eq!((first, second), (200, 67));
        assert!(leaves_room(0, first + second, 300, 1), "a third one comes in, too");
    }
}
