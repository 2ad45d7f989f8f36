//! Casts that go to voting as gateways send them: several in one call, each with its own result.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use comitia_core::task;
use comitia_proto::voting::v1::batched_cast_result::Result as Cast;
use comitia_proto::voting::v1::{
    BatchCastBallotsRequest, BatchCastBallotsResponse, BatchedCast, CastBallotRequest,
};
use http::{HeaderMap, Request, Uri};
use prost::Message;
use tokio::sync::{mpsc, oneshot};

use super::grpc::{Http2, headers};
use super::{Answer, Connection};

/// The method.
const PATH: &str = "/comitia.voting.v1.BallotService/BatchCastBallots";
/// What stands before a message: whether it is compressed, and its length.
const FRAME: usize = 5;

/// A caller at a connection that several share: what they send in one turn of the event loop goes in one call.
#[derive(Clone, Debug)]
pub struct BatchConnection {
    queue: mpsc::UnboundedSender<(Bytes, oneshot::Sender<Answer>)>,
}

impl BatchConnection {
    /// Connects. A clone shares the connection.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let http2 = super::grpc::connect(address).await?;
        let uri: Uri = format!("http://{address}{PATH}").parse()?;
        let headers = headers(&[])?;
        let (queue, mut casts) = mpsc::unbounded_channel();
        task::spawn("casts of a connection", async move {
            while let Some(first) = casts.recv().await {
                tokio::task::yield_now().await;
                let mut batch = vec![first];
                while let Ok(next) = casts.try_recv() {
                    batch.push(next);
                }
                task::spawn("batch of casts", send(http2.clone(), uri.clone(), headers.clone(), batch));
            }
        });
        Ok(Self { queue })
    }
}

impl Connection for BatchConnection {
    async fn call(&mut self, cast: &Bytes) -> Answer {
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.send((cast.clone(), reply));
        let failed = || Answer::Failed("the connection broke".to_owned());
        if sent.is_err() { failed() } else { answer.await.unwrap_or_else(|_| failed()) }
    }
}

async fn send(http2: Http2, uri: Uri, headers: HeaderMap, batch: Vec<(Bytes, oneshot::Sender<Answer>)>) {
    let mut waiting: Vec<_> = batch.into_iter().map(|(cast, reply)| (cast, Some(reply))).collect();
    let error = match exchange(http2, uri, headers, &mut waiting).await {
        Ok(()) => "no result".to_owned(),
        Err(error) => error.to_string(),
    };
    for reply in waiting.into_iter().filter_map(|(_, reply)| reply) {
        // The caller may have given up.
        let _ = reply.send(Answer::Failed(error.clone()));
    }
}

async fn exchange(
    http2: Http2,
    uri: Uri,
    headers: HeaderMap,
    waiting: &mut [(Bytes, Option<oneshot::Sender<Answer>>)],
) -> anyhow::Result<()> {
    let length: usize = waiting.iter().map(|(cast, _)| cast.len()).sum();
    let mut message = BytesMut::with_capacity(length + FRAME);
    message.put_u8(0);
    message.put_u32(u32::try_from(length)?);
    // Requests one after the other are one request with the casts of all.
    waiting.iter().for_each(|(cast, _)| message.put_slice(cast));
    let mut request = Request::post(uri).body(())?;
    *request.headers_mut() = headers;
    let (answer, mut body) = http2.ready().await?.send_request(request, false)?;
    body.send_data(message.freeze(), true)?;
    let (head, mut body) = answer.await?.into_parts();
    let mut read = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        read.extend_from_slice(&data);
        while let Some(message) = frame(&mut read) {
            for result in BatchCastBallotsResponse::decode(message)?.results {
                let (_, reply) =
                    waiting.get_mut(result.index as usize).context("a result of nobody's cast")?;
                let Some(reply) = reply.take() else { continue };
                // The caller may have given up.
                let _ = reply.send(match result.result {
                    Some(Cast::Response(_)) => Answer::Accepted,
                    Some(Cast::Refusal(refusal)) => Answer::Refused(format!("gRPC status {}", refusal.code)),
                    None => Answer::Failed("a result without anything in it".to_owned()),
                });
            }
        }
    }
    let trailers = body.trailers().await?.unwrap_or(head.headers);
    anyhow::ensure!(
        trailers.get("grpc-status").is_some_and(|status| status == "0"),
        "gRPC status {:?}",
        trailers.get("grpc-status")
    );
    Ok(())
}

/// Takes a message that is there as a whole.
fn frame(read: &mut BytesMut) -> Option<BytesMut> {
    let length = u32::from_be_bytes(read.get(1..FRAME)?.try_into().ok()?) as usize;
    if read.len() < FRAME + length {
        return None;
    }
    read.advance(FRAME);
    Some(read.split_to(length))
}

/// A cast as a part of a call, without the frame round it.
pub fn part(organization: String, request: CastBallotRequest) -> Bytes {
    let cast = BatchedCast { organization_id: organization, request: Some(request), ..Default::default() };
    BatchCastBallotsRequest { casts: vec![cast] }.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_one_after_the_other_are_one_request() {
        let cast = |permit: &str| CastBallotRequest { permit: permit.to_owned(), ..Default::default() };
        let parts = [part("a".to_owned(), cast("1")), part("b".to_owned(), cast("2"))].concat();
        let read = BatchCastBallotsRequest::decode(&parts[..]).unwrap();
        let of =
            |place: usize| (read.casts[place].organization_id.clone(), read.casts[place].request.clone());
        assert_eq!([of(0), of(1)], [("a".to_owned(), Some(cast("1"))), ("b".to_owned(), Some(cast("2")))]);
    }

    #[test]
    fn a_message_is_taken_when_all_of_it_is_there() {
        let mut read = BytesMut::from(&b"\0\0\0\0\x02ab\0\0\0\0\x01"[..]);
        assert_eq!(frame(&mut read).unwrap(), "ab");
        assert_eq!(frame(&mut read), None);
        read.put_u8(b'c');
        assert_eq!(frame(&mut read).unwrap(), "c");
        assert_eq!(frame(&mut read), None);
    }
}
