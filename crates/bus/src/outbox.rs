//! Events that wait in the database, written by the transaction that caused them.

use std::sync::Arc;

use sqlx::PgConnection;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::Event;

/// Writes `events`, in this order, in the caller's transaction. After its commit, call [`OutboxSignal::wake`].
///
/// Row-level security holds here too: an event of an organization can be written only by a transaction that works on
/// that organization, or on all.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn append(connection: &mut PgConnection, events: &[Event]) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let routing_keys: Vec<_> = events.iter().map(|event| event.routing_key.clone()).collect();
    let organizations: Vec<_> = events.iter().map(|event| event.organization_id).collect();
    let subjects: Vec<_> = events.iter().map(|event| event.subject.clone()).collect();
    let times: Vec<_> = events.iter().map(|event| event.time).collect();
    let payloads: Vec<_> = events.iter().map(|event| event.payload.to_vec()).collect();
    let parents: Vec<_> = events.iter().map(|event| event.trace_parent.clone()).collect();
    let states: Vec<_> = events.iter().map(|event| event.trace_state.clone()).collect();
    sqlx::query!(
        "INSERT INTO outbox (id, routing_key, organization_id, subject, time, payload, trace_parent, trace_state)
         SELECT id, routing_key, organization_id, subject, time, payload, trace_parent, trace_state
         FROM UNNEST($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bytea[], $7::text[],
                     $8::text[])
              WITH ORDINALITY AS event (id, routing_key, organization_id, subject, time, payload, trace_parent,
                                        trace_state, place)
         ORDER BY place",
        &ids,
        &routing_keys,
        &organizations as &[Option<uuid::Uuid>],
        &subjects,
        &times,
        &payloads,
        &parents as &[Option<String>],
        &states as &[Option<String>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells the relay of this process that there are new events, so that it need not wait for its next look. Clones
/// are one signal.
#[derive(Clone, Debug, Default)]
pub struct OutboxSignal(Arc<Notify>);

impl OutboxSignal {
    /// A new signal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes the relay, or keeps it from sleeping next time. Call it after the commit.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    pub(crate) fn woken(&self) -> Notified<'_> {
        self.0.notified()
    }
}
