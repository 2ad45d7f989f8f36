//! A server that stands in for spaces and identity.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use comitia_core::task;
use comitia_platform::auth::{ORGANIZATION_HEADER, preview_digest};
use comitia_platform::{ApiError, validate};
use comitia_proto::identity::v1 as identity;
use comitia_proto::identity::v1::participant_service_server::{ParticipantService, ParticipantServiceServer};
use comitia_proto::identity::v1::session_service_server::{SessionService, SessionServiceServer};
use comitia_proto::spaces::v1 as spaces;
use comitia_proto::spaces::v1::area_service_server::{AreaService, AreaServiceServer};
use comitia_proto::spaces::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use comitia_proto::spaces::v1::preview_service_server::{PreviewService, PreviewServiceServer};
use comitia_proto::spaces::v1::process_service_server::{ProcessService, ProcessServiceServer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

pub const SERVICE_KEY: &str = "the key that services share in these tests";
const TOKEN: &str = "token of proposals";

/// Knows processes by organization and id, and counts the questions.
#[derive(Clone, Default)]
pub struct Double {
    processes: Arc<Mutex<HashMap<(String, String), spaces::Process>>>,
    questions: Arc<AtomicUsize>,
    /// Authors by pseudonym and association.
    authors: Arc<Mutex<HashMap<(String, String), identity::GetAuthorResponse>>>,
    languages: Arc<Mutex<Vec<String>>>,
}

/// The areas that every organization has here.
const AREAS: [&str; 3] = ["baluty", "widzew", "polesie"];

impl Double {
    /// Starts it and gives its address.
    pub async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(ProcessServiceServer::new(self.clone()))
            .add_service(PreviewServiceServer::new(self.clone()))
            .add_service(OrganizationServiceServer::new(self.clone()))
            .add_service(AreaServiceServer::new(self.clone()))
            .add_service(SessionServiceServer::new(self.clone()))
            .add_service(ParticipantServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        task::spawn("double", async move { server.await.unwrap() });
        address
    }

    pub fn put(&self, organization: uuid::Uuid, process: spaces::Process) {
        let key = (organization.to_string(), process.process_id.clone());
        self.processes.lock().unwrap().insert(key, process);
    }

    pub fn name(&self, author: &str, association: &str, answer: identity::GetAuthorResponse) {
        self.authors.lock().unwrap().insert((author.to_owned(), association.to_owned()), answer);
    }

    /// The languages of every organization from now on.
    pub fn speak(&self, languages: &[&str]) {
        *self.languages.lock().unwrap() = languages.iter().map(|&language| language.to_owned()).collect();
    }

    pub fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

#[tonic::async_trait]
impl ProcessService for Double {
    async fn get_process(
        &self,
        request: Request<spaces::GetProcessRequest>,
    ) -> Result<Response<spaces::GetProcessResponse>, Status> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        is_service(&request)?;
        let text = |name: &str| request.metadata().get(name).and_then(|value| value.to_str().ok());
        let organization = text(ORGANIZATION_HEADER).unwrap_or_default().to_owned();
        let key = (organization, request.into_inner().process_id);
        match self.processes.lock().unwrap().get(&key) {
            Some(process) => Ok(Response::new(spaces::GetProcessResponse { process: Some(process.clone()) })),
            None => Err(ApiError::not_found("process").into()),
        }
    }

    async fn create_process(
        &self,
        _: Request<spaces::CreateProcessRequest>,
    ) -> Result<Response<spaces::CreateProcessResponse>, Status> {
        Err(not_asked())
    }

    async fn list_processes(
        &self,
        _: Request<spaces::ListProcessesRequest>,
    ) -> Result<Response<spaces::ListProcessesResponse>, Status> {
        Err(not_asked())
    }

    async fn update_process(
        &self,
        _: Request<spaces::UpdateProcessRequest>,
    ) -> Result<Response<spaces::UpdateProcessResponse>, Status> {
        Err(not_asked())
    }

    async fn publish_process(
        &self,
        _: Request<spaces::PublishProcessRequest>,
    ) -> Result<Response<spaces::PublishProcessResponse>, Status> {
        Err(not_asked())
    }

    async fn hold_vote_phase(
        &self,
        _: Request<spaces::HoldVotePhaseRequest>,
    ) -> Result<Response<spaces::HoldVotePhaseResponse>, Status> {
        Err(not_asked())
    }

    async fn release_vote_phase(
        &self,
        _: Request<spaces::ReleaseVotePhaseRequest>,
    ) -> Result<Response<spaces::ReleaseVotePhaseResponse>, Status> {
        Err(not_asked())
    }

    async fn create_component(
        &self,
        _: Request<spaces::CreateComponentRequest>,
    ) -> Result<Response<spaces::CreateComponentResponse>, Status> {
        Err(not_asked())
    }

    async fn delete_component(
        &self,
        _: Request<spaces::DeleteComponentRequest>,
    ) -> Result<Response<spaces::DeleteComponentResponse>, Status> {
        Err(not_asked())
    }
}

/// The code that shows every process before it is published.
pub const PREVIEW_CODE: &str = "the code of the preview";

#[tonic::async_trait]
impl PreviewService for Double {
    async fn check_preview(
        &self,
        request: Request<spaces::CheckPreviewRequest>,
    ) -> Result<Response<spaces::CheckPreviewResponse>, Status> {
        is_service(&request)?;
        let shown = request.get_ref().code_digest == preview_digest(PREVIEW_CODE);
        Ok(Response::new(spaces::CheckPreviewResponse { shown }))
    }

    async fn open_preview(
        &self,
        _: Request<spaces::OpenPreviewRequest>,
    ) -> Result<Response<spaces::OpenPreviewResponse>, Status> {
        Err(not_asked())
    }

    async fn create_preview_link(
        &self,
        _: Request<spaces::CreatePreviewLinkRequest>,
    ) -> Result<Response<spaces::CreatePreviewLinkResponse>, Status> {
        Err(not_asked())
    }

    async fn list_preview_links(
        &self,
        _: Request<spaces::ListPreviewLinksRequest>,
    ) -> Result<Response<spaces::ListPreviewLinksResponse>, Status> {
        Err(not_asked())
    }

    async fn revoke_preview_link(
        &self,
        _: Request<spaces::RevokePreviewLinkRequest>,
    ) -> Result<Response<spaces::RevokePreviewLinkResponse>, Status> {
        Err(not_asked())
    }
}

#[tonic::async_trait]
impl OrganizationService for Double {
    async fn get_organization(
        &self,
        request: Request<spaces::GetOrganizationRequest>,
    ) -> Result<Response<spaces::GetOrganizationResponse>, Status> {
        is_service(&request)?;
        let languages = self.languages.lock().unwrap().clone();
        let organization = Some(spaces::Organization { languages, ..Default::default() });
        Ok(Response::new(spaces::GetOrganizationResponse { organization }))
    }

    async fn create_organization(
        &self,
        _: Request<spaces::CreateOrganizationRequest>,
    ) -> Result<Response<spaces::CreateOrganizationResponse>, Status> {
        Err(not_asked())
    }

    async fn update_organization(
        &self,
        _: Request<spaces::UpdateOrganizationRequest>,
    ) -> Result<Response<spaces::UpdateOrganizationResponse>, Status> {
        Err(not_asked())
    }

    async fn update_host_names(
        &self,
        _: Request<spaces::UpdateHostNamesRequest>,
    ) -> Result<Response<spaces::UpdateHostNamesResponse>, Status> {
        Err(not_asked())
    }

    async fn resolve_organization(
        &self,
        _: Request<spaces::ResolveOrganizationRequest>,
    ) -> Result<Response<spaces::ResolveOrganizationResponse>, Status> {
        Err(not_asked())
    }
}

#[tonic::async_trait]
impl AreaService for Double {
    async fn list_areas(
        &self,
        request: Request<spaces::ListAreasRequest>,
    ) -> Result<Response<spaces::ListAreasResponse>, Status> {
        is_service(&request)?;
        // One a page, so that there are several.
        let page: usize = request.get_ref().page_token.parse().unwrap_or(0);
        let next_page_token = if page + 1 < AREAS.len() { (page + 1).to_string() } else { String::new() };
        let area = spaces::Area { code: AREAS[page].to_owned(), ..Default::default() };
        Ok(Response::new(spaces::ListAreasResponse { areas: vec![area], next_page_token }))
    }

    async fn create_area(
        &self,
        _: Request<spaces::CreateAreaRequest>,
    ) -> Result<Response<spaces::CreateAreaResponse>, Status> {
        Err(not_asked())
    }

    async fn batch_create_areas(
        &self,
        _: Request<spaces::BatchCreateAreasRequest>,
    ) -> Result<Response<spaces::BatchCreateAreasResponse>, Status> {
        Err(not_asked())
    }

    async fn draw_areas(
        &self,
        _: Request<spaces::DrawAreasRequest>,
    ) -> Result<Response<spaces::DrawAreasResponse>, Status> {
        Err(not_asked())
    }

    async fn list_area_outlines(
        &self,
        _: Request<spaces::ListAreaOutlinesRequest>,
    ) -> Result<Response<spaces::ListAreaOutlinesResponse>, Status> {
        Err(not_asked())
    }

    async fn update_area(
        &self,
        _: Request<spaces::UpdateAreaRequest>,
    ) -> Result<Response<spaces::UpdateAreaResponse>, Status> {
        Err(not_asked())
    }

    async fn delete_area(
        &self,
        _: Request<spaces::DeleteAreaRequest>,
    ) -> Result<Response<spaces::DeleteAreaResponse>, Status> {
        Err(not_asked())
    }
}

#[tonic::async_trait]
impl SessionService for Double {
    async fn sign_in_service(
        &self,
        request: Request<identity::SignInServiceRequest>,
    ) -> Result<Response<identity::SignInServiceResponse>, Status> {
        let identity::SignInServiceRequest { service, service_key } = request.into_inner();
        if service != "proposals" || service_key != SERVICE_KEY {
            return Err(Status::unauthenticated("wrong key"));
        }
        let session = identity::Session {
            access_token: TOKEN.into(),
            access_token_expire_time: Some(validate::timestamp(
                crate::harness::start() + chrono::TimeDelta::days(999),
            )),
            ..Default::default()
        };
        Ok(Response::new(identity::SignInServiceResponse { session: Some(session) }))
    }

    async fn sign_in_with_access_code(
        &self,
        _: Request<identity::SignInWithAccessCodeRequest>,
    ) -> Result<Response<identity::SignInWithAccessCodeResponse>, Status> {
        Err(not_asked())
    }

    async fn request_email_code(
        &self,
        _: Request<identity::RequestEmailCodeRequest>,
    ) -> Result<Response<identity::RequestEmailCodeResponse>, Status> {
        Err(not_asked())
    }

    async fn sign_in_with_email_code(
        &self,
        _: Request<identity::SignInWithEmailCodeRequest>,
    ) -> Result<Response<identity::SignInWithEmailCodeResponse>, Status> {
        Err(not_asked())
    }

    async fn sign_in_operator(
        &self,
        _: Request<identity::SignInOperatorRequest>,
    ) -> Result<Response<identity::SignInOperatorResponse>, Status> {
        Err(not_asked())
    }

    async fn refresh_session(
        &self,
        _: Request<identity::RefreshSessionRequest>,
    ) -> Result<Response<identity::RefreshSessionResponse>, Status> {
        Err(not_asked())
    }

    async fn revoke_session(
        &self,
        _: Request<identity::RevokeSessionRequest>,
    ) -> Result<Response<identity::RevokeSessionResponse>, Status> {
        Err(not_asked())
    }
}

#[tonic::async_trait]
impl ParticipantService for Double {
    async fn get_author(
        &self,
        request: Request<identity::GetAuthorRequest>,
    ) -> Result<Response<identity::GetAuthorResponse>, Status> {
        is_service(&request)?;
        let identity::GetAuthorRequest { author, association_id } = request.into_inner();
        let known = self.authors.lock().unwrap().get(&(author, association_id)).cloned();
        Ok(Response::new(known.unwrap_or_default()))
    }

    async fn register(
        &self,
        _: Request<identity::RegisterRequest>,
    ) -> Result<Response<identity::RegisterResponse>, Status> {
        Err(not_asked())
    }

    async fn get_own_account(
        &self,
        _: Request<identity::GetOwnAccountRequest>,
    ) -> Result<Response<identity::GetOwnAccountResponse>, Status> {
        Err(not_asked())
    }

    async fn complete_registration(
        &self,
        _: Request<identity::CompleteRegistrationRequest>,
    ) -> Result<Response<identity::CompleteRegistrationResponse>, Status> {
        Err(not_asked())
    }

    async fn accept_terms(
        &self,
        _: Request<identity::AcceptTermsRequest>,
    ) -> Result<Response<identity::AcceptTermsResponse>, Status> {
        Err(not_asked())
    }

    async fn update_own_account(
        &self,
        _: Request<identity::UpdateOwnAccountRequest>,
    ) -> Result<Response<identity::UpdateOwnAccountResponse>, Status> {
        Err(not_asked())
    }

    async fn list_own_sessions(
        &self,
        _: Request<identity::ListOwnSessionsRequest>,
    ) -> Result<Response<identity::ListOwnSessionsResponse>, Status> {
        Err(not_asked())
    }

    async fn end_own_session(
        &self,
        _: Request<identity::EndOwnSessionRequest>,
    ) -> Result<Response<identity::EndOwnSessionResponse>, Status> {
        Err(not_asked())
    }

    async fn verify_resident(
        &self,
        _: Request<identity::VerifyResidentRequest>,
    ) -> Result<Response<identity::VerifyResidentResponse>, Status> {
        Err(not_asked())
    }

    async fn list_resident_cases(
        &self,
        _: Request<identity::ListResidentCasesRequest>,
    ) -> Result<Response<identity::ListResidentCasesResponse>, Status> {
        Err(not_asked())
    }

    async fn get_resident_case(
        &self,
        _: Request<identity::GetResidentCaseRequest>,
    ) -> Result<Response<identity::GetResidentCaseResponse>, Status> {
        Err(not_asked())
    }

    async fn resolve_resident_case(
        &self,
        _: Request<identity::ResolveResidentCaseRequest>,
    ) -> Result<Response<identity::ResolveResidentCaseResponse>, Status> {
        Err(not_asked())
    }
}

fn not_asked() -> Status {
    Status::internal("nobody asks this in these tests")
}

fn is_service<T>(request: &Request<T>) -> Result<(), Status> {
    let authorization = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
    if authorization == Some(&format!("Bearer {TOKEN}")) {
        Ok(())
    } else {
        Err(Status::unauthenticated("not a service"))
    }
}
