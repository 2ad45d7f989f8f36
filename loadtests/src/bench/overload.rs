//! What casts wait at 80 % of capacity, and what becomes of them at three times capacity.

use std::time::Duration;

use serde_json::json;

use super::{APPROVALS, Closed, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::{self, Measured, milliseconds, rounded};

/// Capacity is what the gateway acknowledges when so many connections ask as fast as they are answered.
const CONNECTIONS: usize = 256;
/// Enough that a free connection waits for each cast that is due, unless the services hold casts for long.
const OPEN_CONNECTIONS: usize = 4_096;
const WARM_UP: Duration = Duration::from_secs(2);

/// Three figures over HTTP: p99 at 80 % of capacity, casts accepted at three times capacity to capacity, and p99 of the
/// rejections then. Who is rejected does not come again: the rate is that of new voters.
///
/// The generator has a processor for itself here, and everything else has the others: three times as many callers do not take
/// away what those they call have, as they do not where they are people.
pub async fn measure(world: &mut World) -> anyhow::Result<Vec<Figure>> {
    let processors = std::thread::available_parallelism()?.get();
    if processors > 1 {
        world.pin(0..processors - 1, processors - 1..processors)?;
    }
    let figures = figures(world).await;
    world.pin(0..processors, 0..processors)?;
    figures
}

async fn figures(world: &mut World) -> anyhow::Result<Vec<Figure>> {
    let polls = [world.poll(APPROVALS).await?];
    let seconds = world.seconds(6);
    let run =
        Closed { door: Door::Http, connections: CONNECTIONS, polls: &polls, ballots: APPROVALS, seconds };
    let (measured, capacity_detail) = world.closed(run).await?;
    let capacity = measured.accepted_per_second();

    let (calm, calm_detail) = open(world, polls[0], capacity * 0.8, CONNECTIONS).await?;
    let (flood, flood_detail) = open(world, polls[0], capacity * 3.0, OPEN_CONNECTIONS).await?;
    let accepted = flood.accepted_per_second() / capacity;
    Ok(vec![
        Figure {
            key: "p99_at_80_percent_ms",
            value: milliseconds(&calm.accepted, 0.99),
            detail: json!({"capacity": capacity_detail, "at_80_percent": calm_detail}),
        },
        Figure { key: "accepted_at_3_times", value: accepted, detail: flood_detail },
        Figure {
            key: "rejection_p99_ms",
            value: milliseconds(&flood.refused, 0.99),
            detail: json!({"refused": flood.refused.len(), "failed": flood.failed}),
        },
    ])
}

async fn open(
    world: &World,
    poll: uuid::Uuid,
    rate: f64,
    connections: usize,
) -> anyhow::Result<(Measured, serde_json::Value)> {
    let seconds = world.seconds(8);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let count = (rate * (seconds + WARM_UP).as_secs_f64()) as usize;
    let casts = world.caster.casts(Door::Http, &[poll], APPROVALS, count)?;
    let connections = world.connections(Door::Http, connections).await?;
    let before = world.cpu()?;
    let measured = load::open(connections, &casts, rate, WARM_UP).await;
    let mut detail = measured.detail();
    detail["due_per_second"] = json!(rounded(rate));
    detail["cpu_seconds_with_warm_up"] = world.cpu_since(&before)?;
    Ok((measured, detail))
}
