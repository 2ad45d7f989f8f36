//! Casts are batched on their way to voting.
//!
//! A call of its own would cost a cast more than everything else that is done for it. So casts that
//! arrive within a millisecond share one call (`BatchCastBallots`). A lone cast goes at once; the
//! batches grow with the load. Each result is passed on when it arrives, without waiting for the
//! others.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use comitia_core::task::{self, EventLoop};
use comitia_platform::grpc::{self, Client};
use comitia_proto::voting::v1::CastRefusal;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::upstream::call::{ATTEMPTS, RawCodec, client, retryable};

/// The maximum number of casts in a batch, and the size at which a batch is full.
const MAX_CASTS: usize = 250;
const MAX_BYTES: usize = 256 * 1024;
/// The minimum time between two batches.
const MIN_INTERVAL: Duration = Duration::from_millis(1);
/// The timeout of a cast without a deadline.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const BATCH: PathAndQuery = PathAndQuery::from_static("/comitia.voting.v1.BallotService/BatchCastBallots");

/// `BatchCastBallotsRequest` and `BatchCastBallotsResponse` with inner messages as bytes, so that
/// they are not encoded again.
mod wire {
    use super::*;

    #[derive(Clone, PartialEq, Message)]
    pub struct Request {
        #[prost(message, repeated, tag = "1")]
        pub casts: Vec<Cast>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Cast {
        #[prost(string, tag = "1")]
        pub organization_id: String,
        #[prost(bytes = "bytes", optional, tag = "2")]
        pub request: Option<Bytes>,
        #[prost(uint32, tag = "3")]
        pub timeout_ms: u32,
        #[prost(string, tag = "4")]
        pub traceparent: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Response {
        #[prost(message, repeated, tag = "1")]
        pub results: Vec<CastResult>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct CastResult {
        #[prost(uint32, tag = "1")]
        pub index: u32,
        #[prost(bytes = "bytes", optional, tag = "2")]
        pub response: Option<Bytes>,
        #[prost(message, optional, tag = "3")]
        pub refusal: Option<CastRefusal>,
    }
}

/// Queue of casts for voting. Clones share it.
#[derive(Clone, Debug)]
pub struct Casts {
    queue: UnboundedSender<Waiting>,
}

/// A cast whose caller waits for its result.
#[derive(Debug)]
struct Waiting {
    organization: Uuid,
    /// An encoded `CastBallotRequest`.
    message: Bytes,
    traceparent: String,
    deadline: Instant,
    attempt: u32,
    reply: oneshot::Sender<Cast>,
}

/// The outcome of a cast.
#[derive(Debug)]
pub struct Cast {
    /// The encoded `CastBallotResponse`, or voting's refusal, or a status with a source if the
    /// connection broke.
    pub result: Result<Bytes, Status>,
    /// How often it was sent.
    pub attempts: u32,
}

impl Casts {
    /// Batches casts until the last clone is dropped. The queue runs in the caller's event loop, so
    /// that a cast wakes no other thread; calls run in `event_loop`.
    pub fn start(voting: Client, event_loop: Arc<EventLoop>) -> Self {
        // Bounded by the permits for calls to voting.
        let (queue, casts) = mpsc::unbounded_channel();
        task::spawn("casts", gather(casts, queue.downgrade(), voting, event_loop));
        Self { queue }
    }

    /// Casts a ballot, an encoded `CastBallotRequest`. A cast is idempotent, so it is retried if
    /// the connection breaks.
    pub async fn cast(&self, organization: Uuid, message: Bytes) -> Cast {
        let deadline = Instant::now() + grpc::remaining().unwrap_or(DEFAULT_TIMEOUT);
        let (reply, answer) = oneshot::channel();
        let traceparent = grpc::traceparent();
        let waiting = Waiting { organization, message, traceparent, deadline, attempt: 1, reply };
        // Both fail only while the process stops.
        let lost = || Cast { result: Err(lost()), attempts: 1 };
        if self.queue.send(waiting).is_err() {
            return lost();
        }
        answer.await.unwrap_or_else(|_| lost())
    }
}

async fn gather(
    mut casts: UnboundedReceiver<Waiting>,
    retries: WeakUnboundedSender<Waiting>,
    voting: Client,
    event_loop: Arc<EventLoop>,
) {
    let mut next = Instant::now();
    while let Some(first) = casts.recv().await {
        if next <= Instant::now() {
            // Let other ready tasks add their casts first.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep_until(next).await;
        }
        next = Instant::now() + MIN_INTERVAL;
        let mut bytes = first.message.len();
        let mut batch = vec![first];
        while batch.len() < MAX_CASTS
            && bytes < MAX_BYTES
            && let Ok(waiting) = casts.try_recv()
        {
            bytes += waiting.message.len();
            batch.push(waiting);
        }
        let _there = event_loop.enter();
        task::spawn("batch of casts", send(batch, retries.clone(), voting.clone()));
    }
}

/// Sends a batch and passes on each result.
async fn send(mut batch: Vec<Waiting>, retries: WeakUnboundedSender<Waiting>, voting: Client) {
    let now = Instant::now();
    // Drop casts that no caller waits for.
    batch.retain(|waiting| waiting.deadline > now && !waiting.reply.is_closed());
    let Some(last) = batch.iter().map(|waiting| waiting.deadline).max() else { return };
    let message = encode(&batch, now);
    let mut waiting: Vec<_> = batch.into_iter().map(Some).collect();
    let call = grpc::with_deadline(last - now, exchange(voting, message, &mut waiting));
    let status = match tokio::time::timeout_at(last, call).await {
        Ok(Err(status)) => status,
        Ok(Ok(())) => lost(),
        // All deadlines have passed.
        Err(_) => Status::deadline_exceeded("it took too long and was given up; try again"),
    };
    for mut waiting in waiting.into_iter().flatten() {
        match retries.upgrade() {
            Some(queue) if waiting.attempt < ATTEMPTS && retryable(&status, true) => {
                waiting.attempt += 1;
                // Fails only while the process stops.
                let _ = queue.send(waiting);
            }
            _ => waiting.answer(Err(status.clone())),
        }
    }
}

/// Makes one call, and takes answered casts out of `waiting`.
async fn exchange(voting: Client, message: Bytes, waiting: &mut [Option<Waiting>]) -> Result<(), Status> {
    let mut grpc = client(voting);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let mut results =
        grpc.server_streaming(Request::new(message), BATCH.clone(), RawCodec).await?.into_inner();
    while let Some(message) = results.message().await? {
        let response = wire::Response::decode(message)
            .map_err(|_| Status::internal("voting's answer cannot be read"))?;
        for wire::CastResult { index, response, refusal } in response.results {
            let waiting = usize::try_from(index).ok().and_then(|index| waiting.get_mut(index)?.take());
            let Some(waiting) = waiting else { continue };
            match (response, refusal) {
                (Some(response), _) => waiting.answer(Ok(response)),
                (None, Some(CastRefusal { code, message, details })) => {
                    waiting.answer(Err(Status::with_details(Code::from_i32(code), message, details.into())));
                }
                (None, None) => waiting.answer(Err(lost())),
            }
        }
    }
    Ok(())
}

impl Waiting {
    fn answer(self, result: Result<Bytes, Status>) {
        // The caller is gone.
        let _ = self.reply.send(Cast { result, attempts: self.attempt });
    }
}

fn encode(batch: &[Waiting], now: Instant) -> Bytes {
    let casts = batch.iter().map(|waiting| wire::Cast {
        organization_id: waiting.organization.to_string(),
        request: Some(waiting.message.clone()),
        timeout_ms: u32::try_from((waiting.deadline - now).as_millis()).unwrap_or(u32::MAX).max(1),
        traceparent: waiting.traceparent.clone(),
    });
    wire::Request { casts: casts.collect() }.encode_to_vec().into()
}

/// The connection ended without a result.
fn lost() -> Status {
    let mut status = Status::unavailable("the result of the cast was lost");
    status.set_source(std::sync::Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionAborted)));
    status
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::batched_cast_result::Result as Outcome;
    use comitia_proto::voting::v1::{
        BatchCastBallotsRequest, BatchCastBallotsResponse, BatchedCastResult, CastBallotRequest,
        CastBallotResponse, Receipt,
    };

