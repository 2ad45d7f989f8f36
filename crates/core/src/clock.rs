//! Time, from the system or set by a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// The source of the current time, in UTC. Cheap to clone; clones of a manual clock share its time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds since the Unix epoch when the clock is manual, nothing when it is the system's.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// A clock that stands still at `start` until [`Clock::advance`] or [`Clock::set`] moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self { manual: Some(Arc::new(AtomicI64::new(start.timestamp_micros()))) }
    }

    /// The current time, cut to microseconds, which is what PostgreSQL stores.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.manual {
            Some(manual) => manual.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "the one door to the system clock")]
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a manual clock by `delta`. Has no effect on the system's clock.
    pub fn advance(&self, delta: TimeDelta) {
        if let Some(manual) = &self.manual {
            manual.fetch_add(delta.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock to `time`. Has no effect on the system's clock.
    pub fn set(&self, time: DateTime<Utc>) {
        if let Some(manual) = &self.manual {
            manual.store(time.timestamp_micros(), Ordering::SeqCst);
        }
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
}
