//! Which member of a roll an account is verified as, and the cases in which two accounts claim one.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

/// A member who is claimed.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    /// The member.
    pub member_id: Uuid,
    /// Their roll.
    pub roll_id: Uuid,
}

/// The member with one of these numbers and this access code, who keeps both until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_by_access_code(
    connection: &mut PgConnection,
    organization: Uuid,
    number_lookups: &[Vec<u8>],
    code_lookup: &[u8],
) -> Result<Option<Claimed>, sqlx::Error> {
    sqlx::query_as!(
        Claimed,
        "SELECT member_id, roll_id FROM identity.members
         WHERE organization_id = $1 AND member_number_lookup = ANY ($2) AND access_code_lookup = $3
         LIMIT 1 FOR SHARE",
        organization,
        number_lookups,
        code_lookup
    )
    .fetch_optional(connection)
    .await
}

/// An account that is verified as a member.
pub struct NewResidence {
    /// The organization.
    pub organization: Uuid,
    /// The account.
    pub participant_id: Uuid,
    /// The member.
    pub claimed: Claimed,
    /// The day.
    pub day: NaiveDate,
    /// Whether it is by the e-mail address.
    pub by_address: bool,
}

/// Verifies an account as a member, if neither has another. Waits for who does the same at the same time.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(connection: &mut PgConnection, new: &NewResidence) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.residences
             (residence_id, organization_id, participant_id, member_id, roll_id, verify_day, by_address)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        comitia_core::id::random(),
        new.organization,
        new.participant_id,
        new.claimed.member_id,
        new.claimed.roll_id,
        new.day,
        new.by_address
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The account that is verified as a member.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn holder(connection: &mut PgConnection, member_id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT participant_id FROM identity.residences WHERE member_id = $1", member_id)
        .fetch_optional(connection)
        .await
}

/// The member of a roll as which an account is verified.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn member_in_roll(
    connection: &mut PgConnection,
    participant_id: Uuid,
    roll_id: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT member_id FROM identity.residences WHERE participant_id = $1 AND roll_id = $2",
        participant_id,
        roll_id
    )
    .fetch_optional(connection)
    .await
}

/// A member as which an account is verified.
pub struct StoredResidence {
    /// The member.
    pub member_id: Uuid,
    /// The roll's title.
    pub roll_title: String,
    /// The member's number, sealed.
    pub member_number: Vec<u8>,
    /// The member's district.
    pub district: String,
    /// The day.
    pub verify_day: NaiveDate,
}

/// The members as which an account is verified, of the newest roll first.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    participant_id: Uuid,
) -> Result<Vec<StoredResidence>, sqlx::Error> {
    sqlx::query_as!(
        StoredResidence,
        "SELECT m.member_id, l.title AS roll_title, m.member_number, m.district, r.verify_day
         FROM identity.residences r JOIN identity.members m USING (member_id)
         JOIN identity.rolls l ON l.roll_id = r.roll_id
         WHERE r.participant_id = $1 ORDER BY r.roll_id DESC",
        participant_id
    )
    .fetch_all(connection)
    .await
}

/// Parts members from the accounts that are verified as them; with `by_address` only from those that are by their address
/// alone. Cases about them are over, but for the one that is being decided.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn part(
    connection: &mut PgConnection,
    members: &[Uuid],
    by_address: bool,
    but: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM identity.residences WHERE member_id = ANY ($1) AND (by_address OR NOT $2)",
        members,
        by_address
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM identity.resident_cases
         WHERE member_id = ANY ($1) AND decision = 0 AND case_id IS DISTINCT FROM $2",
        members,
        but
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes residences of days that are over again, in an order that does not say when they came about.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn shuffle(connection: &mut PgConnection, today: NaiveDate) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "WITH gone AS (DELETE FROM identity.residences WHERE NOT shuffled AND verify_day < $1 RETURNING *)
         INSERT INTO identity.residences (residence_id, organization_id, participant_id, member_id, roll_id,
             verify_day, by_address, shuffled)
         SELECT residence_id, organization_id, participant_id, member_id, roll_id, verify_day, by_address, true
         FROM gone ORDER BY residence_id",
        today
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// Opens a case, unless the same one is open.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn open_case(
    connection: &mut PgConnection,
    organization: Uuid,
    claimant: Uuid,
    claimed: Claimed,
    day: NaiveDate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identity.resident_cases
             (case_id, organization_id, roll_id, member_id, claimant_id, open_day)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (member_id, claimant_id) WHERE decision = 0 DO NOTHING",
        comitia_core::id::random(),
        organization,
        claimed.roll_id,
        claimed.member_id,
        claimant,
        day
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a case of an account waits for the team.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn has_open_case(connection: &mut PgConnection, claimant: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.resident_cases
                          WHERE claimant_id = $1 AND decision = 0) AS "open!""#,
        claimant
    )
    .fetch_one(connection)
    .await
}

