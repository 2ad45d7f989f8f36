//! Scheduling votes: what is frozen, and what voting is told.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{
    BallotRule, Budget, BudgetState, CountAreaBudgetsRequest, DeleteProjectRequest, GetProjectRequest,
    NewProject, ScheduleVoteRequest, ScheduleVoteResponse, UpdateBudgetRequest, UpdateProjectRequest,
    VoteWarningKind,
};
use comitia_proto::spaces::v1::Area;
use comitia_proto::voting::v1::{BallotType, CategoryLimit};
use comitia_testkit::wait_until;

use crate::doubles::Voting;
use crate::world::{PATIENCE, World, approval, at, district, greedy, project, reason, refusal};

async fn ready(world: &World) -> Budget {
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000), project("b", 70_000)]).await.unwrap();
    budget
}

#[tokio::test]
async fn a_vote_freezes_the_budget_and_voting_gets_its_poll() {
    let world = World::new().await;
    let knapsack = BallotRule {
        r#type: BallotType::Knapsack.into(),
        min_budget_percent: 25,
        recast_allowed: true,
        category_limits: vec![CategoryLimit {
            category: "parks".into(),
            max_choices: 1,
            ..Default::default()
        }],
        ..Default::default()
    };
    let budget = world.budget_with(knapsack, greedy()).await;
    let with = |reference: &str| NewProject {
        categories: vec!["parks".into()],
        exclusion_group: "site".into(),
        ..project(reference, 40_000)
    };
    let made = world.add(&budget, vec![with("b"), with("a"), project("c", 70_000)]).await.unwrap();
    let frozen = world.schedule(world.vote(&budget)).await.unwrap();
    assert_eq!(frozen.state(), BudgetState::Frozen);
    assert_ne!(frozen.etag, budget.etag);

    let poll = world.doubles.poll(&frozen.poll_id);
    let eligibility = poll.eligibility.unwrap();
    assert_eq!((eligibility.roll_id, eligibility.minimum_age), (world.doubles.roll.to_string(), 16));
    assert_eq!(eligibility.time_zone, "Europe/Warsaw", "the organization's, by which ages are counted");
    assert!(poll.recast_allowed);
    assert_eq!(poll.open_time, Some(timestamp(at(30))));
    let options: Vec<_> =
        poll.options.iter().map(|option| (option.option_id.as_str(), option.cost)).collect();
    assert_eq!(options, [("a", 40_000), ("b", 40_000), ("c", 70_000)]);
    let specification = poll.specification.unwrap();
    assert_eq!((specification.min_total_cost, specification.max_total_cost), (25_000, 100_000));
    assert_eq!(specification.exclusion_groups[0].option_ids, ["a", "b"]);
    assert_eq!(specification.category_limits[0].category, "parks");

    // The same again is the same; anything else is refused.
    assert_eq!(world.schedule(world.vote(&budget)).await.unwrap(), frozen);
    let other = ScheduleVoteRequest { minimum_age: 18, ..world.vote(&budget) };
    assert_eq!(refusal(world.schedule(other).await).0, Reason::BudgetFrozen);
    let project_id = made[0].project_id.clone();
    let change = UpdateProjectRequest { project_id: project_id.clone(), values: Some(project("", 1)) };
    assert_eq!(
        reason(world.projects.clone().update_project(world.officer(change)).await),
        Reason::BudgetFrozen
    );
    let delete = DeleteProjectRequest { project_id };
    assert_eq!(
        reason(world.projects.clone().delete_project(world.officer(delete)).await),
        Reason::BudgetFrozen
    );
    assert_eq!(refusal(world.add(&budget, vec![project("d", 1)]).await).0, Reason::BudgetFrozen);
    let change = UpdateBudgetRequest { budget_id: budget.budget_id.clone(), amount: 5, ..Default::default() };
    assert_eq!(
        reason(world.budgets.clone().update_budget(world.officer(change)).await),
        Reason::BudgetFrozen
    );
    assert_eq!(world.read(&budget.budget_id).await, frozen);
}

