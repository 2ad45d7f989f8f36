//! The order in which a service stops.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use comitia_bus::{Bus, Event, InProcess, OutboxSignal, Subscription, handler, outbox};
use comitia_core::{Clock, task};
use comitia_platform::Runtime;
use comitia_platform::database::{self, Migrations, Tenant};
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::service::Service;
use comitia_proto::events::v1::OrganizationCreated;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use comitia_proto::spaces::v1::*;
use comitia_testkit::TestDatabase;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const MIGRATIONS: Migrations = Migrations { service: "spaces", own: &NO_MIGRATIONS, repeatable: &[] };
const PATIENCE: Duration = Duration::from_secs(30);

/// A service with one call, which writes an event when it is told to.
struct Slow {
    pool: PgPool,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[tonic::async_trait]
impl OrganizationService for Slow {
    async fn resolve_organization(
        &self,
        _: Request<ResolveOrganizationRequest>,
    ) -> Result<Response<ResolveOrganizationResponse>, Status> {
        self.begun.notify_one();
        self.go_on.notified().await;
        let message = OrganizationCreated { organization_id: "last".into() };
        let event = Event::new(&Clock::system(), "spaces.organization.created", None, "last", &message);
        let mut transaction = database::begin(&self.pool, Tenant::All).await.unwrap();
        outbox::append(&mut transaction, &[event]).await.unwrap();
        transaction.commit().await.unwrap();
        Ok(Response::new(ResolveOrganizationResponse::default()))
    }

    async fn update_host_names(
        &self,
        _: Request<UpdateHostNamesRequest>,
    ) -> Result<Response<UpdateHostNamesResponse>, Status> {
        Err(Status::unimplemented("not called"))
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
        Err(Status::unimplemented("not called"))
    }

    async fn update_organization(
        &self,
        _: Request<UpdateOrganizationRequest>,
    ) -> Result<Response<UpdateOrganizationResponse>, Status> {
        Err(Status::unimplemented("not called"))
    }
}

#[tokio::test]
async fn the_event_of_the_last_call_leaves_before_the_process_ends() {
    let database = TestDatabase::create(&MIGRATIONS).await.unwrap();
    let pool = database.pool("spaces").unwrap();
    let clock = Clock::system();
    let bus = Arc::new(InProcess::new(clock.clone()));
    let (published, mut events) = mpsc::unbounded_channel();
    let seen = handler(move |event: Event| {
        published.send(event.subject).unwrap();
        async { Ok(()) }
    });
    let _listener = bus.subscribe(Subscription::new("test.all", ["spaces.#"]), seen).await.unwrap();
    let cache = Arc::new(comitia_cache::InProcess::new(clock.clone()));
    let runtime = Runtime::new(clock, bus, cache, Endpoints::default(), ServiceKeys::default()).unwrap();

    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = Slow { pool: pool.clone(), begun: begun.clone(), go_on: go_on.clone() };
    let service = Service {
        name: "spaces",
        pool,
        outbox: OutboxSignal::new(),
        consumers: Vec::new(),
        routes: Routes::new(OrganizationServiceServer::new(slow)),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = runtime.clone();
    let served = task::spawn("spaces", async move { service.serve(listener, &serving).await });
    let mut client = OrganizationServiceClient::connect(address).await.unwrap();
    let call = task::spawn("call", async move {
        client.resolve_organization(ResolveOrganizationRequest { host_name: "a".into() }).await
    });
    begun.notified().await;

    // The process stops while the call is in flight.
    runtime.lifecycle.stop();
    go_on.notify_one();
    call.await.unwrap().unwrap();
    served.await.unwrap().unwrap();
    runtime.lifecycle.drained().await;
    let event = tokio::time::timeout(PATIENCE, events.recv()).await;
    assert_eq!(event.expect("the event was published").unwrap(), "last");
}
