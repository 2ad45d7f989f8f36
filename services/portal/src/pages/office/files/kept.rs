//! What the photos and documents of an office page are of.

use bytes::Bytes;
use comitia_proto::budgets::v1::{GetProjectRequest, ProgressReport, Project};
use comitia_proto::spaces::v1::{
    AddAttachmentRequest, AddProjectAttachmentRequest, Attachment, AttachmentKind, Process,
};

use crate::error::PageError;
use crate::pages::office::budgets::project_path;
use crate::pages::office::{Desk, Officer, processes};
use crate::pages::slugs::Slug;
use crate::pages::{calls, files};

/// What the files of a page are of.
pub enum Kept {
    /// A process, which administrators set up.
    Process(Process),
    /// A project, whose reports may have some too.
    Project(Project),
}

impl Kept {
    /// What the address names, and its photos and documents.
    pub async fn read(officer: &Officer, slug: &Slug) -> Result<(Self, Vec<Attachment>), PageError> {
        if of_project(officer) {
            let request = officer.request(GetProjectRequest { project_id: slug.id() });
            let mut projects = officer.services().projects();
            let project = async { Ok::<_, PageError>(projects.get_project(request).await?.into_inner()) };
            let (project, attachments) = tokio::try_join!(project, files::of_project(officer, slug.id()))?;
            return Ok((Self::Project(project.project.ok_or(PageError::NotFound)?), attachments));
        }
        let (process, attachments) =
            tokio::try_join!(calls::process(officer, slug.id()), files::of_process(officer, slug.id()))?;
        Ok((Self::Process(process), attachments))
    }

    pub fn title(&self) -> &str {
        match self {
            Self::Process(process) => &process.title,
            Self::Project(project) => &project.title,
        }
    }

    pub fn desk(&self) -> Desk {
        match self {
            Self::Process(_) => Desk::Processes,
            Self::Project(_) => Desk::Budgets,
        }
    }

    /// Where it is in the office.
    pub fn path(&self) -> String {
        match self {
            Self::Process(process) => processes::path(process),
            Self::Project(project) => project_path(project),
        }
    }

    /// Where its photos and documents are.
    pub fn files_path(&self) -> String {
        format!("{}/files", self.path())
    }

    /// The words of one of the two.
    pub fn words(&self, process: &'static str, project: &'static str) -> &'static str {
        match self {
            Self::Process(_) => process,
            Self::Project(_) => project,
        }
    }

    /// The reports of a project, the newest first.
    pub fn reports(&self) -> &[ProgressReport] {
        match self {
            Self::Process(_) => &[],
            Self::Project(project) => &project.progress_reports,
        }
    }

    /// Sends a file.
    pub async fn add(&self, officer: &Officer, new: New) -> Result<(), PageError> {
        let mut client = officer.services().attachments();
        match self {
            Self::Process(process) => {
                let request = AddAttachmentRequest {
                    process_id: process.process_id.clone(),
                    kind: new.kind.into(),
                    title: new.title,
                    alternative_text: new.alternative_text,
                    file: new.file.into(),
                    request_id: new.request_id,
                };
                client.add_attachment(officer.request(request)).await?;
            }
            Self::Project(project) => {
                let request = AddProjectAttachmentRequest {
                    project_id: project.project_id.clone(),
                    kind: new.kind.into(),
                    title: new.title,
                    alternative_text: new.alternative_text,
                    file: new.file.into(),
                    request_id: new.request_id,
                    report_id: new.report_id,
                };
                client.add_project_attachment(officer.request(request)).await?;
            }
        }
        Ok(())
    }
}

/// A file to send, with its words.
pub struct New {
    /// What it is said to be.
    pub kind: AttachmentKind,
    /// Its title.
    pub title: String,
    /// What a photo shows.
    pub alternative_text: String,
    /// The file.
    pub file: Bytes,
    /// The key of the call.
    pub request_id: String,
    /// The report of a project that it is shown with; empty for none.
    pub report_id: String,
}

/// Whether the address is that of a project's files.
pub fn of_project(officer: &Officer) -> bool {
    officer.path.split('/').nth(3) == Some("projects")
}
