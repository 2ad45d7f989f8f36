//! `OrganizationService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::Checks;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use comitia_proto::spaces::v1::{
    CreateOrganizationRequest, CreateOrganizationResponse, GetOrganizationRequest, GetOrganizationResponse,
    ResolveOrganizationRequest, ResolveOrganizationResponse,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Grpc, encode};
use crate::app::organizations;
use crate::domain::organization::{MAX_HOST_NAMES, host_name_faults, is_time_zone};

#[tonic::async_trait]
impl OrganizationService for Grpc {
    async fn create_organization(
        &self,
        request: Request<CreateOrganizationRequest>,
    ) -> Result<Response<CreateOrganizationResponse>, Status> {
        let context = Context::of(&request);
        let caller = context.signed_in()?;
        let mut message = request.into_inner();
        let idempotent =
            Idempotent::new(Uuid::nil(), caller, "CreateOrganization", &message.request_id, &message)?;
        if message.time_zone.is_empty() {
            "UTC".clone_into(&mut message.time_zone);
        }
        check(&message)?;
        let display_name = message.display_name.trim().to_owned();
        let answer = organizations::create(
            &self.app,
            &idempotent,
            display_name,
            message.host_names,
            message.time_zone,
        )
        .await?;
        Ok(Response::new(answer))
    }

    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let found = organizations::get(&self.app, organization).await?;
        Ok(Response::new(GetOrganizationResponse { organization: Some(encode::organization(found)) }))
    }

    async fn resolve_organization(
        &self,
        request: Request<ResolveOrganizationRequest>,
    ) -> Result<Response<ResolveOrganizationResponse>, Status> {
        let found = organizations::resolve(&self.app, &request.get_ref().host_name).await?;
        Ok(Response::new(ResolveOrganizationResponse { organization: Some(encode::organization(found)) }))
    }
}

fn check(message: &CreateOrganizationRequest) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    checks
        .text("display_name", &message.display_name, 1, 200)
        .require(
            (1..=MAX_HOST_NAMES).contains(&message.host_names.len()),
            "host_names",
            format!("must have 1 to {MAX_HOST_NAMES} names"),
        )
        .require(
            is_time_zone(&message.time_zone),
            "time_zone",
            "must be an IANA name, such as Europe/Warsaw",
        );
    for (index, fault) in host_name_faults(&message.host_names) {
        checks.require(false, format!("host_names[{index}]"), fault.rule());
    }
    checks.finish()
}
