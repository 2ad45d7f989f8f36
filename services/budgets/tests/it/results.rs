//! From the end of a vote to its result, and on to what becomes of the projects.

use std::time::Duration;

use chrono::{DateTime, Utc};
use comitia_bus::Event;
use comitia_pabulib::Election;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{
    AllocationResult, AllocationRule, BallotRule, Budget, BudgetState, CheckProjectFilesRequest,
    ExportFormat, ExportResultRequest, GetProjectRequest, GetResultRequest, OutcomeReasonKind, ProjectStatus,
    ReportProgressRequest, RuleKind, UpdateBudgetRequest,
};
use comitia_proto::events::v1::{PollAnnulled, PollSealed, ResultPublished};
use comitia_proto::voting::v1::{BallotGroup, BallotType};
use comitia_testkit::wait_until;

use crate::doubles::Voting;
use crate::world::{PATIENCE, World, approval, greedy, group, project, reason, refusal};

fn ballots_of(ballot: BallotType) -> Vec<BallotGroup> {
    let points = matches!(ballot, BallotType::Cumulative | BallotType::Score);
    let p = |n| if points { n } else { 0 };
    if ballot == BallotType::ChooseOne {
        return vec![group(&[("a", 0)], 3), group(&[("b", 0)], 4), group(&[("c", 0)], 2)];
    }
    let mut groups = vec![
        group(&[("a", p(3)), ("c", p(1))], 5),
        group(&[("b", p(5))], 4),
        group(&[("c", p(2)), ("b", p(1))], 2),
    ];
    groups[1].paper = true;
    groups[2].district = "*".into();
    groups[2].any_channel = true;
    groups
}

async fn scheduled(world: &World, ballot_rule: BallotRule, allocation_rule: AllocationRule) -> Budget {
    let budget = world.budget_with(ballot_rule, allocation_rule).await;
    let projects = vec![project("a", 40_000), project("b", 70_000), project("c", 30_000)];
    world.add(&budget, projects).await.unwrap();
    world.schedule(world.vote(&budget)).await.unwrap()
}

async fn result(world: &World, budget: &Budget) -> Result<AllocationResult, ApiError> {
    let request = world.public(GetResultRequest { budget_id: budget.budget_id.clone() });
    let answer = world.budgets.clone().get_result(request).await;
    answer.map(|answer| answer.into_inner().result.unwrap()).map_err(|status| ApiError::from_status(&status))
}

async fn export(world: &World, budget: &Budget) -> (String, Election) {
    let request =
        world.public(ExportResultRequest { budget_id: budget.budget_id.clone(), ..Default::default() });
    let file = world.budgets.clone().export_result(request).await.unwrap().into_inner();
    let election = Election::parse(file.content.as_bytes()).unwrap();
    (file.file_name, election)
}

