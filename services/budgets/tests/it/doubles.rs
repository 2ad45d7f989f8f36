//! What identity, spaces, proposals and voting answer, in one server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::routing::any;
use chrono::{DateTime, Utc};
use comitia_platform::auth::preview_digest;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{
    CountElectorsRequest, CountElectorsResponse, DistrictElectors, GetKeySetRequest, GetKeySetResponse,
    JsonWebKey, ListRevocationsRequest, ListRevocationsResponse, Session, SignInServiceRequest,
    SignInServiceResponse,
};
use comitia_proto::proposals::v1::{GetProposalRequest, GetProposalResponse, Proposal};
use comitia_proto::spaces::v1::{
    Area, CheckPreviewRequest, CheckPreviewResponse, GetOrganizationRequest, GetOrganizationResponse,
    GetProcessRequest, GetProcessResponse, HoldVotePhaseRequest, HoldVotePhaseResponse, ListAreasRequest,
    ListAreasResponse, Organization, Phase, PhaseKind, Process, ReleaseVotePhaseRequest,
    ReleaseVotePhaseResponse,
};
use comitia_proto::voting::v1::{
    BallotGroup, CreatePollRequest, CreatePollResponse, ExtendPollRequest, ExtendPollResponse,
    GetPollRequest, GetPollResponse, Poll, PollState, StreamBallotsRequest, StreamBallotsResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;
use uuid::Uuid;

use crate::world::at;

/// How voting treats the creation of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voting {
    Well,
    Away,
    Refusing,
    /// Creates the poll, but its answer is lost.
    LosingAnswers,
    /// Refuses everything, whatever it has.
    Picky,
}

/// What the doubles know.
pub struct Doubles {
    pub organization: Uuid,
    pub process: Uuid,
    pub roll: Uuid,
    /// The members of the roll.
    pub roll_districts: Mutex<Vec<DistrictElectors>>,
    /// The areas of the organization.
    pub areas: Mutex<Vec<Area>>,
    pub key: JsonWebKey,
    pub token: String,
    pub voting: Mutex<Voting>,
    pub polls: Mutex<HashMap<String, CreatePollRequest>>,
    /// When people closed polls, by poll.
    pub closed_early: Mutex<HashMap<String, DateTime<Utc>>>,
    /// What was asked of voting, to close polls later.
    pub extended: Mutex<HashMap<String, ExtendPollRequest>>,
    /// Where each poll stands.
    pub state: Mutex<PollState>,
    pub ballots: Mutex<HashMap<String, Vec<BallotGroup>>>,
    pub proposals: Mutex<HashMap<String, Proposal>>,
    pub streams: Mutex<u32>,
    /// Whether the process is published.
    pub published: AtomicBool,
    /// The code that shows the process before it is published, if there is one.
    pub preview: Mutex<Option<String>>,
    /// The votes that hold their phase, by poll.
    pub holds: Mutex<HashMap<String, HoldVotePhaseRequest>>,
}

impl Doubles {
    pub fn set_voting(&self, voting: Voting) {
        *self.voting.lock().unwrap() = voting;
    }

    pub fn poll(&self, id: &str) -> CreatePollRequest {
        self.polls.lock().unwrap().get(id).cloned().expect("voting has the poll")
    }

    /// Serves until the test ends.
    pub async fn serve(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Routes::from(self.router());
        let server = tonic::transport::Server::builder().add_routes(routes);
        comitia_core::task::spawn("doubles", server.serve_with_incoming(TcpIncoming::from(listener)));
        address
    }

