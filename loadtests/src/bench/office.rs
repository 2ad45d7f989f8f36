//! The office: a list of 30,000 proposals, acts on many of them, a roll of 500,000 members, and letters.

mod desk;
mod letters;
mod roll;

use std::time::Duration;

use anyhow::{Context, ensure};
use comitia_cli::replay::city::request_id;
use comitia_testkit::Installation;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::desk::Desk;
use super::{HOST, World};
use crate::city::City;
use crate::figures::Figure;
use crate::load::{latencies, milliseconds, quantiles, rounded};

/// How often a page is looked at.
const LOOKS: u64 = 40;
/// Proposals that are answered, and calls in flight while they are made.
const ACTS: usize = 5_000;
const AT_ONCE: usize = 32;
/// A word that every proposal has, one that few have, and one that none has.
const EVERYWHERE: &str = "quartier";
const RARE: &str = "girouette";
const NOWHERE: &str = "xylophone";

/// Five figures: p95 of the slowest page of the list of proposals, milliseconds; seconds for answers to 5,000 of them; seconds for the import
/// of a roll of 500,000 members, and its memory to that of a tenth of it; letters a second.
///
/// # Errors
/// When the API refuses a step.
pub async fn measure(world: &World) -> anyhow::Result<Vec<Figure>> {
    let gateways = world.installation.addresses("gateway").join(",");
    let city = City::enter(&gateways, HOST, Installation::OPERATOR_KEY).await?;
    let proposals = if world.quick { desk::QUICK_PROPOSALS } else { desk::PROPOSALS };
    let desk = Desk::fill(world, &city, proposals).await?;
    let acts = acts(world, &city, &desk).await?;
    let mut figures = vec![list(world, &city, &desk).await?, acts];
    figures.extend(roll::measure(world, &city).await?);
    figures.push(letters::measure(world)?);
    Ok(figures)
}

/// One answer to many proposals, in one call.
async fn acts(world: &World, city: &City, desk: &Desk) -> anyhow::Result<Figure> {
    let some = &desk.proposals[..desk.proposals.len().min(ACTS)];
    let body = json!({
        "proposalIds": some, "state": "PROPOSAL_STATE_REJECTED", "answer": "The square is rebuilt next year.",
        "requestId": request_id(),
    });
    let cpu = world.cpu()?;
    let begun = Instant::now();
    let answer = city.api.post("/v1/proposals:batchAnswer", Some(city.token()), &body).await;
    let took = begun.elapsed().as_secs_f64();
    let answer = answer.context("the answers")?;
    let done = answer["doneCount"].as_u64().unwrap_or_default();
    ensure!(usize::try_from(done).is_ok_and(|done| done == some.len()), "{done} are answered");
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let per_second = rounded(some.len() as f64 / took);
    let detail =
        json!({"proposals": some.len(), "per_second": per_second, "cpu_seconds": world.cpu_since(&cpu)?});
    Ok(Figure { key: "office_acts_s", value: took, detail })
}

/// The office's list, page by page as an officer asks for it, and the call behind it.
async fn list(world: &World, city: &City, desk: &Desk) -> anyhow::Result<Figure> {
    let all: [(&str, &[(&str, &str)]); 9] = [
        ("first", &[]),
        ("new", &[("state", "new")]),
        ("rejected", &[("state", "rejected")]),
        ("accepted_none", &[("state", "accepted")]),
        ("area", &[("area", "area-7")]),
        ("word_of_all", &[("q", EVERYWHERE)]),
        ("word_of_few", &[("q", RARE)]),
        ("word_of_none", &[("q", NOWHERE)]),
        ("word_area_state", &[("q", EVERYWHERE), ("area", "area-7"), ("state", "rejected")]),
    ];
    let page = format!("http://{}/fr/office/proposals", world.address("gateway")?);
    let (mut slowest, mut detail) = (0.0_f64, json!({"proposals": desk.proposals.len()}));
    for (kind, asked) in all {
        let asked: Vec<_> = [("process", desk.process.as_str())].iter().chain(asked).copied().collect();
        let url = reqwest::Url::parse_with_params(&page, &asked)?;
        let mut bytes = 0;
        let times = times(async || {
            bytes = desk.look(&url).await?.len();
            Ok(())
        })
        .await?;
        let path = desk.call(&asked)?;
        let call = self::times(async || {
            city.api.get(&path, Some(city.token())).await?;
            Ok(())
        })
        .await?;
        slowest = slowest.max(milliseconds(&times, 0.95));
        detail[kind] = json!({"page_ms": shown(&times), "call_ms": shown(&call), "bytes": bytes});
    }
    Ok(Figure { key: "office_page_ms", value: slowest, detail })
}

/// Microseconds of each look, one after the other.
async fn times(mut look: impl AsyncFnMut() -> anyhow::Result<()>) -> anyhow::Result<Histogram<u64>> {
    let mut times = latencies();
    look().await?;
    for _ in 0..LOOKS {
        let begun = Instant::now();
        look().await?;
        times.saturating_record(micros(begun.elapsed()));
    }
    Ok(times)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn shown(times: &Histogram<u64>) -> Value {
    let all = quantiles(times);
    json!({"p50": all["p50"], "p95": milliseconds(times, 0.95), "max": all["max"]})
}
