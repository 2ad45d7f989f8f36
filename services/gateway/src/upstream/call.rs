//! gRPC calls whose messages stay encoded, because the gateway has encoded them already.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use comitia_platform::ApiError;
use comitia_platform::Reason;
use comitia_platform::error::ErrorCode;
use comitia_platform::grpc::{self, Client, Fault};
use comitia_proto::codec;
use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

/// How often a call is attempted when its connection breaks. The next attempt goes to another
/// replica, if there is one.
pub const ATTEMPTS: u32 = 3;

pub fn client(client: Client) -> Grpc<Client> {
    Grpc::new(client).max_decoding_message_size(grpc::MAX_MESSAGE_BYTES)
}

pub fn request(metadata: MetadataMap, message: Bytes) -> Request<Bytes> {
    Request::from_parts(metadata, tonic::Extensions::default(), message)
}

/// Waits until the channel is ready.
///
/// # Errors
/// `DEPENDENCY_UNAVAILABLE`
pub async fn ready(grpc: &mut Grpc<Client>) -> Result<(), ApiError> {
    grpc.ready().await.map_err(ApiError::unavailable)
}

/// The error of a status. A cancelled call whose deadline passed is `DEADLINE_EXCEEDED`.
pub fn error(status: &Status) -> ApiError {
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded if timed_out() => {
            let text = "it took too long and was given up; try again";
            ApiError::new(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded, text)
        }
        _ => ApiError::from_status(status),
    }
}

fn timed_out() -> bool {
    grpc::remaining().is_some_and(|left| left < Duration::from_millis(5))
}

/// Whether a failed call may be retried at once.
pub fn retryable(status: &Status, repeatable: bool) -> bool {
    !timed_out()
        && match Fault::of(status) {
            Some(Fault::NotConnected) => true,
            Some(Fault::Broken) => repeatable,
            Some(Fault::TimedOut) | None => false,
        }
}

/// A codec that passes bytes through.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        codec::buffers()
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        codec::buffers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_unavailable_and_a_defect_is_not() {
        let mut broken = Status::unknown("transport error");
        broken.set_source(std::sync::Arc::new(std::io::Error::other("connection reset")));
        assert_eq!(error(&broken).code, ErrorCode::Unavailable);
        assert_eq!(error(&Status::unknown("a defect")).code, ErrorCode::Internal);
        assert_eq!(error(&Status::not_found("no poll")).code, ErrorCode::NotFound);
        // A call that may have arrived is retried only if it is repeatable.
        assert!(retryable(&broken, true) && !retryable(&broken, false));
        assert!(!retryable(&Status::unavailable("its own word"), true));
        let away = tonic::ConnectError(Box::new(std::io::Error::other("refused")));
        let never_sent = Status::from_error(Box::new(away));
        assert!(retryable(&never_sent, false));
    }
}
