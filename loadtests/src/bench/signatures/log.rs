//! The public log: how fast it grows, how soon a signature is in it, and how long it takes to check.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use comitia_core::Clock;
use futures_util::future::{Either, select};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use sqlx::Executor;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::{HOST, World};
use super::{SIGNATURE, VOTING, restart};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::http::HttpConnection;
use crate::load::{self, Answer, Connection, latencies, milliseconds, quantiles, rate, rounded};
use crate::processes;

/// Signatures a second while the way to the checkpoint is measured.
const PER_SECOND: f64 = 3_000.0;
const CONNECTIONS: usize = 256;
const WARM_UP: Duration = Duration::from_secs(1);
/// Between two looks at the checkpoint, and at the size of the log.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(300);
/// The signatures of the log that is checked, and as many where it has to be quick.
const SIGNATURES: u64 = 1_000_000;
const QUICK_SIGNATURES: u64 = 100_000;
/// Signatures of one transaction, as the intake writes them under load.
const TOGETHER: u64 = 100;

/// p99 from the receipt of a signature until the gateway gives a checkpoint with it, at 3,000 signatures a second.
///
/// The log keeps the order of transactions, so that the n-th receipt is taken for the n-th entry. Receipts come after the commit; what
/// comes between the two is counted by `intake_http`.
pub async fn to_checkpoint(world: &World) -> anyhow::Result<Figure> {
    let sheet = world.city.open_sheet().await?;
    let seconds = world.seconds(12) + WARM_UP;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let count = (PER_SECOND * seconds.as_secs_f64()) as usize;
    let casts = world.caster.casts(Door::Http, &[sheet], SIGNATURE, count)?;
    let receipts = Rc::new(RefCell::new(Vec::with_capacity(count)));
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let inner = HttpConnection::open(world.address("gateway")?).await?;
        connections.push(Noted { inner, receipts: Rc::clone(&receipts) });
    }
    let (heads, enough) = (RefCell::new(Vec::new()), Cell::new(usize::MAX));
    let refused = Cell::new(0_u64);
    let watch = watch(world, sheet, &heads, &enough, &refused);
    let cpu = world.cpu()?;
    let run = async {
        let measured = load::open(connections, &casts, PER_SECOND, WARM_UP).await;
        enough.set(receipts.borrow().len());
        measured
    };
    let (watch, run) = (std::pin::pin!(watch), std::pin::pin!(run));
    let measured = match select(watch, run).await {
        Either::Left((ended, _)) => return Err(ended.err().context("the checkpoint was not watched")?),
        Either::Right((measured, watch)) => {
            watch.await?;
            measured
        }
    };
    let (receipts, heads) = (receipts.borrow(), heads.borrow());
    ensure!(!receipts.is_empty(), "no signature was accepted: {:?}", measured.reasons);
    let waits = waits(&receipts, &heads);
    let mut detail = measured.detail();
    detail["to_checkpoint_ms"] = quantiles(&waits);
    detail["looks_refused"] = json!(refused.get());
    detail["cpu_seconds_with_warm_up"] = world.cpu_since(&cpu)?;
    Ok(Figure { key: "signatures_to_checkpoint_ms", value: milliseconds(&waits, 0.99), detail })
}

/// A connection that notes when it brought a receipt.
struct Noted {
    inner: HttpConnection,
    receipts: Rc<RefCell<Vec<Instant>>>,
}

impl Connection for Noted {
    async fn call(&mut self, request: &Bytes) -> Answer {
        let answer = self.inner.call(request).await;
        if answer == Answer::Accepted {
            self.receipts.borrow_mut().push(Instant::now());
        }
        answer
    }
}

