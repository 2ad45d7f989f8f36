//! What the tests of the bus share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use comitia_bus::{Bus, Event, HandlerError, RetryPolicy, Subscription, handler};
use comitia_core::Clock;

pub const PATIENCE: Duration = Duration::from_secs(30);

/// A bus, and a word of its own for the names of this test: the broker is shared.
pub struct Bench {
    pub bus: Arc<dyn Bus>,
    pub word: String,
}

impl Bench {
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        let random = comitia_core::random::bytes::<6>().map(|byte| format!("{byte:02x}")).concat();
        Self { bus, word: format!("test{random}") }
    }

    /// `test123.<rest>`: a queue's name, a routing key, or a pattern.
    pub fn name(&self, rest: &str) -> String {
        format!("{}.{rest}", self.word)
    }

    /// A subscription to all events of this test, with retries that take no time to speak of.
    pub fn subscription(&self, queue: &str) -> Subscription {
        Subscription::new(self.name(queue), [self.name("#")]).retry(quick(2))
    }

    pub fn event(&self, key: &str, subject: impl Into<String>) -> Event {
        let organization = Some(comitia_core::id::new());
        Event::new(&Clock::system(), self.name(key), organization, subject, &"a payload".to_owned())
    }

    pub fn events(&self, key: &str, subjects: impl IntoIterator<Item = usize>) -> Vec<Event> {
        subjects.into_iter().map(|subject| self.event(key, subject.to_string())).collect()
    }
}

/// `retries` retries, quickly.
pub fn quick(retries: usize) -> RetryPolicy {
    RetryPolicy::after((0..retries).map(|_| Duration::from_millis(20)))
}

/// What handlers have seen.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Event>>>);

impl Seen {
    pub fn add(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    pub fn subjects(&self) -> Vec<String> {
        self.events().into_iter().map(|event| event.subject).collect()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// A handler that notes the event and then answers.
    pub fn answering(
        &self,
        answer: impl Fn(&Event) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Arc<dyn comitia_bus::Handler> {
        let (seen, answer) = (self.clone(), Arc::new(answer));
        handler(move |event| {
            let (seen, answer) = (seen.clone(), Arc::clone(&answer));
            async move {
                seen.add(event.clone());
                answer(&event)
            }
        })
    }

    /// A handler that notes the event and is content.
    pub fn handler(&self) -> Arc<dyn comitia_bus::Handler> {
        self.answering(|_| Ok(()))
    }
}
