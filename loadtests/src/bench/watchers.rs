//! Watchers of one poll: how many are held, what each costs, and how long a cast takes to their screens.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::BytesMut;
use futures_util::future::{join_all, select};
use futures_util::stream::{self, StreamExt};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::{APPROVALS, HOST, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::{Answer, Connection, latencies, milliseconds, quantiles, rounded};
use crate::processes;

const WATCHERS: usize = 10_000;
/// Connections that are made at the same time.
const AT_ONCE: usize = 100;
/// Casts whose way to the screens is measured.
const ROUNDS: u64 = 8;
/// Who has seen nothing for so long is not watching.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two casts: longer than the second in which watchers see one change at the most.
const PAUSE: Duration = Duration::from_millis(1_500);

/// p99 of the time from sending a cast to the event with it at each of 10,000 watchers, in milliseconds.
pub async fn measure(world: &World) -> anyhow::Result<Figure> {
    let poll = world.poll(APPROVALS).await?;
    let gateway = world.address("gateway")?;
    let request = format!(
        "GET /v1/polls/{poll}/turnout:watch HTTP/1.1\r\nhost: {HOST}\r\naccept: text/event-stream\r\n\r\n"
    );
    let before = memory(world)?;
    let connecting = Instant::now();
    let streams: Vec<TcpStream> = stream::iter(0..WATCHERS)
        .map(async |_| watch(gateway, &request).await.ok())
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    let connected = connecting.elapsed();
    let held = streams.len();
    anyhow::ensure!(held > 0, "no watcher got a first event");

    let shared = Shared {
        round: Cell::new(0),
        sent: Cell::new(Instant::now()),
        seen: Cell::new(0),
        delays: RefCell::new(latencies()),
        all: Notify::new(),
        held,
    };
    let screens = join_all(streams.into_iter().map(|stream| screen(stream, &shared)));
    let rounds = async {
        let mut missed = 0;
        let mut voter = world.connections(Door::Grpc, 1).await?;
        let voter = voter.first_mut().context("a connection")?;
        let casts = world.caster.casts(Door::Grpc, &[poll], APPROVALS, usize::try_from(ROUNDS)?)?;
        for (round, cast) in (1..).zip(&casts) {
            tokio::time::sleep(PAUSE).await;
            shared.seen.set(0);
            shared.sent.set(Instant::now());
            shared.round.set(round);
            let answer = voter.call(cast).await;
            anyhow::ensure!(answer == Answer::Accepted, "the cast was not accepted: {answer:?}");
            let _ = timeout(PATIENCE, shared.all.notified()).await;
            missed += held - shared.seen.get();
        }
        let with = memory(world)?;
        anyhow::Ok((missed, with))
    };
    let mut rounds = Box::pin(rounds);
    let (missed, with) = match select(std::pin::pin!(screens), &mut rounds).await {
        futures_util::future::Either::Left(_) => anyhow::bail!("all watchers were cut off"),
        futures_util::future::Either::Right((result, _)) => result?,
    };
    let delays = shared.delays.borrow();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = |now: f64, then: f64| rounded((now - then) * 1024.0 / held as f64);
    let detail = json!({
        "asked": WATCHERS,
        "held": held,
        "connecting_seconds": rounded(connected.as_secs_f64()),
        "casts": ROUNDS,
        "events_missed": missed,
        "delay_ms": quantiles(&delays),
        "kilobytes_each": {"gateway": each(with.0, before.0), "voting": each(with.1, before.1)},
    });
    Ok(Figure { key: "sse", value: milliseconds(&delays, 0.99), detail })
}

/// What watchers have in common.
struct Shared {
    /// Which cast they wait for, and so the number of ballots.
    round: Cell<u64>,
    sent: Cell<Instant>,
    seen: Cell<usize>,
    delays: RefCell<Histogram<u64>>,
    all: Notify,
    held: usize,
}

/// Opens a watch and waits for its first event.
async fn watch(gateway: SocketAddr, request: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(gateway).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(1024);
    timeout(PATIENCE, async {
        while ballot_count(&buffer).is_none() {
            anyhow::ensure!(stream.read_buf(&mut buffer).await? > 0, "the watch was refused");
        }
        Ok(stream)
    })
    .await?
}

/// Reads events until the stream ends, and records when the awaited one came.
async fn screen(mut stream: TcpStream, shared: &Shared) {
    let mut buffer = BytesMut::with_capacity(1024);
    let mut last = 0;
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        // Events are small: what has no count ends in the middle of one.
        let Some(count) = ballot_count(&buffer) else { continue };
        buffer.clear();
        if count == shared.round.get() && count > last {
            last = count;
            let micros = u64::try_from(shared.sent.get().elapsed().as_micros()).unwrap_or(u64::MAX);
            shared.delays.borrow_mut().saturating_record(micros);
            shared.seen.set(shared.seen.get() + 1);
            if shared.seen.get() == shared.held {
                shared.all.notify_one();
            }
        }
    }
}

/// The number of ballots in the last event; int64 is a text in JSON, and a field without a value is 0.
fn ballot_count(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, event) = text.rsplit_once("data: ")?;
    let (event, _) = event.split_once("\n\n")?;
    let value: serde_json::Value = serde_json::from_str(event).ok()?;
    let turnout = value.get("turnout")?;
    Some(turnout.get("ballotCount").and_then(|count| count.as_str()?.parse().ok()).unwrap_or(0))
}

/// Megabytes of gateway and voting.
fn memory(world: &World) -> anyhow::Result<(f64, f64)> {
    let pids = world.installation.pids();
    let of = |name: &str| processes::memory_megabytes(pids.get(name).copied().unwrap_or_default());
    Ok((of("gateway-1")?.0, of("voting-1")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_event_counts() {
        let head = "HTTP/1.1 200 OK\r\n\r\nretry: 3000\n\n";
        assert_eq!(ballot_count(head.as_bytes()), None);
        let first = format!("{head}id: 1\ndata: {{\"turnout\":{{\"pollId\":\"x\"}}}}\n\n");
        assert_eq!(ballot_count(first.as_bytes()), Some(0));
        let second = format!("{first}id: 2\ndata: {{\"turnout\":{{\"ballotCount\":\"7\"}}}}\n\n");
        assert_eq!(ballot_count(second.as_bytes()), Some(7));
        assert_eq!(ballot_count(&second.as_bytes()[..second.len() - 2]), None, "it is not all there");
    }
}
