//! Limits of a JSON body, checked before it becomes a message: the length of lists, the depth, and
//! no nulls.
//!
//! A list of empty objects takes three bytes per item in JSON and a hundred in memory. So the
//! limits apply while the body is read, here and in [`super::read`], and this pass stores nothing.

use std::fmt;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::http::error::Error;
use crate::json::path::join;

/// The maximum nesting. No request of the contracts needs half as much.
pub const MAX_DEPTH: usize = 32;

/// Checks a JSON body for `kind`. `prefix` is the path of the field that the body holds. Malformed
/// JSON passes: the next reader describes what is wrong.
///
/// # Errors
/// `FIELD_INVALID` with the list that is too long or the member that is null, `BODY_MALFORMED` if
/// the nesting is too deep.
pub fn check(kind: &MessageDescriptor, body: &[u8], prefix: &str) -> Result<(), Error> {
    let mut walk = Walk { path: Vec::new(), broken: None };
    let mut json = serde_json::Deserializer::from_slice(body);
    let root = Node { walk: &mut walk, kind: Some(kind.clone()), field: None, depth: 0 };
    let _ = root.deserialize(&mut json);
    let Some(broken) = walk.broken else { return Ok(()) };
    let mut path = prefix.to_owned();
    if walk.path.is_empty() && path.is_empty() {
        path.push_str("body");
    }
    for step in walk.path {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Member(name) => join(&mut path, &name),
        }
    }
    Err(match broken {
        Broken::Items(most) => Error::parameter(path, format!("must have at most {most} items")),
        Broken::Null => Error::parameter(path, "must not be null: leave it out instead"),
        Broken::Depth => Error::body("body", format!("must not be nested deeper than {MAX_DEPTH} levels")),
    })
}

/// The position of the reader, and the limit that it found broken.
struct Walk {
    path: Vec<Step>,
    broken: Option<Broken>,
}

enum Step {
    Index(usize),
    Member(String),
}

enum Broken {
    Items(u32),
    Null,
    Depth,
}

struct Node<'w> {
    walk: &'w mut Walk,
    /// The message at this position. `None` for other kinds and for unknown fields.
    kind: Option<MessageDescriptor>,
    /// The field, if it is a list.
    field: Option<FieldDescriptor>,
    depth: usize,
}

impl Node<'_> {
    fn refuse<E: serde::de::Error>(&mut self, broken: Broken) -> E {
        self.walk.broken = Some(broken);
        E::custom("a bound")
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Broken::Depth));
        }
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let field = self.kind.as_ref().and_then(|kind| {
                kind.get_field_by_json_name(&name).or_else(|| kind.get_field_by_name(&name))
            });
            // The messages of google.protobuf have a JSON of their own.
            let kind = field.as_ref().and_then(|field| match field.kind() {
                Kind::Message(kind) if kind.package_name() != "google.protobuf" => Some(kind),
                _ => None,
            });
            let known = field.as_ref().map_or_else(|| name.into_owned(), |field| field.name().to_owned());
            self.walk.path.push(Step::Member(known));
            let field = field.filter(FieldDescriptor::is_list);
            map.next_value_seed(Node { walk: &mut *self.walk, kind, field, depth: self.depth + 1 })?;
            self.walk.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Broken::Depth));
        }
        let most = self.field.as_ref().map_or(comitia_proto::MAX_ITEMS, comitia_proto::max_items);
        let mut count = 0;
        loop {
            if count >= most as usize {
                // Only whether there is one more matters.
                return match list.next_element::<IgnoredAny>()? {
                    Some(_) => Err(self.refuse(Broken::Items(most))),
                    None => Ok(()),
                };
            }
            self.walk.path.push(Step::Index(count));
            let node =
                Node { walk: &mut *self.walk, kind: self.kind.clone(), field: None, depth: self.depth + 1 };
            if list.next_element_seed(node)?.is_none() {
                self.walk.path.pop();
                return Ok(());
            }
            self.walk.path.pop();
            count += 1;
        }
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        Err(self.refuse(Broken::Null))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str, body: &str) -> String {
        let kind = comitia_proto::descriptors().get_message_by_name(message).unwrap();
        check(&kind, body.as_bytes(), "").map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn lists_have_bounds_at_every_depth() {
        let projects = "comitia.budgets.v1.BatchCreateProjectsRequest";
        let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
        assert_eq!(refusal(projects, &format!("{{\"projects\":{}}}", list("{}", 10_000))), "");
        assert_eq!(
            refusal(projects, &format!("{{\"projects\":{}}}", list("{}", 10_001))),
            "projects: must have at most 10000 items"
        );
        let nested = format!("{{\"projects\":[{{}},{{\"categories\":{}}}]}}", list("\"a\"", 51));
        assert_eq!(refusal(projects, &nested), "projects[1].categories: must have at most 50 items");
        let unknown = format!("{{\"colours\":{}}}", list("1", 1001));
        assert_eq!(refusal(projects, &unknown), "colours: must have at most 1000 items");
        // The rest of a body that breaks a limit is not read.
        let broken = format!("{{\"projects\":[{}", "{},".repeat(20_000));
        assert_eq!(refusal(projects, &broken), "projects: must have at most 10000 items");
    }

    #[test]
    fn depth_has_a_bound_in_known_and_unknown_fields() {
        for opening in ["[", "{\"projects\":", "{\"a\":"] {
            let refused = refusal("comitia.budgets.v1.BatchCreateProjectsRequest", &opening.repeat(40));
            assert_eq!(refused, "body: must not be nested deeper than 32 levels", "{opening}");
        }
    }

    #[test]
    fn null_is_refused_and_names_the_field() {
        let codes = "comitia.identity.v1.GenerateAccessCodesRequest";
        assert_eq!(
            refusal(codes, r#"{"pageSize":null}"#),
            "page_size: must not be null: leave it out instead"
        );
        let phases = r#"{"phases":[{"title":"a"},{"startTime":null}]}"#;
        assert!(
            refusal("comitia.spaces.v1.CreateProcessRequest", phases).starts_with("phases[1].start_time:")
        );
        assert!(refusal(codes, "null").starts_with("body: must not be null"));
    }

    #[test]
    fn what_is_wrong_otherwise_is_left_to_others() {
        let projects = "comitia.budgets.v1.BatchCreateProjectsRequest";
        for body in
            ["", "{", "[1]", r#"{"projects":5}"#, r#"{"tilte":"x"}"#, r#"{"projects":[{"cost":1.5e3}]} x"#]
        {
            assert_eq!(refusal(projects, body), "", "{body}");
        }
    }
}
