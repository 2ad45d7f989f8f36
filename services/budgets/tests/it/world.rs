//! A running service and its surroundings.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_budgets::domain::seal;
use comitia_budgets::{Config, migrations, serve, subscriptions};
use comitia_bus::{Bus, ConsumerHandle, Event, InProcess, PublishResult, Subscription, handler};
use comitia_core::Clock;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason, Runtime};
use comitia_proto::budgets::v1::budget_service_client::BudgetServiceClient;
use comitia_proto::budgets::v1::checklist_service_client::ChecklistServiceClient;
use comitia_proto::budgets::v1::project_service_client::ProjectServiceClient;
use comitia_proto::budgets::v1::{
    AllocationRule, BallotRule, BatchCreateProjectsRequest, Budget, CreateBudgetRequest, NewProject, Project,
    RuleKind, ScheduleVoteRequest, ScheduleVoteResponse,
};
use comitia_proto::events::v1::{PollClosed, PollSealed};
use comitia_proto::identity::v1::DistrictElectors;
use comitia_proto::spaces::v1::Area;
use comitia_proto::voting::v1::{Ballot, BallotGroup, BallotType, Choice, PollState};
use comitia_testkit::service::{self, Signer};
use comitia_testkit::{TestDatabase, wait_until};
use tokio::net::TcpListener;
use tonic::transport::Channel;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::doubles::{Doubles, Voting};

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// So many hours after the world began.
pub fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::hours(hour)
}