    use super::*;

    #[test]
    fn encoded_casts_are_one_request() {
        let now = Instant::now();
        let request = |permit: &str| CastBallotRequest { permit: permit.to_owned(), ..Default::default() };
        let waiting = |number: u32| Waiting {
            organization: Uuid::from_u128(number.into()),
            message: request(&"x".repeat(number as usize * 100)).encode_to_vec().into(),
            traceparent: "trace".repeat(number as usize),
            deadline: now + Duration::from_secs(number.into()),
            attempt: 1,
            reply: oneshot::channel().0,
        };
        let batch: Vec<_> = (0..4).map(waiting).collect();
        let read = BatchCastBallotsRequest::decode(encode(&batch, now)).unwrap();
        assert_eq!(read.casts.len(), 4);
        for (number, cast) in (0_u32..).zip(read.casts) {
            assert_eq!(cast.organization_id, Uuid::from_u128(number.into()).to_string());
            assert_eq!(cast.request, Some(request(&"x".repeat(number as usize * 100))));
            assert_eq!(cast.timeout_ms, (number * 1000).max(1));
            assert_eq!(cast.traceparent, "trace".repeat(number as usize));
        }
    }

    #[test]
    fn results_are_passed_on_as_voting_encoded_them() {
        let receipt = Receipt { tracking_code: "7KXM".to_owned(), revision: 2, ..Default::default() };
        let response = CastBallotResponse { receipt: Some(receipt) };
        let refusal = CastRefusal { code: 9, message: "closed".to_owned(), details: vec![1, 2] };
        let results = [
            Some(Outcome::Response(response.clone())),
            Some(Outcome::Response(CastBallotResponse::default())),
            Some(Outcome::Refusal(refusal.clone())),
            None,
        ];
        let results = (0..).zip(results).map(|(index, result)| BatchedCastResult { index, result }).collect();
        let encoded = BatchCastBallotsResponse { results }.encode_to_vec();
        let read = wire::Response::decode(encoded.as_slice()).unwrap().results;
        let expected = [
            (0, Some(response.encode_to_vec().into()), None),
            (1, Some(Bytes::new()), None),
            (2, None, Some(refusal)),
            (3, None, None),
        ];
        let read: Vec<_> =
            read.into_iter().map(|result| (result.index, result.response, result.refusal)).collect();
        assert_eq!(read, expected);
    }
}
