//! Projects, from CSV-like batches and from proposals.

use comitia_platform::{ApiError, Reason, page};
use comitia_proto::budgets::v1::{
    BatchCreateProjectsRequest, DeleteProjectRequest, GetProjectRequest, ImportProposalsRequest,
    ListProjectsRequest, NewProject, Project, UpdateProjectRequest,
};
use comitia_proto::events::v1::{ProjectCreated, ProjectDeleted};
use comitia_proto::proposals::v1::{Place, Proposal, ProposalState};

use crate::world::{World, project, reason, refusal};

async fn list(world: &World, budget_id: &str, page_size: i32) -> Vec<Project> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListProjectsRequest { budget_id: budget_id.into(), page_size, page_token };
        let page = world.projects.clone().list_projects(world.public(request)).await.unwrap().into_inner();
        all.extend(page.projects);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_forged_page_token_is_refused() {
    let world = World::new().await;
    let budget_id = world.budget().await.budget_id;
    let scope = format!("ListProjects {} {budget_id}", world.doubles.organization);
    for odd in ["", "P\u{0}1", "no reference"] {
        let page_token = page::token(&scope, odd);
        let request = ListProjectsRequest { budget_id: budget_id.clone(), page_size: 2, page_token };
        let answer = world.projects.clone().list_projects(world.public(request)).await;
        assert_eq!(reason(answer), Reason::PageTokenInvalid, "{odd:?}");
    }
}

#[tokio::test]
async fn projects_are_added_all_or_none() {
    let world = World::new().await;
    let budget = world.budget().await;
    let full = NewProject {
        description: "Trees\nand benches".into(),
        categories: vec!["parks".into(), "streets".into()],
        address: "Main square".into(),
        latitude: 51.77,
        longitude: 19.45,
        exclusion_group: "square".into(),
        ..project("L-7", 5_000)
    };
    let request = BatchCreateProjectsRequest {
        budget_id: budget.budget_id.clone(),
        projects: vec![full.clone(), project("", 0), project("12", 1), project("", 2)],
        request_id: comitia_core::id::new().to_string(),
    };
    let mut projects = world.projects.clone();
    let made =
        projects.batch_create_projects(world.officer(request.clone())).await.unwrap().into_inner().projects;
    let again = projects.batch_create_projects(world.officer(request)).await.unwrap().into_inner().projects;
    assert_eq!(made, again);
    let given: Vec<_> = made.iter().map(|project| project.reference.as_str()).collect();
    assert_eq!(given, ["L-7", "13", "12", "14"]);
    let first = &made[0];
    assert_eq!(
        (first.description.as_str(), &first.categories, first.latitude.to_bits()),
        ("Trees\nand benches", &full.categories, full.latitude.to_bits())
    );
    let read = GetProjectRequest { project_id: first.project_id.clone() };
    let read = projects.get_project(world.public(read)).await.unwrap().into_inner().project;
    assert_eq!(read.as_ref(), Some(first));

    let cases = [
        (vec![project("x", 1), project("y", -1)], Reason::FieldInvalid, "projects[1].cost"),
        (vec![project("x", 1), project("x", 1)], Reason::FieldInvalid, "projects[1].reference"),
        (vec![project("x", 1), project("12", 1)], Reason::ResourceAlreadyExists, "projects[1].reference"),
        (vec![], Reason::FieldInvalid, "projects"),
    ];
    for (new, expected, field) in cases {
        assert_eq!(refusal(world.add(&budget, new).await), (expected, vec![field.to_owned()]));
    }
    let all = list(&world, &budget.budget_id, 3).await;
    let listed: Vec<_> = all.iter().map(|project| project.reference.as_str()).collect();
    assert_eq!(listed, ["12", "13", "14", "L-7"]);
    world.wait_for_events("budgets.project.created", 4).await;
    assert_eq!(world.published("budgets.project.created").len(), 4);
}

#[tokio::test]
async fn ten_thousand_projects_and_no_more() {
    let world = World::new().await;
    let budget = world.budget().await;
    let many: Vec<_> = (0..10_000).map(|_| project("", 1)).collect();
    assert_eq!(world.add(&budget, many).await.unwrap().len(), 10_000);
    assert_eq!(refusal(world.add(&budget, vec![project("", 1)]).await).1, ["projects"]);
}

