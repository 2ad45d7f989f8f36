//! Members of rolls.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Members to add, column by column.
#[derive(Default)]
pub struct NewMembers {
    /// Ids.
    pub member_ids: Vec<Uuid>,
    /// Numbers, sealed.
    pub numbers: Vec<Vec<u8>>,
    /// Keyed hashes of the numbers.
    pub number_lookups: Vec<Vec<u8>>,
    /// Districts.
    pub districts: Vec<String>,
    /// Birth dates, sealed.
    pub birth_dates: Vec<Option<Vec<u8>>>,
    /// E-mail addresses, sealed.
    pub emails: Vec<Option<Vec<u8>>>,
    /// Keyed hashes of the addresses.
    pub email_lookups: Vec<Option<Vec<u8>>>,
}

impl NewMembers {
    /// Leaves out those whose place says no.
    pub fn keep(&mut self, places: &[bool]) {
        fn keep<T>(column: &mut Vec<T>, places: &[bool]) {
            let mut places = places.iter();
            column.retain(|_| places.next().is_some_and(|keep| *keep));
        }
        keep(&mut self.member_ids, places);
        keep(&mut self.numbers, places);
        keep(&mut self.number_lookups, places);
        keep(&mut self.districts, places);
        keep(&mut self.birth_dates, places);
        keep(&mut self.emails, places);
        keep(&mut self.email_lookups, places);
    }
}

/// Which of these member numbers the roll has already.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn existing(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT member_number_lookup FROM identity.members WHERE roll_id = $1 AND member_number_lookup = ANY ($2)",
        roll_id,
        number_lookups
    )
    .fetch_all(connection)
    .await
}

/// Adds members. One that another import adds at the same time is left as it is; gives how many were added.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    roll_id: Uuid,
    new: &NewMembers,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "INSERT INTO identity.members (organization_id, roll_id, create_time, member_id, member_number,
             member_number_lookup, district, birth_date, email, email_lookup)
         SELECT $1, $2, $3, * FROM UNNEST($4::uuid[], $5::bytea[], $6::bytea[], $7::text[], $8::bytea[], $9::bytea[],
             $10::bytea[])
         ON CONFLICT ON CONSTRAINT members_number DO NOTHING",
        organization,
        roll_id,
        now,
        &new.member_ids,
        &new.numbers,
        &new.number_lookups,
        &new.districts,
        &new.birth_dates as &[Option<Vec<u8>>],
        &new.emails as &[Option<Vec<u8>>],
        &new.email_lookups as &[Option<Vec<u8>>]
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// A member without an access code.
pub struct WithoutCode {
    /// Their id.
    pub member_id: Uuid,
    /// Their number, sealed.
    pub member_number: Vec<u8>,
}

/// Members of a roll without an access code, locked. Those who are held get theirs from two people.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_without_code(
    connection: &mut PgConnection,
    roll_id: Uuid,
    limit: i64,
) -> Result<Vec<WithoutCode>, sqlx::Error> {
    sqlx::query_as!(
        WithoutCode,
        "SELECT member_id, member_number FROM identity.members
         WHERE roll_id = $1 AND access_code_lookup IS NULL AND NOT held AND leave_time IS NULL
         ORDER BY member_id LIMIT $2 FOR UPDATE SKIP LOCKED",
        roll_id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Those of the members with these numbers who have no access code and can be given one, locked, each with the look-up of
/// their number.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_without_code_among(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT member_number_lookup, member_id FROM identity.members
         WHERE roll_id = $1 AND member_number_lookup = ANY ($2) AND access_code_lookup IS NULL AND NOT held
             AND leave_time IS NULL
         ORDER BY member_id FOR UPDATE",
        roll_id,
        number_lookups
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.member_number_lookup, row.member_id)).collect())
}

/// Sets access codes.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn set_access_codes(
    connection: &mut PgConnection,
    member_ids: &[Uuid],
    lookups: &[Vec<u8>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.members m SET access_code_lookup = n.lookup
         FROM UNNEST($1::uuid[], $2::bytea[]) AS n (member_id, lookup) WHERE m.member_id = n.member_id",
        member_ids,
        lookups
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many members of a roll have no access code and can be given one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn count_without_code(connection: &mut PgConnection, roll_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM identity.members
           WHERE roll_id = $1 AND access_code_lookup IS NULL AND NOT held AND leave_time IS NULL"#,
        roll_id
    )
    .fetch_one(connection)
    .await
}

/// A member as stored.
pub struct StoredMember {
    /// Their id.
    pub member_id: Uuid,
    /// Their roll.
    pub roll_id: Uuid,
    /// Their number, sealed.
    pub member_number: Vec<u8>,
    /// Their district.
    pub district: String,
    /// Their birth date, sealed.
    pub birth_date: Option<Vec<u8>>,
    /// Their e-mail address, sealed.
    pub email: Option<Vec<u8>>,
    /// When they were imported.
    pub create_time: DateTime<Utc>,
    /// When they left the roll, if they did.
    pub leave_time: Option<DateTime<Utc>>,
    /// Whether their e-mail address signs nobody in for now.
    pub address_held: bool,
}

