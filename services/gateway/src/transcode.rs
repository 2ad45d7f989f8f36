//! Requests from JSON to protobuf and answers back, by the route's descriptors.

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, SerializeOptions, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::http::error::Error;
use crate::json::path::join;
use crate::json::value::value;
use crate::json::{bounds, misfit};
use crate::routes::{BodyRule, RawBody, Route};

/// Write default values, so that every answer has the same members.
const OPTIONS: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

/// The parts of an HTTP request that become the message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The values in the path, percent-encoded.
    pub path: &'a [&'a str],
    /// Without the question mark.
    pub query: Option<&'a str>,
    pub body: &'a [u8],
    /// The charset of a raw body; empty if the request names none. `None` if the body is JSON.
    pub raw: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
}

/// The encoded request message.
///
/// # Errors
/// `BODY_MALFORMED` or `FIELD_INVALID` with the field at fault.
pub fn request(route: &Route, parts: Parts<'_>) -> Result<Bytes, Error> {
    if let (Some(raw), Some(charset)) = (&route.raw, parts.raw) {
        return raw_request(route, raw, charset, parts);
    }
    if let Some(bytes) = ordinary(route, parts) {
        return Ok(bytes.into());
    }
    let mut message = match &route.body {
        BodyRule::Nothing => {
            if !parts.body.is_empty() {
                return Err(Error::body(
                    "body",
                    "must be empty: this request takes its fields from path and query",
                ));
            }
            DynamicMessage::new(route.input.clone())
        }
        BodyRule::Whole => json(&route.input, parts.body, "")?,
        BodyRule::Field(field) => {
            let mut message = DynamicMessage::new(route.input.clone());
            if let Kind::Message(kind) = field.kind() {
                message.set_field(field, Value::Message(json(&kind, parts.body, field.name())?));
            }
            message
        }
    };
    add_parameters(route, parts, &mut message)?;
    Ok(message.encode_to_vec().into())
}

/// The encoded message of a raw body: one field, plus path, query and headers.
fn raw_request(route: &Route, raw: &RawBody, charset: &str, parts: Parts<'_>) -> Result<Bytes, Error> {
    let mut message = DynamicMessage::new(route.input.clone());
    add_parameters(route, parts, &mut message)?;
    if let Some(field) = &raw.charset
        && !charset.is_empty()
        && !message.has_field(field)
    {
        message.set_field(field, Value::String(charset.to_owned()));
    }
    let mut encoded = message.encode_to_vec();
    encoded.reserve(parts.body.len() + 16);
    encode_key(raw.field.number(), WireType::LengthDelimited, &mut encoded);
    encode_varint(parts.body.len() as u64, &mut encoded);
    encoded.extend_from_slice(parts.body);
    Ok(encoded.into())
}

/// Adds the values of path, query and headers.
fn add_parameters(route: &Route, parts: Parts<'_>, message: &mut DynamicMessage) -> Result<(), Error> {
    for (field, text) in route.path_fields.iter().zip(parts.path) {
        let text = percent_decode_str(text)
            .decode_utf8()
            .map_err(|_| Error::parameter(&field.name, "must be UTF-8, percent-encoded"))?;
        let value = value(&field.field.kind(), &text).map_err(|rule| Error::parameter(&field.name, rule))?;
        if field.get(message).is_some_and(|given| given != value) {
            return Err(Error::body(&field.name, "must be the same as in the path"));
        }
        field.set(message, value);
    }
    query(route, parts.query.unwrap_or_default(), message)?;
    if let (Some(field), Some(key)) = (&route.request_id, parts.idempotency_key)
        && !message.has_field(field)
    {
        message.set_field(field, Value::String(request_id(key)?.to_string()));
    }
    Ok(())
}

/// Fast path: text in the path, no query, and a body that [`crate::json::read`] handles.
fn ordinary(route: &Route, parts: Parts<'_>) -> Option<Vec<u8>> {
    let layout = route.layout.as_ref()?;
    let idempotent = route.request_id.is_some() && parts.idempotency_key.is_some();
    if idempotent || parts.query.is_some_and(|query| !query.is_empty()) {
        return None;
    }
    let mut message = Vec::with_capacity(parts.body.len());
    let mut in_path = [0; 4];
    for (place, (field, text)) in route.path_fields.iter().zip(parts.path).enumerate() {
        let text = percent_decode_str(text).decode_utf8().ok()?;
        prost::encoding::string::encode(field.field.number(), &text.into_owned(), &mut message);
        *in_path.get_mut(place)? = field.field.number();
    }
    layout.encode(parts.body, &in_path, &mut message)?;
    Some(message)
}

