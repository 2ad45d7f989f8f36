//! Adding, reading, changing and removing projects.

use comitia_bus::{Event, outbox};
use comitia_platform::auth::Viewer;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::Checks;
use comitia_platform::{acts, database};
use comitia_proto::events::v1::{ProjectCreated, ProjectDeleted};
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{App, budgets};
use crate::domain::budget::Budget;
use crate::domain::checklist::Change;
use crate::domain::project::{self, MOST_PROJECTS, Project, ProjectStatus, ProjectValues};
use crate::error::Error;
use crate::store;

/// A project to add.
#[derive(Clone, Debug, Default)]
pub struct NewProject {
    /// Its reference; the next free number when empty.
    pub reference: String,
    /// What the team says of it.
    pub values: ProjectValues,
    /// The proposal that it comes from.
    pub proposal: Option<Uuid>,
}

/// Adds projects to a budget that is not frozen: all of them, or none.
///
/// # Errors
/// When the budget is frozen, or a project breaks a rule.
pub async fn create_projects<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    budget: Uuid,
    new: Vec<NewProject>,
    answer: impl FnOnce(&[Project]) -> R + Send,
) -> Result<R, Error> {
    let mut checks = Checks::new();
    checks.require(
        (1..=MOST_PROJECTS).contains(&new.len()),
        "projects",
        format!("must be 1 to {MOST_PROJECTS} projects"),
    );
    for (i, new) in new.iter().enumerate() {
        project::check(&mut checks, &format!("projects[{i}]."), &new.reference, &new.values);
    }
    checks.finish()?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let budget = store::budgets::lock(&mut transaction, budget).await?;
    let projects = add(app, &mut transaction, &budget, new).await?;
    let response = answer(&projects);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}

/// Adds projects to a locked budget.
pub(super) async fn add(
    app: &App,
    connection: &mut PgConnection,
    budget: &Budget,
    new: Vec<NewProject>,
) -> Result<Vec<Project>, Error> {
    budget.require_draft()?;
    let taken = store::projects::references(connection, budget.id).await?;
    if taken.len() + new.len() > MOST_PROJECTS {
        return Err(Error::TooManyProjects(MOST_PROJECTS));
    }
    let wanted: Vec<_> = new.iter().map(|new| new.reference.clone()).collect();
    let references = project::number(&wanted, taken)?;
    let projects: Vec<_> = new
        .into_iter()
        .zip(references)
        .map(|(new, reference)| Project {
            id: comitia_core::id::new(),
            budget: budget.id,
            reference,
            values: new.values,
            proposal: new.proposal,
            status: ProjectStatus::Undecided,
            reports: Vec::new(),
        })
        .collect();
    store::projects::insert(connection, budget.organization, &projects).await?;
    let events: Vec<_> =
        projects.iter().map(|project| project_created(app, budget.organization, project)).collect();
    outbox::append(connection, &events).await?;
    if !projects.is_empty() {
        changed(app, connection, budget.id).await?;
    }
    Ok(projects)
}

fn project_created(app: &App, organization: Uuid, project: &Project) -> Event {
    let message = ProjectCreated {
        project_id: project.id.to_string(),
        budget_id: project.budget.to_string(),
        proposal_id: project.proposal.map(|id| id.to_string()).unwrap_or_default(),
    };
    app.event("budgets.project.created", organization, project.id, &message)
}

/// Reads a project; `viewer` as in [`budgets::visible_budget`].
///
/// # Errors
/// When it does not exist, for this caller; when spaces is away.
pub async fn project(app: &App, organization: Uuid, id: Uuid, viewer: Viewer) -> Result<Project, Error> {
    let mut transaction = app.begin(organization).await?;
    let project = store::projects::get(&mut transaction, id).await?;
    drop(transaction);
    match budgets::visible_budget(app, organization, project.budget, viewer).await {
        Ok(_) => Ok(project),
        Err(Error::BudgetUnknown(_)) => Err(Error::ProjectUnknown(id)),
        Err(error) => Err(error),
    }
}

/// What holds for the photos and documents of a project, which spaces keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Files {
    /// Whether everybody may see them.
    pub public: bool,
    /// Whether the preview shows them that the viewer has opened.
    pub previewed: bool,
    /// Whether the report is one of the project's own.
    pub report_found: bool,
}

