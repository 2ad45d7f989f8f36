//! What casts wait at 80 % of capacity, and what becomes of them at three times capacity.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPROVALS, Closed, World, middle};
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
/// rejections then. Who is rejected does not come again: the rate is that of new voters. Capacity is measured right before and after
/// each of three rounds, in the same layout. Of the times the middle one counts; casts accepted are those of all rounds.
///
/// At three times capacity, capacity is that of voting and PostgreSQL, which have a limit as containers do ([`Quota`]), and the
/// gateway has a processor: what it refuses costs those behind it nothing, as in a cluster. The detail has the same where gateway, voting and
/// PostgreSQL share one processor; where no limit can be set, that is the figure.
pub async fn measure(world: &mut World) -> anyhow::Result<Vec<Figure>> {
    let rounds = world.rounds();
    let p99 = |outcome: &Outcome| milliseconds(&outcome.measured.accepted, 0.99);
    let calm = Load { share: 0.8, connections: CONNECTIONS };
    let (mut calm, waits) = middle(within(world, Layout::Free, calm, rounds).await?, p99)?;
    calm.detail["p99_ms_of_rounds"] = json!(waits);

    let flood = Load { share: 3.0, connections: OPEN_CONNECTIONS };
    let (together, _) = middle(within(world, Layout::Together, flood, 1).await?, Outcome::accepted)?;
    let floods = if let Some(quota) = Quota::new(BEHIND_THE_GATEWAY)? {
        for pid in world.behind_the_gateway()? {
            quota.add(pid)?;
        }
        within(world, Layout::Apart, flood, rounds).await?
    } else {
        eprint!("(no limit can be set here: gateway, voting and PostgreSQL share processors) ");
        within(world, Layout::Together, flood, rounds).await?
    };
    let accepted: f64 = floods.iter().map(|outcome| outcome.measured.accepted_per_second()).sum();
    let capacity: f64 = floods.iter().map(|outcome| outcome.capacity).sum();
    let mut rejections: Vec<_> =
        floods.iter().map(|outcome| milliseconds(&outcome.measured.refused, 0.99)).collect();
    let failed: Vec<_> = floods.iter().map(|outcome| outcome.measured.failed).collect();
    let rejection_detail = json!({"p99_ms_of_rounds": rejections, "failed": failed});
    rejections.sort_by(f64::total_cmp);
    let (mut flood, shares) = middle(floods, Outcome::accepted)?;
    flood.detail["to_capacity_in_rounds"] = json!(shares);
    flood.detail["together"] = together.detail;
    Ok(vec![
        Figure { key: "p99_at_80_percent_ms", value: p99(&calm), detail: calm.detail },
        Figure { key: "accepted_at_3_times", value: accepted / capacity, detail: flood.detail },
        Figure {
            key: "rejection_p99_ms",
            value: rejections.get(rejections.len() / 2).copied().unwrap_or_default(),
            detail: rejection_detail,
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
    /// Casts a second, the mean of before and after.
    capacity: f64,
    detail: Value,
}

impl Outcome {
    /// Casts accepted a second, to capacity.
    fn accepted(&self) -> f64 {
        self.measured.accepted_per_second() / self.capacity
    }
}

async fn within(
    world: &mut World,
    layout: Layout,
    load: Load,
    rounds: usize,
) -> anyhow::Result<Vec<Outcome>> {
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
    let outcomes = outcomes(world, load, rounds).await;
    drop(punctual);
    world.pin(all.clone(), all.clone(), all)?;
    let mut outcomes = outcomes?;
    for outcome in &mut outcomes {
        outcome.detail["processors"] = json!(layout.text());
    }
    Ok(outcomes)
}

async fn outcomes(world: &mut World, load: Load, rounds: usize) -> anyhow::Result<Vec<Outcome>> {
    let polls = [world.poll(APPROVALS).await?];
    let mut outcomes = Vec::new();
    let (mut before, mut before_detail) = capacity(world, &polls).await?;
    for _ in 0..rounds {
        let rate = before * load.share;
        let seconds = world.seconds(5);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let count = (rate * (seconds + WARM_UP).as_secs_f64()) as usize;
        let casts = world.caster.casts(Door::Http, &polls, APPROVALS, count)?;
        let connections = world.connections(Door::Http, load.connections).await?;
        let cpu = world.cpu()?;
        let measured = load::open(connections, &casts, rate, WARM_UP).await;
        let mut detail = measured.detail();
        detail["due_per_second"] = json!(rounded(rate));
        detail["cpu_seconds_with_warm_up"] = world.cpu_since(&cpu)?;
        let (after, after_detail) = capacity(world, &polls).await?;
        let capacity = (before + after) / 2.0;
        detail["to_capacity"] = json!(rounded(measured.accepted_per_second() / capacity));
        detail["capacity"] = std::mem::replace(&mut before_detail, after_detail);
        detail["capacity_after_per_second"] = json!(rounded(after));
        outcomes.push(Outcome { measured, capacity, detail });
        before = after;
    }
    Ok(outcomes)
}

/// Casts a second that a closed loop gets through.
async fn capacity(world: &mut World, polls: &[Uuid]) -> anyhow::Result<(f64, Value)> {
    let seconds = world.seconds(4);
    let run = Closed { door: Door::Http, connections: CONNECTIONS, polls, ballots: APPROVALS, seconds };
    let (measured, detail) = world.closed(run).await?;
    Ok((measured.accepted_per_second(), detail))
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