#[tokio::test]
async fn every_kind_of_ballot_gives_the_result_that_its_rule_gives() {
    let world = World::new().await;
    let types = [
        BallotType::Approval,
        BallotType::Knapsack,
        BallotType::Cumulative,
        BallotType::Ranking,
        BallotType::ChooseOne,
        BallotType::Score,
    ];
    for ballot in types {
        let points = matches!(ballot, BallotType::Cumulative | BallotType::Ranking | BallotType::Score);
        for kind in [RuleKind::Greedy, RuleKind::EqualShares, RuleKind::Phragmen] {
            if points && kind == RuleKind::Phragmen {
                continue;
            }
            let ballot_rule = BallotRule {
                r#type: ballot.into(),
                max_total_points: if ballot == BallotType::Cumulative { 10 } else { 0 },
                ..Default::default()
            };
            let rule = AllocationRule { kind: kind.into(), ..Default::default() };
            let budget = scheduled(&world, ballot_rule, rule).await;
            let groups = ballots_of(ballot);
            let sealed = world.sealed(&budget.poll_id, groups.clone());
            world.tell(&sealed).await;
            let got = result(&world, &budget).await.unwrap();
            assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Decided);

            // The published file, counted by nobody's service.
            let (name, election) = export(&world, &budget).await;
            assert!(name.starts_with("green-city-") && name.ends_with(".pb"), "{name}");
            assert_eq!(election.meta.unit(), Some("City of Łódź"));
            let outcome = comitia_allocation::run(
                &comitia_allocation::pabulib::instance(&election).unwrap(),
                &comitia_allocation::pabulib::rule_from_meta(&election).unwrap(),
                &comitia_allocation::Ties::default(),
            )
            .unwrap();
            let mut funded: Vec<_> =
                got.outcomes.iter().filter(|o| o.funded).map(|o| o.reference.clone()).collect();
            funded.sort_unstable();
            assert_eq!(funded, outcome.selected, "{ballot:?} {kind:?}");
            assert_eq!(got.spent, i64::try_from(outcome.cost.minor).unwrap() * 100);
            assert_eq!(got.trace_sha256, outcome.trace_sha256, "{}", got.trace);
            assert_eq!(got.ballot_count, groups.iter().map(|group| group.count).sum::<i64>());
            let message: PollSealed = sealed.decode().unwrap();
            assert_eq!(got.seal_digest, message.seal_digest);
            assert_eq!((got.outcomes.len(), got.currency.as_str()), (3, "EUR"));
        }
    }
    world.wait_for_events("budgets.result.published", 15).await;
}

#[tokio::test]
async fn a_result_shows_blank_ballots_and_comes_as_a_table() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    let mut groups = ballots_of(BallotType::Approval);
    groups.push(group(&[], 9));
    world.tell(&world.sealed(&budget.poll_id, groups)).await;
    let got = result(&world, &budget).await.unwrap();
    assert_eq!((got.ballot_count, got.blank_ballot_count, got.blank_paper_count), (20, 9, 2));
    let request = |format| ExportResultRequest { budget_id: budget.budget_id.clone(), format };
    let export = async |format| {
        world
            .budgets
            .clone()
            .export_result(world.public(request(format)))
            .await
            .map(|answer| answer.into_inner())
    };
    let table = export(ExportFormat::Csv.into()).await.unwrap();
    assert!(table.file_name.ends_with(".csv"), "{}", table.file_name);
    let lines: Vec<_> = table.content.split("\r\n").collect();
    assert_eq!(lines.len(), 5, "{}", table.content);
    assert!(lines[1].starts_with("1,c,Project c,300.00,EUR,7,7,yes,"), "{}", lines[1]);
    assert!(lines[3].starts_with("3,a,Project a,400.00,EUR,5,5,no,"), "{}", lines[3]);
    assert_eq!(reason(export(7).await), Reason::FieldInvalid);
}

#[tokio::test]
async fn the_last_project_is_funded_in_part_where_the_rule_says_so() {
    let world = World::new().await;
    let rule = AllocationRule { part_from_percent: 10, ..greedy() };
    let budget = scheduled(&world, approval(), rule).await;
    world.tell(&world.sealed(&budget.poll_id, ballots_of(BallotType::Approval))).await;
    let got = result(&world, &budget).await.unwrap();
    let granted: Vec<_> =
        got.outcomes.iter().map(|outcome| (outcome.reference.as_str(), outcome.granted)).collect();
    assert_eq!(granted, [("c", 30_000), ("b", 70_000), ("a", 0)], "all of the budget is spent");

    // With a little less, the last one gets what is left.
    let budget = world.budget_with(approval(), AllocationRule { part_from_percent: 10, ..greedy() }).await;
    let update =
        UpdateBudgetRequest { budget_id: budget.budget_id.clone(), amount: 95_000, ..Default::default() };
    world.budgets.clone().update_budget(world.officer(update)).await.unwrap();
    let projects = vec![project("a", 40_000), project("b", 70_000), project("c", 30_000)];
    world.add(&budget, projects).await.unwrap();
    let budget = world.schedule(world.vote(&budget)).await.unwrap();
    world.tell(&world.sealed(&budget.poll_id, ballots_of(BallotType::Approval))).await;
    let got = result(&world, &budget).await.unwrap();
    let rows: Vec<_> = got
        .outcomes
        .iter()
        .map(|outcome| (outcome.reference.as_str(), outcome.funded, outcome.granted))
        .collect();
    assert_eq!(rows, [("c", true, 30_000), ("a", true, 40_000), ("b", true, 25_000)]);
    assert_eq!(got.spent, 95_000);
    let why = got.outcomes[2].why.clone().unwrap();
    assert_eq!((why.kind(), why.lacking), (OutcomeReasonKind::InPart, 45_000));
    let request = ExportResultRequest { budget_id: budget.budget_id.clone(), ..Default::default() };
    let file = world.budgets.clone().export_result(world.public(request)).await.unwrap().into_inner();
    assert!(file.content.contains("part-from-percent=10"), "{}", file.content);
    let election = Election::parse(file.content.as_bytes()).unwrap();
    let again = comitia_recount::Count::new(election, &comitia_recount::Choice::default()).unwrap();
    assert_eq!(again.outcome.trace_sha256, got.trace_sha256);
}

