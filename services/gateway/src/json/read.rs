//! Fast path for requests: translates JSON to protobuf while it is read, without a dynamic message.
//!
//! It handles bodies that name each field once, with numbers as numbers and enums by name. For all
//! else that proto3's JSON allows (nulls, quoted numbers, times, oneofs) and for errors,
//! [`Layout::encode`] returns `None`, and the slow path reads the body, which knows every rule and
//! names the field at fault.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

const MAX_DEPTH: usize = 8;
const MAX_FIELDS: usize = 64;

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// How a message is translated.
#[derive(Clone, Debug)]
pub struct Layout {
    /// By position.
    fields: Arc<[Field]>,
    /// Positions by either name of a field.
    positions: Arc<HashMap<Box<str>, usize>>,
}

#[derive(Clone, Debug)]
struct Field {
    number: u32,
    list: bool,
    /// Of a list.
    max_items: usize,
    /// Whether the field distinguishes zero from absent.
    presence: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Text,
    /// Base64 in JSON.
    Bytes,
    Bool,
    /// With its maximum.
    Unsigned(u64),
    /// With its minimum and maximum.
    Signed(i64, i64),
    Enum(EnumDescriptor),
    Message(Layout),
}

impl Layout {
    /// The layout of a message. `None` if it has fields that only the slow path handles.
    pub fn of(message: &MessageDescriptor) -> Option<Self> {
        Self::nested(message, MAX_DEPTH)
    }

    fn nested(message: &MessageDescriptor, depth: usize) -> Option<Self> {
        // The messages of `google.protobuf` have a JSON of their own.
        if depth == 0 || message.package_name() == "google.protobuf" || message.fields().len() > MAX_FIELDS {
            return None;
        }
        let mut positions = HashMap::new();
        let mut fields = Vec::new();
        for field in message.fields() {
            for name in [field.json_name(), field.name()] {
                positions.insert(name.into(), fields.len());
            }
            fields.push(Field::of(&field, depth)?);
        }
        Some(Self { fields: fields.into(), positions: Arc::new(positions) })
    }

    /// Appends the message of a JSON body. The fields in `missing` must not be in the body. On
    /// `None`, `buffer` is unchanged.
    pub fn encode(&self, json: &[u8], missing: &[u32], buffer: &mut Vec<u8>) -> Option<()> {
        let before = buffer.len();
        let mut seen = 0;
        for (position, field) in self.fields.iter().enumerate() {
            seen |= u64::from(missing.contains(&field.number)) << position;
        }
        let mut json = serde_json::Deserializer::from_slice(json);
        let read = Message { layout: self, seen, buffer }.deserialize(&mut json).and_then(|()| json.end());
        if read.is_err() {
            buffer.truncate(before);
        }
        read.ok()
    }
}

impl Field {
    fn of(field: &FieldDescriptor, depth: usize) -> Option<Self> {
        if field.is_map() || field.containing_oneof().is_some() {
            return None;
        }
        let value = match field.kind() {
            Kind::String => Value::Text,
            Kind::Bytes => Value::Bytes,
            Kind::Message(message) => Value::Message(Layout::nested(&message, depth - 1)?),
            // Lists of numbers are packed.
            _ if field.is_list() => return None,
            Kind::Bool => Value::Bool,
            Kind::Uint32 => Value::Unsigned(u32::MAX.into()),
            Kind::Uint64 => Value::Unsigned(u64::MAX),
            Kind::Int32 => Value::Signed(i32::MIN.into(), i32::MAX.into()),
            Kind::Int64 => Value::Signed(i64::MIN, i64::MAX),
            Kind::Enum(kind) => Value::Enum(kind),
            _ => return None,
        };
        Some(Self {
            number: field.number(),
            list: field.is_list(),
            max_items: comitia_proto::max_items(field) as usize,
            presence: field.supports_presence(),
            value,
        })
    }

    fn text(&self, value: &[u8], buffer: &mut Vec<u8>) {
        if !value.is_empty() || self.list || self.presence {
            encode_key(self.number, WireType::LengthDelimited, buffer);
            encode_varint(value.len() as u64, buffer);
            buffer.extend_from_slice(value);
        }
    }