/// The member of a roll with one of these numbers, the first that there is.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn by_number(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
) -> Result<Option<StoredMember>, sqlx::Error> {
    sqlx::query_as!(
        StoredMember,
        "SELECT member_id, roll_id, member_number, district, birth_date, email, create_time, leave_time, address_held
         FROM identity.members
         WHERE roll_id = $1 AND member_number_lookup = ANY ($2)
         ORDER BY array_position($2::bytea[], member_number_lookup) LIMIT 1",
        roll_id,
        number_lookups
    )
    .fetch_optional(connection)
    .await
}

/// Members of a roll with these numbers, with what decides where they may vote.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn voters_by_number(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, StoredMember)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT member_number_lookup, member_id, roll_id, member_number, district, birth_date, email, create_time,
                leave_time, address_held
         FROM identity.members WHERE roll_id = $1 AND member_number_lookup = ANY ($2)",
        roll_id,
        number_lookups
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let member = StoredMember {
                member_id: row.member_id,
                roll_id: row.roll_id,
                member_number: row.member_number,
                district: row.district,
                birth_date: row.birth_date,
                email: row.email,
                create_time: row.create_time,
                leave_time: row.leave_time,
                address_held: row.address_held,
            };
            (row.member_number_lookup, member)
        })
        .collect())
}

/// A member by id.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(
    connection: &mut PgConnection,
    member_id: Uuid,
) -> Result<Option<StoredMember>, sqlx::Error> {
    sqlx::query_as!(
        StoredMember,
        "SELECT member_id, roll_id, member_number, district, birth_date, email, create_time, leave_time, address_held
         FROM identity.members
         WHERE member_id = $1",
        member_id
    )
    .fetch_optional(connection)
    .await
}

/// Members of a roll in the order of their ids, after this one, without those who left.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn after(
    connection: &mut PgConnection,
    roll_id: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StoredMember>, sqlx::Error> {
    sqlx::query_as!(
        StoredMember,
        "SELECT member_id, roll_id, member_number, district, birth_date, email, create_time, leave_time, address_held
         FROM identity.members
         WHERE roll_id = $1 AND member_id > $2 AND leave_time IS NULL ORDER BY member_id LIMIT $3",
        roll_id,
        after,
        limit
    )
    .fetch_all(connection)
    .await
}

/// A member who was found by their e-mail address.
pub struct MemberByEmail {
    /// Their id.
    pub member_id: Uuid,
    /// Their roll.
    pub roll_id: Uuid,
    /// Their address, sealed.
    pub email: Option<Vec<u8>>,
}

/// The members with this e-mail address in the roll that is voted in at `now`, else in the newest one; with numbers, only
/// those who have one of them, of whichever roll. Two of them are as good as many.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn by_email(
    connection: &mut PgConnection,
    email_lookup: &[u8],
    number_lookups: Option<&[Vec<u8>]>,
    now: DateTime<Utc>,
) -> Result<Vec<MemberByEmail>, sqlx::Error> {
    let mut found = sqlx::query_as!(
        MemberByEmail,
        "SELECT m.member_id, m.roll_id, m.email FROM identity.members m
         WHERE m.email_lookup = $1 AND NOT m.held AND NOT m.address_held
             AND ($2::bytea[] IS NULL OR m.member_number_lookup = ANY ($2))
         ORDER BY EXISTS (SELECT FROM identity.polls p WHERE p.roll_id = m.roll_id AND p.open_time <= $3
                          AND p.close_time > $3) DESC, m.roll_id DESC, m.member_id
         LIMIT 2",
        email_lookup,
        number_lookups,
        now
    )
    .fetch_all(connection)
    .await?;
    if let Some(roll_id) = found.first().map(|first| first.roll_id) {
        found.retain(|member| member.roll_id == roll_id);
    }
    Ok(found)
}

/// Keeps a member from being changed until the transaction ends, so that a session that is opened by their address ends with
/// it. Gives whether it is still theirs.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_address(
    connection: &mut PgConnection,
    member_id: Uuid,
    email_lookup: &[u8],
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT member_id FROM identity.members
         WHERE member_id = $1 AND email_lookup = $2 AND NOT held AND NOT address_held FOR SHARE",
        member_id,
        email_lookup
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Deletes a member; their sessions go with them, and notes of their paper permits tell no longer whose they were.
/// While their roll is voted with or will be, it is remembered that this number was there.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(
    connection: &mut PgConnection,
    member_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM identity.members WHERE member_id = $1
                       RETURNING organization_id, member_number_lookup, roll_id),
              remembered AS (INSERT INTO identity.erased_members (organization_id, roll_id, member_number_lookup)
                             SELECT g.organization_id, g.roll_id, g.member_number_lookup FROM gone g
                             WHERE EXISTS (SELECT FROM identity.polls p
                                           WHERE p.roll_id = g.roll_id AND p.close_time > $2)
                             ON CONFLICT DO NOTHING)
         UPDATE identity.paper_permits l SET member_number_lookup = NULL
         FROM gone JOIN identity.polls p USING (roll_id)
         WHERE l.poll_id = p.poll_id AND l.member_number_lookup = gone.member_number_lookup",
        member_id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
