//! One connection for all channels that this process listens to, through reconnections.

use std::time::Duration;

use bytes::Bytes;
use comitia_core::task;
use futures_util::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisResult};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::messages::Channels;
use crate::{CacheError, Messages};

const TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(500);
/// How often a silent connection is asked whether it lives.
const PING: Duration = Duration::from_secs(5);

/// Someone wants to listen.
struct Request {
    channel: String,
    answer: oneshot::Sender<Messages>,
}

/// The door to the task that holds the connection. The task ends with the last clone.
#[derive(Clone, Debug)]
pub(crate) struct PubSub(mpsc::Sender<Request>);

impl PubSub {
    pub(crate) fn start(client: Client) -> Self {
        let (sender, requests) = mpsc::channel(64);
        let listener = Listener { client, requests, channels: Channels::default(), connection: None };
        task::spawn("cache messages", listener.run());
        Self(sender)
    }

    pub(crate) async fn listen(&self, channel: &str) -> Result<Messages, CacheError> {
        let gone = || CacheError::Unavailable("nobody listens any more".to_owned());
        let (answer, messages) = oneshot::channel();
        let request = Request { channel: channel.to_owned(), answer };
        self.0.send(request).await.map_err(|_| gone())?;
        messages.await.map_err(|_| gone())
    }
}

struct Listener {
    client: Client,
    requests: mpsc::Receiver<Request>,
    channels: Channels,
    connection: Option<(PubSubSink, PubSubStream)>,
}

impl Listener {
    async fn run(mut self) {
        let mut next_try = Instant::now();
        let mut pings = tokio::time::interval(PING);
        loop {
            let wanted = !self.channels.names().is_empty();
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(request) => self.serve(request).await,
                    None => return,
                },
                message = next(&mut self.connection) => match message {
                    Some(message) => self.deliver(&message).await,
                    None => {
                        tracing::warn!("lost the messages of Redis");
                        self.connection = None;
                    }
                },
                _ = pings.tick(), if self.connection.is_some() => self.ping().await,
                () = tokio::time::sleep_until(next_try), if self.connection.is_none() && wanted => {
                    self.reconnect().await;
                    next_try = Instant::now() + PAUSE;
                }
            }
        }
    }

    async fn serve(&mut self, request: Request) {
        if self.connection.is_none() {
            self.reconnect().await;
        }
        let silent = self.channels.sweep();
        let (messages, first) = self.channels.listen(&request.channel);
        if let Some((sink, _)) = &mut self.connection {
            let unsubscribe =
                silent.iter().filter(|channel| **channel != request.channel).collect::<Vec<_>>();
            let result = timeout(TIMEOUT, async {
                for channel in unsubscribe {
                    sink.unsubscribe(channel).await?;
                }
                if first { sink.subscribe(&request.channel).await } else { Ok(()) }
            })
            .await;
            if !matches!(result, Ok(Ok(()))) {
                self.connection = None;
            }
        }
        // Whoever asked may have gone meanwhile.
        let _ = request.answer.send(messages);
    }

    async fn deliver(&mut self, message: &redis::Msg) {
        let channel = message.get_channel_name();
        let heard = self.channels.send(channel, Bytes::copy_from_slice(message.get_payload_bytes()));
        if !heard
            && let Some((sink, _)) = &mut self.connection
            && !matches!(timeout(TIMEOUT, sink.unsubscribe(channel)).await, Ok(Ok(())))
        {
            self.connection = None;
        }
    }

    async fn ping(&mut self) {
        if let Some((sink, _)) = &mut self.connection
            && !matches!(timeout(TIMEOUT, sink.ping::<redis::Value>()).await, Ok(Ok(_)))
        {
            tracing::warn!("the messages of Redis gave no sign of life");
            self.connection = None;
        }
    }

    async fn reconnect(&mut self) {
        match timeout(TIMEOUT, self.open()).await {
            Ok(Ok(connection)) => self.connection = Some(connection),
            Ok(Err(error)) => tracing::debug!(%error, "the messages of Redis are away"),
            Err(_) => tracing::debug!("the messages of Redis are away: no answer in time"),
        }
    }

    async fn open(&self) -> RedisResult<(PubSubSink, PubSubStream)> {
        let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
        for channel in self.channels.names() {
            sink.subscribe(channel).await?;
        }
        Ok((sink, stream))
    }
}

/// The next message; nothing when the connection ended. Never completes without a connection.
async fn next(connection: &mut Option<(PubSubSink, PubSubStream)>) -> Option<redis::Msg> {
    match connection {
        Some((_, stream)) => stream.next().await,
        None => std::future::pending().await,
    }
}
