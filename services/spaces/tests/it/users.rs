//! What identity, proposals and budgets say of areas, and of proposals and projects that files hang on, in one server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::routing::any;
use comitia_platform::auth::preview_digest;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{
    CheckProjectFilesRequest, CheckProjectFilesResponse, CountAreaBudgetsRequest, CountAreaBudgetsResponse,
};
use comitia_proto::identity::v1::{
    CountDistrictMembersRequest, CountDistrictMembersResponse, Session, SignInServiceRequest,
    SignInServiceResponse,
};
use comitia_proto::proposals::v1::{
    CheckProposalFilesRequest, CheckProposalFilesResponse, CountAreaProposalsRequest,
    CountAreaProposalsResponse, ProposalFiles,
};
use comitia_spaces::domain::area::Uses;
use prost::Message;
use tokio::net::TcpListener;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response};
use tonic_prost::ProstCodec;
use tower::service_fn;
use uuid::Uuid;

/// The code of the preview that shows projects.
pub const CODE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/// How areas are used, by code.
#[derive(Default)]
pub struct Double {
    uses: Mutex<HashMap<String, Uses>>,
    proposals: Mutex<HashMap<Uuid, Proposal>>,
    projects: Mutex<HashMap<Uuid, CheckProjectFilesResponse>>,
}

/// A proposal, as proposals knows it.
#[derive(Clone)]
pub struct Proposal {
    pub public: bool,
    pub author: &'static str,
    pub open: bool,
}

impl Double {
    pub fn put(&self, code: &str, uses: Uses) {
        self.uses.lock().unwrap().insert(code.to_owned(), uses);
    }

    pub fn put_proposal(&self, id: Uuid, proposal: Proposal) {
        self.proposals.lock().unwrap().insert(id, proposal);
    }

    /// A project has one report, or none.
    pub fn put_project(&self, id: Uuid, public: bool, report_found: bool) {
        let files = CheckProjectFilesResponse { public, report_found, previewed: false };
        self.projects.lock().unwrap().insert(id, files);
    }

    fn files_of(&self, id: &str, author: &str) -> Option<ProposalFiles> {
        let found = self.proposals.lock().unwrap().get(&id.parse::<Uuid>().unwrap()).cloned()?;
        let own = !author.is_empty() && author == found.author;
        let open = own && found.open;
        Some(ProposalFiles { proposal_id: id.into(), public: found.public, own, open })
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
        let router =
            self.unary(router, "proposals.v1.ProposalService/CheckProposalFiles", |double, request| {
                let CheckProposalFilesRequest { proposal_ids, author } = request;
                let proposals = proposal_ids.iter().filter_map(|id| double.files_of(id, &author));
                CheckProposalFilesResponse { proposals: proposals.collect() }
            });
        let router =
            self.fallible(router, "budgets.v1.ProjectService/CheckProjectFiles", |double, request| {
                let CheckProjectFilesRequest { project_id, code_digest, .. } = request;
                let found =
                    double.projects.lock().unwrap().get(&project_id.parse::<Uuid>().unwrap()).cloned();
                let found = found.ok_or_else(|| tonic::Status::not_found("no such project"))?;
                // One code shows everything that is not public.
                let previewed = !found.public && code_digest == preview_digest(CODE);
                Ok(CheckProjectFilesResponse { previewed, ..found })
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
        self.fallible(router, method, move |double, request| Ok(answer(double, request)))
    }

    fn fallible<Q, A>(
        self: &Arc<Self>,
        router: Router,
        method: &str,
        answer: impl Fn(&Self, Q) -> Result<A, tonic::Status> + Clone + Send + Sync + 'static,
    ) -> Router
    where
        Q: Message + Default + 'static,
        A: Message + Default + 'static,
    {
        let double = self.clone();
        router.route(
            &format!("/comitia.{method}"),
            any(move |request: HttpRequest| {
                let (double, answer) = (double.clone(), answer.clone());
                let service = service_fn(move |request: Request<Q>| {
                    let answer = answer(&double, request.into_inner());
                    async move { answer.map(Response::new) }
                });
                async move { Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await }
            }),
        )
    }
}
