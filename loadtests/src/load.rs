//! The generator: requests that were encoded before the run, sent over kept connections by one thread, so that it takes
//! little of the machine that it shares with what it measures.
//!
//! A closed loop sends the next request of a connection when the answer to the one before is there: it finds how much
//! can be done. An open loop sends when requests are due, whatever the answers do, as people come: it finds what they
//! wait. There a latency counts from the time at which the request was due, not from when a connection was free for
//! it, so that a server that stalls cannot hide those who had to wait (coordinated omission).

pub mod batch;
pub mod grpc;
pub mod http;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};

/// A request without an answer for this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Who is refused in a closed loop waits so long.
const MOMENT: Duration = Duration::from_millis(20);

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Accepted,
    /// The server said no, and why.
    Refused(String),
    /// There was no answer, and why.
    Failed(String),
}

/// Sends one request after the other.
pub trait Connection {
    /// Sends an encoded request and waits for its answer. After a failure, or when it is dropped before its end, the
    /// next call connects anew.
    async fn call(&mut self, request: &Bytes) -> Answer;
}

/// What a run has shown.
#[derive(Debug)]
pub struct Measured {
    /// How long was counted, without the warm-up.
    pub window: Duration,
    /// Microseconds until a request was done.
    pub accepted: Histogram<u64>,
    /// Microseconds until a request was refused.
    pub refused: Histogram<u64>,
    /// Why requests were refused or failed, and how many.
    pub reasons: BTreeMap<String, u64>,
    /// Requests without an answer.
    pub failed: u64,
}

impl Measured {
    fn new() -> Self {
        Self {
            window: Duration::ZERO,
            accepted: latencies(),
            refused: latencies(),
            reasons: BTreeMap::new(),
            failed: 0,
        }
    }

    fn record(&mut self, latency: Duration, answer: Answer) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let (histogram, reason) = match answer {
            Answer::Accepted => (&mut self.accepted, None),
            Answer::Refused(reason) => (&mut self.refused, Some(reason)),
            Answer::Failed(reason) => {
                self.failed += 1;
                *self.reasons.entry(reason).or_default() += 1;
                return;
            }
        };
        histogram.saturating_record(micros);
        if let Some(reason) = reason {
            *self.reasons.entry(reason).or_default() += 1;
        }
    }

    /// Requests done a second.
    pub fn accepted_per_second(&self) -> f64 {
        rate(self.accepted.len(), self.window)
    }

    /// The run in numbers: milliseconds and requests a second.
    pub fn detail(&self) -> Value {
        json!({
            "seconds": rounded(self.window.as_secs_f64()),
            "accepted": self.accepted.len(),
            "accepted_per_second": rounded(self.accepted_per_second()),
            "accepted_ms": quantiles(&self.accepted),
            "refused": self.refused.len(),
            "refused_ms": quantiles(&self.refused),
            "failed": self.failed,
            "reasons": self.reasons,
        })
    }
}

/// An empty histogram of microseconds with two digits, up to an hour: what takes longer is recorded as an hour.
pub fn latencies() -> Histogram<u64> {
    #[expect(clippy::expect_used, reason = "these bounds and two digits are allowed")]
    Histogram::new_with_max(3_600_000_000, 2).expect("an hour, two digits")
}

/// How many a second.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub fn rate(count: u64, window: Duration) -> f64 {
    count as f64 / window.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Milliseconds at a quantile of a histogram of microseconds.
#[expect(clippy::cast_precision_loss, reason = "microseconds of a run are far below 2^52")]
pub fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    rounded(histogram.value_at_quantile(quantile) as f64 / 1000.0)
}

/// Three decimals are enough for people.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The distribution of a histogram of microseconds, in milliseconds.
pub fn quantiles(histogram: &Histogram<u64>) -> Value {
    let at = |quantile| milliseconds(histogram, quantile);
    json!({"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": at(1.0)})
}

/// Sends `requests` over all connections at once, each as fast as answers come, until they are used up or `longest` is
/// over. Who is refused asks again after a moment, so that refusals use up no requests. Counts the answers that came after
/// `warm_up` and while every connection was at work.
pub async fn closed<C: Connection>(
    connections: Vec<C>,
    requests: &[Bytes],
    warm_up: Duration,
    longest: Duration,
) -> Measured {
    let (start, next, measured) = (Instant::now(), Cell::new(0), RefCell::new(Measured::new()));
    let (warm, end) = (start + warm_up, Cell::new(start + longest));
    let run = async |mut connection: C| {
        while let Some(request) = requests.get(next.replace(next.get() + 1)) {
            loop {
                let sent = Instant::now();
                if sent >= end.get() {
                    return;
                }
                let answer = call(&mut connection, request).await;
                let (now, refused) = (Instant::now(), matches!(answer, Answer::Refused(_)));
                if now >= warm && now < end.get() {
                    measured.borrow_mut().record(now - sent, answer);
                }
                if !refused {
                    break;
                }
                tokio::time::sleep(MOMENT).await;
            }
        }
        end.set(end.get().min(Instant::now()));
    };
    join_all(connections.into_iter().map(run)).await;
    let mut measured = measured.into_inner();
    measured.window = end.get().saturating_duration_since(warm);
    measured
}

