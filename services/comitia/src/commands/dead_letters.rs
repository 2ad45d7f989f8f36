//! `comitia dead-letters`: events that consumers gave up on.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use comitia_bus::Selection;
use comitia_core::Clock;
use uuid::Uuid;

use crate::commands::event;
use crate::configuration::{Configuration, Source};

/// List, replay or discard events that consumers gave up on
///
/// Each queue has its own, such as `budgets.results`.
#[derive(Args)]
pub struct DeadLetters {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    source: Source,
}

#[derive(Subcommand)]
enum Action {
    /// List them, oldest first, one JSON object a line
    List {
        /// The queue, such as `budgets.results`
        queue: String,
    },
    /// Put them back in the queue
    Replay {
        /// The queue
        queue: String,
        /// Only these events, by id; all without it
        #[arg(value_parser = event)]
        ids: Vec<Uuid>,
    },
    /// Throw them away
    Discard {
        /// The queue
        queue: String,
        /// Which events, by id
        #[arg(required = true, value_parser = event)]
        ids: Vec<Uuid>,
    },
}

impl DeadLetters {
    /// Does what is asked.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let configuration = Configuration::load(&self.source)?;
        anyhow::ensure!(
            configuration.common.bus.url.is_some(),
            "common.bus.url is not set: the in-process bus keeps its dead letters in its own process"
        );
        let bus = comitia_bus::connect(&configuration.common.bus, Clock::system(), "comitia-dead-letters")?;
        match self.action {
            Action::List { queue } => {
                for letter in bus.dead_letters(&queue).await.with_context(|| queue.clone())? {
                    println!(
                        "{}",
                        serde_json::json!({
                            "event": letter.id,
                            "routing_key": letter.routing_key,
                            "subject": letter.event.as_ref().map(|event| &event.subject),
                            "organization": letter.event.as_ref().and_then(|event| event.organization_id),
                            "time": letter.event.as_ref().map(|event| event.time.to_rfc3339()),
                            "parked_at": letter.parked_at.map(|time| time.to_rfc3339()),
                            "reason": letter.reason,
                            "attempts": letter.attempts,
                        })
                    );
                }
            }
            Action::Replay { queue, ids } => {
                let selection = if ids.is_empty() { Selection::All } else { Selection::Ids(ids) };
                println!("replayed {}", bus.replay_dead_letters(&queue, &selection).await.context(queue)?);
            }
            Action::Discard { queue, ids } => {
                println!(
                    "discarded {}",
                    bus.discard_dead_letters(&queue, &Selection::Ids(ids)).await.context(queue)?
                );
            }
        }
        bus.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
