//! The services behind the gateway, as doubles that echo. What a call does depends on the poll's id.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_platform::error::{ErrorCode, Violation};
use comitia_platform::{ApiError, Reason, Runtime};
use comitia_proto::identity::v1::key_service_server::{KeyService, KeyServiceServer};
use comitia_proto::identity::v1::revocation_service_server::{RevocationService, RevocationServiceServer};
use comitia_proto::identity::v1::session_service_server::{SessionService, SessionServiceServer};
use comitia_proto::identity::v1::*;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentServiceServer;
use comitia_proto::spaces::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::ballot_service_server::{BallotService, BallotServiceServer};
use comitia_proto::voting::v1::poll_service_server::{PollService, PollServiceServer};
use comitia_proto::voting::v1::*;
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use tower::Service;

pub const CITY: &str = "0192f0c1-0000-7000-8000-000000000001";
pub const OTHER: &str = "0192f0c1-0000-7000-8000-000000000002";

fn signing_key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// The access token of a session that the double's key has signed.
pub fn session(organization: &str, roles: &[&str]) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(serde_json::json!({"alg": "EdDSA", "typ": "session+jwt", "kid": "k1"}));
    let claims = part(serde_json::json!({
        "iss": "comitia", "sub": "somebody", "org": organization, "sid": organization, "roles": roles,
        "iat": 1_700_000_000, "exp": 4_000_000_000_i64,
    }));
    let message = format!("{head}.{claims}");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signing_key().sign(message.as_bytes())))
}

/// All services on one port.
#[derive(Clone)]
pub struct Double {
    pub address: String,
    state: Arc<State>,
}

struct State {
    calls: Mutex<Vec<(&'static str, HeaderMap)>>,
    resolved: AtomicUsize,
    counter: AtomicUsize,
    open_streams: Arc<AtomicUsize>,
    gate: Semaphore,
    gated: Mutex<HashMap<String, usize>>,
    uploads: Mutex<Vec<(ImportMembersRequest, Vec<u8>, bool)>>,
}

/// The service of rolls, which has one method here.
#[derive(Clone)]
struct Uploads(Double);

impl tonic::server::NamedService for Uploads {
    const NAME: &'static str = "comitia.identity.v1.RollService";
}

impl Service<http::Request<Body>> for Uploads {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let double = self.0.clone();
        Box::pin(async move {
            if !request.uri().path().ends_with("/UploadMembers") {
                return Ok(Status::unimplemented("not in this test").into_http());
            }
            let codec = comitia_proto::codec::Codec::<UploadMembersResponse, UploadMembersRequest>::default();
            let take = tower::service_fn(move |request| double.clone().take(request));
            Ok(tonic::server::Grpc::new(codec).client_streaming(take, request).await)
        })
    }
}