#[tokio::test]
async fn a_vote_that_cannot_be_leaves_the_budget_a_draft() {
    let world = World::new().await;
    let budget = ready(&world).await;
    let vote = world.vote(&budget);
    let time = |hour| Some(timestamp(at(hour)));
    let cases = [
        (ScheduleVoteRequest { open_time: time(20), ..vote.clone() }, Reason::PhaseNotOpen, "open_time"),
        (ScheduleVoteRequest { close_time: time(241), ..vote.clone() }, Reason::PhaseNotOpen, "close_time"),
        (ScheduleVoteRequest { close_time: time(30), ..vote.clone() }, Reason::FieldInvalid, "close_time"),
        (ScheduleVoteRequest { open_time: None, ..vote.clone() }, Reason::FieldInvalid, "open_time"),
        (
            ScheduleVoteRequest { roll_id: comitia_core::id::new().to_string(), ..vote.clone() },
            Reason::FieldInvalid,
            "roll_id",
        ),
        (ScheduleVoteRequest { roll_id: "roll".into(), ..vote.clone() }, Reason::FieldInvalid, "roll_id"),
        (ScheduleVoteRequest { minimum_age: 200, ..vote.clone() }, Reason::FieldInvalid, "minimum_age"),
    ];
    for (request, expected, field) in cases {
        let asked = ScheduleVoteRequest { validate_only: true, ..request.clone() };
        assert_eq!(refusal(world.schedule(request).await), (expected, vec![field.to_owned()]));
        assert_eq!(refusal(world.schedule(asked).await), (expected, vec![field.to_owned()]));
    }
    let empty = world.budget().await;
    for validate_only in [true, false] {
        let request = ScheduleVoteRequest { validate_only, ..world.vote(&empty) };
        assert_eq!(refusal(world.schedule(request).await).0, Reason::RuleNotApplicable);
    }
    world.clock.set(at(60));
    assert_eq!(refusal(world.schedule(vote).await), (Reason::FieldInvalid, vec!["close_time".to_owned()]));
    assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Draft);
    assert!(world.doubles.polls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_budget_of_an_area_is_voted_on_by_its_district() {
    let world = World::new().await;
    world.areas(&["north"]);
    let request = comitia_proto::budgets::v1::CreateBudgetRequest {
        area_code: "North".into(),
        ..world.new_budget("North")
    };
    let budget = world
        .budgets
        .clone()
        .create_budget(world.officer(request))
        .await
        .unwrap()
        .into_inner()
        .budget
        .unwrap();
    world.add(&budget, vec![project("a", 1)]).await.unwrap();
    let frozen = world.schedule(world.vote(&budget)).await.unwrap();
    assert_eq!(world.doubles.poll(&frozen.poll_id).eligibility.unwrap().districts, ["north"]);
}

#[tokio::test]
async fn an_area_stands_for_its_parts_and_the_answer_says_who_may_vote() {
    let world = World::new().await;
    let area = |code: &str, parent: &str| Area {
        code: code.into(),
        parent_code: parent.into(),
        ..Default::default()
    };
    *world.doubles.areas.lock().unwrap() =
        vec![area("centre", ""), area("centre-1", "centre"), area("centre-2", "centre"), area("east", "")];
    *world.doubles.roll_districts.lock().unwrap() =
        vec![district("", 3), district("centre-1", 40), district("centre-3", 7), district("east", 90)];
    let budget = ready(&world).await;
    world.add(&budget, vec![project("dear", 100_001), project("free", 0)]).await.unwrap();
    let of = |districts: &[&str]| ScheduleVoteRequest {
        districts: districts.iter().map(|code| (*code).to_owned()).collect(),
        ..world.vote(&budget)
    };
    for (districts, reason, field) in [
        (&["centre-2"][..], Reason::NobodyEligible, "districts"),
        (&["east", "EAST"], Reason::FieldInvalid, "districts[1]"),
        (&["east", "west"], Reason::FieldInvalid, "districts"),
    ] {
        assert_eq!(refusal(world.schedule(of(districts)).await), (reason, vec![field.to_owned()]));
        assert_eq!(world.read(&budget.budget_id).await.state(), BudgetState::Draft);
    }
    // What it would say, before anything is frozen.
    let asked = ScheduleVoteRequest { validate_only: true, ..of(&["CENTRE", "centre-3"]) };
    let said = world.schedule_whole(asked.clone()).await.unwrap();
    assert_eq!(said.budget.as_ref().unwrap().state(), BudgetState::Draft);
    assert!(world.doubles.polls.lock().unwrap().is_empty());
    let vote = world.schedule_whole(of(&["CENTRE", "centre-3"])).await.unwrap();
    assert_eq!(ScheduleVoteResponse { budget: vote.budget.clone(), ..said }, vote);
    assert_eq!(refusal(world.schedule(asked).await).0, Reason::BudgetFrozen);
    let electors: Vec<_> =
        vote.electors.iter().map(|found| (found.district.as_str(), found.elector_count)).collect();
    assert_eq!((vote.elector_count, electors.as_slice()), (47, &[("centre-1", 40), ("centre-3", 7)][..]));
    let warnings: Vec<_> = vote.warnings.iter().map(|warning| (warning.kind(), warning.count)).collect();
    assert_eq!(
        warnings,
        [
            (VoteWarningKind::DistrictWithoutArea, 1),
            (VoteWarningKind::MembersWithoutDistrict, 3),
            (VoteWarningKind::ProjectDearerThanBudget, 1),
            (VoteWarningKind::ProjectWithoutCost, 1),
        ]
    );
    let poll = world.doubles.poll(&vote.budget.as_ref().unwrap().poll_id);
    let districts = poll.eligibility.unwrap().districts;
    assert_eq!(districts, ["centre", "centre-1", "centre-2", "centre-3"]);
    // The same again says the same.
    assert_eq!(world.schedule_whole(of(&["CENTRE", "centre-3"])).await.unwrap(), vote);

    // An empty roll.
    world.doubles.roll_districts.lock().unwrap().clear();
    let other = ready(&world).await;
    let refused = refusal(world.schedule(world.vote(&other)).await);
    assert_eq!(refused, (Reason::NobodyEligible, vec!["roll_id".to_owned()]));
}

#[tokio::test]
async fn what_uses_an_area_is_counted_for_spaces_alone() {
    let world = World::new().await;
    world.areas(&["north"]);
    let request = comitia_proto::budgets::v1::CreateBudgetRequest {
        area_code: "North".into(),
        ..world.new_budget("North")
    };
    world.budgets.clone().create_budget(world.officer(request)).await.unwrap();
    let budget = ready(&world).await;
    let vote = ScheduleVoteRequest { districts: vec!["north".into()], ..world.vote(&budget) };
    world.schedule(vote).await.unwrap();
    let of = |area: &str| CountAreaBudgetsRequest { area_code: area.into() };
    let officer = world.budgets.clone().count_area_budgets(world.officer(of("north"))).await;
    assert_eq!(reason(officer), Reason::RoleMissing);
    for (area, count) in [("NORTH", 2), ("south", 0)] {
        let answer = world.budgets.clone().count_area_budgets(world.service("spaces", of(area))).await;
        assert_eq!(answer.unwrap().into_inner().budget_count, count, "{area}");
    }
}

#[tokio::test]
async fn a_poll_that_voting_could_not_take_is_sent_again() {
    let world = World::new().await;
    for voting in [Voting::Away, Voting::LosingAnswers] {
        let budget = ready(&world).await;
        world.doubles.set_voting(voting);
        assert_eq!(refusal(world.schedule(world.vote(&budget)).await).0, Reason::DependencyUnavailable);
        let frozen = world.read(&budget.budget_id).await;
        assert_eq!(frozen.state(), BudgetState::Frozen);
        let other = ScheduleVoteRequest { minimum_age: 18, ..world.vote(&budget) };
        assert_eq!(refusal(world.schedule(other).await).0, Reason::BudgetFrozen);

        world.doubles.set_voting(Voting::Well);
        let again = world.schedule(world.vote(&budget)).await.unwrap();
        assert_eq!(again, frozen);
        world.doubles.poll(&frozen.poll_id);
    }
}

#[tokio::test]
async fn the_job_sends_what_nobody_sends_again() {
    let world = World::new().await;
    let budget = ready(&world).await;
    world.doubles.set_voting(Voting::Away);
    assert_eq!(refusal(world.schedule(world.vote(&budget)).await).0, Reason::DependencyUnavailable);
    let poll_id = world.read(&budget.budget_id).await.poll_id;
    world.doubles.set_voting(Voting::Well);
    wait_until("the poll", PATIENCE, async || {
        world.clock.advance(TimeDelta::seconds(1));
        world.doubles.polls.lock().unwrap().contains_key(&poll_id)
    })
    .await;
}

#[tokio::test]
async fn a_refused_poll_thaws_the_budget() {
    let world = World::new().await;
    let budget = ready(&world).await;
    world.doubles.set_voting(Voting::Refusing);
    let refused = refusal(world.schedule(world.vote(&budget)).await);
    assert_eq!(refused, (Reason::FieldInvalid, vec!["specification.max_choices".to_owned()]));
    let thawed = world.read(&budget.budget_id).await;
    assert_eq!((thawed.state(), thawed.poll_id.as_str()), (BudgetState::Draft, ""));
    world.doubles.set_voting(Voting::Well);
    world.schedule(world.vote(&budget)).await.unwrap();
}

#[tokio::test]
async fn a_budget_whose_poll_exists_never_thaws() {
    let world = World::new().await;
    let budget = ready(&world).await;
    world.doubles.set_voting(Voting::LosingAnswers);
    assert_eq!(refusal(world.schedule(world.vote(&budget)).await).0, Reason::DependencyUnavailable);
    // Now voting refuses what it took before: its poll is there all the same.
    world.doubles.set_voting(Voting::Picky);
    let frozen = world.schedule(world.vote(&budget)).await.unwrap();
    assert_eq!(frozen.state(), BudgetState::Frozen);
}

#[tokio::test]
async fn voters_get_the_projects_that_the_budget_keeps() {
    let world = World::new().await;
    let budget = world.budget_with(approval(), greedy()).await;
    let made = world.add(&budget, vec![project("a", 0)]).await.unwrap();
    let (projects, officer) = (world.projects.clone(), &world);
    // Changes run while the budget is frozen under them.
    let change = async |cost: i64| {
        let request =
            UpdateProjectRequest { project_id: made[0].project_id.clone(), values: Some(project("", cost)) };
        projects
            .clone()
            .update_project(officer.officer(request))
            .await
            .map_err(|status| ApiError::from_status(&status))
    };
    let changes = async {
        let mut cost = 0;
        loop {
            cost += 1;
            match change(cost).await {
                Ok(_) => {}
                Err(error) => return (cost, error.reason),
            }
        }
    };
    let freeze = async {
        tokio::time::timeout(PATIENCE, wait_for_changes(&world, &made[0].project_id)).await.unwrap();
        world.schedule(world.vote(&budget)).await.unwrap()
    };
    let ((refused, reason), frozen) = tokio::join!(changes, freeze);
    assert_eq!(reason, Reason::BudgetFrozen);
    let kept = cost_of(&world, &made[0].project_id).await;
    assert_eq!(kept, refused - 1);
    assert_eq!(world.doubles.poll(&frozen.poll_id).options[0].cost, kept);
}

async fn cost_of(world: &World, project_id: &str) -> i64 {
    let request = GetProjectRequest { project_id: project_id.into() };
    world
        .projects
        .clone()
        .get_project(world.public(request))
        .await
        .unwrap()
        .into_inner()
        .project
        .unwrap()
        .cost
}

async fn wait_for_changes(world: &World, project_id: &str) {
    wait_until("changes", Duration::from_secs(10), async || cost_of(world, project_id).await > 5).await;
}
