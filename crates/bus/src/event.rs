//! What travels on the bus.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use comitia_core::Clock;
use uuid::Uuid;

use crate::{HandlerError, trace};

/// The media type of every payload.
pub(crate) const CONTENT_TYPE: &str = "application/protobuf";

/// Something that happened, told to whoever subscribed to its routing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The identity of the event (UUIDv7); the same on every delivery, so that consumers can tell a repetition.
    pub id: Uuid,
    /// `<service>.<entity>.<what happened>`, for example `voting.poll.closed`.
    pub routing_key: String,
    /// The tenant it happened in, if it happened in one.
    pub organization_id: Option<Uuid>,
    /// The id of the resource it happened to.
    pub subject: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The protobuf message.
    pub payload: Bytes,
    /// The W3C `traceparent` of the operation that caused it.
    pub trace_parent: Option<String>,
    /// The W3C `tracestate` that goes with [`Event::trace_parent`].
    pub trace_state: Option<String>,
}

impl Event {
    /// A new event with `message` as its payload, part of the trace of the current span.
    #[must_use]
    pub fn new(
        clock: &Clock,
        routing_key: impl Into<String>,
        organization_id: Option<Uuid>,
        subject: impl Into<String>,
        message: &impl prost::Message,
    ) -> Self {
        let (trace_parent, trace_state) = trace::context_of(&tracing::Span::current());
        Self {
            id: comitia_core::id::new(),
            routing_key: routing_key.into(),
            organization_id,
            subject: subject.into(),
            time: clock.now(),
            payload: message.encode_to_vec().into(),
            trace_parent,
            trace_state,
        }
    }

    /// The CloudEvents `type`: `comitia.<routing key>.v1`.
    #[must_use]
    pub fn event_type(&self) -> String {
        format!("comitia.{}.v1", self.routing_key)
    }

    /// The CloudEvents `source`: `/comitia/<service>`, the service being the first word of the routing key.
    #[must_use]
    pub fn source(&self) -> String {
        format!("/comitia/{}", self.routing_key.split('.').next().unwrap_or_default())
    }

    /// The payload as the message `M`.
    ///
    /// # Errors
    /// [`HandlerError::Permanent`] when the payload is not an `M`: it will not be one the next time either.
    pub fn decode<M: prost::Message + Default>(&self) -> Result<M, HandlerError> {
        M::decode(self.payload.clone()).map_err(HandlerError::permanent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_event_attributes_come_from_the_routing_key() {
        let clock = Clock::manual(DateTime::from_timestamp(1_000_000, 0).unwrap());
        let event = Event::new(&clock, "voting.poll.closed", None, "poll-1", &"hello".to_owned());
        assert_eq!(event.event_type(), "comitia.voting.poll.closed.v1");
        assert_eq!(event.source(), "/comitia/voting");
        assert_eq!(event.time, clock.now());
        assert_eq!(event.decode::<String>().unwrap(), "hello");
    }

    #[test]
    fn a_payload_of_another_kind_is_permanently_wrong() {
        let clock = Clock::system();
        let mut event = Event::new(&clock, "voting.poll.closed", None, "poll-1", &());
        event.payload = Bytes::from_static(b"\xff\xff\xff");
        assert!(matches!(event.decode::<String>(), Err(HandlerError::Permanent(_))));
    }
}
