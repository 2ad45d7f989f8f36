//! Unary gRPC calls over HTTP/2, without a framework between.

use std::net::SocketAddr;

use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request, Uri};
use tokio::net::TcpStream;

use super::{Answer, Connection};

/// An HTTP/2 connection; clones are one.
pub type Http2 = SendRequest<Bytes>;

/// One call at a time over an HTTP/2 connection, which others may share.
#[derive(Clone, Debug)]
pub struct GrpcConnection {
    address: SocketAddr,
    uri: Uri,
    headers: HeaderMap,
    open: Option<Http2>,
}

impl GrpcConnection {
    /// Connects, for calls of the method with this path, which get this metadata. A clone shares the connection.
    ///
    /// # Errors
    /// When nobody listens there, or an argument cannot go into a header.
    pub async fn open(
        address: SocketAddr,
        path: &str,
        metadata: &[(&'static str, &str)],
    ) -> anyhow::Result<Self> {
        let uri = format!("http://{address}{path}").parse()?;
        Ok(Self { address, uri, headers: headers(metadata)?, open: Some(connect(address).await?) })
    }

    async fn exchange(&mut self, message: &Bytes) -> anyhow::Result<Answer> {
        let open = match self.open.take() {
            Some(open) => open,
            None => connect(self.address).await?,
        };
        let mut open = open.ready().await?;
        let mut request = Request::post(self.uri.clone()).body(())?;
        request.headers_mut().clone_from(&self.headers);
        let (answer, mut body) = open.send_request(request, false)?;
        body.send_data(message.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        while let Some(data) = body.data().await {
            let data = data?;
            body.flow_control().release_capacity(data.len())?;
        }
        let trailers = body.trailers().await?.unwrap_or(head.headers);
        self.open = Some(open);
        let status = trailers.get("grpc-status").and_then(|status| status.to_str().ok());
        Ok(match status {
            Some("0") => Answer::Accepted,
            Some(code) => Answer::Refused(format!("gRPC status {code}")),
            None => Answer::Failed(format!("HTTP status {} without a gRPC status", head.status.as_u16())),
        })
    }
}

impl Connection for GrpcConnection {
    async fn call(&mut self, message: &Bytes) -> Answer {
        self.exchange(message).await.unwrap_or_else(|error| Answer::Failed(error.to_string()))
    }
}

/// The headers of every call, with this metadata.
pub fn headers(metadata: &[(&'static str, &str)]) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static("application/grpc"));
    headers.insert("te", http::HeaderValue::from_static("trailers"));
    for (name, value) in metadata {
        headers.insert(*name, value.parse()?);
    }
    Ok(headers)
}

/// Opens a connection.
pub async fn connect(address: SocketAddr) -> anyhow::Result<Http2> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (open, connection) = h2::client::handshake(stream).await?;
    comitia_core::task::spawn("load connection", async move {
        // Its end is seen by the calls that use it.
        let _ = connection.await;
    });
    Ok(open)
}

/// A message as gRPC frames it: not compressed, then its length.
pub fn frame(message: &impl prost::Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(length + 5);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // A growing buffer has room for every message.
    let _ = message.encode(&mut bytes);
    bytes.freeze()
}
