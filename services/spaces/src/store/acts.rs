//! `spaces.acts`: the log of the organization. Rows are added, and neither changed nor removed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::act::{Act, Asked, Change};

/// Writes an act. One that is there already stays as it is.
pub async fn insert(connection: &mut PgConnection, organization: Uuid, act: &Act) -> sqlx::Result<()> {
    let fields: Vec<_> = act.changes.iter().map(|change| change.field.clone()).collect();
    let befores: Vec<_> = act.changes.iter().map(|change| change.before.clone()).collect();
    let afters: Vec<_> = act.changes.iter().map(|change| change.after.clone()).collect();
    let words: Vec<_> = act.words().into_iter().collect();
    sqlx::query!(
        "WITH new AS (
             INSERT INTO spaces.acts (act_id, organization_id, act_time, actor, method, resource, fields, befores, afters)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT DO NOTHING
             RETURNING organization_id, act_id)
         INSERT INTO spaces.act_words (organization_id, word, act_id)
         SELECT organization_id, word, act_id FROM new, unnest($10::text[]) AS word",
        act.act_id,
        organization,
        act.act_time,
        act.actor,
        act.method,
        act.resource,
        &fields,
        &befores as &[Option<String>],
        &afters as &[Option<String>],
        &words
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    act_id: Uuid,
    act_time: DateTime<Utc>,
    actor: String,
    method: String,
    resource: String,
    fields: Vec<String>,
    befores: Vec<Option<String>>,
    afters: Vec<Option<String>>,
}

impl From<Row> for Act {
    fn from(row: Row) -> Self {
        let values = row.befores.into_iter().zip(row.afters);
        let changes = row.fields.into_iter().zip(values);
        Self {
            act_id: row.act_id,
            act_time: row.act_time,
            actor: row.actor,
            method: row.method,
            resource: row.resource,
            changes: changes.map(|(field, (before, after))| Change { field, before, after }).collect(),
        }
    }
}

/// Acts, newest first, from the one before `before`. A text is looked for by the longest of its words, and then as a whole.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    asked: &Asked,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Act>> {
    let (word, end) = asked.longest_word().unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT act_id, act_time, actor, method, resource, fields, befores AS "befores: Vec<Option<String>>",
                  afters AS "afters: Vec<Option<String>>"
           FROM spaces.acts
           WHERE organization_id = $1
             AND act_id < $2
             AND ($3 = '' OR actor = $3)
             AND ($4 = '' OR method = $4)
             AND ($5 = '' OR resource = $5 OR starts_with(resource, $5 || '/'))
             AND ($6::timestamptz IS NULL OR act_time >= $6)
             AND ($7::timestamptz IS NULL OR act_time < $7)
             AND ($10::text IS NULL OR act_id IN (
                      SELECT act_id FROM spaces.act_words
                      WHERE organization_id = $1 AND word >= $10 AND word < $11))
             AND ($8 = '' OR strpos(lower(concat_ws(' ', resource, array_to_string(fields, ' '),
                                                    array_to_string(befores, ' '), array_to_string(afters, ' '))),
                                    lower($8)) > 0)
           ORDER BY act_id DESC
           LIMIT $9"#,
        organization,
        before.unwrap_or(Uuid::max()),
        asked.actor,
        asked.method,
        asked.resource,
        asked.from_time,
        asked.to_time,
        asked.text,
        limit,
        word,
        end
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Act::from).collect())
}