impl Double {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let double = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new(State {
                calls: Mutex::default(),
                resolved: AtomicUsize::new(0),
                counter: AtomicUsize::new(0),
                open_streams: Arc::default(),
                gate: Semaphore::new(0),
                gated: Mutex::default(),
                uploads: Mutex::default(),
            }),
        };
        double.serve_at(listener);
        double
    }

    /// Serves all services at another address, too.
    pub fn serve_at(&self, listener: TcpListener) {
        let server = tonic::transport::Server::builder()
            .add_service(PollServiceServer::new(self.clone()))
            .add_service(BallotServiceServer::new(self.clone()))
            .add_service(OrganizationServiceServer::new(self.clone()))
            .add_service(AttachmentServiceServer::new(self.clone()))
            .add_service(SessionServiceServer::new(self.clone()))
            .add_service(KeyServiceServer::new(self.clone()))
            .add_service(RevocationServiceServer::new(self.clone()))
            .add_service(Uploads(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        comitia_core::task::spawn("double", server);
    }

    /// Serves voting as the services do; its address.
    pub async fn serve_voting(&self, runtime: Runtime) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Routes::new(PollServiceServer::new(self.clone()))
            .add_service(BallotServiceServer::new(self.clone()));
        comitia_core::task::spawn("voting", async move {
            comitia_platform::grpc::serve("voting", listener, routes, &runtime).await.unwrap();
        });
        address
    }

    /// The metadata of the calls of a method.
    pub fn calls(&self, method: &str) -> Vec<HeaderMap> {
        let calls = self.state.calls.lock().unwrap();
        calls.iter().filter(|(name, _)| *name == method).map(|(_, metadata)| metadata.clone()).collect()
    }

    /// How often spaces was asked for a host name.
    pub fn resolved(&self) -> usize {
        self.state.resolved.load(Ordering::SeqCst)
    }

    /// How many event streams are open.
    pub fn open_streams(&self) -> usize {
        self.state.open_streams.load(Ordering::SeqCst)
    }

    /// Lets calls for the poll `gated` end.
    pub fn open_gate(&self) {
        self.open_gate_for(1000);
    }

    /// Lets this many calls for the poll `gated` end.
    pub fn open_gate_for(&self, calls: usize) {
        self.state.gate.add_permits(calls);
    }

    /// How many casts of an organization wait at the gate.
    pub fn gated(&self, organization: &str) -> usize {
        self.state.gated.lock().unwrap().get(organization).copied().unwrap_or(0)
    }

    /// The files that were uploaded: what of them came, and whether it is whole.
    pub fn uploads(&self) -> Vec<(ImportMembersRequest, Vec<u8>, bool)> {
        self.state.uploads.lock().unwrap().clone()
    }

    /// Takes an upload. One into the roll `slow` is answered after 400 ms.
    async fn take(
        self,
        request: Request<Streaming<UploadMembersRequest>>,
    ) -> Result<Response<UploadMembersResponse>, Status> {
        self.note("UploadMembers", &request);
        let mut messages = request.into_inner();
        let import = messages.message().await?.and_then(|first| first.import).unwrap_or_default();
        let slow = import.roll_id == "slow";
        let place = {
            let mut uploads = self.state.uploads.lock().unwrap();
            uploads.push((import, Vec::new(), false));
            uploads.len() - 1
        };
        while let Some(piece) = messages.message().await? {
            let mut uploads = self.state.uploads.lock().unwrap();
            uploads[place].1.extend(piece.file);
            uploads[place].2 = piece.complete;
        }
        if slow {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        let answer = ImportMembersResponse { imported_count: 7, ..Default::default() };
        Ok(Response::new(UploadMembersResponse { import: Some(answer) }))
    }

    fn note<T>(&self, method: &'static str, request: &Request<T>) {
        let metadata = request.metadata().clone().into_headers();
        self.state.calls.lock().unwrap().push((method, metadata));
    }
}

fn nothing<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not in this test"))
}

fn refuse(poll: &str) -> Result<(), Status> {
    Err(match poll {
        "missing" => ApiError::not_found("poll missing").into(),
        "closed" => ApiError::precondition(Reason::PollClosed, "the poll has closed").into(),
        "busy" => {
            ApiError::exhausted(Reason::Overloaded, "too much for now", Duration::from_millis(1500)).into()
        }
        "invalid" => ApiError::new(ErrorCode::InvalidArgument, Reason::BallotInvalid, "two options at most")
            .with_violation("ballot.choices[2].option_id", "must not be there")
            .into(),
        "crowded" => {
            let faulty = |number| Violation {
                field: format!("options[{number}].title"),
                rule: "must have 1 to 200 characters and no control characters".to_owned(),
            };
            ApiError::invalid((0..3_000).map(faulty).collect()).into()
        }
        "defect" => Status::internal("relation voting.ballots does not exist"),
        "foreign" => {
            ApiError::new(ErrorCode::Unauthenticated, Reason::SessionExpired, "the session has expired")
                .into()
        }
        _ => return Ok(()),
    })
}