    fn varint(&self, value: u64, buffer: &mut Vec<u8>) {
        if value != 0 || self.presence {
            encode_key(self.number, WireType::Varint, buffer);
            encode_varint(value, buffer);
        }
    }
}

/// Reads an object into a message.
struct Message<'a> {
    layout: &'a Layout,
    /// One bit per position: fields that must not appear (again).
    seen: u64,
    buffer: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Message<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Message<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(position) = map.next_key_seed(Name(self.layout))? {
            let bit = 1 << position;
            if self.seen & bit != 0 {
                return Err(A::Error::custom("a field twice, or one that stands elsewhere"));
            }
            self.seen |= bit;
            let field = &self.layout.fields[position];
            map.next_value_seed(Content { field, list: field.list, buffer: &mut *self.buffer })?;
        }
        Ok(())
    }
}

/// Reads a field name into its position.
struct Name<'a>(&'a Layout);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        self.0.positions.get(name).copied().ok_or_else(|| E::custom("not a field"))
    }
}

/// Reads a field's value, or all values of a list while `list` is set.
struct Content<'a> {
    field: &'a Field,
    list: bool,
    buffer: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Content<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match &self.field.value {
            _ if self.list => json.deserialize_seq(self),
            Value::Text | Value::Bytes | Value::Enum(_) => json.deserialize_str(self),
            Value::Bool => json.deserialize_bool(self),
            Value::Unsigned(_) => json.deserialize_u64(self),
            Value::Signed(..) => json.deserialize_i64(self),
            Value::Message(layout) => {
                encode_key(self.field.number, WireType::LengthDelimited, self.buffer);
                let start = self.buffer.len();
                // Reserve one byte for the length, which is nearly always enough.
                self.buffer.push(0);
                Message { layout, seen: 0, buffer: &mut *self.buffer }.deserialize(json)?;
                let length = self.buffer.len() - start - 1;
                match u8::try_from(length) {
                    Ok(length @ ..0x80) => self.buffer[start] = length,
                    _ => {
                        let mut bytes = Vec::new();
                        encode_varint(length as u64, &mut bytes);
                        self.buffer.splice(start..=start, bytes);
                    }
                }
                Ok(())
            }
        }
    }
}

impl<'de> Visitor<'de> for Content<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value as this API writes it")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut left = self.field.max_items;
        while let Some(()) =
            list.next_element_seed(Content { field: self.field, list: false, buffer: &mut *self.buffer })?
        {
            // Too many; [`super::bounds`] names the list.
            left = left.checked_sub(1).ok_or_else(|| A::Error::custom("too many items"))?;
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match &self.field.value {
            Value::Text => {
                self.field.text(text.as_bytes(), self.buffer);
                Ok(())
            }
            Value::Bytes => {
                // Both alphabets are accepted, with or without padding.
                let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
                self.field.text(&engine.decode(text).map_err(E::custom)?, self.buffer);
                Ok(())
            }
            Value::Enum(kind) => {
                let value = kind.get_value_by_name(text).ok_or_else(|| E::custom("not a value"))?;
                self.field.varint(i64::from(value.number()).cast_unsigned(), self.buffer);
                Ok(())
            }
            _ => Err(E::custom("a number in quotes")),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.field.value {
            Value::Bool => self.field.varint(value.into(), self.buffer),
            _ => return Err(E::custom("a truth value")),
        }
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match self.field.value {
            Value::Unsigned(most) if value <= most => self.field.varint(value, self.buffer),
            Value::Signed(_, most) if i64::try_from(value).is_ok_and(|value| value <= most) => {
                self.field.varint(value, self.buffer);
            }
            _ => return Err(E::custom("out of range")),
        }
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        match self.field.value {
            Value::Signed(least, most) if (least..=most).contains(&value) => {
                self.field.varint(value.cast_unsigned(), self.buffer);
            }
            _ => return Err(E::custom("out of range")),
        }
        Ok(())
    }
}
