//! Fast path for answers: translates protobuf to JSON while it is read, without a dynamic message.
//!
//! It handles texts, booleans, integers, enums, times and messages of these, if no field that is
//! not a list repeats. For all else [`Layout::write`] returns `None`, and the slow path writes the
//! answer.

use std::io::Write as _;
use std::sync::Arc;

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use prost_types::Timestamp;

const MAX_DEPTH: usize = 8;

/// How a message is translated.
#[derive(Clone, Debug)]
pub struct Layout(Arc<[Field]>);

#[derive(Clone, Debug)]
struct Field {
    number: u32,
    /// With quotes and colon.
    name: Box<str>,
    list: bool,
    /// Whether the field is omitted if it is absent.
    presence: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Text,
    Bool,
    Signed,
    Unsigned,
    /// 64-bit integers are strings in JSON.
    LongSigned,
    LongUnsigned,
    Enum(EnumDescriptor),
    Time,
    Message(Layout),
}

impl Layout {
    /// The layout of a message. `None` if it has fields that only the slow path handles.
    pub fn of(message: &MessageDescriptor) -> Option<Self> {
        Self::nested(message, MAX_DEPTH)
    }

    fn nested(message: &MessageDescriptor, depth: usize) -> Option<Self> {
        // The messages of `google.protobuf` have a JSON of their own.
        if depth == 0 || message.package_name() == "google.protobuf" {
            return None;
        }
        let fields: Option<Vec<_>> = message.fields().map(|field| Field::of(&field, depth)).collect();
        Some(Self(fields?.into()))
    }

    /// The JSON of an encoded message. `None` if only the slow path can write it.
    pub fn write(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut json = Vec::with_capacity(message.len() * 2 + 64);
        self.append(message, &mut json).ok()?;
        Some(json)
    }

    fn append(&self, message: &[u8], json: &mut Vec<u8>) -> Result<(), NotOrdinary> {
        json.push(b'{');
        let mut separator = "";
        for field in &*self.0 {
            // Scanning the message for each field is cheaper than indexing it, because values are
            // skipped.
            let mut rest = message;
            let mut value = Raw::next(&mut rest, field.number)?;
            if field.presence && value.is_none() {
                continue;
            }
            json.extend_from_slice(separator.as_bytes());
            json.extend_from_slice(field.name.as_bytes());
            separator = ",";
            if field.list {
                json.push(b'[');
                let mut separator = "";
                while let Some(raw) = value {
                    json.extend_from_slice(separator.as_bytes());
                    separator = ",";
                    field.value.write(raw, json)?;
                    value = Raw::next(&mut rest, field.number)?;
                }
                json.push(b']');
            } else {
                field.value.write(value.unwrap_or(Raw::Missing), json)?;
                if Raw::next(&mut rest, field.number)?.is_some() {
                    return Err(NotOrdinary);
                }
            }
        }
        json.push(b'}');
        Ok(())
    }
}

impl Field {
    fn of(field: &FieldDescriptor, depth: usize) -> Option<Self> {
        if field.is_map() {
            return None;
        }
        let value = match field.kind() {
            Kind::String => Value::Text,
            Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => Value::Time,
            Kind::Message(message) => Value::Message(Layout::nested(&message, depth - 1)?),
            // Lists of numbers are packed.
            _ if field.is_list() => return None,
            Kind::Bool => Value::Bool,
            Kind::Int32 => Value::Signed,
            Kind::Uint32 => Value::Unsigned,
            Kind::Int64 => Value::LongSigned,
            Kind::Uint64 => Value::LongUnsigned,
            Kind::Enum(kind) => Value::Enum(kind),
            _ => return None,
        };
        Some(Self {
            number: field.number(),
            name: format!("\"{}\":", field.json_name()).into(),
            list: field.is_list(),
            presence: field.supports_presence(),
            value,
        })
    }
}

/// An encoded value.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Absent: the default of its kind.
    Missing,
}

impl<'a> Raw<'a> {
    /// Takes the next value of a field. `None` at the end of the message.
    fn next(message: &mut &'a [u8], number: u32) -> Result<Option<Self>, NotOrdinary> {
        while !message.is_empty() {
            let (found, wire_type) = decode_key(message)?;
            if found != number {
                skip_field(wire_type, found, message, DecodeContext::default())?;
                continue;
            }
            return match wire_type {
                WireType::Varint => Ok(Some(Self::Number(decode_varint(message)?))),
                WireType::LengthDelimited => {
                    let length = usize::try_from(decode_varint(message)?)?;
                    let (bytes, rest) = message.split_at_checked(length).ok_or(NotOrdinary)?;
                    *message = rest;
                    Ok(Some(Self::Bytes(bytes)))
                }
                _ => Err(NotOrdinary),
            };
        }
        Ok(None)
    }

    fn number(self) -> Result<u64, NotOrdinary> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Missing => Ok(0),
            Self::Bytes(_) => Err(NotOrdinary),
        }
    }

    fn bytes(self) -> Result<&'a [u8], NotOrdinary> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Missing => Ok(&[]),
            Self::Number(_) => Err(NotOrdinary),
        }
    }
}

