//! The database module of the platform, against a real PostgreSQL: it is tested here because the test kit uses it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use comitia_platform::database::{
    self, DatabaseConfig, DatabaseError, Difference, Migrations, Newer, Repeatable, Tenant,
};
use comitia_testkit::{PostgresServer, TestDatabase};
use secrecy::ExposeSecret;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, PgPool, SqlSafeStr, SqlStr};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn migration(version: i64, sql: &'static str) -> Migration {
    let sql: SqlStr = AssertSqlSafe(sql).into_sql_str();
    Migration::new(version, "things".into(), MigrationType::Simple, sql, false)
}

const THINGS: &str = "
    CREATE TABLE toys.things (
        organization_id uuid NOT NULL, name text NOT NULL, PRIMARY KEY (organization_id, name)
    ) PARTITION BY HASH (organization_id, name);
    CREATE TABLE toys.things_0 PARTITION OF toys.things FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    CREATE TABLE toys.log (line text);
    REVOKE UPDATE, DELETE ON toys.log FROM comitia_toys;
    SELECT tenant_isolation('toys.things');";

fn service(name: &'static str, own: Vec<Migration>, repeatable: &'static [Repeatable]) -> Migrations {
    let own = Box::leak(Box::new(Migrator::with_migrations(own)));
    Migrations { service: name, own, repeatable }
}

fn toys(extra: Option<Migration>) -> Migrations {
    let mut all = vec![migration(20_270_101_000_000, THINGS)];
    all.extend(extra);
    service("toys", all, &[])
}