type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl PollService for Double {
    type WatchTurnoutStream = BoxStream<WatchTurnoutResponse>;

    async fn create_poll(
        &self,
        request: Request<CreatePollRequest>,
    ) -> Result<Response<CreatePollResponse>, Status> {
        self.note("CreatePoll", &request);
        let CreatePollRequest { poll_id, title, open_time, eligibility, options, .. } = request.into_inner();
        let poll = Poll { poll_id, title, open_time, eligibility, options, ..Poll::default() };
        Ok(Response::new(CreatePollResponse { poll: Some(poll) }))
    }

    async fn get_poll(&self, request: Request<GetPollRequest>) -> Result<Response<GetPollResponse>, Status> {
        self.note("GetPoll", &request);
        let poll_id = request.into_inner().poll_id;
        refuse(&poll_id)?;
        let mut title = "The vote".to_owned();
        match poll_id.as_str() {
            "slow" => std::future::pending().await,
            "gated" => {
                let _ = self.state.gate.acquire().await;
            }
            "changing" => title = self.state.counter.fetch_add(1, Ordering::SeqCst).to_string(),
            "long" => title = "a".repeat(10_000),
            _ => {}
        }
        let poll = Poll { poll_id, title, state: PollState::Open.into(), ..Poll::default() };
        Ok(Response::new(GetPollResponse { poll: Some(poll) }))
    }

    async fn list_polls(
        &self,
        request: Request<ListPollsRequest>,
    ) -> Result<Response<ListPollsResponse>, Status> {
        self.note("ListPolls", &request);
        let next_page_token = format!("size {}", request.into_inner().page_size);
        Ok(Response::new(ListPollsResponse { polls: Vec::new(), next_page_token }))
    }

    async fn close_poll(&self, _: Request<ClosePollRequest>) -> Result<Response<ClosePollResponse>, Status> {
        nothing()
    }

    async fn cancel_poll(
        &self,
        _: Request<CancelPollRequest>,
    ) -> Result<Response<CancelPollResponse>, Status> {
        nothing()
    }

    async fn pause_poll(&self, _: Request<PausePollRequest>) -> Result<Response<PausePollResponse>, Status> {
        nothing()
    }

    async fn resume_poll(
        &self,
        _: Request<ResumePollRequest>,
    ) -> Result<Response<ResumePollResponse>, Status> {
        nothing()
    }

    async fn extend_poll(
        &self,
        _: Request<ExtendPollRequest>,
    ) -> Result<Response<ExtendPollResponse>, Status> {
        nothing()
    }

    async fn annul_poll(&self, _: Request<AnnulPollRequest>) -> Result<Response<AnnulPollResponse>, Status> {
        nothing()
    }

    async fn get_turnout(
        &self,
        _: Request<GetTurnoutRequest>,
    ) -> Result<Response<GetTurnoutResponse>, Status> {
        nothing()
    }

    async fn watch_turnout(
        &self,
        request: Request<WatchTurnoutRequest>,
    ) -> Result<Response<Self::WatchTurnoutStream>, Status> {
        self.note("WatchTurnout", &request);
        let poll_id = request.into_inner().poll_id;
        refuse(&poll_id)?;
        let turnout = |ballot_count| {
            let turnout = Turnout { poll_id: poll_id.clone(), ballot_count, ..Turnout::default() };
            Ok(WatchTurnoutResponse { turnout: Some(turnout) })
        };
        let first = stream::iter([turnout(1), turnout(2)]);
        let rest: BoxStream<WatchTurnoutResponse> = match poll_id.as_str() {
            "ending" => stream::empty().boxed(),
            // One replica stops and another continues.
            "moving" if self.state.counter.fetch_add(1, Ordering::SeqCst) == 0 => {
                stream::iter([Err(ApiError::unavailable("stopping").into())]).boxed()
            }
            "failing" => {
                let error = ApiError::precondition(Reason::PollClosed, "the poll has closed");
                stream::iter([Err(error.into())]).boxed()
            }
            _ => stream::pending().boxed(),
        };
        let open = OpenStream::new(&self.state.open_streams);
        let stream = first.chain(rest).map(move |message| {
            let _ = &open;
            message
        });
        Ok(Response::new(stream.boxed()))
    }
}

/// Counts an open stream until it is dropped.
struct OpenStream(Arc<AtomicUsize>);