#[tokio::test]
async fn an_early_close_is_the_last_day_of_the_export() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    // Half past midnight in Warsaw, and still the day before by UTC.
    let closed: DateTime<Utc> = "2026-05-30T22:30:00Z".parse().unwrap();
    world.doubles.closed_early.lock().unwrap().insert(budget.poll_id.clone(), closed);
    world.tell(&world.sealed(&budget.poll_id, ballots_of(BallotType::Approval))).await;
    let request = ExportResultRequest { budget_id: budget.budget_id.clone(), ..Default::default() };
    let file = world.budgets.clone().export_result(world.public(request)).await.unwrap().into_inner();
    assert!(file.content.contains("date_end;31.05.2026\n"), "{}", file.content);
}

#[tokio::test]
async fn a_result_is_published_once_whatever_comes_twice() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    assert_eq!(refusal(result(&world, &budget).await).0, Reason::ResultNotReady);
    let early =
        world.public(ExportResultRequest { budget_id: budget.budget_id.clone(), ..Default::default() });
    assert_eq!(reason(world.budgets.clone().export_result(early).await), Reason::ResultNotReady);

    let closed = world.closed(&budget.poll_id);
    world.tell(&closed).await;
    assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Counting);
    let sealed = world.sealed(&budget.poll_id, ballots_of(BallotType::Approval));
    world.tell(&sealed).await;
    let first = result(&world, &budget).await.unwrap();
    let names: Vec<_> = first.outcomes.iter().map(|o| (o.reference.as_str(), o.votes, o.funded)).collect();
    assert_eq!(names, [("c", 7, true), ("b", 6, true), ("a", 5, false)]);
    assert_eq!((first.spent, first.satisfied_share.as_str()), (100_000, "1/1"));
    let decided = world.read(&budget.budget_id).await;

    // The same event, another event of the same poll, a late close.
    let twin = world.sealed(&budget.poll_id, ballots_of(BallotType::ChooseOne));
    for event in [&sealed, &twin, &closed, &world.closed(&budget.poll_id)] {
        world.tell(event).await;
    }
    assert_eq!(result(&world, &budget).await.unwrap(), first);
    assert_eq!(world.read(&budget.budget_id).await, decided);
    world.wait_for_events("budgets.result.published", 1).await;
    let events = world.published("budgets.result.published");
    assert_eq!(events.len(), 1);
    let published: ResultPublished = events[0].decode().unwrap();
    assert_eq!((published.poll_id, published.trace_sha256), (budget.poll_id, first.trace_sha256));
}

#[tokio::test]
async fn two_deliveries_at_once_publish_one_result() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    let one = world.sealed(&budget.poll_id, ballots_of(BallotType::Approval));
    let two = world.sealed(&budget.poll_id, ballots_of(BallotType::Approval));
    tokio::join!(world.tell(&one), world.tell(&two), world.tell(&one));
    world.wait_for_events("budgets.result.published", 1).await;
    assert_eq!(world.published("budgets.result.published").len(), 1);
    result(&world, &budget).await.unwrap();
}

