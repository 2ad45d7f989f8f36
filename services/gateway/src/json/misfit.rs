//! Describes a value that its field cannot hold: what is expected and what was given.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::json::value;

/// The maximum length of a quoted value.
const SHOWN: usize = 40;

pub fn syntax(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => "must be JSON, and ends in the middle".to_owned(),
        _ => format!("must be JSON, and is not from line {line}, column {column} on"),
    }
}

/// The rule that the value at `path` breaks, where `error` stopped.
pub fn rule(
    message: &MessageDescriptor,
    path: &serde_path_to_error::Path,
    body: &[u8],
    error: &serde_json::Error,
) -> String {
    if let Some(group) = error.to_string().strip_prefix("multiple fields provided for oneof '") {
        let group = group.split('\'').next().unwrap_or_default();
        return format!("must be the only one of its kind ({group})");
    }
    let Some((field, in_list)) = field(message, path) else {
        return "must be an object: {...}".to_owned();
    };
    let must = expected(&field, in_list);
    // Do not quote text: it may be a person's name or a code.
    let shown = match field.kind() {
        Kind::String | Kind::Bytes => None,
        _ if field.is_list() && !in_list || field.is_map() => None,
        _ => given(body, error),
    };
    shown.map_or_else(|| must.clone(), |given| format!("{must}, and not {given}"))
}

/// The field at a path, and whether the path names one of its items.
fn field(message: &MessageDescriptor, path: &serde_path_to_error::Path) -> Option<(FieldDescriptor, bool)> {
    let (mut message, mut found) = (Some(message.clone()), None);
    for segment in path {
        match segment {
            serde_path_to_error::Segment::Seq { .. } => found = found.map(|(field, _)| (field, true)),
            serde_path_to_error::Segment::Map { key } => {
                let field = message.as_ref().and_then(|message| {
                    message.get_field_by_json_name(key).or_else(|| message.get_field_by_name(key))
                });
                message = field.as_ref().and_then(|field| match field.kind() {
                    Kind::Message(inner) => Some(inner),
                    _ => None,
                });
                found = field.map(|field| (field, false));
            }
            _ => {}
        }
    }
    found
}

fn expected(field: &FieldDescriptor, in_list: bool) -> String {
    if field.is_list() && !in_list {
        return "must be a list: [...]".to_owned();
    }
    match field.kind() {
        _ if field.is_map() => "must be an object: {...}".to_owned(),
        Kind::String => "must be a text in quotation marks".to_owned(),
        kind => value::rule(&kind),
    }
}

/// The number, text or word that ends where the reader stopped.
fn given(body: &[u8], error: &serde_json::Error) -> Option<String> {
    let start: usize =
        body.split_inclusive(|byte| *byte == b'\n').take(error.line().checked_sub(1)?).map(<[u8]>::len).sum();
    let read = body.get(..start + error.column())?.trim_ascii_end();
    let begin = match read.strip_suffix(b"\"") {
        Some(text) => text.iter().rposition(|byte| *byte == b'"')?,
        None => {
            let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            read.iter().rposition(|byte| !part(byte)).map_or(0, |end| end + 1)
        }
    };
    let text = std::str::from_utf8(read.get(begin..)?).ok().filter(|text| !text.is_empty())?;
    if text.chars().count() > SHOWN || text.chars().any(char::is_control) {
        return None;
    }
    Some(text.to_owned())
}