    fn router(self: &Arc<Self>) -> Router {
        let router = Router::new();
        let router = self.unary(
            router,
            "identity.v1.KeyService/GetKeySet",
            |doubles, _: Request<GetKeySetRequest>| Ok(GetKeySetResponse { keys: vec![doubles.key.clone()] }),
        );
        let router = self.unary(
            router,
            "identity.v1.RevocationService/ListRevocations",
            |_, _: Request<ListRevocationsRequest>| Ok(ListRevocationsResponse::default()),
        );
        let router = self.unary(
            router,
            "identity.v1.SessionService/SignInService",
            |doubles, request: Request<SignInServiceRequest>| {
                assert_eq!(request.get_ref().service, "budgets");
                let session = Session {
                    access_token: doubles.token.clone(),
                    access_token_expire_time: Some(timestamp(at(1_000_000))),
                    ..Default::default()
                };
                Ok(SignInServiceResponse { session: Some(session) })
            },
        );
        let router = self.electorate(router);
        let router = self.unary(
            router,
            "spaces.v1.ProcessService/GetProcess",
            |doubles, request: Request<GetProcessRequest>| {
                doubles.is_service(&request)?;
                same(&request.get_ref().process_id, doubles.process)?;
                Ok(GetProcessResponse { process: Some(doubles.process()) })
            },
        );
        let router = self.unary(
            router,
            "spaces.v1.PreviewService/CheckPreview",
            |doubles, request: Request<CheckPreviewRequest>| {
                doubles.is_service(&request)?;
                same(&request.get_ref().process_id, doubles.process)?;
                let preview = doubles.preview.lock().unwrap();
                let digest = preview.as_deref().map(preview_digest);
                let shown = digest.is_some_and(|digest| digest == request.get_ref().code_digest[..]);
                Ok(CheckPreviewResponse { shown })
            },
        );
        let router = self.phases(router);
        let router = self.unary(
            router,
            "spaces.v1.OrganizationService/GetOrganization",
            |doubles, _: Request<GetOrganizationRequest>| {
                let organization = Organization {
                    organization_id: doubles.organization.to_string(),
                    display_name: "City of Łódź".into(),
                    time_zone: "Europe/Warsaw".into(),
                    ..Default::default()
                };
                Ok(GetOrganizationResponse { organization: Some(organization) })
            },
        );
        let router = self.unary(
            router,
            "proposals.v1.ProposalService/GetProposal",
            |doubles, request: Request<GetProposalRequest>| {
                let proposals = doubles.proposals.lock().unwrap();
                let proposal = proposals.get(&request.get_ref().proposal_id).cloned();
                Ok(GetProposalResponse { proposal: Some(proposal.ok_or_else(|| missing("proposal"))?) })
            },
        );
        let router = self.unary(
            router,
            "voting.v1.PollService/CreatePoll",
            |doubles, request: Request<CreatePollRequest>| {
                doubles.is_service(&request)?;
                doubles.create_poll(request.into_inner())
            },
        );
        let router = self.unary(
            router,
            "voting.v1.PollService/GetPoll",
            |doubles, request: Request<GetPollRequest>| {
                let poll_id = request.into_inner().poll_id;
                let known = doubles.polls.lock().unwrap().get(&poll_id).cloned();
                let scheduled = known.ok_or_else(|| missing("poll"))?.close_time;
                let early = doubles.closed_early.lock().unwrap().get(&poll_id).copied();
                let longer =
                    doubles.extended.lock().unwrap().get(&poll_id).and_then(|asked| asked.close_time);
                let close_time = early.map(timestamp).or(longer).or(scheduled);
                let state = (*doubles.state.lock().unwrap()).into();
                Ok(GetPollResponse { poll: Some(Poll { poll_id, state, close_time, ..Default::default() }) })
            },
        );
        let router = self.unary(
            router,
            "voting.v1.PollService/ExtendPoll",
            |doubles, request: Request<ExtendPollRequest>| {
                doubles.is_service(&request)?;
                match *doubles.voting.lock().unwrap() {
                    Voting::Away => return Err(Status::unavailable("away")),
                    Voting::Picky => {
                        return Err(ApiError::precondition(Reason::PollStateInvalid, "too late").into());
                    }
                    Voting::Well | Voting::Refusing | Voting::LosingAnswers => {}
                }
                let asked = request.into_inner();
                doubles.extended.lock().unwrap().insert(asked.poll_id.clone(), asked);
                Ok(ExtendPollResponse::default())
            },
        );
        self.stream_ballots(router)
    }

    fn electorate(self: &Arc<Self>, router: Router) -> Router {
        let router = self.unary(
            router,
            "identity.v1.RollService/CountElectors",
            |doubles, request: Request<CountElectorsRequest>| {
                doubles.is_service(&request)?;
                same(&request.get_ref().roll_id, doubles.roll)?;
                let voting = request.into_inner().districts;
                let mut districts = doubles.roll_districts.lock().unwrap().clone();
                for district in &mut districts {
                    if !voting.is_empty() && !voting.contains(&district.district) {
                        district.elector_count = 0;
                    }
                }
                Ok(CountElectorsResponse { districts })
            },
        );
        self.unary(
            router,
            "spaces.v1.AreaService/ListAreas",
            |doubles, request: Request<ListAreasRequest>| {
                doubles.is_service(&request)?;
                // One a page, so that there are several.
                let areas = doubles.areas.lock().unwrap();
                let page: usize = request.get_ref().page_token.parse().unwrap_or(0);
                let next = if page + 1 < areas.len() { (page + 1).to_string() } else { String::new() };
                let areas = areas.get(page).cloned().into_iter().collect();
                Ok(ListAreasResponse { areas, next_page_token: next })
            },
        )
    }

