//! A rate limit without a cache.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{Decision, RateLimit, gcra};

/// A rate limit of this process alone, for events too frequent for a call to the cache: one atomic number, no lock.
#[derive(Debug)]
pub struct LocalLimit {
    limit: RateLimit,
    /// The theoretical arrival time, in microseconds since the epoch.
    tat: AtomicI64,
}

impl LocalLimit {
    /// A limit that has counted nothing yet.
    #[must_use]
    pub const fn new(limit: RateLimit) -> Self {
        Self { limit, tat: AtomicI64::new(0) }
    }

    /// Asks to act once at `now`.
    pub fn allow(&self, now: DateTime<Utc>) -> Decision {
        let now = now.timestamp_micros();
        let mut tat = self.tat.load(Ordering::Relaxed);
        loop {
            let (decision, next) = gcra::decide(self.limit, Some(tat), now, Duration::ZERO);
            let Some(next) = next else { return decision };
            match self.tat.compare_exchange_weak(tat, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return decision,
                Err(present) => tat = present,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000, 0).unwrap()
    }

    #[test]
    fn the_burst_passes_at_once_and_the_rest_in_time() {
        let limit = LocalLimit::new(RateLimit::new(2, Duration::from_secs(1)));
        let after = |milliseconds| limit.allow(start() + TimeDelta::milliseconds(milliseconds));
        assert!(after(0).allowed && after(0).allowed);
        let refused = after(0);
        assert_eq!((refused.allowed, refused.retry_after), (false, Duration::from_millis(500)));
        assert!(after(500).allowed && !after(500).allowed);
    }

    #[test]
    fn threads_share_it_exactly() {
        let limit = Arc::new(LocalLimit::new(RateLimit::new(1_000, Duration::from_secs(1_000))));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let limit = limit.clone();
                std::thread::spawn(move || (0..1_000).filter(|_| limit.allow(start()).allowed).count())
            })
            .collect();
        let allowed: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(allowed, 1_000);
    }
}