#[tokio::test]
async fn a_project_is_changed_and_removed() {
    let world = World::new().await;
    let budget = world.budget().await;
    let made = world.add(&budget, vec![project("a", 10), project("b", 20)]).await.unwrap();
    let update = |reference: &str, cost| UpdateProjectRequest {
        project_id: made[0].project_id.clone(),
        values: Some(project(reference, cost)),
    };
    let mut projects = world.projects.clone();
    let changed =
        projects.update_project(world.officer(update("", 15))).await.unwrap().into_inner().project.unwrap();
    assert_eq!((changed.reference.as_str(), changed.cost), ("a", 15));
    let answer = projects.update_project(world.officer(update("b", 15))).await;
    let (reason_, fields) = refusal(answer.map_err(|status| ApiError::from_status(&status)));
    assert_eq!((reason_, fields), (Reason::ResourceAlreadyExists, vec!["values.reference".to_owned()]));

    let delete = DeleteProjectRequest { project_id: made[0].project_id.clone() };
    projects.delete_project(world.officer(delete.clone())).await.unwrap();
    assert_eq!(reason(projects.delete_project(world.officer(delete)).await), Reason::ResourceNotFound);
    assert_eq!(list(&world, &budget.budget_id, 0).await.len(), 1);
    world.wait_for_events("budgets.project.deleted", 1).await;
    let deleted: ProjectDeleted = world.published("budgets.project.deleted")[0].decode().unwrap();
    assert_eq!(deleted.project_id, made[0].project_id);
}

#[tokio::test]
async fn accepted_proposals_become_projects_once() {
    let world = World::new().await;
    let budget = world.budget().await;
    let good = || Proposal {
        proposal_id: comitia_core::id::new().to_string(),
        process_id: world.doubles.process.to_string(),
        title: "A bench in the park".into(),
        body: "Somewhere to sit.".into(),
        category: "parks".into(),
        place: Some(Place { address: "Park".into(), latitude: 1.5, longitude: 2.5 }),
        state: ProposalState::Accepted.into(),
        estimated_cost: 700,
        ..Default::default()
    };
    let (one, two) = (good(), good());
    let bad = [
        Proposal { state: ProposalState::Rejected.into(), ..good() },
        Proposal { process_id: comitia_core::id::new().to_string(), ..good() },
        Proposal { hidden: true, ..good() },
    ];
    for proposal in [&one, &two].into_iter().chain(&bad) {
        world.doubles.proposals.lock().unwrap().insert(proposal.proposal_id.clone(), proposal.clone());
    }
    let import = async |ids: Vec<String>| {
        let request = ImportProposalsRequest { budget_id: budget.budget_id.clone(), proposal_ids: ids };
        let answer = world.projects.clone().import_proposals(world.officer(request)).await;
        answer.map(|answer| answer.into_inner().projects).map_err(|status| ApiError::from_status(&status))
    };
    for proposal in &bad {
        let result = import(vec![one.proposal_id.clone(), proposal.proposal_id.clone()]).await;
        assert_eq!(refusal(result), (Reason::ProposalStateInvalid, vec!["proposal_ids[1]".to_owned()]));
    }
    let unknown = import(vec![comitia_core::id::new().to_string()]).await;
    assert_eq!(refusal(unknown), (Reason::FieldInvalid, vec!["proposal_ids[0]".to_owned()]));
    assert!(list(&world, &budget.budget_id, 0).await.is_empty());

    let first = import(vec![one.proposal_id.clone()]).await.unwrap();
    assert_eq!(
        (first[0].cost, first[0].proposal_id.as_str(), first[0].reference.as_str(), &first[0].categories),
        (700, one.proposal_id.as_str(), "1", &vec!["parks".to_owned()])
    );
    let both = import(vec![two.proposal_id.clone(), one.proposal_id.clone(), two.proposal_id.clone()])
        .await
        .unwrap();
    assert_eq!(both.len(), 3);
    assert_eq!((both[0].reference.as_str(), &both[1], &both[2]), ("2", &first[0], &both[0]));
    world.wait_for_events("budgets.project.created", 2).await;
    let events = world.published("budgets.project.created");
    let created: ProjectCreated = events[0].decode().unwrap();
    assert_eq!((created.project_id, created.proposal_id), (first[0].project_id.clone(), one.proposal_id));
    assert_eq!(events.len(), 2);

    let free = Proposal { estimated_cost: 0, ..good() };
    world.doubles.proposals.lock().unwrap().insert(free.proposal_id.clone(), free.clone());
    let third = import(vec![free.proposal_id]).await.unwrap();
    assert_eq!((third[0].reference.as_str(), third[0].cost), ("3", 0));
}
