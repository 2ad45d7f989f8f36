//! `StaffService`.

use comitia_platform::ApiError;
use comitia_platform::auth::{Context, Role};
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::staff_service_server::StaffService;
use comitia_proto::identity::v1::{
    CreateStaffMemberRequest, CreateStaffMemberResponse, DeleteStaffMemberRequest, DeleteStaffMemberResponse,
    GetOwnStaffMemberRequest, GetOwnStaffMemberResponse, GetStaffSignInRequest, GetStaffSignInResponse,
    ListStaffMembersRequest, ListStaffMembersResponse, ResetPasskeysRequest, ResetPasskeysResponse,
    UpdateStaffMemberRequest, UpdateStaffMemberResponse, UpdateStaffSignInRequest, UpdateStaffSignInResponse,
};
use tonic::{Request, Response, Status};

use crate::app::passkeys::owned;
use crate::app::staff;
use crate::domain::{email, roles};
use crate::grpc::Api;

fn staff_roles(numbers: &[i32]) -> Result<Vec<Role>, ApiError> {
    roles::staff(numbers).ok_or_else(|| {
        ApiError::invalid_field(
            "roles",
            "must be one or several of ROLE_ADMINISTRATOR, ROLE_MODERATOR, ROLE_BUDGET_OFFICER, ROLE_AUDITOR",
        )
    })
}

#[tonic::async_trait]
impl StaffService for Api {
    async fn create_staff_member(
        &self,
        request: Request<CreateStaffMemberRequest>,
    ) -> Result<Response<CreateStaffMemberResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks
            .require(email::is_email(&email::clean(&message.email)), "email", "must be an e-mail address")
            .text("display_name", &message.display_name, 1, 200);
        checks.finish()?;
        let given = staff_roles(&message.roles)?;
        Ok(Response::new(staff::create(&self.app, organization, caller, &message, &given).await?))
    }

    async fn list_staff_members(
        &self,
        request: Request<ListStaffMembersRequest>,
    ) -> Result<Response<ListStaffMembersResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        Ok(Response::new(staff::list(&self.app, organization, message.page_size, &message.page_token).await?))
    }

    async fn get_own_staff_member(
        &self,
        request: Request<GetOwnStaffMemberRequest>,
    ) -> Result<Response<GetOwnStaffMemberResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let staff_member = Some(staff::own(&self.app, organization, caller).await?);
        Ok(Response::new(GetOwnStaffMemberResponse { staff_member }))
    }

    async fn update_staff_member(
        &self,
        request: Request<UpdateStaffMemberRequest>,
    ) -> Result<Response<UpdateStaffMemberResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let id = validate::uuid("staff_member_id", &message.staff_member_id)?;
        let member = staff::set_roles(&self.app, organization, id, &staff_roles(&message.roles)?).await?;
        Ok(Response::new(UpdateStaffMemberResponse { staff_member: Some(member) }))
    }

    async fn delete_staff_member(
        &self,
        request: Request<DeleteStaffMemberRequest>,
    ) -> Result<Response<DeleteStaffMemberResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let id = validate::uuid("staff_member_id", &request.into_inner().staff_member_id)?;
        staff::delete(&self.app, organization, id).await?;
        Ok(Response::new(DeleteStaffMemberResponse {}))
    }

    async fn reset_passkeys(
        &self,
        request: Request<ResetPasskeysRequest>,
    ) -> Result<Response<ResetPasskeysResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let id = validate::uuid("staff_member_id", &request.into_inner().staff_member_id)?;
        owned::reset(&self.app, call, id).await?;
        Ok(Response::new(ResetPasskeysResponse {}))
    }

    async fn get_staff_sign_in(
        &self,
        request: Request<GetStaffSignInRequest>,
    ) -> Result<Response<GetStaffSignInResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let staff_sign_in = Some(owned::rules(&self.app, organization).await?);
        Ok(Response::new(GetStaffSignInResponse { staff_sign_in }))
    }

    async fn update_staff_sign_in(
        &self,
        request: Request<UpdateStaffSignInRequest>,
    ) -> Result<Response<UpdateStaffSignInResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let required = request.into_inner().second_factor_required;
        let staff_sign_in = Some(owned::set_rules(&self.app, call, required).await?);
        Ok(Response::new(UpdateStaffSignInResponse { staff_sign_in }))
    }
}
