//! Adaptive concurrency limits: how many calls may be in flight, found by measuring their latency.
//!
//! [`Adaptive`] is the rule, without clock or lock: an AIMD (additive increase, multiplicative decrease) on latency, as in
//! Netflix's `concurrency-limits`. [`Limiter`] applies it: it admits calls while fewer are in flight than the limit and sheds
//! the others at once, the lowest priority first.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use comitia_core::random;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use serde::Deserialize;
use tokio::time::Instant;

use crate::error::{ApiError, Reason};

/// The least time between two changes of a limit.
const WINDOW: Duration = Duration::from_millis(100);
/// The fewest calls in a window; one with fewer is extended, up to [`LONGEST_WINDOW`].
const WINDOW_CALLS: usize = 10;
const LONGEST_WINDOW: Duration = Duration::from_secs(1);
/// A call that takes this many times as long as one on an idle server spent most of that time waiting.
const TOLERANCE: u32 = 4;
/// One slow call in so many is tolerated.
const SLOW_ONE_IN: usize = 10;

/// The bounds of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitConfig {
    /// The limit's minimum.
    pub least: usize,
    /// The limit's maximum.
    pub most: usize,
    /// Milliseconds that a call may take; it is slow when it takes longer, unless undisturbed calls take a quarter of it
    /// or more, as on a slow disk: then when it takes four times as long as those.
    pub target_ms: u64,
}

impl LimitConfig {
    fn target(&self) -> Duration {
        Duration::from_millis(self.target_ms)
    }
}

/// The rule of a limit: while calls are fast and the limit is what holds them back, it grows by an eighth; when more than
/// one call in ten is slow or dropped, it shrinks to four fifths of the calls in flight.
#[derive(Clone, Debug)]
pub struct Adaptive {
    config: LimitConfig,
    limit: usize,
    /// The latency of a call on an idle server.
    undisturbed: Option<Duration>,
    window: Window,
}

#[derive(Clone, Debug)]
struct Window {
    since: Instant,
    calls: usize,
    slow: usize,
    peak: usize,
    fastest: Option<Duration>,
}

impl Window {
    fn new(since: Instant) -> Self {
        Self { since, calls: 0, slow: 0, peak: 0, fastest: None }
    }
}

impl Adaptive {
    /// A limit that starts at a quarter of its maximum, so that the first rush is neither all shed nor all admitted.
    #[must_use]
    pub fn new(config: LimitConfig, now: Instant) -> Self {
        let config = LimitConfig { most: config.most.max(config.least).max(1), ..config };
        let limit = (config.most / 4).max(config.least).max(1);
        Self { config, limit, undisturbed: None, window: Window::new(now) }
    }

    /// How many calls may be in flight at once: between `least` and `most`, and never none.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Records a call that took `took` while `in_work` calls, itself included, were in flight. `dropped` means that it got
    /// no answer for want of capacity: too late, refused downstream, or everything downstream was away.
    pub fn ended(&mut self, now: Instant, took: Duration, in_work: usize, dropped: bool) {
        let slow_from = self.config.target().max(self.undisturbed.unwrap_or_default() * TOLERANCE);
        let window = &mut self.window;
        window.calls += 1;
        window.slow += usize::from(dropped || took > slow_from);
        window.peak = window.peak.max(in_work);
        if !dropped {
            window.fastest = Some(window.fastest.map_or(took, |fastest| fastest.min(took)));
        }
        let lasted = now.saturating_duration_since(window.since);
        if lasted >= LONGEST_WINDOW || (lasted >= WINDOW && window.calls >= WINDOW_CALLS) {
            self.turn(now);
        }
    }

    /// Adjusts the limit by a window, and starts the next.
    fn turn(&mut self, now: Instant) {
        let window = std::mem::replace(&mut self.window, Window::new(now));
        if let Some(fastest) = window.fastest {
            // Down at once, up slowly: a long rush does not become what is normal.
            self.undisturbed = Some(match self.undisturbed {
                Some(before) if before < fastest => before + (fastest - before) / 64,
                _ => fastest,
            });
        }
        if window.slow * SLOW_ONE_IN > window.calls {
            self.limit = (self.limit.min(window.peak) * 4 / 5).max(self.config.least).max(1);
        } else if window.peak * 10 >= self.limit * 9 {
            self.limit = (self.limit + self.limit / 8 + 1).min(self.config.most);
        }
    }
}

