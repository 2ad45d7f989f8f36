//! The service as a process runs it.

use std::time::Duration;

use comitia_bus::{Event, outbox};
use comitia_core::{Clock, task};
use comitia_platform::database::{DatabaseConfig, Tenant, begin};
use comitia_platform::runtime::ServerConfig;
use comitia_proposals::{Config, StartError, serve};
use comitia_proto::events::v1::ProjectCreated;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_client::ProposalServiceClient;
use comitia_testkit::{PostgresServer, wait_until};
use tokio::net::TcpListener;

use crate::harness::{Harness, refusal, runtime};

const PATIENCE: Duration = Duration::from_secs(30);

fn config(database: DatabaseConfig) -> Config {
    Config { server: ServerConfig { listen: ([127, 0, 0, 1], 0).into() }, database, phase_cache_ms: 2_000 }
}

#[tokio::test]
async fn it_serves_publishes_consumes_and_stops() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let runtime = harness.runtime.clone();
    let config = config(harness.database.config("proposals"));
    let served = task::spawn("proposals", serve(config, listener, runtime.clone()));

    // Public methods need no session.
    let mut client = ProposalServiceClient::connect(address).await.unwrap();
    let mut get = tonic::Request::new(proto::GetProposalRequest { proposal_id: made.proposal_id.clone() });
    get.metadata_mut().insert("comitia-organization", harness.city.to_string().parse().unwrap());
    assert_eq!(client.get_proposal(get).await.unwrap().into_inner().proposal.unwrap(), made);
    let refused = client.submit_proposal(harness.submission()).await;
    assert_eq!(refusal(refused).0, "UNAUTHENTICATED SESSION_INVALID");
    wait_until("an empty outbox", PATIENCE, async || harness.events().await.is_empty()).await;

    // An event comes in over the bus; the outbox of the test's database stands for that of budgets.
    let project = comitia_core::id::new();
    let message = ProjectCreated {
        project_id: project.to_string(),
        proposal_id: made.proposal_id.clone(),
        ..Default::default()
    };
    let event = Event::new(&harness.clock, "budgets.project.created", Some(harness.city), project, &message);
    let mut transaction = begin(&harness.pool, Tenant::All).await.unwrap();
    outbox::append(&mut transaction, &[event]).await.unwrap();
    transaction.commit().await.unwrap();
    wait_until("the link to the project", PATIENCE, async || {
        harness.get(&made).await.unwrap().project_ids == [project.to_string()]
    })
    .await;

    runtime.lifecycle.stop();
    served.await.unwrap().unwrap();
    runtime.lifecycle.drained().await;
}

#[tokio::test]
async fn it_refuses_to_start_on_a_database_that_was_not_migrated() {
    let server = PostgresServer::start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let runtime = runtime(&Clock::system(), "http://127.0.0.1:1");
    let served = serve(config(DatabaseConfig::new(server.url().clone())), listener, runtime).await;
    let Err(StartError::Database(error)) = served else { panic!("{served:?}") };
    assert!(error.to_string().contains("comitia migrate"), "{error}");
}
