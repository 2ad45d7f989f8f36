use comitia_bus::{Event, HandlerError};
use comitia_proposals::consumers::project;
use comitia_proto::events::v1::{ProjectCreated, ProjectDeleted};
use comitia_proto::proposals::v1 as proto;
use uuid::Uuid;

use crate::harness::{Harness, refusal};

fn created(harness: &Harness, organization: Option<Uuid>, project: Uuid, proposal: &str) -> Event {
    let message = ProjectCreated {
        project_id: project.to_string(),
        budget_id: comitia_core::id::new().to_string(),
        proposal_id: proposal.into(),
    };
    Event::new(&harness.clock, "budgets.project.created", organization, project, &message)
}

fn deleted(harness: &Harness, project: Uuid, proposal: &str) -> Event {
    let message = ProjectDeleted { project_id: project.to_string(), proposal_id: proposal.into() };
    Event::new(&harness.clock, "budgets.project.deleted", Some(harness.city), project, &message)
}

async fn links(harness: &Harness, proposal: &proto::Proposal) -> Vec<String> {
    harness.get(proposal).await.unwrap().project_ids
}

#[tokio::test]
async fn a_proposal_knows_the_projects_that_it_became() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let (one, two) = (comitia_core::id::new(), comitia_core::id::new());
    let first = created(&harness, Some(harness.city), one, &made.proposal_id);
    project(&harness.app, first.clone()).await.unwrap();
    let after = harness.get(&made).await.unwrap();
    assert_eq!(after.project_ids, [one.to_string()]);
    assert_ne!(after.etag, made.etag);
    // The same event again has no effect.
    project(&harness.app, first).await.unwrap();
    assert_eq!(harness.get(&made).await.unwrap(), after);

    project(&harness.app, created(&harness, Some(harness.city), two, &made.proposal_id)).await.unwrap();
    assert_eq!(links(&harness, &made).await, [one.to_string(), two.to_string()]);
    let refused = refusal(harness.withdraw("author", &made).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION PROPOSAL_STATE_INVALID");

    project(&harness.app, deleted(&harness, one, &made.proposal_id)).await.unwrap();
    project(&harness.app, deleted(&harness, two, &made.proposal_id)).await.unwrap();
    assert!(links(&harness, &made).await.is_empty());
    harness.withdraw("author", &made).await.unwrap();
}

#[tokio::test]
async fn the_order_of_the_news_does_not_matter() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let one = comitia_core::id::new();
    project(&harness.app, deleted(&harness, one, &made.proposal_id)).await.unwrap();
    project(&harness.app, created(&harness, Some(harness.city), one, &made.proposal_id)).await.unwrap();
    assert!(links(&harness, &made).await.is_empty());
}

#[tokio::test]
async fn an_event_delivered_many_times_at_once_has_its_effect_once() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let event = created(&harness, Some(harness.city), comitia_core::id::new(), &made.proposal_id);
    let done = tokio::join!(
        project(&harness.app, event.clone()),
        project(&harness.app, event.clone()),
        project(&harness.app, event.clone()),
        project(&harness.app, event)
    );
    assert!([done.0, done.1, done.2, done.3].iter().all(Result::is_ok));
    // One change, and not four.
    assert_eq!(harness.get(&made).await.unwrap().etag, "r2");
}

#[tokio::test]
async fn news_that_concern_no_proposal_are_done_with() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let id = comitia_core::id::new();
    project(&harness.app, created(&harness, Some(harness.city), id, "")).await.unwrap();
    let unknown = comitia_core::id::new().to_string();
    project(&harness.app, created(&harness, Some(harness.city), id, &unknown)).await.unwrap();
    // Of another organization: its own proposal only in name.
    project(&harness.app, created(&harness, Some(comitia_core::id::new()), id, &made.proposal_id))
        .await
        .unwrap();
    assert!(links(&harness, &made).await.is_empty());

    let mut foreign = created(&harness, Some(harness.city), id, &made.proposal_id);
    foreign.routing_key = "budgets.budget.created".into();
    for bad in [
        foreign,
        created(&harness, None, id, &made.proposal_id),
        created(&harness, Some(harness.city), id, "not a UUID"),
    ] {
        let failed = project(&harness.app, bad).await;
        assert!(matches!(failed, Err(HandlerError::Permanent(_))), "{failed:?}");
    }
}

#[tokio::test]
async fn without_its_database_an_event_is_tried_again() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    harness.pool.close().await;
    let event = created(&harness, Some(harness.city), comitia_core::id::new(), &made.proposal_id);
    let failed = project(&harness.app, event).await;
    assert!(matches!(failed, Err(HandlerError::Retry(_))), "{failed:?}");
}
