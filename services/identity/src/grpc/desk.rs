//! `DeskService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::desk_service_server::DeskService;
use comitia_proto::identity::v1::{
    ConfirmDeskVisitRequest, ConfirmDeskVisitResponse, CountDeskVisitsRequest, CountDeskVisitsResponse,
    IdentityDocument, ListDeskVisitsRequest, ListDeskVisitsResponse, OpenDeskVisitRequest,
    OpenDeskVisitResponse, RedeemDeskCodeRequest, RedeemDeskCodeResponse,
};
use tonic::{Request, Response, Status};

use crate::app::desk;
use crate::domain::{identifier, member_csv};
use crate::grpc::Api;

#[tonic::async_trait]
impl DeskService for Api {
    async fn open_desk_visit(
        &self,
        request: Request<OpenDeskVisitRequest>,
    ) -> Result<Response<OpenDeskVisitResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let poll_id = validate::uuid("poll_id", &message.poll_id)?;
        let mut checks = Checks::new();
        let number = identifier::clean(&message.member_number);
        checks.text("member_number", &number, 1, member_csv::MAX_MEMBER_NUMBER);
        let document = IdentityDocument::try_from(message.document);
        let said = document.is_ok_and(|document| document != IdentityDocument::Unspecified);
        checks.require(said, "document", "must say what the officer has seen");
        checks.finish()?;
        Ok(Response::new(desk::open(&self.app, organization, caller, poll_id, &message).await?))
    }

    async fn list_desk_visits(
        &self,
        request: Request<ListDeskVisitsRequest>,
    ) -> Result<Response<ListDeskVisitsResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        Ok(Response::new(desk::list(&self.app, organization, message.page_size, &message.page_token).await?))
    }

    async fn confirm_desk_visit(
        &self,
        request: Request<ConfirmDeskVisitRequest>,
    ) -> Result<Response<ConfirmDeskVisitResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let visit_id = validate::uuid("visit_id", &message.visit_id)?;
        Ok(Response::new(desk::confirm(&self.app, organization, caller, visit_id, &message).await?))
    }

    async fn redeem_desk_code(
        &self,
        request: Request<RedeemDeskCodeRequest>,
    ) -> Result<Response<RedeemDeskCodeResponse>, Status> {
        let context = Context::of(&request);
        let organization = context.organization()?;
        let message = request.get_ref();
        Ok(Response::new(
            desk::redeem(&self.app, organization, context.client_address(), &message.desk_code).await?,
        ))
    }

    async fn count_desk_visits(
        &self,
        request: Request<CountDeskVisitsRequest>,
    ) -> Result<Response<CountDeskVisitsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let poll_id = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        Ok(Response::new(desk::count(&self.app, organization, poll_id).await?))
    }
}