    fn phases(self: &Arc<Self>, router: Router) -> Router {
        let router = self.unary(
            router,
            "spaces.v1.ProcessService/HoldVotePhase",
            |doubles, request: Request<HoldVotePhaseRequest>| {
                doubles.is_service(&request)?;
                same(&request.get_ref().process_id, doubles.process)?;
                if !doubles.published.load(Ordering::SeqCst) {
                    let error = ApiError::precondition(Reason::ProcessNotPublished, "not published");
                    return Err(error.with_violation("process_id", "must be published").into());
                }
                let vote = request.into_inner();
                doubles.holds.lock().unwrap().insert(vote.poll_id.clone(), vote);
                Ok(HoldVotePhaseResponse {})
            },
        );
        self.unary(
            router,
            "spaces.v1.ProcessService/ReleaseVotePhase",
            |doubles, request: Request<ReleaseVotePhaseRequest>| {
                doubles.is_service(&request)?;
                doubles.holds.lock().unwrap().remove(&request.get_ref().poll_id);
                Ok(ReleaseVotePhaseResponse {})
            },
        )
    }

    fn process(&self) -> Process {
        let phase = |kind: PhaseKind, start, end| Phase {
            kind: kind.into(),
            start_time: Some(timestamp(at(start))),
            end_time: Some(timestamp(at(end))),
            ..Default::default()
        };
        Process {
            process_id: self.process.to_string(),
            published: self.published.load(Ordering::SeqCst),
            phases: vec![phase(PhaseKind::Submission, 0, 24), phase(PhaseKind::Vote, 24, 240)],
            ..Default::default()
        }
    }

    fn create_poll(&self, poll: CreatePollRequest) -> Result<CreatePollResponse, Status> {
        let voting = *self.voting.lock().unwrap();
        let refusal = ApiError::invalid_field("specification.max_choices", "is not to voting's liking");
        match voting {
            Voting::Away => return Err(Status::unavailable("away")),
            Voting::Refusing | Voting::Picky => return Err(refusal.into()),
            Voting::Well | Voting::LosingAnswers => {}
        }
        let mut polls = self.polls.lock().unwrap();
        let before = polls.insert(poll.poll_id.clone(), poll.clone());
        assert!(before.is_none_or(|before| before == poll), "the poll changed between two attempts");
        if voting == Voting::LosingAnswers {
            return Err(Status::unavailable("the answer is lost"));
        }
        Ok(CreatePollResponse { poll: Some(Poll { poll_id: poll.poll_id, ..Default::default() }) })
    }

    fn stream_ballots(self: &Arc<Self>, router: Router) -> Router {
        let doubles = self.clone();
        router.route(
            "/comitia.voting.v1.BallotService/StreamBallots",
            any(move |request: HttpRequest| {
                let doubles = doubles.clone();
                let stream = service_fn(move |request: Request<StreamBallotsRequest>| {
                    let answer = doubles.ballots_of(&request);
                    async move { answer.map(|parts| Response::new(tokio_stream::iter(parts))) }
                });
                async move {
                    let codec = ProstCodec::<StreamBallotsResponse, StreamBallotsRequest>::default();
                    Grpc::new(codec).server_streaming(stream, request).await
                }
            }),
        )
    }

    fn ballots_of(
        &self,
        request: &Request<StreamBallotsRequest>,
    ) -> Result<Vec<Result<StreamBallotsResponse, Status>>, Status> {
        self.is_service(request)?;
        *self.streams.lock().unwrap() += 1;
        if *self.voting.lock().unwrap() == Voting::Away {
            return Err(Status::unavailable("away"));
        }
        let ballots = self.ballots.lock().unwrap();
        let groups = ballots.get(&request.get_ref().poll_id).ok_or_else(|| missing("poll"))?;
        Ok(groups.chunks(2).map(|part| Ok(StreamBallotsResponse { groups: part.to_vec() })).collect())
    }

    /// A call of this service, in the organization.
    fn is_service<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let text = |key: &str| request.metadata().get(key).and_then(|value| value.to_str().ok());
        assert_eq!(text("authorization"), Some(format!("Bearer {}", self.token).as_str()));
        // Other tenants have no resources here.
        let own = text("comitia-organization") == Some(self.organization.to_string().as_str());
        if own { Ok(()) } else { Err(missing("resource")) }
    }

    fn unary<Q, A>(
        self: &Arc<Self>,
        router: Router,
        method: &str,
        answer: fn(&Self, Request<Q>) -> Result<A, Status>,
    ) -> Router
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        let doubles = self.clone();
        router.route(
            &format!("/comitia.{method}"),
            any(move |request: HttpRequest| {
                let doubles = doubles.clone();
                let service = service_fn(move |request: Request<Q>| {
                    let result = answer(&doubles, request);
                    async move { result.map(Response::new) }
                });
                async move { Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await }
            }),
        )
    }
}

fn same(id: &str, known: Uuid) -> Result<(), Status> {
    if id == known.to_string() { Ok(()) } else { Err(missing("resource")) }
}

fn missing(what: &str) -> Status {
    let error = ApiError::not_found(what);
    assert_eq!(error.reason, Reason::ResourceNotFound);
    error.into()
}
