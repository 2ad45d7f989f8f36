//! The gRPC services: decode, call the use case, encode.

mod act;
mod area;
mod attachment;
mod encode;
mod organization;
mod preview;
mod process;

use comitia_platform::grpc::MAX_MESSAGE_BYTES;
use comitia_proto::spaces::v1::act_service_server::ActServiceServer;
use comitia_proto::spaces::v1::area_service_server::AreaServiceServer;
use comitia_proto::spaces::v1::attachment_service_server::AttachmentServiceServer;
use comitia_proto::spaces::v1::organization_service_server::OrganizationServiceServer;
use comitia_proto::spaces::v1::preview_service_server::PreviewServiceServer;
use comitia_proto::spaces::v1::process_service_server::ProcessServiceServer;
use tonic::service::Routes;

use crate::app::App;
use crate::domain::geojson::LARGEST_FILE;

/// A map of areas, and what is round it.
const LARGEST_MESSAGE: usize = LARGEST_FILE + 64 * 1024;

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
    let api = Api::new(app);
    Routes::new(OrganizationServiceServer::new(api.clone()))
        .add_service(ProcessServiceServer::new(api.clone()))
        .add_service(PreviewServiceServer::new(api.clone()))
        .add_service(ActServiceServer::new(api.clone()))
        // A map, and a file, come in one message.
        .add_service(AreaServiceServer::new(api.clone()).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(AttachmentServiceServer::new(api).max_decoding_message_size(MAX_MESSAGE_BYTES))
}
