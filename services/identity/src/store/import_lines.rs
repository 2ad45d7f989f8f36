//! The lines of a file that is imported. They are there for the transaction of the import alone.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

/// Some good lines, column by column.
pub struct Lines<'a> {
    /// The import.
    pub import_id: Uuid,
    /// Their numbers in the file.
    pub lines: &'a [i64],
    /// Keyed hashes of the member numbers.
    pub numbers: &'a [Vec<u8>],
    /// Keyed hashes of the e-mail addresses.
    pub addresses: &'a [Option<Vec<u8>>],
}

/// Has the transaction look lines up by their keys. The table is empty to everybody else, and to its statistics: a plan made of
/// those reads all lines for each line.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn look_up_by_key(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("SELECT set_config('enable_seqscan', 'off', true)").fetch_one(connection).await?;
    Ok(())
}

/// Notes lines. Gives those whose members are on no line before.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    file: &Lines<'_>,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO identity.import_lines (import_id, organization_id, line, member_number_lookup, email_lookup)
         SELECT $1, $2, l.line, l.number, l.email
         FROM UNNEST($3::bigint[], $4::bytea[], $5::bytea[]) AS l (line, number, email)
         ORDER BY l.line
         ON CONFLICT DO NOTHING RETURNING line",
        file.import_id,
        organization,
        file.lines,
        file.numbers,
        file.addresses as &[Option<Vec<u8>>]
    )
    .fetch_all(connection)
    .await
}

/// The lines among these whose members are on a line before, each with the first one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn first(connection: &mut PgConnection, file: &Lines<'_>) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT l.line AS "line!", first.line AS first
           FROM UNNEST($2::bigint[], $3::bytea[]) AS l (line, number)
           JOIN identity.import_lines first ON first.import_id = $1 AND first.member_number_lookup = l.number
           WHERE first.line <> l.line"#,
        file.import_id,
        file.lines,
        file.numbers
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.line, row.first)).collect())
}

/// Forgets the addresses of lines that are not imported, by their member numbers.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_addresses(
    connection: &mut PgConnection,
    import_id: Uuid,
    numbers: &[Vec<u8>],
) -> Result<(), sqlx::Error> {
    if numbers.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE identity.import_lines SET email_lookup = NULL WHERE import_id = $1 AND member_number_lookup = ANY ($2)",
        import_id,
        numbers
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of the addresses of these lines somebody has who was in the roll before.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn known_addresses(
    connection: &mut PgConnection,
    roll_id: Uuid,
    file: &Lines<'_>,
) -> Result<HashSet<Vec<u8>>, sqlx::Error> {
    let asked: Vec<_> = file.addresses.iter().flatten().cloned().collect();
    let found = sqlx::query_scalar!(
        r#"SELECT m.email_lookup AS "email_lookup!" FROM identity.members m
           WHERE m.roll_id = $1 AND m.email_lookup = ANY ($2)
               AND NOT EXISTS (SELECT FROM identity.import_lines l
                               WHERE l.import_id = $3 AND l.member_number_lookup = m.member_number_lookup
                                   AND l.email_lookup IS NOT NULL)"#,
        roll_id,
        &asked,
        file.import_id
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().collect())
}

/// Lines with an address that another line has.
pub struct Shared {
    /// The first of them, each with another such line.
    pub lines: Vec<(i64, i64)>,
    /// How many there are.
    pub count: usize,
}

/// The lines of an import that share an address, in their order, at most `limit`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn shared_addresses(
    connection: &mut PgConnection,
    import_id: Uuid,
    limit: usize,
) -> Result<Shared, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT line, CASE WHEN line = first THEN next ELSE first END AS "other!", count(*) OVER () AS "count!"
           FROM (SELECT line, min(line) OVER address AS first,
                        lead(line) OVER (address ORDER BY line) AS next, count(*) OVER address AS lines
                 FROM identity.import_lines WHERE import_id = $1 AND email_lookup IS NOT NULL
                 WINDOW address AS (PARTITION BY email_lookup)) shared
           WHERE lines > 1 ORDER BY line LIMIT $2"#,
        import_id,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let count = rows.first().and_then(|row| usize::try_from(row.count).ok()).unwrap_or(0);
    Ok(Shared { lines: rows.into_iter().map(|row| (row.line, row.other)).collect(), count })
}

/// Forgets the lines of an import.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn clear(connection: &mut PgConnection, import_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM identity.import_lines WHERE import_id = $1", import_id)
        .execute(connection)
        .await?;
    Ok(())
}