impl OpenStream {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl BallotService for Double {
    type StreamBallotsStream = BoxStream<StreamBallotsResponse>;
    type BatchCastBallotsStream = BoxStream<BatchCastBallotsResponse>;

    async fn batch_cast_ballots(
        &self,
        request: Request<BatchCastBallotsRequest>,
    ) -> Result<Response<Self::BatchCastBallotsStream>, Status> {
        self.note("BatchCastBallots", &request);
        let head = request.metadata().clone();
        let casts = (0..).zip(request.into_inner().casts).map(|(index, cast)| {
            let (double, mut request) = (self.clone(), Request::new(cast.request.unwrap()));
            *request.metadata_mut() = head.clone();
            request.metadata_mut().insert("comitia-organization", cast.organization_id.parse().unwrap());
            async move {
                let result = match double.cast_ballot(request).await {
                    Ok(response) => batched_cast_result::Result::Response(response.into_inner()),
                    Err(status) => batched_cast_result::Result::Refusal(CastRefusal {
                        code: status.code() as i32,
                        message: status.message().to_owned(),
                        details: status.details().to_vec(),
                    }),
                };
                Ok(BatchCastBallotsResponse {
                    results: vec![BatchedCastResult { index, result: Some(result) }],
                })
            }
        });
        Ok(Response::new(Box::pin(casts.collect::<FuturesUnordered<_>>())))
    }

    async fn withdraw_signature(
        &self,
        _: Request<WithdrawSignatureRequest>,
    ) -> Result<Response<WithdrawSignatureResponse>, Status> {
        nothing()
    }

    async fn cast_ballot(
        &self,
        request: Request<CastBallotRequest>,
    ) -> Result<Response<CastBallotResponse>, Status> {
        self.note("CastBallot", &request);
        let organization = request.metadata().get("comitia-organization");
        let organization = organization.map_or("none", |id| id.to_str().unwrap()).to_owned();
        let CastBallotRequest { poll_id, permit, .. } = request.into_inner();
        refuse(&poll_id)?;
        if poll_id == "gated" {
            *self.state.gated.lock().unwrap().entry(organization.clone()).or_default() += 1;
            self.state.gate.acquire().await.unwrap().forget();
            *self.state.gated.lock().unwrap().entry(organization).or_default() -= 1;
        }
        let receipt = Receipt { poll_id, tracking_code: permit, revision: 1 };
        Ok(Response::new(CastBallotResponse { receipt: Some(receipt) }))
    }

    async fn get_receipt(
        &self,
        _: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        nothing()
    }

    async fn look_up_tracking_code(
        &self,
        _: Request<LookUpTrackingCodeRequest>,
    ) -> Result<Response<LookUpTrackingCodeResponse>, Status> {
        nothing()
    }

    async fn list_tracking_codes(
        &self,
        _: Request<ListTrackingCodesRequest>,
    ) -> Result<Response<ListTrackingCodesResponse>, Status> {
        nothing()
    }

    async fn stream_ballots(
        &self,
        _: Request<StreamBallotsRequest>,
    ) -> Result<Response<Self::StreamBallotsStream>, Status> {
        nothing()
    }
}

#[tonic::async_trait]
impl OrganizationService for Double {
    async fn create_organization(
        &self,
        request: Request<CreateOrganizationRequest>,
    ) -> Result<Response<CreateOrganizationResponse>, Status> {
        self.note("CreateOrganization", &request);
        let request = request.into_inner();
        let organization = Organization {
            organization_id: request.request_id,
            display_name: request.display_name,
            ..Organization::default()
        };
        Ok(Response::new(CreateOrganizationResponse { organization: Some(organization) }))
    }

    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        self.note("GetOrganization", &request);
        let organization_id = request
            .metadata()
            .get("comitia-organization")
            .map_or("none", |id| id.to_str().unwrap())
            .to_owned();
        let organization = Organization { organization_id, ..Organization::default() };
        Ok(Response::new(GetOrganizationResponse { organization: Some(organization) }))
    }

