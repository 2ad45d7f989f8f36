//! Proposals, their words and the decisions of moderators.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use comitia_proto::proposals::v1::{AuthorKind, ProposalState};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::languages::Dictionaries;
use crate::domain::proposal::{Filter, Place, Proposal, Text};
use crate::domain::speaker::Speaker;
use crate::store;

/// A proposal as the table keeps it.
struct Row {
    proposal_id: Uuid,
    process_id: Uuid,
    title: String,
    body: String,
    area_code: String,
    category: String,
    place_address: Option<String>,
    place_latitude: Option<f64>,
    place_longitude: Option<f64>,
    author: String,
    author_kind: i16,
    author_name: String,
    association_id: Option<Uuid>,
    state: i16,
    answer: String,
    estimated_cost: i64,
    hidden_reason: Option<String>,
    projects: Vec<Uuid>,
    revision: i64,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

impl TryFrom<Row> for Proposal {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let state = ProposalState::try_from(i32::from(row.state)).ok();
        let state = state.filter(|state| *state != ProposalState::Unspecified);
        let kind = AuthorKind::try_from(i32::from(row.author_kind)).ok();
        let kind = kind.filter(|kind| *kind != AuthorKind::Unspecified);
        let unreadable = |column| Unreadable::new("proposals.proposals", column, row.proposal_id);
        let place = match (row.place_address, row.place_latitude, row.place_longitude) {
            (Some(address), Some(latitude), Some(longitude)) => Some(Place { address, latitude, longitude }),
            _ => None,
        };
        Ok(Self {
            proposal_id: row.proposal_id,
            process_id: row.process_id,
            text: Text {
                title: row.title,
                body: row.body,
                area_code: row.area_code,
                category: row.category,
                place,
            },
            author: row.author,
            speaker: Speaker::of_columns(
                kind.ok_or_else(|| unreadable("author_kind"))?,
                row.author_name,
                row.association_id,
            ),
            state: state.ok_or_else(|| unreadable("state"))?,
            answer: row.answer,
            estimated_cost: row.estimated_cost,
            hidden_reason: row.hidden_reason,
            projects: row.projects,
            revision: row.revision,
            create_time: row.create_time,
            update_time: row.update_time,
        })
    }
}

/// As the column keeps it; the numbers of the enum are small.
pub(super) fn number(state: ProposalState) -> i16 {
    i16::try_from(state as i32).unwrap_or_default()
}

/// Writes a new proposal.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    new: &Proposal,
    dictionaries: &Dictionaries,
) -> sqlx::Result<()> {
    let place = new.text.place.as_ref();
    let (author_kind, author_name, association_id) = new.speaker.columns();
    sqlx::query!(
        "INSERT INTO proposals.proposals
             (proposal_id, organization_id, process_id, title, body, area_code, category, place_address,
              place_latitude, place_longitude, author, state, revision, create_time, update_time, author_kind,
              author_name, association_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        new.proposal_id,
        organization,
        new.process_id,
        new.text.title,
        new.text.body,
        new.text.area_code,
        new.text.category,
        place.map(|place| place.address.as_str()),
        place.map(|place| place.latitude),
        place.map(|place| place.longitude),
        new.author,
        number(new.state),
        new.revision,
        new.create_time,
        new.update_time,
        i16::try_from(author_kind as i32).unwrap_or_default(),
        author_name,
        association_id
    )
    .execute(&mut *connection)
    .await?;
    store::words::write(connection, new, dictionaries).await
}

/// Writes what changed in a proposal.
pub async fn update(connection: &mut PgConnection, proposal: &Proposal) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE proposals.proposals
         SET title = $2, body = $3, state = $4, answer = $5, estimated_cost = $6, hidden_reason = $7,
             revision = $8, update_time = $9
         WHERE proposal_id = $1",
        proposal.proposal_id,
        proposal.text.title,
        proposal.text.body,
        number(proposal.state),
        proposal.answer,
        proposal.estimated_cost,
        proposal.hidden_reason,
        proposal.revision,
        proposal.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The proposal with this id.
pub async fn get(connection: &mut PgConnection, proposal: Uuid) -> sqlx::Result<Option<Proposal>> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT proposal_id, process_id, title, body, area_code, category, place_address, place_latitude,
                  place_longitude, author, author_kind, author_name, association_id, state, answer, estimated_cost,
                  hidden_reason, revision, create_time, update_time,
                  ARRAY(SELECT project_id FROM proposals.projects AS project
                        WHERE project.proposal_id = proposal.proposal_id AND NOT deleted
                        ORDER BY project_id) AS "projects!"
           FROM proposals.proposals AS proposal
           WHERE proposal_id = $1"#,
        proposal
    )
    .fetch_optional(connection)
    .await?;
    row.map(Proposal::try_from).transpose()
}

