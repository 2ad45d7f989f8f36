//! What a cast costs when there are few ballots and when there are many: processor time of voting and PostgreSQL, and
//! bytes of the write-ahead log.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::{APPROVALS, CONNECTIONS, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::{self, rounded};
use crate::processes;

/// Casts of one measurement.
const CASTS: usize = 20_000;
/// What a cast costs in processor time is the least of so many: what else a shared machine does can only add to it.
const ROUNDS: usize = 3;

/// The larger of two ratios, most rows to 10 thousand: processor time, and bytes of log between checkpoints. In the
/// detail also the bytes right after a checkpoint, when the first change of a page writes the page whole into the log
/// (`full_page_writes`): there a cast of a large poll costs a page of the index, at first.
pub async fn measure(world: &mut World) -> anyhow::Result<Figure> {
    let poll = world.poll(APPROVALS).await?;
    // What came before is in other polls, but in the same tables.
    sqlx::raw_sql("TRUNCATE voting.ballots, voting.turnout").execute(&world.pool).await?;
    // One ballot of the right shape for the rows to copy.
    cast(world, poll, 1).await?;
    let sizes: &[i64] = if world.quick { &[10_000, 1_000_000] } else { &[10_000, 1_000_000, 10_000_000] };
    let mut steps = Vec::with_capacity(sizes.len());
    for &rows in sizes {
        fill(world, poll, rows).await?;
        // The rows were written since the last checkpoint, and so were their pages.
        let between = least_cost(world, poll).await?;
        sqlx::raw_sql("CHECKPOINT").execute(&world.pool).await?;
        let after = cost(world, poll).await?;
        steps.push(json!({"rows": rows, "between_checkpoints": between, "right_after_a_checkpoint": after}));
    }
    let ratio = |moment: &str, key: &str| {
        let of = |step: Option<&Value>| step.and_then(|step| step[moment][key].as_f64()).unwrap_or(f64::NAN);
        of(steps.last()) / of(steps.first())
    };
    let cpu = ratio("between_checkpoints", "cpu_microseconds");
    let log = ratio("between_checkpoints", "wal_bytes");
    let worst = ratio("right_after_a_checkpoint", "wal_bytes");
    let detail = json!({
        "cpu_ratio": rounded(cpu),
        "wal_ratio": rounded(log),
        "wal_ratio_right_after_a_checkpoint": rounded(worst),
        "casts": CASTS,
        "steps": steps,
    });
    Ok(Figure { key: "growth", value: cpu.max(log), detail })
}

/// Adds ballots until there are `rows`, with random nullifiers in random order, as casts come.
async fn fill(world: &World, poll: Uuid, rows: i64) -> anyhow::Result<()> {
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM voting.ballots").fetch_one(&world.pool).await?;
    let missing = rows - there;
    let insert = async |from: i64, to: i64| {
        sqlx::query(
            "INSERT INTO voting.ballots
                 (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
             SELECT $1, sha256(int8send($2 + n)), sample.ballot, 'district-' || n % 10, false, 1,
                    uuid_send(gen_random_uuid()), (random() * 9e18)::bigint
             FROM generate_series($3, $4) AS n,
                  (SELECT ballot FROM voting.ballots WHERE poll_id = $1 LIMIT 1) AS sample",
        )
        .bind(poll)
        .bind(there * 1_000)
        .bind(from)
        .bind(to)
        .execute(&world.pool)
        .await
    };
    if missing > 0 {
        // The pool has two connections.
        tokio::try_join!(insert(1, missing / 2), insert(missing / 2 + 1, missing))?;
    }
    // Otherwise autovacuum does it in the middle of the measurement.
    sqlx::raw_sql("VACUUM (ANALYZE) voting.ballots").execute(&world.pool).await?;
    Ok(())
}

/// What a cast costs now, by the round that took the least processor time.
async fn least_cost(world: &World, poll: Uuid) -> anyhow::Result<Value> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(cost(world, poll).await?);
    }
    let cpu = |cost: &Value| cost["cpu_microseconds"].as_f64().unwrap_or(f64::INFINITY);
    let all: Vec<_> = rounds.iter().map(cpu).collect();
    let mut least = rounds.into_iter().min_by(|a, b| cpu(a).total_cmp(&cpu(b))).context("no round")?;
    least["cpu_microseconds_of_rounds"] = json!(all);
    Ok(least)
}

/// What a cast costs now.
async fn cost(world: &World, poll: Uuid) -> anyhow::Result<Value> {
    let voting = world.installation.pids().get("voting-1").copied().unwrap_or_default();
    let postgres = world.installation.postgres.pid().unwrap_or_default();
    let used = || anyhow::Ok(processes::cpu_seconds(voting)? + processes::family_cpu_seconds(postgres)?);
    let casts = world.caster.casts(Door::Grpc, &[poll], APPROVALS, CASTS)?;
    let connections = world.connections(Door::Grpc, CONNECTIONS).await?;
    let (cpu, log) = (used()?, written(world).await?);
    let measured = load::closed(connections, &casts, Duration::ZERO, Duration::from_secs(60)).await;
    let (cpu, end) = (used()? - cpu, written(world).await?);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = |total: i64| rounded(total as f64 / CASTS as f64);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let cpu_each = cpu * 1e6 / CASTS as f64;
    Ok(json!({
        "casts_per_second": rounded(measured.accepted_per_second()),
        "cpu_microseconds": rounded(cpu_each),
        "wal_bytes": each(end.bytes - log.bytes),
        "wal_page_images": each(end.images - log.images),
    }))
}

/// What was written to the log so far.
struct Written {
    bytes: i64,
    images: i64,
}

async fn written(world: &World) -> anyhow::Result<Written> {
    let row = sqlx::query(
        "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS bytes, (SELECT wal_fpi FROM pg_stat_wal) AS images",
    )
    .fetch_one(&world.pool)
    .await?;
    Ok(Written { bytes: row.try_get("bytes")?, images: row.try_get("images")? })
}

async fn cast(world: &World, poll: Uuid, count: usize) -> anyhow::Result<()> {
    let casts = world.caster.casts(Door::Grpc, &[poll], APPROVALS, count)?;
    let connections = world.connections(Door::Grpc, 1).await?;
    let measured = load::open(connections, &casts, 1_000.0, Duration::ZERO).await;
    anyhow::ensure!(measured.accepted.len() == count as u64, "not accepted: {:?}", measured.reasons);
    Ok(())
}
