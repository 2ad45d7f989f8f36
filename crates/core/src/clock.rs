//! Time: from the system, from another machine's clock, or set by a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// The source of the current time, in UTC. Cheap to clone; clones of a clock that can be set share its time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
    Carried(Arc<Carried>),
}

/// A time that passes with the monotonic clock, which does not jump.
#[derive(Debug)]
struct Carried {
    began: Instant,
    /// Microseconds since the Unix epoch when it began.
    epoch: AtomicI64,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A clock that stands still at `start` until [`Clock::advance`] or [`Clock::set`] moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self { source: Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))) }
    }

    /// A clock that starts at this one's time and follows the monotonic clock, whatever happens to the machine's wall
    /// clock, until [`Clock::set`]. A manual clock is cloned instead.
    #[must_use]
    pub fn carried_on(&self) -> Self {
        if let Source::Manual(_) = self.source {
            return self.clone();
        }
        let epoch = AtomicI64::new(self.now().timestamp_micros());
        Self { source: Source::Carried(Arc::new(Carried { began: Instant::now(), epoch })) }
    }

    /// The current time, cut to microseconds, which is what PostgreSQL stores.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.source {
            #[expect(clippy::disallowed_methods, reason = "the one door to the system clock")]
            Source::System => Utc::now().timestamp_micros(),
            Source::Manual(manual) => manual.load(Ordering::SeqCst),
            Source::Carried(carried) => carried.epoch.load(Ordering::Relaxed) + carried.passed(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// How far this clock is ahead of the machine's. Zero for a manual clock.
    #[must_use]
    pub fn ahead_of_system(&self) -> TimeDelta {
        match &self.source {
            Source::Carried(_) => self.now() - Self::system().now(),
            Source::System | Source::Manual(_) => TimeDelta::zero(),
        }
    }

    /// Moves a manual clock by `delta`. Has no effect on another one.
    pub fn advance(&self, delta: TimeDelta) {
        if let Source::Manual(manual) = &self.source {
            manual.fetch_add(delta.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Sets a clock that is manual or carried on. Has no effect on the system's clock.
    pub fn set(&self, time: DateTime<Utc>) {
        let micros = time.timestamp_micros();
        match &self.source {
            Source::System => {}
            Source::Manual(manual) => manual.store(micros, Ordering::SeqCst),
            Source::Carried(carried) => carried.epoch.store(micros - carried.passed(), Ordering::Relaxed),
        }
    }
}

impl Carried {
    /// Microseconds since it began.
    fn passed(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let clock = Clock::manual(start);
        let same = clock.clone();
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::seconds(90));
        assert_eq!(same.now(), start + TimeDelta::seconds(90));
    }

    #[test]
    fn a_clock_that_is_carried_on_follows_whoever_sets_it() {
        let clock = Clock::system().carried_on();
        assert!(clock.ahead_of_system().abs() < TimeDelta::seconds(5));
        let same = clock.clone();
        let told = clock.now() + TimeDelta::days(2);
        clock.set(told);
        let now = same.now();
        assert!(now >= told && now < told + TimeDelta::minutes(1));
        assert!(same.now() >= now);
        assert!(same.ahead_of_system() > TimeDelta::hours(47));
    }

    #[test]
    fn a_manual_clock_that_is_carried_on_is_still_the_tests() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let same = clock.carried_on();
        clock.advance(TimeDelta::seconds(3));
        assert_eq!(same.now(), clock.now());
        assert_eq!(same.ahead_of_system(), TimeDelta::zero());
    }
}
