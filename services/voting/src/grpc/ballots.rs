//! `BallotService`.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::task;
use comitia_platform::auth::Context;
use comitia_platform::{ApiError, grpc, validate};
use comitia_proto::voting::v1::ballot_service_server::BallotService;
use comitia_proto::voting::v1::batched_cast_result::Result as Cast;
use comitia_proto::voting::v1::{
    BatchCastBallotsRequest, BatchCastBallotsResponse, BatchedCast, BatchedCastResult, CastBallotRequest,
    CastBallotResponse, CastRefusal, GetReceiptRequest, GetReceiptResponse, ListTrackingCodesRequest,
    ListTrackingCodesResponse, LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, StreamBallotsRequest,
    StreamBallotsResponse, WithdrawSignatureRequest, WithdrawSignatureResponse,
};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, FuturesUnordered};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Api, poll_of};
use crate::app::{cast, close, tracking, withdraw};
use crate::domain::receipt::SECRET_BYTES;

/// A cast whose caller set no deadline waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most casts in a call.
const MOST_CASTS: usize = 1_000;

impl Api {
    async fn cast(
        &self,
        organization: Uuid,
        request: CastBallotRequest,
        deadline: Instant,
    ) -> Result<CastBallotResponse, Status> {
        let CastBallotRequest { poll_id, permit, ballot, cast_secret } = request;
        let poll = validate::uuid("poll_id", &poll_id)?;
        let ballot = ballot.ok_or_else(|| ApiError::invalid_field("ballot", "is required"))?;
        check_secret(&cast_secret)?;
        let cast = cast::cast_ballot(&self.app, organization, poll, permit, &ballot, &cast_secret, deadline);
        let receipt = cast.await?;
        Ok(CastBallotResponse { receipt: Some(receipt) })
    }

    /// One cast of a batch, with `latest` as its latest deadline.
    async fn cast_in_batch(self: Arc<Self>, cast: BatchedCast, latest: Instant) -> Cast {
        let BatchedCast { organization_id, request, timeout_ms, traceparent } = cast;
        let deadline = match timeout_ms {
            0 => latest,
            own => latest.min(Instant::now() + Duration::from_millis(own.into())),
        };
        // Box the future: each of its wrappers moves it.
        let work = Box::pin(async {
            let organization = validate::uuid("organization_id", &organization_id)?;
            let request = request.ok_or_else(|| ApiError::invalid_field("request", "is required"))?;
            self.cast(organization, request, deadline).await
        });
        match self.cast_in_batch.run(&traceparent, deadline, work).await {
            Ok(response) => Cast::Response(response),
            Err(status) => Cast::Refusal(CastRefusal {
                code: status.code() as i32,
                message: status.message().to_owned(),
                details: status.details().to_vec(),
            }),
        }
    }
}

/// Checks the length of a cast's secret. Its randomness is up to the device that drew it.
fn check_secret(secret: &[u8]) -> Result<(), ApiError> {
    if SECRET_BYTES.contains(&secret.len()) {
        return Ok(());
    }
    let (least, most) = (SECRET_BYTES.start(), SECRET_BYTES.end());
    Err(ApiError::invalid_field("cast_secret", format!("must be {least} to {most} random bytes")))
}

/// The deadline of the present call.
fn deadline() -> Instant {
    Instant::now() + grpc::remaining().unwrap_or(PATIENCE)
}

#[tonic::async_trait]
impl BallotService for Api {
    async fn cast_ballot(
        &self,
        request: Request<CastBallotRequest>,
    ) -> Result<Response<CastBallotResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        Ok(Response::new(self.cast(organization, request.into_inner(), deadline()).await?))
    }

    type BatchCastBallotsStream = BoxStream<'static, Result<BatchCastBallotsResponse, Status>>;

    async fn batch_cast_ballots(
        &self,
        request: Request<BatchCastBallotsRequest>,
    ) -> Result<Response<Self::BatchCastBallotsStream>, Status> {
        let casts = request.into_inner().casts;
        let count = casts.len();
        if !(1..=MOST_CASTS).contains(&count) {
            return Err(ApiError::invalid_field("casts", format!("must be 1 to {MOST_CASTS}")).into());
        }
        let (ballots, latest) = (Arc::new(self.clone()), deadline());
        let results: FuturesUnordered<_> = (0..)
            .zip(casts)
            .map(|(index, cast)| {
                let cast = ballots.clone().cast_in_batch(cast, latest);
                async move { BatchedCastResult { index, result: Some(cast.await) } }
            })
            .collect();
        let messages = results.ready_chunks(count).map(|results| Ok(BatchCastBallotsResponse { results }));
        Ok(Response::new(messages.boxed()))
    }

    async fn get_receipt(
        &self,
        request: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let GetReceiptRequest { permit, cast_secret, .. } = request.into_inner();
        check_secret(&cast_secret)?;
        let receipt = cast::get_receipt(&self.app, organization, poll, &permit, &cast_secret).await?;
        Ok(Response::new(GetReceiptResponse { receipt: Some(receipt) }))
    }

    async fn withdraw_signature(
        &self,
        request: Request<WithdrawSignatureRequest>,
    ) -> Result<Response<WithdrawSignatureResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let WithdrawSignatureRequest { permit, cast_secret, .. } = request.into_inner();
        check_secret(&cast_secret)?;
        let identifier =
            withdraw::withdraw_signature(&self.app, organization, poll, &permit, &cast_secret).await?;
        Ok(Response::new(WithdrawSignatureResponse { log_identifier: hex::encode(identifier) }))
    }

    async fn look_up_tracking_code(
        &self,
        request: Request<LookUpTrackingCodeRequest>,
    ) -> Result<Response<LookUpTrackingCodeResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let code = &request.get_ref().tracking_code;
        let found = tracking::look_up_tracking_code(&self.app, organization, poll, code).await?;
        Ok(Response::new(found))
    }

    async fn list_tracking_codes(
        &self,
        request: Request<ListTrackingCodesRequest>,
    ) -> Result<Response<ListTrackingCodesResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let token = &request.get_ref().page_token;
        let page = tracking::list_tracking_codes(&self.app, organization, poll, token).await?;
        Ok(Response::new(page))
    }

    type StreamBallotsStream = BoxStream<'static, Result<StreamBallotsResponse, Status>>;

    async fn stream_ballots(
        &self,
        request: Request<StreamBallotsRequest>,
    ) -> Result<Response<Self::StreamBallotsStream>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        close::require_sealed(&self.app, organization, poll).await?;
        let (sender, receiver) = mpsc::channel(2);
        let app = self.app.clone();
        task::spawn("stream of ballots", async move {
            if let Err(error) = close::send_ballots(&app, organization, poll, &sender).await {
                // Fails only if the receiver is gone.
                let _ = sender.send(Err(error)).await;
            }
        });
        let messages = ReceiverStream::new(receiver)
            .map(|chunk| chunk.map(|groups| StreamBallotsResponse { groups }).map_err(Status::from));
        Ok(Response::new(messages.boxed()))
    }
}