    async fn update_organization(
        &self,
        _: Request<UpdateOrganizationRequest>,
    ) -> Result<Response<UpdateOrganizationResponse>, Status> {
        nothing()
    }

    async fn update_host_names(
        &self,
        _: Request<UpdateHostNamesRequest>,
    ) -> Result<Response<UpdateHostNamesResponse>, Status> {
        nothing()
    }

    async fn resolve_organization(
        &self,
        request: Request<ResolveOrganizationRequest>,
    ) -> Result<Response<ResolveOrganizationResponse>, Status> {
        self.state.resolved.fetch_add(1, Ordering::SeqCst);
        let id = match request.into_inner().host_name.as_str() {
            "city.example" => CITY,
            "other.example" => OTHER,
            "new.example" if !self.calls("CreateOrganization").is_empty() => CITY,
            _ => {
                return Err(
                    ApiError::new(ErrorCode::NotFound, Reason::OrganizationUnknown, "unknown host").into()
                );
            }
        };
        let organization = Organization { organization_id: id.to_owned(), ..Organization::default() };
        Ok(Response::new(ResolveOrganizationResponse { organization: Some(organization) }))
    }
}

/// No session is revoked.
#[tonic::async_trait]
impl RevocationService for Double {
    async fn list_revocations(
        &self,
        _: Request<ListRevocationsRequest>,
    ) -> Result<Response<ListRevocationsResponse>, Status> {
        Ok(Response::new(ListRevocationsResponse::default()))
    }
}

#[tonic::async_trait]
impl KeyService for Double {
    async fn get_key_set(
        &self,
        request: Request<GetKeySetRequest>,
    ) -> Result<Response<GetKeySetResponse>, Status> {
        self.note("GetKeySet", &request);
        let x = URL_SAFE_NO_PAD.encode(signing_key().public_key().as_ref());
        let key = JsonWebKey { kty: "OKP".into(), kid: "k1".into(), x, ..JsonWebKey::default() };
        Ok(Response::new(GetKeySetResponse { keys: vec![key] }))
    }

    async fn rotate_signing_key(
        &self,
        _: Request<RotateSigningKeyRequest>,
    ) -> Result<Response<RotateSigningKeyResponse>, Status> {
        nothing()
    }
}

#[tonic::async_trait]
impl SessionService for Double {
    async fn sign_in_with_access_code(
        &self,
        request: Request<SignInWithAccessCodeRequest>,
    ) -> Result<Response<SignInWithAccessCodeResponse>, Status> {
        self.note("SignInWithAccessCode", &request);
        let session = Session { access_token: request.into_inner().member_number, ..Session::default() };
        Ok(Response::new(SignInWithAccessCodeResponse { session: Some(session) }))
    }

    async fn request_email_code(
        &self,
        _: Request<RequestEmailCodeRequest>,
    ) -> Result<Response<RequestEmailCodeResponse>, Status> {
        nothing()
    }

    async fn sign_in_with_email_code(
        &self,
        _: Request<SignInWithEmailCodeRequest>,
    ) -> Result<Response<SignInWithEmailCodeResponse>, Status> {
        nothing()
    }

    async fn sign_in_operator(
        &self,
        request: Request<SignInOperatorRequest>,
    ) -> Result<Response<SignInOperatorResponse>, Status> {
        self.note("SignInOperator", &request);
        Ok(Response::new(SignInOperatorResponse { session: Some(Session::default()) }))
    }

    async fn sign_in_service(
        &self,
        _: Request<SignInServiceRequest>,
    ) -> Result<Response<SignInServiceResponse>, Status> {
        let session = Session {
            access_token: "gateway".into(),
            access_token_expire_time: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
            ..Session::default()
        };
        Ok(Response::new(SignInServiceResponse { session: Some(session) }))
    }

    async fn refresh_session(
        &self,
        _: Request<RefreshSessionRequest>,
    ) -> Result<Response<RefreshSessionResponse>, Status> {
        nothing()
    }

    async fn revoke_session(
        &self,
        _: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        nothing()
    }
}
