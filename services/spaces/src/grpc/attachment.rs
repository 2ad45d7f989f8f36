//! `AttachmentService`.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use comitia_platform::auth::{Context, Role};
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::{self, Checks};
use comitia_platform::{ApiError, page};
use comitia_proto::common::v1::FileHead;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_proto::spaces::v1::{
    AddAttachmentRequest, AddAttachmentResponse, AddProjectAttachmentRequest, AddProjectAttachmentResponse,
    AddProposalAttachmentRequest, AddProposalAttachmentResponse, Attachment, AttachmentKind,
    ListAttachmentsRequest, ListAttachmentsResponse, ListCoverPhotosRequest, ListCoverPhotosResponse,
    ListMyAttachmentsRequest, ListMyAttachmentsResponse, ListProjectAttachmentsRequest,
    ListProjectAttachmentsResponse, ListProposalAttachmentsRequest, ListProposalAttachmentsResponse,
    ReadAttachmentFileRequest, ReadAttachmentFileResponse, RemoveAttachmentRequest, RemoveAttachmentResponse,
    SetLogoRequest, SetLogoResponse, UpdateAttachmentRequest, UpdateAttachmentResponse,
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Api, encode};
use crate::app::attachments::{self, Sent, standings};
use crate::domain::attachment::{AttachmentChange, Holder, NewAttachment};
use crate::domain::standing::Visitor;
use crate::error::Error;

const TITLE_MAX: usize = 200;
const ALTERNATIVE_MAX: usize = 500;
const REASON_MAX: usize = 1_000;
const COVERS_MAX: usize = 50;
/// What a logo is called where files have names.
const LOGO: &str = "logo";

/// Who calls.
fn visitor(context: &Context) -> Visitor {
    let caller = context.caller();
    let has = |role| caller.is_some_and(|caller| caller.has(role));
    Visitor {
        // Services look for nobody in particular.
        subject: caller.filter(|_| !has(Role::Service)).map(|one| one.subject.clone()).unwrap_or_default(),
        viewer: context.viewer(),
        administrator: has(Role::Administrator),
        moderator: has(Role::Moderator),
        budget_officer: has(Role::BudgetOfficer),
    }
}

/// The file of a request to add one. In its place comes its digest: equal files have equal ones, so that the file itself is not
/// copied to compare requests.
fn take_file(field: &mut Vec<u8>) -> Bytes {
    let file = Bytes::from(std::mem::take(field));
    *field = digest(&SHA256, &file).as_ref().to_vec();
    file
}

