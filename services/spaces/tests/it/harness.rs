//! The service on a database of the test's own.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::OutboxSignal;
use comitia_core::Clock;
use comitia_files::{FilesConfig, Intake, Store};
use comitia_platform::auth::{Context, Role};
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::validate::timestamp;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use comitia_spaces::app::App;
use comitia_spaces::app::attachments::Files;
use comitia_spaces::grpc::Api;
use comitia_spaces::holders::Holders;
use comitia_spaces::uses::Users;
use comitia_testkit::TestDatabase;
use comitia_testkit::service::{self, called};
use sqlx::PgPool;
use tempfile::TempDir;
use tonic::{Request, Status};
use uuid::Uuid;

pub use comitia_testkit::service::refusal;

use crate::users::Double;

pub struct Harness {
    pub database: TestDatabase,
    pub pool: PgPool,
    pub admin: PgPool,
    pub clock: Clock,
    pub app: App,
    pub grpc: Api,
    pub uses: Arc<Double>,
    /// The files of attachments.
    pub folder: TempDir,
}

impl Harness {
    pub async fn start() -> Self {
        Self::on(TestDatabase::create(&comitia_spaces::migrations()).await.unwrap()).await
    }

    pub async fn on(database: TestDatabase) -> Self {
        let pool = database.pool("spaces").unwrap();
        let clock = Clock::manual(start());
        let uses = Arc::new(Double::default());
        let peers = peers(&clock, uses.serve().await);
        let folder = TempDir::new().unwrap();
        let app = App::new(pool.clone(), clock.clone(), OutboxSignal::new(), peers, files(&folder));
        let admin = database.admin_pool().unwrap();
        Self { database, pool, admin, clock, grpc: Api::new(app.clone()), app, uses, folder }
    }

    /// A new organization, with a host name of its own.
    pub async fn organization(&self) -> Uuid {
        let request = proto::CreateOrganizationRequest {
            display_name: "City".into(),
            host_names: vec![format!("{}.example.org", comitia_core::id::new())],
            ..Default::default()
        };
        let answer = self.grpc.create_organization(operator(request)).await.unwrap().into_inner();
        answer.organization.unwrap().organization_id.parse().unwrap()
    }

    /// A new process with phases from and to these hours after the start.
    pub async fn process(&self, organization: Uuid, hours: &[(i64, i64)]) -> proto::Process {
        let request = proto::CreateProcessRequest {
            title: "Budget".into(),
            phases: hours.iter().map(|&(start, end)| phase(start, end)).collect(),
            ..Default::default()
        };
        let answer = self.grpc.create_process(administrator(organization, request)).await.unwrap();
        answer.into_inner().process.unwrap()
    }

    pub async fn publish(&self, organization: Uuid, process: &proto::Process) -> proto::Process {
        let request = proto::PublishProcessRequest { process_id: process.process_id.clone() };
        let answer = self.grpc.publish_process(administrator(organization, request)).await.unwrap();
        answer.into_inner().process.unwrap()
    }

    /// The process as anybody sees it.
    pub async fn get(&self, organization: Uuid, process: &proto::Process) -> Result<proto::Process, Status> {
        let request = proto::GetProcessRequest { process_id: process.process_id.clone() };
        let answer = self.grpc.get_process(anybody(organization, request)).await?;
        Ok(answer.into_inner().process.unwrap())
    }

    /// Routing key and subject of every event that was written, in this order.
    pub async fn events(&self) -> Vec<(String, String)> {
        sqlx::query_as("SELECT routing_key, subject FROM spaces.outbox ORDER BY sequence")
            .fetch_all(&self.admin)
            .await
            .unwrap()
    }

    /// The subjects of the events with this routing key.
    pub async fn subjects(&self, routing_key: &str) -> Vec<String> {
        self.events().await.into_iter().filter(|(key, _)| key == routing_key).map(|(_, id)| id).collect()
    }
}

/// Keeps files in a folder, at most four of a process and two of a proposal.
fn files(folder: &TempDir) -> Files {
    let config = FilesConfig { folder: Some(folder.path().into()), ..FilesConfig::default() };
    Files {
        store: Store::new(&config).unwrap(),
        intake: Intake::new(&config).unwrap(),
        max_attachments: 4,
        max_proposal_attachments: 2,
        proposal_file_max_bytes: 100_000,
    }
}

/// The services that use areas, and that keep proposals and projects, at one address. Nothing that they say is remembered.
fn peers(clock: &Clock, address: String) -> (Users, Holders) {
    let endpoints = Endpoints {
        identity: address.clone(),
        proposals: address.clone(),
        budgets: address,
        ..Endpoints::default()
    };
    let keys =
        ServiceKeys { spaces: Some("a secret of thirty-two characters".into()), ..ServiceKeys::default() };
    let runtime = service::runtime(clock, endpoints, keys);
    (Users::connect(&runtime).unwrap(), Holders::connect(&runtime, Duration::ZERO).unwrap())
}

pub fn start() -> DateTime<Utc> {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

pub fn phase(start_hour: i64, end_hour: i64) -> proto::Phase {
    proto::Phase {
        phase_id: String::new(),
        title: "Phase".into(),
        kind: proto::PhaseKind::Submission.into(),
        start_time: Some(timestamp(start() + TimeDelta::hours(start_hour))),
        end_time: Some(timestamp(start() + TimeDelta::hours(end_hour))),
    }
}

pub fn with_role<T>(role: Role, organization: Uuid, message: T) -> Request<T> {
    let own = if role == Role::Service { None } else { Some(organization) };
    called(Some(organization), Some(service::caller(own, role, "somebody")), message)
}

/// The operator, who belongs to no organization.
pub fn operator<T>(message: T) -> Request<T> {
    called(None, Some(service::caller(None, Role::Operator, "operator")), message)
}

pub fn anybody<T>(organization: Uuid, message: T) -> Request<T> {
    called(Some(organization), None, message)
}

/// A request of somebody who has not signed in, with the code of a preview.
pub fn with_code<T>(city: Uuid, code: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let context = Context::new(Some(city), None, None).with_preview(Some(code));
    request.extensions_mut().insert(context);
    request
}

pub fn administrator<T>(organization: Uuid, message: T) -> Request<T> {
    with_role(Role::Administrator, organization, message)
}
