//! Takes messages from a queue, through reconnections.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::{Clock, task};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;

use super::link::{self, Link, Live, Outgoing};
use super::{SYSTEM, message, topology};
use crate::delivery::{self, Outcome};
use crate::metrics::{MEASURE_EVERY, Metrics};
use crate::{Handler, PublishResult, Subscription};

/// The pause before an operation that the broker refused is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// One consumer. Consuming and publishing have a connection each: a broker short of memory stops those that
/// publish, and acknowledgements must go on then.
pub(super) struct Consumer {
    pub consuming: Arc<Link>,
    pub publishing: Arc<Link>,
    pub subscription: Subscription,
    pub handler: Arc<dyn Handler>,
    pub metrics: Metrics,
    pub clock: Clock,
    pub stop: CancellationToken,
}

impl Consumer {
    pub async fn run(self: Arc<Self>, ready: watch::Sender<bool>) {
        loop {
            let live = tokio::select! {
                () = self.stop.cancelled() => return,
                live = self.consuming.wait() => live,
            };
            let ended = self.consume(&live, &ready).await;
            ready.send_replace(false);
            if self.stop.is_cancelled() {
                return;
            }
            let reason = ended.err().map_or_else(|| "cancelled by the broker".to_owned(), |e| e.to_string());
            tracing::warn!(queue = self.subscription.queue, reason, "the consumer starts again");
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Consumes until told to stop or the channel ends, and lets the running handlers finish.
    async fn consume(self: &Arc<Self>, live: &Arc<Live>, ready: &watch::Sender<bool>) -> lapin::Result<()> {
        let queue = self.subscription.queue.as_str();
        link::declare(&live.connection, &self.subscription).await;
        let channel = live.connection.create_channel().await?;
        channel.basic_qos(self.subscription.prefetch.max(1), BasicQosOptions::default()).await?;
        let mut deliveries = channel
            .basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
            .await?;
        ready.send_replace(true);
        let mut running = FuturesUnordered::new();
        let mut looks = tokio::time::interval(MEASURE_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break Ok(()),
                Some(_) = running.next() => {}
                _ = looks.tick() => {
                    let (consumer, live) = (Arc::clone(self), Arc::clone(live));
                    running.push(task::spawn("bus depth", async move { consumer.measure(&live).await }));
                }
                delivery = deliveries.next() => match delivery {
                    Some(Ok(delivery)) => {
                        let consumer = Arc::clone(self);
                        running.push(task::spawn("bus handler", async move { consumer.handle(delivery).await }));
                    }
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                },
            }
        };
        if self.stop.is_cancelled() {
            // What the broker sent and no handler has goes back when the channel closes.
            let _ = channel.basic_cancel(deliveries.tag(), BasicCancelOptions::default()).await;
        }
        while running.next().await.is_some() {}
        close(&channel).await;
        ended
    }

    /// Measures the queue's depth. Whether the broker is away is for the connection to find out.
    async fn measure(&self, live: &Live) {
        match timeout(MEASURE_EVERY, topology::depth(&live.connection, &self.subscription)).await {
            Ok(Ok(depth)) => self.metrics.depth(&self.subscription.queue, depth),
            Ok(Err(error)) => {
                tracing::debug!(queue = self.subscription.queue, %error, "the queue was not measured");
            }
            Err(_) => tracing::debug!(queue = self.subscription.queue, "the queue was not measured in time"),
        }
    }

    async fn handle(&self, delivery: Delivery) {
        let attempts = message::attempts(&delivery.properties);
        let queue = self.subscription.queue.as_str();
        let outcome = match message::event(&delivery.properties, &delivery.data) {
            Ok(event) => {
                delivery::process(
                    &*self.handler,
                    event,
                    attempts,
                    &self.subscription,
                    SYSTEM,
                    &self.metrics,
                    &self.clock,
                )
                .await
            }
            Err(problem) => delivery::unreadable(queue, &problem, &self.metrics),
        };
        match outcome {
            Outcome::Done => ack(&delivery).await,
            Outcome::Retry { delay } => {
                let target = topology::retry_queue(queue, delay);
                self.move_to(target, message::tried_again(&delivery.properties), delivery).await;
            }
            Outcome::Dead { reason } => {
                let (properties, now) = (&delivery.properties, self.clock.now());
                let properties = message::given_up(properties, &delivery.routing_key, &reason, now);
                self.move_to(topology::dead_queue(queue), properties, delivery).await;
            }
        }
    }

    /// Moves a message: published and confirmed there before it is acknowledged here. As long as that fails the
    /// message stays unacknowledged, and when this consumer ends the broker gives it to another.
    async fn move_to(&self, queue: String, properties: BasicProperties, mut delivery: Delivery) {
        let payload = bytes::Bytes::from(std::mem::take(&mut delivery.data));
        loop {
            let live = tokio::select! {
                () = self.stop.cancelled(), if self.publishing.live().is_none() => return,
                live = self.publishing.wait() => live,
            };
            let outgoing = Outgoing {
                exchange: "",
                routing_key: queue.as_str().into(),
                properties: properties.clone(),
                payload: payload.clone(),
            };
            match live.publish(vec![outgoing]).await.pop() {
                Some(PublishResult::Confirmed) => return ack(&delivery).await,
                Some(PublishResult::Unroutable) => link::declare(&live.connection, &self.subscription).await,
                other => tracing::warn!(queue, result = ?other, "a message could not be moved"),
            }
            if !delivery.acker.usable() || self.stop.is_cancelled() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn ack(delivery: &Delivery) {
    match delivery.ack(BasicAckOptions::default()).await {
        Ok(true) => {}
        // The connection was lost meanwhile: the broker delivers it again, and the inbox knows it.
        Ok(false) => tracing::debug!("the channel ended before the acknowledgement"),
        Err(error) => tracing::debug!(%error, "not acknowledged"),
    }
}

async fn close(channel: &Channel) {
    if channel.status().connected() {
        // It may have ended already.
        let _ = channel.close(200, "done".into()).await;
    }
}
