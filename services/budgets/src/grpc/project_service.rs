//! `comitia.budgets.v1.ProjectService`.

use chrono::DateTime;
use comitia_platform::auth::{Context, Viewer};
use comitia_platform::idempotency::Idempotent;
use comitia_platform::page;
use comitia_platform::validate::{self, is_reference};
use comitia_proto::budgets::v1::project_service_server::ProjectService;
use comitia_proto::budgets::v1::{
    BatchCreateProjectsRequest, BatchCreateProjectsResponse, CheckProjectFilesRequest,
    CheckProjectFilesResponse, DeleteProjectRequest, DeleteProjectResponse, GetProjectRequest,
    GetProjectResponse, ImportProposalsRequest, ImportProposalsResponse, ListProjectsRequest,
    ListProjectsResponse, NewProject as ProtoProject, ReportProgressRequest, ReportProgressResponse,
    UpdateProjectRequest, UpdateProjectResponse,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Api, encode, reader};
use crate::app::projects::NewProject;
use crate::app::{imports, progress, projects};
use crate::domain::project::{Project, ProjectValues, Report};

#[async_trait]
impl ProjectService for Api {
    async fn batch_create_projects(
        &self,
        request: Request<BatchCreateProjectsRequest>,
    ) -> Result<Response<BatchCreateProjectsResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "BatchCreateProjects", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let budget = validate::uuid("budget_id", &message.budget_id)?;
            let new = message.projects.into_iter().map(decode).collect();
            let answer =
                |projects: &[Project]| BatchCreateProjectsResponse { projects: encode::projects(projects) };
            projects::create_projects(&self.app, organization, &idempotent, budget, new, answer).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn import_proposals(
        &self,
        request: Request<ImportProposalsRequest>,
    ) -> Result<Response<ImportProposalsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let budget = validate::uuid("budget_id", &message.budget_id)?;
        let projects =
            imports::import_proposals(&self.app, organization, budget, &message.proposal_ids).await;
        let projects = encode::projects(&projects?);
        Ok(Response::new(ImportProposalsResponse { projects }))
    }

    async fn get_project(
        &self,
        request: Request<GetProjectRequest>,
    ) -> Result<Response<GetProjectResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let id = validate::uuid("project_id", &request.into_inner().project_id)?;
        let project = projects::project(&self.app, organization, id, viewer).await?;
        Ok(Response::new(GetProjectResponse { project: Some(encode::project(&project)) }))
    }

    async fn list_projects(
        &self,
        request: Request<ListProjectsRequest>,
    ) -> Result<Response<ListProjectsResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let message = request.into_inner();
        let budget = validate::uuid("budget_id", &message.budget_id)?;
        let size = page::size(message.page_size)?;
        let scope = format!("ListProjects {organization} {budget}");
        let after = page::cursor(&scope, &message.page_token, |reference| {
            is_reference(reference).then(|| reference.to_owned())
        })?;
        let mut projects =
            projects::projects(&self.app, organization, budget, viewer, after.as_deref(), size + 1).await?;
        let next_page_token = page::cut(&mut projects, size, &scope, |project| project.reference.clone());
        Ok(Response::new(ListProjectsResponse { projects: encode::projects(&projects), next_page_token }))
    }

    async fn update_project(
        &self,
        request: Request<UpdateProjectRequest>,
    ) -> Result<Response<UpdateProjectResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("project_id", &message.project_id)?;
        let new = decode(message.values.unwrap_or_default());
        let project = projects::update_project(&self.app, organization, id, new.reference, new.values).await;
        let project = encode::project(&project?);
        Ok(Response::new(UpdateProjectResponse { project: Some(project) }))
    }

    async fn delete_project(
        &self,
        request: Request<DeleteProjectRequest>,
    ) -> Result<Response<DeleteProjectResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let id = validate::uuid("project_id", &request.into_inner().project_id)?;
        projects::delete_project(&self.app, organization, id).await?;
        Ok(Response::new(DeleteProjectResponse {}))
    }

    async fn report_progress(
        &self,
        request: Request<ReportProgressRequest>,
    ) -> Result<Response<ReportProgressResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "ReportProgress", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let id = validate::uuid("project_id", &message.project_id)?;
            let report = Report {
                id: comitia_core::id::new(),
                status: encode::named_status(message.status()),
                percent_done: i32::try_from(message.percent_done).unwrap_or(i32::MAX),
                spent: message.spent,
                note: message.note.trim().to_owned(),
                time: DateTime::UNIX_EPOCH,
            };
            let answer =
                |project: &Project| ReportProgressResponse { project: Some(encode::project(project)) };
            progress::report_progress(&self.app, organization, &idempotent, id, report, answer).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn check_project_files(
        &self,
        request: Request<CheckProjectFilesRequest>,
    ) -> Result<Response<CheckProjectFilesResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("project_id", &message.project_id)?;
        let report = validate::optional_uuid("report_id", &message.report_id)?;
        let viewer = <[u8; 32]>::try_from(message.code_digest).map_or(Viewer::Public, Viewer::Preview);
        let files = projects::files(&self.app, organization, id, report, viewer).await?;
        Ok(Response::new(CheckProjectFilesResponse {
            public: files.public,
            report_found: files.report_found,
            previewed: files.previewed,
        }))
    }
}

fn decode(project: ProtoProject) -> NewProject {
    let trimmed = |text: String| text.trim().to_owned();
    NewProject {
        reference: project.reference,
        values: ProjectValues {
            title: trimmed(project.title),
            description: trimmed(project.description),
            cost: project.cost,
            categories: project.categories.into_iter().map(trimmed).collect(),
            address: trimmed(project.address),
            latitude: project.latitude,
            longitude: project.longitude,
            exclusion_group: trimmed(project.exclusion_group),
        },
        proposal: None,
    }
}
