//! A large roll: how long its import takes, and how much memory.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, ensure};
use bytes::Bytes;
use comitia_cli::api::{number, text};
use comitia_cli::replay::city::request_id;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::{HOST, World};
use crate::city::{City, district};
use crate::figures::Figure;
use crate::load::rounded;
use crate::processes;

/// Members of the roll, and of the one that its memory is compared with.
const MEMBERS: usize = 500_000;
const QUICK_MEMBERS: usize = 50_000;
const TENTH: usize = 10;
/// Who holds the file on its way.
const HOLDERS: [&str; 2] = ["gateway-1", "identity-1"];

/// Seconds for the import of 500,000 members from one file, and the memory that gateway and identity need more for it, to that for a tenth of
/// it. The detail has how long PostgreSQL's own COPY takes for the same file.
pub async fn measure(world: &World, city: &City) -> anyhow::Result<[Figure; 2]> {
    let members = if world.quick { QUICK_MEMBERS } else { MEMBERS };
    let at_rest = resident(world)?;
    let few = import(world, city, &file(members / TENTH), members / TENTH, &at_rest).await?;
    let whole = file(members);
    let all = import(world, city, &whole, members, &at_rest).await?;
    let copy = copy(world, &whole).await?;
    let mut detail = all.detail;
    detail["copy_seconds"] = json!(rounded(copy));
    detail["to_copy"] = json!(rounded(all.seconds / copy));
    let memory = json!({
        "megabytes_more": {"all": rounded(all.megabytes), "a_tenth": rounded(few.megabytes)}, "of_a_tenth": few.detail,
    });
    let ratio = all.megabytes / few.megabytes.max(1.0);
    Ok([
        Figure { key: "office_roll_s", value: all.seconds, detail },
        Figure { key: "office_roll_memory", value: ratio, detail: memory },
    ])
}

/// What an import came to.
struct Imported {
    seconds: f64,
    /// More than before, at the peak, of all who hold the file.
    megabytes: f64,
    detail: Value,
}

/// Imports a file into a new roll, as it is.
async fn import(
    world: &World,
    city: &City,
    file: &Bytes,
    members: usize,
    at_rest: &BTreeMap<&str, f64>,
) -> anyhow::Result<Imported> {
    let roll = json!({"title": format!("{members} members"), "requestId": request_id()});
    let roll = city.api.post("/v1/rolls", Some(city.token()), &roll).await.context("the roll")?;
    let roll = text(&roll, "/roll/rollId")?;
    for name in HOLDERS {
        processes::forget_peak(pid(world, name)?)?;
    }
    let cpu = world.cpu()?;
    let begun = Instant::now();
    let answer = Client::new()
        .post(format!("http://{}/v1/rolls/{roll}/members:import", world.address("gateway")?))
        .header("host", HOST)
        .header("content-type", "text/csv")
        .bearer_auth(city.token())
        .body(file.clone())
        .send()
        .await?;
    let status = answer.status();
    let answer = answer.text().await?;
    ensure!(status.is_success(), "the import is refused: {answer}");
    let seconds = begun.elapsed().as_secs_f64();
    let answer: Value = serde_json::from_str(&answer)?;
    let imported = number(&answer, "/importedCount")?;
    ensure!(usize::try_from(imported).is_ok_and(|imported| imported == members), "{imported} are imported");
    let (mut megabytes, mut peaks) = (0.0, BTreeMap::new());
    for name in HOLDERS {
        let peak = processes::memory_megabytes(pid(world, name)?)?.1;
        megabytes += (peak - at_rest.get(name).copied().unwrap_or_default()).max(0.0);
        peaks.insert(name, rounded(peak));
    }
    let detail = json!({
        "members": members, "bytes": file.len(), "seconds": rounded(seconds), "peak_mb": peaks,
        "cpu_seconds": world.cpu_since(&cpu)?,
    });
    Ok(Imported { seconds, megabytes, detail })
}

fn resident(world: &World) -> anyhow::Result<BTreeMap<&'static str, f64>> {
    HOLDERS.into_iter().map(|name| Ok((name, processes::memory_megabytes(pid(world, name)?)?.0))).collect()
}

fn pid(world: &World, name: &str) -> anyhow::Result<u32> {
    world.installation.pids().get(name).copied().with_context(|| format!("{name} does not run"))
}

/// The yardstick: the same file into a plain table with a key.
async fn copy(world: &World, file: &Bytes) -> anyhow::Result<f64> {
    let mut connection = world.pool.acquire().await?;
    sqlx::raw_sql(
        "CREATE TABLE pg_temp.bench_members (member_number text PRIMARY KEY, district text, birth_date date, email text)",
    )
    .execute(&mut *connection)
    .await?;
    let begun = Instant::now();
    let mut copy =
        connection.copy_in_raw("COPY pg_temp.bench_members FROM STDIN (FORMAT csv, HEADER)").await?;
    copy.send(file.as_ref()).await?;
    copy.finish().await?;
    let seconds = begun.elapsed().as_secs_f64();
    sqlx::raw_sql("DROP TABLE pg_temp.bench_members").execute(&mut *connection).await?;
    Ok(seconds)
}

/// A roll as a city has it.
fn file(members: usize) -> Bytes {
    let mut csv = String::from("member_number,district,birth_date,email\n");
    for member in 0..members {
        let (year, month, day) = (1940 + member % 65, 1 + member % 12, 1 + member % 28);
        // Writing to a String does not fail.
        let _ = writeln!(
            csv,
            "R-{member:07},{},{year}-{month:02}-{day:02},voter{member}@example.org",
            district(member)
        );
    }
    csv.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_roll_fits_into_one_import() {
        let file = file(MEMBERS);
        assert!(file.len() <= 32 << 20, "{}", file.len());
        assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), MEMBERS + 1);
    }
}