/// The priority of a call: under load the lowest is shed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Large answers that can wait: exports.
    Bulk,
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Ballots and what leads to them: permits, receipts, sign-in.
    Vote,
}

impl Priority {
    /// How much of `limit` calls of this priority may take up together with all others.
    #[must_use]
    pub fn share(self, limit: usize) -> usize {
        match self {
            Self::Bulk => limit / 2,
            Self::Read => limit - limit / 4,
            Self::Write => limit - limit / 8,
            Self::Vote => limit,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Read => "read",
            Self::Write => "write",
            Self::Vote => "vote",
        }
    }
}

/// An [`Adaptive`] limit in use. Clones are one.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    name: &'static str,
    in_work: AtomicUsize,
    limit: AtomicUsize,
    rule: Mutex<Adaptive>,
    refused: Counter<u64>,
}

/// The call was shed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more is asked than can be answered at this moment; try again")]
pub struct Refused {
    /// When to try again, with jitter, so that clients that were refused together do not come back together.
    pub retry_after: Duration,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::exhausted(Reason::Overloaded, refused.to_string(), refused.retry_after)
    }
}

/// Permit for one in-flight call, until it is dropped; [`Slot::done`] records its latency. A call that was refused before
/// it started, whose caller left or whose connection broke is not recorded.
#[derive(Debug)]
pub struct Slot {
    limiter: Limiter,
    since: Instant,
}

impl Limiter {
    /// A limit by the name that its metrics have.
    #[must_use]
    pub fn new(name: &'static str, config: LimitConfig) -> Self {
        let rule = Adaptive::new(config, Instant::now());
        let meter = global::meter("comitia");
        let limiter = Self(Arc::new(Inner {
            name,
            in_work: AtomicUsize::new(0),
            limit: AtomicUsize::new(rule.limit()),
            rule: Mutex::new(rule),
            refused: meter
                .u64_counter("comitia.limit.refused")
                .with_unit("{call}")
                .with_description("calls refused because too many were in flight, by limit and priority")
                .build(),
        }));
        let observe = |of: fn(&Inner) -> &AtomicUsize| {
            let inner = Arc::downgrade(&limiter.0);
            move |observer: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
                if let Some(inner) = inner.upgrade() {
                    let value = of(&inner).load(Ordering::Relaxed) as u64;
                    observer.observe(value, &[KeyValue::new("limit", inner.name)]);
                }
            }
        };
        meter
            .u64_observable_gauge("comitia.limit.most")
            .with_unit("{call}")
            .with_description("how many calls may be in flight at once, as measured")
            .with_callback(observe(|inner| &inner.limit))
            .build();
        meter
            .u64_observable_gauge("comitia.limit.in_work")
            .with_unit("{call}")
            .with_description("how many calls are in flight")
            .with_callback(observe(|inner| &inner.in_work))
            .build();
        limiter
    }

    /// Admits a call, or refuses it at once.
    ///
    /// # Errors
    /// [`Refused`], with the time after which to try again.
    pub fn enter(&self, priority: Priority) -> Result<Slot, Refused> {
        self.enter_if(priority, |in_work, most| in_work < most)
    }

    /// As [`Limiter::enter`], but `fits` decides, of how many calls are in flight and how many of this priority may be.
    ///
    /// # Errors
    /// [`Refused`], with the time after which to try again.
    pub fn enter_if(
        &self,
        priority: Priority,
        fits: impl FnOnce(usize, usize) -> bool,
    ) -> Result<Slot, Refused> {
        let inner = &*self.0;
        let before = inner.in_work.fetch_add(1, Ordering::Relaxed);
        if fits(before, priority.share(inner.limit.load(Ordering::Relaxed))) {
            return Ok(Slot { limiter: self.clone(), since: Instant::now() });
        }
        inner.in_work.fetch_sub(1, Ordering::Relaxed);
        Err(self.refuse(priority))
    }

    /// Refuses a call that [`Limiter::enter`] would refuse now, before any work is spent on it. Takes no permit.
    ///
    /// # Errors
    /// [`Refused`], with the time after which to try again.
    pub fn check(&self, priority: Priority) -> Result<(), Refused> {
        self.check_if(priority, |in_work, most| in_work < most)
    }

    /// As [`Limiter::check`] for [`Limiter::enter_if`].
    ///
    /// # Errors
    /// [`Refused`], with the time after which to try again.
    pub fn check_if(
        &self,
        priority: Priority,
        fits: impl FnOnce(usize, usize) -> bool,
    ) -> Result<(), Refused> {
        if fits(self.in_work(), priority.share(self.limit())) { Ok(()) } else { Err(self.refuse(priority)) }
    }

    fn refuse(&self, priority: Priority) -> Refused {
        let attributes = [KeyValue::new("limit", self.0.name), KeyValue::new("priority", priority.name())];
        self.0.refused.add(1, &attributes);
        Refused { retry_after: jitter(Duration::from_secs(1)) }
    }

    /// How many calls may be in flight at once, now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// How many calls are in flight.
    #[must_use]
    pub fn in_work(&self) -> usize {
        self.0.in_work.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("name", &self.0.name)
            .field("limit", &self.limit())
            .field("in_work", &self.in_work())
            .finish()
    }
}

