//! Which calls of staff are acts, and what of a request the log of the organization may have: all of it from the policies and
//! rules in `proto/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost::Message;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, decode_key, skip_field};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, ReflectMessage, Value};

use crate::common::v1::Role;
use crate::{descriptors, extension, methods, path, policy, rules};

/// The most values of one request that are kept.
pub const MAX_VALUES: usize = 50;
/// How deep messages in messages are looked into.
const DEPTH: usize = 4;
/// The roles of those who work for an organization.
const STAFF: [Role; 4] = [Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor];

static ACTS: LazyLock<BTreeMap<String, Act>> = LazyLock::new(|| {
    let acts = methods().filter_map(|method| Some((path(&method), Act::of(method)?)));
    acts.flat_map(|(path, act)| act.in_pieces().into_iter().chain([(path, act)])).collect()
});

/// A method whose calls by staff are acts.
#[derive(Debug)]
pub struct Act {
    method: MethodDescriptor,
    /// The field of the first message that has the request, where it comes in pieces.
    within: Option<FieldDescriptor>,
    /// The address of the call, without its version: `processes/{process_id}:publish`.
    address: String,
    /// Whether it is one although it writes nothing.
    pub even_reading: bool,
}

impl Act {
    fn of(method: MethodDescriptor) -> Option<Self> {
        let policy = policy(&path(&method))?;
        if !STAFF.iter().any(|role| policy.roles.contains(&(*role as i32))) {
            return None;
        }
        let (verb, address) = http(&method)?;
        if !policy.act.unwrap_or(verb != "get") {
            return None;
        }
        let address = address.trim_start_matches("/v1/").to_owned();
        Some(Self { method, within: None, address, even_reading: policy.act == Some(true) })
    }

    /// The same act by the method that takes its body in pieces.
    fn in_pieces(&self) -> Option<(String, Self)> {
        let stream = &policy(&path(&self.method))?.raw_body.as_ref()?.stream;
        let pieces = methods().find(|method| path(method) == *stream)?.input();
        let within = pieces.fields().find(|field| field.kind().as_message() == Some(&self.method.input()))?;
        let act = Self {
            method: self.method.clone(),
            within: Some(within),
            address: self.address.clone(),
            even_reading: self.even_reading,
        };
        Some((stream.clone(), act))
    }

    /// Its name in the log, such as `comitia.spaces.v1.ProcessService/UpdateProcess`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    /// The service that it belongs to, such as `spaces`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.method.parent_service().package_name().split('.').nth(1).unwrap_or_default()
    }

    /// What the log may have of a request: what it is about, and values by their fields. Of a request that breaks off, what came
    /// of it.
    #[must_use]
    pub fn read(&self, request: &[u8]) -> (String, Vec<(String, String)>) {
        let message = self.message(request).unwrap_or_else(|| DynamicMessage::new(self.method.input()));
        let mut values = Vec::new();
        collect(&message, "", DEPTH, &mut values);
        values.truncate(MAX_VALUES);
        (self.resource(&message), values)
    }

    fn message(&self, request: &[u8]) -> Option<DynamicMessage> {
        let Some(within) = &self.within else {
            return DynamicMessage::decode(self.method.input(), whole_fields(request)).ok();
        };
        let piece = DynamicMessage::decode(within.parent_message().clone(), whole_fields(request)).ok()?;
        piece.get_field(within).as_message().cloned()
    }

    /// The address of the call, up to what must not be in the log: `rolls/<id>/members`.
    fn resource(&self, message: &DynamicMessage) -> String {
        let mut segments = Vec::new();
        for segment in self.address.split('/') {
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.split('}').next()) else {
                segments.push(segment.split(':').next().unwrap_or_default().to_owned());
                continue;
            };
            match value_of(message, name) {
                Some(value) if !value.is_empty() => segments.push(value),
                _ => break,
            }
        }
        segments.join("/")
    }
}

/// The act that a call of the method with this gRPC path is, if it is one.
#[must_use]
pub fn act(path: &str) -> Option<&'static Act> {
    ACTS.get(path)
}

/// All methods whose calls by staff are acts.
pub fn all() -> impl Iterator<Item = &'static Act> {
    ACTS.values().filter(|act| act.within.is_none())
}

