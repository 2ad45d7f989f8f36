//! `budgets.projects` and `budgets.progress_reports`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::project::{Project, ProjectStatus, ProjectValues, Report};
use crate::error::Error;

struct Row {
    project_id: Uuid,
    budget_id: Uuid,
    reference: String,
    title: String,
    description: String,
    cost: i64,
    categories: Vec<String>,
    address: String,
    latitude: f64,
    longitude: f64,
    exclusion_group: String,
    proposal_id: Option<Uuid>,
    status: String,
}

impl TryFrom<Row> for Project {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.project_id,
            budget: row.budget_id,
            reference: row.reference,
            values: ProjectValues {
                title: row.title,
                description: row.description,
                cost: row.cost,
                categories: row.categories,
                address: row.address,
                latitude: row.latitude,
                longitude: row.longitude,
                exclusion_group: row.exclusion_group,
            },
            proposal: row.proposal_id,
            status: ProjectStatus::from_name(&row.status)
                .map_err(|_| Unreadable::new("budgets.projects", "status", row.project_id))?,
            reports: Vec::new(),
        })
    }
}

/// Adds projects.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn insert(
    connection: &mut PgConnection,
    organization: Uuid,
    projects: &[Project],
) -> Result<(), Error> {
    let column = |text: fn(&Project) -> &str| projects.iter().map(|p| text(p).to_owned()).collect::<Vec<_>>();
    let ids: Vec<_> = projects.iter().map(|p| p.id).collect();
    let budgets: Vec<_> = projects.iter().map(|p| p.budget).collect();
    let proposals: Vec<_> = projects.iter().map(|p| p.proposal).collect();
    let costs: Vec<_> = projects.iter().map(|p| p.values.cost).collect();
    let latitudes: Vec<_> = projects.iter().map(|p| p.values.latitude).collect();
    let longitudes: Vec<_> = projects.iter().map(|p| p.values.longitude).collect();
    // An array has no lists of different lengths in it; JSON has.
    let categories: Vec<_> = projects.iter().map(|p| serde_json::json!(p.values.categories)).collect();
    sqlx::query!(
        "INSERT INTO budgets.projects (project_id, organization_id, budget_id, proposal_id, reference, title,
             description, cost, categories, address, latitude, longitude, exclusion_group)
         SELECT project_id, $1, budget_id, proposal_id, reference, title, description, cost,
             ARRAY(SELECT jsonb_array_elements_text(categories)), address, latitude, longitude, exclusion_group
         FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                     $9::jsonb[], $10::text[], $11::float8[], $12::float8[], $13::text[])
              AS project (project_id, budget_id, proposal_id, reference, title, description, cost, categories,
                          address, latitude, longitude, exclusion_group)",
        organization,
        &ids,
        &budgets,
        &proposals as &[Option<Uuid>],
        &column(|p| &p.reference),
        &column(|p| &p.values.title),
        &column(|p| &p.values.description),
        &costs,
        &categories,
        &column(|p| &p.values.address),
        &latitudes,
        &longitudes,
        &column(|p| &p.values.exclusion_group)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the reference and the values of a project.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn update(connection: &mut PgConnection, project: &Project) -> Result<(), sqlx::Error> {
    let values = &project.values;
    sqlx::query!(
        "UPDATE budgets.projects SET reference = $2, title = $3, description = $4, cost = $5, categories = $6,
             address = $7, latitude = $8, longitude = $9, exclusion_group = $10
         WHERE project_id = $1",
        project.id,
        project.reference,
        values.title,
        values.description,
        values.cost,
        &values.categories,
        values.address,
        values.latitude,
        values.longitude,
        values.exclusion_group
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a project.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn delete(connection: &mut PgConnection, id: Uuid) -> Result<(), Error> {
    sqlx::query!("DELETE FROM budgets.projects WHERE project_id = $1", id).execute(connection).await?;
    Ok(())
}

/// A project with its reports.
///
/// # Errors
/// [`Error::ProjectUnknown`]; when the database fails or cannot be reached.
pub async fn get(connection: &mut PgConnection, id: Uuid) -> Result<Project, Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT project_id, budget_id, reference, title, description, cost, categories, address, latitude,
             longitude, exclusion_group, proposal_id, status
         FROM budgets.projects WHERE project_id = $1",
        id
    )
    .fetch_optional(&mut *connection)
    .await?;
    let mut project: Project = row.ok_or(Error::ProjectUnknown(id))?.try_into()?;
    add_reports(connection, std::slice::from_mut(&mut project)).await?;
    Ok(project)
}