#[tonic::async_trait]
impl AttachmentService for Api {
    async fn add_attachment(
        &self,
        request: Request<AddAttachmentRequest>,
    ) -> Result<Response<AddAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let mut message = request.into_inner();
        let file = take_file(&mut message.file);
        let idempotent =
            Idempotent::new(organization, caller, "AddAttachment", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let words = Words::of(message.kind, &message.title, &message.alternative_text);
            let new = words.attach(("process_id", &message.process_id, Holder::Process), "", file)?;
            let answer = |new| AddAttachmentResponse { attachment: Some(encode::attachment(new)) };
            let visitor = visitor(&context);
            Box::pin(attachments::add(&self.app, organization, &idempotent, new, &visitor, answer)).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_attachments(
        &self,
        request: Request<ListAttachmentsRequest>,
    ) -> Result<Response<ListAttachmentsResponse>, Status> {
        let context = Context::of(&request);
        let holder = Holder::Process(validate::uuid("process_id", &request.get_ref().process_id)?);
        let attachments = self.list_of(&context, holder).await?;
        Ok(Response::new(ListAttachmentsResponse { attachments }))
    }

    async fn add_proposal_attachment(
        &self,
        request: Request<AddProposalAttachmentRequest>,
    ) -> Result<Response<AddProposalAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let mut message = request.into_inner();
        let file = take_file(&mut message.file);
        let idempotent =
            Idempotent::new(organization, caller, "AddProposalAttachment", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let words = Words::of(message.kind, &message.title, &message.alternative_text);
            let new = words.attach(("proposal_id", &message.proposal_id, Holder::Proposal), "", file)?;
            let answer = |new| AddProposalAttachmentResponse { attachment: Some(encode::attachment(new)) };
            let visitor = visitor(&context);
            Box::pin(attachments::add(&self.app, organization, &idempotent, new, &visitor, answer)).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_proposal_attachments(
        &self,
        request: Request<ListProposalAttachmentsRequest>,
    ) -> Result<Response<ListProposalAttachmentsResponse>, Status> {
        let context = Context::of(&request);
        let proposal = validate::uuid("proposal_id", &request.get_ref().proposal_id)?;
        let organization = context.organization()?;
        let found =
            standings::list_of_proposal(&self.app, organization, proposal, &visitor(&context)).await?;
        Ok(Response::new(ListProposalAttachmentsResponse {
            attachments: found.0.into_iter().map(encode::attachment).collect(),
            removed: found.1.into_iter().map(encode::removed).collect(),
        }))
    }

    async fn list_cover_photos(
        &self,
        request: Request<ListCoverPhotosRequest>,
    ) -> Result<Response<ListCoverPhotosResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let ids = &request.get_ref().proposal_ids;
        let mut checks = Checks::new();
        checks.require(
            (1..=COVERS_MAX).contains(&ids.len()),
            "proposal_ids",
            "must be the ids of 1 to 50 proposals",
        );
        checks.finish()?;
        let ids = ids.iter().map(|id| validate::uuid("proposal_ids", id)).collect::<Result<Vec<_>, _>>()?;
        let found = standings::covers(&self.app, organization, &ids).await?;
        let attachments = found.into_iter().map(encode::attachment).collect();
        Ok(Response::new(ListCoverPhotosResponse { attachments }))
    }

    async fn list_my_attachments(
        &self,
        request: Request<ListMyAttachmentsRequest>,
    ) -> Result<Response<ListMyAttachmentsResponse>, Status> {
        let context = Context::of(&request);
        let (organization, owner) = (context.organization()?, &context.signed_in()?.subject);
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let scope = format!("ListMyAttachments {owner:?}");
        let before = page::cursor(&scope, &message.page_token, page::id)?;
        let mut found = standings::own(&self.app, organization, owner, before, size + 1).await?;
        let next_page_token = page::cut(&mut found, size, &scope, |one| one.attachment_id.to_string());
        let attachments = found.into_iter().map(encode::attachment).collect();
        Ok(Response::new(ListMyAttachmentsResponse { attachments, next_page_token }))
    }

    async fn add_project_attachment(
        &self,
        request: Request<AddProjectAttachmentRequest>,
    ) -> Result<Response<AddProjectAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let mut message = request.into_inner();
        let file = take_file(&mut message.file);
        let idempotent =
            Idempotent::new(organization, caller, "AddProjectAttachment", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let words = Words::of(message.kind, &message.title, &message.alternative_text);
            let holder = ("project_id", message.project_id.as_str(), Holder::Project as fn(Uuid) -> Holder);
            let new = words.attach(holder, &message.report_id, file)?;
            let answer = |new| AddProjectAttachmentResponse { attachment: Some(encode::attachment(new)) };
            let visitor = visitor(&context);
            Box::pin(attachments::add(&self.app, organization, &idempotent, new, &visitor, answer)).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_project_attachments(
        &self,
        request: Request<ListProjectAttachmentsRequest>,
    ) -> Result<Response<ListProjectAttachmentsResponse>, Status> {
        let context = Context::of(&request);
        let holder = Holder::Project(validate::uuid("project_id", &request.get_ref().project_id)?);
        let attachments = self.list_of(&context, holder).await?;
        Ok(Response::new(ListProjectAttachmentsResponse { attachments }))
    }

    async fn set_logo(&self, request: Request<SetLogoRequest>) -> Result<Response<SetLogoResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let mut message = request.into_inner();
        let file = take_file(&mut message.file);
        let idempotent = Idempotent::new(organization, caller, "SetLogo", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let alternative_text = message.alternative_text.trim();
            let mut checks = Checks::new();
            checks.text("alternative_text", alternative_text, 1, ALTERNATIVE_MAX);
            checks.finish()?;
            let new = NewAttachment {
                holder: Holder::Organization(organization),
                report_id: None,
                kind: AttachmentKind::Photo,
                title: LOGO.to_owned(),
                alternative_text: alternative_text.to_owned(),
                file,
            };
            let answer = |new| SetLogoResponse { attachment: Some(encode::attachment(new)) };
            let visitor = visitor(&context);
            Box::pin(attachments::add(&self.app, organization, &idempotent, new, &visitor, answer)).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn update_attachment(
        &self,
        request: Request<UpdateAttachmentRequest>,
    ) -> Result<Response<UpdateAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let id = validate::uuid("attachment_id", &message.attachment_id)?;
        let change = decode_change(message)?;
        let (organization, visitor) = (context.organization()?, visitor(&context));
        let changed = attachments::update(&self.app, organization, id, change, &visitor).await?;
        Ok(Response::new(UpdateAttachmentResponse { attachment: Some(encode::attachment(changed)) }))
    }

    async fn remove_attachment(
        &self,
        request: Request<RemoveAttachmentRequest>,
    ) -> Result<Response<RemoveAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let id = validate::uuid("attachment_id", &message.attachment_id)?;
        let mut checks = Checks::new();
        checks.text("reason", &message.reason, 0, REASON_MAX);
        checks.finish()?;
        let (organization, visitor) = (context.organization()?, visitor(&context));
        let reason = message.reason.trim().to_owned();
        attachments::remove(&self.app, organization, id, reason, &visitor).await?;
        Ok(Response::new(RemoveAttachmentResponse {}))
    }

    type ReadAttachmentFileStream = BoxStream<'static, Result<ReadAttachmentFileResponse, Status>>;

    async fn read_attachment_file(
        &self,
        request: Request<ReadAttachmentFileRequest>,
    ) -> Result<Response<Self::ReadAttachmentFileStream>, Status> {
        let context = Context::of(&request);
        let message = request.get_ref();
        let id = validate::uuid("attachment_id", &message.attachment_id)?;
        if message.width < 0 {
            return Err(ApiError::invalid_field("width", "must not be less than 0").into());
        }
        let organization = context.organization()?;
        let visitor = visitor(&context);
        let sent = attachments::open(&self.app, organization, id, message.width, &visitor).await?;
        let head = ReadAttachmentFileResponse { head: Some(head(&sent)), ..Default::default() };
        let parts = sent.opened.parts.map(|part| match part {
            Ok(content) => Ok(ReadAttachmentFileResponse { head: None, content: content.into() }),
            Err(error) => Err(Status::from(Error::from(error))),
        });
        Ok(Response::new(stream::once(async { Ok(head) }).chain(parts).boxed()))
    }
}

fn head(sent: &Sent) -> FileHead {
    FileHead {
        media_type: sent.attachment.media_type.clone(),
        name: sent.attachment.file_name(),
        byte_count: i64::try_from(sent.opened.size).unwrap_or(i64::MAX),
        inline: sent.attachment.kind == AttachmentKind::Photo,
        immutable: sent.lasting,
    }
}

impl Api {
    /// The attachments of a process or a project.
    async fn list_of(&self, context: &Context, holder: Holder) -> Result<Vec<Attachment>, Status> {
        let found = standings::list(&self.app, context.organization()?, holder, &visitor(context)).await?;
        Ok(found.into_iter().map(encode::attachment).collect())
    }
}

/// What a request says of a file to add.
struct Words<'a> {
    kind: AttachmentKind,
    title: &'a str,
    alternative_text: &'a str,
}