async fn add(pool: &PgPool, tenant: Tenant, organization: Uuid, name: &str) -> Result<(), sqlx::Error> {
    let mut transaction = database::begin(pool, tenant).await?;
    sqlx::query("INSERT INTO toys.things VALUES ($1, $2)")
        .bind(organization)
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn names(pool: &PgPool, tenant: Tenant, table: &'static str) -> HashSet<String> {
    let mut transaction = database::begin(pool, tenant).await.unwrap();
    let sql = format!("SELECT name FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *transaction).await.unwrap().into_iter().collect()
}

#[tokio::test]
async fn a_tenant_sees_and_writes_its_own_rows_alone() {
    let database = TestDatabase::create(&toys(None)).await.unwrap();
    let pool = database.pool("toys").unwrap();
    let (ours, theirs) = (comitia_core::id::new(), comitia_core::id::new());
    add(&pool, Tenant::Organization(ours), ours, "a").await.unwrap();
    add(&pool, Tenant::All, theirs, "b").await.unwrap();

    let refused = add(&pool, Tenant::Organization(ours), theirs, "c").await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
    for table in ["toys.things", "toys.things_0"] {
        assert_eq!(names(&pool, Tenant::Organization(ours), table).await, HashSet::from(["a".to_owned()]));
        assert_eq!(names(&pool, Tenant::All, table).await.len(), 2);
    }
    // Without a tenant there is nothing, on a connection that had one before.
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM toys.things").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 0);

    let twice = add(&pool, Tenant::All, ours, "a").await.unwrap_err();
    assert!(database::is_unique_violation(&twice, "things_0_pkey"), "{twice:?}");
    assert!(!database::is_unique_violation(&twice, "another") && !database::retryable(&twice));
}

#[tokio::test]
async fn a_service_reads_no_other_service_and_cannot_alter_its_own_tables() {
    let shapes = service("shapes", vec![], &[]);
    let database = TestDatabase::create_all(&[toys(None), shapes]).await.unwrap();
    let toys = database.pool("toys").unwrap();
    let shapes = database.pool("shapes").unwrap();
    let denied = [
        (&shapes, "SELECT * FROM toys.things"),
        (&toys, "SELECT * FROM shapes.requests"),
        (&toys, "ALTER TABLE toys.things DISABLE ROW LEVEL SECURITY"),
        (&toys, "DELETE FROM toys._sqlx_migrations"),
        // A migration took this right away.
        (&toys, "DELETE FROM toys.log"),
    ];
    for (pool, sql) in denied {
        let error = sqlx::query(sql).execute(pool).await.unwrap_err().to_string();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{sql}: {error}");
    }
    sqlx::query("INSERT INTO toys.log VALUES ('x')").execute(&toys).await.unwrap();
}

#[tokio::test]
async fn shared_tables_are_found_by_their_bare_names() {
    let database = TestDatabase::create(&toys(None)).await.unwrap();
    let pool = database.pool("toys").unwrap();
    let organization = comitia_core::id::new();
    let mut transaction = database::begin(&pool, Tenant::Organization(organization)).await.unwrap();
    sqlx::query!(
        "INSERT INTO requests (organization_id, method, request_id, request_sha256) VALUES ($1, 'm', 'r', $2)",
        organization,
        &[0; 32],
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM requests"#)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_server_waits_for_its_database_and_says_what_is_in_the_way() {
    let server = PostgresServer::start().await.unwrap();
    let config = DatabaseConfig::new(server.url().clone());
    let pool = database::connect(&config).unwrap();
    let stopping = CancellationToken::new();
    server.kill();
    let now = DatabaseConfig { startup_timeout_ms: 0, ..config.clone() };
    let error = database::wait(&pool, &now, "toys", &stopping).await.unwrap_err().to_string();
    assert!(error.contains("refused"), "{error}");

    let waiting = comitia_core::task::spawn("waiting", {
        let (pool, config, stopping) = (pool.clone(), config.clone(), stopping.clone());
        async move { database::wait(&pool, &config, "toys", &stopping).await }
    });
    server.restart().unwrap();
    waiting.await.unwrap().unwrap();

    // Who is told to stop does not wait to the end.
    server.kill();
    stopping.cancel();
    database::wait(&pool, &config, "toys", &stopping).await.unwrap_err();
}

#[tokio::test]
async fn pending_unknown_and_changed_migrations_are_named() {
    let old = toys(None);
    let database = TestDatabase::create(&old).await.unwrap();
    let pool = database.pool("toys").unwrap();
    database::check(&pool, &old, Newer::Refuse).await.unwrap();

    let new = toys(Some(migration(20_270_202_000_000, "CREATE TABLE toys.more ()")));
    let error = database::check(&pool, &new, Newer::Allow).await.unwrap_err().to_string();
    assert!(error.contains("20270202000000 (things) has not been run"), "{error}");

    new.run(&database.admin_url(), None).await.unwrap();
    new.run(&database.admin_url(), None).await.unwrap();
    database::check(&pool, &new, Newer::Refuse).await.unwrap();
    database::check(&pool, &old, Newer::Allow).await.unwrap();
    let differences = database::pending(&pool, &old).await.unwrap();
    assert!(matches!(differences[..], [Difference::Unknown { version: 20_270_202_000_000, .. }]));

    let edited = toys(Some(migration(20_270_202_000_000, "CREATE TABLE toys.less ()")));
    let error = database::check(&pool, &edited, Newer::Refuse).await.unwrap_err().to_string();
    assert!(error.contains("changed"), "{error}");
}

/// The service `games` with one repeatable migration.
fn games(sql: &'static str) -> Migrations {
    service("games", vec![], Box::leak(Box::new([Repeatable { name: "score", sql }])))
}

const FIRST: &str = "-- version 1
    CREATE OR REPLACE FUNCTION games.score() RETURNS integer LANGUAGE sql RETURN 1;";
const SECOND: &str = "-- version 2
    CREATE OR REPLACE FUNCTION games.score() RETURNS integer LANGUAGE sql RETURN 2;";
const EDITED: &str = "-- version 2
    CREATE OR REPLACE FUNCTION games.score() RETURNS integer LANGUAGE sql RETURN 3;";

async fn score(pool: &PgPool) -> i32 {
    sqlx::query_scalar("SELECT games.score()").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_repeatable_migration_runs_again_when_its_version_rises() {
    let (old, new) = (games(FIRST), games(SECOND));
    let database = TestDatabase::create(&old).await.unwrap();
    let (pool, url) = (database.pool("games").unwrap(), database.admin_url());
    database::check(&pool, &old, Newer::Refuse).await.unwrap();
    assert_eq!(score(&pool).await, 1);
    let error = database::check(&pool, &new, Newer::Allow).await.unwrap_err().to_string();
    assert!(error.contains("migration 2 (score) has not been run"), "{error}");

    for _ in 0..2 {
        new.run(&url, None).await.unwrap();
    }
    database::check(&pool, &new, Newer::Refuse).await.unwrap();
    assert_eq!(score(&pool).await, 2);

    // A replica of the previous release starts during the upgrade, and its `migrate` takes nothing back.
    database::check(&pool, &old, Newer::Allow).await.unwrap();
    database::check(&pool, &old, Newer::Refuse).await.unwrap_err();
    old.run(&url, None).await.unwrap();
    assert_eq!(score(&pool).await, 2);

    let none = service("games", vec![], &[]);
    let differences = database::pending(&pool, &none).await.unwrap();
    assert!(matches!(differences[..], [Difference::Unknown { version: 2, .. }]), "{differences:?}");
}

#[tokio::test]
async fn a_repeatable_migration_that_is_edited_needs_a_new_version() {
    let database = TestDatabase::create(&games(SECOND)).await.unwrap();
    let (pool, url) = (database.pool("games").unwrap(), database.admin_url());
    let error = database::check(&pool, &games(EDITED), Newer::Allow).await.unwrap_err().to_string();
    assert!(error.contains("migration 2 (score) was changed"), "{error}");
    let refused = games(EDITED).run(&url, None).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::Differs { .. }), "{refused}");
    assert_eq!(score(&pool).await, 2);
    let error = games("SELECT 1").run(&url, None).await.unwrap_err().to_string();
    assert!(error.contains("must begin with \"-- version \""), "{error}");
    let denied = sqlx::query("DELETE FROM games._repeatable_migrations").execute(&pool).await.unwrap_err();
    assert!(denied.to_string().contains("permission denied"), "{denied}");

    // What fails leaves nothing behind.
    let broken = games("-- version 3\nDROP FUNCTION games.score(); SELECT 1/0");
    let error = broken.run(&url, None).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Repeatable { name: "score", .. }), "{error}");
    assert_eq!(score(&pool).await, 2);
}

