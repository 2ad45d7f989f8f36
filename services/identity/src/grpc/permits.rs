//! `PermitService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::permit_service_server::PermitService;
use comitia_proto::identity::v1::{
    IssueOpenPermitRequest, IssueOpenPermitResponse, IssuePaperPermitsRequest, IssuePaperPermitsResponse,
    IssuePermitRequest, IssuePermitResponse,
};
use tonic::{Request, Response, Status};

use crate::app::{permits, providers};
use crate::grpc::Api;

/// The most paper permits of one request.
const MAX_PAPER_PERMITS: usize = 1_000;
/// The characters of a browser session's secret.
const BROWSER_SECRET: usize = 43;

#[tonic::async_trait]
impl PermitService for Api {
    async fn issue_permit(
        &self,
        request: Request<IssuePermitRequest>,
    ) -> Result<Response<IssuePermitResponse>, Status> {
        let context = Context::of(&request);
        let poll_id = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        let issued =
            permits::issue(&self.app, context.organization()?, context.signed_in()?, poll_id).await?;
        Ok(Response::new(IssuePermitResponse {
            permit: issued.permit,
            expire_time: Some(validate::timestamp(issued.expire_time)),
            district: issued.district,
        }))
    }

    async fn issue_open_permit(
        &self,
        request: Request<IssueOpenPermitRequest>,
    ) -> Result<Response<IssueOpenPermitResponse>, Status> {
        let context = Context::of(&request);
        let organization = context.organization()?;
        let message = request.get_ref();
        let poll_id = validate::uuid("poll_id", &message.poll_id)?;
        let secret = message.browser_secret.as_str();
        let mut checks = Checks::new();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        checks.require(
            secret.len() == BROWSER_SECRET && secret.chars().all(fits),
            "browser_secret",
            "must be 256 random bits in base64url",
        );
        checks.finish()?;
        let issued =
            providers::issue_open(&self.app, organization, context.client_address(), poll_id, secret).await?;
        Ok(Response::new(IssueOpenPermitResponse {
            permit: issued.permit,
            expire_time: Some(validate::timestamp(issued.expire_time)),
        }))
    }

    async fn issue_paper_permits(
        &self,
        request: Request<IssuePaperPermitsRequest>,
    ) -> Result<Response<IssuePaperPermitsResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let poll_id = validate::uuid("poll_id", &message.poll_id)?;
        let mut checks = Checks::new();
        checks.require(
            (1..=MAX_PAPER_PERMITS).contains(&message.member_numbers.len()),
            "member_numbers",
            format!("must have 1 to {MAX_PAPER_PERMITS} items"),
        );
        checks.finish()?;
        let permits = permits::issue_paper(
            &self.app,
            self.organization(&context).await?,
            context.signed_in()?,
            poll_id,
            &message.member_numbers,
        )
        .await?;
        Ok(Response::new(IssuePaperPermitsResponse { permits }))
    }
}
