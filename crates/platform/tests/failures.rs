//! What failures of a real PostgreSQL mean for a caller.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use comitia_platform::ApiError;
use comitia_platform::database::{self, Failure, Migrations, Tenant};
use comitia_platform::error::ErrorCode;
use comitia_testkit::TestDatabase;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const SERVICE: Migrations = Migrations { service: "voting", own: &NO_MIGRATIONS, repeatable: &[] };
const INSERT: &str = "INSERT INTO requests (organization_id, method, request_id, request_sha256)
                      VALUES (gen_random_uuid(), 'm', 'r', sha256('r'))";

async fn database() -> (TestDatabase, PgPool) {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let pool = database.pool("voting").unwrap();
    (database, pool)
}

async fn begun(pool: &PgPool, statement: &'static str) -> database::Transaction {
    database::begin_with(pool, Tenant::All, statement).await.unwrap()
}

/// The error is the caller's "try again", and says when.
fn assert_unavailable(error: sqlx::Error) {
    assert!(database::unavailable(&error), "{error:?}");
    let answer = ApiError::from(error);
    assert_eq!(answer.code, ErrorCode::Unavailable);
    assert!(answer.retry_after.is_some());
}

#[tokio::test]
async fn a_read_only_server_is_unavailable() {
    let (_database, pool) = database().await;
    let mut transaction = begun(&pool, "BEGIN READ ONLY").await;
    assert_unavailable(sqlx::query(INSERT).execute(&mut *transaction).await.unwrap_err());
}

#[tokio::test]
async fn a_connection_that_the_server_ends_is_unavailable() {
    let (database, pool) = database().await;
    let mut transaction = begun(&pool, "BEGIN").await;
    let backend: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *transaction).await.unwrap();
    let admin = database.admin_pool().unwrap();
    // Waits until the backend is gone.
    let ended: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1, 30000)")
        .bind(backend)
        .fetch_one(&admin)
        .await
        .unwrap();
    assert!(ended);
    assert_unavailable(sqlx::query(INSERT).execute(&mut *transaction).await.unwrap_err());
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_unavailable() {
    let (database, pool) = database().await;
    let admin = database.admin_pool().unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&admin).await.unwrap();
    let limit = format!("ALTER DATABASE {name} CONNECTION LIMIT 0");
    sqlx::query(AssertSqlSafe(limit)).execute(&admin).await.unwrap();
    let error = pool.connect_options().connect().await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "53300");
    assert_unavailable(error);
}

#[tokio::test]
async fn a_full_disk_and_a_starting_server_are_unavailable() {
    let (_database, pool) = database().await;
    for state in ["53100", "58030", "57P03", "08006", "40003"] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{state}'; END $$");
        assert_unavailable(sqlx::query(AssertSqlSafe(raise)).execute(&pool).await.unwrap_err());
    }
}

#[tokio::test]
async fn a_concurrent_change_is_a_conflict() {
    let (_database, pool) = database().await;
    let mut transaction = begun(&pool, "BEGIN").await;
    sqlx::query(INSERT).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();

    let mut late = begun(&pool, "BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    sqlx::query("SELECT FROM requests").execute(&mut *late).await.unwrap();
    let mut first = begun(&pool, "BEGIN").await;
    let change = "UPDATE requests SET response = '\\x01'";
    sqlx::query(change).execute(&mut *first).await.unwrap();
    first.commit().await.unwrap();
    let error = sqlx::query(change).execute(&mut *late).await.unwrap_err();
    assert!(database::retryable(&error), "{error:?}");
    assert_eq!(ApiError::from(error).code, ErrorCode::Aborted);
}

#[tokio::test]
async fn a_wrong_statement_is_a_defect_and_promises_nothing() {
    let (_database, pool) = database().await;
    for sql in ["SELECT * FROM nowhere", "SELECT 1/0", "INSERT INTO requests DEFAULT VALUES"] {
        let error = sqlx::query(sql).execute(&pool).await.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Permanent, "{error:?}");
        let answer = ApiError::from(error);
        assert_eq!((answer.code, answer.retry_after), (ErrorCode::Internal, None));
    }
}