impl Slot {
    /// The call is made again, because its connection broke. What is measured begins now.
    pub fn again(&mut self) {
        self.since = Instant::now();
    }

    /// The call has come to its end. `dropped` says that it got no answer for want of capacity.
    pub fn done(self, dropped: bool) {
        let inner = &*self.limiter.0;
        let now = Instant::now();
        let in_work = inner.in_work.load(Ordering::Relaxed);
        let mut rule = inner.rule.lock().unwrap_or_else(PoisonError::into_inner);
        rule.ended(now, now.saturating_duration_since(self.since), in_work, dropped);
        inner.limit.store(rule.limit(), Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.limiter.0.in_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `least` and up to four times as much: jitter.
#[must_use]
pub fn jitter(least: Duration) -> Duration {
    let share = u32::from(u16::from_be_bytes(random::bytes()));
    least + least * 3 * share / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONFIG: LimitConfig = LimitConfig { least: 8, most: 1_000, target_ms: 100 };

    /// Runs `rule` before a server that works on `capacity` calls at once, 10 ms each, while callers ask for more than
    /// the limit all the time. Gives the limit after each second.
    fn saturate(rule: &mut Adaptive, mut now: Instant, capacity: usize, seconds: usize) -> Vec<usize> {
        let mut limits = Vec::new();
        for _ in 0..seconds {
            let end = now + Duration::from_secs(1);
            while now < end {
                // One round: whatever is let in is worked off, `capacity` at a time.
                let in_work = rule.limit();
                let rounds = in_work.div_ceil(capacity).max(1);
                for round in 1..=rounds {
                    now += Duration::from_millis(10);
                    let took = Duration::from_millis(10) * u32::try_from(round).unwrap();
                    for _ in 0..capacity.min(in_work - (round - 1) * capacity.min(in_work)) {
                        rule.ended(now, took, in_work, false);
                    }
                }
            }
            limits.push(rule.limit());
        }
        limits
    }

    #[test]
    fn it_settles_where_calls_take_about_as_long_as_they_may() {
        let start = Instant::now();
        let mut rule = Adaptive::new(CONFIG, start);
        let limits = saturate(&mut rule, start, 20, 20);
        // Twenty at once, 10 ms each, 100 ms allowed: 200 in flight wait 100 ms.
        for limit in &limits[10..] {
            assert!((120..=320).contains(limit), "{limits:?}");
        }
    }

    #[test]
    fn what_is_slow_by_nature_is_not_mistaken_for_overload() {
        let start = Instant::now();
        let mut rule = Adaptive::new(CONFIG, start);
        let before = rule.limit();
        let mut now = start;
        for _ in 0..1_000 {
            now += Duration::from_millis(20);
            rule.ended(now, Duration::from_millis(150), before, false);
        }
        // The first window knows no better; from then on 150 ms are what an undisturbed call takes.
        assert!(rule.limit() > before, "{} from {before}", rule.limit());
    }

    #[test]
    fn it_comes_back_in_seconds_after_everything_stood_still() {
        let start = Instant::now();
        let mut rule = Adaptive::new(CONFIG, start);
        let mut now = start + Duration::from_secs(20);
        for _ in 0..50 {
            now += WINDOW;
            (0..20).for_each(|_| rule.ended(now, Duration::from_secs(20), 1_000, true));
        }
        assert_eq!(rule.limit(), CONFIG.least);
        let limits = saturate(&mut rule, now, 100, 3);
        assert!(limits[2] >= 100, "as many as can be worked on at once: {limits:?}");
    }

    #[test]
    fn a_limit_that_holds_nobody_back_stays() {
        let start = Instant::now();
        let mut rule = Adaptive::new(CONFIG, start);
        let before = rule.limit();
        for call in 1..1_000_u32 {
            rule.ended(start + Duration::from_millis(10) * call, Duration::from_millis(1), 3, false);
        }
        assert_eq!(rule.limit(), before);
    }

    #[test]
    fn what_matters_least_is_refused_first() {
        let limiter = Limiter::new("test", LimitConfig { least: 8, most: 8, target_ms: 100 });
        let mut slots = Vec::new();
        for (priority, fit) in
            [(Priority::Bulk, 4), (Priority::Read, 6), (Priority::Write, 7), (Priority::Vote, 8)]
        {
            while let Ok(slot) = limiter.enter(priority) {
                slots.push(slot);
            }
            assert_eq!(slots.len(), fit, "{priority:?}");
        }
        let refused = limiter.enter(Priority::Vote).unwrap_err();
        assert!((1..=4).contains(&refused.retry_after.as_secs()), "{refused:?}");
        assert_eq!(ApiError::from(refused).reason_name(), "OVERLOADED");
        drop(slots);
        assert_eq!(limiter.in_work(), 0);
        assert!(limiter.enter(Priority::Bulk).is_ok());
    }

    #[test]
    fn those_refused_together_are_told_different_times() {
        let least = Duration::from_secs(1);
        let times: std::collections::BTreeSet<_> = (0..50).map(|_| jitter(least)).collect();
        assert!(times.len() > 25, "{times:?}");
        assert!(times.iter().all(|time| (least..=least * 4).contains(time)));
    }

    proptest! {
        #[test]
        fn it_keeps_its_bounds_whatever_happens(
            least in 0..50_usize,
            most in 0..500_usize,
            calls in proptest::collection::vec((0..300_u64, 0..2_000_u64, 0..2_000_usize, any::<bool>()), 0..300),
        ) {
            let mut now = Instant::now();
            let config = LimitConfig { least, most, target_ms: 100 };
            let mut rule = Adaptive::new(config, now);
            for (pause, took, in_work, dropped) in calls {
                now += Duration::from_millis(pause);
                let before = rule.limit();
                rule.ended(now, Duration::from_millis(took), in_work, dropped);
                prop_assert!(rule.limit() >= least.max(1) && rule.limit() <= most.max(least).max(1));
                // Nothing grows by more than an eighth and one at a time.
                prop_assert!(rule.limit() <= before + before / 8 + 1);
            }
        }

        #[test]
        fn windows_full_of_drops_only_ever_shrink_it(in_work in 1..2_000_usize, windows in 1..50_usize) {
            let mut now = Instant::now();
            let mut rule = Adaptive::new(CONFIG, now);
            for _ in 0..windows {
                let before = rule.limit();
                now += WINDOW;
                for _ in 0..=WINDOW_CALLS {
                    rule.ended(now, Duration::from_millis(1), in_work, true);
                }
                prop_assert!(rule.limit() <= before);
            }
        }
    }
}
