//! What proposals are found by.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::languages::Dictionaries;
use crate::domain::proposal::Proposal;
use crate::domain::words::{Stems, VERSION, Words};

/// The stems of the forms of these words.
pub async fn stems(
    connection: &mut PgConnection,
    words: &Words,
    dictionaries: &Dictionaries,
) -> sqlx::Result<Stems> {
    let (forms, dictionaries) = words.forms(dictionaries);
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
pub async fn write(
    connection: &mut PgConnection,
    proposal: &Proposal,
    dictionaries: &Dictionaries,
) -> sqlx::Result<()> {
    let text = (proposal.text.title.as_str(), proposal.text.body.as_str());
    index(connection, (proposal.proposal_id, proposal.process_id), text, dictionaries).await
}

async fn index(
    connection: &mut PgConnection,
    (proposal, process): (Uuid, Uuid),
    (title, body): (&str, &str),
    dictionaries: &Dictionaries,
) -> sqlx::Result<()> {
    let words = Words::of(title).and(Words::of(body));
    let lexemes = words.lexemes(&stems(connection, &words, dictionaries).await?);
    sqlx::query!(
        "INSERT INTO proposals.words (proposal_id, process_id, words, version, dictionaries)
         VALUES ($1, $2, array_to_tsvector($3::text[]), $4, $5)
         ON CONFLICT (proposal_id) DO UPDATE SET words = excluded.words, version = excluded.version,
             dictionaries = excluded.dictionaries",
        proposal,
        process,
        &lexemes,
        VERSION,
        dictionaries.key()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Some of the organizations with proposals that are indexed by an earlier version of this program, or in another language.
pub async fn outdated_organizations(connection: &mut PgConnection) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT DISTINCT proposal.organization_id
         FROM proposals.words AS found
         JOIN proposals.proposals AS proposal USING (proposal_id)
         WHERE found.version < $1
         LIMIT 20",
        VERSION
    )
    .fetch_all(connection)
    .await
}

/// Notes which proposals of the organization have to be indexed anew because its languages are others.
pub async fn outdate(
    connection: &mut PgConnection,
    organization: Uuid,
    dictionaries: &Dictionaries,
) -> sqlx::Result<u64> {
    let outdated = sqlx::query!(
        "UPDATE proposals.words AS found SET version = 0
         FROM proposals.proposals AS proposal
         WHERE proposal.proposal_id = found.proposal_id AND proposal.organization_id = $1
           AND found.dictionaries <> $2",
        organization,
        dictionaries.key()
    )
    .execute(connection)
    .await?;
    Ok(outdated.rows_affected())
}

/// Indexes at most `limit` outdated proposals of an organization anew. Gives how many.
pub async fn index_outdated(
    connection: &mut PgConnection,
    organization: Uuid,
    dictionaries: &Dictionaries,
    limit: i64,
) -> sqlx::Result<usize> {
    let outdated = sqlx::query!(
        "SELECT proposal.proposal_id, proposal.process_id, proposal.title, proposal.body
         FROM proposals.words AS found
         JOIN proposals.proposals AS proposal USING (proposal_id)
         WHERE found.version < $1 AND proposal.organization_id = $2
         LIMIT $3
         FOR UPDATE OF found SKIP LOCKED",
        VERSION,
        organization,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in &outdated {
        let text = (row.title.as_str(), row.body.as_str());
        index(connection, (row.proposal_id, row.process_id), text, dictionaries).await?;
    }
    Ok(outdated.len())
}
