//! Counts of requests, which the pace adapts to.

use std::sync::atomic::{AtomicU64, Ordering};

use comitia_platform::Reason;

use super::pace::Load;
use crate::http::error::Error;

/// Counters since the last tick.
#[derive(Debug, Default)]
pub struct Seen {
    pub(super) requests: AtomicU64,
    pub(super) strained: AtomicU64,
    pub(super) sign_ins: AtomicU64,
    pub(super) slow: AtomicU64,
}

impl Seen {
    /// Counts a request. `waits` says whether its method waits its turn.
    pub fn count(&self, waits: bool, error: Option<&Error>, slow: bool) {
        // A broken connection does not show how much load the services can take.
        if error.is_some_and(connection_broke) {
            return;
        }
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        count(&self.requests);
        if error.is_some_and(is_strain) {
            count(&self.strained);
        }
        let refused = matches!(
            error,
            Some(Error::WaitingRoom { .. } | Error::RateLimited { .. } | Error::OrganizationLimited { .. })
        );
        if waits && !refused {
            count(&self.sign_ins);
            if slow {
                count(&self.slow);
            }
        }
    }

    /// The counts since the last call.
    pub fn take(&self) -> Load {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        Load {
            requests: take(&self.requests),
            strained: take(&self.strained),
            sign_ins: take(&self.sign_ins),
            slow: take(&self.slow),
        }
    }
}

/// Whether an error shows that something is at its limit or unavailable.
fn is_strain(error: &Error) -> bool {
    let by_reason = |reason: Reason| {
        matches!(reason, Reason::Overloaded | Reason::DependencyUnavailable | Reason::DeadlineExceeded)
    };
    match error {
        Error::Overloaded { .. } | Error::DeadlineExceeded => true,
        Error::Upstream(error) => by_reason(error.reason),
        Error::Shared(error) => by_reason(error.reason),
        _ => false,
    }
}

fn connection_broke(error: &Error) -> bool {
    match error {
        Error::Upstream(error) => error.connection_broke(),
        Error::Shared(error) => error.connection_broke(),
        _ => false,
    }
}
