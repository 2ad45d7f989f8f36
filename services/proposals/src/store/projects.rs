//! The projects that proposals became.

use sqlx::PgConnection;
use uuid::Uuid;

/// Notes that a project came from a proposal, unless its deletion is known already. Gives whether that is news.
pub async fn link(
    connection: &mut PgConnection,
    organization: Uuid,
    proposal: Uuid,
    project: Uuid,
) -> sqlx::Result<bool> {
    insert(connection, organization, proposal, project, false).await
}

/// Notes that a project that came from a proposal is no more. Gives whether it was linked until now.
pub async fn unlink(
    connection: &mut PgConnection,
    organization: Uuid,
    proposal: Uuid,
    project: Uuid,
) -> sqlx::Result<bool> {
    let updated = sqlx::query!(
        "UPDATE proposals.projects SET deleted = true
         WHERE proposal_id = $1 AND project_id = $2 AND NOT deleted",
        proposal,
        project
    )
    .execute(&mut *connection)
    .await?;
    if updated.rows_affected() == 1 {
        return Ok(true);
    }
    insert(connection, organization, proposal, project, true).await?;
    Ok(false)
}

/// Notes a project that is not known yet. Gives whether it was not.
async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    proposal: Uuid,
    project: Uuid,
    deleted: bool,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "INSERT INTO proposals.projects (organization_id, proposal_id, project_id, deleted)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (proposal_id, project_id) DO NOTHING",
        organization,
        proposal,
        project,
        deleted
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