/// A message as the log holds it: JSON, which [`reread`] reads. Of what is no message in `proto/`, nothing.
#[must_use]
pub fn written(name: &str, message: &impl Message) -> String {
    let dynamic = descriptors()
        .get_message_by_name(name)
        .and_then(|descriptor| DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok());
    dynamic.and_then(|dynamic| serde_json::to_string(&dynamic).ok()).unwrap_or_default()
}

/// The message that [`written`] wrote; nothing for any other text.
#[must_use]
pub fn reread<M: Message + Default>(name: &str, text: &str) -> Option<M> {
    let mut json = serde_json::Deserializer::from_str(text);
    let dynamic = DynamicMessage::deserialize(descriptors().get_message_by_name(name)?, &mut json).ok()?;
    json.end().ok()?;
    dynamic.transcode_to().ok()
}

/// The HTTP method and the address of an RPC.
fn http(method: &MethodDescriptor) -> Option<(&'static str, String)> {
    let options = method.options();
    let rule = options.get_extension(&extension("google.api.http")).as_message()?.clone();
    ["get", "post", "put", "patch", "delete"].into_iter().find_map(|verb| {
        let address = rule.get_field_by_name(verb)?.as_str()?.to_owned();
        (!address.is_empty()).then_some((verb, address))
    })
}

/// The fields at the beginning of an encoded message that are there as a whole.
fn whole_fields(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    let mut whole = 0;
    while rest.has_remaining() {
        let Ok((tag, wire_type)) = decode_key(&mut rest) else { break };
        if skip_field(wire_type, tag, &mut rest, DecodeContext::default()).is_err() {
            break;
        }
        whole = bytes.len() - rest.len();
    }
    bytes.get(..whole).unwrap_or_default()
}

/// Whether the log may have the value of a field as a value.
fn is_logged(field: &FieldDescriptor) -> bool {
    rules(field).is_some_and(|rules| rules.logged)
}

/// Whether it may stand in a resource. An id says nothing without the tables of the services.
fn names_resource(field: &FieldDescriptor) -> bool {
    rules(field).is_some_and(|rules| rules.logged || rules.uuid)
}

/// The value of a field of the address, if the log may have it.
fn value_of(message: &DynamicMessage, name: &str) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let field = message.descriptor().get_field_by_name(first.split('=').next()?)?;
    let value = message.get_field(&field);
    match rest {
        Some(rest) => value_of(value.as_message()?, rest),
        None => names_resource(&field).then(|| text(&field.kind(), &value)).flatten(),
    }
}

fn collect(message: &DynamicMessage, prefix: &str, depth: usize, values: &mut Vec<(String, String)>) {
    for (field, value) in message.fields() {
        if values.len() >= MAX_VALUES {
            return;
        }
        let name = format!("{prefix}{}", field.name());
        if let Some(text) = is_logged(&field).then(|| text(&field.kind(), value)).flatten() {
            values.push((name, text));
            continue;
        }
        match value {
            Value::Message(inner) if depth > 0 => collect(inner, &format!("{name}."), depth - 1, values),
            Value::List(items) if depth > 0 => {
                for (place, item) in items.iter().enumerate() {
                    let Value::Message(inner) = item else { break };
                    collect(inner, &format!("{name}[{place}]."), depth - 1, values);
                }
            }
            _ => {}
        }
    }
}