/// Makes other reports on a project wait until the transaction ends.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<(), Error> {
    sqlx::query!("SELECT project_id FROM budgets.projects WHERE project_id = $1 FOR UPDATE", id)
        .fetch_optional(connection)
        .await?
        .map(|_| ())
        .ok_or(Error::ProjectUnknown(id))
}

/// The projects of a budget with their reports, by reference, after this one, at most `limit`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    connection: &mut PgConnection,
    budget: Uuid,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Project>, Error> {
    let mut projects = sqlx::query_as!(
        Row,
        "SELECT project_id, budget_id, reference, title, description, cost, categories, address, latitude,
             longitude, exclusion_group, proposal_id, status
         FROM budgets.projects WHERE budget_id = $1 AND ($2::text IS NULL OR reference > $2)
         ORDER BY reference LIMIT $3",
        budget,
        after,
        limit
    )
    .fetch_all(&mut *connection)
    .await?
    .into_iter()
    .map(Project::try_from)
    .collect::<Result<Vec<_>, _>>()?;
    add_reports(connection, &mut projects).await?;
    Ok(projects)
}

/// All projects of a budget, by reference, without reports.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn all(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<Project>, Error> {
    sqlx::query_as!(
        Row,
        "SELECT project_id, budget_id, reference, title, description, cost, categories, address, latitude,
             longitude, exclusion_group, proposal_id, status
         FROM budgets.projects WHERE budget_id = $1 ORDER BY reference",
        budget
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(Project::try_from)
    .collect()
}

/// The references of a budget's projects.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn references(connection: &mut PgConnection, budget: Uuid) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!("SELECT reference FROM budgets.projects WHERE budget_id = $1", budget)
        .fetch_all(connection)
        .await?)
}

/// Says of each project of a decided budget whether it is funded.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn decide(connection: &mut PgConnection, budget: Uuid, funded: &[Uuid]) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE budgets.projects
         SET status = CASE WHEN project_id = ANY($2) THEN 'funded' ELSE 'not_funded' END
         WHERE budget_id = $1",
        budget,
        funded
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds a report, and the status that it says.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn report(
    connection: &mut PgConnection,
    organization: Uuid,
    project: Uuid,
    report: &Report,
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO budgets.progress_reports (report_id, organization_id, project_id, status, percent_done, spent,
             note, report_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        report.id,
        organization,
        project,
        report.status.name(),
        report.percent_done,
        report.spent,
        report.note,
        report.time
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE budgets.projects SET status = $2 WHERE project_id = $1",
        project,
        report.status.name()
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct ReportRow {
    report_id: Uuid,
    project_id: Uuid,
    status: String,
    percent_done: i32,
    spent: i64,
    note: String,
    report_time: DateTime<Utc>,
}

async fn add_reports(connection: &mut PgConnection, projects: &mut [Project]) -> Result<(), Error> {
    let ids: Vec<_> =
        projects.iter().filter(|project| project.status.is_reported()).map(|project| project.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query_as!(
        ReportRow,
        "SELECT report_id, project_id, status, percent_done, spent, note, report_time
         FROM budgets.progress_reports
         WHERE project_id = ANY($1) ORDER BY report_time DESC, report_id DESC",
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut reports: HashMap<Uuid, Vec<Report>> = HashMap::new();
    for row in rows {
        reports.entry(row.project_id).or_default().push(Report {
            id: row.report_id,
            status: ProjectStatus::from_name(&row.status)
                .map_err(|_| Unreadable::new("budgets.progress_reports", "status", row.project_id))?,
            percent_done: row.percent_done,
            spent: row.spent,
            note: row.note,
            time: row.report_time,
        });
    }
    for project in projects {
        project.reports = reports.remove(&project.id).unwrap_or_default();
    }
    Ok(())
}