/// What holds for the files of a project, and of one of its reports.
///
/// # Errors
/// When the project does not exist; when spaces is away.
pub async fn files(
    app: &App,
    organization: Uuid,
    id: Uuid,
    report: Option<Uuid>,
    viewer: Viewer,
) -> Result<Files, Error> {
    let mut transaction = app.begin(organization).await?;
    let project = store::projects::get(&mut transaction, id).await?;
    drop(transaction);
    let process = budgets::budget(app, organization, project.budget).await?.process;
    let public = app.peers.visible(organization, process, Viewer::Public).await?;
    let previewed = !public && app.peers.visible(organization, process, viewer).await?;
    let report_found = project.reports.iter().any(|one| Some(one.id) == report);
    Ok(Files { public, previewed, report_found })
}

/// The projects of a budget by reference, after this one, at most `limit`; `viewer` as in [`budgets::visible_budget`].
///
/// # Errors
/// When the budget does not exist, for this caller; when spaces is away.
pub async fn projects(
    app: &App,
    organization: Uuid,
    budget: Uuid,
    viewer: Viewer,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Project>, Error> {
    budgets::visible_budget(app, organization, budget, viewer).await?;
    let mut transaction = app.begin(organization).await?;
    store::projects::list(&mut transaction, budget, after, limit).await
}

/// Changes a project of a budget that is not frozen; an empty reference leaves it as it is.
///
/// # Errors
/// When the budget is frozen, or the new values break a rule.
pub async fn update_project(
    app: &App,
    organization: Uuid,
    id: Uuid,
    reference: String,
    values: ProjectValues,
) -> Result<Project, Error> {
    let mut checks = Checks::new();
    project::check(&mut checks, "values.", &reference, &values);
    checks.finish()?;
    let mut transaction = app.begin(organization).await?;
    let mut project = lock_with_budget(&mut transaction, id).await?;
    let before = project.clone();
    if !reference.is_empty() {
        project.reference = reference;
    }
    project.values = values;
    match store::projects::update(&mut transaction, &project).await {
        Err(error) if database::is_unique_violation(&error, "projects_reference") => {
            return Err(Error::ReferenceTaken { field: "values.reference".to_owned() });
        }
        result => result?,
    }
    if project != before {
        tell_changes(&before, &project);
        changed(app, &mut transaction, project.budget).await?;
    }
    transaction.commit().await?;
    Ok(project)
}

/// Removes a project from a budget that is not frozen.
///
/// # Errors
/// When the budget is frozen.
pub async fn delete_project(app: &App, organization: Uuid, id: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let project = lock_with_budget(&mut transaction, id).await?;
    store::projects::delete(&mut transaction, id).await?;
    let message = ProjectDeleted {
        project_id: id.to_string(),
        proposal_id: project.proposal.map(|id| id.to_string()).unwrap_or_default(),
    };
    outbox::append(&mut transaction, &[app.event("budgets.project.deleted", organization, id, &message)])
        .await?;
    changed(app, &mut transaction, project.budget).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(())
}

/// Says what is another value now, for the log of the organization.
fn tell_changes(was: &Project, is: &Project) {
    acts::changed("reference", &was.reference, &is.reference);
    let (was, is) = (&was.values, &is.values);
    acts::changed("title", &was.title, &is.title);
    acts::changed("description", &was.description, &is.description);
    acts::changed("cost", was.cost, is.cost);
    acts::changed("categories", was.categories.join(", "), is.categories.join(", "));
    acts::changed("exclusion_group", &was.exclusion_group, &is.exclusion_group);
}

/// Whoever signed the vote off signed for other projects.
async fn changed(app: &App, connection: &mut PgConnection, budget: Uuid) -> Result<(), Error> {
    store::checklists::withdraw(connection, budget, Change::Projects, app.clock.now()).await
}

/// A project whose budget is locked and not frozen.
async fn lock_with_budget(connection: &mut PgConnection, id: Uuid) -> Result<Project, Error> {
    let found = store::projects::get(connection, id).await?;
    store::budgets::lock(connection, found.budget).await?.require_draft()?;
    // Again: it may have been changed or removed before the budget was ours.
    store::projects::get(connection, id).await
}
