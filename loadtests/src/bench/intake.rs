//! Ballots a second, to rows a second of pgbench on the same server right before and after.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPROVALS, CONNECTIONS, Closed, World, middle};
use crate::casts::{Ballots, Door};
use crate::figures::Figure;
use crate::load::rounded;

/// What a petition's ballot is: one option, approved.
const SIGNATURE: Ballots = Ballots { options: 1, choices: 1 };
/// The polls that signatures are spread over.
const MANY: usize = 1_000;
/// The sleep before a commit, in microseconds.
const COMMIT_DELAY: &str = "2000";
/// Callers at each connection where casts go together.
const CALLERS: usize = 4;

/// Ballots a second over HTTP on 64 connections, to pgbench with 64 clients.
pub async fn http(world: &mut World) -> anyhow::Result<Figure> {
    let (value, detail) = ratio(world, Door::Http, CONNECTIONS).await?;
    Ok(Figure { key: "intake_http", value, detail })
}

/// The same over gRPC straight to voting, as gateways call: 4 callers on each of 64 connections, whose casts go together as they
/// come. The detail has the ratio with a call for each cast and one in flight on each connection, too.
pub async fn grpc(world: &mut World) -> anyhow::Result<Figure> {
    let (value, detail) = together(world).await?;
    Ok(Figure { key: "intake_grpc", value, detail })
}

async fn together(world: &mut World) -> anyhow::Result<(f64, Value)> {
    let (single, single_detail) = ratio(world, Door::Grpc, CONNECTIONS).await?;
    let (value, mut detail) = ratio(world, Door::Batch, CONNECTIONS * CALLERS).await?;
    detail["one_call_in_flight"] = single_detail;
    detail["one_call_in_flight"]["ratio"] = json!(rounded(single));
    Ok((value, detail))
}

async fn ratio(world: &mut World, door: Door, connections: usize) -> anyhow::Result<(f64, Value)> {
    let polls = [world.poll(APPROVALS).await?];
    let (clients, seconds) = (64, world.seconds(3));
    let mut before = world.pgbench.rows_per_second(clients, seconds).await?;
    let mut rounds = Vec::new();
    for _ in 0..world.rounds() {
        let run = Closed { door, connections, polls: &polls, ballots: APPROVALS, seconds: world.seconds(5) };
        let (measured, mut detail) = world.closed(run).await?;
        let after = world.pgbench.rows_per_second(clients, seconds).await?;
        detail["pgbench_before"] = json!(rounded(before));
        detail["pgbench_after"] = json!(rounded(after));
        rounds.push((measured.accepted_per_second() / ((before + after) / 2.0), detail));
        before = after;
    }
    let ((value, mut detail), ratios) = middle(rounds, |(ratio, _)| *ratio)?;
    detail["ratio"] = json!(rounded(value));
    detail["ratios"] = json!(ratios);
    Ok((value, detail))
}

/// The same over gRPC, when each flush of the write-ahead log takes two milliseconds more: `commit_delay` without
/// `commit_siblings`, which PostgreSQL sleeps while it holds the lock of the log. Commits that come meanwhile share the
/// flush, as they do on a slow disk.
pub async fn slow_disk(world: &mut World) -> anyhow::Result<Figure> {
    world.set(&[("commit_siblings", "0"), ("commit_delay", COMMIT_DELAY)]).await?;
    let one = world.pgbench.rows_per_second(1, Duration::from_secs(1)).await?;
    let (value, mut detail) = together(world).await?;
    world.set(&[("commit_siblings", "5"), ("commit_delay", "0")]).await?;
    detail["commit_ms"] = json!(rounded(1000.0 / one));
    Ok(Figure { key: "intake_slow_disk", value, detail })
}

/// Casts a second when all go to one poll with one option, to those when they go to a thousand.
pub async fn one_hot_petition(world: &mut World) -> anyhow::Result<Figure> {
    let mut polls = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        polls.push(world.poll(SIGNATURE).await?);
    }
    let (value, detail) = one_to_many(world, &polls, SIGNATURE).await?;
    Ok(Figure { key: "one_hot_petition", value, detail })
}

/// Casts a second when all go to the first of these polls, to those when they go to all; and the runs. The two take turns, so that what else
/// the machine does meets both.
///
/// # Errors
/// When no cast is accepted.
pub async fn one_to_many(
    world: &mut World,
    polls: &[Uuid],
    ballots: Ballots,
) -> anyhow::Result<(f64, Value)> {
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        for (rates, polls) in rates.iter_mut().zip([polls.get(..1).unwrap_or_default(), polls]) {
            let seconds = world.seconds(6);
            let run = Closed { door: Door::Grpc, connections: CONNECTIONS, polls, ballots, seconds };
            rates.push(rounded(world.closed(run).await?.0.accepted_per_second()));
        }
    }
    let [one, many] = rates;
    let value = one.iter().sum::<f64>() / many.iter().sum::<f64>();
    let detail = json!({
        "connections": CONNECTIONS, "one_poll_per_second": one, "polls": polls.len(), "many_polls_per_second": many,
    });
    Ok((value, detail))
}
