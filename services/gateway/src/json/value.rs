//! Values from the text of paths and queries.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{DynamicMessage, Kind, Value};
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;

/// Standard and URL-safe base64 differ in two characters. Both are accepted, with or without
/// padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a value of this kind must be.
pub fn rule(kind: &Kind) -> String {
    match kind {
        Kind::String => "must be a text".into(),
        Kind::Bool => "must be true or false".into(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            format!("must be a whole number from {} to {}", i32::MIN, i32::MAX)
        }
        Kind::Uint32 | Kind::Fixed32 => format!("must be a whole number from 0 to {}", u32::MAX),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "must be a whole number, such as 1500".into(),
        Kind::Uint64 | Kind::Fixed64 => "must be a whole number, such as 1500, and not negative".into(),
        Kind::Float | Kind::Double => "must be a number".into(),
        Kind::Bytes => "must be base64".into(),
        Kind::Enum(kind) => {
            let names: Vec<_> = kind.values().map(|value| value.name().to_owned()).collect();
            format!("must be one of {}", names.join(", "))
        }
        Kind::Message(kind) => match kind.full_name() {
            "google.protobuf.Timestamp" => "must be a time, such as 2026-06-01T08:00:00Z".into(),
            "google.protobuf.Duration" => "must be a duration, such as 3.5s".into(),
            "google.protobuf.FieldMask" => "must be names of fields with commas between them".into(),
            "google.protobuf.StringValue" => rule(&Kind::String),
            "google.protobuf.Int32Value" => rule(&Kind::Int32),
            "google.protobuf.Int64Value" => rule(&Kind::Int64),
            "google.protobuf.UInt32Value" => rule(&Kind::Uint32),
            "google.protobuf.UInt64Value" => rule(&Kind::Uint64),
            _ => "must be an object: {...}".into(),
        },
    }
}

/// The value of a text.
///
/// # Errors
/// The rule that the text breaks.
pub fn value(kind: &Kind, text: &str) -> Result<Value, String> {
    fn number<T: std::str::FromStr>(text: &str, kind: &Kind) -> Result<T, String> {
        text.parse().map_err(|_| rule(kind))
    }
    Ok(match kind {
        Kind::String => Value::String(text.to_owned()),
        Kind::Bool => Value::Bool(match text {
            "true" => true,
            "false" => false,
            _ => return Err(rule(kind)),
        }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number(text, kind)?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number(text, kind)?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number(text, kind)?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number(text, kind)?),
        Kind::Float => Value::F32(number(text, kind)?),
        Kind::Double => Value::F64(number(text, kind)?),
        Kind::Bytes => {
            let standard = text.replace('-', "+").replace('_', "/");
            Value::Bytes(BASE64.decode(standard).map_err(|_| rule(kind))?.into())
        }
        Kind::Enum(names) => match names.get_value_by_name(text) {
            Some(value) => Value::EnumNumber(value.number()),
            None => return Err(rule(kind)),
        },
        Kind::Message(kind) if kind.full_name() == "google.protobuf.FieldMask" => {
            let mask = prost_types::FieldMask {
                paths: text
                    .split(',')
                    .map(str::trim)
                    .filter(|path| !path.is_empty())
                    .map(snake_case)
                    .collect(),
            };
            let mut message = DynamicMessage::new(kind.clone());
            message.transcode_from(&mask).map_err(|error| error.to_string())?;
            Value::Message(message)
        }
        Kind::Message(message) => {
            let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
            Value::Message(DynamicMessage::deserialize(message.clone(), text).map_err(|_| rule(kind))?)
        }
    })
}

/// `displayName` as `display_name`. Snake case stays as it is.
fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use prost_reflect::MessageDescriptor;

    use super::*;

    fn message(name: &str) -> MessageDescriptor {
        comitia_proto::descriptors().get_message_by_name(name).unwrap()
    }

    #[test]
    fn texts_become_values_or_name_the_rule() {
        let poll = message("comitia.voting.v1.Poll");
        let kind = |name: &str| poll.get_field_by_name(name).unwrap().kind();
        assert_eq!(value(&Kind::Int32, "-5"), Ok(Value::I32(-5)));
        assert_eq!(
            value(&Kind::Int32, "4294967296"),
            Err("must be a whole number from -2147483648 to 2147483647".into())
        );
        assert_eq!(value(&Kind::Uint32, "-1").unwrap_err(), "must be a whole number from 0 to 4294967295");
        assert_eq!(value(&Kind::Bool, "true"), Ok(Value::Bool(true)));
        assert_eq!(value(&Kind::Bool, "yes").unwrap_err(), "must be true or false");
        assert_eq!(value(&Kind::Bytes, "_-8"), Ok(Value::Bytes(vec![0xff, 0xef].into())));
        assert_eq!(value(&kind("state"), "POLL_STATE_OPEN"), Ok(Value::EnumNumber(2)));
        assert!(value(&kind("state"), "OPEN").unwrap_err().contains("POLL_STATE_OPEN"));
        let time = value(&kind("open_time"), "2026-06-01T08:00:00Z").unwrap();
        let time: prost_types::Timestamp = time.as_message().unwrap().transcode_to().unwrap();
        assert_eq!(time.seconds, 1_780_300_800);
        assert!(value(&kind("open_time"), "tomorrow").unwrap_err().contains("2026-06-01T08:00:00Z"));
    }

    #[test]
    fn a_field_mask_takes_both_spellings() {
        let request = message("comitia.spaces.v1.UpdateProcessRequest");
        let kind = request.get_field_by_name("update_mask").unwrap().kind();
        let mask = value(&kind, "title, currentPhase,create_time").unwrap();
        let mask: prost_types::FieldMask = mask.as_message().unwrap().transcode_to().unwrap();
        assert_eq!(mask.paths, ["title", "current_phase", "create_time"]);
    }
}
