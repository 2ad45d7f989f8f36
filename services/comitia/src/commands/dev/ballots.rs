//! The ballots of the city's votes. The same member chooses the same projects in every city.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::api::{Failure, text};
use crate::commands::dev::city::{FIRST_MEMBER, Maker};
use crate::commands::dev::content::{Budget, Project};
use crate::replay::cast_secret;

/// How many vote at the same time.
const VOTERS: u32 = 16;

/// Whether a poll takes ballots.
///
/// # Errors
/// When the poll cannot be read.
pub async fn is_open(maker: &Maker<'_>, poll: &str) -> anyhow::Result<bool> {
    let path = format!("/v1/polls/{poll}");
    let answer = maker.api.get(&path, Some(&maker.token)).await.context("reading the poll")?;
    Ok(matches!(text(&answer, "/poll/state")?.as_str(), "POLL_STATE_OPEN" | "POLL_STATE_SCHEDULED"))
}

/// Casts as many ballots as the vote is to have, by the members with the highest numbers. Who has voted does not vote again.
///
/// # Errors
/// When a ballot is refused.
pub async fn cast(maker: &Maker<'_>, poll: &str, budget: &Budget, members: u32) -> anyhow::Result<()> {
    let count = budget.vote.ballots.min(members);
    if count == 0 || !is_open(maker, poll).await? {
        return Ok(());
    }
    let next = AtomicU32::new(0);
    let voter = async || -> anyhow::Result<()> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return Ok(());
            }
            let member = FIRST_MEMBER + members - 1 - place;
            match one(maker, poll, budget, member).await {
                Ok(()) => {}
                Err(Failure::Refused(problem)) if problem.reason == "BALLOT_ALREADY_CAST" => {}
                Err(failure) => {
                    return Err(failure).with_context(|| format!("the ballot of member {member}"));
                }
            }
        }
    };
    try_join_all((0..VOTERS).map(|_| voter())).await?;
    Ok(())
}

async fn one(maker: &Maker<'_>, poll: &str, budget: &Budget, member: u32) -> Result<(), Failure> {
    let token = maker.sign_in(member).await?;
    let path = format!("/v1/polls/{poll}");
    let permit = maker.api.post(&format!("{path}/permits"), Some(&token), &json!({})).await?;
    let ballot =
        json!({"permit": permit["permit"], "ballot": ballot(budget, member), "castSecret": cast_secret()});
    maker.api.post(&format!("{path}/ballots"), None, &ballot).await?;
    Ok(())
}

/// A member's ballot: boxes alone, for the votes that are over are by approval.
fn ballot(budget: &Budget, member: u32) -> Value {
    let most = budget.terms["ballotRule"]["maxChoices"].as_u64().unwrap_or(0);
    let most = if most == 0 { budget.projects.len() } else { usize::try_from(most).unwrap_or(usize::MAX) };
    let mut chosen: Vec<_> = budget
        .projects
        .iter()
        .enumerate()
        .filter(|(place, project)| likes(member, *place, project))
        .map(|(_, project)| &project.values["reference"])
        .take(most)
        .collect();
    if chosen.is_empty() {
        let favourite = usize::try_from(member).unwrap_or(0) % budget.projects.len().max(1);
        chosen.extend(budget.projects.get(favourite).map(|project| &project.values["reference"]));
    }
    let choices: Value = chosen.into_iter().map(|reference| json!({ "optionId": reference })).collect();
    json!({ "choices": choices })
}

/// A number from 0 to 99 that looks drawn (Knuth's multiplicative hashing), compared with how well a project is liked.
fn likes(member: u32, place: usize, project: &Project) -> bool {
    let place = u32::try_from(place).unwrap_or(0);
    let mixed = member.wrapping_mul(2_654_435_761).wrapping_add(place.wrapping_mul(40_503)).rotate_left(13);
    (mixed.wrapping_mul(2_246_822_519) >> 16) % 100 < project.liked
}

/// Waits until the result of a budget is published.
///
/// # Errors
/// When it is not in time.
pub async fn await_result(maker: &Maker<'_>, budget: &str, patience: Duration) -> anyhow::Result<Value> {
    let started = Instant::now();
    loop {
        match maker.api.get(&format!("/v1/budgets/{budget}/result"), None).await {
            Ok(answer) => return Ok(answer["result"].clone()),
            Err(Failure::Refused(problem))
                if problem.reason == "RESULT_NOT_READY" && started.elapsed() < patience =>
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(failure) => return Err(failure).context("waiting for the result"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::dev::content;

    #[test]
    fn ballots_keep_their_rule_and_differ() {
        let processes = content::processes().unwrap();
        let budgets = processes.iter().flat_map(|process| &process.budgets);
        for budget in budgets.filter(|budget| budget.vote.ballots > 0) {
            let ballots: Vec<_> = (0..100).map(|place| ballot(budget, FIRST_MEMBER + place)).collect();
            for cast in &ballots {
                let count = cast["choices"].as_array().unwrap().len();
                assert!((1..=5).contains(&count), "{cast}");
            }
            assert!(ballots.iter().any(|cast| *cast != ballots[0]));
        }
    }
}