#[tokio::test]
async fn many_may_migrate_at_once_and_a_failing_one_stops_where_it_is() {
    let empty = service("crowd", vec![], &[]);
    let database = TestDatabase::create_all(&[]).await.unwrap();
    let url = database.admin_url();
    let runs = (0..6).map(|_| {
        let url = url.clone();
        comitia_core::task::spawn("migrate", async move { empty.run(&url, Some(&"secret".into())).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap().unwrap();
    }
    let failing = migration(20_270_303_000_000, "CREATE TABLE crowd.a (); SELECT 1/0");
    let broken = service("crowd", vec![failing], &[]);
    let error = broken.run(&url, None).await.unwrap_err();
    assert_eq!(error.failed_version(), Some(20_270_303_000_000));
    let left: Option<String> = sqlx::query_scalar("SELECT to_regclass('crowd.a')::text")
        .fetch_one(&database.admin_pool().unwrap())
        .await
        .unwrap();
    assert_eq!(left, None);
    assert!(url.expose_secret().contains("test_"));
}

#[tokio::test]
async fn a_database_goes_with_its_test() {
    let database = TestDatabase::create(&toys(None)).await.unwrap();
    let pool = database.admin_pool().unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&pool).await.unwrap();
    drop(database);
    let other = TestDatabase::create(&toys(None)).await.unwrap();
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&other.admin_pool().unwrap())
        .await
        .unwrap();
    assert!(!exists);
}
