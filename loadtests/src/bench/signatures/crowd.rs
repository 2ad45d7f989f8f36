//! A crowd that signs at once, half of it twice: how many signatures are counted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::super::World;
use super::{SIGNATURE, counted};
use crate::city::district;
use crate::figures::Figure;
use crate::load::http::HttpConnection;
use crate::load::{Answer, Connection, latencies, quantiles, rounded};

/// How many sign at once. Of every two, one does so twice, from two devices at the same time.
const PEOPLE: usize = 10_000;
/// Connections that are made at the same time.
const AT_ONCE: usize = 200;
/// Who is told to come later does so, until then.
const PATIENCE: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_millis(200);
/// Why a second signature is refused.
const TWICE: &str = "409 BALLOT_ALREADY_CAST";

/// What one device saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Receipt,
    Twice,
    Nothing,
}

/// How far the public count, the ballots and the receipts are from the number of people: 0 when all are right.
pub async fn measure(world: &World) -> anyhow::Result<Figure> {
    let sheet = world.city.open_sheet().await?;
    let gateway = world.address("gateway")?;
    let mut devices = Vec::with_capacity(PEOPLE + PEOPLE / 2);
    for person in 0..PEOPLE {
        let nullifier = comitia_core::random::bytes::<32>();
        let permit = world.caster.permit(sheet, &nullifier, district(person))?;
        for _ in 0..=usize::from(person.is_multiple_of(2)) {
            // Each device has a secret of its own: two acts, not one that is sent again.
            devices.push((person, world.caster.over_http(sheet, &permit, SIGNATURE, person)));
        }
    }
    let devices: Vec<(usize, Bytes, HttpConnection)> = stream::iter(devices)
        .map(async |(person, cast)| anyhow::Ok((person, cast, connect(gateway).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let (count, reasons, waits) =
        (devices.len(), RefCell::new(BTreeMap::<String, u64>::new()), RefCell::new(latencies()));
    let begun = Instant::now();
    let cpu = world.cpu()?;
    let signing = join_all(devices.into_iter().map(async |(person, cast, connection)| {
        let seen = sign(connection, &cast, &reasons).await;
        let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        waits.borrow_mut().saturating_record(waited);
        (person, seen)
    }));
    let seen = signing.await;
    let took = begun.elapsed();
    let (receipts, wrong) = judge(&seen);
    let (logged, ballots) = settled(world, sheet).await?;
    let off = |number: u64| number.abs_diff(PEOPLE as u64);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let value = (off(logged) + off(ballots) + off(receipts) + wrong) as f64;
    let detail = json!({
        "people": PEOPLE, "casts": count, "receipts": receipts, "counted": logged, "ballots": ballots,
        "told_something_else": wrong, "refused": *reasons.borrow(), "seconds": rounded(took.as_secs_f64()),
        "settled_ms": quantiles(&waits.borrow()), "cpu_seconds": world.cpu_since(&cpu)?,
    });
    Ok(Figure { key: "signatures_miscounted", value, detail })
}

async fn connect(gateway: SocketAddr) -> anyhow::Result<HttpConnection> {
    Ok(timeout(PATIENCE, HttpConnection::open(gateway)).await??)
}

/// Signs until there is an answer that stays.
async fn sign(
    mut connection: HttpConnection,
    cast: &Bytes,
    reasons: &RefCell<BTreeMap<String, u64>>,
) -> Seen {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let why = match timeout(PATIENCE, connection.call(cast)).await {
            Ok(Answer::Accepted) => return Seen::Receipt,
            Ok(Answer::Refused(why) | Answer::Failed(why)) => why,
            Err(_) => "no answer".to_owned(),
        };
        let twice = why == TWICE;
        *reasons.borrow_mut().entry(why).or_default() += 1;
        if twice {
            return Seen::Twice;
        }
        tokio::time::sleep(AGAIN).await;
    }
    Seen::Nothing
}

/// How many people have a receipt, and how many were told something that cannot be: two receipts, or none.
fn judge(seen: &[(usize, Seen)]) -> (u64, u64) {
    let mut people: BTreeMap<usize, Vec<Seen>> = BTreeMap::new();
    for (person, seen) in seen {
        people.entry(*person).or_default().push(*seen);
    }
    let receipts = |seen: &[Seen]| seen.iter().filter(|one| **one == Seen::Receipt).count();
    let with = people.values().filter(|seen| receipts(seen) > 0).count();
    let wrong = people.values().filter(|seen| receipts(seen) != 1 || seen.contains(&Seen::Nothing)).count();
    (with as u64, wrong as u64)
}

/// The count of the log and the number of ballots, once nothing waits for the log.
async fn settled(world: &World, sheet: Uuid) -> anyhow::Result<(u64, u64)> {
    let begun = Instant::now();
    loop {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM voting.log_waiting WHERE poll_id = $1")
            .bind(sheet)
            .fetch_one(&world.pool)
            .await?;
        if waiting == 0 {
            break;
        }
        ensure!(begun.elapsed() < PATIENCE, "{waiting} signatures wait for the log");
        tokio::time::sleep(AGAIN).await;
    }
    let ballots: i64 = sqlx::query_scalar("SELECT count(*) FROM voting.ballots WHERE poll_id = $1")
        .bind(sheet)
        .fetch_one(&world.pool)
        .await?;
    // The gateway keeps counts for a second.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    Ok((counted(world, sheet).await?, ballots.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::Seen::{Nothing, Receipt, Twice};
    use super::*;

    #[test]
    fn everybody_has_one_receipt() {
        assert_eq!(judge(&[(0, Receipt), (0, Twice), (1, Receipt)]), (2, 0));
        assert_eq!(judge(&[(0, Receipt), (0, Receipt)]), (1, 1), "counted twice");
        assert_eq!(judge(&[(0, Twice), (1, Nothing)]), (0, 2), "not counted");
    }
}
