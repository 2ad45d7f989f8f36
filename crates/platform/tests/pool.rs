//! What a caller that is dropped halfway leaves behind in a pool: nothing.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use comitia_platform::database::{self, DatabaseConfig, Migrations, Tenant};
use comitia_testkit::TestDatabase;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use uuid::Uuid;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const SERVICE: Migrations = Migrations { service: "voting", own: &NO_MIGRATIONS, repeatable: &[] };
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Polls `work` so many times and drops it then, as the end of a request does. Gives whether it had come to its end.
async fn dropped_after(polls: usize, work: impl Future) -> bool {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Whoever takes a connection now is in no transaction of somebody else, and sees no other tenant's rows.
async fn assert_clean(pool: &PgPool, polls: usize) {
    let mut connection = pool.acquire().await.unwrap();
    let (isolation, tenant): (String, Option<String>) = sqlx::query_as(
        "SELECT current_setting('transaction_isolation'), NULLIF(current_setting('comitia.organization', true), '')",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    assert_eq!((isolation.as_str(), tenant), ("read committed", None), "dropped after {polls} polls");
    drop(connection);
    // Fails inside an open transaction, as its first statement has been long ago.
    database::begin_with(pool, Tenant::All, SNAPSHOT).await.unwrap().rollback().await.unwrap();
}

#[tokio::test]
async fn a_caller_dropped_at_any_point_leaves_a_clean_connection() {
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    // One connection: the next caller gets the same.
    let config = DatabaseConfig { max_connections: 1, ..database.config("voting") };
    let pool = database::connect(&config).unwrap();
    let work = async || {
        let tenant = Tenant::Organization(Uuid::from_u128(7));
        let mut transaction = database::begin_with(&pool, tenant, SNAPSHOT).await.unwrap();
        sqlx::query("SELECT 1").execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    };
    work().await;
    let mut polls = 0;
    while !dropped_after(polls, work()).await {
        assert_clean(&pool, polls).await;
        polls += 1;
    }
    assert!(polls > 1, "it came to its end without waiting");
    assert_clean(&pool, polls).await;
}
