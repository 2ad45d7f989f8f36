//! Acts of staff are told of if and only if they were done: over a real server and PostgreSQL.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use comitia_core::{Clock, task};
use comitia_platform::acts;
use comitia_platform::database::{self, Migrations, Tenant};
use comitia_platform::grpc::{self, Endpoints};
use comitia_platform::runtime::ServiceKeys;
use comitia_proto::events::v1::ActRecorded;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use comitia_proto::spaces::v1::*;
use comitia_testkit::TestDatabase;
use comitia_testkit::service::{Signer, runtime, sent};
use prost::Message;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use uuid::Uuid;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const MIGRATIONS: Migrations = Migrations { service: "spaces", own: &NO_MIGRATIONS, repeatable: &[] };
const CITY: Uuid = Uuid::from_u128(7);
const METHOD: &str = "comitia.spaces.v1.OrganizationService/UpdateOrganization";

/// What a transaction does that writes.
const WRITE: &str = "INSERT INTO requests (organization_id, method, request_id, request_sha256)
                     VALUES ($1, 'm', gen_random_uuid()::text, sha256('r'))";

/// A service whose only call does what the new name of the organization says.
struct Double {
    pool: PgPool,
}

impl Double {
    async fn write(&self) -> database::Transaction {
        let mut transaction = database::begin(&self.pool, Tenant::Organization(CITY)).await.unwrap();
        sqlx::query(WRITE).bind(CITY).execute(&mut *transaction).await.unwrap();
        transaction
    }
}

#[tonic::async_trait]
impl OrganizationService for Double {
    async fn update_organization(
        &self,
        request: Request<UpdateOrganizationRequest>,
    ) -> Result<Response<UpdateOrganizationResponse>, Status> {
        let name = request.into_inner().organization.unwrap().display_name;
        match name.as_str() {
            "reads" => {
                let transaction = database::begin(&self.pool, Tenant::Organization(CITY)).await.unwrap();
                transaction.commit().await.unwrap();
            }
            "fails" => {
                drop(self.write().await);
                return Err(Status::failed_precondition("no"));
            }
            "prepares" => {
                acts::unrecorded(async { self.write().await.commit().await.unwrap() }).await;
                return Err(Status::failed_precondition("no"));
            }
            "says" => {
                acts::changed("display_name", "before", &name);
                acts::changed("country", "FR", "FR");
                acts::about("organizations", CITY);
                self.write().await.commit().await.unwrap();
            }
            _ => {
                self.write().await.commit().await.unwrap();
                self.write().await.commit().await.unwrap();
            }
        }
        Ok(Response::new(UpdateOrganizationResponse::default()))
    }

    async fn create_organization(
        &self,
        _: Request<CreateOrganizationRequest>,
    ) -> Result<Response<CreateOrganizationResponse>, Status> {
        Err(Status::unimplemented("not called"))
    }

    async fn get_organization(
        &self,
        _: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        self.write().await.commit().await.unwrap();
        Ok(Response::new(GetOrganizationResponse::default()))
    }

    async fn update_host_names(
        &self,
        _: Request<UpdateHostNamesRequest>,
    ) -> Result<Response<UpdateHostNamesResponse>, Status> {
        Err(Status::unimplemented("not called"))
    }

    async fn resolve_organization(
        &self,
        _: Request<ResolveOrganizationRequest>,
    ) -> Result<Response<ResolveOrganizationResponse>, Status> {
        Err(Status::unimplemented("not called"))
    }
}

struct Line {
    _database: TestDatabase,
    admin: PgPool,
    signer: Signer,
    client: OrganizationServiceClient<Channel>,
}

impl Line {
    async fn start() -> Self {
        let database = TestDatabase::create(&MIGRATIONS).await.unwrap();
        let (clock, signer) = (Clock::system(), Signer::new("acts"));
        let mut runtime = runtime(&clock, Endpoints::default(), ServiceKeys::default());
        runtime.verifier = signer.verifier(&clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let double = Double { pool: database.pool("spaces").unwrap() };
        let routes = Routes::new(OrganizationServiceServer::new(double));
        task::spawn("service", async move { grpc::serve("spaces", listener, routes, &runtime).await });
        let client = OrganizationServiceClient::connect(address).await.unwrap();
        let admin = database.admin_pool().unwrap();
        Self { _database: database, admin, signer, client }
    }

    async fn update(&self, name: &str) -> Result<(), Status> {
        let organization = Organization {
            display_name: name.into(),
            texts: vec![OrganizationText { body: "not logged".into(), ..Default::default() }],
            ..Default::default()
        };
        let request = UpdateOrganizationRequest { organization: Some(organization), update_mask: None };
        let token = self.signer.session("ada", Some(CITY), &["ADMINISTRATOR"]);
        self.client.clone().update_organization(sent(CITY, &token, request)).await.map(drop)
    }

    /// The acts that the outbox tells of.
    async fn told(&self) -> Vec<ActRecorded> {
        let sql = "SELECT payload FROM spaces.outbox
                   WHERE routing_key = 'spaces.act.recorded' AND organization_id = $1 ORDER BY sequence";
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(sql).bind(CITY).fetch_all(&self.admin).await.unwrap();
        rows.into_iter().map(|payload| ActRecorded::decode(payload.as_slice()).unwrap()).collect()
    }
}

fn change(field: &str, before: Option<&str>, after: &str) -> ActChange {
    ActChange { field: field.into(), before: before.map(str::to_owned), after: Some(after.into()) }
}

#[tokio::test]
async fn an_act_is_told_of_once_with_what_the_request_may_say() {
    let line = Line::start().await;
    line.update("Lyon").await.unwrap();
    let expected = ActRecorded {
        actor: "ada".into(),
        method: METHOD.into(),
        resource: "organization".into(),
        changes: vec![change("organization.display_name", None, "Lyon")],
    };
    assert_eq!(line.told().await, [expected]);
}

#[tokio::test]
async fn what_the_use_case_says_is_stronger() {
    let line = Line::start().await;
    line.update("says").await.unwrap();
    let told = line.told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].resource, format!("organizations/{CITY}"));
    assert_eq!(told[0].changes, [change("display_name", Some("before"), "says")]);
}

#[tokio::test]
async fn what_was_not_done_is_not_told_of() {
    let line = Line::start().await;
    line.update("reads").await.unwrap();
    line.update("fails").await.unwrap_err();
    line.update("prepares").await.unwrap_err();
    let token = line.signer.session("eve", Some(CITY), &["MODERATOR"]);
    let refused = sent(CITY, &token, UpdateOrganizationRequest::default());
    line.client.clone().update_organization(refused).await.unwrap_err();
    // Reading is no act, whatever is written meanwhile.
    let token = line.signer.session("ada", Some(CITY), &["ADMINISTRATOR"]);
    line.client.clone().get_organization(sent(CITY, &token, GetOrganizationRequest {})).await.unwrap();
    assert_eq!(line.told().await, []);
}
