//! How many members live where.

use sqlx::PgConnection;
use uuid::Uuid;

/// How many members of a roll live in each district.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_by_district(
    connection: &mut PgConnection,
    roll_id: Uuid,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT district, count(*) AS "count!" FROM identity.members
           WHERE roll_id = $1 AND leave_time IS NULL GROUP BY district"#,
        roll_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.district, row.count)).collect())
}

/// What decides where and when a member may vote.
pub struct BirthDate {
    /// Their id.
    pub member_id: Uuid,
    /// Their district.
    pub district: String,
    /// Their birth date, sealed.
    pub birth_date: Option<Vec<u8>>,
}

/// The birth dates of a roll's members, by id, after this one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn birth_dates(
    connection: &mut PgConnection,
    roll_id: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<BirthDate>, sqlx::Error> {
    sqlx::query_as!(
        BirthDate,
        "SELECT member_id, district, birth_date FROM identity.members
         WHERE roll_id = $1 AND member_id > $2 AND leave_time IS NULL ORDER BY member_id LIMIT $3",
        roll_id,
        after,
        limit
    )
    .fetch_all(connection)
    .await
}

/// How many members of an organization's rolls live in a district.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_in_district(
    connection: &mut PgConnection,
    organization: Uuid,
    district: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM identity.members
           WHERE organization_id = $1 AND leave_time IS NULL AND lower(district) = lower($2)"#,
        organization,
        district
    )
    .fetch_one(connection)
    .await
}
