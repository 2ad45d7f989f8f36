//! `budgets.results` and `budgets.outcomes`.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::result::{Decision, ProjectOutcome, Published};
use crate::error::Error;
use crate::store;

/// Adds a result with its `.pb` file.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    published: &Published,
    export: &str,
) -> Result<(), Error> {
    let decision = &published.decision;
    sqlx::query!(
        "INSERT INTO budgets.results (budget_id, organization_id, poll_id, rule, amount, spent, currency,
             ballot_count, ties, satisfied_share, trace, trace_sha256, seal_digest, publish_time, export,
             blank_paper_count, invalid_paper_count, smallest_group, blank_ballot_count, leftover_budget_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        published.budget,
        organization,
        published.poll,
        decision.rule,
        published.amount,
        decision.spent,
        published.currency,
        decision.ballot_count,
        &decision.ties,
        decision.satisfied_share,
        decision.trace,
        decision.trace_sha256,
        published.seal_digest,
        published.publish_time,
        export,
        published.blank_papers,
        published.invalid_papers,
        published.smallest_group,
        decision.blank_ballots,
        published.leftover_budget
    )
    .execute(&mut *connection)
    .await?;
    store::leftovers::insert(&mut *connection, organization, published.budget, &published.leftovers).await?;
    insert_outcomes(connection, organization, published.budget, &decision.outcomes).await
}

async fn insert_outcomes(
    connection: &mut PgConnection,
    organization: Uuid,
    budget: Uuid,
    outcomes: &[ProjectOutcome],
) -> Result<(), Error> {
    let column =
        |text: fn(&ProjectOutcome) -> &str| outcomes.iter().map(|o| text(o).to_owned()).collect::<Vec<_>>();
    let projects: Vec<_> = outcomes.iter().map(|o| o.project).collect();
    let costs: Vec<_> = outcomes.iter().map(|o| o.cost).collect();
    let votes: Vec<_> = outcomes.iter().map(|o| o.votes).collect();
    let funded: Vec<_> = outcomes.iter().map(|o| o.funded).collect();
    let granted: Vec<_> = outcomes.iter().map(|o| o.granted).collect();
    sqlx::query!(
        "INSERT INTO budgets.outcomes (budget_id, organization_id, position, project_id, reference, title, cost,
             votes, score, funded, reason, granted)
         SELECT $1, $2, place - 1, project_id, reference, title, cost, votes, score, funded, reason, granted
         FROM UNNEST($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::boolean[],
                     $10::text[], $11::bigint[])
              WITH ORDINALITY
              AS outcome (project_id, reference, title, cost, votes, score, funded, reason, granted, place)",
        budget,
        organization,
        &projects,
        &column(|o| &o.reference),
        &column(|o| &o.title),
        &costs,
        &votes,
        &column(|o| &o.score),
        &funded,
        &column(|o| &o.reason),
        &granted
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The result of a budget, if it was published.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, budget: Uuid) -> Result<Option<Published>, Error> {
    let Some(row) = sqlx::query!(
        "SELECT poll_id, rule, amount, spent, currency, ballot_count, ties, satisfied_share, trace, trace_sha256,
             seal_digest, publish_time, blank_paper_count, invalid_paper_count, smallest_group, blank_ballot_count,
             leftover_budget_id
         FROM budgets.results WHERE budget_id = $1",
        budget
    )
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(None);
    };
    let outcomes = sqlx::query_as!(
        ProjectOutcome,
        r#"SELECT project_id AS project, reference, title, cost, votes, score, funded, reason,
                  coalesce(granted, CASE WHEN funded THEN cost ELSE 0 END) AS "granted!"
           FROM budgets.outcomes WHERE budget_id = $1 ORDER BY position"#,
        budget
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(Some(Published {
        leftovers: store::leftovers::of_result(connection, budget).await?,
        leftover_budget: row.leftover_budget_id,
        budget,
        poll: row.poll_id,
        amount: row.amount,
        currency: row.currency,
        decision: Decision {
            rule: row.rule,
            spent: row.spent,
            ballot_count: row.ballot_count,
            blank_ballots: row.blank_ballot_count,
            outcomes,
            ties: row.ties,
            satisfied_share: row.satisfied_share,
            trace: row.trace,
            trace_sha256: row.trace_sha256,
        },
        seal_digest: row.seal_digest,
        blank_papers: row.blank_paper_count,
        invalid_papers: row.invalid_paper_count,
        smallest_group: row.smallest_group,
        publish_time: row.publish_time,
    }))
}

/// What is said beside an exported file.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The poll.
    pub poll: Uuid,
    /// Its seal, hexadecimal.
    pub seal_digest: String,
    /// No district or channel with fewer ballots is in the file by itself.
    pub smallest_group: i64,
    /// When the result was published.
    pub publish_time: DateTime<Utc>,
}

/// The `.pb` file of a budget's result and what is said beside it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn export(
    connection: &mut PgConnection,
    budget: Uuid,
) -> Result<Option<(String, Exported)>, Error> {
    let row = sqlx::query!(
        "SELECT export, poll_id, seal_digest, smallest_group, publish_time FROM budgets.results WHERE budget_id = $1",
        budget
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let exported = Exported {
            poll: row.poll_id,
            seal_digest: row.seal_digest,
            smallest_group: row.smallest_group,
            publish_time: row.publish_time,
        };
        (row.export, exported)
    }))
}
