//! The gRPC services: decode, call the use case, encode.

mod budget_service;
mod checklist_service;
mod encode;
mod project_service;

use comitia_platform::ApiError;
use comitia_platform::auth::{Context, Viewer};
use comitia_platform::grpc::MAX_MESSAGE_BYTES;
use comitia_proto::budgets::v1::budget_service_server::BudgetServiceServer;
use comitia_proto::budgets::v1::checklist_service_server::ChecklistServiceServer;
use comitia_proto::budgets::v1::project_service_server::ProjectServiceServer;
use tonic::Request;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use uuid::Uuid;

use crate::app::App;

/// Answers calls with the use cases.
#[derive(Clone)]
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
    Routes::new(
        BudgetServiceServer::new(api.clone())
            .send_compressed(CompressionEncoding::Gzip)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
            .max_decoding_message_size(MAX_MESSAGE_BYTES),
    )
    .add_service(
        ChecklistServiceServer::new(api.clone())
            .send_compressed(CompressionEncoding::Gzip)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
            .max_decoding_message_size(MAX_MESSAGE_BYTES),
    )
    .add_service(
        ProjectServiceServer::new(api)
            .send_compressed(CompressionEncoding::Gzip)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
            .max_decoding_message_size(MAX_MESSAGE_BYTES),
    )
}

/// The organization that a reader reads in, and who they are in it.
fn reader<T>(request: &Request<T>) -> Result<(Uuid, Viewer), ApiError> {
    let context = Context::of(request);
    Ok((context.organization()?, context.viewer()))
}
