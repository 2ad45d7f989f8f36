//! Channels inside the process.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use crate::Messages;

/// How many messages a listener may lag behind before it loses the oldest.
const BUFFER: usize = 256;

/// The listeners of each channel.
#[derive(Debug, Default)]
pub(crate) struct Channels(HashMap<String, broadcast::Sender<Bytes>>);

impl Channels {
    /// A new listener. Also says whether it is the first of its channel.
    pub(crate) fn listen(&mut self, channel: &str) -> (Messages, bool) {
        let first = !self.0.contains_key(channel);
        let sender = self.0.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(BUFFER).0);
        // An error says how many messages were skipped.
        let messages = BroadcastStream::new(sender.subscribe()).filter_map(async |message| message.ok());
        (messages.boxed(), first)
    }

    /// Sends to all listeners of `channel`. Says whether there are any; if not, the channel is forgotten.
    pub(crate) fn send(&mut self, channel: &str, message: Bytes) -> bool {
        let heard = self.0.get(channel).is_some_and(|sender| sender.send(message).is_ok());
        if !heard {
            self.0.remove(channel);
        }
        heard
    }

    /// Forgets channels without listeners, and gives them.
    pub(crate) fn sweep(&mut self) -> Vec<String> {
        let silent: Vec<String> = self
            .0
            .iter()
            .filter(|(_, sender)| sender.receiver_count() == 0)
            .map(|(channel, _)| channel.clone())
            .collect();
        for channel in &silent {
            self.0.remove(channel);
        }
        silent
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}
