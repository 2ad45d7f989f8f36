//! What is decided, as the contract writes it.

use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1 as proto;

use crate::app::votes::ScheduledVote;
use crate::domain::budget::{Budget, BudgetState};
use crate::domain::project::{Project, ProjectStatus, Report};
use crate::domain::reasons::Reasons;
use crate::domain::result::{Leftover, ProjectOutcome, Published};
use crate::store::extensions::Extension;

pub(super) fn budget(budget: &Budget) -> proto::Budget {
    let terms = &budget.terms;
    proto::Budget {
        budget_id: budget.id.to_string(),
        process_id: budget.process.to_string(),
        title: terms.title.clone(),
        area_code: terms.area_code.clone(),
        amount: terms.amount,
        currency: terms.currency.clone(),
        ballot_rule: Some(terms.ballot_rule.clone()),
        allocation_rule: Some(terms.allocation_rule.clone()),
        state: match budget.state {
            BudgetState::Draft => proto::BudgetState::Draft,
            BudgetState::Frozen => proto::BudgetState::Frozen,
            BudgetState::Counting => proto::BudgetState::Counting,
            BudgetState::Decided => proto::BudgetState::Decided,
            BudgetState::Annulled => proto::BudgetState::Annulled,
        }
        .into(),
        poll_id: budget.poll.map(|poll| poll.to_string()).unwrap_or_default(),
        create_time: Some(timestamp(budget.create_time)),
        update_time: Some(timestamp(budget.update_time)),
        etag: budget.etag(),
        leftover_budget_id: terms.leftover_budget.map(|budget| budget.to_string()).unwrap_or_default(),
        sign_off_required: terms.sign_off_required,
    }
}

/// As `officer` sees it.
pub(super) fn extension(extension: &Extension, officer: &str) -> proto::VoteExtension {
    proto::VoteExtension {
        close_time: Some(timestamp(extension.close_time)),
        reason: extension.reason.clone(),
        propose_time: Some(timestamp(extension.propose_time)),
        done_time: extension.done_time.map(timestamp),
        own: extension.proposed_by == officer,
    }
}

pub(super) fn vote(vote: ScheduledVote) -> proto::ScheduleVoteResponse {
    let may_vote = vote.electors.into_iter().filter(|found| found.elector_count > 0);
    let electors: Vec<_> = may_vote
        .map(|found| proto::ElectorCount { district: found.district, elector_count: found.elector_count })
        .collect();
    proto::ScheduleVoteResponse {
        budget: Some(budget(&vote.budget)),
        elector_count: electors.iter().map(|district| district.elector_count).sum(),
        electors,
        warnings: vote.warnings,
    }
}

pub(super) fn project(project: &Project) -> proto::Project {
    let values = &project.values;
    proto::Project {
        project_id: project.id.to_string(),
        budget_id: project.budget.to_string(),
        reference: project.reference.clone(),
        title: values.title.clone(),
        description: values.description.clone(),
        cost: values.cost,
        categories: values.categories.clone(),
        address: values.address.clone(),
        latitude: values.latitude,
        longitude: values.longitude,
        exclusion_group: values.exclusion_group.clone(),
        proposal_id: project.proposal.map(|proposal| proposal.to_string()).unwrap_or_default(),
        status: status(project.status).into(),
        progress_reports: project.reports.iter().map(report).collect(),
    }
}

pub(super) fn projects(projects: &[Project]) -> Vec<proto::Project> {
    projects.iter().map(project).collect()
}

fn status(status: ProjectStatus) -> proto::ProjectStatus {
    match status {
        ProjectStatus::Undecided => proto::ProjectStatus::Unspecified,
        ProjectStatus::NotFunded => proto::ProjectStatus::NotFunded,
        ProjectStatus::Funded => proto::ProjectStatus::Funded,
        ProjectStatus::Planning => proto::ProjectStatus::Planning,
        ProjectStatus::CarriedOut => proto::ProjectStatus::CarriedOut,
        ProjectStatus::Finished => proto::ProjectStatus::Finished,
        ProjectStatus::GivenUp => proto::ProjectStatus::GivenUp,
    }
}

/// The status that a request names; undecided for none.
pub(super) fn named_status(named: proto::ProjectStatus) -> ProjectStatus {
    ProjectStatus::ALL.into_iter().find(|known| status(*known) == named).unwrap_or(ProjectStatus::Undecided)
}

fn report(report: &Report) -> proto::ProgressReport {
    proto::ProgressReport {
        status: status(report.status).into(),
        percent_done: u32::try_from(report.percent_done).unwrap_or(0),
        spent: report.spent,
        note: report.note.clone(),
        report_time: Some(timestamp(report.time)),
        report_id: report.id.to_string(),
    }
}

pub(super) fn result(published: Published) -> proto::AllocationResult {
    let decision = published.decision;
    let mut reasons = Reasons::of(&decision.trace, &published.currency);
    proto::AllocationResult {
        budget_id: published.budget.to_string(),
        poll_id: published.poll.to_string(),
        rule: decision.rule,
        amount: published.amount,
        spent: decision.spent,
        currency: published.currency,
        ballot_count: decision.ballot_count,
        outcomes: decision.outcomes.into_iter().map(|found| outcome(found, &mut reasons)).collect(),
        ties: decision.ties,
        satisfied_share: decision.satisfied_share,
        trace: decision.trace,
        trace_sha256: decision.trace_sha256,
        seal_digest: published.seal_digest,
        publish_time: Some(timestamp(published.publish_time)),
        blank_paper_count: published.blank_papers,
        invalid_paper_count: published.invalid_papers,
        smallest_group: published.smallest_group,
        blank_ballot_count: decision.blank_ballots,
        leftovers: published.leftovers.into_iter().map(leftover).collect(),
        broken_ties: reasons.ties,
        leftover_budget_id: published.leftover_budget.map(|budget| budget.to_string()).unwrap_or_default(),
    }
}

fn leftover(leftover: Leftover) -> proto::Leftover {
    proto::Leftover { budget_id: leftover.budget.to_string(), title: leftover.title, amount: leftover.amount }
}

fn outcome(outcome: ProjectOutcome, reasons: &mut Reasons) -> proto::ProjectOutcome {
    proto::ProjectOutcome {
        why: reasons.take(&outcome.reference),
        project_id: outcome.project.to_string(),
        reference: outcome.reference,
        title: outcome.title,
        cost: outcome.cost,
        votes: outcome.votes,
        score: outcome.score,
        funded: outcome.funded,
        granted: outcome.granted,
        reason: outcome.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_named_as_it_is_written() {
        for known in ProjectStatus::ALL {
            assert_eq!(named_status(status(known)), known);
        }
    }
}
