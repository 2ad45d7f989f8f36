//! How many people a gateway admits per second.

use crate::config::WaitingRoomConfig;

/// The unit of the bucket: thousandths of a person per second, times microseconds.
const PERSON: i64 = 1_000_000_000;
/// The bucket holds one second's worth.
const BUCKET_MICROS: i64 = 1_000_000;
/// How many ticks without strain raise the rate from zero to the ceiling.
const TICKS_TO_CEILING: i64 = 40;
/// One refusal in this many requests counts as strain.
const REFUSED_IN: u64 = 20;

/// What the gateway saw since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    pub requests: u64,
    /// Requests refused because something is at its limit or unreachable.
    pub strained: u64,
    /// Admitted and answered sign-ins.
    pub sign_ins: u64,
    /// Sign-ins that were slower than the target.
    pub slow: u64,
}

impl Load {
    fn is_strained(self) -> bool {
        (self.strained > 0 && self.strained * REFUSED_IN >= self.requests) || self.slow * 2 > self.sign_ins
    }
}

/// The rate at which this gateway admits people, and the bucket that it fills. The rate starts at
/// the ceiling. It drops by a quarter with each tick of strain and rises linearly otherwise
/// (additive increase, multiplicative decrease), between floor and ceiling. So several gateways in
/// front of one capacity converge as TCP connections do.
#[derive(Debug)]
pub struct Pace {
    floor: i64,
    ceiling: i64,
    rate: i64,
    tokens: i64,
    filled: i64,
}

impl Pace {
    /// A full bucket at `now`, in microseconds.
    pub fn new(config: &WaitingRoomConfig, now: i64) -> Self {
        let ceiling = i64::from(config.admit_ceiling.max(1)) * 1_000;
        let floor = (i64::from(config.admit_floor.max(1)) * 1_000).min(ceiling);
        Self { floor, ceiling, rate: ceiling, tokens: (ceiling * BUCKET_MICROS).max(PERSON), filled: now }
    }

    /// In thousandths of a person per second.
    pub fn rate(&self) -> i64 {
        self.rate
    }

    /// Adapts the rate to what the gateway saw since the last tick.
    pub fn adapt(&mut self, load: Load) {
        let rate =
            if load.is_strained() { self.rate / 4 * 3 } else { self.rate + self.ceiling / TICKS_TO_CEILING };
        self.rate = rate.clamp(self.floor, self.ceiling);
    }

    /// How many people may be admitted now.
    pub fn available(&mut self, now: i64) -> u32 {
        let passed = (now - self.filled).clamp(0, BUCKET_MICROS);
        self.filled = now;
        self.tokens = (self.tokens + self.rate * passed).min((self.rate * BUCKET_MICROS).max(PERSON));
        u32::try_from(self.tokens / PERSON).unwrap_or(0)
    }

    /// Takes admitted people from the bucket.
    pub fn spend(&mut self, people: u32) {
        self.tokens -= PERSON * i64::from(people);
    }

    /// Admits one person, if there is capacity.
    pub fn take_one(&mut self, now: i64) -> bool {
        let room = self.available(now) > 0;
        if room {
            self.spend(1);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CALM: Load = Load { requests: 100, strained: 0, sign_ins: 10, slow: 0 };
    const STRAIN: Load = Load { requests: 100, strained: 5, sign_ins: 10, slow: 0 };

    fn pace(floor: u32, ceiling: u32) -> Pace {
        Pace::new(&WaitingRoomConfig { admit_floor: floor, admit_ceiling: ceiling, ..Default::default() }, 0)
    }

    #[test]
    fn it_falls_fast_under_strain_and_climbs_back_slowly() {
        let mut pace = pace(10, 1_000);
        pace.adapt(STRAIN);
        assert_eq!(pace.rate(), 750_000);
        (0..30).for_each(|_| pace.adapt(STRAIN));
        assert_eq!(pace.rate(), 10_000, "never below the floor");
        pace.adapt(CALM);
        assert_eq!(pace.rate(), 35_000);
        (0..60).for_each(|_| pace.adapt(CALM));
        assert_eq!(pace.rate(), 1_000_000, "never above the ceiling");
    }

    #[test]
    fn a_single_mishap_is_no_strain_and_slowness_is() {
        assert!(!Load { strained: 4, ..CALM }.is_strained());
        assert!(STRAIN.is_strained());
        assert!(!Load { slow: 5, ..CALM }.is_strained());
        assert!(Load { slow: 6, ..CALM }.is_strained());
        assert!(!Load::default().is_strained(), "nothing happened");
    }

    #[test]
    fn a_rate_below_one_a_tick_still_lets_people_in() {
        let mut pace = pace(1, 1);
        assert!(pace.take_one(0) && !pace.take_one(999_999) && pace.take_one(1_000_000));
    }

    proptest! {
        /// In any period, at most one bucket plus the rate's worth is admitted.
        #[test]
        fn the_rate_is_kept(ceiling in 1_u32..3_000, steps in prop::collection::vec((1_i64..900_000, 0_u32..500), 1..100)) {
            let mut pace = pace(1, ceiling);
            let (mut now, mut admitted) = (0, 0);
            for (pause, wanted) in steps {
                now += pause;
                let people = wanted.min(pace.available(now));
                pace.spend(people);
                admitted += i64::from(people);
                prop_assert!(admitted <= i64::from(ceiling) + now * i64::from(ceiling) / 1_000_000 + 1);
            }
        }
    }
}
