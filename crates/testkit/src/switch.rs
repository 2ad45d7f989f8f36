//! A TCP address in front of servers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A TCP address in front of servers, as a Kubernetes Service is: a new connection goes to the next of its targets, and
/// one that is open stays where it is. What the servers answer can be lost on the way.
#[derive(Debug)]
pub struct TcpSwitch {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    targets: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    line: watch::Sender<Line>,
}

/// The state of all connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    /// Whether answers are thrown away.
    loses_answers: bool,
    /// How often all connections were cut.
    cuts: u64,
}

impl TcpSwitch {
    /// Listens on a free port of loopback, in front of `targets`. While there is none, new connections are closed at once.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(targets: Vec<SocketAddr>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("a port for a switch")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            targets: Mutex::new(targets),
            turn: AtomicUsize::new(0),
            line: watch::Sender::new(Line::default()),
        });
        let accepting = comitia_core::task::spawn("switch", accept(listener, shared.clone())).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends connections that come from now on to `targets`, in turn.
    pub fn set_targets(&self, targets: Vec<SocketAddr>) {
        *self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// From now on requests go through and what is answered is thrown away, until [`TcpSwitch::cut`].
    pub fn lose_answers(&self) {
        self.shared.line.send_modify(|line| line.loses_answers = true);
    }

    /// Ends all connections. New ones work.
    pub fn cut(&self) {
        self.shared.line.send_modify(|line| *line = Line { loses_answers: false, cuts: line.cuts + 1 });
    }
}

impl Drop for TcpSwitch {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Shared {
    fn next(&self) -> Option<SocketAddr> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        targets.get(turn % targets.len().max(1)).copied()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // A connection that broke before it was accepted is its client's concern.
        let Ok((client, _)) = listener.accept().await else { continue };
        let (target, line) = (shared.next(), shared.line.subscribe());
        comitia_core::task::spawn("switched", async move {
            let Some(target) = target else { return };
            if let Ok(server) = TcpStream::connect(target).await {
                join(client, server, line).await;
            }
        });
    }
}

/// Carries bytes both ways until both sides have said all, or the line is cut.
async fn join(client: TcpStream, server: TcpStream, mut line: watch::Receiver<Line>) {
    // Fails only on a connection that is broken already.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let cuts = line.borrow().cuts;
    let watched = line.clone();
    tokio::select! {
        _ = line.wait_for(|line| line.cuts > cuts) => {}
        _ = async {
            tokio::join!(
                carry(client_reads, server_writes, || false),
                carry(server_reads, client_writes, || watched.borrow().loses_answers),
            )
        } => {}
    }
}

/// Carries bytes one way until its end, then says so to the other side.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, lost: impl Fn() -> bool) {
    let mut buffer = vec![0; 16 * 1024];
    let mut whole = true;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        // A stream with a hole in it is no use to anybody.
        whole &= !lost();
        if whole && to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    // The other side may be gone.
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{wait_for, wait_until};

    /// Answers each byte with its own letter, and counts what it heard.
    async fn server(letter: u8) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = heard.clone();
        comitia_core::task::spawn("test server", async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let count = count.clone();
                comitia_core::task::spawn("test connection", async move {
                    while stream.read_u8().await.is_ok() {
                        count.fetch_add(1, Ordering::SeqCst);
                        if stream.write_u8(letter).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        (address, heard)
    }

    async fn ask(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(b'?').await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn new_connections_go_to_the_targets_of_now_and_open_ones_stay() {
        let ((a, _), (b, _)) = (server(b'a').await, server(b'b').await);
        let switch = TcpSwitch::start(vec![a]).await.unwrap();
        let mut first = TcpStream::connect(switch.address()).await.unwrap();
        assert_eq!(ask(&mut first).await.unwrap(), b'a');
        switch.set_targets(vec![b]);
        let mut second = TcpStream::connect(switch.address()).await.unwrap();
        assert_eq!((ask(&mut second).await.unwrap(), ask(&mut first).await.unwrap()), (b'b', b'a'));
        switch.set_targets(Vec::new());
        let mut third = TcpStream::connect(switch.address()).await.unwrap();
        assert!(ask(&mut third).await.is_err());
    }

    #[tokio::test]
    async fn a_request_arrives_whose_answer_is_lost() {
        let (a, heard) = server(b'a').await;
        let switch = TcpSwitch::start(vec![a]).await.unwrap();
        let mut stream = TcpStream::connect(switch.address()).await.unwrap();
        assert_eq!(ask(&mut stream).await.unwrap(), b'a');
        switch.lose_answers();
        stream.write_u8(b'?').await.unwrap();
        let seconds = Duration::from_secs(10);
        wait_until("the request", seconds, async || heard.load(Ordering::SeqCst) == 2).await;
        switch.cut();
        assert!(stream.read_u8().await.is_err(), "an answer came through");
        let answer = wait_for("an answer", seconds, async || {
            ask(&mut TcpStream::connect(switch.address()).await.ok()?).await.ok()
        });
        assert_eq!(answer.await, b'a');
    }
}
