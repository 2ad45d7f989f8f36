//! The published tracking codes of sealed polls.

use sqlx::PgConnection;
use uuid::Uuid;

/// Publishes the tracking codes of a poll: pages of sorted codes, 16 bytes each, with their digest and number.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn publish(
    connection: &mut PgConnection,
    organization_id: Uuid,
    poll_id: Uuid,
    pages: &[&[u8]],
    digest: &[u8],
    count: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO voting.tracking_codes (poll_id, organization_id, page, codes)
         SELECT $1, $2, number - 1, codes FROM unnest($3::bytea[]) WITH ORDINALITY AS page (codes, number)",
        poll_id,
        organization_id,
        pages as &[&[u8]]
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE voting.polls SET codes_digest = $2, codes_count = $3 WHERE id = $1",
        poll_id,
        digest,
        count
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A page of a poll's codes, and whether there is another one after it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn page(
    connection: &mut PgConnection,
    poll_id: Uuid,
    page: i32,
) -> Result<Option<(Vec<u8>, bool)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT codes, EXISTS (
               SELECT FROM voting.tracking_codes next WHERE next.poll_id = $1 AND next.page = this.page + 1
           ) AS "more!"
           FROM voting.tracking_codes this WHERE poll_id = $1 AND page = $2"#,
        poll_id,
        page
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.codes, row.more)))
}
