//! gRPC: the server that every service runs, and the clients that services call each other with.
//!
//! Each call, in this order: its span continues the caller's trace, it is counted and timed, its caller is
//! authorised ([`crate::auth::authorise`]), it must end before its deadline, and a panic in it is an internal
//! error of that call alone. A client passes the trace and what is left of the deadline on.

mod call;
mod client;
mod discovery;
mod fault;
mod heads;
mod pages;
mod retry;
mod server;

pub use call::{PartMethod, traceparent};
pub use client::{Client, Endpoints, ServiceIdentity, connect};
pub use discovery::AddressError;
pub use fault::Fault;
pub use heads::header_size;
pub use retry::never_begun;
pub use server::{ServeError, serve, serve_pages};

use std::time::Duration;

use tokio::time::Instant;

/// How long a call may take whose caller set no deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
/// Streams and imports go by other limits than messages of a few kilobytes; the gateway holds bodies below this.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// How many cancelled calls a connection may have at once. HTTP/2 libraries treat a few dozen as an attack (rapid reset)
/// and close the connection, with all its calls. Here the peer is one of our own processes, which cancels a call when
/// its caller has left, and hundreds of callers may leave together.
const MAX_GIVEN_UP: usize = 16 * 1024;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs `future` with a deadline that clients called inside pass on.
pub async fn with_deadline<F: Future>(deadline: Duration, future: F) -> F::Output {
    DEADLINE.scope(Instant::now() + deadline, future).await
}

/// What is left until the deadline of the present call.
#[must_use]
pub fn remaining() -> Option<Duration> {
    DEADLINE.try_with(|deadline| deadline.saturating_duration_since(Instant::now())).ok()
}

/// Reads a `grpc-timeout` value such as `250m` (gRPC over HTTP/2, "Timeout").
fn parse_timeout(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse_timeout("2S"), Some(Duration::from_secs(2)));
        assert_eq!(parse_timeout("1H"), Some(Duration::from_secs(3600)));
        for bad in ["", "m", "12", "123456789S", "-1S", "1s"] {
            assert_eq!(parse_timeout(bad), None, "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_of_the_deadline_shrinks() {
        with_deadline(Duration::from_secs(5), async {
            tokio::time::advance(Duration::from_secs(2)).await;
            assert_eq!(remaining(), Some(Duration::from_secs(3)));
        })
        .await;
        assert_eq!(remaining(), None);
    }
}
