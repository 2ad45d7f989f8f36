//! Events as AMQP messages: CloudEvents attributes in the headers (CloudEvents AMQP binding, binary mode), trace
//! context as `traceparent` and `tracestate`, and what the bus itself must remember.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use uuid::Uuid;

use crate::event::CONTENT_TYPE;
use crate::{DeadLetter, Event};

/// What the binding's senders put before an attribute; receivers must know `cloudEvents:` as well.
const PREFIXES: [&str; 2] = ["cloudEvents_", "cloudEvents:"];
const ATTEMPTS: &str = "comitia-attempts";
const REASON: &str = "comitia-reason";
const PARKED_AT: &str = "comitia-parked-at";
/// For messages that are no event: an id to name them by, and the routing key they came with.
const LETTER_ID: &str = "comitia-letter-id";
const ROUTING_KEY: &str = "comitia-routing-key";

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// The headers of `properties` that a client may set; those of the broker (`x-...`) describe an earlier delivery.
fn headers_of(properties: &BasicProperties) -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flat_map(FieldTable::inner) {
        if !name.as_str().starts_with("x-") {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers
}

fn without(headers: FieldTable, names: &[&str]) -> FieldTable {
    let mut kept = FieldTable::default();
    for (name, value) in headers.inner() {
        if !names.contains(&name.as_str()) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn string(properties: &BasicProperties, name: &str) -> Option<String> {
    match header(properties, name)? {
        AMQPValue::LongString(value) => String::from_utf8(value.as_bytes().to_vec()).ok(),
        AMQPValue::ShortString(value) => Some(value.to_string()),
        _ => None,
    }
}

fn attribute(properties: &BasicProperties, name: &str) -> Option<String> {
    PREFIXES.iter().find_map(|prefix| string(properties, &format!("{prefix}{name}")))
}

/// How often the message was tried before.
pub(super) fn attempts(properties: &BasicProperties) -> u32 {
    match header(properties, ATTEMPTS) {
        Some(AMQPValue::LongLongInt(attempts)) => u32::try_from(*attempts).unwrap_or(0),
        Some(AMQPValue::LongInt(attempts)) => u32::try_from(*attempts).unwrap_or(0),
        Some(AMQPValue::LongUInt(attempts)) => *attempts,
        _ => 0,
    }
}

/// The properties of `event`.
pub(super) fn properties(event: &Event) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut set = |name: &str, value: &str| {
        headers.insert(name.into(), text(value));
    };
    set("cloudEvents_specversion", "1.0");
    set("cloudEvents_id", &event.id.to_string());
    set("cloudEvents_source", &event.source());
    set("cloudEvents_type", &event.event_type());
    set("cloudEvents_subject", &event.subject);
    set("cloudEvents_time", &event.time.to_rfc3339_opts(SecondsFormat::Micros, true));
    if let Some(organization) = event.organization_id {
        set("cloudEvents_organizationid", &organization.to_string());
    }
    if let Some(parent) = &event.trace_parent {
        set("traceparent", parent);
    }
    if let Some(state) = &event.trace_state {
        set("tracestate", state);
    }
    BasicProperties::default()
        .with_content_type(CONTENT_TYPE.into())
        .with_delivery_mode(2)
        .with_message_id(event.id.to_string().into())
        .with_headers(headers)
}

/// The event of a message, or what is wrong with it.
pub(super) fn event(properties: &BasicProperties, payload: &[u8]) -> Result<Event, String> {
    let required =
        |name: &str| attribute(properties, name).ok_or_else(|| format!("there is no cloudEvents_{name}"));
    let kind = required("type")?;
    let routing_key = kind
        .strip_prefix("comitia.")
        .and_then(|rest| rest.strip_suffix(".v1"))
        .ok_or_else(|| format!("the type {kind:?} is none of ours"))?
        .to_owned();
    match properties.content_type().as_ref().map(ShortString::as_str) {
        Some(CONTENT_TYPE) => {}
        other => return Err(format!("the content type is {other:?}, not {CONTENT_TYPE}")),
    }
    let organization_id = match attribute(properties, "organizationid") {
        Some(id) => Some(Uuid::parse_str(&id).map_err(|error| format!("organizationid: {error}"))?),
        None => None,
    };
    Ok(Event {
        id: Uuid::parse_str(&required("id")?).map_err(|error| format!("id: {error}"))?,
        routing_key,
        organization_id,
        subject: attribute(properties, "subject").unwrap_or_default(),
        time: time(&required("time")?).ok_or("the time is not in RFC 3339")?,
        payload: Bytes::copy_from_slice(payload),
        trace_parent: string(properties, "traceparent"),
        trace_state: string(properties, "tracestate"),
    })
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

/// The same message after one more failed attempt.
pub(super) fn tried_again(properties: &BasicProperties) -> BasicProperties {
    let mut headers = headers_of(properties);
    headers.insert(ATTEMPTS.into(), AMQPValue::LongLongInt(i64::from(attempts(properties)) + 1));
    properties.clone().with_headers(headers)
}

/// The same message as a dead letter.
pub(super) fn given_up(
    properties: &BasicProperties,
    routing_key: &ShortString,
    reason: &str,
    now: DateTime<Utc>,
) -> BasicProperties {
    let properties = tried_again(properties);
    let mut headers = headers_of(&properties);
    headers.insert(REASON.into(), text(reason));
    headers.insert(PARKED_AT.into(), text(&now.to_rfc3339_opts(SecondsFormat::Micros, true)));
    headers.insert(LETTER_ID.into(), text(&comitia_core::id::new().to_string()));
    headers.insert(ROUTING_KEY.into(), text(routing_key.as_str()));
    properties.with_headers(headers)
}

/// The same message as if it had never been tried.
pub(super) fn fresh(properties: &BasicProperties) -> BasicProperties {
    let headers = without(headers_of(properties), &[ATTEMPTS, REASON, PARKED_AT, LETTER_ID, ROUTING_KEY]);
    properties.clone().with_headers(headers)
}

/// The dead letter that a message of a dead-letter queue is.
pub(super) fn dead_letter(
    properties: &BasicProperties,
    routing_key: &ShortString,
    payload: &[u8],
) -> DeadLetter {
    let event = event(properties, payload).ok();
    let letter_id = || {
        let id =
            string(properties, LETTER_ID).or_else(|| Some(properties.message_id().as_ref()?.to_string()))?;
        Uuid::parse_str(&id).ok()
    };
    DeadLetter {
        id: event.as_ref().map(|event| event.id).or_else(letter_id).unwrap_or_default(),
        routing_key: match &event {
            Some(event) => event.routing_key.clone(),
            None => string(properties, ROUTING_KEY).unwrap_or_else(|| routing_key.to_string()),
        },
        event,
        payload: Bytes::copy_from_slice(payload),
        // Without a reason of ours it was the broker that gave up (`x-delivery-limit`).
        reason: string(properties, REASON).unwrap_or_else(|| {
            "delivered too often without an answer: its consumers died or lost their connection".to_owned()
        }),
        attempts: attempts(properties),
        parked_at: string(properties, PARKED_AT).as_deref().and_then(time),
    }
}

#[cfg(test)]
mod tests {
    use comitia_core::Clock;

    use super::*;

    fn sample() -> Event {
        Event {
            trace_parent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            trace_state: Some("vendor=1".to_owned()),
            ..Event::new(
                &Clock::system(),
                "voting.poll.closed",
                Some(comitia_core::id::new()),
                "poll-1",
                &"x".to_owned(),
            )
        }
    }

    #[test]
    fn an_event_survives_the_wire_whatever_happens_to_it() {
        let original = sample();
        let sent = properties(&original);
        assert_eq!(event(&sent, &original.payload).unwrap(), original);
        let retried = tried_again(&tried_again(&sent));
        assert_eq!(attempts(&retried), 2);
        let parked = given_up(&retried, &"budgets.results".into(), "no", original.time);
        let letter = dead_letter(&parked, &"budgets.results.dead".into(), &original.payload);
        assert_eq!((letter.id, letter.attempts), (original.id, 3));
        assert_eq!((letter.reason.as_str(), letter.parked_at), ("no", Some(original.time)));
        assert_eq!(letter.event.as_ref(), Some(&original));
        assert_eq!(fresh(&parked), sent);
    }

    #[test]
    fn the_older_prefix_is_understood() {
        let original = sample();
        let mut headers = FieldTable::default();
        for (name, value) in properties(&original).headers().as_ref().unwrap().inner() {
            headers.insert(name.as_str().replace("cloudEvents_", "cloudEvents:").into(), value.clone());
        }
        let sent = properties(&original).with_headers(headers);
        assert_eq!(event(&sent, &original.payload).unwrap(), original);
    }

    #[test]
    fn what_is_no_event_is_named_as_a_dead_letter_all_the_same() {
        let properties = BasicProperties::default();
        assert!(event(&properties, b"?").unwrap_err().contains("cloudEvents_type"));
        let parked = given_up(&properties, &"some.key".into(), "no event", DateTime::UNIX_EPOCH);
        let letter = dead_letter(&parked, &"q.dead".into(), b"?");
        assert!(letter.event.is_none() && !letter.id.is_nil());
        assert_eq!(letter.routing_key, "some.key");
    }
}