/// Sends `rate` requests a second at even distances, until they are used up, over whichever connection is free. Counts
/// the requests that were due after `warm_up`, each from the time at which it was due until its answer.
pub async fn open<C: Connection>(
    connections: Vec<C>,
    requests: &[Bytes],
    rate: f64,
    warm_up: Duration,
) -> Measured {
    let (start, next, measured) = (Instant::now(), Cell::new(0_u32), RefCell::new(Measured::new()));
    let due_of = |number: u32| start + Duration::from_secs_f64(f64::from(number) / rate);
    let run = async |mut connection: C| {
        loop {
            let number = next.replace(next.get() + 1);
            let Some(request) = requests.get(number as usize) else { return };
            let due = due_of(number);
            if due > Instant::now() {
                sleep_until(due).await;
            }
            let answer = call(&mut connection, request).await;
            if due >= start + warm_up {
                measured.borrow_mut().record(due.elapsed(), answer);
            }
        }
    };
    join_all(connections.into_iter().map(run)).await;
    let mut measured = measured.into_inner();
    let end = due_of(u32::try_from(requests.len()).unwrap_or(u32::MAX));
    measured.window = end.saturating_duration_since(start + warm_up);
    measured
}

async fn call(connection: &mut impl Connection, request: &Bytes) -> Answer {
    timeout(PATIENCE, connection.call(request))
        .await
        .unwrap_or_else(|_| Answer::Failed("no answer".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers after 5 ms, save for one stall.
    struct Server {
        stall: Option<(Instant, Instant)>,
    }

    impl Connection for Server {
        async fn call(&mut self, request: &Bytes) -> Answer {
            match self.stall {
                Some((from, until)) if Instant::now() >= from && Instant::now() < until => {
                    sleep_until(until).await;
                }
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            match &request[..] {
                b"no" => Answer::Refused("busy".to_owned()),
                _ => Answer::Accepted,
            }
        }
    }

    fn requests(count: usize) -> Vec<Bytes> {
        vec![Bytes::from_static(b"yes"); count]
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_loop_counts_those_who_came_while_the_server_stalled() {
        // 100 a second for 10 s over 4 connections; nothing is answered for one second in the middle.
        let stall = Some((Instant::now() + Duration::from_secs(5), Instant::now() + Duration::from_secs(6)));
        let connections = (0..4).map(|_| Server { stall }).collect();
        let measured = open(connections, &requests(1_000), 100.0, Duration::ZERO).await;
        assert_eq!(measured.accepted.len(), 1_000);
        // All 100 who came in that second waited, half of them half of it, not only the four that were on the wire.
        let late = measured.accepted.len() - measured.accepted.count_between(0, 400_000);
        assert!((50..=80).contains(&late), "{late}");
        assert!(milliseconds(&measured.accepted, 1.0) >= 990.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_goes_as_fast_as_answers_come() {
        let connections = (0..10).map(|_| Server { stall: None }).collect();
        let seconds = Duration::from_secs;
        let measured = closed(connections, &requests(100_000), seconds(1), seconds(3)).await;
        let rate = measured.accepted_per_second();
        assert!((1_500.0..=2_000.0).contains(&rate), "10 connections, 5 to 6 ms a call: {rate}");
        assert_eq!(measured.window, seconds(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_that_runs_out_of_requests_counts_the_time_until_then() {
        let connections = (0..10).map(|_| Server { stall: None }).collect();
        let measured = closed(connections, &requests(1_000), Duration::ZERO, Duration::from_secs(60)).await;
        assert!(measured.window < Duration::from_secs(1), "{:?}", measured.window);
        let rate = measured.accepted_per_second();
        assert!((1_500.0..=2_000.0).contains(&rate), "{rate}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_in_a_closed_loop_asks_again_with_the_same() {
        let requests = [vec![Bytes::from_static(b"no")], requests(3)].concat();
        let connection = Server { stall: None };
        let longest = Duration::from_secs(1);
        let measured = closed(vec![connection], &requests, Duration::ZERO, longest).await;
        assert_eq!(measured.accepted.len(), 0, "the first is refused all the time");
        assert_eq!(measured.refused.len(), 1_000 / 25);
        assert_eq!(measured.window, longest);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_counted_apart() {
        let requests = [requests(10), vec![Bytes::from_static(b"no"); 5]].concat();
        let measured = open(vec![Server { stall: None }], &requests, 100.0, Duration::ZERO).await;
        assert_eq!((measured.accepted.len(), measured.refused.len(), measured.failed), (10, 5, 0));
        assert_eq!(measured.reasons, BTreeMap::from([("busy".to_owned(), 5)]));
    }
}
