//! The gRPC services of spaces: decode, check, call, encode.

mod area;
mod organization;
mod process;

pub(crate) mod encode;

use comitia_proto::spaces::v1::area_service_server::AreaServiceServer;
use comitia_proto::spaces::v1::organization_service_server::OrganizationServiceServer;
use comitia_proto::spaces::v1::process_service_server::ProcessServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Answers the calls of all three services.
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

    /// The three services.
    #[must_use]
    pub fn routes(self) -> Routes {
        Routes::new(OrganizationServiceServer::new(self.clone()))
            .add_service(ProcessServiceServer::new(self.clone()))
            .add_service(AreaServiceServer::new(self))
    }
}