/// Looks at the checkpoint until it has `enough` entries, and notes when it grew. A look that is shed is made again: the wait
/// until then counts as a wait for the log.
async fn watch(
    world: &World,
    sheet: Uuid,
    heads: &RefCell<Vec<(Instant, usize)>>,
    enough: &Cell<usize>,
    refused: &Cell<u64>,
) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let started = Instant::now();
    loop {
        match head(world, sheet, &client).await? {
            None => refused.set(refused.get() + 1),
            Some(size) => {
                if heads.borrow().last().is_none_or(|(_, before)| *before < size) {
                    heads.borrow_mut().push((Instant::now(), size));
                }
                if size >= enough.get() {
                    return Ok(());
                }
            }
        }
        ensure!(started.elapsed() < PATIENCE, "the log stays behind");
        tokio::time::sleep(LOOK).await;
    }
}

/// The size of the log that the gateway shows, or nothing when it has too much to do.
async fn head(world: &World, sheet: Uuid, client: &reqwest::Client) -> anyhow::Result<Option<usize>> {
    let url = format!("http://{}/v1/polls/{sheet}/log/checkpoint", world.address("gateway")?);
    let answer = client.get(&url).header("host", HOST).send().await?;
    if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
        return Ok(None);
    }
    size(&answer.error_for_status()?.text().await?).map(Some)
}

/// The number of entries in the second line of a checkpoint.
fn size(checkpoint: &str) -> anyhow::Result<usize> {
    checkpoint.lines().nth(1).and_then(|line| line.parse().ok()).context("the checkpoint has no size")
}

