//! A row never crosses tenants: what PostgreSQL keeps from the service's role, whatever the service asks for.

use comitia_bus::Event;
use comitia_platform::auth::Role;
use comitia_platform::database::{Tenant, begin};
use comitia_proposals::consumers::project;
use comitia_proto::events::v1::ProjectCreated;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{Harness, ask_in, refusal};

async fn count(pool: &PgPool, tenant: Option<Tenant>, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM proposals.{table}"));
    let Some(tenant) = tenant else { return sqlx::query_scalar(sql).fetch_one(pool).await.unwrap() };
    let mut transaction = begin(pool, tenant).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *transaction).await.unwrap()
}

async fn changed(pool: &PgPool, tenant: Tenant, sql: String) -> Result<u64, sqlx::Error> {
    let mut transaction = begin(pool, tenant).await?;
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(done.rows_affected())
}

#[tokio::test]
async fn rows_of_one_organization_are_invisible_and_unwritable_to_another() {
    let harness = Harness::start().await;
    let (mine, theirs) = (harness.city, comitia_core::id::new());
    let made = harness.proposal().await;
    harness.moderate(&made, true, "Names a person").await.unwrap();
    harness.moderate(&made, false, "It was removed").await.unwrap();
    let message = ProjectCreated {
        project_id: comitia_core::id::new().to_string(),
        proposal_id: made.proposal_id.clone(),
        ..Default::default()
    };
    let event = Event::new(&harness.clock, "budgets.project.created", Some(mine), "project", &message);
    project(&harness.app, event).await.unwrap();

    let pool = &harness.pool;
    for (table, rows) in [("proposals", 1), ("moderations", 2), ("projects", 1)] {
        assert_eq!(count(pool, Some(Tenant::Organization(mine)), table).await, rows, "{table}");
        assert_eq!(count(pool, Some(Tenant::Organization(theirs)), table).await, 0, "{table}");
        assert_eq!(
            count(pool, None, table).await,
            0,
            "{table}: a transaction that says nothing sees nothing"
        );
        for sql in [
            format!("DELETE FROM proposals.{table}"),
            format!("UPDATE proposals.{table} SET organization_id = '{theirs}'"),
        ] {
            assert_eq!(changed(pool, Tenant::Organization(theirs), sql).await.unwrap(), 0, "{table}");
        }
    }
    let smuggled = format!(
        "INSERT INTO proposals.projects (organization_id, proposal_id, project_id, deleted)
         VALUES ('{mine}', '{}', '{theirs}', false)",
        made.proposal_id
    );
    let error = changed(pool, Tenant::Organization(theirs), smuggled.clone()).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    // Not even as a part of somebody else's proposal.
    let part = smuggled.replace(&format!("('{mine}'"), &format!("('{theirs}'"));
    let error = changed(pool, Tenant::Organization(theirs), part).await.unwrap_err();
    assert!(error.as_database_error().unwrap().is_foreign_key_violation(), "{error}");

    // And through the service.
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    let id = made.proposal_id.clone();
    let get = proto::GetProposalRequest { proposal_id: id.clone() };
    let read = harness.grpc.get_proposal(ask_in(theirs, Role::Administrator, "author", get)).await;
    assert_eq!(refusal(read).0, missing);
    let list = proto::ListProposalsRequest {
        process_id: made.process_id.clone(),
        query: "trees".into(),
        ..Default::default()
    };
    let listed =
        harness.grpc.list_proposals(ask_in(theirs, Role::Administrator, "author", list)).await.unwrap();
    assert!(listed.into_inner().proposals.is_empty());
    let withdraw = proto::WithdrawProposalRequest { proposal_id: id.clone() };
    let refused = harness.grpc.withdraw_proposal(ask_in(theirs, Role::Participant, "author", withdraw)).await;
    assert_eq!(refusal(refused).0, missing);
    let moderate = proto::ModerateProposalRequest { proposal_id: id, hidden: true, reason: "Why".into() };
    let refused = harness.grpc.moderate_proposal(ask_in(theirs, Role::Moderator, "author", moderate)).await;
    assert_eq!(refusal(refused).0, missing);
    // Their own process of the same id is none.
    let submit =
        harness.grpc.submit_proposal(ask_in(theirs, Role::Participant, "author", harness.submission())).await;
    assert_eq!(refusal(submit).0, missing);
}
