//! The generic cell rate algorithm: one number a key, the theoretical arrival time (TAT) at which the key is as
//! good as new. All in microseconds.

use std::time::Duration;

use crate::{Decision, RateLimit};

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

/// The whole time and the time of one action.
pub(crate) fn periods(limit: RateLimit) -> (i64, i64) {
    let per = micros(limit.per).max(1);
    (per, (per / i64::from(limit.burst.max(1))).max(1))
}

/// The answer at `now` for a key whose TAT is `tat`, and its new TAT if the action is allowed, now or within `longest`.
pub(crate) fn decide(
    limit: RateLimit,
    tat: Option<i64>,
    now: i64,
    longest: Duration,
) -> (Decision, Option<i64>) {
    let (per, interval) = periods(limit);
    let next = tat.unwrap_or(now).max(now) + interval;
    let excess = next - now - per;
    let too_long = excess - micros(longest);
    if too_long > 0 {
        (answer(false, 0, too_long), None)
    } else {
        (answer(true, (-excess / interval).max(0), excess.max(0)), Some(next))
    }
}

/// A decision from its numbers.
pub(crate) fn answer(allowed: bool, remaining: i64, retry_after: i64) -> Decision {
    Decision {
        allowed,
        remaining: u32::try_from(remaining).unwrap_or(0),
        retry_after: Duration::from_micros(u64::try_from(retry_after).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In any window of `per`, at most twice the burst passes, and at once exactly the burst.
        #[test]
        fn a_limit_is_kept(burst in 1_u32..50, per in 1_u64..100_000, steps in prop::collection::vec(0_i64..5_000, 1..400)) {
            let limit = RateLimit::new(burst, Duration::from_micros(per * u64::from(burst)));
            let (period, _) = periods(limit);
            let (mut now, mut tat, mut passed) = (0, None, Vec::new());
            for step in steps {
                now += step;
                let (decision, next) = decide(limit, tat, now, Duration::ZERO);
                if decision.allowed {
                    tat = next;
                    passed.push(now);
                    let (again, _) = decide(limit, tat, now, Duration::ZERO);
                    prop_assert_eq!(again.allowed, decision.remaining > 0);
                } else {
                    let later = now + i64::try_from(decision.retry_after.as_micros()).unwrap();
                    prop_assert!(decide(limit, tat, later, Duration::ZERO).0.allowed);
                    prop_assert!(!decide(limit, tat, later - 1, Duration::ZERO).0.allowed);
                }
            }
            for (index, start) in passed.iter().enumerate() {
                let window = passed[index..].iter().take_while(|time| **time < start + period).count();
                prop_assert!(window <= 2 * burst as usize);
            }
        }
    }

    #[test]
    fn the_burst_passes_at_once_and_then_one_an_interval() {
        let limit = RateLimit::new(3, Duration::from_secs(3));
        let mut tat = None;
        for remaining in [2, 1, 0] {
            let (decision, next) = decide(limit, tat, 0, Duration::ZERO);
            assert_eq!((decision.allowed, decision.remaining), (true, remaining));
            tat = next;
        }
        let (refused, next) = decide(limit, tat, 0, Duration::ZERO);
        assert_eq!((refused.allowed, refused.retry_after, next), (false, Duration::from_secs(1), None));
        assert!(decide(limit, tat, 1_000_000, Duration::ZERO).0.allowed);
    }
}
