//! A connection that reconnects.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::task;
use futures_util::StreamExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::tcp::OwnedTLSConfig;
use lapin::types::ShortString;
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Event};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::topology;
use crate::{BusError, PublishResult, Subscription};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long the broker may take to confirm a batch.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the broker is, and who has to have signed its certificate if that is no CA of the system's (PEM).
#[derive(Clone)]
pub(super) struct Broker {
    pub uri: AMQPUri,
    pub ca: Option<String>,
}

/// An open connection with a channel for confirmed publishing.
#[derive(Debug)]
pub(super) struct Live {
    pub connection: Connection,
    channel: Channel,
    broken: CancellationToken,
}

/// A message on its way out.
pub(super) struct Outgoing {
    pub exchange: &'static str,
    pub routing_key: ShortString,
    pub properties: BasicProperties,
    pub payload: bytes::Bytes,
}

impl Live {
    async fn open(broker: Broker, name: &str) -> lapin::Result<Self> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: broker.ca };
        let runtime = lapin::runtime::default_runtime()?;
        let connection = Connection::connect_uri_with_config(broker.uri, properties, tls, runtime).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { connection, channel, broken: CancellationToken::new() })
    }

    /// Publishes `messages` without waiting between them, then collects the confirms. A failure of the connection
    /// rejects what was not confirmed before it.
    pub async fn publish(&self, messages: Vec<Outgoing>) -> Vec<PublishResult> {
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let count = messages.len();
        let mut results = Vec::with_capacity(count);
        let exchange = async {
            let mut confirms = Vec::with_capacity(count);
            let mut problem = None;
            for Outgoing { exchange, routing_key, properties, payload } in messages {
                match self
                    .channel
                    .basic_publish(exchange.into(), routing_key, options, &payload, properties)
                    .await
                {
                    Ok(confirm) => confirms.push(confirm),
                    Err(error) => {
                        problem = Some(error);
                        break;
                    }
                }
            }
            for confirm in confirms {
                match confirm.await {
                    Ok(Confirmation::Ack(None)) => results.push(PublishResult::Confirmed),
                    Ok(Confirmation::Ack(Some(_))) => results.push(PublishResult::Unroutable),
                    Ok(Confirmation::Nack(_) | Confirmation::NotRequested) => {
                        results.push(PublishResult::Rejected("the broker refused it".to_owned()));
                    }
                    Err(error) => return Err(error),
                }
            }
            problem.map_or(Ok(()), Err)
        };
        let problem = match timeout(CONFIRM_TIMEOUT, exchange).await {
            Ok(Ok(())) => return results,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the broker did not confirm in time".to_owned(),
        };
        self.broken.cancel();
        results.resize_with(count, || PublishResult::Rejected(problem.clone()));
        results
    }

    /// Whether the broker takes publications now.
    pub fn takes_messages(&self) -> bool {
        !self.connection.status().blocked() && !self.broken.is_cancelled()
    }

    async fn close(&self) {
        // A connection that is gone already answers with an error, a hanging one not at all.
        let _ = timeout(CLOSE_TIMEOUT, self.connection.close(200, "done".into())).await;
    }
}

/// Keeps a connection open, and the declared queues in existence, until it is closed.
#[derive(Debug)]
pub(super) struct Link {
    live: watch::Receiver<Option<Arc<Live>>>,
    declared: Arc<Mutex<Vec<Subscription>>>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    pub fn start(broker: Broker, name: String) -> Self {
        let (sender, live) = watch::channel(None);
        let declared: Arc<Mutex<Vec<Subscription>>> = Arc::default();
        let stop = CancellationToken::new();
        let keeper = Keeper { broker, name, declared: Arc::clone(&declared), sender, stop: stop.clone() };
        let task = task::spawn("bus connection", keeper.run());
        Self { live, declared, stop, task: Mutex::new(Some(task)) }
    }

    /// The connection, if there is one now.
    pub fn live(&self) -> Option<Arc<Live>> {
        self.live.borrow().clone()
    }

    /// A function that says whether messages can be published at the moment.
    pub fn availability(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let live = self.live.clone();
        move || live.borrow().as_ref().is_some_and(|live| live.takes_messages())
    }

