//! Fields of requests in path and query: resolved once at the start, set for each request.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// The maximum nesting of query parameters, which also ends recursive messages.
const MAX_DEPTH: usize = 4;

/// A field of a request, possibly nested.
#[derive(Clone, Debug)]
pub struct FieldPath {
    /// The dotted path of proto names.
    pub name: String,
    /// The dotted path of JSON names.
    pub json_name: String,
    parents: Vec<FieldDescriptor>,
    pub field: FieldDescriptor,
}

impl FieldPath {
    /// The field at a dotted path. Every field on the way is a single message.
    pub fn resolve(message: &MessageDescriptor, name: &str) -> Option<Self> {
        let mut parents = Vec::new();
        let mut message = message.clone();
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            let field = message.get_field_by_name(part)?;
            if parts.peek().is_none() {
                return Some(Self::new(parents, field));
            }
            message = match field.kind() {
                Kind::Message(inner) if !field.is_list() && !field.is_map() => inner,
                _ => return None,
            };
            parents.push(field);
        }
        None
    }

    pub fn is_top_level(&self) -> bool {
        self.parents.is_empty()
    }

    fn new(parents: Vec<FieldDescriptor>, field: FieldDescriptor) -> Self {
        let path = |name: fn(&FieldDescriptor) -> &str| {
            parents.iter().chain([&field]).map(name).collect::<Vec<_>>().join(".")
        };
        Self {
            name: path(FieldDescriptor::name),
            json_name: path(FieldDescriptor::json_name),
            parents,
            field,
        }
    }

    /// Whether a text can be its value.
    pub fn takes_text(&self) -> bool {
        !self.field.is_list() && takes_text(&self.field)
    }

    /// The value in a message. `None` if it is absent.
    pub fn get(&self, message: &DynamicMessage) -> Option<Value> {
        match self.parents.split_first() {
            None => message.has_field(&self.field).then(|| message.get_field(&self.field).into_owned()),
            Some((first, _)) if !message.has_field(first) => None,
            Some((first, rest)) => {
                let value = message.get_field(first);
                let inner = Self { parents: rest.to_vec(), ..self.clone() };
                inner.get(value.as_message()?)
            }
        }
    }

    pub fn set(&self, message: &mut DynamicMessage, value: Value) {
        if let Some(message) = self.parent(message) {
            message.set_field(&self.field, value);
        }
    }

    /// Appends a value to the list in a message.
    pub fn push(&self, message: &mut DynamicMessage, value: Value) {
        if let Some(message) = self.parent(message)
            && let Some(list) = message.get_field_mut(&self.field).as_list_mut()
        {
            list.push(value);
        }
    }

    fn parent<'m>(&self, mut message: &'m mut DynamicMessage) -> Option<&'m mut DynamicMessage> {
        for parent in &self.parents {
            message = message.get_field_mut(parent).as_message_mut()?;
        }
        Some(message)
    }
}

/// Query parameters by name, under the proto and the JSON name of each.
pub type Parameters = HashMap<String, FieldPath>;

/// The fields of `message` that may be in the query: those not `taken` by path or body.
pub fn parameters(message: &MessageDescriptor, taken: &[&str]) -> Vec<FieldPath> {
    let mut found = Vec::new();
    gather(message, &mut Vec::new(), taken, &mut found);
    found
}

fn gather(
    message: &MessageDescriptor,
    parents: &mut Vec<FieldDescriptor>,
    taken: &[&str],
    found: &mut Vec<FieldPath>,
) {
    for field in message.fields() {
        let path = FieldPath::new(parents.clone(), field.clone());
        if taken.contains(&path.name.as_str()) || field.is_map() {
            continue;
        }
        if takes_text(&field) {
            found.push(path);
        } else if let Kind::Message(inner) = field.kind()
            && !field.is_list()
            && parents.len() < MAX_DEPTH
        {
            parents.push(field);
            gather(&inner, parents, taken, found);
            parents.pop();
        }
    }
}

fn takes_text(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(message) => matches!(
            message.full_name(),
            "google.protobuf.Timestamp"
                | "google.protobuf.Duration"
                | "google.protobuf.FieldMask"
                | "google.protobuf.StringValue"
                | "google.protobuf.Int32Value"
                | "google.protobuf.Int64Value"
                | "google.protobuf.UInt32Value"
                | "google.protobuf.UInt64Value"
        ),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> MessageDescriptor {
        comitia_proto::descriptors().get_message_by_name(name).unwrap()
    }

    #[test]
    fn nested_fields_are_found_set_and_read() {
        let request = message("comitia.spaces.v1.UpdateProcessRequest");
        let path = FieldPath::resolve(&request, "process.process_id").unwrap();
        assert_eq!(
            (path.name.as_str(), path.json_name.as_str()),
            ("process.process_id", "process.processId")
        );
        let mut value = DynamicMessage::new(request.clone());
        assert_eq!(path.get(&value), None);
        path.set(&mut value, Value::String("7".into()));
        assert_eq!(path.get(&value), Some(Value::String("7".into())));
        assert!(FieldPath::resolve(&request, "process.nothing").is_none());
        assert!(FieldPath::resolve(&request, "process.phases.title").is_none());
    }

    #[test]
    fn parameters_leave_out_what_path_and_body_hold() {
        let request = message("comitia.spaces.v1.UpdateProcessRequest");
        let names: Vec<_> = parameters(&request, &["process"]).into_iter().map(|path| path.name).collect();
        assert_eq!(names, ["update_mask", "reason"]);
        let request = message("comitia.voting.v1.CreatePollRequest");
        let names: Vec<_> = parameters(&request, &[]).into_iter().map(|path| path.json_name).collect();
        assert!(
            names.contains(&"openTime".to_owned()) && names.contains(&"eligibility.districts".to_owned())
        );
        assert!(!names.iter().any(|name| name.starts_with("options")), "a list of messages is no parameter");
    }
}
