//! One upstream subscription for all who watch the same stream.
//!
//! The gateway subscribes once per stream, however many clients watch it, and encodes each event
//! once. A watcher that falls behind skips to the newest event, because older ones no longer
//! matter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use comitia_platform::ApiError;
use moka::future::Cache;
use moka::ops::compute::Op;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::source::{Next, Source, Subscription};
use crate::caching::shared::Key;
use crate::http::error::Error;
use crate::routes::Route;

/// A watcher that lags by more events skips to the newest.
const MAX_LAG: usize = 16;
/// The maximum number of feeds.
const CAPACITY: u64 = 100_000;
/// The feeds by key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feeds {
    feeds: Cache<Key, Arc<Feed>>,
    heartbeat: Duration,
    stopping: CancellationToken,
}

/// One stream of encoded events with its watchers.
#[derive(Debug)]
pub struct Feed {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` once the feed has ended.
    sender: Option<Sender<Bytes>>,
    /// Keeps a new feed alive until its first watcher joins.
    first: Option<Receiver<Bytes>>,
    newest: Option<Bytes>,
    /// The last event of an ended feed. `None` if the process stops.
    end: Option<Bytes>,
}

#[derive(Debug)]
pub struct Watcher {
    feed: Arc<Feed>,
    events: Receiver<Bytes>,
    /// Comes before `events`.
    next: Option<Bytes>,
    over: bool,
}

impl Feeds {
    /// A heartbeat comment is sent whenever `heartbeat` passes without an event. All feeds end with
    /// `stopping`.
    pub fn new(heartbeat: Duration, stopping: CancellationToken) -> Self {
        let feeds = Cache::builder().max_capacity(CAPACITY).build();
        Self { feeds, heartbeat: heartbeat.max(Duration::from_millis(10)), stopping }
    }

    /// Watches a stream. Watchers with the same `key` share the stream that the first one opened;
    /// without a key the stream is the watcher's own. `trace_id` appears in the problem details of
    /// an error.
    ///
    /// # Errors
    /// That of `open`, for all watchers that waited for it.
    pub async fn watch<O, F>(
        &self,
        key: Option<Key>,
        route: &Route,
        trace_id: &str,
        open: O,
    ) -> Result<Watcher, Error>
    where
        O: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
    {
        let start = async |key| {
            let messages = open().await?;
            let heartbeat = self.heartbeat();
            let (open, route, trace_id) = (open.clone(), route.clone(), trace_id.to_owned());
            let subscription = Subscription { open, messages, cut: None };
            let source = Source { subscription, route, trace_id, heartbeat, sent: 0 };
            Ok::<_, ApiError>(self.start(source, key))
        };
        let Some(key) = key else {
            return Ok(start(None).await?.join().unwrap_or_else(|ended| ended));
        };
        let begin = || start(Some(key.clone()));
        let feed = self.feeds.try_get_with(key.clone(), begin()).await?;
        match feed.join() {
            Ok(watcher) => Ok(watcher),
            // It ended just now.
            Err(_) => {
                self.forget(&key, &feed).await;
                let feed = self.feeds.try_get_with(key.clone(), begin()).await?;
                Ok(feed.join().unwrap_or_else(|ended| ended))
            }
        }
    }

    fn heartbeat(&self) -> Interval {
        let mut heartbeat = tokio::time::interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat
    }

    fn start<O, F>(&self, source: Source<O>, key: Option<Key>) -> Arc<Feed>
    where
        O: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
    {
        let (sender, first) = broadcast::channel(MAX_LAG);
        let feed = Arc::new(Feed {
            state: Mutex::new(State {
                sender: Some(sender.clone()),
                first: Some(first),
                newest: None,
                end: None,
            }),
        });
        let (feeds, own) = (self.clone(), feed.clone());
        comitia_core::task::spawn("feed", async move {
            own.run(source, sender, &feeds.stopping).await;
            if let Some(key) = key {
                feeds.forget(&key, &own).await;
            }
        });
        feed
    }

    /// Removes an ended feed, unless another has replaced it.
    async fn forget(&self, key: &Key, over: &Arc<Feed>) {
        self.feeds
            .entry_by_ref(key)
            .and_compute_with(|entry| {
                let same = entry.is_some_and(|entry| Arc::ptr_eq(entry.value(), over));
                std::future::ready(if same { Op::Remove } else { Op::Nop })
            })
            .await;
    }
}

impl Feed {
    /// Forwards events until the source ends, the last watcher leaves or the process stops. A
    /// watcher that joins while the process stops still gets one event.
    async fn run<O, F>(&self, mut source: Source<O>, sender: Sender<Bytes>, stopping: &CancellationToken)
    where
        O: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
    {
        loop {
            let has_begun = self.lock().newest.is_some();
            let next = tokio::select! {
                biased;
                () = stopping.cancelled(), if has_begun => return self.close(None),
                () = sender.closed() => {
                    if self.close_if_deserted() {
                        return;
                    }
                    continue;
                }
                next = source.next() => next,
            };
            match next {
                Next::Event(event) => self.send(event),
                Next::Comment if stopping.is_cancelled() => return self.close(None),
                Next::Comment => {
                    // Fails only if nobody watches.
                    let _ = sender.send(Bytes::from_static(b": heartbeat\n\n"));
                    // If the first watcher has not joined by now, it never will.
                    self.lock().first = None;
                }
                Next::End(event) => return self.close(Some(event)),
            }
        }
    }

    fn send(&self, event: Bytes) {
        let mut state = self.lock();
        state.newest = Some(event.clone());
        if let Some(sender) = &state.sender {
            let _ = sender.send(event);
        }
    }

    fn close(&self, end: Option<Bytes>) {
        let mut state = self.lock();
        state.sender = None;
        state.first = None;
        state.end = end;
    }

    fn close_if_deserted(&self) -> bool {
        let mut state = self.lock();
        if state.sender.as_ref().is_some_and(|sender| sender.receiver_count() > 0) {
            return false;
        }
        state.sender = None;
        true
    }

    /// Joins the feed, starting with its newest event. `Err` has the watcher of an ended feed,
    /// which gets only the end.
    fn join(self: &Arc<Self>) -> Result<Watcher, Watcher> {
        let mut state = self.lock();
        let first = state.first.take();
        let watcher = |events, next, over| Watcher { feed: self.clone(), events, next, over };
        match &state.sender {
            Some(sender) => {
                // The first watcher gets every event since the start.
                let (events, next) = match first {
                    Some(events) => (events, None),
                    None => (sender.subscribe(), state.newest.clone()),
                };
                Ok(watcher(events, next, false))
            }
            None => Err(watcher(broadcast::channel(1).1, state.newest.clone(), false)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// The next event or comment, encoded. `None` after the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        if self.over {
            return None;
        }
        match self.events.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => self.skip(),
            Err(RecvError::Closed) => {
                self.over = true;
                self.feed.lock().end.clone()
            }
        }
    }

    /// Skips to the newest event.
    fn skip(&mut self) -> Option<Bytes> {
        let state = self.feed.lock();
        match &state.sender {
            Some(sender) => self.events = sender.subscribe(),
            None => {
                self.over = true;
                self.next = state.end.clone();
            }
        }
        state.newest.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::source::GIVE_UP;
    use crate::upstream::call;

    fn feed() -> (Arc<Feed>, Sender<Bytes>) {
        let (sender, first) = broadcast::channel(MAX_LAG);
        let state = State { sender: Some(sender.clone()), first: Some(first), newest: None, end: None };
        (Arc::new(Feed { state: Mutex::new(state) }), sender)
    }

    fn text(event: Option<Bytes>) -> Option<String> {
        event.map(|event| String::from_utf8(event.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_late_watcher_starts_with_the_newest_and_misses_nothing_after() {
        let (feed, _sender) = feed();
        let mut early = feed.join().unwrap();
        feed.send("1".into());
        feed.send("2".into());
        let mut late = feed.join().unwrap();
        feed.send("3".into());
        for expected in ["1", "2", "3"] {
            assert_eq!(text(early.next().await).as_deref(), Some(expected));
        }
        for expected in ["2", "3"] {
            assert_eq!(text(late.next().await).as_deref(), Some(expected));
        }
    }

    #[tokio::test]
    async fn a_lagging_watcher_skips_to_the_newest() {
        let (feed, _sender) = feed();
        let mut slow = feed.join().unwrap();
        for number in 0..100 {
            feed.send(number.to_string().into());
        }
        assert_eq!(text(slow.next().await).as_deref(), Some("99"));
        feed.send("100".into());
        assert_eq!(text(slow.next().await).as_deref(), Some("100"));
    }

    #[tokio::test]
    async fn every_watcher_sees_the_end_once_even_a_lagging_one() {
        let (feed, sender) = feed();
        let (mut one, mut slow) = (feed.join().unwrap(), feed.join().unwrap());
        feed.send("1".into());
        assert_eq!(text(one.next().await).as_deref(), Some("1"));
        (2..100).for_each(|number| feed.send(number.to_string().into()));
        assert_eq!(text(one.next().await).as_deref(), Some("99"));
        drop(sender);
        feed.close(Some("end".into()));
        assert_eq!(text(one.next().await).as_deref(), Some("end"));
        assert_eq!(text(one.next().await), None);
        for expected in [Some("99"), Some("end"), None] {
            assert_eq!(text(slow.next().await).as_deref(), expected);
        }
        let mut late = feed.join().unwrap_err();
        for expected in [Some("99"), Some("end"), None] {
            assert_eq!(text(late.next().await).as_deref(), expected);
        }
    }

    #[tokio::test]
    async fn a_watcher_that_joins_while_the_process_stops_gets_one_event() {
        let routes = crate::routes::Routes::of_all_services().unwrap();
        let route = routes.iter().find(|route| route.name.ends_with("turnout:watch")).unwrap().clone();
        // Two empty messages in gRPC frames.
        let messages = || {
            let body = http_body_util::Full::new(Bytes::from_static(&[0; 10]));
            Streaming::new_request(call::RawCodec, body, None, None)
        };
        let open = move || async move { Ok(messages()) };
        let subscription = Subscription { open, messages: messages(), cut: None };
        let heartbeat = tokio::time::interval_at(Instant::now() + GIVE_UP, GIVE_UP);
        let source = Source { subscription, route, trace_id: String::new(), heartbeat, sent: 0 };
        let (feed, sender) = feed();
        let mut watcher = feed.join().unwrap();
        let stopping = CancellationToken::new();
        stopping.cancel();
        feed.run(source, sender, &stopping).await;
        assert_eq!(text(watcher.next().await).as_deref(), Some("id: 1\ndata: {}\n\n"));
        assert_eq!(text(watcher.next().await), None);
    }

    #[tokio::test]
    async fn a_feed_without_watchers_closes_and_one_with_a_new_watcher_goes_on() {
        let (feed, sender) = feed();
        let watcher = feed.join().unwrap();
        drop(watcher);
        sender.closed().await;
        let watcher = feed.join().unwrap();
        assert!(!feed.close_if_deserted());
        drop(watcher);
        assert!(feed.close_if_deserted());
        assert!(feed.join().is_err());
    }
}
