//! A request that is repeated gets the first answer, whatever has become of the other services.

use std::time::Duration;

use comitia_budgets::app::App;
use comitia_budgets::app::peers::Peers;
use comitia_budgets::grpc::Api;
use comitia_bus::OutboxSignal;
use comitia_platform::auth::Role;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::budget_service_server::BudgetService;
use comitia_proto::budgets::v1::{CreateBudgetRequest, CreateBudgetResponse};
use comitia_testkit::service;

use crate::world::World;

/// As a replica of the service answers that reaches no other service.
async fn alone(world: &World, request: CreateBudgetRequest) -> Result<CreateBudgetResponse, ApiError> {
    let nobody = || "http://127.0.0.1:1".to_owned();
    let endpoints = Endpoints {
        identity: nobody(),
        spaces: nobody(),
        proposals: nobody(),
        voting: nobody(),
        ..Endpoints::default()
    };
    let runtime = service::runtime(&world.clock, endpoints, ServiceKeys::default());
    let peers = Peers::connect(&runtime, Duration::ZERO).unwrap();
    let pool = world.database.pool("budgets").unwrap();
    let app = App::new(pool, world.clock.clone(), OutboxSignal::new(), peers, Duration::from_secs(1));
    let organization = Some(world.doubles.organization);
    let caller = service::caller(organization, Role::BudgetOfficer, "somebody");
    let answer = Api::new(app).create_budget(service::called(organization, Some(caller), request)).await;
    answer.map(tonic::Response::into_inner).map_err(|status| ApiError::from_status(&status))
}

#[tokio::test]
async fn a_budget_that_was_created_is_answered_while_spaces_is_away() {
    let world = World::new().await;
    let request = CreateBudgetRequest {
        request_id: comitia_core::id::new().to_string(),
        ..world.new_budget("Green city")
    };
    let first = world.budgets.clone().create_budget(world.officer(request.clone())).await.unwrap();
    assert_eq!(alone(&world, request.clone()).await.unwrap(), first.into_inner());

    // Another request under the same id is refused before that, and a new one needs spaces.
    let other = CreateBudgetRequest { amount: 1, ..request.clone() };
    assert_eq!(alone(&world, other).await.unwrap_err().reason, Reason::RequestIdReused);
    let new = CreateBudgetRequest { request_id: comitia_core::id::new().to_string(), ..request };
    assert_eq!(alone(&world, new).await.unwrap_err().reason, Reason::DependencyUnavailable);
}
