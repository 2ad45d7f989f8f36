//! `AssociationService`.

use comitia_platform::auth::Context;
use comitia_platform::validate;
use comitia_proto::identity::v1::association_service_server::AssociationService;
use comitia_proto::identity::v1::{
    AddAssociationMemberRequest, AddAssociationMemberResponse, CreateAssociationRequest,
    CreateAssociationResponse, DeleteAssociationRequest, DeleteAssociationResponse,
    ListAssociationMembersRequest, ListAssociationMembersResponse, ListAssociationsRequest,
    ListAssociationsResponse, RemoveAssociationMemberRequest, RemoveAssociationMemberResponse,
    RenameAssociationRequest, RenameAssociationResponse,
};
use tonic::{Request, Response, Status};

use crate::app::participants::associations;
use crate::grpc::Api;

#[tonic::async_trait]
impl AssociationService for Api {
    async fn create_association(
        &self,
        request: Request<CreateAssociationRequest>,
    ) -> Result<Response<CreateAssociationResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let name = &request.get_ref().display_name;
        let association = Some(associations::create(&self.app, organization, name).await?);
        Ok(Response::new(CreateAssociationResponse { association }))
    }

    async fn list_associations(
        &self,
        request: Request<ListAssociationsRequest>,
    ) -> Result<Response<ListAssociationsResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let ListAssociationsRequest { page_size, page_token } = request.into_inner();
        Ok(Response::new(associations::list(&self.app, organization, page_size, &page_token).await?))
    }

    async fn rename_association(
        &self,
        request: Request<RenameAssociationRequest>,
    ) -> Result<Response<RenameAssociationResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let RenameAssociationRequest { association_id, display_name } = request.into_inner();
        let id = validate::uuid("association_id", &association_id)?;
        let association = Some(associations::rename(&self.app, organization, id, &display_name).await?);
        Ok(Response::new(RenameAssociationResponse { association }))
    }

    async fn delete_association(
        &self,
        request: Request<DeleteAssociationRequest>,
    ) -> Result<Response<DeleteAssociationResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let id = validate::uuid("association_id", &request.get_ref().association_id)?;
        associations::delete(&self.app, organization, id).await?;
        Ok(Response::new(DeleteAssociationResponse {}))
    }

    async fn add_association_member(
        &self,
        request: Request<AddAssociationMemberRequest>,
    ) -> Result<Response<AddAssociationMemberResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let AddAssociationMemberRequest { association_id, email } = request.into_inner();
        let id = validate::uuid("association_id", &association_id)?;
        associations::add_member(&self.app, organization, id, &email).await?;
        Ok(Response::new(AddAssociationMemberResponse {}))
    }

    async fn list_association_members(
        &self,
        request: Request<ListAssociationMembersRequest>,
    ) -> Result<Response<ListAssociationMembersResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let id = validate::uuid("association_id", &request.get_ref().association_id)?;
        let members = associations::members(&self.app, organization, id).await?;
        Ok(Response::new(ListAssociationMembersResponse { members }))
    }

    async fn remove_association_member(
        &self,
        request: Request<RemoveAssociationMemberRequest>,
    ) -> Result<Response<RemoveAssociationMemberResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let RemoveAssociationMemberRequest { association_id, association_member_id } = request.into_inner();
        let id = validate::uuid("association_id", &association_id)?;
        let member = validate::uuid("association_member_id", &association_member_id)?;
        associations::remove_member(&self.app, organization, id, member).await?;
        Ok(Response::new(RemoveAssociationMemberResponse {}))
    }
}
