//! Nothing in the database ties a ballot to a person: after a vote, everything is joined with everything.
//!
//! Left out is what PostgreSQL itself keeps beside the columns (the place of a row, the transaction that wrote it):
//! whoever reads that is the operator of the database, and `docs/security.md` says what they can see.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sqlx::{AssertSqlSafe, PgPool};

use crate::cluster::Cluster;
use crate::journeys::assert_complete;

const VOTERS: u32 = 200;
/// Nearer than this two moments would be one, in microseconds.
const NEAR: u64 = 60_000_000;

/// A stored ballot, in the order in which ballots were cast, as the places of rows show it.
#[derive(sqlx::FromRow)]
struct Ballot {
    nullifier: Vec<u8>,
    cast_digest: Vec<u8>,
    arrival_order: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_nothing_that_is_stored_ties_a_ballot_to_a_person() {
    let cluster = Cluster::start(1).await;
    let (_progress, vote) = cluster.vote(5, VOTERS);
    assert_complete(&vote.await.unwrap().unwrap(), VOTERS);
    let admin = cluster.database.admin_pool().unwrap();

    // What a ballot's row has is known here, so that a new column is thought about; none of it is a time.
    assert_eq!(
        columns(&admin, "voting", "ballots").await,
        [
            "poll_id uuid",
            "nullifier bytea",
            "ballot bytea",
            "district text",
            "paper boolean",
            "revision integer",
            "cast_digest bytea",
            "arrival_order bigint"
        ]
    );
    for table in ["turnout", "tracking_codes"] {
        let columns = columns(&admin, "voting", table).await;
        assert!(
            columns.iter().all(|column| !column.contains("time") && !column.contains("date")),
            "{columns:?}"
        );
    }

    let ballots: Vec<Ballot> = sqlx::query_as(
        "SELECT nullifier, cast_digest, arrival_order FROM voting.ballots ORDER BY xmin::text::bigint, ctid",
    )
    .fetch_all(&admin)
    .await
    .unwrap();
    assert_eq!(ballots.len(), VOTERS as usize);
    let elsewhere = everything_but_ballots(&admin).await;
    assert!(elsewhere.contains_key("identity.sessions") && elsewhere.contains_key("identity.members"));
    for ballot in &ballots {
        for value in values(ballot) {
            for (table, rows) in &elsewhere {
                assert!(!rows.contains(&value), "a ballot has a value that {table} has too");
            }
        }
    }

    let moments = moments(&admin).await;
    assert!(moments.len() > VOTERS as usize);
    for ballot in &ballots {
        let near = moments.iter().any(|moment| moment.abs_diff(ballot.arrival_order) < NEAR);
        assert!(!near, "a ballot's order is near a moment");
    }
    let rho = rank_correlation(&ballots);
    assert!(rho.abs() < 0.5, "the stored orders of different voters are those of their casts: {rho}");
}

/// The columns of a table with their types.
async fn columns(admin: &PgPool, schema: &str, table: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT column_name || ' ' || data_type FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(admin)
    .await
    .unwrap()
}

/// All rows of all other tables of all services, as text.
async fn everything_but_ballots(admin: &PgPool) -> HashMap<String, String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT schemaname || '.' || tablename FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
               AND NOT (schemaname = 'voting' AND tablename ~ '^ballots(_\\d+)?$')",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    let mut all = HashMap::new();
    for table in tables {
        let rows: Option<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT string_agg(to_jsonb(t)::text, E'\n') FROM {table} AS t"
        )))
        .fetch_one(admin)
        .await
        .unwrap();
        all.insert(table, rows.unwrap_or_default());
    }
    all
}

/// The values of a ballot that no other ballot has, in every way that they could be written.
fn values(ballot: &Ballot) -> Vec<String> {
    let bytes = [&ballot.nullifier, &ballot.cast_digest];
    let mut values: Vec<String> = bytes
        .into_iter()
        .flat_map(|bytes| [hexadecimal(bytes), URL_SAFE_NO_PAD.encode(bytes), STANDARD_NO_PAD.encode(bytes)])
        // Also a part is one too many.
        .flat_map(|text| [text[..12].to_owned(), text])
        .collect();
    values.push(ballot.arrival_order.to_string());
    values
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All moments in all tables, in microseconds.
async fn moments(admin: &PgPool) -> Vec<i64> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_schema || '.' || table_name, column_name::text FROM information_schema.columns
         WHERE data_type LIKE 'timestamp%' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    let mut all = Vec::new();
    for (table, column) in columns {
        let statement = format!(
            "SELECT (extract(epoch FROM \"{column}\") * 1000000)::bigint FROM {table} WHERE isfinite(\"{column}\")"
        );
        let moments: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(admin).await.unwrap();
        all.extend(moments);
    }
    all
}

/// Spearman's coefficient of the order in which ballots were cast and the order that is stored: without a link about 0,
/// and 7 standard deviations away from it at 0.5.
#[expect(clippy::cast_precision_loss, reason = "some hundreds")]
fn rank_correlation(ballots: &[Ballot]) -> f64 {
    let mut places: Vec<usize> = (0..ballots.len()).collect();
    places.sort_by_key(|place| ballots[*place].arrival_order);
    let squares: f64 =
        places.iter().enumerate().map(|(rank, cast)| (rank as f64 - *cast as f64).powi(2)).sum();
    let count = ballots.len() as f64;
    1.0 - 6.0 * squares / (count * (count * count - 1.0))
}
