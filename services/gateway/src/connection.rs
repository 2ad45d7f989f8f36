//! A client's connection: HTTP/1.1 or HTTP/2, as its first bytes say.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// How long the head of a request may take, and a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How an HTTP/2 connection begins (RFC 9113 section 3.4), as far as no HTTP/1.1 request does.
const PREFACE: &[u8; 4] = b"PRI ";
/// How soon first bytes that could be either are looked at again.
const UNDECIDED: Duration = Duration::from_millis(20);

/// How connections of both protocols are served.
#[derive(Debug)]
pub struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    /// With the gateway's limits.
    pub fn new() -> Self {
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(256)
            .max_header_list_size(64 * 1024)
            .keep_alive_interval(Duration::from_secs(30));
        Self { http1, http2 }
    }

    /// Serves a connection to its end. When the process stops, requests in work are finished, which `watcher` sees to.
    pub async fn serve<S, B>(
        &self,
        stream: TcpStream,
        service: S,
        watcher: Watcher,
        stopping: CancellationToken,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let http2 = tokio::select! {
            // Who has said nothing yet waits for nothing.
            () = stopping.cancelled() => return,
            http2 = tokio::time::timeout(HEAD_TIMEOUT, speaks_http2(&stream)) => match http2 {
                Ok(Ok(http2)) => http2,
                Ok(Err(_)) | Err(_) => return,
            },
        };
        let io = TokioIo::new(stream);
        // Boxed, because a task is as large as the largest thing that it may do, and this one lives long.
        let connection: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>> = if http2 {
            Box::pin(watcher.watch(self.http2.serve_connection(io, service)))
        } else {
            Box::pin(watcher.watch(self.http1.serve_connection(io, service)))
        };
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// Whether a client speaks HTTP/2 from the start. Its bytes stay where they are: put before those that follow, they would come as a
/// short read of their own, for which hyper doubles its buffer.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        // Nothing is the end of the stream, which is an end of either protocol.
        let count = stream.peek(&mut first).await?;
        if count == 0 || count == PREFACE.len() || !PREFACE.starts_with(&first[..count]) {
            return Ok(first == *PREFACE);
        }
        tokio::time::sleep(UNDECIDED).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    async fn told_by(parts: &[&[u8]]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let (last, parts) = parts.split_last().unwrap();
        for part in parts {
            client.write_all(part).await.unwrap();
            // It does not decide before the rest is there.
            let undecided = tokio::time::timeout(UNDECIDED * 2, speaks_http2(&server)).await;
            assert!(undecided.is_err(), "{part:?}");
        }
        client.write_all(last).await.unwrap();
        drop(client);
        speaks_http2(&server).await.unwrap()
    }

    #[tokio::test]
    async fn first_bytes_tell_the_protocol() {
        for request in ["GET / HTTP/1.1\r\n\r\n", "POST /v1/x HTTP/1.1\r\n\r\n", "PRIMARY", "x", ""] {
            assert!(!told_by(&[request.as_bytes()]).await, "{request}");
        }
        assert!(told_by(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await);
        assert!(told_by(&[b"P", b"RI", b" * HTTP/2.0\r\n"]).await);
        assert!(!told_by(&[b"P", b"UT / HTTP/1.1\r\n"]).await);
    }
}
