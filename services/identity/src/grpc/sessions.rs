//! `SessionService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::Checks;
use comitia_proto::identity::v1::session_service_server::SessionService;
use comitia_proto::identity::v1::{
    RefreshSessionRequest, RefreshSessionResponse, RequestEmailCodeRequest, RequestEmailCodeResponse,
    RevokeSessionRequest, RevokeSessionResponse, SignInOperatorRequest, SignInOperatorResponse,
    SignInServiceRequest, SignInServiceResponse, SignInWithAccessCodeRequest, SignInWithAccessCodeResponse,
    SignInWithEmailCodeRequest, SignInWithEmailCodeResponse,
};
use tonic::{Request, Response, Status};

use crate::app::email_codes::{self, Purpose, Whose};
use crate::app::{participants, sessions};
use crate::domain::identifier;
use crate::grpc::Api;

#[tonic::async_trait]
impl SessionService for Api {
    async fn sign_in_with_access_code(
        &self,
        request: Request<SignInWithAccessCodeRequest>,
    ) -> Result<Response<SignInWithAccessCodeResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("member_number", &identifier::clean(&message.member_number), 1, 64);
        checks.finish()?;
        let session = sessions::sign_in_with_access_code(
            &self.app,
            context.organization()?,
            context.client_address(),
            &message.member_number,
            &message.access_code,
        )
        .await?;
        Ok(Response::new(SignInWithAccessCodeResponse { session: Some(session) }))
    }

    async fn request_email_code(
        &self,
        request: Request<RequestEmailCodeRequest>,
    ) -> Result<Response<RequestEmailCodeResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let (organization, address) = (context.organization()?, context.client_address());
        let purpose = Purpose { register: message.register, language: &message.language };
        email_codes::request_for(&self.app, organization, address, &message.email, purpose).await?;
        Ok(Response::new(RequestEmailCodeResponse {}))
    }

    async fn sign_in_with_email_code(
        &self,
        request: Request<SignInWithEmailCodeRequest>,
    ) -> Result<Response<SignInWithEmailCodeResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("member_number", &identifier::clean(&message.member_number), 0, 64);
        checks.finish()?;
        let session = email_codes::sign_in_as(
            &self.app,
            context.organization()?,
            context.client_address(),
            &message.email,
            &message.code,
            Whose {
                member_number: &message.member_number,
                as_member: message.as_member,
                device: participants::device(message.device.as_ref()),
            },
        )
        .await?;
        Ok(Response::new(SignInWithEmailCodeResponse { session: Some(session) }))
    }

    async fn sign_in_operator(
        &self,
        request: Request<SignInOperatorRequest>,
    ) -> Result<Response<SignInOperatorResponse>, Status> {
        let context = Context::of(&request);
        let message = request.into_inner();
        let organization = if message.as_administrator { Some(context.organization()?) } else { None };
        let session = sessions::sign_in_operator(
            &self.app,
            organization,
            context.client_address(),
            &message.operator_key,
        )
        .await?;
        Ok(Response::new(SignInOperatorResponse { session: Some(session) }))
    }

    async fn sign_in_service(
        &self,
        request: Request<SignInServiceRequest>,
    ) -> Result<Response<SignInServiceResponse>, Status> {
        let message = request.into_inner();
        let session = sessions::sign_in_service(&self.app, &message.service, &message.service_key)?;
        Ok(Response::new(SignInServiceResponse { session: Some(session) }))
    }

    async fn refresh_session(
        &self,
        request: Request<RefreshSessionRequest>,
    ) -> Result<Response<RefreshSessionResponse>, Status> {
        let context = Context::of(&request);
        let token = request.into_inner().refresh_token;
        let session = sessions::refresh(&self.app, context.organization()?, &token).await?;
        Ok(Response::new(RefreshSessionResponse { session: Some(session) }))
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        let context = Context::of(&request);
        let caller = context.signed_in()?;
        sessions::revoke(&self.app, caller).await?;
        Ok(Response::new(RevokeSessionResponse {}))
    }
}