/// A running service, the doubles that it asks, and the events that it published.
pub struct World {
    pub doubles: Arc<Doubles>,
    pub clock: Clock,
    pub database: TestDatabase,
    pub bus: Arc<dyn Bus>,
    pub budgets: BudgetServiceClient<Channel>,
    pub checklists: ChecklistServiceClient<Channel>,
    pub projects: ProjectServiceClient<Channel>,
    events: Arc<Mutex<Vec<Event>>>,
    signer: Signer,
    pub runtime: Runtime,
    _listener: ConsumerHandle,
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.lifecycle.stop();
    }
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::create(&migrations()).await.unwrap();
        let signer = Signer::new("test");
        let doubles = Arc::new(Doubles {
            organization: comitia_core::id::new(),
            process: comitia_core::id::new(),
            roll: comitia_core::id::new(),
            roll_districts: Mutex::new(vec![district("", 900), district("north", 100)]),
            areas: Mutex::default(),
            key: signer.json_web_key(),
            token: "token-of-a-service".into(),
            voting: Mutex::new(Voting::Well),
            polls: Mutex::default(),
            closed_early: Mutex::default(),
            extended: Mutex::default(),
            state: Mutex::new(PollState::Open),
            ballots: Mutex::default(),
            proposals: Mutex::default(),
            streams: Mutex::default(),
            published: AtomicBool::new(true),
            preview: Mutex::default(),
            holds: Mutex::default(),
        });
        let clock = Clock::manual(at(0));
        let bus: Arc<dyn Bus> = Arc::new(InProcess::new(Clock::system()));
        for subscription in subscriptions() {
            bus.declare(&subscription).await.unwrap();
        }
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let listen = handler(move |event: Event| {
            seen.lock().unwrap().push(event);
            async { Ok(()) }
        });
        let listener = bus.subscribe(Subscription::new("test.all", ["budgets.#"]), listen).await.unwrap();

        let address = doubles.serve().await;
        let endpoints = Endpoints {
            identity: address.clone(),
            spaces: address.clone(),
            proposals: address.clone(),
            budgets: address.clone(),
            voting: address,
            ..Endpoints::default()
        };
        let cache = Arc::new(comitia_cache::InProcess::new(Clock::system()));
        let runtime = Runtime::new(
            clock.clone(),
            bus.clone(),
            cache,
            endpoints,
            ServiceKeys {
                budgets: Some("a secret of thirty-two characters".into()),
                ..ServiceKeys::default()
            },
        )
        .unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", socket.local_addr().unwrap());
        let config = Config {
            server: serde_json::from_str(r#"{"listen": "127.0.0.1:0"}"#).unwrap(),
            database: database.config("budgets"),
            phase_cache_ms: 1_000,
            poll_retry_ms: 20,
        };
        let service = serve(config, socket, runtime.clone());
        runtime.health.set_ready("budgets", false);
        runtime.lifecycle.spawn_essential("budgets", service);
        let channel = Channel::from_shared(own).unwrap().connect_lazy();
        let health = runtime.health.clone();
        wait_until("the service", PATIENCE, async || health.not_ready().is_empty()).await;
        Self {
            budgets: BudgetServiceClient::new(channel.clone()),
            checklists: ChecklistServiceClient::new(channel.clone()),
            projects: ProjectServiceClient::new(channel),
            doubles,
            clock,
            database,
            bus,
            events,
            signer,
            runtime,
            _listener: listener,
        }
    }

    /// A request of a staff member with a role, in an organization.
    pub fn of<T>(&self, organization: Uuid, role: &str, message: T) -> Request<T> {
        self.signed(organization, ("somebody", Some(organization), role), message)
    }

    /// A request of another service, in the world's organization.
    pub fn service<T>(&self, name: &str, message: T) -> Request<T> {
        self.signed(self.doubles.organization, (name, None, "SERVICE"), message)
    }

    fn signed<T>(
        &self,
        organization: Uuid,
        (subject, own, role): (&str, Option<Uuid>, &str),
        message: T,
    ) -> Request<T> {
        service::sent(organization, &self.signer.session(subject, own, &[role]), message)
    }

    /// A request of a budget officer of the world's organization.
    pub fn officer<T>(&self, message: T) -> Request<T> {
        self.of(self.doubles.organization, "BUDGET_OFFICER", message)
    }

    /// A request of a budget officer of the world's organization with this name.
    pub fn person<T>(&self, name: &str, message: T) -> Request<T> {
        let organization = self.doubles.organization;
        self.signed(organization, (name, Some(organization), "BUDGET_OFFICER"), message)
    }

    /// A request without a session.
    pub fn anybody<T>(&self, organization: Uuid, message: T) -> Request<T> {
        service::sent(organization, "", message)
    }

    /// A request without a session in the world's organization.
    pub fn public<T>(&self, message: T) -> Request<T> {
        self.anybody(self.doubles.organization, message)
    }

    pub async fn budget_with(&self, ballot_rule: BallotRule, allocation_rule: AllocationRule) -> Budget {
        let request = self.officer(CreateBudgetRequest {
            ballot_rule: Some(ballot_rule),
            allocation_rule: Some(allocation_rule),
            ..self.new_budget("Green city")
        });
        self.budgets.clone().create_budget(request).await.unwrap().into_inner().budget.unwrap()
    }

    pub async fn budget(&self) -> Budget {
        self.budget_with(approval(), greedy()).await
    }

    /// Gives the organization areas.
    pub fn areas(&self, codes: &[&str]) {
        let area = |code: &&str| Area { code: (*code).to_owned(), ..Default::default() };
        *self.doubles.areas.lock().unwrap() = codes.iter().map(area).collect();
    }

    pub fn new_budget(&self, title: &str) -> CreateBudgetRequest {
        CreateBudgetRequest {
            process_id: self.doubles.process.to_string(),
            title: title.into(),
            amount: 100_000,
            currency: "EUR".into(),
            ballot_rule: Some(approval()),
            allocation_rule: Some(greedy()),
            ..Default::default()
        }
    }

    pub async fn add(&self, budget: &Budget, projects: Vec<NewProject>) -> Result<Vec<Project>, ApiError> {
        let message = BatchCreateProjectsRequest {
            budget_id: budget.budget_id.clone(),
            projects,
            request_id: String::new(),
        };
        let answer = self.projects.clone().batch_create_projects(self.officer(message)).await;
        Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().projects)
    }

    /// The request to schedule a vote that voting and spaces like.
    pub fn vote(&self, budget: &Budget) -> ScheduleVoteRequest {
        ScheduleVoteRequest {
            budget_id: budget.budget_id.clone(),
            roll_id: self.doubles.roll.to_string(),
            open_time: Some(timestamp(at(30))),
            close_time: Some(timestamp(at(60))),
            districts: Vec::new(),
            minimum_age: 16,
            paper_close_time: None,
            validate_only: false,
        }
    }

    pub async fn schedule(&self, message: ScheduleVoteRequest) -> Result<Budget, ApiError> {
        Ok(self.schedule_whole(message).await?.budget.unwrap())
    }

    /// The same with all that is said of the vote.
    pub async fn schedule_whole(
        &self,
        message: ScheduleVoteRequest,
    ) -> Result<ScheduleVoteResponse, ApiError> {
        let answer = self.budgets.clone().schedule_vote(self.officer(message)).await;
        Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner())
    }

    pub async fn read(&self, id: &str) -> Budget {
        let message = comitia_proto::budgets::v1::GetBudgetRequest { budget_id: id.into() };
        self.budgets.clone().get_budget(self.public(message)).await.unwrap().into_inner().budget.unwrap()
    }

    /// Events with this routing key that the service has published.
    pub fn published(&self, routing_key: &str) -> Vec<Event> {
        self.events.lock().unwrap().iter().filter(|event| event.routing_key == routing_key).cloned().collect()
    }

    pub async fn wait_for_events(&self, routing_key: &str, count: usize) {
        wait_until(routing_key, PATIENCE, async || self.published(routing_key).len() >= count).await;
    }

    pub fn sealed(&self, poll: &str, ballots: Vec<BallotGroup>) -> Event {
        let ballot_count = ballots.iter().map(|group| group.count).sum();
        let created = self.doubles.polls.lock().unwrap().get(poll).cloned().unwrap_or_default();
        let seal_digest = seal::digest(&created, &ballots).unwrap();
        self.doubles.ballots.lock().unwrap().insert(poll.to_owned(), ballots);
        let message = PollSealed {
            poll_id: poll.into(),
            ballot_count,
            seal_digest,
            blank_paper_count: 2,
            invalid_paper_count: 1,
            smallest_group: 5,
        };
        Event::new(&self.clock, "voting.poll.sealed", Some(self.doubles.organization), poll, &message)
    }

    pub fn closed(&self, poll: &str) -> Event {
        let message = PollClosed { poll_id: poll.into() };
        Event::new(&self.clock, "voting.poll.closed", Some(self.doubles.organization), poll, &message)
    }

    /// Publishes an event and waits until every queue is done with it.
    pub async fn tell(&self, event: &Event) {
        for result in self.bus.publish(std::slice::from_ref(event)).await.unwrap() {
            match result {
                PublishResult::Held(settled) => {
                    tokio::time::timeout(PATIENCE, settled).await.expect("handled in time");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A district in which everybody may vote.
pub fn district(code: &str, members: i64) -> DistrictElectors {
    DistrictElectors {
        district: code.into(),
        member_count: members,
        elector_count: members,
        ..Default::default()
    }
}

pub fn approval() -> BallotRule {
    BallotRule { r#type: BallotType::Approval.into(), max_choices: 3, ..Default::default() }
}

pub fn greedy() -> AllocationRule {
    AllocationRule { kind: RuleKind::Greedy.into(), ..Default::default() }
}

pub fn project(reference: &str, cost: i64) -> NewProject {
    NewProject {
        reference: reference.into(),
        title: format!("Project {reference}"),
        cost,
        ..Default::default()
    }
}

pub fn group(choices: &[(&str, u32)], count: i64) -> BallotGroup {
    let choices = choices.iter().map(|(id, points)| Choice { option_id: (*id).into(), points: *points });
    BallotGroup { ballot: Some(Ballot { choices: choices.collect() }), count, ..Default::default() }
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> Reason {
    ApiError::from_status(&answer.unwrap_err()).reason
}

/// The reason of a refusal and the fields that it names.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, ApiError>) -> (Reason, Vec<String>) {
    let error = answer.unwrap_err();
    (error.reason, error.violations.into_iter().map(|violation| violation.field).collect())
}
