//! Files that somebody sent: bytes on their way in, and what they come back with.

use comitia_proto::common::v1::FileHead;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentService;
use comitia_proto::spaces::v1::*;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use reqwest::Method;
use serde_json::json;
use tonic::{Request, Response, Status};

use crate::double::{CITY, Double, session};
use crate::{Door, header, json};

const ADD: &str = "/v1/processes/0192f0c1-0000-7000-8000-00000000000a/attachments";

#[tonic::async_trait]
impl AttachmentService for Double {
    /// Echoes what it was told, and the size of the file.
    async fn add_attachment(
        &self,
        request: Request<AddAttachmentRequest>,
    ) -> Result<Response<AddAttachmentResponse>, Status> {
        let given = request.into_inner();
        let attachment = Attachment {
            process_id: given.process_id,
            kind: given.kind,
            title: given.title,
            alternative_text: given.alternative_text,
            byte_count: given.file.len() as i64,
            ..Attachment::default()
        };
        Ok(Response::new(AddAttachmentResponse { attachment: Some(attachment) }))
    }

    async fn list_attachments(
        &self,
        _: Request<ListAttachmentsRequest>,
    ) -> Result<Response<ListAttachmentsResponse>, Status> {
        Ok(Response::new(ListAttachmentsResponse::default()))
    }

    async fn update_attachment(
        &self,
        _: Request<UpdateAttachmentRequest>,
    ) -> Result<Response<UpdateAttachmentResponse>, Status> {
        Ok(Response::new(UpdateAttachmentResponse::default()))
    }

    async fn remove_attachment(
        &self,
        _: Request<RemoveAttachmentRequest>,
    ) -> Result<Response<RemoveAttachmentResponse>, Status> {
        Ok(Response::new(RemoveAttachmentResponse {}))
    }

    async fn list_proposal_attachments(
        &self,
        _: Request<ListProposalAttachmentsRequest>,
    ) -> Result<Response<ListProposalAttachmentsResponse>, Status> {
        Ok(Response::new(ListProposalAttachmentsResponse::default()))
    }

    async fn list_my_attachments(
        &self,
        _: Request<ListMyAttachmentsRequest>,
    ) -> Result<Response<ListMyAttachmentsResponse>, Status> {
        Ok(Response::new(ListMyAttachmentsResponse::default()))
    }

    async fn add_project_attachment(
        &self,
        _: Request<AddProjectAttachmentRequest>,
    ) -> Result<Response<AddProjectAttachmentResponse>, Status> {
        Ok(Response::new(AddProjectAttachmentResponse::default()))
    }

    async fn list_project_attachments(
        &self,
        _: Request<ListProjectAttachmentsRequest>,
    ) -> Result<Response<ListProjectAttachmentsResponse>, Status> {
        Ok(Response::new(ListProjectAttachmentsResponse::default()))
    }

    async fn set_logo(&self, _: Request<SetLogoRequest>) -> Result<Response<SetLogoResponse>, Status> {
        Ok(Response::new(SetLogoResponse::default()))
    }

    /// Echoes how large the file is, and whose it is.
    async fn add_proposal_attachment(
        &self,
        request: Request<AddProposalAttachmentRequest>,
    ) -> Result<Response<AddProposalAttachmentResponse>, Status> {
        let given = request.into_inner();
        let attachment = Attachment {
            proposal_id: given.proposal_id,
            title: given.title,
            byte_count: given.file.len() as i64,
            ..Attachment::default()
        };
        Ok(Response::new(AddProposalAttachmentResponse { attachment: Some(attachment) }))
    }

    /// One for each proposal.
    async fn list_cover_photos(
        &self,
        request: Request<ListCoverPhotosRequest>,
    ) -> Result<Response<ListCoverPhotosResponse>, Status> {
        let of = |proposal_id| Attachment { proposal_id, ..Attachment::default() };
        let attachments = request.into_inner().proposal_ids.into_iter().map(of).collect();
        Ok(Response::new(ListCoverPhotosResponse { attachments }))
    }

    type ReadAttachmentFileStream = BoxStream<'static, Result<ReadAttachmentFileResponse, Status>>;

    /// The id says what it is.
    async fn read_attachment_file(
        &self,
        request: Request<ReadAttachmentFileRequest>,
    ) -> Result<Response<Self::ReadAttachmentFileStream>, Status> {
        let head = |media_type: &str, name: &str, inline, immutable| FileHead {
            media_type: media_type.into(),
            name: name.into(),
            byte_count: 4_000,
            inline,
            immutable,
        };
        let head = match request.into_inner().attachment_id.as_str() {
            "photo" => Some(head("image/jpeg", "Quai.jpg", true, true)),
            "document" => Some(head("application/pdf", "Règlement.pdf", false, true)),
            "draft" => Some(head("image/jpeg", "Quai.jpg", true, false)),
            "page" => Some(head("text/html", "page.html", true, true)),
            "refused" => return Err(comitia_platform::ApiError::not_found("attachment").into()),
            _ => None,
        };
        let part = |head, content| Ok(ReadAttachmentFileResponse { head, content });
        let parts = [part(head, Vec::new()), part(None, vec![b'a'; 3_000]), part(None, vec![b'b'; 1_000])];
        Ok(Response::new(stream::iter(parts).boxed()))
    }
}

