//! The city's processes: proposals are submitted, examined, turned into projects, voted on and carried out as the people of a
//! real city would do it, only faster.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::api::{Failure, text};
use crate::commands::dev::ballots;
use crate::commands::dev::city::{Maker, time};
use crate::commands::dev::content::{Budget, Phase, Process, Proposal, Vote};

const SUBMISSION: &str = "PHASE_KIND_SUBMISSION";
const VOTE: &str = "PHASE_KIND_VOTE";
/// A vote that is over closes so long after it was made at the latest.
const LATEST_CLOSE: TimeDelta = TimeDelta::minutes(5);
/// How long other services may take to hear of something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process on its way.
struct Made<'a> {
    maker: &'a Maker<'a>,
    process: &'a Process,
    id: String,
}

/// Makes a process with all that is in it.
///
/// # Errors
/// When the API refuses a step.
pub async fn make(maker: &Maker<'_>, process: &Process, members: u32) -> anyhow::Result<()> {
    let key = &process.key;
    let first = if process.proposals.is_empty() { VOTE } else { SUBMISSION };
    let body =
        json!({"title": process.title, "description": process.description, "phases": now_open(maker, first)});
    let answer = maker.step(&format!("{key}: process"), "/v1/processes", body).await?;
    let id = text(&answer, "/process/processId")?;
    maker.post(&format!("/v1/processes/{id}:publish"), &json!({})).await.context("publishing")?;
    for (place, component) in process.components.iter().enumerate() {
        let path = format!("/v1/processes/{id}/components");
        maker.step(&format!("{key}: component {place}"), &path, component.clone()).await?;
    }
    let made = Made { maker, process, id };
    let proposals = made.proposals().await?;
    // A vote that is over was open a moment ago.
    let over = process.budgets.iter().any(|budget| budget.vote.to == 0);
    let phases = if over { now_open(maker, VOTE) } else { made.phases() };
    made.set_phases(&phases).await?;
    for budget in &process.budgets {
        made.budget(budget, &proposals, members).await.with_context(|| budget.key.clone())?;
    }
    if over { made.set_phases(&made.phases()).await } else { Ok(()) }
}

/// One phase that is open while the city is made.
fn now_open(maker: &Maker<'_>, kind: &str) -> Value {
    let start = maker.state.start;
    let (from, to) = (start - TimeDelta::days(60), start + TimeDelta::hours(25));
    json!([{"title": "…", "kind": kind, "startTime": time(from), "endTime": time(to)}])
}

