//! One subscription for all who watch the same thing.
//!
//! However many watch a poll through this gateway, it asks the service once; each event is built once and shared. A watcher
//! that falls behind goes on with the newest event: what it missed is of no use any more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use comitia_platform::limit::jitter;
use comitia_platform::{ApiError, Reason};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use moka::future::Cache;
use moka::ops::compute::Op;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use crate::error::{self, Error};
use crate::routes::Route;
use crate::shared::Key;
use crate::{transcode, upstream};

/// So many events behind the newest, a watcher skips to it.
const BEHIND: usize = 16;
/// How many different things may be watched at once.
const CAPACITY: u64 = 100_000;
/// A subscription that was cut is made again after this time and a little more, so that not all come back at once.
const PAUSE: Duration = Duration::from_millis(100);
/// A service that is away for longer is an error that watchers are told.
const GIVE_UP: Duration = Duration::from_secs(30);

/// The feeds that watchers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feeds {
    feeds: Cache<Key, Arc<Feed>>,
    heartbeat: Duration,
    stopping: CancellationToken,
}

/// A stream of messages as the events that its watchers get.
#[derive(Debug)]
pub struct Feed {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Nothing once the feed is over.
    sender: Option<Sender<Bytes>>,
    /// Keeps a feed that has just begun until its first watcher is there.
    first: Option<Receiver<Bytes>>,
    newest: Option<Bytes>,
    /// The last event of a feed that is over; nothing when the process stops.
    end: Option<Bytes>,
}

/// A watcher of a feed.
#[derive(Debug)]
pub struct Watcher {
    feed: Arc<Feed>,
    events: Receiver<Bytes>,
    /// Comes before `events`.
    next: Option<Bytes>,
    over: bool,
}

impl Feeds {
    /// None yet. A comment keeps watchers' connections alive whenever `heartbeat` passes without an event; all feeds end
    /// with `stopping`.
    pub fn new(heartbeat: Duration, stopping: CancellationToken) -> Self {
        let feeds = Cache::builder().max_capacity(CAPACITY).build();
        Self { feeds, heartbeat: heartbeat.max(Duration::from_millis(10)), stopping }
    }

    /// Watches what `open` gives. Watchers with the same `key` share what the first of them opened; without a key it is this
    /// watcher's own. `trace_id` stands in the problem details of an error.
    ///
    /// # Errors
    /// That of `open`, for all who waited for it.
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
            // It ended a moment ago.
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
        let (sender, first) = broadcast::channel(BEHIND);
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

    /// Makes room for a new feed of `key`, unless there is one already.
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

/// A stream of a service, over interruptions.
struct Subscription<O> {
    /// Makes the subscription, and makes it again.
    open: O,
    messages: Streaming<Bytes>,
    /// While there is no subscription.
    cut: Option<Cut>,
}

/// A subscription that is being made again.
struct Cut {
    since: Instant,
    /// Kept here, because a heartbeat drops whoever awaits it: the call behind it goes on.
    opening: BoxFuture<'static, Result<Streaming<Bytes>, ApiError>>,
}

/// Where a feed's events come from.
struct Source<O> {
    subscription: Subscription<O>,
    route: Route,
    trace_id: String,
    heartbeat: Interval,
    sent: u64,
}

/// What comes next from a source.
enum Next {
    Event(Bytes),
    Comment,
    End(Bytes),
}

impl<O, F> Subscription<O>
where
    O: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send,
{
    /// The next message, be it the first of a new subscription: where one replica of a service stops, another goes on.
    async fn message(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            while let Some(cut) = &mut self.cut {
                let since = cut.since;
                match cut.opening.as_mut().await {
                    Ok(messages) => (self.messages, self.cut) = (messages, None),
                    Err(error) if is_away(&error) && since.elapsed() < GIVE_UP => {
                        self.cut = Some(Cut { since, opening: self.open_again() });
                    }
                    Err(error) => return Err(error),
                }
            }
            match self.messages.message().await.map_err(|status| upstream::error(&status)) {
                Err(error) if is_away(&error) => {
                    self.cut = Some(Cut { since: Instant::now(), opening: self.open_again() });
                }
                message => return message,
            }
        }
    }

    /// Opens after a pause.
    fn open_again(&self) -> BoxFuture<'static, Result<Streaming<Bytes>, ApiError>> {
        let (open, again) = (self.open.clone(), Instant::now() + jitter(PAUSE));
        async move {
            tokio::time::sleep_until(again).await;
            open().await
        }
        .boxed()
    }
}

