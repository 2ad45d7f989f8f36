//! Memory of each service at rest and at peak, and the time it takes to start.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::{APPROVALS, CONNECTIONS, Closed, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::rounded;
use crate::processes;

/// Megabytes of each process that has just started.
pub fn at_rest(world: &World) -> anyhow::Result<BTreeMap<String, f64>> {
    let pids = world.installation.pids();
    pids.into_iter().map(|(name, pid)| Ok((name, processes::memory_megabytes(pid)?.0))).collect()
}

/// The largest service at peak, after everything that was measured before, and the largest at rest, in megabytes. Then
/// each is stopped and started again alone, for its start time: from the start of its process until it is ready, with
/// PostgreSQL, RabbitMQ and the other services running.
pub async fn measure(world: &mut World, at_rest: &BTreeMap<String, f64>) -> anyhow::Result<Vec<Figure>> {
    // Alone, this measure needs some load too.
    let polls = [world.poll(APPROVALS).await?];
    let seconds = world.seconds(3);
    let run =
        Closed { door: Door::Http, connections: CONNECTIONS, polls: &polls, ballots: APPROVALS, seconds };
    world.closed(run).await?;

    let mut peaks = BTreeMap::new();
    for (name, pid) in world.installation.pids() {
        peaks.insert(name, processes::memory_megabytes(pid)?.1);
    }
    let mut services = serde_json::Map::new();
    for (name, peak) in &peaks {
        world.installation.terminate(name).await?;
        let started = Instant::now();
        world.installation.kill_and_restart(name)?;
        world.installation.ready().await?;
        let start_ms = rounded(started.elapsed().as_secs_f64() * 1000.0);
        let rest = at_rest.get(name).copied().unwrap_or_default();
        services.insert(
            name.trim_end_matches("-1").to_owned(),
            json!({"at_rest_mb": rounded(rest), "peak_mb": rounded(*peak), "start_ms": start_ms}),
        );
    }
    let largest = |of: &BTreeMap<String, f64>| of.values().copied().fold(0.0, f64::max);
    Ok(vec![
        Figure { key: "rss_at_rest", value: largest(at_rest), detail: largest_of(at_rest) },
        Figure { key: "rss", value: largest(&peaks), detail: Value::Object(services) },
    ])
}

fn largest_of(megabytes: &BTreeMap<String, f64>) -> Value {
    let largest = megabytes.iter().max_by(|a, b| a.1.total_cmp(b.1));
    json!({"service": largest.map(|(name, _)| name.trim_end_matches("-1"))})
}