#[tokio::test]
async fn polls_of_others_do_not_matter() {
    let world = World::new().await;
    let foreign = comitia_core::id::new().to_string();
    world.tell(&world.closed(&foreign)).await;
    world.tell(&world.sealed(&foreign, Vec::new())).await;
    for queue in ["budgets.closings", "budgets.results"] {
        assert!(world.bus.dead_letters(queue).await.unwrap().is_empty());
    }
    assert_eq!(*world.doubles.streams.lock().unwrap(), 0);
}

#[tokio::test]
async fn ballots_that_are_not_those_of_the_seal_give_no_result() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    let groups = ballots_of(BallotType::Approval);
    let sealed: PollSealed = world.sealed(&budget.poll_id, groups.clone()).decode().unwrap();
    // As many ballots, but some of them are others.
    let mut changed = groups;
    changed[1] = group(&[("a", 0)], 4);
    world.sealed(&budget.poll_id, changed);
    let more = PollSealed { ballot_count: sealed.ballot_count + 1, ..sealed.clone() };
    for (message, words) in [(sealed, "digest of the seal"), (more, "12 ballots")] {
        let event = Event::new(&world.clock, "voting.poll.sealed", None, budget.poll_id.clone(), &message);
        world.bus.publish(std::slice::from_ref(&event)).await.unwrap();
        wait_until("a dead letter", PATIENCE, async || {
            let letters = world.bus.dead_letters("budgets.results").await.unwrap();
            letters.iter().any(|letter| letter.id == event.id && letter.reason.contains(words))
        })
        .await;
    }
    assert_eq!(refusal(result(&world, &budget).await).0, Reason::ResultNotReady);
}

#[tokio::test]
async fn a_count_waits_for_voting() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    world.doubles.set_voting(Voting::Away);
    let sealed = world.sealed(&budget.poll_id, ballots_of(BallotType::Approval));
    world.bus.publish(std::slice::from_ref(&sealed)).await.unwrap();
    wait_until("an attempt", PATIENCE, async || *world.doubles.streams.lock().unwrap() > 0).await;
    assert_eq!(refusal(result(&world, &budget).await).0, Reason::ResultNotReady);
    world.doubles.set_voting(Voting::Well);
    wait_until("the result", Duration::from_secs(30), async || result(&world, &budget).await.is_ok()).await;
}

#[tokio::test]
async fn a_vote_without_ballots_has_a_result() {
    let world = World::new().await;
    let budget =
        scheduled(&world, approval(), AllocationRule { kind: RuleKind::EqualShares.into(), ..greedy() })
            .await;
    world.tell(&world.sealed(&budget.poll_id, Vec::new())).await;
    let got = result(&world, &budget).await.unwrap();
    assert_eq!((got.ballot_count, got.spent), (0, 0));
    export(&world, &budget).await;
}

