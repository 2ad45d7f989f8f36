//! What holds for the tables of all services.

use comitia_cli::process::Service;
use comitia_testkit::TestDatabase;

/// Tables whose rows PostgreSQL may describe in its errors: there is nothing in them that a log must not have.
const DESCRIBED: [&str; 5] = [
    // The history of the migrations.
    "_sqlx_migrations",
    "_repeatable_migrations",
    // The ids of events that a consumer has seen.
    "inbox",
    // The ids of sessions that have ended.
    "revocations",
    // Words of proposals, to be searched. Under row-level security PostgreSQL does not use their index.
    "words",
];

#[tokio::test]
async fn no_table_lets_its_rows_into_errors_and_logs() {
    let migrations: Vec<_> = Service::ALL.into_iter().filter_map(Service::migrations).collect();
    let database = TestDatabase::create_all(&migrations).await.unwrap();
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
               AND n.nspname = ANY ($1) ORDER BY 1",
    )
    .bind(migrations.iter().map(|one| one.service.to_owned()).collect::<Vec<_>>())
    .fetch_all(&database.admin_pool().unwrap())
    .await
    .unwrap();
    let unexpected: Vec<&String> = open
        .iter()
        .filter(|table| table.split_once('.').is_none_or(|(_, name)| !DESCRIBED.contains(&name)))
        .collect();
    assert!(
        unexpected.is_empty(),
        "rows of these tables would be described in the server's log: {unexpected:?}"
    );
}
