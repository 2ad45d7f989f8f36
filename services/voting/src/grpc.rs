//! The gRPC services: decode, call the use case, encode. Who may call what is in each method's policy, which the
//! platform checks.

mod ballots;
mod corrections;
mod logs;
mod paper;
mod polls;

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::grpc::{MAX_MESSAGE_BYTES, PartMethod};
use comitia_platform::validate;
use comitia_proto::voting::v1::ballot_service_server::BallotServiceServer;
use comitia_proto::voting::v1::correction_service_server::CorrectionServiceServer;
use comitia_proto::voting::v1::log_service_server::LogServiceServer;
use comitia_proto::voting::v1::paper_ballot_service_server::PaperBallotServiceServer;
use comitia_proto::voting::v1::poll_service_server::PollServiceServer;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use tonic::service::Routes;
use uuid::Uuid;

use crate::app::App;

/// Answers calls with the use cases.
#[derive(Clone, Debug)]
pub struct Api {
    app: App,
    /// Ends streams with `UNAVAILABLE` when the process stops.
    stopping: CancellationToken,
    cast_in_batch: PartMethod,
}

impl Api {
    /// Answers with these use cases, until `stopping`.
    #[must_use]
    pub fn new(app: App, stopping: CancellationToken) -> Self {
        let cast_in_batch = PartMethod::new("/comitia.voting.v1.BallotService/CastBallot");
        Self { app, stopping, cast_in_batch }
    }
}

/// The gRPC services of this crate.
#[must_use]
pub fn routes(app: App, stopping: CancellationToken) -> Routes {
    let api = Api::new(app, stopping);
    Routes::new(PollServiceServer::new(api.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(BallotServiceServer::new(api.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(LogServiceServer::new(api.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(CorrectionServiceServer::new(api.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(PaperBallotServiceServer::new(api).max_decoding_message_size(MAX_MESSAGE_BYTES))
}

/// The organization and the poll that a request is about.
fn poll_of<T>(request: &Request<T>, poll_id: &str) -> Result<(Uuid, Uuid), ApiError> {
    Ok((Context::of(request).organization()?, validate::uuid("poll_id", poll_id)?))
}