impl Made<'_> {
    fn phases(&self) -> Value {
        let phase = |phase: &Phase| {
            let (from, to) = (self.maker.day(phase.from), self.maker.day(phase.to));
            json!({"title": phase.title, "kind": phase.kind, "startTime": from, "endTime": to})
        };
        self.process.phases.iter().map(phase).collect()
    }

    /// A vote that was just closed holds its phase until spaces has heard of it.
    async fn set_phases(&self, phases: &Value) -> anyhow::Result<()> {
        let path = format!("/v1/processes/{}?updateMask=phases", self.id);
        let started = std::time::Instant::now();
        loop {
            match self.maker.api.patch(&path, Some(&self.maker.token), &json!({ "phases": phases })).await {
                Ok(_) => return Ok(()),
                Err(Failure::Refused(problem))
                    if problem.reason == "PHASE_HAS_VOTE" && started.elapsed() < PATIENCE =>
                {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(failure) => return Err(failure).context("the dates of the phases"),
            }
        }
    }

    /// Submits the proposals. Gives the ids of those that become projects, by budget.
    async fn proposals(&self) -> anyhow::Result<HashMap<String, Vec<String>>> {
        let mut become_projects: HashMap<String, Vec<String>> = HashMap::new();
        for (place, proposal) in self.process.proposals.iter().enumerate() {
            let session = self.maker.sign_in(proposal.author).await.context("an author's sign-in")?;
            let id = self
                .proposal(place, proposal, &session)
                .await
                .with_context(|| format!("proposal {place}"))?;
            if let Some(budget) = &proposal.becomes {
                become_projects.entry(budget.clone()).or_default().push(id);
            }
        }
        Ok(become_projects)
    }

    async fn proposal(&self, place: usize, proposal: &Proposal, session: &str) -> anyhow::Result<String> {
        let maker = self.maker;
        let mut body = proposal.text.clone();
        body["requestId"] = json!(maker.state.request_id(&format!("{}: proposal {place}", self.process.key)));
        let path = format!("/v1/processes/{}/proposals", self.id);
        let answer = maker.api.post(&path, Some(session), &body).await.context("submitting")?;
        let id = text(&answer, "/proposal/proposalId")?;
        let path = format!("/v1/proposals/{id}");
        if let Some(answer) = &proposal.answer {
            maker.post(&format!("{path}:answer"), answer).await.context("answering")?;
        }
        if let Some(reason) = &proposal.hidden {
            let body = json!({"hidden": true, "reason": reason});
            maker.post(&format!("{path}:moderate"), &body).await.context("hiding")?;
        }
        if proposal.withdrawn {
            let path = format!("{path}:withdraw");
            maker.api.post(&path, Some(session), &json!({})).await.context("withdrawing")?;
        }
        Ok(id)
    }

    async fn budget(
        &self,
        budget: &Budget,
        proposals: &HashMap<String, Vec<String>>,
        members: u32,
    ) -> anyhow::Result<()> {
        let maker = self.maker;
        let step = |name: &str| format!("{}: {}: {name}", self.process.key, budget.key);
        let path = format!("/v1/processes/{}/budgets", self.id);
        let answer = maker.step(&step("budget"), &path, budget.terms.clone()).await?;
        let id = text(&answer, "/budget/budgetId")?;
        let path = format!("/v1/budgets/{id}");
        let read = maker.api.get(&path, Some(&maker.token)).await.context("reading the budget")?;
        if text(&read, "/budget/state")? == "BUDGET_STATE_DRAFT" {
            if !budget.projects.is_empty() {
                let projects: Value = budget.projects.iter().map(|project| project.values.clone()).collect();
                let batch = format!("{path}/projects:batchCreate");
                maker.step(&step("projects"), &batch, json!({ "projects": projects })).await?;
            }
            if let Some(ids) = proposals.get(&budget.key) {
                let import = format!("{path}/projects:importProposals");
                maker.post(&import, &json!({ "proposalIds": ids })).await.context("proposals as projects")?;
            }
        }
        let scheduled = maker.post(&format!("{path}:scheduleVote"), &self.vote(&budget.vote)).await;
        let poll = text(&scheduled.context("scheduling the vote")?, "/budget/pollId")?;
        ballots::cast(maker, &poll, budget, members).await?;
        if budget.vote.to == 0 {
            self.follow_up(&poll, &id, budget).await?;
        }
        Ok(())
    }

    fn vote(&self, vote: &Vote) -> Value {
        let close = match vote.to {
            0 => time(self.maker.state.start + LATEST_CLOSE),
            to => self.maker.day(to),
        };
        json!({
            "rollId": self.maker.roll,
            "openTime": self.maker.day(vote.from),
            "closeTime": close,
            "minimumAge": vote.minimum_age,
        })
    }

    /// Closes a vote, waits for its result, and reports how the funded projects come along.
    async fn follow_up(&self, poll: &str, budget_id: &str, budget: &Budget) -> anyhow::Result<()> {
        let maker = self.maker;
        if ballots::is_open(maker, poll).await? {
            let reason =
                json!({"reason": "Tous les bulletins sont dépouillés : la ville d’essai n’attend pas."});
            maker.post(&format!("/v1/polls/{poll}:close"), &reason).await.context("closing the vote")?;
        }
        let result = ballots::await_result(maker, budget_id, PATIENCE).await?;
        let funded = result["outcomes"].as_array().into_iter().flatten();
        let funded = funded.filter(|outcome| outcome["funded"] == json!(true));
        for outcome in funded {
            let id = text(outcome, "/projectId")?;
            let reference = &outcome["reference"];
            let project = budget.projects.iter().find(|project| project.values["reference"] == *reference);
            for (place, report) in project.iter().flat_map(|project| &project.reports).enumerate() {
                let name = format!("{}: {}: report {reference} {place}", self.process.key, budget.key);
                let path = format!("/v1/projects/{id}/progressReports");
                maker.step(&name, &path, report.clone()).await?;
            }
        }
        Ok(())
    }
}
