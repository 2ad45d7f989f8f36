//! A row never crosses tenants: what PostgreSQL keeps from the service's role, whatever the service asks for.

use comitia_platform::auth::Role;
use comitia_platform::database::{Tenant, begin};
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::area_service_server::AreaService;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{Harness, administrator, refusal, with_role};

const TABLES: [&str; 6] = ["organizations", "host_names", "processes", "phases", "components", "areas"];

async fn count(pool: &PgPool, tenant: Option<Tenant>, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM spaces.{table}"));
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
    let (mine, theirs) = (harness.organization().await, harness.organization().await);
    let process = harness.process(mine, &[(1, 2)]).await;
    let component = proto::CreateComponentRequest {
        process_id: process.process_id.clone(),
        kind: proto::ComponentKind::Budgets.into(),
        title: "Budgets".into(),
        request_id: comitia_core::id::new().to_string(),
    };
    harness.grpc.create_component(administrator(mine, component.clone())).await.unwrap();
    let area = proto::CreateAreaRequest { code: "a".into(), title: "A".into(), parent_code: String::new() };
    harness.grpc.create_area(administrator(mine, area)).await.unwrap();

    let pool = &harness.pool;
    for table in TABLES {
        let own = i64::from(matches!(table, "organizations" | "host_names"));
        assert_eq!(count(pool, Some(Tenant::Organization(mine)), table).await, 1, "{table}");
        assert_eq!(count(pool, Some(Tenant::Organization(theirs)), table).await, own, "{table}");
        assert_eq!(
            count(pool, None, table).await,
            0,
            "{table}: a transaction that says nothing sees nothing"
        );
        assert_eq!(count(pool, Some(Tenant::All), table).await, 1 + own, "{table}");
        let condition = format!("WHERE organization_id = '{mine}'");
        for sql in [
            format!("DELETE FROM spaces.{table} {condition}"),
            format!("UPDATE spaces.{table} SET organization_id = organization_id {condition}"),
        ] {
            assert_eq!(changed(pool, Tenant::Organization(theirs), sql).await.unwrap(), 0, "{table}");
        }
    }
    let smuggled = format!(
        "INSERT INTO spaces.areas (organization_id, code, title) VALUES ('{mine}', 'smuggled', 'Smuggled')"
    );
    let error = changed(pool, Tenant::Organization(theirs), smuggled).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    // Not even as a part of somebody else's process.
    let part = format!(
        "INSERT INTO spaces.components (component_id, organization_id, process_id, kind, title, create_time)
         VALUES ('{}', '{theirs}', '{}', 1, 'Part', now())",
        comitia_core::id::new(),
        process.process_id
    );
    let error = changed(pool, Tenant::Organization(theirs), part).await.unwrap_err();
    assert!(error.as_database_error().unwrap().is_foreign_key_violation(), "{error}");

    // And through the service.
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    let get = proto::GetProcessRequest { process_id: process.process_id.clone() };
    let read = harness.grpc.get_process(with_role(Role::Service, theirs, get)).await;
    assert_eq!(refusal(read).0, missing);
    let request = proto::UpdateProcessRequest { process: Some(process.clone()), ..Default::default() };
    assert_eq!(refusal(harness.grpc.update_process(administrator(theirs, request)).await).0, missing);
    let request = proto::PublishProcessRequest { process_id: process.process_id };
    assert_eq!(refusal(harness.grpc.publish_process(administrator(theirs, request)).await).0, missing);
    assert_eq!(refusal(harness.grpc.create_component(administrator(theirs, component)).await).0, missing);
    let request = proto::DeleteAreaRequest { code: "a".into() };
    assert_eq!(refusal(harness.grpc.delete_area(administrator(theirs, request)).await).0, missing);
}
