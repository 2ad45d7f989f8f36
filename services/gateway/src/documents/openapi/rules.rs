//! The rules of fields as JSON Schema.
//!
//! JSON Schema cannot express all of them. Where it cannot, the schema accepts a little less than
//! the service does: no text that starts or ends with white space, no amount of sixteen digits.

use std::collections::HashSet;

use comitia_proto::common::v1::FieldRules;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::routes::Routes;

/// Characters that no text may contain: control characters except tabs and line breaks.
const CONTROL: &str = r"\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F";
/// As many digits as always fit 64 bits, and as many as amounts may have.
const DIGITS: usize = 18;
const AMOUNT_DIGITS: usize = 15;

/// The names of all messages in requests.
pub fn of_requests(routes: &Routes) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut open: Vec<MessageDescriptor> = routes.iter().map(|route| route.input.clone()).collect();
    while let Some(message) = open.pop() {
        if found.insert(message.full_name().to_owned()) {
            open.extend(message.fields().filter_map(|field| field.kind().as_message().cloned()));
        }
    }
    found
}

pub fn is_required(field: &FieldDescriptor) -> bool {
    comitia_proto::rules(field).is_some_and(|rules| rules.required)
}

/// The values of an enum that a request may name. `None` if it may name any.
pub fn values(field: &FieldDescriptor, kind: &EnumDescriptor) -> Option<Vec<String>> {
    let rules = comitia_proto::rules(field);
    match rules {
        Some(rules) if !rules.one_of.is_empty() => Some(rules.one_of.clone()),
        Some(rules) if rules.required || field.is_list() => Some(
            kind.values().filter(|value| value.number() != 0).map(|value| value.name().to_owned()).collect(),
        ),
        _ => None,
    }
}

/// Adds the rules of a single value to its schema.
pub fn add(schema: &mut Map<String, Value>, field: &FieldDescriptor) {
    let Some(rules) = comitia_proto::rules(field) else { return };
    match field.kind() {
        // Bytes are base64 in JSON.
        Kind::String | Kind::Bytes => text(schema, rules),
        Kind::Message(kind) if kind.full_name() == "google.protobuf.FieldMask" => text(schema, rules),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => digits(schema, rules),
        _ => {
            if let Some(least) = rules.minimum {
                schema.insert("minimum".into(), json!(least));
            }
            if let Some(most) = rules.maximum {
                schema.insert("maximum".into(), json!(most));
            }
        }
    }
}

fn text(schema: &mut Map<String, Value>, rules: &FieldRules) {
    let mut set = |name: &str, value: Value| schema.insert(name.into(), value);
    if rules.uuid {
        set("format", json!("uuid"));
    }
    if rules.min_length > 0 || (rules.required && !rules.uuid) {
        set("minLength", json!(rules.min_length.max(1)));
    }
    if rules.max_length > 0 {
        set("maxLength", json!(rules.max_length));
        let ends = format!(r"[^\s{CONTROL}]");
        let pattern = match rules.min_length {
            0 => format!("^[^{CONTROL}]*$"),
            _ => format!("^{ends}([^{CONTROL}]*{ends})?$"),
        };
        set("pattern", json!(pattern));
    }
    if !rules.pattern.is_empty() {
        set("pattern", json!(rules.pattern));
    }
}

/// 64-bit integers are strings in JSON.
fn digits(schema: &mut Map<String, Value>, rules: &FieldRules) {
    let pattern = match rules.minimum {
        Some(1..) => format!("^[1-9][0-9]{{0,{}}}$", AMOUNT_DIGITS - 1),
        Some(0) => format!("^(0|[1-9][0-9]{{0,{}}})$", AMOUNT_DIGITS - 1),
        _ => format!("^-?(0|[1-9][0-9]{{0,{}}})$", DIGITS - 1),
    };
    schema.insert("pattern".into(), json!(pattern));
}
