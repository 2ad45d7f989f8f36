//! The service on a database of the test's own.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::OutboxSignal;
use comitia_core::Clock;
use comitia_platform::Runtime;
use comitia_platform::auth::Role;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::validate::timestamp;
use comitia_platform::visibility::Processes;
use comitia_proposals::app::App;
use comitia_proposals::grpc::Api;
use comitia_proposals::identity::Authors;
use comitia_proposals::spaces::Organizations;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use comitia_proto::spaces::v1::{Phase, PhaseKind, Process};
use comitia_testkit::TestDatabase;
use comitia_testkit::service::{self, called};
use sqlx::PgPool;
use tonic::{Request, Response, Status};
use uuid::Uuid;

pub use comitia_testkit::service::refusal;

use crate::double::{Double, SERVICE_KEY};

pub struct Harness {
    pub database: TestDatabase,
    pub pool: PgPool,
    pub admin: PgPool,
    pub clock: Clock,
    pub runtime: Runtime,
    pub app: App,
    pub grpc: Api,
    pub spaces: Double,
    pub city: Uuid,
    pub process: Uuid,
}

impl Harness {
    /// With a process whose submission phase is open from the start for an hour.
    pub async fn start() -> Self {
        Self::keeping(Duration::ZERO).await
    }

    /// The same; what spaces says is kept for a while.
    pub async fn keeping(keep: Duration) -> Self {
        let database = TestDatabase::create(&comitia_proposals::migrations()).await.unwrap();
        let (pool, admin) = (database.pool("proposals").unwrap(), database.admin_pool().unwrap());
        let clock = Clock::manual(start());
        let spaces = Double::default();
        let address = spaces.start().await;
        let runtime = runtime(&clock, &address);
        let client = spaces_at(&runtime, keep);
        let app = App::new(pool.clone(), clock.clone(), OutboxSignal::new(), client, authors(&runtime));
        let grpc = Api::new(app.clone());
        let city = comitia_core::id::new();
        let process = comitia_core::id::new();
        let harness = Self { database, pool, admin, clock, runtime, app, grpc, spaces, city, process };
        harness.spaces.put(city, harness.process_with(&[(0, 1, PhaseKind::Submission)]));
        harness
    }

    /// The same with another replica of the service, which has asked spaces nothing yet.
    pub fn another(mut self, keep: Duration) -> Self {
        let client = spaces_at(&self.runtime, keep);
        let authors = authors(&self.runtime);
        self.app = App::new(self.pool.clone(), self.clock.clone(), OutboxSignal::new(), client, authors);
        self.grpc = Api::new(self.app.clone());
        self
    }

