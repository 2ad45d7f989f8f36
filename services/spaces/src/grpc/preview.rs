//! `PreviewService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks, timestamp};
use comitia_proto::spaces::v1::preview_service_server::PreviewService;
use comitia_proto::spaces::v1::{self as proto};
use tonic::{Request, Response, Status};

use super::Api;
use crate::app::previews;
use crate::domain::preview::{MAX_DAYS, PreviewLink};

const TITLE_MAX: usize = 100;

#[tonic::async_trait]
impl PreviewService for Api {
    async fn create_preview_link(
        &self,
        request: Request<proto::CreatePreviewLinkRequest>,
    ) -> Result<Response<proto::CreatePreviewLinkResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let process = validate::uuid("process_id", &message.process_id)?;
        let rule = format!("must be from 1 to {MAX_DAYS}, or 0 for 14");
        let mut checks = Checks::new();
        checks.text("title", &message.title, 0, TITLE_MAX).require(
            (0..=MAX_DAYS).contains(&message.days),
            "days",
            rule,
        );
        checks.finish()?;
        let title = message.title.trim().to_owned();
        let (link, code) = previews::create(&self.app, organization, process, title, message.days).await?;
        Ok(Response::new(proto::CreatePreviewLinkResponse { link: Some(encode(link)), code }))
    }

    async fn list_preview_links(
        &self,
        request: Request<proto::ListPreviewLinksRequest>,
    ) -> Result<Response<proto::ListPreviewLinksResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let process = validate::uuid("process_id", &request.get_ref().process_id)?;
        let found = previews::list(&self.app, organization, process).await?;
        let links = found.into_iter().map(encode).collect();
        Ok(Response::new(proto::ListPreviewLinksResponse { links }))
    }

    async fn revoke_preview_link(
        &self,
        request: Request<proto::RevokePreviewLinkRequest>,
    ) -> Result<Response<proto::RevokePreviewLinkResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let link = validate::uuid("preview_link_id", &request.get_ref().preview_link_id)?;
        previews::revoke(&self.app, organization, link).await?;
        Ok(Response::new(proto::RevokePreviewLinkResponse {}))
    }

    async fn open_preview(
        &self,
        request: Request<proto::OpenPreviewRequest>,
    ) -> Result<Response<proto::OpenPreviewResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let (link, process) = previews::open(&self.app, organization, &request.get_ref().code).await?;
        Ok(Response::new(proto::OpenPreviewResponse {
            process_id: process.process_id.to_string(),
            title: process.title,
            expire_time: Some(timestamp(link.expire_time)),
        }))
    }

    async fn check_preview(
        &self,
        request: Request<proto::CheckPreviewRequest>,
    ) -> Result<Response<proto::CheckPreviewResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.get_ref();
        let process = validate::uuid("process_id", &message.process_id)?;
        let shown = previews::check(&self.app, organization, process, &message.code_digest).await?;
        Ok(Response::new(proto::CheckPreviewResponse { shown }))
    }
}

fn encode(link: PreviewLink) -> proto::PreviewLink {
    proto::PreviewLink {
        preview_link_id: link.preview_link_id.to_string(),
        process_id: link.process_id.to_string(),
        title: link.title,
        create_time: Some(timestamp(link.create_time)),
        expire_time: Some(timestamp(link.expire_time)),
    }
}