/// A case as stored.
pub struct StoredCase {
    /// Its id.
    pub case_id: Uuid,
    /// The roll.
    pub roll_id: Uuid,
    /// The member.
    pub member_id: Uuid,
    /// The member's number, sealed.
    pub member_number: Vec<u8>,
    /// The account that claims the member.
    pub claimant_id: Uuid,
    /// Its address, sealed; nothing when it has none.
    pub claimant_email: Option<Vec<u8>>,
    /// Its name, sealed.
    pub claimant_name: Option<Vec<u8>>,
    /// The account that has the member.
    pub holder_id: Option<Uuid>,
    /// Its address, sealed; nothing when it has none.
    pub holder_email: Option<Vec<u8>>,
    /// Its name, sealed.
    pub holder_name: Option<Vec<u8>>,
    /// The day on which it was opened.
    pub open_day: NaiveDate,
    /// What was decided.
    pub decision: i16,
    /// Who decided.
    pub resolved_by: Option<String>,
    /// The day on which it was decided.
    pub resolve_day: Option<NaiveDate>,
}

/// Cases after `after`, in the order of their ids, which does not reveal when they were opened.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn cases(
    connection: &mut PgConnection,
    after: Uuid,
    resolved_too: bool,
    limit: i64,
) -> Result<Vec<StoredCase>, sqlx::Error> {
    sqlx::query_as!(
        StoredCase,
        r#"SELECT c.case_id, c.roll_id, c.member_id, m.member_number, c.claimant_id, p.email AS claimant_email,
                  p.display_name AS claimant_name, h.participant_id AS "holder_id?", h.email AS "holder_email?",
                  h.display_name AS "holder_name?",
                  c.open_day, c.decision, c.resolved_by, c.resolve_day
           FROM identity.resident_cases c
           JOIN identity.members m USING (member_id)
           JOIN identity.participants p ON p.participant_id = c.claimant_id
           LEFT JOIN identity.residences r ON r.member_id = c.member_id
           LEFT JOIN identity.participants h ON h.participant_id = r.participant_id
           WHERE c.case_id > $1 AND (c.decision = 0 OR $2) ORDER BY c.case_id LIMIT $3"#,
        after,
        resolved_too,
        limit
    )
    .fetch_all(connection)
    .await
}

/// A case.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn case(connection: &mut PgConnection, case_id: Uuid) -> Result<Option<StoredCase>, sqlx::Error> {
    sqlx::query_as!(
        StoredCase,
        r#"SELECT c.case_id, c.roll_id, c.member_id, m.member_number, c.claimant_id, p.email AS claimant_email,
                  p.display_name AS claimant_name, h.participant_id AS "holder_id?", h.email AS "holder_email?",
                  h.display_name AS "holder_name?",
                  c.open_day, c.decision, c.resolved_by, c.resolve_day
           FROM identity.resident_cases c
           JOIN identity.members m USING (member_id)
           JOIN identity.participants p ON p.participant_id = c.claimant_id
           LEFT JOIN identity.residences r ON r.member_id = c.member_id
           LEFT JOIN identity.participants h ON h.participant_id = r.participant_id
           WHERE c.case_id = $1"#,
        case_id
    )
    .fetch_optional(connection)
    .await
}

/// A case, locked against another decision at the same time.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_case(
    connection: &mut PgConnection,
    case_id: Uuid,
) -> Result<Option<StoredCase>, sqlx::Error> {
    sqlx::query_as!(
        StoredCase,
        r#"SELECT c.case_id, c.roll_id, c.member_id, m.member_number, c.claimant_id, p.email AS claimant_email,
                  p.display_name AS claimant_name, h.participant_id AS "holder_id?", h.email AS "holder_email?",
                  h.display_name AS "holder_name?",
                  c.open_day, c.decision, c.resolved_by, c.resolve_day
           FROM identity.resident_cases c
           JOIN identity.members m USING (member_id)
           JOIN identity.participants p ON p.participant_id = c.claimant_id
           LEFT JOIN identity.residences r ON r.member_id = c.member_id
           LEFT JOIN identity.participants h ON h.participant_id = r.participant_id
           WHERE c.case_id = $1 FOR UPDATE OF c"#,
        case_id
    )
    .fetch_optional(connection)
    .await
}

/// Notes what was decided.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn resolve(
    connection: &mut PgConnection,
    case_id: Uuid,
    decision: i16,
    officer: &str,
    day: NaiveDate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identity.resident_cases SET decision = $2, resolved_by = $3, resolve_day = $4 WHERE case_id = $1",
        case_id,
        decision,
        officer,
        day
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes cases that were decided before `day`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete_resolved(connection: &mut PgConnection, day: NaiveDate) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("DELETE FROM identity.resident_cases WHERE resolve_day < $1", day)
        .execute(connection)
        .await?
        .rows_affected())
}
