//! The gRPC services: decode, call the use case, encode.

mod decode;
mod encode;
mod proposal;

use comitia_proto::proposals::v1::proposal_service_server::ProposalServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Answers calls with the use cases.
#[derive(Clone, Debug)]
pub struct Api {
    app: App,
}

impl Api {
    /// Answers with these use cases.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }
}

/// The gRPC services of this crate.
#[must_use]
pub fn routes(app: App) -> Routes {
    Routes::new(ProposalServiceServer::new(Api::new(app)))
}