/// Those of these proposals that exist.
pub async fn list_these(connection: &mut PgConnection, proposals: &[Uuid]) -> sqlx::Result<Vec<Proposal>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT proposal_id, process_id, title, body, area_code, category, place_address, place_latitude,
                  place_longitude, author, author_kind, author_name, association_id, state, answer, estimated_cost,
                  hidden_reason, revision, create_time, update_time,
                  ARRAY(SELECT project_id FROM proposals.projects AS project
                        WHERE project.proposal_id = proposal.proposal_id AND NOT deleted
                        ORDER BY project_id) AS "projects!"
           FROM proposals.proposals AS proposal
           WHERE proposal_id = ANY($1)"#,
        proposals
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Proposal::try_from).collect()
}

/// The proposal with this id, which nobody else changes until the end of this transaction.
pub async fn lock(connection: &mut PgConnection, proposal: Uuid) -> sqlx::Result<Option<Proposal>> {
    let found = sqlx::query_scalar!(
        "SELECT proposal_id FROM proposals.proposals WHERE proposal_id = $1 FOR NO KEY UPDATE",
        proposal
    )
    .fetch_optional(&mut *connection)
    .await?;
    match found {
        Some(proposal) => get(connection, proposal).await,
        None => Ok(None),
    }
}

/// Proposals of a process, newest first, from the one before `before`; with `query` those that this `tsquery` finds.
pub async fn list(
    connection: &mut PgConnection,
    process: Uuid,
    filter: &Filter,
    query: Option<&str>,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Proposal>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT proposal_id, process_id, title, body, area_code, category, place_address, place_latitude,
                  place_longitude, author, author_kind, author_name, association_id, state, answer, estimated_cost,
                  hidden_reason, revision, create_time, update_time,
                  ARRAY(SELECT project_id FROM proposals.projects AS project
                        WHERE project.proposal_id = proposal.proposal_id AND NOT deleted
                        ORDER BY project_id) AS "projects!"
           FROM proposals.proposals AS proposal
           WHERE process_id = $1
             AND ($2 OR hidden_reason IS NULL)
             AND ($3::smallint IS NULL OR state = $3)
             AND ($4::text IS NULL OR area_code = $4)
             AND ($5::text IS NULL OR category = $5)
             AND ($6::text IS NULL OR proposal_id IN (
                     SELECT found.proposal_id FROM proposals.words AS found
                     WHERE found.process_id = $1 AND found.words @@ $6::text::tsquery))
             AND proposal_id < $7
           ORDER BY proposal_id DESC
           LIMIT $8"#,
        process,
        filter.hidden,
        filter.state.map(number),
        filter.area_code,
        filter.category,
        query,
        before.unwrap_or(Uuid::max()),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Proposal::try_from).collect()
}

/// Proposals of an author, newest first, from the one before `before`.
pub async fn list_of_author(
    connection: &mut PgConnection,
    author: &str,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Proposal>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT proposal_id, process_id, title, body, area_code, category, place_address, place_latitude,
                  place_longitude, author, author_kind, author_name, association_id, state, answer, estimated_cost,
                  hidden_reason, revision, create_time, update_time,
                  ARRAY(SELECT project_id FROM proposals.projects AS project
                        WHERE project.proposal_id = proposal.proposal_id AND NOT deleted
                        ORDER BY project_id) AS "projects!"
           FROM proposals.proposals AS proposal
           WHERE author = $1 AND proposal_id < $2
           ORDER BY proposal_id DESC
           LIMIT $3"#,
        author,
        before.unwrap_or(Uuid::max()),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Proposal::try_from).collect()
}

/// Writes a moderator's decision down.
pub async fn insert_moderation(
    connection: &mut PgConnection,
    organization: Uuid,
    proposal: &Proposal,
    reason: &str,
    moderator: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO proposals.moderations
             (moderation_id, organization_id, proposal_id, hidden, reason, moderator, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        comitia_core::id::new(),
        organization,
        proposal.proposal_id,
        proposal.is_hidden(),
        reason,
        moderator,
        proposal.update_time
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many proposals of an organization are for an area.
pub async fn count_in_area(
    connection: &mut PgConnection,
    organization: Uuid,
    area: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM proposals.proposals WHERE organization_id = $1 AND area_code = $2"#,
        organization,
        area
    )
    .fetch_one(connection)
    .await
}