#[tokio::test]
async fn progress_of_funded_projects_is_added_and_stays() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    let report = |project_id: &str, status: ProjectStatus, note: &str| ReportProgressRequest {
        project_id: project_id.into(),
        status: status.into(),
        percent_done: 40,
        spent: 1_000,
        note: note.into(),
        request_id: comitia_core::id::new().to_string(),
    };
    world.tell(&world.sealed(&budget.poll_id, ballots_of(BallotType::Approval))).await;
    let outcomes = result(&world, &budget).await.unwrap().outcomes;
    let funded = &outcomes[0].project_id;
    let unfunded = &outcomes.iter().find(|outcome| !outcome.funded).unwrap().project_id;
    let mut projects = world.projects.clone();
    let read = async |id: &str| {
        let request = world.public(GetProjectRequest { project_id: id.into() });
        world.projects.clone().get_project(request).await.unwrap().into_inner().project.unwrap()
    };
    assert_eq!(read(funded).await.status(), ProjectStatus::Funded);
    assert_eq!(read(unfunded).await.status(), ProjectStatus::NotFunded);

    let planning = report(funded, ProjectStatus::Planning, "Drawn");
    let first = projects.report_progress(world.officer(planning.clone())).await.unwrap().into_inner();
    let again = projects.report_progress(world.officer(planning)).await.unwrap().into_inner();
    assert_eq!(first, again);
    let given_up = report(funded, ProjectStatus::GivenUp, "Too dear");
    projects.report_progress(world.officer(given_up)).await.unwrap();
    let known = first.project.unwrap();
    let report_id = known.progress_reports[0].report_id.clone();
    for (report_id, found) in [(report_id, true), (comitia_core::id::new().to_string(), false)] {
        let message = CheckProjectFilesRequest {
            project_id: known.project_id.clone(),
            report_id,
            code_digest: Vec::new(),
        };
        let files = projects.check_project_files(world.service("spaces", message.clone())).await.unwrap();
        assert_eq!((files.get_ref().public, files.get_ref().report_found), (true, found));
        assert_eq!(reason(projects.check_project_files(world.officer(message)).await), Reason::RoleMissing);
    }
    let project = read(funded).await;
    assert_eq!(project.status(), ProjectStatus::GivenUp);
    let notes: Vec<_> = project.progress_reports.iter().map(|report| report.note.as_str()).collect();
    assert_eq!(notes, ["Too dear", "Drawn"]);

    let unfunded = report(unfunded, ProjectStatus::Planning, "Drawn");
    assert_eq!(reason(projects.report_progress(world.officer(unfunded)).await), Reason::ProjectNotFunded);
    let silent = report(funded, ProjectStatus::GivenUp, "");
    assert_eq!(reason(projects.report_progress(world.officer(silent)).await), Reason::FieldInvalid);
    let funded_again = report(funded, ProjectStatus::Funded, "x");
    assert_eq!(reason(projects.report_progress(world.officer(funded_again)).await), Reason::FieldInvalid);
    world.wait_for_events("budgets.project.progressed", 2).await;

    // Not even the service itself could overwrite what was published.
    let pool = world.database.pool("budgets").unwrap();
    for table in ["progress_reports", "results", "outcomes"] {
        for statement in
            [format!("DELETE FROM budgets.{table}"), format!("UPDATE budgets.{table} SET spent = 1")]
        {
            let error = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap_err();
            let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
            assert!(matches!(code.as_deref(), Some("42501" | "42703")), "{table}: {error}");
        }
    }
}

#[tokio::test]
async fn a_vote_that_is_called_off_has_no_result() {
    let world = World::new().await;
    let budget = scheduled(&world, approval(), greedy()).await;
    let event = |key: &'static str, message: &PollAnnulled| {
        Event::new(&world.clock, key, Some(world.doubles.organization), budget.poll_id.clone(), message)
    };
    // Both messages name the poll and nothing else.
    let named = PollAnnulled { poll_id: budget.poll_id.clone() };
    let cancelled = event("voting.poll.cancelled", &named);
    world.tell(&cancelled).await;
    let draft = world.read(&budget.budget_id).await;
    assert_eq!((draft.state(), draft.poll_id.as_str()), (BudgetState::Draft, ""));

    let again = world.schedule(world.vote(&budget)).await.unwrap();
    assert_ne!(again.poll_id, budget.poll_id);
    // The old poll's event again changes nothing.
    world.tell(&cancelled).await;
    assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Frozen);
    world.tell(&world.closed(&again.poll_id)).await;
    let named = PollAnnulled { poll_id: again.poll_id.clone() };
    world.tell(&event("voting.poll.annulled", &named)).await;
    assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Annulled);
    world.tell(&world.sealed(&again.poll_id, ballots_of(BallotType::Approval))).await;
    assert_eq!(result(&world, &budget).await.unwrap_err().reason, Reason::ResultNotReady);
}
