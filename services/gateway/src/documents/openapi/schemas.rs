//! JSON schemas of messages and enums, as proto3's JSON writes them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::is_own_message;
use super::rules;

/// The requested schemas and those that they refer to.
#[derive(Debug)]
pub struct Schemas<'c> {
    comments: &'c Comments,
    /// The messages of requests, in which unknown members are refused.
    requests: HashSet<String>,
    done: BTreeMap<String, Value>,
    begun: BTreeSet<String>,
}

impl<'c> Schemas<'c> {
    pub fn new(comments: &'c Comments, requests: HashSet<String>) -> Self {
        Self { comments, requests, done: BTreeMap::new(), begun: BTreeSet::new() }
    }

    pub fn finish(self) -> Map<String, Value> {
        self.done.into_iter().collect()
    }

    /// A reference to the schema of a message.
    pub fn reference(&mut self, message: &MessageDescriptor) -> Value {
        let name = name(message.full_name());
        if self.begun.insert(name.clone()) {
            let schema = self.body(message, &[]);
            self.done.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The schema of a message, without the fields that are `taken` by the path.
    pub fn body(&mut self, message: &MessageDescriptor, taken: &[&str]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields().filter(|field| !taken.contains(&field.name())) {
            properties.insert(field.json_name().to_owned(), self.of_field(&field));
            if rules::is_required(&field) {
                required.push(field.json_name().to_owned());
            }
        }
        let mut description = self.comments.at(&message.parent_file(), message.path());
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let names: Vec<_> = oneof.fields().map(|field| format!("`{}`", field.json_name())).collect();
            description.push_str(&format!(" At most one of {} is there.", names.join(", ")));
        }
        let mut schema = json!({"type": "object", "description": description, "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if self.requests.contains(message.full_name()) {
            schema["additionalProperties"] = json!(false);
        }
        schema
    }

    pub fn of_field(&mut self, field: &FieldDescriptor) -> Value {
        let kind = field.kind();
        let mut schema = match &kind {
            Kind::Message(entry) if field.is_map() => {
                let value = entry.map_entry_value_field().kind();
                json!({"type": "object", "additionalProperties": self.of_kind(&value)})
            }
            kind if field.is_list() => {
                let mut list = json!({"type": "array", "items": self.of_value(field, kind)});
                if let Some(least) =
                    comitia_proto::rules(field).map(|rules| rules.min_items).filter(|&least| least > 0)
                {
                    list["minItems"] = json!(least);
                }
                if self.requests.contains(field.parent_message().full_name()) {
                    list["maxItems"] = json!(comitia_proto::max_items(field));
                }
                list
            }
            kind => self.of_value(field, kind),
        };
        let comment = self.comments.at(&field.parent_file(), field.path());
        if let Some(schema) = schema.as_object_mut()
            && !comment.is_empty()
        {
            schema.insert("description".into(), json!(comment));
        }
        schema
    }

    /// The schema of a single value, with its rules.
    fn of_value(&mut self, field: &FieldDescriptor, kind: &Kind) -> Value {
        if let Kind::Enum(kind) = kind
            && let Some(values) = rules::values(field, kind)
        {
            return json!({"type": "string", "enum": values});
        }
        let mut schema = self.of_kind(kind);
        if let Some(schema) = schema.as_object_mut() {
            rules::add(schema, field);
        }
        schema
    }

    fn of_kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::String => json!({"type": "string"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,18}$"})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": "string", "format": "uint64", "pattern": "^[0-9]{1,19}$"})
            }
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Enum(kind) => self.of_enum(kind),
            Kind::Message(message) if is_own_message(kind) => self.reference(message),
            Kind::Message(message) => match message.name() {
                "Timestamp" => json!({"type": "string", "format": "date-time"}),
                "Duration" => json!({"type": "string", "pattern": "^-?[0-9]+([.][0-9]{1,9})?s$"}),
                "FieldMask" => json!({"type": "string"}),
                "BoolValue" => json!({"type": ["boolean", "null"]}),
                "StringValue" | "BytesValue" | "Int64Value" | "UInt64Value" => {
                    json!({"type": ["string", "null"]})
                }
                "Int32Value" | "UInt32Value" => json!({"type": ["integer", "null"]}),
                "FloatValue" | "DoubleValue" => json!({"type": ["number", "null"]}),
                "ListValue" => json!({"type": "array"}),
                "Value" => json!({}),
                _ => json!({"type": "object"}),
            },
        }
    }

    fn of_enum(&mut self, kind: &EnumDescriptor) -> Value {
        let name = name(kind.full_name());
        if self.begun.insert(name.clone()) {
            let mut text = self.comments.at(&kind.parent_file(), kind.path());
            text.push('\n');
            let mut names = Vec::new();
            for value in kind.values() {
                let comment = self.comments.at(&value.parent_file(), value.path());
                text.push_str(&format!("\n- `{}`: {comment}", value.name()));
                names.push(value.name().to_owned());
            }
            self.done.insert(name.clone(), json!({"type": "string", "enum": names, "description": text}));
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }
}

/// `comitia.voting.v1.Poll` as `voting.v1.Poll`.
fn name(full_name: &str) -> String {
    full_name.strip_prefix("comitia.").unwrap_or(full_name).to_owned()
}
