//! `BallotService`.

use std::time::Duration;

use comitia_core::task;
use comitia_platform::{ApiError, grpc};
use comitia_proto::voting::v1::ballot_service_server::BallotService;
use comitia_proto::voting::v1::{
    CastBallotRequest, CastBallotResponse, GetReceiptRequest, GetReceiptResponse, StreamBallotsRequest,
    StreamBallotsResponse,
};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{poll_of, status};
use crate::app::App;

/// A cast whose caller set no deadline waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// `BallotService` over the use cases.
#[derive(Clone, Debug)]
pub struct Ballots(pub App);

#[tonic::async_trait]
impl BallotService for Ballots {
    async fn cast_ballot(
        &self,
        request: Request<CastBallotRequest>,
    ) -> Result<Response<CastBallotResponse>, Status> {
        let deadline = Instant::now() + grpc::remaining().unwrap_or(PATIENCE);
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let CastBallotRequest { permit, ballot, .. } = request.into_inner();
        let ballot = ballot.ok_or_else(|| ApiError::invalid_field("ballot", "must be there"))?;
        let receipt =
            self.0.cast_ballot(organization, poll, permit, &ballot, deadline).await.map_err(status)?;
        Ok(Response::new(CastBallotResponse { receipt: Some(receipt) }))
    }

    async fn get_receipt(
        &self,
        request: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let permit = request.into_inner().permit;
        let receipt = self.0.get_receipt(organization, poll, &permit).await.map_err(status)?;
        Ok(Response::new(GetReceiptResponse { receipt: Some(receipt) }))
    }

    type StreamBallotsStream = BoxStream<'static, Result<StreamBallotsResponse, Status>>;

    async fn stream_ballots(
        &self,
        request: Request<StreamBallotsRequest>,
    ) -> Result<Response<Self::StreamBallotsStream>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        self.0.require_sealed(organization, poll).await.map_err(status)?;
        let (sender, receiver) = mpsc::channel(2);
        let app = self.0.clone();
        task::spawn("stream of ballots", async move {
            if let Err(error) = app.send_ballots(organization, poll, &sender).await {
                // An error says that nobody listens any more.
                let _ = sender.send(Err(error)).await;
            }
        });
        let messages = ReceiverStream::new(receiver)
            .map(|chunk| chunk.map(|groups| StreamBallotsResponse { groups }).map_err(status));
        Ok(Response::new(messages.boxed()))
    }
}
