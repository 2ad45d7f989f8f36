//! Signatures: one sheet that everybody signs, its public log, and the whole way from the provider to the receipt.

mod crowd;
mod log;
mod way;

use std::path::Path;

use anyhow::Context;
use comitia_cli::api::number;
use serde_json::json;
use uuid::Uuid;

use super::intake::one_to_many;
use super::{CONNECTIONS, Closed, World};
use crate::casts::{Ballots, Door};
use crate::figures::Figure;
use crate::load::rounded;

/// A signature says nothing: its ballot is empty.
const SIGNATURE: Ballots = Ballots { options: 1, choices: 0 };
/// The sheets that signatures are spread over.
const MANY: usize = 1_000;
/// The process that has the sequencer.
const VOTING: &str = "voting-1";
/// A look a day: a sequencer that does nothing.
const STILL: &str = "86400000";

/// Seven figures: signatures a second on one sheet, to those over a thousand; casts a second beside the sequencer, to without it;
/// leaves that it appends a second; p99 from a signature's receipt to a checkpoint with it; seconds that `comitia verify` takes;
/// whole ways a second; and how far the count is from the truth after a crowd, half of which signs twice.
///
/// # Errors
/// When a measure cannot be made.
pub async fn measure(world: &mut World, program: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = vec![one_sheet(world).await?, beside_the_sequencer(world).await?];
    figures.push(log::to_checkpoint(world).await?);
    figures.extend(log::leaves(world, program).await?);
    figures.push(crowd::measure(world).await?);
    figures.push(way::measure(world, program).await?);
    Ok(figures)
}

async fn one_sheet(world: &mut World) -> anyhow::Result<Figure> {
    let mut sheets = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        sheets.push(world.city.open_sheet().await?);
    }
    let (value, detail) = one_to_many(world, &sheets, SIGNATURE).await?;
    Ok(Figure { key: "signatures_one_sheet", value, detail })
}

/// Casts on one sheet while the sequencer appends them, to casts while it stands still. The two take turns, each on a new sheet,
/// and voting is started anew for each.
async fn beside_the_sequencer(world: &mut World) -> anyhow::Result<Figure> {
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..2 {
        let mut turns = [0, 1];
        // What comes first in one round comes second in the next.
        turns.rotate_left(round);
        for turn in turns {
            let still = turn == 1;
            restart(world, still).await?;
            let sheet = world.city.open_sheet().await?;
            let run = Closed {
                door: Door::Grpc,
                connections: CONNECTIONS,
                polls: &[sheet],
                ballots: SIGNATURE,
                seconds: world.seconds(6),
            };
            let (measured, _) = world.closed(run).await?;
            rates[turn].push(rounded(measured.accepted_per_second()));
        }
    }
    restart(world, false).await?;
    let [with, without] = rates;
    let value = with.iter().sum::<f64>() / without.iter().sum::<f64>();
    let detail = json!({
        "connections": CONNECTIONS, "with_sequencer_per_second": with, "without_per_second": without,
    });
    Ok(Figure { key: "signatures_sequencer", value, detail })
}

/// Ends voting and starts it again, with a sequencer that stands still or looks as it does by itself.
async fn restart(world: &mut World, still: bool) -> anyhow::Result<()> {
    world.installation.terminate(VOTING).await?;
    let quiet = [("COMITIA__VOTING__SEQUENCER_MS", STILL.to_owned())];
    world.installation.start_again(VOTING, if still { &quiet } else { &[] })?;
    world.installation.process_ready(VOTING).await
}

/// How many signatures the public counts of a sheet say.
async fn counted(world: &World, sheet: Uuid) -> anyhow::Result<u64> {
    let counts = world.city.api.get(&format!("/v1/polls/{sheet}/log/counts"), None).await?;
    u64::try_from(number(&counts, "/counts/signatureCount").unwrap_or(0)).context("a count")
}