/// Microseconds from each receipt to the first head with so many entries.
fn waits(receipts: &[Instant], heads: &[(Instant, usize)]) -> Histogram<u64> {
    let mut waits = latencies();
    for (before, receipt) in receipts.iter().enumerate() {
        let place = heads.partition_point(|(_, size)| *size <= before);
        if let Some((time, _)) = heads.get(place) {
            let wait = time.saturating_duration_since(*receipt);
            waits.saturating_record(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
        }
    }
    waits
}

/// Leaves appended a second where a million signatures wait, and seconds that it takes anybody to check them over the gateway.
pub async fn leaves(world: &mut World, program: &Path) -> anyhow::Result<[Figure; 2]> {
    let signatures = if world.quick { QUICK_SIGNATURES } else { SIGNATURES };
    restart(world, true).await?;
    let sheet = world.city.open_sheet().await?;
    leave_waiting(world, sheet, signatures).await?;
    restart(world, false).await?;
    let grown = growth(world, sheet, signatures).await?;
    let checked = check(world, program, sheet, signatures).await?;
    Ok([grown, checked])
}

/// Lets signatures wait for the log, as the intake leaves them; their ballots are not needed.
async fn leave_waiting(world: &World, sheet: Uuid, signatures: u64) -> anyhow::Result<()> {
    let minute = Clock::system().now().timestamp() / 60;
    let parts = signatures / TOGETHER;
    let mut connection = world.pool.acquire().await?;
    connection.execute("SET synchronous_commit = off").await?;
    let fill = format!(
        "DO $$ BEGIN
             FOR part IN 1..{parts} LOOP
                 INSERT INTO voting.log_waiting
                     (poll_id, transaction, nullifier, cast_digest, district, paper, minute)
                 SELECT '{sheet}', pg_current_xact_id(), sha256(uuid_send(gen_random_uuid())),
                        uuid_send(gen_random_uuid()), 'district-' || n % 10, false, {minute}
                 FROM generate_series(1, {TOGETHER}) AS n;
                 COMMIT;
             END LOOP;
         END $$"
    );
    connection.execute(sqlx::AssertSqlSafe(fill)).await?;
    connection.execute("RESET synchronous_commit").await?;
    // Otherwise autovacuum does it in the middle of the measurement.
    connection.execute("VACUUM (ANALYZE) voting.log_waiting").await?;
    connection.execute("CHECKPOINT").await?;
    Ok(())
}

/// Measures from the first part that is in the log until all are.
async fn growth(world: &World, sheet: Uuid, signatures: u64) -> anyhow::Result<Figure> {
    let size = async || -> anyhow::Result<u64> {
        let size: i64 = sqlx::query_scalar("SELECT size FROM voting.logs WHERE poll_id = $1")
            .bind(sheet)
            .fetch_one(&world.pool)
            .await?;
        Ok(size.unsigned_abs())
    };
    let started = Instant::now();
    let mut first = None;
    loop {
        let now = size().await?;
        if now > 0 && first.is_none() {
            first = Some((Instant::now(), now, world.cpu()?));
        }
        if now >= signatures {
            break;
        }
        ensure!(started.elapsed() < PATIENCE, "the log has {now} of {signatures} entries");
        tokio::time::sleep(LOOK).await;
    }
    let (began, before, cpu) = first.context("nothing was appended")?;
    let (took, appended) = (began.elapsed(), signatures - before);
    ensure!(appended > 0, "all was appended at once: nothing was measured");
    let value = rate(appended, took);
    let detail = json!({
        "leaves": appended, "seconds": rounded(took.as_secs_f64()), "cpu_seconds": world.cpu_since(&cpu)?,
        "voting_peak_mb": voting_peak(world)?,
    });
    Ok(Figure { key: "signatures_leaves_per_second", value, detail })
}

fn voting_peak(world: &World) -> anyhow::Result<f64> {
    let pid = *world.installation.pids().get(VOTING).context("voting does not run")?;
    Ok(rounded(processes::memory_megabytes(pid)?.1))
}

/// Checks the log as anybody can, over the gateway, and once more from the files that were read.
async fn check(world: &World, program: &Path, sheet: Uuid, signatures: u64) -> anyhow::Result<Figure> {
    let started = Instant::now();
    let client = reqwest::Client::new();
    let whole = usize::try_from(signatures)?;
    while head(world, sheet, &client).await?.is_none_or(|size| size < whole) {
        ensure!(started.elapsed() < PATIENCE, "the log stays behind");
        tokio::time::sleep(LOOK).await;
    }
    let folder = tempfile::tempdir()?;
    let url = format!("http://{}/v1/polls/{sheet}/log", world.address("gateway")?);
    let cpu = world.cpu()?;
    let (over_http, report) = verify(program, &url, &["--save", &folder.path().to_string_lossy()]).await?;
    let used = world.cpu_since(&cpu)?;
    ensure!(report["published"] == json!(signatures), "the log has {}", report["published"]);
    let (from_files, _) = verify(program, &folder.path().to_string_lossy(), &[]).await?;
    let detail = json!({
        "signatures": signatures, "cpu_seconds_of_the_services": used,
        "from_files_seconds": rounded(from_files.as_secs_f64()),
    });
    Ok(Figure { key: "signatures_verify_s", value: over_http.as_secs_f64(), detail })
}

async fn verify(program: &Path, place: &str, more: &[&str]) -> anyhow::Result<(Duration, Value)> {
    let started = Instant::now();
    let output = tokio::process::Command::new(program)
        .args(["verify", place, "--format", "json"])
        .args(more)
        .output()
        .await
        .context("comitia verify")?;
    let took = started.elapsed();
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "comitia verify: {error}{}", String::from_utf8_lossy(&output.stdout));
    Ok((took, serde_json::from_slice(&output.stdout)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_waits_for_the_head_that_has_it() {
        let begun = Instant::now();
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        let receipts = [at(0), at(10), at(20), at(30)];
        let heads = [(at(0), 0), (at(15), 2), (at(50), 4)];
        let waits = waits(&receipts, &heads);
        let mut all: Vec<_> = waits.iter_recorded().map(|step| step.value_iterated_to() / 1_000).collect();
        all.sort_unstable();
        assert_eq!((waits.len(), all), (4, vec![5, 15, 20, 30]));
        assert_eq!(super::waits(&receipts, &heads[..2]).len(), 2, "the others are in no head");
    }

    #[test]
    fn a_checkpoint_says_its_size() {
        assert_eq!(size("comitia/polls/1\n42\nroot=\n\n— signature\n").unwrap(), 42);
        assert!(size("comitia/polls/1\n").is_err());
    }
}