impl<'a> Words<'a> {
    fn of(kind: i32, title: &'a str, alternative_text: &'a str) -> Self {
        Self { kind: AttachmentKind::try_from(kind).unwrap_or_default(), title, alternative_text }
    }

    /// The attachment to add to what the field names.
    fn attach(
        self,
        (field, id, holder): (&'static str, &str, fn(Uuid) -> Holder),
        report: &str,
        file: Bytes,
    ) -> Result<NewAttachment, ApiError> {
        let kind = self.kind;
        let mut checks = Checks::new();
        checks
            .require(validate::uuid(field, id).is_ok(), field, "must be a UUID")
            .require(kind != AttachmentKind::Unspecified, "kind", "must be a photo or a document")
            .text("title", self.title, 1, TITLE_MAX);
        // Whether words are needed depends on the kind, which may be missing.
        let least = usize::from(kind == AttachmentKind::Photo);
        checks.text("alternative_text", self.alternative_text, least, ALTERNATIVE_MAX).require(
            kind != AttachmentKind::Document || self.alternative_text.trim().is_empty(),
            "alternative_text",
            "must be empty for a document: its title says what it is",
        );
        checks.finish()?;
        Ok(NewAttachment {
            holder: holder(validate::uuid(field, id)?),
            report_id: validate::optional_uuid("report_id", report)?,
            kind,
            title: self.title.trim().to_owned(),
            alternative_text: self.alternative_text.trim().to_owned(),
            file,
        })
    }
}

fn decode_change(message: UpdateAttachmentRequest) -> Result<AttachmentChange, ApiError> {
    let mut checks = Checks::new();
    checks
        .text("title", &message.title, 1, TITLE_MAX)
        .text("alternative_text", &message.alternative_text, 0, ALTERNATIVE_MAX)
        .require((0..=1_000).contains(&message.position), "position", "must be from 0 to 1000");
    checks.finish()?;
    Ok(AttachmentChange {
        title: message.title.trim().to_owned(),
        alternative_text: message.alternative_text.trim().to_owned(),
        position: Some(message.position).filter(|position| *position > 0),
        etag: message.etag,
    })
}
