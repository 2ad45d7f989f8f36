//! What casts wait at 80 % of capacity, and what becomes of them at three times capacity.

use std::time::Duration;

use serde_json::{Value, json};

use super::{APPROVALS, Closed, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::{self, Measured, milliseconds, rounded};
use crate::quota::Quota;

/// Capacity is what the gateway acknowledges when so many connections ask as fast as they are answered.
const CONNECTIONS: usize = 256;
/// Enough that a free connection waits for each cast that is due, unless the services hold casts for long.
const OPEN_CONNECTIONS: usize = 4_096;
const WARM_UP: Duration = Duration::from_secs(2);
/// What voting and PostgreSQL may use together, in thousandths of a processor, where they have a limit: so little that capacity is
/// theirs, and gateway and generator have room for three times as many casts.
const BEHIND_THE_GATEWAY: u64 = 250;

/// Who shares a processor with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// All share all, as in the measures of throughput.
    Free,
    /// As in a cluster: the gateway has a processor, and what is behind it a limit, beside the generator.
    Apart,
    /// The generator has a processor, and everything else the others.
    Together,
}

impl Layout {
    fn text(self) -> &'static str {
        match self {
            Self::Free => "shared by all",
            Self::Apart => "one for the gateway; of the generator's, a quarter for voting and PostgreSQL",
            Self::Together => "one for the generator; the others for everything else",
        }
    }
}

/// Three figures over HTTP: p99 at 80 % of capacity; casts accepted at three times capacity, to capacity; and p99 of the
/// rejections then. Who is rejected does not come again: the rate is that of new voters. Capacity is measured right before each, in the
/// same layout.
///
/// At three times capacity, capacity is that of voting and PostgreSQL, which have a limit as containers do ([`Quota`]), and the
/// gateway has a processor: what it refuses costs those behind it nothing, as in a cluster. The detail has the same where gateway, voting and
/// PostgreSQL share one processor; where no limit can be set, that is the figure.
pub async fn measure(world: &mut World) -> anyhow::Result<Vec<Figure>> {
    let calm = within(world, Layout::Free, Load { share: 0.8, connections: CONNECTIONS }).await?;
    let flood = Load { share: 3.0, connections: OPEN_CONNECTIONS };
    let mut figure = within(world, Layout::Together, flood).await?;
    if let Some(quota) = Quota::new(BEHIND_THE_GATEWAY)? {
        for pid in world.behind_the_gateway()? {
            quota.add(pid)?;
        }
        let together = std::mem::replace(&mut figure, within(world, Layout::Apart, flood).await?);
        figure.detail["together"] = together.detail;
    } else {
        eprint!("(no limit can be set here: gateway, voting and PostgreSQL share processors) ");
    }
    Ok(vec![
        Figure {
            key: "p99_at_80_percent_ms",
            value: milliseconds(&calm.measured.accepted, 0.99),
            detail: calm.detail,
        },
        Figure { key: "accepted_at_3_times", value: figure.accepted, detail: figure.detail },
        Figure {
            key: "rejection_p99_ms",
            value: milliseconds(&figure.measured.refused, 0.99),
            detail: json!({"refused": figure.measured.refused.len(), "failed": figure.measured.failed}),
        },
    ])
}

/// An open loop.
#[derive(Clone, Copy)]
struct Load {
    /// Of capacity.
    share: f64,
    connections: usize,
}

/// What came of it.
struct Outcome {
    measured: Measured,
    /// Casts accepted a second, to capacity.
    accepted: f64,
    detail: Value,
}

async fn within(world: &mut World, layout: Layout, load: Load) -> anyhow::Result<Outcome> {
    let processors = std::thread::available_parallelism()?.get();
    let (all, last) = (0..processors, processors - 1..processors);
    let first = 0..processors.saturating_sub(1).max(1);
    let (gateway, behind, generator) = match layout {
        Layout::Free => (all.clone(), all.clone(), all.clone()),
        Layout::Apart => (first, last.clone(), last),
        Layout::Together => (first.clone(), first, last),
    };
    world.pin(gateway, behind, generator)?;
    world.rates.clear();
    let punctual = Punctual::ask();
    let outcome = outcome(world, load).await;
    drop(punctual);
    world.pin(all.clone(), all.clone(), all)?;
    let mut outcome = outcome?;
    outcome.detail["processors"] = json!(layout.text());
    Ok(outcome)
}

async fn outcome(world: &mut World, load: Load) -> anyhow::Result<Outcome> {
    let polls = [world.poll(APPROVALS).await?];
    let seconds = world.seconds(6);
    let run =
        Closed { door: Door::Http, connections: CONNECTIONS, polls: &polls, ballots: APPROVALS, seconds };
    let (measured, capacity_detail) = world.closed(run).await?;
    let capacity = measured.accepted_per_second();

    let rate = capacity * load.share;
    let seconds = world.seconds(8);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let count = (rate * (seconds + WARM_UP).as_secs_f64()) as usize;
    let casts = world.caster.casts(Door::Http, &polls, APPROVALS, count)?;
    let connections = world.connections(Door::Http, load.connections).await?;
    let before = world.cpu()?;
    let measured = load::open(connections, &casts, rate, WARM_UP).await;
    let mut detail = measured.detail();
    detail["due_per_second"] = json!(rounded(rate));
    detail["cpu_seconds_with_warm_up"] = world.cpu_since(&before)?;
    let accepted = measured.accepted_per_second() / capacity;
    detail["to_capacity"] = json!(rounded(accepted));
    detail["capacity"] = capacity_detail;
    Ok(Outcome { measured, accepted, detail })
}

/// The generator goes before those it shares a processor with, where it may ask for that: what it does late would look like an
/// answer that came late.
struct Punctual;

impl Punctual {
    fn ask() -> Self {
        // Refused to those who have no right to it; then it is one among others.
        let _ = rustix::process::setpriority_process(None, -10);
        Self
    }
}

impl Drop for Punctual {
    fn drop(&mut self) {
        let _ = rustix::process::setpriority_process(None, 0);
    }
}
