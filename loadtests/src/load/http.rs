//! HTTP/1.1 with kept connections.

use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Answer, Connection};

/// Headers that an answer may have.
const MAX_HEADERS: usize = 32;

/// A connection to a gateway.
#[derive(Debug)]
pub struct HttpConnection {
    address: SocketAddr,
    /// Nothing while a call is under way, so that one that is given up leaves no half-read answer behind.
    open: Option<(TcpStream, BytesMut)>,
}

/// The head of an answer.
struct Head {
    bytes: usize,
    status: u16,
    body_bytes: usize,
}

impl HttpConnection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { address, open: Some(connect(address).await?) })
    }

    async fn exchange(&mut self, request: &Bytes) -> std::io::Result<Answer> {
        let (mut stream, mut buffer) = match self.open.take() {
            Some(open) => open,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        let head = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = head(&buffer)? {
                break head;
            }
        };
        while buffer.len() < head.bytes + head.body_bytes {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        buffer.advance(head.bytes);
        let answer = match head.status {
            200..300 => Answer::Accepted,
            status => Answer::Refused(format!("{status} {}", reason(&buffer[..head.body_bytes]))),
        };
        buffer.advance(head.body_bytes);
        self.open = Some((stream, buffer));
        Ok(answer)
    }
}

impl Connection for HttpConnection {
    async fn call(&mut self, request: &Bytes) -> Answer {
        self.exchange(request).await.unwrap_or_else(|error| Answer::Failed(error.kind().to_string()))
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<(TcpStream, BytesMut)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok((stream, BytesMut::with_capacity(4096)))
}

/// The head, once it is all there.
fn head(bytes: &[u8]) -> std::io::Result<Option<Head>> {
    let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(parsed) = response.parse(bytes) else { return Err(invalid("no HTTP")) };
    let httparse::Status::Complete(head_bytes) = parsed else { return Ok(None) };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let body_bytes = length
        .and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse().ok())
        .ok_or_else(|| invalid("no content-length"))?;
    Ok(Some(Head { bytes: head_bytes, status: response.code.unwrap_or(0), body_bytes }))
}

/// The stable reason in problem details.
fn reason(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let found = text.split_once("\"reason\":").and_then(|(_, rest)| rest.split('"').nth(1));
    found.unwrap_or("").to_owned()
}

/// A POST of JSON, as it goes over the wire.
pub fn post(host: &str, path: &str, body: &str) -> Bytes {
    let length = body.len();
    Bytes::from(format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_head_is_complete() {
        let text =
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 25\r\n\r\n{\"reason\": \"OVERLOADED\"}!";
        assert!(head(&text[..40]).unwrap().is_none());
        let found = head(text).unwrap().unwrap();
        assert_eq!((found.status, found.body_bytes), (503, 25));
        assert_eq!(reason(&text[found.bytes..]), "OVERLOADED");
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "a body without an end cannot be read");
        assert!(head(b"SSH-2.0-x\r\n\r\n").is_err());
    }
}