    /// The published process with phases from and to these hours after the start.
    pub fn process_with(&self, phases: &[(i64, i64, PhaseKind)]) -> Process {
        Process {
            process_id: self.process.to_string(),
            published: true,
            phases: phases
                .iter()
                .map(|&(from, to, kind)| Phase {
                    kind: kind.into(),
                    start_time: Some(timestamp(start() + TimeDelta::hours(from))),
                    end_time: Some(timestamp(start() + TimeDelta::hours(to))),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        }
    }

    pub fn submission(&self) -> proto::SubmitProposalRequest {
        proto::SubmitProposalRequest {
            process_id: self.process.to_string(),
            title: "More trees".into(),
            body: "Plant lime trees along Piotrkowska street.".into(),
            ..Default::default()
        }
    }

    pub async fn submit(&self, request: proto::SubmitProposalRequest) -> Result<proto::Proposal, Status> {
        let answer = self.grpc.submit_proposal(self.ask(Role::Participant, "author", request)).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    /// A proposal that was submitted.
    pub async fn proposal(&self) -> proto::Proposal {
        self.submit(self.submission()).await.unwrap()
    }

    /// The proposal as anybody sees it.
    pub async fn get(&self, proposal: &proto::Proposal) -> Result<proto::Proposal, Status> {
        got(self.grpc.get_proposal(self.anybody(get(proposal))).await)
    }

    /// The proposal as the team sees it.
    pub async fn get_as_team(&self, proposal: &proto::Proposal) -> proto::Proposal {
        got(self.grpc.get_proposal(self.ask(Role::Moderator, "team", get(proposal))).await).unwrap()
    }

    pub async fn moderate(
        &self,
        proposal: &proto::Proposal,
        hidden: bool,
        reason: &str,
    ) -> Result<proto::Proposal, Status> {
        let request = proto::ModerateProposalRequest {
            proposal_id: proposal.proposal_id.clone(),
            hidden,
            reason: reason.into(),
        };
        let answer = self.grpc.moderate_proposal(self.ask(Role::Moderator, "team", request)).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    pub async fn answer(
        &self,
        proposal: &proto::Proposal,
        state: proto::ProposalState,
        answer: &str,
    ) -> Result<proto::Proposal, Status> {
        let request = proto::AnswerProposalRequest {
            proposal_id: proposal.proposal_id.clone(),
            state: state.into(),
            answer: answer.into(),
            estimated_cost: 120_000,
        };
        let answer = self.grpc.answer_proposal(self.ask(Role::BudgetOfficer, "team", request)).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    pub async fn rewrite(
        &self,
        author: &str,
        request: proto::UpdateProposalRequest,
    ) -> Result<proto::Proposal, Status> {
        let answer = self.grpc.update_proposal(self.ask(Role::Participant, author, request)).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    pub async fn withdraw(
        &self,
        author: &str,
        proposal: &proto::Proposal,
    ) -> Result<proto::Proposal, Status> {
        let request = proto::WithdrawProposalRequest { proposal_id: proposal.proposal_id.clone() };
        let answer = self.grpc.withdraw_proposal(self.ask(Role::Participant, author, request)).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    /// Routing key and subject of every event that was written, in this order.
    pub async fn events(&self) -> Vec<(String, String)> {
        sqlx::query_as("SELECT routing_key, subject FROM proposals.outbox ORDER BY sequence")
            .fetch_all(&self.admin)
            .await
            .unwrap()
    }

    pub fn anybody<T>(&self, message: T) -> Request<T> {
        called(Some(self.city), None, message)
    }

    pub fn ask<T>(&self, role: Role, subject: &str, message: T) -> Request<T> {
        ask_in(self.city, role, subject, message)
    }
}

pub fn ask_in<T>(organization: Uuid, role: Role, subject: &str, message: T) -> Request<T> {
    let caller = service::caller(Some(organization), role, subject);
    called(Some(organization), Some(caller), message)
}

fn get(proposal: &proto::Proposal) -> proto::GetProposalRequest {
    proto::GetProposalRequest { proposal_id: proposal.proposal_id.clone() }
}

fn got(answer: Result<Response<proto::GetProposalResponse>, Status>) -> Result<proto::Proposal, Status> {
    Ok(answer?.into_inner().proposal.unwrap())
}

pub fn start() -> DateTime<Utc> {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

/// A runtime whose spaces and identity are at `address`.
pub fn runtime(clock: &Clock, address: &str) -> Runtime {
    let endpoints = Endpoints { identity: address.into(), spaces: address.into(), ..Endpoints::default() };
    let keys = ServiceKeys { proposals: Some(SERVICE_KEY.into()), ..ServiceKeys::default() };
    service::runtime(clock, endpoints, keys)
}

pub fn spaces_at(runtime: &Runtime, keep: Duration) -> (Processes, Organizations) {
    let client = runtime.connect(&runtime.endpoints.spaces).unwrap();
    let me = runtime.service_identity("proposals").unwrap();
    (Processes::new(client.clone(), me.clone(), keep), Organizations::new(client, me, keep))
}

pub fn authors(runtime: &Runtime) -> Authors {
    let client = runtime.connect(&runtime.endpoints.identity).unwrap();
    Authors::new(client, runtime.service_identity("proposals").unwrap())
}
