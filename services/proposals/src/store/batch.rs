//! Many proposals in one statement.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::proposal::Proposal;
use crate::store::proposals::{list_these, number};

/// Those of these proposals that exist, which nobody else changes until the end of this transaction. All who lock several do it
/// in one order.
pub async fn lock(connection: &mut PgConnection, proposals: &[Uuid]) -> sqlx::Result<Vec<Proposal>> {
    let found = sqlx::query_scalar!(
        "SELECT proposal_id FROM proposals.proposals WHERE proposal_id = ANY($1)
         ORDER BY proposal_id FOR NO KEY UPDATE",
        proposals
    )
    .fetch_all(&mut *connection)
    .await?;
    list_these(connection, &found).await
}

/// Writes the answers of these proposals.
pub async fn update_answers(connection: &mut PgConnection, changed: &[Proposal]) -> sqlx::Result<()> {
    let Some(first) = changed.first() else { return Ok(()) };
    let (ids, revisions) = columns(changed);
    sqlx::query!(
        "UPDATE proposals.proposals AS proposal
         SET state = $3, answer = $4, revision = changed.revision, update_time = $5
         FROM UNNEST($1::uuid[], $2::bigint[]) AS changed (proposal_id, revision)
         WHERE proposal.proposal_id = changed.proposal_id",
        &ids,
        &revisions,
        number(first.state),
        first.answer,
        first.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes whether these proposals are hidden.
pub async fn update_moderations(connection: &mut PgConnection, changed: &[Proposal]) -> sqlx::Result<()> {
    let Some(first) = changed.first() else { return Ok(()) };
    let (ids, revisions) = columns(changed);
    sqlx::query!(
        "UPDATE proposals.proposals AS proposal
         SET hidden_reason = $3, revision = changed.revision, update_time = $4
         FROM UNNEST($1::uuid[], $2::bigint[]) AS changed (proposal_id, revision)
         WHERE proposal.proposal_id = changed.proposal_id",
        &ids,
        &revisions,
        first.hidden_reason,
        first.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a moderator's decisions down.
pub async fn insert_moderations(
    connection: &mut PgConnection,
    organization: Uuid,
    changed: &[Proposal],
    reason: &str,
    moderator: &str,
) -> sqlx::Result<()> {
    let Some(first) = changed.first() else { return Ok(()) };
    let (ids, _) = columns(changed);
    let decisions: Vec<_> = changed.iter().map(|_| comitia_core::id::new()).collect();
    sqlx::query!(
        "INSERT INTO proposals.moderations
             (moderation_id, proposal_id, organization_id, hidden, reason, moderator, create_time)
         SELECT decided.moderation_id, decided.proposal_id, $3, $4, $5, $6, $7
         FROM UNNEST($1::uuid[], $2::uuid[]) AS decided (moderation_id, proposal_id)",
        &decisions,
        &ids,
        organization,
        first.is_hidden(),
        reason,
        moderator,
        first.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(changed: &[Proposal]) -> (Vec<Uuid>, Vec<i64>) {
    changed.iter().map(|proposal| (proposal.proposal_id, proposal.revision)).unzip()
}
