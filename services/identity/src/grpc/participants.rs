//! `ParticipantService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::participant_service_server::ParticipantService;
use comitia_proto::identity::v1::{
    AcceptTermsRequest, AcceptTermsResponse, CaseDecision, CompleteRegistrationRequest,
    CompleteRegistrationResponse, EndOwnSessionRequest, EndOwnSessionResponse, GetAuthorRequest,
    GetAuthorResponse, GetOwnAccountRequest, GetOwnAccountResponse, GetResidentCaseRequest,
    GetResidentCaseResponse, ListOwnSessionsRequest, ListOwnSessionsResponse, ListResidentCasesRequest,
    ListResidentCasesResponse, RegisterRequest, RegisterResponse, ResolveResidentCaseRequest,
    ResolveResidentCaseResponse, UpdateOwnAccountRequest, UpdateOwnAccountResponse, VerifyResidentRequest,
    VerifyResidentResponse,
};
use tonic::{Request, Response, Status};

use crate::app::participants::{self, Change, own_sessions, residents};
use crate::domain::identifier;
use crate::grpc::Api;

/// What can be changed of an account, as the mask names it.
const CHANGEABLE: [&str; 2] = ["display_name", "language"];

#[tonic::async_trait]
impl ParticipantService for Api {
    async fn register(
        &self,
        request: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let context = Context::of(&request);
        let (organization, address) = (context.organization()?, context.client_address());
        let session = participants::register(&self.app, organization, address, request.get_ref()).await?;
        Ok(Response::new(RegisterResponse { session: Some(session) }))
    }

    async fn get_own_account(
        &self,
        request: Request<GetOwnAccountRequest>,
    ) -> Result<Response<GetOwnAccountResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let account = participants::get(&self.app, organization, context.signed_in()?).await?;
        Ok(Response::new(GetOwnAccountResponse { account: Some(account) }))
    }

    async fn complete_registration(
        &self,
        request: Request<CompleteRegistrationRequest>,
    ) -> Result<Response<CompleteRegistrationResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let caller = context.signed_in()?;
        let account = participants::complete(&self.app, organization, caller, request.get_ref()).await?;
        Ok(Response::new(CompleteRegistrationResponse { account: Some(account) }))
    }

    async fn accept_terms(
        &self,
        request: Request<AcceptTermsRequest>,
    ) -> Result<Response<AcceptTermsResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let version = request.get_ref().accepted_terms_version;
        let account = participants::accept(&self.app, organization, context.signed_in()?, version).await?;
        Ok(Response::new(AcceptTermsResponse { account: Some(account) }))
    }

    async fn update_own_account(
        &self,
        request: Request<UpdateOwnAccountRequest>,
    ) -> Result<Response<UpdateOwnAccountResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let change = decode_change(request.get_ref())?;
        let account = participants::update(&self.app, organization, context.signed_in()?, change).await?;
        Ok(Response::new(UpdateOwnAccountResponse { account: Some(account) }))
    }

    async fn list_own_sessions(
        &self,
        request: Request<ListOwnSessionsRequest>,
    ) -> Result<Response<ListOwnSessionsResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let sessions = own_sessions::list(&self.app, organization, context.signed_in()?).await?;
        Ok(Response::new(ListOwnSessionsResponse { sessions }))
    }

    async fn end_own_session(
        &self,
        request: Request<EndOwnSessionRequest>,
    ) -> Result<Response<EndOwnSessionResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let session = validate::uuid("session_id", &request.get_ref().session_id)?;
        own_sessions::end(&self.app, organization, context.signed_in()?, session).await?;
        Ok(Response::new(EndOwnSessionResponse {}))
    }

    async fn verify_resident(
        &self,
        request: Request<VerifyResidentRequest>,
    ) -> Result<Response<VerifyResidentResponse>, Status> {
        let context = Context::of(&request);
        let message = request.get_ref();
        let mut checks = Checks::new();
        let least = usize::from(!message.access_code.is_empty());
        checks.text("member_number", &identifier::clean(&message.member_number), least, 64);
        checks.finish()?;
        let organization = self.organization(&context).await?;
        let (caller, address) = (context.signed_in()?, context.client_address());
        let answer = residents::verify(&self.app, organization, caller, address, message).await?;
        Ok(Response::new(answer))
    }

    async fn list_resident_cases(
        &self,
        request: Request<ListResidentCasesRequest>,
    ) -> Result<Response<ListResidentCasesResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let ListResidentCasesRequest { page_size, page_token, show_resolved } = request.into_inner();
        let answer = residents::list(&self.app, organization, page_size, &page_token, show_resolved).await?;
        Ok(Response::new(answer))
    }

    async fn get_resident_case(
        &self,
        request: Request<GetResidentCaseRequest>,
    ) -> Result<Response<GetResidentCaseResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let case_id = validate::uuid("case_id", &request.get_ref().case_id)?;
        let case = residents::get(&self.app, organization, case_id).await?;
        Ok(Response::new(GetResidentCaseResponse { case: Some(case) }))
    }

    async fn resolve_resident_case(
        &self,
        request: Request<ResolveResidentCaseRequest>,
    ) -> Result<Response<ResolveResidentCaseResponse>, Status> {
        let context = Context::of(&request);
        let message = request.get_ref();
        let case_id = validate::uuid("case_id", &message.case_id)?;
        let decision = message.decision();
        if decision == CaseDecision::Unspecified {
            return Err(ApiError::invalid_field("decision", "must be KEEP or MOVE").into());
        }
        let organization = self.organization(&context).await?;
        let caller = context.signed_in()?;
        let case = residents::resolve(&self.app, organization, caller, case_id, decision).await?;
        Ok(Response::new(ResolveResidentCaseResponse { case: Some(case) }))
    }

    async fn get_author(
        &self,
        request: Request<GetAuthorRequest>,
    ) -> Result<Response<GetAuthorResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.get_ref();
        let association = validate::optional_uuid("association_id", &message.association_id)?;
        let answer = participants::author(&self.app, organization, &message.author, association).await?;
        Ok(Response::new(answer))
    }
}

/// What an update changes: what the mask names, or what is set.
fn decode_change(message: &UpdateOwnAccountRequest) -> Result<Change, ApiError> {
    let given =
        message.account.as_ref().ok_or_else(|| ApiError::invalid_field("account", "must be given"))?;
    let paths = message.update_mask.as_ref().map(|mask| mask.paths.as_slice()).unwrap_or_default();
    let mut checks = Checks::new();
    let known = |path: &String| path == "*" || CHANGEABLE.contains(&path.as_str());
    checks.require(
        paths.iter().all(known),
        "update_mask",
        format!("may name {} alone", CHANGEABLE.join(" and ")),
    );
    checks.finish()?;
    let wanted = |name: &str, value: &String| {
        let named = paths.iter().any(|path| path == "*" || path == name);
        (named || (paths.is_empty() && !value.is_empty())).then(|| value.clone())
    };
    Ok(Change {
        display_name: wanted(CHANGEABLE[0], &given.display_name),
        language: wanted(CHANGEABLE[1], &given.language),
    })
}
