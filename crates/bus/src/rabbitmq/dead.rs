//! Dead letters: look at them, put them back, throw them away.

use std::time::Duration;

use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};

use super::link::{Link, Outgoing};
use super::{message, topology};
use crate::{BusError, DeadLetter, PublishResult, Selection};

/// Dead letters listed or gone through at once.
const LISTED: u32 = 1_000;
const SEARCHED: u32 = 100_000;
/// How long a reader waits until the broker has back what it took: two seconds.
const GIVE_BACK_LOOKS: u32 = 200;
const GIVE_BACK_PAUSE: Duration = Duration::from_millis(10);

/// What to do with selected dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Replay,
    Discard,
}

fn unavailable(error: &lapin::Error) -> BusError {
    BusError::Unavailable(error.to_string())
}

/// Goes through a dead-letter queue. What it takes and does not acknowledge it gives back.
struct Reader {
    /// Takes; closing it gives back.
    taking: Channel,
    /// Asks how many there are.
    asking: Channel,
    queue: ShortString,
    taken: u32,
}

impl Reader {
    /// Also gives how many messages there are.
    async fn open(link: &Link, queue: &str) -> Result<(Self, u32), BusError> {
        let live = link.require()?;
        let channel = async || live.connection.create_channel().await.map_err(|error| unavailable(&error));
        let name = ShortString::try_new(topology::dead_queue(queue))
            .map_err(|_| BusError::NoSuchQueue(queue.to_owned()))?;
        let reader = Self { taking: channel().await?, asking: channel().await?, queue: name, taken: 0 };
        match reader.count().await {
            Ok(count) => Ok((reader, count)),
            Err(error) if error.is_amqp_soft_error() => Err(BusError::NoSuchQueue(queue.to_owned())),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn count(&self) -> lapin::Result<u32> {
        let options = QueueDeclareOptions::durable().passive();
        let queue = self.asking.queue_declare(self.queue.clone(), options, FieldTable::default()).await?;
        Ok(queue.message_count())
    }

    async fn take(&mut self) -> Result<Option<BasicGetMessage>, BusError> {
        let message = self
            .taking
            .basic_get(self.queue.clone(), BasicGetOptions::default())
            .await
            .map_err(|error| unavailable(&error))?;
        self.taken += u32::from(message.is_some());
        Ok(message)
    }

    async fn acknowledge(&mut self, message: &BasicGetMessage) -> Result<(), BusError> {
        message.ack(BasicAckOptions::default()).await.map_err(|error| unavailable(&error))?;
        self.taken -= 1;
        Ok(())
    }

    /// Waits until the unacknowledged messages are back in the queue, so that the next reader sees them. With a limit:
    /// another process may hold them.
    async fn give_back(self) {
        // If the channel is closed, the broker has them already.
        let _ = self.taking.close(200, "done".into()).await;
        for _ in 0..GIVE_BACK_LOOKS {
            match self.count().await {
                Ok(count) if count < self.taken => tokio::time::sleep(GIVE_BACK_PAUSE).await,
                _ => break,
            }
        }
        let _ = self.asking.close(200, "done".into()).await;
    }
}

fn letter(message: &BasicGetMessage) -> DeadLetter {
    message::dead_letter(&message.properties, &message.routing_key, &message.data)
}

pub(super) async fn list(link: &Link, queue: &str) -> Result<Vec<DeadLetter>, BusError> {
    let (mut reader, _) = Reader::open(link, queue).await?;
    let mut letters = Vec::new();
    for _ in 0..LISTED {
        match reader.take().await? {
            Some(message) => letters.push(letter(&message)),
            None => break,
        }
    }
    reader.give_back().await;
    letters.sort_by_key(|letter| letter.parked_at);
    Ok(letters)
}

pub(super) async fn treat(
    link: &Link,
    queue: &str,
    selection: &Selection,
    action: Action,
) -> Result<usize, BusError> {
    // Only what is there now: a replayed message that fails again comes back to the end.
    let (mut reader, count) = Reader::open(link, queue).await?;
    let mut treated = 0;
    for _ in 0..count.min(SEARCHED) {
        let Some(message) = reader.take().await? else { break };
        if !selection.contains(letter(&message).id) {
            continue;
        }
        if action == Action::Replay
            && let Err(error) = put_back(link, queue, &message).await
        {
            reader.give_back().await;
            return Err(error);
        }
        reader.acknowledge(&message).await?;
        treated += 1;
    }
    reader.give_back().await;
    Ok(treated)
}

/// Publishes the message to the queue it came from.
async fn put_back(link: &Link, queue: &str, message: &BasicGetMessage) -> Result<(), BusError> {
    let outgoing = Outgoing {
        exchange: "",
        routing_key: queue.into(),
        properties: message::fresh(&message.properties),
        payload: message.data.clone().into(),
    };
    match link.require()?.publish(vec![outgoing]).await.pop() {
        Some(PublishResult::Confirmed) => Ok(()),
        other => Err(BusError::Unavailable(format!("not put back: {other:?}"))),
    }
}