#[tokio::test]
async fn a_file_comes_back_in_a_sandbox() {
    let door = Door::open().await;
    for (file, kind, disposition, kept) in [
        ("photo", "image/jpeg", "inline; filename*=UTF-8''Quai.jpg", "public, max-age=31536000, immutable"),
        (
            "document",
            "application/pdf",
            "attachment; filename*=UTF-8''R%C3%A8glement.pdf",
            "public, max-age=31536000, immutable",
        ),
        ("draft", "image/jpeg", "inline; filename*=UTF-8''Quai.jpg", "private, no-store"),
        (
            "page",
            "text/html",
            "attachment; filename*=UTF-8''page.html",
            "public, max-age=31536000, immutable",
        ),
    ] {
        let response = door.get(&format!("/v1/attachments/{file}/file?width=480")).await;
        assert_eq!(response.status(), 200, "{file}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "content-disposition"), disposition);
        assert_eq!(header(&response, "cache-control"), kept);
        let policy = header(&response, "content-security-policy");
        assert_eq!(policy, "sandbox; default-src 'none'; frame-ancestors 'none'");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "cross-origin-resource-policy"), "same-origin");
        assert_eq!(header(&response, "set-cookie"), "");
        assert_eq!(header(&response, "content-length"), "4000");
        let whole = [vec![b'a'; 3_000], vec![b'b'; 1_000]].concat();
        assert_eq!(response.bytes().await.unwrap(), whole);
    }
}

#[tokio::test]
async fn a_photo_is_not_compressed_again() {
    let door = Door::open().await;
    let ask = |file: &str| {
        let request = door.request(Method::GET, &format!("/v1/attachments/{file}/file"));
        request.header("accept-encoding", "gzip").send()
    };
    assert_eq!(header(&ask("photo").await.unwrap(), "content-encoding"), "");
    assert_eq!(header(&ask("document").await.unwrap(), "content-encoding"), "gzip");
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_no_file() {
    let door = Door::open().await;
    let refused = door.get("/v1/attachments/refused/file").await;
    assert_eq!(refused.status(), 404);
    assert_eq!(json(refused).await["reason"], "RESOURCE_NOT_FOUND");
    // A service that does not describe the file.
    let headless = door.get("/v1/attachments/headless/file").await;
    assert_eq!(headless.status(), 500);
    assert_eq!(header(&headless, "content-disposition"), "");
}

#[tokio::test]
async fn bytes_and_words_become_one_request() {
    let door = Door::open().await;
    let file = vec![0xFF; 300_000];
    let send = |token: Option<String>| {
        let path = format!("{ADD}?kind=ATTACHMENT_KIND_PHOTO&title=Le%20quai&alternativeText=Un%20quai");
        let request = door
            .request(Method::POST, &path)
            .header("content-type", "application/octet-stream")
            .body(file.clone());
        match token {
            Some(token) => request.bearer_auth(token).send(),
            None => request.send(),
        }
    };
    let answer = send(Some(session(CITY, &["ADMINISTRATOR"]))).await.unwrap();
    assert_eq!(answer.status(), 200);
    let attachment = &json(answer).await["attachment"];
    assert_eq!(attachment["title"], "Le quai");
    assert_eq!(attachment["alternativeText"], "Un quai");
    assert_eq!(attachment["kind"], "ATTACHMENT_KIND_PHOTO");
    assert_eq!(attachment["byteCount"], json!("300000"));
    assert_eq!(send(None).await.unwrap().status(), 401);
    assert_eq!(send(Some(session(CITY, &["MODERATOR"]))).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_participant_sends_a_file_and_the_first_photos_of_several_proposals_are_asked_for_at_once() {
    let door = Door::open().await;
    let (one, other) = ("0192f0c1-0000-7000-8000-00000000000a", "0192f0c1-0000-7000-8000-00000000000b");
    let request = door
        .request(
            Method::POST,
            &format!("/v1/proposals/{one}/attachments?kind=ATTACHMENT_KIND_DOCUMENT&title=Plan"),
        )
        .header("content-type", "application/octet-stream")
        .bearer_auth(session(CITY, &["PARTICIPANT"]))
        .body(vec![b'a'; 100_000]);
    let answer = json(request.send().await.unwrap()).await;
    assert_eq!(answer["attachment"]["proposalId"], one);
    assert_eq!(answer["attachment"]["byteCount"], "100000");
    let answer = door.get(&format!("/v1/attachments:covers?proposalIds={one}&proposalIds={other}")).await;
    let answer = json(answer).await;
    assert_eq!(answer["attachments"][0]["proposalId"], one);
    assert_eq!(answer["attachments"][1]["proposalId"], other);
}
