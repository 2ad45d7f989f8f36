//! The service as a process runs it.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_core::{Clock, task};
use comitia_files::FilesConfig;
use comitia_platform::database::DatabaseConfig;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::{Runtime, ServerConfig, ServiceKeys};
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_spaces::{Config, StartError, serve};
use comitia_testkit::{PostgresServer, service, wait_for, wait_until};
use tokio::net::TcpListener;

use crate::harness::{Harness, refusal};

const PATIENCE: Duration = Duration::from_secs(30);

fn runtime(clock: &Clock) -> Runtime {
    service::runtime(clock, Endpoints::default(), ServiceKeys::default())
}

fn config(database: DatabaseConfig, tick_ms: u64) -> Config {
    Config {
        server: ServerConfig { listen: ([127, 0, 0, 1], 0).into() },
        database,
        tick_ms,
        files: FilesConfig::default(),
        max_attachments: 50,
        max_proposal_attachments: 5,
        proposal_file_max_bytes: 10 << 20,
    }
}

#[tokio::test]
async fn it_serves_looks_at_the_clock_publishes_and_stops() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[(1, 2)]).await;
    harness.publish(city, &process).await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let runtime = runtime(&harness.clock);
    let served = task::spawn(
        "spaces",
        serve(config(harness.database.config("spaces"), 10), listener, runtime.clone()),
    );

    // Public methods need no session.
    let mut organizations = OrganizationServiceClient::connect(address.clone()).await.unwrap();
    let unknown = proto::ResolveOrganizationRequest { host_name: "nobody.example.org".into() };
    assert_eq!(
        refusal(organizations.resolve_organization(unknown).await).0,
        "NOT_FOUND ORGANIZATION_UNKNOWN"
    );
    let refused = organizations.create_organization(proto::CreateOrganizationRequest::default()).await;
    assert_eq!(refusal(refused).0, "UNAUTHENTICATED SESSION_INVALID");
    let mut get = tonic::Request::new(proto::GetProcessRequest { process_id: process.process_id.clone() });
    get.metadata_mut().insert("comitia-organization", city.to_string().parse().unwrap());
    let mut processes = ProcessServiceClient::connect(address).await.unwrap();
    assert_eq!(processes.get_process(get).await.unwrap().into_inner().process.unwrap().phases.len(), 1);

    // The relay takes every event away, and the clock's come when their time does.
    wait_until("an empty outbox", PATIENCE, async || harness.events().await.is_empty()).await;
    harness.clock.advance(TimeDelta::days(1));
    wait_until("announced phases", PATIENCE, async || {
        let sql =
            "SELECT count(*) FROM spaces.phases WHERE opened_time IS NOT NULL AND closed_time IS NOT NULL";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&harness.admin).await.unwrap() == 1
    })
    .await;
    wait_until("an empty outbox", PATIENCE, async || harness.events().await.is_empty()).await;

    runtime.lifecycle.stop();
    served.await.unwrap().unwrap();
    runtime.lifecycle.drained().await;
}

#[tokio::test]
async fn it_refuses_to_start_on_a_database_that_was_not_migrated() {
    let server = PostgresServer::start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let database = DatabaseConfig::new(server.url().clone());
    let served = serve(config(database, 10), listener, runtime(&Clock::system())).await;
    let Err(StartError::Database(error)) = served else { panic!("{served:?}") };
    assert!(error.to_string().contains("comitia migrate"), "{error}");
}

#[tokio::test]
async fn a_clock_that_never_ticks_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let database = DatabaseConfig::new("postgres://nobody@127.0.0.1:1/none".into());
    let served = serve(config(database, 0), listener, runtime(&Clock::system())).await;
    let Err(error) = served else { panic!("it started") };
    assert!(error.to_string().contains("spaces.tick_ms"), "{error}");
}

#[tokio::test]
async fn the_clock_goes_on_when_its_database_returns() {
    let server = PostgresServer::start().await.unwrap();
    let migrations = [comitia_spaces::migrations()];
    let database = comitia_testkit::TestDatabase::create_on(&server, &migrations).await.unwrap();
    let harness = Harness::on(database).await;
    let city = harness.organization().await;
    let process = harness.process(city, &[(1, 2)]).await;
    harness.publish(city, &process).await;
    let stop = runtime(&harness.clock).lifecycle.stopping();
    let tick = Duration::from_millis(10);
    let clock =
        task::spawn("clock", comitia_spaces::app::phases::run(harness.app.clone(), tick, stop.clone()));
    server.kill();
    harness.clock.advance(TimeDelta::days(1));
    assert!(harness.get(city, &process).await.is_err(), "the database is away");
    server.restart().unwrap();
    let found = wait_for("the announcements", PATIENCE, async || {
        let sql =
            "SELECT routing_key FROM spaces.outbox WHERE routing_key LIKE 'spaces.phase.%' ORDER BY sequence";
        let keys: Vec<String> = sqlx::query_scalar(sql).fetch_all(&harness.admin).await.ok()?;
        (!keys.is_empty()).then_some(keys)
    })
    .await;
    assert_eq!(found, ["spaces.phase.opened", "spaces.phase.closed"]);
    stop.cancel();
    clock.await.unwrap();
}
