//! What proposals are found by.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::proposal::Proposal;
use crate::domain::words::{Stems, VERSION, Words};

/// The stems of the forms of these words.
pub async fn stems(connection: &mut PgConnection, words: &Words) -> sqlx::Result<Stems> {
    let (forms, dictionaries) = words.forms();
    let mut stems = Stems::default();
    if forms.is_empty() {
        return Ok(stems);
    }
    let rows = sqlx::query!(
        r#"SELECT form AS "form!", ts_lexize(dictionary::regdictionary, form) AS stems
           FROM UNNEST($1::text[], $2::text[]) AS asked (form, dictionary)"#,
        &forms,
        &dictionaries
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        stems.add(row.form, row.stems);
    }
    Ok(stems)
}

/// Writes what a proposal is found by.
pub async fn write(connection: &mut PgConnection, proposal: &Proposal) -> sqlx::Result<()> {
    let text = (proposal.text.title.as_str(), proposal.text.body.as_str());
    index(connection, (proposal.proposal_id, proposal.process_id), text).await
}

async fn index(
    connection: &mut PgConnection,
    (proposal, process): (Uuid, Uuid),
    (title, body): (&str, &str),
) -> sqlx::Result<()> {
    let words = Words::of(title).and(Words::of(body));
    let lexemes = words.lexemes(&stems(connection, &words).await?);
    sqlx::query!(
        "INSERT INTO proposals.words (proposal_id, process_id, words, version)
         VALUES ($1, $2, array_to_tsvector($3::text[]), $4)
         ON CONFLICT (proposal_id) DO UPDATE SET words = excluded.words, version = excluded.version",
        proposal,
        process,
        &lexemes,
        VERSION
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Indexes at most `limit` proposals anew that were indexed by an earlier version of this program. Gives how many.
pub async fn index_outdated(connection: &mut PgConnection, limit: i64) -> sqlx::Result<usize> {
    let outdated = sqlx::query!(
        "SELECT proposal.proposal_id, proposal.process_id, proposal.title, proposal.body
         FROM proposals.words AS found
         JOIN proposals.proposals AS proposal USING (proposal_id)
         WHERE found.version < $1
         LIMIT $2
         FOR UPDATE OF found SKIP LOCKED",
        VERSION,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in &outdated {
        index(connection, (row.proposal_id, row.process_id), (&row.title, &row.body)).await?;
    }
    Ok(outdated.len())
}