    pub fn require(&self) -> Result<Arc<Live>, BusError> {
        self.live().ok_or_else(|| BusError::Unavailable("not connected to RabbitMQ".to_owned()))
    }

    /// Waits for a connection. Never completes once the link is closed.
    pub async fn wait(&self) -> Arc<Live> {
        let mut receiver = self.live.clone();
        loop {
            if let Ok(live) = receiver.wait_for(Option::is_some).await
                && let Some(live) = live.clone()
            {
                return live;
            }
            if receiver.has_changed().is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Declares `subscription` now, if there is a connection, and on each later one.
    pub async fn declare(&self, subscription: &Subscription) {
        // Held until it is declared, so that a connection being opened does not miss it.
        let mut declared = self.declared.lock().await;
        declared.retain(|known| known.queue != subscription.queue);
        declared.push(subscription.clone());
        if let Some(live) = self.live() {
            declare(&live.connection, subscription).await;
        }
    }

    pub async fn close(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            // A panic was logged where tasks are spawned.
            let _ = task.await;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Declares the queues of one subscription. A refusal (the queue exists with other arguments) must not keep the
/// others from working.
pub(super) async fn declare(connection: &Connection, subscription: &Subscription) {
    if let Err(error) = topology::declare(connection, subscription).await {
        tracing::error!(queue = subscription.queue, %error, "the broker did not declare the queue");
    }
}

struct Keeper {
    broker: Broker,
    name: String,
    declared: Arc<Mutex<Vec<Subscription>>>,
    sender: watch::Sender<Option<Arc<Live>>>,
    stop: CancellationToken,
}

impl Keeper {
    async fn run(self) {
        let mut pause = SHORTEST_PAUSE;
        let mut failures = 0_u32;
        let stop = self.stop.clone();
        loop {
            let opened = tokio::select! {
                () = stop.cancelled() => return,
                opened = timeout(CONNECT_TIMEOUT, self.open()) => opened,
            };
            let problem = match opened {
                Ok(Ok(live)) => {
                    tracing::info!(connection = self.name, "connected to RabbitMQ");
                    (pause, failures) = (SHORTEST_PAUSE, 0);
                    let reason = self.watch(&live).await;
                    self.sender.send_replace(None);
                    live.close().await;
                    let Some(reason) = reason else { return };
                    tracing::warn!(connection = self.name, reason, "lost RabbitMQ");
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            if failures == 0 {
                tracing::warn!(connection = self.name, problem, "RabbitMQ is away; trying until it is there");
            } else {
                tracing::debug!(connection = self.name, problem, failures, "RabbitMQ is still away");
            }
            failures = failures.saturating_add(1);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn open(&self) -> lapin::Result<Arc<Live>> {
        let live = Arc::new(Live::open(self.broker.clone(), &self.name).await?);
        topology::declare_exchange(&live.connection).await?;
        let declared = self.declared.lock().await;
        for subscription in declared.iter() {
            declare(&live.connection, subscription).await;
        }
        self.sender.send_replace(Some(Arc::clone(&live)));
        Ok(live)
    }

    /// Waits until the connection is lost, and says why; nothing if it was to be closed.
    async fn watch(&self, live: &Live) -> Option<String> {
        let mut events = live.connection.events_listener();
        // What happened before the listener was there.
        if !live.connection.status().connected() {
            return Some("the connection ended at once".to_owned());
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = live.broken.cancelled() => return Some("publishing failed".to_owned()),
                event = events.next() => match event {
                    // An error of one channel, which its user gets.
                    Some(Event::Error(error)) if error.is_amqp_soft_error() => {}
                    Some(Event::Error(error)) => return Some(error.to_string()),
                    Some(Event::ConnectionBlocked(reason)) => {
                        tracing::warn!(connection = self.name, reason, "RabbitMQ takes no messages for now");
                    }
                    Some(Event::ConnectionUnblocked) => {
                        tracing::info!(connection = self.name, "RabbitMQ takes messages again");
                    }
                    Some(_) => {}
                    None => return Some("the connection ended".to_owned()),
                },
            }
        }
    }
}
