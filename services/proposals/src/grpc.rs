//! The gRPC service of proposals: decode, check, call, encode.

mod decode;
mod proposal;

pub(crate) mod encode;

use comitia_proto::proposals::v1::proposal_service_server::ProposalServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Answers the calls.
#[derive(Clone, Debug)]
pub struct Grpc {
    app: App,
}

impl Grpc {
    /// Answers with these use cases.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// The service.
    #[must_use]
    pub fn routes(self) -> Routes {
        Routes::new(ProposalServiceServer::new(self))
    }
}