/// A value as a text; nothing for what has none.
fn text(kind: &Kind, value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::String(value) => value.clone(),
        Value::EnumNumber(number) => match kind.as_enum()?.get_value(*number) {
            Some(value) => value.name().to_owned(),
            None => number.to_string(),
        },
        Value::List(items) => {
            items.iter().map(|item| text(kind, item)).collect::<Option<Vec<_>>>()?.join(", ")
        }
        Value::Message(message) if message.descriptor().full_name() == "google.protobuf.Timestamp" => {
            message.transcode_to::<prost_types::Timestamp>().ok()?.to_string()
        }
        Value::Message(_) | Value::Bytes(_) | Value::Map(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::{identity, proposals, spaces};

    const ID: &str = "0192f0c1-0000-7000-8000-000000000001";

    fn read(path: &str, request: &impl Message) -> (String, Vec<(String, String)>) {
        act(path).unwrap_or_else(|| panic!("{path} is no act")).read(&request.encode_to_vec())
    }

    #[test]
    fn what_staff_may_write_is_an_act_and_what_they_read_is_none() {
        let names: Vec<_> = all().map(Act::name).collect();
        assert!(names.len() > 45, "{names:?}");
        for name in [
            "comitia.spaces.v1.ProcessService/UpdateProcess",
            "comitia.proposals.v1.ProposalService/ModerateProposal",
            "comitia.identity.v1.RollService/ExportMembers",
            "comitia.identity.v1.RollService/FindMembers",
        ] {
            assert!(names.iter().any(|one| one == name), "{name} is no act");
        }
        for name in [
            "comitia.spaces.v1.ProcessService/GetProcess",
            "comitia.spaces.v1.OrganizationService/CreateOrganization",
            "comitia.identity.v1.SessionService/RevokeSession",
            "comitia.identity.v1.RollService/ListRolls",
            "comitia.voting.v1.BallotService/CastBallot",
        ] {
            assert!(names.iter().all(|one| one != name), "{name} is an act");
        }
    }

    #[test]
    fn nothing_that_says_who_a_person_is_can_be_logged() {
        let personal = [
            "member_number",
            "member_numbers",
            "email",
            "birth_date",
            "access_code",
            "permit",
            "csv",
            "file",
            "forms",
            "ballot",
            "request_id",
        ];
        for field in
            crate::descriptors().all_messages().flat_map(|message| message.fields().collect::<Vec<_>>())
        {
            let logged = rules(&field).is_some_and(|rules| rules.logged);
            assert!(
                !(logged && personal.contains(&field.name())),
                "{} must not be logged",
                field.full_name()
            );
        }
    }

    #[test]
    fn a_request_gives_its_resource_and_the_values_that_are_marked() {
        let phase = spaces::v1::Phase {
            phase_id: ID.into(),
            title: "Vote".into(),
            kind: spaces::v1::PhaseKind::Vote.into(),
            end_time: Some(Timestamp { seconds: 1_000_000_000, nanos: 0 }),
            ..Default::default()
        };
        let process = spaces::v1::Process {
            process_id: ID.into(),
            title: "Budget".into(),
            description: "long".into(),
            phases: vec![phase],
            ..Default::default()
        };
        let request = spaces::v1::UpdateProcessRequest { process: Some(process), ..Default::default() };
        let (resource, values) = read("/comitia.spaces.v1.ProcessService/UpdateProcess", &request);
        assert_eq!(resource, format!("processes/{ID}"));
        let value =
            |name: &str| values.iter().find(|(field, _)| field == name).map(|(_, text)| text.as_str());
        assert_eq!(value("process.title"), Some("Budget"));
        assert_eq!(value("process.phases[0].kind"), Some("PHASE_KIND_VOTE"));
        assert_eq!(value("process.phases[0].end_time"), Some("2001-09-09T01:46:40Z"));
        assert_eq!(value("process.description"), None);
    }

    #[test]
    fn a_resource_ends_before_a_persons_number() {
        let request =
            identity::v1::EraseMemberRequest { roll_id: ID.into(), member_number: "SECRET-42".into() };
        let (resource, values) = read("/comitia.identity.v1.RollService/EraseMember", &request);
        assert_eq!(resource, format!("rolls/{ID}/members"));
        assert!(values.iter().all(|(_, text)| !text.contains("SECRET")), "{values:?}");
        let request = proposals::v1::ModerateProposalRequest {
            proposal_id: ID.into(),
            hidden: true,
            reason: "spam".into(),
        };
        let (resource, _) = read("/comitia.proposals.v1.ProposalService/ModerateProposal", &request);
        assert_eq!(resource, format!("proposals/{ID}"));
    }

    #[test]
    fn a_request_that_breaks_off_says_what_came() {
        let request = identity::v1::ImportMembersRequest {
            roll_id: ID.into(),
            csv: "number\nSECRET-42".repeat(10),
            ..Default::default()
        };
        let bytes = request.encode_to_vec();
        let act = act("/comitia.identity.v1.RollService/ImportMembers").unwrap();
        for end in 0..bytes.len() {
            let (resource, values) = act.read(&bytes[..end]);
            assert!(format!("rolls/{ID}/members").starts_with(&resource), "{resource}");
            assert!(values.iter().all(|(_, text)| !text.contains("SECRET")), "{values:?}");
        }
        assert_eq!(act.read(&bytes[..60]).0, format!("rolls/{ID}/members"));
    }
}
