//! `AttachmentService`.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::{self, Checks};
use comitia_proto::common::v1::FileHead;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_proto::spaces::v1::{
    AddAttachmentRequest, AddAttachmentResponse, AttachmentKind, ListAttachmentsRequest,
    ListAttachmentsResponse, ReadAttachmentFileRequest, ReadAttachmentFileResponse, RemoveAttachmentRequest,
    RemoveAttachmentResponse, UpdateAttachmentRequest, UpdateAttachmentResponse,
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::{Api, encode};
use crate::app::attachments::{self, Sent};
use crate::domain::attachment::{AttachmentChange, NewAttachment};
use crate::error::Error;

const TITLE_MAX: usize = 200;
const ALTERNATIVE_MAX: usize = 500;

#[tonic::async_trait]
impl AttachmentService for Api {
    async fn add_attachment(
        &self,
        request: Request<AddAttachmentRequest>,
    ) -> Result<Response<AddAttachmentResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let mut message = request.into_inner();
        let file = Bytes::from(std::mem::take(&mut message.file));
        // Equal files have equal digests, so that the file itself is not copied to compare requests.
        message.file = digest(&SHA256, &file).as_ref().to_vec();
        let idempotent =
            Idempotent::new(organization, caller, "AddAttachment", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let new = decode_new(message, file, &caller.subject)?;
            let answer =
                |attachment| AddAttachmentResponse { attachment: Some(encode::attachment(attachment)) };
            Box::pin(attachments::add(&self.app, organization, &idempotent, new, answer)).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_attachments(
        &self,
        request: Request<ListAttachmentsRequest>,
    ) -> Result<Response<ListAttachmentsResponse>, Status> {
        let context = Context::of(&request);
        let process = validate::uuid("process_id", &request.get_ref().process_id)?;
        let found = attachments::list(&self.app, context.organization()?, process, context.viewer()).await?;
        let attachments = found.into_iter().map(encode::attachment).collect();
        Ok(Response::new(ListAttachmentsResponse { attachments }))
    }

    async fn update_attachment(
        &self,
        request: Request<UpdateAttachmentRequest>,
    ) -> Result<Response<UpdateAttachmentResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("attachment_id", &message.attachment_id)?;
        let change = decode_change(&message)?;
        let changed = attachments::update(&self.app, organization, id, change).await?;
        Ok(Response::new(UpdateAttachmentResponse { attachment: Some(encode::attachment(changed)) }))
    }

    async fn remove_attachment(
        &self,
        request: Request<RemoveAttachmentRequest>,
    ) -> Result<Response<RemoveAttachmentResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let id = validate::uuid("attachment_id", &request.get_ref().attachment_id)?;
        attachments::remove(&self.app, organization, id).await?;
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
        let sent = attachments::open(&self.app, organization, id, message.width, context.viewer()).await?;
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
        immutable: sent.public,
    }
}

fn decode_new(message: AddAttachmentRequest, file: Bytes, owner: &str) -> Result<NewAttachment, ApiError> {
    let kind = AttachmentKind::try_from(message.kind).unwrap_or_default();
    let mut checks = Checks::new();
    checks
        .require(validate::uuid("process_id", &message.process_id).is_ok(), "process_id", "must be a UUID")
        .require(kind != AttachmentKind::Unspecified, "kind", "must be a photo or a document")
        .text("title", &message.title, 1, TITLE_MAX);
    // Whether words are needed depends on the kind, which may be missing.
    let least = usize::from(kind == AttachmentKind::Photo);
    checks.text("alternative_text", &message.alternative_text, least, ALTERNATIVE_MAX).require(
        kind != AttachmentKind::Document || message.alternative_text.trim().is_empty(),
        "alternative_text",
        "must be empty for a document: its title says what it is",
    );
    checks.finish()?;
    Ok(NewAttachment {
        process_id: validate::uuid("process_id", &message.process_id)?,
        kind,
        title: message.title.trim().to_owned(),
        alternative_text: message.alternative_text.trim().to_owned(),
        owner: owner.to_owned(),
        file,
    })
}

fn decode_change(message: &UpdateAttachmentRequest) -> Result<AttachmentChange, ApiError> {
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
    })
}
