//! What identity, proposals and budgets say of areas, in one server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::routing::any;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{CountAreaBudgetsRequest, CountAreaBudgetsResponse};
use comitia_proto::identity::v1::{
    CountDistrictMembersRequest, CountDistrictMembersResponse, Session, SignInServiceRequest,
    SignInServiceResponse,
};
use comitia_proto::proposals::v1::{CountAreaProposalsRequest, CountAreaProposalsResponse};
use comitia_spaces::domain::area::Uses;
use prost::Message;
use tokio::net::TcpListener;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// How areas are used, by code.
#[derive(Default)]
pub struct Double {
    uses: Mutex<HashMap<String, Uses>>,
}

impl Double {
    pub fn put(&self, code: &str, uses: Uses) {
        self.uses.lock().unwrap().insert(code.to_owned(), uses);
    }

    fn of(&self, code: &str) -> Uses {
        self.uses.lock().unwrap().get(code).copied().unwrap_or_default()
    }

    /// Serves until the test ends.
    pub async fn serve(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new();
        let router = self.unary(router, "identity.v1.SessionService/SignInService", |_, request| {
            let SignInServiceRequest { service, .. } = request;
            assert_eq!(service, "spaces");
            let session = Session {
                access_token: "token of spaces".into(),
                access_token_expire_time: Some(timestamp(
                    crate::harness::start() + chrono::TimeDelta::days(999),
                )),
                ..Default::default()
            };
            SignInServiceResponse { session: Some(session) }
        });
        let router = self.unary(router, "budgets.v1.BudgetService/CountAreaBudgets", |double, request| {
            let CountAreaBudgetsRequest { area_code } = request;
            CountAreaBudgetsResponse { budget_count: double.of(&area_code).budgets }
        });
        let router =
            self.unary(router, "proposals.v1.ProposalService/CountAreaProposals", |double, request| {
                let CountAreaProposalsRequest { area_code } = request;
                CountAreaProposalsResponse { proposal_count: double.of(&area_code).proposals }
            });
        let router = self.unary(router, "identity.v1.RollService/CountDistrictMembers", |double, request| {
            let CountDistrictMembersRequest { district } = request;
            CountDistrictMembersResponse { member_count: double.of(&district).members }
        });
        let server = tonic::transport::Server::builder().add_routes(Routes::from(router));
        comitia_core::task::spawn("users", server.serve_with_incoming(TcpIncoming::from(listener)));
        address
    }

    fn unary<Q, A>(self: &Arc<Self>, router: Router, method: &str, answer: fn(&Self, Q) -> A) -> Router
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        let double = self.clone();
        router.route(
            &format!("/comitia.{method}"),
            any(move |request: HttpRequest| {
                let double = double.clone();
                let service = service_fn(move |request: Request<Q>| {
                    let answer = answer(&double, request.into_inner());
                    async move { Ok::<_, tonic::Status>(Response::new(answer)) }
                });
                async move { Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await }
            }),
        )
    }
}