impl Value {
    fn write(&self, raw: Raw<'_>, json: &mut Vec<u8>) -> Result<(), NotOrdinary> {
        match self {
            Self::Text => serde_json::to_writer(json, std::str::from_utf8(raw.bytes()?)?)?,
            Self::Time => write!(json, "\"{}\"", Timestamp::decode(raw.bytes()?)?)?,
            Self::Message(layout) => layout.append(raw.bytes()?, json)?,
            Self::Bool => write!(json, "{}", raw.number()? != 0)?,
            Self::Signed => write!(json, "{}", i32::try_from(raw.number()?.cast_signed())?)?,
            Self::Unsigned => write!(json, "{}", u32::try_from(raw.number()?)?)?,
            Self::LongSigned => write!(json, "\"{}\"", raw.number()?.cast_signed())?,
            Self::LongUnsigned => write!(json, "\"{}\"", raw.number()?)?,
            Self::Enum(kind) => {
                let number = i32::try_from(raw.number()?.cast_signed())?;
                write!(json, "\"{}\"", kind.get_value(number).ok_or(NotOrdinary)?.name())?;
            }
        }
        Ok(())
    }
}

/// The message needs the slow path.
#[derive(Debug)]
struct NotOrdinary;

impl<E: std::error::Error> From<E> for NotOrdinary {
    fn from(_: E) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use prost_reflect::{DynamicMessage, Value as Dynamic};

    use super::*;
    use crate::routes::{Route, Routes};
    use crate::transcode;

    static ROUTES: LazyLock<Routes> = LazyLock::new(|| Routes::of_all_services().unwrap());

    fn ordinary() -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(|route| route.answer_layout.is_some())
    }

    /// A random message of this kind.
    fn drawn(kind: &MessageDescriptor, dice: &mut impl FnMut() -> u64, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        if kind.full_name() == "google.protobuf.Timestamp" {
            let seconds = (dice() % 253_402_300_800).cast_signed();
            let nanos = [0, 5_000_000, 123_456_000, 999_999_999][usize::try_from(dice() % 4).unwrap()];
            message.set_field_by_name("seconds", Dynamic::I64(seconds));
            message.set_field_by_name("nanos", Dynamic::I32(nanos));
            return message;
        }
        for field in kind.fields() {
            let nested = matches!(field.kind(), Kind::Message(_));
            let count = if nested && depth == 0 { 0 } else { dice() % 3 };
            let values: Vec<_> = (0..count).map(|_| drawn_value(&field.kind(), dice, depth)).collect();
            if field.is_list() {
                message.set_field(&field, Dynamic::List(values));
            } else if let Some(value) = values.into_iter().next() {
                message.set_field(&field, value);
            }
        }
        message
    }

    fn drawn_value(kind: &Kind, dice: &mut impl FnMut() -> u64, depth: usize) -> Dynamic {
        let mut of = |count: usize| usize::try_from(dice()).unwrap() % count;
        match kind {
            Kind::String => Dynamic::String(["", "\"a\\\u{1}\n", "é\u{2028}😀", "</script>"][of(4)].into()),
            Kind::Bool => Dynamic::Bool(of(2) == 1),
            Kind::Int32 => Dynamic::I32([0, -1, i32::MIN, i32::MAX][of(4)]),
            Kind::Uint32 => Dynamic::U32([0, 1, u32::MAX][of(3)]),
            Kind::Int64 => Dynamic::I64([0, -1, i64::MIN, i64::MAX][of(4)]),
            Kind::Uint64 => Dynamic::U64([0, 1, u64::MAX][of(3)]),
            Kind::Enum(kind) => {
                Dynamic::EnumNumber(kind.values().nth(of(kind.values().len())).unwrap().number())
            }
            Kind::Message(kind) => Dynamic::Message(drawn(kind, dice, depth - 1)),
            other => panic!("{other:?} is not ordinary"),
        }
    }

    #[test]
    fn most_answers_are_ordinary() {
        assert!(ordinary().count() * 2 > ROUTES.iter().count());
        assert!(ordinary().any(|route| route.method.name() == "CastBallot"));
        assert!(ordinary().any(|route| route.method.name() == "GetTurnout"));
    }

    #[test]
    fn what_is_no_message_is_not_written() {
        let route = ordinary().find(|route| route.method.name() == "GetPoll").unwrap();
        let layout = route.answer_layout.as_ref().unwrap();
        // Truncated, a number instead of a message, a repeated field, invalid UTF-8.
        for bytes in [&b"\x0a\x05a"[..], b"\xff", b"\x08\x01", b"\x0a\x00\x0a\x00", b"\x0a\x03\x0a\x01\xff"] {
            assert_eq!(layout.write(bytes), None, "{bytes:?}");
        }
        assert_eq!(layout.write(b"").unwrap(), b"{}");
    }

    proptest::proptest! {
        #[test]
        fn both_ways_agree(seed: u64, depth in 0_usize..6) {
            for route in ordinary() {
                let mut state = seed;
                let mut dice = || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    state >> 33
                };
                let bytes = drawn(&route.output, &mut dice, depth).encode_to_vec();
                let fast = route.answer_layout.as_ref().unwrap().write(&bytes).unwrap();
                let slow = transcode::dynamic_response(route, bytes.into()).unwrap();
                proptest::prop_assert_eq!(String::from_utf8(fast), String::from_utf8(slow), "{}", &route.name);
            }
        }
    }
}