impl<O, F> Source<O>
where
    O: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<Streaming<Bytes>, ApiError>> + Send + 'static,
{
    async fn next(&mut self) -> Next {
        let message = tokio::select! {
            message = self.subscription.message() => message,
            _ = self.heartbeat.tick() => return Next::Comment,
        };
        self.heartbeat.reset();
        let json = match message {
            Ok(Some(message)) => transcode::response(&self.route, message),
            Ok(None) => return Next::End(Bytes::from_static(b"event: end\ndata: {}\n\n")),
            Err(error) => Err(Error::Upstream(error)),
        };
        match json {
            Ok(json) => {
                self.sent += 1;
                Next::Event(event(&format!("id: {}\ndata: ", self.sent), &json))
            }
            Err(error) => Next::End(event("event: error\ndata: ", &error::event(error, &self.trace_id))),
        }
    }
}

fn is_away(error: &ApiError) -> bool {
    error.reason == Reason::DependencyUnavailable
}

fn event(head: &str, json: &[u8]) -> Bytes {
    [head.as_bytes(), json, b"\n\n"].concat().into()
}

impl Feed {
    /// Passes events on until the source ends, nobody watches any more, or the process stops. Who came while it stops sees one
    /// event all the same.
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
                    // An error says that nobody listens.
                    let _ = sender.send(Bytes::from_static(b": heartbeat\n\n"));
                    // A first watcher that has not come by now has gone before it came.
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

    /// A watcher, which begins with the newest event; of a feed that is over, the watcher that only gets its end.
    fn join(self: &Arc<Self>) -> Result<Watcher, Watcher> {
        let mut state = self.lock();
        let first = state.first.take();
        let watcher = |events, next, over| Watcher { feed: self.clone(), events, next, over };
        match &state.sender {
            Some(sender) => {
                // The first watcher gets all that came before it: it was there from the beginning.
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
    /// The next event or comment as it goes over the wire; nothing after the end.
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

    /// Goes on with the newest event.
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn feed() -> (Arc<Feed>, Sender<Bytes>) {
        let (sender, first) = broadcast::channel(BEHIND);
        let state = State { sender: Some(sender.clone()), first: Some(first), newest: None, end: None };
        (Arc::new(Feed { state: Mutex::new(state) }), sender)
    }

    fn text(event: Option<Bytes>) -> Option<String> {
        event.map(|event| String::from_utf8(event.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn who_comes_later_begins_with_the_newest_and_misses_nothing_then() {
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
    async fn who_falls_behind_skips_to_the_newest() {
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
    async fn everybody_sees_the_end_once_also_those_who_were_behind() {
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
    async fn who_comes_while_the_process_stops_sees_one_event_and_then_the_stream_ends() {
        let routes = crate::routes::Routes::of_all_services().unwrap();
        let route = routes.iter().find(|route| route.name.ends_with("turnout:watch")).unwrap().clone();
        // Two empty messages as gRPC frames them.
        let messages = || {
            let body = http_body_util::Full::new(Bytes::from_static(&[0; 10]));
            Streaming::new_request(upstream::RawCodec, body, None, None)
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

    #[tokio::test(start_paused = true)]
    async fn heartbeats_while_a_subscription_is_made_again_make_no_further_call() {
        let (calls, ready) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
        let messages = |bytes: &'static [u8]| {
            let body = http_body_util::Full::new(Bytes::from_static(bytes));
            Streaming::new_request(upstream::RawCodec, body, None, None)
        };
        let open = {
            let (calls, ready) = (calls.clone(), ready.clone());
            move || {
                let (calls, ready) = (calls.clone(), ready.clone());
                async move {
                    calls.fetch_add(1, Ordering::SeqCst);
                    ready.notified().await;
                    Ok(messages(&[0; 5]))
                }
            }
        };
        let mut subscription = Subscription { open, messages: messages(&[]), cut: None };
        subscription.cut = Some(Cut { since: Instant::now(), opening: subscription.open_again() });
        for _heartbeat in 0..3 {
            let waited = tokio::time::timeout(Duration::from_secs(1), subscription.message()).await;
            assert!(waited.is_err());
        }
        ready.notify_one();
        assert_eq!(subscription.message().await.unwrap(), Some(Bytes::new()));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
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
