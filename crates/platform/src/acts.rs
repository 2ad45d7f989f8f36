//! The log of the organization: what its staff did, in whatever service. A call by staff of a method that is an act
//! (`comitia_proto::acts`) is told of on the bus, and spaces keeps the log.
//!
//! Who calls and what they sent is known before the use case runs; what it changes, the use case may say with [`changed`]. The
//! event is written by the commit of the first transaction of the call that wrote something
//! ([`Transaction::commit`](crate::database::Transaction::commit)): an act is told of if and only if it was done, and a
//! call that changes nothing is none.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use comitia_bus::{Event, outbox};
use comitia_core::Clock;
use comitia_proto::events::v1::ActRecorded;
use comitia_proto::spaces::v1::ActChange;
use http_body_util::BodyExt;
use sqlx::PgConnection;
use tonic::body::Body;
use uuid::Uuid;

use crate::auth::{Context, Role};

/// As many bytes of a request are kept until its use case commits.
const REQUEST_BYTES: usize = 64 * 1024;
/// The bytes before a message of gRPC: whether it is compressed, and its length.
const FRAME_HEAD: usize = 5;
/// The most changes of one act.
const MAX_CHANGES: usize = comitia_proto::acts::MAX_VALUES;
/// The most characters of a value.
const MAX_VALUE: usize = 500;

tokio::task_local! {
    static ACT: Option<Arc<Act>>;
}

/// A call by staff that is an act once it has written something.
#[derive(Debug)]
pub(crate) struct Act {
    id: Uuid,
    clock: Clock,
    organization: Uuid,
    actor: String,
    method: &'static comitia_proto::acts::Act,
    request: Mutex<Vec<u8>>,
    said: Mutex<Said>,
    recorded: AtomicBool,
}

/// What the use case says.
#[derive(Debug, Default)]
struct Said {
    resource: Option<String>,
    changes: Vec<ActChange>,
    /// What was acted on, where it is several things, with what changed in each.
    each: Vec<(String, Vec<ActChange>)>,
}

impl Act {
    /// The act that a call of this gRPC path is, if it is one.
    pub(crate) fn of(path: &str, context: &Context, clock: &Clock) -> Option<Arc<Self>> {
        let caller =
            context.caller().filter(|caller| caller.is_staff() || caller.has(Role::SecondFactorPending))?;
        let method = comitia_proto::acts::act(path)?;
        Some(Arc::new(Self {
            id: comitia_core::id::new(),
            clock: clock.clone(),
            organization: context.organization().ok()?,
            actor: caller.subject.clone(),
            method,
            request: Mutex::default(),
            said: Mutex::default(),
            recorded: AtomicBool::new(false),
        }))
    }

    /// The body of the call, whose beginning is noted while it is read.
    pub(crate) fn hear(self: &Arc<Self>, body: Body) -> Body {
        let act = self.clone();
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                let mut request = act.request.lock().unwrap_or_else(PoisonError::into_inner);
                let room = (REQUEST_BYTES + FRAME_HEAD).saturating_sub(request.len());
                request.extend_from_slice(data.get(..room).unwrap_or(data));
            }
            frame
        }))
    }

    /// The events that tell of it: one, or one for each of the things that were acted on.
    fn events(&self) -> Vec<Event> {
        let each = {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            said.each.clone()
        };
        if each.is_empty() {
            return vec![self.event()];
        }
        let tell = |(resource, changes)| self.tell(comitia_core::id::new(), resource, changes);
        each.into_iter().map(tell).collect()
    }

    fn event(&self) -> Event {
        let (resource, values) = {
            let request = self.request.lock().unwrap_or_else(PoisonError::into_inner);
            let message = match request.split_at_checked(FRAME_HEAD) {
                // What comes in pieces says what it is in the first.
                Some(([0, length @ ..], message)) => {
                    let length = length.try_into().map_or(0, u32::from_be_bytes);
                    usize::try_from(length).ok().and_then(|length| message.get(..length)).unwrap_or(message)
                }
                // Compressed, which no caller of ours does: the act is told of without what the request says.
                _ => &[],
            };
            self.method.read(message)
        };
        let (said_resource, mut changes) = {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            (said.resource.clone(), said.changes.clone())
        };
        let resource = said_resource.unwrap_or(resource);
        if changes.is_empty() {
            changes = values.into_iter().map(|(field, value)| change(field, None, Some(value))).collect();
        }
        self.tell(self.id, resource, changes)
    }

    fn tell(&self, id: Uuid, resource: String, changes: Vec<ActChange>) -> Event {
        let key = format!("{}.act.recorded", self.method.service());
        let message =
            ActRecorded { actor: self.actor.clone(), method: self.method.name(), resource, changes };
        Event { id, ..Event::new(&self.clock, key, Some(self.organization), id.to_string(), &message) }
    }

    /// Its transaction has committed.
    pub(crate) fn done(&self) {
        self.recorded.store(true, Ordering::Relaxed);
    }
}

