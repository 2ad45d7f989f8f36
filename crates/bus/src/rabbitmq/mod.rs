//! The bus on RabbitMQ (3.10 and later).

mod consumer;
mod dead;
mod link;
mod message;
mod topology;

use std::sync::Arc;

use async_trait::async_trait;
use comitia_core::{Clock, task};
use lapin::types::ShortString;
use lapin::uri::AMQPUri;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use crate::metrics::{self, Metrics};
use crate::{
    Bus, BusError, ConsumerHandle, DeadLetter, Event, Handler, PublishResult, Selection, Subscription, trace,
};
use consumer::Consumer;
use dead::Action;
use link::{Broker, Link, Outgoing};

const SYSTEM: &str = "rabbitmq";
/// The AMQP heartbeat timeout in seconds, unless the address says otherwise.
const HEARTBEAT: u16 = 10;
/// The largest frame, unless the address says otherwise. A connection keeps 64 of them in memory; larger messages come in parts.
const FRAME_BYTES: u32 = 16 * 1024;

/// A bus on RabbitMQ. It connects in the background, at start and whenever the connection is lost, and never
/// fails because the broker is away.
#[derive(Debug)]
pub struct RabbitMq {
    publishing: Arc<Link>,
    consuming: Arc<Link>,
    clock: Clock,
    metrics: Metrics,
    /// Reading a dead-letter queue holds its messages, so that one reader at a time sees them all.
    dead_letters: Mutex<()>,
}

impl RabbitMq {
    /// A bus on the broker at `url` (`amqp://user:password@host:port/vhost`, or `amqps://...`). `name` is how the broker shows the
    /// connections. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// [`BusError::Invalid`] when `url` is no AMQP address.
    pub fn connect(url: &str, clock: Clock, name: &str) -> Result<Self, BusError> {
        Self::start(url, None, clock, name)
    }

    /// As [`RabbitMq::connect`], at an `amqps://` broker whose certificate may be of this CA (PEM) besides the system's.
    ///
    /// # Errors
    /// As [`RabbitMq::connect`].
    pub fn connect_with_ca(url: &str, ca: String, clock: Clock, name: &str) -> Result<Self, BusError> {
        Self::start(url, Some(ca), clock, name)
    }

    fn start(url: &str, ca: Option<String>, clock: Clock, name: &str) -> Result<Self, BusError> {
        // The parser's message may quote the address, and that holds a password.
        let mut uri: AMQPUri = url.parse().map_err(|_| {
            BusError::Invalid("the address of the bus is not amqp://... or amqps://...".to_owned())
        })?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        uri.query.frame_max.get_or_insert(FRAME_BYTES);
        let broker = Broker { uri, ca };
        let publishing = Link::start(broker.clone(), format!("{name} publisher"));
        metrics::observe_up(publishing.availability());
        Ok(Self {
            publishing: Arc::new(publishing),
            consuming: Arc::new(Link::start(broker, format!("{name} consumer"))),
            clock,
            metrics: Metrics::new(),
            dead_letters: Mutex::new(()),
        })
    }

    /// Waits until the bus is up.
    pub async fn wait_until_up(&self) {
        self.publishing.wait().await;
        self.consuming.wait().await;
    }
}

#[async_trait]
impl Bus for RabbitMq {
    async fn publish(&self, events: &[Event]) -> Result<Vec<PublishResult>, BusError> {
        let live = self.publishing.require()?;
        if !live.takes_messages() {
            return Err(BusError::Unavailable("RabbitMQ takes no messages for now".to_owned()));
        }
        let mut spans = Vec::with_capacity(events.len());
        let mut messages = Vec::with_capacity(events.len());
        for event in events {
            let (span, event) = trace::publish(event, SYSTEM);
            spans.push(span);
            messages.push(Outgoing {
                exchange: topology::EXCHANGE,
                routing_key: ShortString::try_new(event.routing_key.as_str())
                    .map_err(|error| BusError::Invalid(format!("routing key: {error}")))?,
                properties: message::properties(&event),
                payload: event.payload,
            });
        }
        let results = live.publish(messages).await;
        for (event, result) in events.iter().zip(&results) {
            self.metrics.published(&event.routing_key, result.label());
        }
        match results.first() {
            // No confirmation at all: the connection is lost.
            Some(PublishResult::Rejected(reason)) if !live.takes_messages() => {
                Err(BusError::Unavailable(reason.clone()))
            }
            _ => Ok(results),
        }
    }

    async fn declare(&self, subscription: &Subscription) -> Result<(), BusError> {
        subscription.check()?;
        self.publishing.declare(subscription).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<ConsumerHandle, BusError> {
        self.declare(&subscription).await?;
        let stop = CancellationToken::new();
        let (sender, ready) = watch::channel(false);
        let consumer = Arc::new(Consumer {
            consuming: Arc::clone(&self.consuming),
            publishing: Arc::clone(&self.publishing),
            subscription,
            handler,
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
            stop: stop.clone(),
        });
        let task = task::spawn("bus consumer", consumer.run(sender));
        Ok(ConsumerHandle::new(stop, ready, task))
    }

    async fn dead_letters(&self, queue: &str) -> Result<Vec<DeadLetter>, BusError> {
        let _alone = self.dead_letters.lock().await;
        dead::list(&self.publishing, queue).await
    }

    async fn replay_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        let _alone = self.dead_letters.lock().await;
        dead::treat(&self.publishing, queue, selection, Action::Replay).await
    }

    async fn discard_dead_letters(&self, queue: &str, selection: &Selection) -> Result<usize, BusError> {
        let _alone = self.dead_letters.lock().await;
        dead::treat(&self.publishing, queue, selection, Action::Discard).await
    }

    fn is_up(&self) -> bool {
        self.publishing.availability()()
    }

    async fn close(&self) {
        self.consuming.close().await;
        self.publishing.close().await;
    }
}
