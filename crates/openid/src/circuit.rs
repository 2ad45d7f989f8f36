//! Leaves a provider alone that fails, and finds out by itself when it is back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How long a provider is left alone.
pub const PAUSE: Duration = Duration::from_secs(10);
/// How many calls in a row must fail before it is.
const FAILURES: u32 = 5;

/// Closed while calls succeed. Open after five failures in a row: nobody waits for the provider then. After each
/// [`PAUSE`] one call goes through to see; when it succeeds, the circuit closes.
#[derive(Debug, Default)]
pub struct Circuit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<DateTime<Utc>>,
}

impl Circuit {
    /// Whether a call may be made now.
    ///
    /// # Errors
    /// How long to wait, when not.
    pub fn enter(&self, now: DateTime<Utc>) -> Result<(), Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.until {
            Some(until) if now < until => Err((until - now).to_std().unwrap_or(PAUSE)),
            Some(_) => {
                state.until = Some(after(now));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The provider answered.
    pub fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// The provider did not answer.
    pub fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if state.failures >= FAILURES {
            state.until = Some(after(now));
        }
    }
}

fn after(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::from_std(PAUSE).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_by_itself() {
        let (circuit, start) = (Circuit::default(), DateTime::UNIX_EPOCH);
        let second = |n| start + TimeDelta::seconds(n);
        for _ in 1..FAILURES {
            assert_eq!(circuit.enter(start), Ok(()));
            circuit.failed(start);
        }
        circuit.succeeded();
        for _ in 0..FAILURES {
            assert_eq!(circuit.enter(start), Ok(()), "failures that are not in a row are forgotten");
            circuit.failed(start);
        }
        assert_eq!(circuit.enter(second(4)), Err(Duration::from_secs(6)));
        // One goes to see, the others wait for what it finds.
        assert_eq!(circuit.enter(second(10)), Ok(()));
        assert_eq!(circuit.enter(second(11)), Err(Duration::from_secs(9)));
        circuit.failed(second(12));
        assert_eq!(circuit.enter(second(21)), Err(Duration::from_secs(1)));
        assert_eq!(circuit.enter(second(22)), Ok(()));
        circuit.succeeded();
        assert_eq!(circuit.enter(second(22)), Ok(()));
        assert_eq!(circuit.enter(second(22)), Ok(()));
    }
}
