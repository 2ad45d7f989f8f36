//! What the public sees of a process that is not published: nothing. And such a process gets no vote.

use std::sync::atomic::Ordering;

use comitia_platform::Reason;
use comitia_platform::auth::{PREVIEW_HEADER, preview_digest};
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{
    BudgetState, CheckProjectFilesRequest, ExportResultRequest, GetBudgetOfPollRequest, GetBudgetRequest,
    GetProjectRequest, GetResultRequest, ListBudgetsRequest, ListProjectsRequest, ScheduleVoteRequest,
};
use comitia_testkit::wait_until;
use tonic::{Code, Request};

use crate::doubles::Voting;
use crate::world::{PATIENCE, World, at, project, refusal};

/// A caller.
#[derive(Clone, Copy)]
enum Who {
    Anybody,
    Staff,
    /// Somebody with a code.
    Code(&'static str),
}

/// What the methods that anybody may call answer: how many budgets are listed, and a code for each of the others.
async fn seen(world: &World, budget: &str, project: &str, who: Who) -> (usize, [Code; 5]) {
    let (mut budgets, mut projects) = (world.budgets.clone(), world.projects.clone());
    let (budget_id, project_id) = (budget.to_owned(), project.to_owned());
    let listed = ListBudgetsRequest { process_id: world.doubles.process.to_string(), ..Default::default() };
    let listed = budgets.list_budgets(ask(world, who, listed)).await.unwrap().into_inner().budgets.len();
    let get = GetBudgetRequest { budget_id: budget_id.clone() };
    let result = GetResultRequest { budget_id: budget_id.clone() };
    let export = ExportResultRequest { budget_id: budget_id.clone(), ..Default::default() };
    let list = ListProjectsRequest { budget_id, ..Default::default() };
    let codes = [
        code(budgets.get_budget(ask(world, who, get)).await),
        code(budgets.get_result(ask(world, who, result)).await),
        code(budgets.export_result(ask(world, who, export)).await),
        code(projects.get_project(ask(world, who, GetProjectRequest { project_id })).await),
        code(projects.list_projects(ask(world, who, list)).await),
    ];
    (listed, codes)
}

fn ask<T>(world: &World, who: Who, message: T) -> Request<T> {
    let mut request = match who {
        Who::Staff => return world.of(world.doubles.organization, "AUDITOR", message),
        Who::Anybody | Who::Code(_) => world.public(message),
    };
    if let Who::Code(code) = who {
        request.metadata_mut().insert(PREVIEW_HEADER, code.parse().unwrap());
    }
    request
}

fn code<T>(answer: Result<T, tonic::Status>) -> Code {
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test]
async fn a_budget_is_public_when_its_process_is() {
    let world = World::new().await;
    world.doubles.published.store(false, Ordering::SeqCst);
    let budget = world.budget().await;
    let made = world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    let (budget, project) = (budget.budget_id, made[0].project_id.clone());

    // There is no result yet, and that is not for the public to know.
    let whole = (1, [Code::Ok, Code::FailedPrecondition, Code::FailedPrecondition, Code::Ok, Code::Ok]);
    assert_eq!(seen(&world, &budget, &project, Who::Staff).await, whole);
    assert_eq!(seen(&world, &budget, &project, Who::Anybody).await, (0, [Code::NotFound; 5]));

    world.doubles.published.store(true, Ordering::SeqCst);
    wait_until("the public sees it", PATIENCE, async || {
        seen(&world, &budget, &project, Who::Anybody).await == whole
    })
    .await;
}

#[tokio::test]
async fn the_code_of_a_preview_shows_what_is_not_published() {
    let world = World::new().await;
    world.doubles.published.store(false, Ordering::SeqCst);
    let budget = world.budget().await;
    let made = world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    let (budget, project) = (budget.budget_id, made[0].project_id.clone());
    *world.doubles.preview.lock().unwrap() = Some("the code".into());

    let whole = (1, [Code::Ok, Code::FailedPrecondition, Code::FailedPrecondition, Code::Ok, Code::Ok]);
    assert_eq!(seen(&world, &budget, &project, Who::Code("the code")).await, whole);
    let nothing = (0, [Code::NotFound; 5]);
    assert_eq!(seen(&world, &budget, &project, Who::Code("another code")).await, nothing);
    assert_eq!(seen(&world, &budget, &project, Who::Anybody).await, nothing);
    // What spaces asks before it sends a photo of the project.
    for (code_digest, previewed) in [
        (preview_digest("the code").to_vec(), true),
        (preview_digest("another code").to_vec(), false),
        (Vec::new(), false),
        (b"too short".to_vec(), false),
    ] {
        let message =
            CheckProjectFilesRequest { project_id: project.clone(), report_id: String::new(), code_digest };
        let request = world.service("spaces", message);
        let files = world.projects.clone().check_project_files(request).await.unwrap().into_inner();
        assert_eq!((files.public, files.previewed), (false, previewed));
    }

    // A link that is revoked is forgotten within seconds.
    *world.doubles.preview.lock().unwrap() = None;
    wait_until("the code shows nothing any more", PATIENCE, async || {
        seen(&world, &budget, &project, Who::Code("the code")).await == nothing
    })
    .await;
}

#[tokio::test]
async fn the_budget_of_a_poll_is_found_by_everybody() {
    let world = World::new().await;
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    let frozen = world.schedule(world.vote(&budget)).await.unwrap();
    let ask_for = async |poll_id: &str, who| {
        let message = GetBudgetOfPollRequest { poll_id: poll_id.to_owned() };
        let answer = world.budgets.clone().get_budget_of_poll(ask(&world, who, message)).await;
        answer.map(|found| found.into_inner().budget.unwrap()).map_err(|status| status.code())
    };
    assert_eq!(ask_for(&frozen.poll_id, Who::Anybody).await.unwrap(), frozen);
    assert_eq!(ask_for("01920000-0000-7000-8000-0000000000ff", Who::Staff).await, Err(Code::NotFound));
    assert_eq!(ask_for("a poll", Who::Anybody).await, Err(Code::InvalidArgument));
}

#[tokio::test]
async fn a_vote_holds_its_phase() {
    let world = World::new().await;
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    let frozen = world.schedule(world.vote(&budget)).await.unwrap();
    let holds = world.doubles.holds.lock().unwrap().clone();
    assert_eq!(holds.len(), 1);
    let held = &holds[&frozen.poll_id];
    assert_eq!((held.open_time, held.close_time), (Some(timestamp(at(30))), Some(timestamp(at(60)))));
    assert_eq!(held.process_id, budget.process_id);
}

#[tokio::test]
async fn an_unpublished_process_gets_no_vote() {
    let world = World::new().await;
    world.doubles.published.store(false, Ordering::SeqCst);
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    let asked = ScheduleVoteRequest { validate_only: true, ..world.vote(&budget) };
    assert_eq!(refusal(world.schedule(asked).await).0, Reason::ProcessNotPublished);
    let refused = refusal(world.schedule(world.vote(&budget)).await);
    assert_eq!(refused, (Reason::ProcessNotPublished, vec!["process_id".to_owned()]));
    assert!(world.doubles.polls.lock().unwrap().is_empty());
    let message = GetBudgetRequest { budget_id: budget.budget_id.clone() };
    let read = world.budgets.clone().get_budget(world.officer(message)).await.unwrap().into_inner();
    assert_eq!(read.budget.unwrap().state(), BudgetState::Draft);

    // Once it is published, the same call goes through.
    world.doubles.published.store(true, Ordering::SeqCst);
    world.schedule(world.vote(&budget)).await.unwrap();
}

#[tokio::test]
async fn a_vote_that_voting_refuses_lets_its_phase_go() {
    let world = World::new().await;
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000)]).await.unwrap();
    world.doubles.set_voting(Voting::Refusing);
    world.schedule(world.vote(&budget)).await.unwrap_err();
    assert!(world.doubles.holds.lock().unwrap().is_empty());
}
