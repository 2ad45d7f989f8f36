//! Finding members by what an officer types.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::members::StoredMember;

/// Members of a roll with one of these numbers, or with this e-mail address; 50 at the most.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn find(
    connection: &mut PgConnection,
    roll_id: Uuid,
    number_lookups: &[Vec<u8>],
    email_lookup: &[u8],
) -> Result<Vec<StoredMember>, sqlx::Error> {
    sqlx::query_as!(
        StoredMember,
        "SELECT member_id, roll_id, member_number, district, birth_date, email, create_time, leave_time, address_held
         FROM identity.members
         WHERE roll_id = $1 AND (member_number_lookup = ANY ($2) OR email_lookup = $3)
         ORDER BY member_id LIMIT 50",
        roll_id,
        number_lookups,
        email_lookup
    )
    .fetch_all(connection)
    .await
}