fn change(field: String, before: Option<String>, after: Option<String>) -> ActChange {
    ActChange { field, before: before.map(cut), after: after.map(cut) }
}

fn cut(text: String) -> String {
    if text.chars().nth(MAX_VALUE).is_none() {
        return text;
    }
    let kept: String = text.chars().take(MAX_VALUE).collect();
    kept + "…"
}

/// Runs a call that is an act, or none.
pub(crate) async fn during<T>(act: Option<Arc<Act>>, call: impl Future<Output = T>) -> T {
    ACT.scope(act, call).await
}

/// Runs a part of a use case whose transactions are not yet what the act is about: what it prepares may come to nothing.
pub async fn unrecorded<T>(preparation: impl Future<Output = T>) -> T {
    ACT.scope(None, preparation).await
}

/// What changes in one of several things.
#[derive(Clone, Debug, Default)]
pub struct Changes(Vec<ActChange>);

impl Changes {
    /// A field, as with [`changed`].
    #[must_use]
    pub fn and(mut self, field: &str, before: impl Display, after: impl Display) -> Self {
        self.0.extend(difference(field, &before.to_string(), &after.to_string()));
        self
    }
}

/// Says that the call in flight acts on several things: each has a line of its own in the log.
pub fn each(collection: &str, id: Uuid, changes: Changes) {
    say(|said| said.each.push((format!("{collection}/{id}"), changes.0)));
}

/// Says what the call in flight changes: a field, in place of what the request says of it. Equal values are no change. Outside
/// of acts, nothing happens. Never for personal data, codes or ballots.
pub fn changed(field: &str, before: impl Display, after: impl Display) {
    if let Some(change) = difference(field, &before.to_string(), &after.to_string()) {
        say(|said| {
            if said.changes.len() < MAX_CHANGES {
                said.changes.push(change);
            }
        });
    }
}

fn difference(field: &str, before: &str, after: &str) -> Option<ActChange> {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (before != after).then(|| change(field.to_owned(), filled(before), filled(after)))
}

/// Says what the call in flight is about, in place of its address: what it created, say.
pub fn about(collection: &str, id: Uuid) {
    say(|said| said.resource = Some(format!("{collection}/{id}")));
}

fn say(what: impl FnOnce(&mut Said)) {
    let act = ACT.try_with(Clone::clone).ok().flatten();
    if let Some(act) = act {
        what(&mut act.said.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Tells of the act in flight, if its transaction wrote something and none of its transactions has told of it. Gives the act, which
/// is [`Act::done`] after the commit.
pub(crate) async fn append(connection: &mut PgConnection) -> Result<Option<Arc<Act>>, sqlx::Error> {
    let act = ACT.try_with(Clone::clone).ok().flatten();
    let Some(act) = act.filter(|act| !act.recorded.load(Ordering::Relaxed)) else { return Ok(None) };
    let wrote = act.method.even_reading
        || sqlx::query_scalar!(r#"SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS "wrote!""#)
            .fetch_one(&mut *connection)
            .await?;
    if !wrote {
        return Ok(None);
    }
    outbox::append(connection, &act.events()).await?;
    Ok(Some(act))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(cut("é".repeat(MAX_VALUE)), "é".repeat(MAX_VALUE));
        let cut = cut("é".repeat(MAX_VALUE + 1));
        assert_eq!(cut.chars().count(), MAX_VALUE + 1);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn outside_of_acts_nothing_is_said() {
        changed("title", "a", "b");
        about("processes", Uuid::nil());
    }
}
