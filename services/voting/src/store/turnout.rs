//! Turnout.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::seal::Counts;

/// What the counters of a poll say.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn counters(connection: &mut PgConnection, poll_id: Uuid) -> Result<Counts, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT district, paper, sum(ballot_count)::bigint AS "count!"
           FROM voting.turnout WHERE poll_id = $1 GROUP BY district, paper"#,
        poll_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.district, row.paper), row.count)).collect())
}

/// How many ballots a poll has, as the counters say.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn total(connection: &mut PgConnection, poll_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(ballot_count), 0)::bigint AS "count!" FROM voting.turnout WHERE poll_id = $1"#,
        poll_id
    )
    .fetch_one(connection)
    .await
}

/// Adds the paper ballots that a batch brought, by district.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn add_paper(
    connection: &mut PgConnection,
    poll_id: Uuid,
    shard: i32,
    districts: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO voting.turnout AS shard (poll_id, shard, district, paper, ballot_count)
         SELECT $1, $2, district, true, count(*) FROM unnest($3::text[]) AS district
         GROUP BY district ORDER BY district
         ON CONFLICT (poll_id, shard, district, paper)
         DO UPDATE SET ballot_count = shard.ballot_count + excluded.ballot_count",
        poll_id,
        shard,
        districts
    )
    .execute(connection)
    .await?;
    Ok(())
}
