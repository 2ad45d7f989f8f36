//! Casts go to voting together.
//!
//! A call of its own costs a cast more, here and there, than everything else that becomes of it. So casts that come within a
//! millisecond go in one call (`BatchCastBallots`): a lone one goes at once, and the larger the crowd, the more go together.
//! Each result is passed on when it comes; casts do not wait for each other.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use comitia_core::task;
use comitia_platform::grpc::{self, Client};
use comitia_proto::voting::v1::batched_cast_result::Result as Cast;
use comitia_proto::voting::v1::{
    BatchCastBallotsResponse, BatchedCast, BatchedCastResult, CastBallotResponse, CastRefusal,
};
use http::uri::PathAndQuery;
use prost::Message;
use prost::encoding::{self, WireType};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::upstream::{ATTEMPTS, RawCodec, client, may_go_again};

/// The most casts in a call, and the bytes from which on no further one goes along.
const MOST: usize = 250;
const MOST_BYTES: usize = 256 * 1024;
/// The least time between two calls.
const PACE: Duration = Duration::from_millis(1);
/// Who says no deadline waits this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// The method that takes them.
const BATCH: PathAndQuery = PathAndQuery::from_static("/comitia.voting.v1.BallotService/BatchCastBallots");
/// The numbers of `BatchCastBallotsRequest.casts` and `BatchedCast.request`.
const CASTS: u32 = 1;
const REQUEST: u32 = 2;

/// The way to voting for casts. Clones are one.
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
    reply: oneshot::Sender<Result<CastBallotResponse, Status>>,
}

impl Casts {
    /// Gathers what goes to voting until the last clone is dropped. Must be called on a tokio runtime.
    pub fn start(voting: Client) -> Self {
        // No more come than have a place among the calls to voting.
        let (queue, casts) = mpsc::unbounded_channel();
        task::spawn("casts", gather(casts, queue.downgrade(), voting));
        Self { queue }
    }

    /// Casts a ballot, an encoded `CastBallotRequest`; gives the encoded `CastBallotResponse`. Where the connection breaks, it is
    /// cast again, because a cast that comes twice does no harm.
    ///
    /// # Errors
    /// What voting answered; a status with a source when the connection broke.
    pub async fn cast(&self, organization: Uuid, message: Bytes) -> Result<Bytes, Status> {
        let deadline = Instant::now() + grpc::remaining().unwrap_or(PATIENCE);
        let (reply, answer) = oneshot::channel();
        let traceparent = grpc::traceparent();
        let waiting = Waiting { organization, message, traceparent, deadline, attempt: 1, reply };
        // Both fail only while the process ends.
        self.queue.send(waiting).map_err(|_| lost())?;
        Ok(answer.await.map_err(|_| lost())??.encode_to_vec().into())
    }
}

async fn gather(mut casts: UnboundedReceiver<Waiting>, again: WeakUnboundedSender<Waiting>, voting: Client) {
    let mut next = Instant::now();
    while let Some(first) = casts.recv().await {
        if next <= Instant::now() {
            // Whoever else has something to do in this turn of the event loop comes first.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep_until(next).await;
        }
        next = Instant::now() + PACE;
        let mut bytes = first.message.len();
        let mut batch = vec![first];
        while batch.len() < MOST
            && bytes < MOST_BYTES
            && let Ok(waiting) = casts.try_recv()
        {
            bytes += waiting.message.len();
            batch.push(waiting);
        }
        task::spawn("batch of casts", send(batch, again.clone(), voting.clone()));
    }
}

/// Sends casts, and passes on what became of each.
async fn send(mut batch: Vec<Waiting>, again: WeakUnboundedSender<Waiting>, voting: Client) {
    let now = Instant::now();
    // What nobody waits for any more is not done.
    batch.retain(|waiting| waiting.deadline > now && !waiting.reply.is_closed());
    let Some(last) = batch.iter().map(|waiting| waiting.deadline).max() else { return };
    let message = encode(&batch, now);
    let mut waiting: Vec<_> = batch.into_iter().map(Some).collect();
    let call = grpc::with_deadline(last - now, exchange(voting, message, &mut waiting));
    let status = match tokio::time::timeout_at(last, call).await {
        Ok(Err(status)) => status,
        Ok(Ok(())) => lost(),
        // Then the time of all callers is over.
        Err(_) => Status::deadline_exceeded("the deadline passed"),
    };
    for mut waiting in waiting.into_iter().flatten() {
        match again.upgrade() {
            Some(queue) if waiting.attempt < ATTEMPTS && may_go_again(&status, true) => {
                waiting.attempt += 1;
                // Fails only while the process ends.
                let _ = queue.send(waiting);
            }
            _ => waiting.answer(Err(status.clone())),
        }
    }
}

/// One call: takes those out of `waiting` whose results come.
async fn exchange(voting: Client, message: Bytes, waiting: &mut [Option<Waiting>]) -> Result<(), Status> {
    let mut grpc = client(voting);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let mut results =
        grpc.server_streaming(Request::new(message), BATCH.clone(), RawCodec).await?.into_inner();
    while let Some(message) = results.message().await? {
        let response = BatchCastBallotsResponse::decode(message)
            .map_err(|_| Status::internal("voting's answer cannot be read"))?;
        for BatchedCastResult { index, result } in response.results {
            let waiting = usize::try_from(index).ok().and_then(|index| waiting.get_mut(index)?.take());
            let (Some(waiting), Some(result)) = (waiting, result) else { continue };
            waiting.answer(match result {
                Cast::Response(response) => Ok(response),
                Cast::Refusal(CastRefusal { code, message, details }) => {
                    Err(Status::with_details(Code::from_i32(code), message, details.into()))
                }
            });
        }
    }
    Ok(())
}

impl Waiting {
    fn answer(self, result: Result<CastBallotResponse, Status>) {
        // A caller that has gone meanwhile casts again.
        let _ = self.reply.send(result);
    }
}

/// The `BatchCastBallotsRequest` of these casts, whose messages are encoded already.
fn encode(batch: &[Waiting], now: Instant) -> Bytes {
    let mut bytes = BytesMut::with_capacity(batch.iter().map(|waiting| waiting.message.len() + 128).sum());
    for Waiting { organization, message, traceparent, deadline, .. } in batch {
        let rest = BatchedCast {
            organization_id: organization.to_string(),
            request: None,
            timeout_ms: u32::try_from((*deadline - now).as_millis()).unwrap_or(u32::MAX).max(1),
            traceparent: traceparent.clone(),
        };
        let length = rest.encoded_len() + encoding::bytes::encoded_len(REQUEST, message);
        encoding::encode_key(CASTS, WireType::LengthDelimited, &mut bytes);
        encoding::encode_varint(length as u64, &mut bytes);
        rest.encode_raw(&mut bytes);
        // A message within a message stands there as bytes do.
        encoding::bytes::encode(REQUEST, message, &mut bytes);
    }
    bytes.freeze()
}

/// The connection ended without a result.
fn lost() -> Status {
    let mut status = Status::unavailable("the result of the cast was lost");
    status.set_source(std::sync::Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionAborted)));
    status
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::{BatchCastBallotsRequest, CastBallotRequest};

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
}
