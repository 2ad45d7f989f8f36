//! A client's connection: HTTP/1.1 or HTTP/2, by its first bytes.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::admission::connections::{Connection, End};

/// The maximum time to receive a request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum size of a request head in HTTP/1.1, which a connection may hold in memory. Beyond it
/// hyper answers a bare 431; below it [`crate::http::head`] answers problem details.
const MAX_HEAD_HTTP1: usize = 64 * 1024;
/// The same for HTTP/2. At 125% hyper closes the connection, so this is far above what a careless
/// client sends.
const MAX_HEAD_HTTP2: u32 = 192 * 1024;
/// How long a client may leave an answer unread before the operating system closes the connection.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an evicted connection may take to finish.
const EVICTED_TIMEOUT: Duration = Duration::from_secs(2);
/// The first bytes of HTTP/2 (RFC 9113 section 3.4). No HTTP/1.1 request starts with them.
const PREFACE: &[u8; 4] = b"PRI ";

#[derive(Debug)]
pub struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    pub fn new() -> Self {
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_header_size(MAX_HEAD_HTTP1);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(256)
            .max_header_list_size(MAX_HEAD_HTTP2)
            .keep_alive_interval(Duration::from_secs(30));
        Self { http1, http2 }
    }

    /// Serves a connection until it closes, has been idle for `idle`, or is evicted. When the
    /// process stops, requests in flight are finished.
    pub async fn serve<S, B>(&self, stream: TcpStream, service: S, connection: &Connection, idle: Duration)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT));
        let mut stream = Begun { stream, first: [0; PREFACE.len()], count: 0 };
        let http2 = tokio::select! {
            // A client that has sent nothing has nothing to finish.
            _ = connection.must_end() => return,
            http2 = tokio::time::timeout(HEAD_TIMEOUT.min(idle), stream.speaks_http2()) => match http2 {
                Ok(Ok(http2)) => http2,
                Ok(Err(_)) | Err(_) => return,
            },
        };
        let io = TokioIo::new(stream);
        // Box the protocol's state machine: the task lives long, and would otherwise be as large as
        // both.
        let ended = if http2 {
            drive(Box::pin(self.http2.serve_connection(io, service)), connection, idle).await
        } else {
            drive(Box::pin(self.http1.serve_connection(io, service)), connection, idle).await
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}

async fn drive<C: GracefulConnection>(
    mut serving: Pin<Box<C>>,
    connection: &Connection,
    idle: Duration,
) -> Result<(), C::Error> {
    let end = loop {
        tokio::select! {
            biased;
            ended = &mut serving => return ended,
            end = connection.must_end() => break end,
            () = tokio::time::sleep(connection.may_stay(idle)) => {
                if connection.may_stay(idle).is_zero() {
                    break End::Place;
                }
            }
        }
    };
    // Tell the client to send its next request elsewhere.
    serving.as_mut().graceful_shutdown();
    match end {
        End::Process => serving.await,
        End::Place => tokio::time::timeout(EVICTED_TIMEOUT, serving).await.unwrap_or(Ok(())),
    }
}

/// A stream whose first bytes may already have been read.
#[derive(Debug)]
struct Begun {
    stream: TcpStream,
    first: [u8; PREFACE.len()],
    count: usize,
}

impl Begun {
    /// Whether the client starts with HTTP/2. Bytes that decide it are only peeked at. A prefix of
    /// the preface, which no common client sends alone, is read and kept, because waiting for the
    /// next byte requires it.
    async fn speaks_http2(&mut self) -> io::Result<bool> {
        loop {
            let room = &mut self.first[self.count..];
            let count = self.stream.peek(room).await?;
            let so_far = self.count + count;
            // The end of the stream ends either protocol.
            if count == 0 || so_far == PREFACE.len() || !PREFACE.starts_with(&self.first[..so_far]) {
                return Ok(so_far == PREFACE.len() && self.first == *PREFACE);
            }
            let room = &mut self.first[self.count..so_far];
            self.count += self.stream.read(room).await?;
        }
    }
}

impl AsyncRead for Begun {
    /// Kept bytes are returned together with the next ones: a short read would make hyper double
    /// its buffer.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.count;
        if count == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        if buffer.remaining() <= count {
            // No room for more: return the kept bytes alone.
            let fits = buffer.remaining();
            buffer.put_slice(&self.first[..fits]);
            self.first.copy_within(fits.., 0);
            self.count -= fits;
            return Poll::Ready(Ok(()));
        }
        let filled = buffer.filled().len();
        buffer.put_slice(&self.first[..count]);
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(Ok(())) => self.count = 0,
            Poll::Ready(Err(_)) | Poll::Pending => buffer.set_filled(filled),
        }
        read
    }
}

impl AsyncWrite for Begun {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    /// Whether a client that sends these parts one by one speaks HTTP/2. Asserts that the last part
    /// decides and that no byte is lost.
    async fn told_by(parts: &[&[u8]]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut begun = Begun { stream, first: [0; PREFACE.len()], count: 0 };
        let (last, undecided) = parts.split_last().unwrap();
        let mut sent = 0;
        for part in undecided {
            client.write_all(part).await.unwrap();
            sent += part.len();
            // It reads the part and waits for more.
            while begun.count < sent {
                let deciding = tokio::time::timeout(Duration::from_millis(1), begun.speaks_http2());
                assert!(deciding.await.is_err(), "{part:?}");
            }
        }
        client.write_all(last).await.unwrap();
        drop(client);
        let http2 = begun.speaks_http2().await.unwrap();
        let mut read = Vec::new();
        begun.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, parts.concat());
        http2
    }

    #[tokio::test]
    async fn first_bytes_tell_the_protocol() {
        for request in ["GET / HTTP/1.1\r\n\r\n", "POST /v1/x HTTP/1.1\r\n\r\n", "PRIMARY", "x", ""] {
            assert!(!told_by(&[request.as_bytes()]).await, "{request}");
        }
        assert!(told_by(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await);
        assert!(told_by(&[b"P", b"RI", b" * HTTP/2.0\r\n"]).await);
        assert!(!told_by(&[b"P", b"UT / HTTP/1.1\r\n"]).await);
        assert!(!told_by(&[b"PR", b""]).await);
    }

    #[tokio::test]
    async fn bytes_that_were_kept_come_with_those_that_follow() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut begun = Begun { stream, first: *b"PRI ", count: 2 };
        client.write_all(b"ST / HTTP/1.1").await.unwrap();
        begun.stream.readable().await.unwrap();
        let mut buffer = [0; 64];
        let count = begun.read(&mut buffer).await.unwrap();
        assert!(count > 2 && buffer[..count].starts_with(b"PRST"), "{count}");
    }
}
