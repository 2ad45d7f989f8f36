//! CBOR (RFC 8949), as far as authenticators use it.

use cbor4ii::core::Value;
use cbor4ii::core::dec::{Decode, Read, Reference};
use cbor4ii::core::utils::SliceReader;

use crate::Refused;

/// The value at the beginning of `bytes`, and what comes after it.
pub fn read(bytes: &[u8]) -> Result<(Value, &[u8]), Refused> {
    let mut reader = SliceReader::new(bytes);
    let value = Value::decode(&mut reader).map_err(|_| Refused::Malformed)?;
    match reader.fill(bytes.len()) {
        Ok(Reference::Long(rest)) => Ok((value, rest)),
        _ => Err(Refused::Malformed),
    }
}

/// The fields of a map, if it is one.
pub fn map(value: &Value) -> Option<&[(Value, Value)]> {
    if let Value::Map(fields) = value { Some(fields) } else { None }
}

/// The number, if it is one.
pub fn number(value: &Value) -> Option<i128> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

/// The bytes, if it is some.
pub fn bytes(value: &Value) -> Option<&[u8]> {
    if let Value::Bytes(bytes) = value { Some(bytes) } else { None }
}

/// The text, if it is one.
pub fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}