fn query(route: &Route, query: &str, message: &mut DynamicMessage) -> Result<(), Error> {
    let mut given = Vec::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let Some(field) = route.parameters.get(name.as_ref()) else {
            return Err(Error::parameter(name, "is not a parameter of this request"));
        };
        let value = value(&field.field.kind(), &text).map_err(|rule| Error::parameter(&field.name, rule))?;
        if field.field.is_list() {
            field.push(message, value);
        } else if given.contains(&field.name.as_str()) {
            return Err(Error::parameter(&field.name, "must be given once"));
        } else if field.get(message).is_some_and(|given| given != value) {
            return Err(Error::body(&field.name, "must be the same as in the query"));
        } else {
            field.set(message, value);
            given.push(&field.name);
        }
    }
    Ok(())
}

/// The request id of an idempotency key: the key itself if it is a UUID, otherwise one derived from
/// its digest.
fn request_id(key: &str) -> Result<Uuid, Error> {
    if let Ok(id) = Uuid::parse_str(key.trim_matches('"')) {
        return Ok(id);
    }
    if !(1..=255).contains(&key.len()) {
        return Err(Error::parameter("Idempotency-Key", "must have 1 to 255 characters"));
    }
    let digest = Sha256::new().chain_update("comitia idempotency key\n").chain_update(key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A message from JSON. An empty body is an empty message. `prefix` is the path of the field that
/// the body holds.
fn json(kind: &MessageDescriptor, body: &[u8], prefix: &str) -> Result<DynamicMessage, Error> {
    if body.trim_ascii().is_empty() {
        return Ok(DynamicMessage::new(kind.clone()));
    }
    bounds::check(kind, body, prefix)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    DynamicMessage::deserialize(kind.clone(), &mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message))
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Data => misfit(kind, body, prefix, &error),
            _ => Error::body("body", misfit::syntax(&error)),
        })
}

/// Reads a malformed body once more, tracking the path, to find the field at fault.
fn misfit(kind: &MessageDescriptor, body: &[u8], prefix: &str, error: &serde_json::Error) -> Error {
    let mut track = serde_path_to_error::Track::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let _ = DynamicMessage::deserialize(kind.clone(), tracked);
    let found = track.path();
    let mut path = proto_path(kind, &found, prefix);
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    if let Some(name) =
        text.strip_prefix("unrecognized field name '").and_then(|name| name.strip_suffix('\''))
    {
        join(&mut path, name);
        return Error::body(path, "is not a field of this request");
    }
    if path.is_empty() {
        path.push_str("body");
    }
    Error::body(path, misfit::rule(kind, &found, body, error))
}

/// The path of a field by proto names, whichever names the client used.
fn proto_path(kind: &MessageDescriptor, path: &serde_path_to_error::Path, prefix: &str) -> String {
    let mut text = prefix.to_owned();
    let mut kind = Some(kind.clone());
    for segment in path {
        match segment {
            serde_path_to_error::Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            serde_path_to_error::Segment::Map { key } => {
                let field = kind.as_ref().and_then(|kind| {
                    kind.get_field_by_json_name(key).or_else(|| kind.get_field_by_name(key))
                });
                join(&mut text, field.as_ref().map_or(key, |field| field.name()));
                kind = field.and_then(|field| match field.kind() {
                    Kind::Message(kind) => Some(kind),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    text
}

/// The JSON of a response message.
///
/// # Errors
/// If the bytes are not such a message.
pub fn response(route: &Route, bytes: Bytes) -> Result<Vec<u8>, Error> {
    if let Some(json) = route.answer_layout.as_ref().and_then(|layout| layout.write(&bytes)) {
        return Ok(json);
    }
    dynamic_response(route, bytes)
}

pub(crate) fn dynamic_response(route: &Route, bytes: Bytes) -> Result<Vec<u8>, Error> {
    let malformed = |error: Box<dyn std::error::Error + Send + Sync>| Error::AnswerMalformed(error);
    let message =
        DynamicMessage::decode(route.output.clone(), bytes).map_err(|error| malformed(error.into()))?;
    let mut json = Vec::with_capacity(512);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut json), &OPTIONS)
        .map_err(|error| malformed(error.into()))?;
    if let Some(field) = &route.response_body {
        let whole: serde_json::Value =
            serde_json::from_slice(&json).map_err(|error| malformed(error.into()))?;
        let part = whole.get(field.json_name()).unwrap_or(&serde_json::Value::Null);
        json = serde_json::to_vec(part).map_err(|error| malformed(error.into()))?;
    }
    Ok(json)
}

#[cfg(test)]
mod tests;
