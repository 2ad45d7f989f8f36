//! JSON to protobuf and back (the canonical JSON of proto3), by the routes' descriptors.

pub mod answers;
mod bounds;
pub mod direct;
mod misfit;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, SerializeOptions, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::Error;
use crate::routes::{self, BodyRule, RawBody, Route};

/// Zeros, empty texts and empty lists are shown: a client sees the same members in every answer.
const OPTIONS: SerializeOptions = SerializeOptions::new().skip_default_fields(false);

/// The header whose value becomes the request's `request_id`.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What of an HTTP request becomes the message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The values in the path, percent-encoded.
    pub path: &'a [&'a str],
    /// The query, without the question mark.
    pub query: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// The charset of a body that is no JSON, and is taken as it is; empty when it names none.
    pub raw: Option<&'a str>,
    /// The idempotency key.
    pub idempotency_key: Option<&'a str>,
}

/// The encoded request message.
///
/// # Errors
/// `BODY_MALFORMED` or `FIELD_INVALID`, with the field that breaks a rule.
pub fn request(route: &Route, parts: Parts<'_>) -> Result<Bytes, Error> {
    if let (Some(raw), Some(charset)) = (&route.raw, parts.raw) {
        return raw_request(route, raw, charset, parts);
    }
    if let Some(bytes) = ordinary(route, parts) {
        return Ok(bytes.into());
    }
    let mut message = match &route.body {
        BodyRule::Nothing => {
            if !parts.body.is_empty() {
                return Err(Error::body(
                    "body",
                    "must be empty: this request takes its fields from path and query",
                ));
            }
            DynamicMessage::new(route.input.clone())
        }
        BodyRule::Whole => json(&route.input, parts.body, "")?,
        BodyRule::Field(field) => {
            let mut message = DynamicMessage::new(route.input.clone());
            if let Kind::Message(kind) = field.kind() {
                message.set_field(field, Value::Message(json(&kind, parts.body, field.name())?));
            }
            message
        }
    };
    add_parameters(route, parts, &mut message)?;
    Ok(message.encode_to_vec().into())
}

/// The encoded request message of a body that is taken as it is: one field, and what path, query and headers say.
fn raw_request(route: &Route, raw: &RawBody, charset: &str, parts: Parts<'_>) -> Result<Bytes, Error> {
    let mut message = DynamicMessage::new(route.input.clone());
    add_parameters(route, parts, &mut message)?;
    if let Some(field) = &raw.charset
        && !charset.is_empty()
        && !message.has_field(field)
    {
        message.set_field(field, Value::String(charset.to_owned()));
    }
    let mut encoded = message.encode_to_vec();
    encoded.reserve(parts.body.len() + 16);
    encode_key(raw.field.number(), WireType::LengthDelimited, &mut encoded);
    encode_varint(parts.body.len() as u64, &mut encoded);
    encoded.extend_from_slice(parts.body);
    Ok(encoded.into())
}

/// Adds what path, query and headers say of a request.
fn add_parameters(route: &Route, parts: Parts<'_>, message: &mut DynamicMessage) -> Result<(), Error> {
    for (field, text) in route.path_fields.iter().zip(parts.path) {
        let text = percent_decode_str(text)
            .decode_utf8()
            .map_err(|_| Error::parameter(&field.name, "must be UTF-8, percent-encoded"))?;
        let value =
            routes::value(&field.field.kind(), &text).map_err(|rule| Error::parameter(&field.name, rule))?;
        if field.get(message).is_some_and(|given| given != value) {
            return Err(Error::body(&field.name, "must be the same as in the path"));
        }
        field.set(message, value);
    }
    query(route, parts.query.unwrap_or_default(), message)?;
    if let (Some(field), Some(key)) = (&route.request_id, parts.idempotency_key)
        && !message.has_field(field)
    {
        message.set_field(field, Value::String(request_id(key)?.to_string()));
    }
    Ok(())
}

/// The encoded request message of an ordinary request: texts in the path, no query, and a body that [`direct`] reads.
fn ordinary(route: &Route, parts: Parts<'_>) -> Option<Vec<u8>> {
    let layout = route.layout.as_ref()?;
    let idempotent = route.request_id.is_some() && parts.idempotency_key.is_some();
    if idempotent || parts.query.is_some_and(|query| !query.is_empty()) {
        return None;
    }
    let mut message = Vec::with_capacity(parts.body.len());
    let mut in_path = [0; 4];
    for (place, (field, text)) in route.path_fields.iter().zip(parts.path).enumerate() {
        let text = percent_decode_str(text).decode_utf8().ok()?;
        prost::encoding::string::encode(field.field.number(), &text.into_owned(), &mut message);
        *in_path.get_mut(place)? = field.field.number();
    }
    layout.encode(parts.body, &in_path, &mut message)?;
    Some(message)
}

fn query(route: &Route, query: &str, message: &mut DynamicMessage) -> Result<(), Error> {
    let mut given = Vec::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let Some(field) = route.parameters.get(name.as_ref()) else {
            return Err(Error::parameter(name, "is not a parameter of this request"));
        };
        let value =
            routes::value(&field.field.kind(), &text).map_err(|rule| Error::parameter(&field.name, rule))?;
        if field.field.is_list() {
            field.push(message, value);
        } else if given.contains(&field.name.as_str()) {
            return Err(Error::parameter(&field.name, "must be given once"));
        } else if field.get(message).is_some_and(|given| given != value) {
            return Err(Error::body(&field.name, "must be the same as in the query"));
        } else {
            field.set(message, value);
            given.push(&field.name);
        }
    }
    Ok(())
}

/// The request id of an idempotency key: the key itself when it is a UUID, one made from its digest otherwise.
fn request_id(key: &str) -> Result<Uuid, Error> {
    if let Ok(id) = Uuid::parse_str(key.trim_matches('"')) {
        return Ok(id);
    }
    if !(1..=255).contains(&key.len()) {
        return Err(Error::parameter("Idempotency-Key", "must have 1 to 255 characters"));
    }
    let digest = Sha256::new().chain_update("comitia idempotency key\n").chain_update(key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A message from JSON; an empty body is an empty message. `prefix` is the path of the field that the body holds.
fn json(kind: &MessageDescriptor, body: &[u8], prefix: &str) -> Result<DynamicMessage, Error> {
    if body.trim_ascii().is_empty() {
        return Ok(DynamicMessage::new(kind.clone()));
    }
    bounds::check(kind, body, prefix)?;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    DynamicMessage::deserialize(kind.clone(), &mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message))
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Data => misfit(kind, body, prefix, &error),
            _ => Error::body("body", misfit::syntax(&error)),
        })
}

/// Reads a body that does not fit its message again, slower, to find out which field it is.
fn misfit(kind: &MessageDescriptor, body: &[u8], prefix: &str, error: &serde_json::Error) -> Error {
    let mut track = serde_path_to_error::Track::new();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let _ = DynamicMessage::deserialize(kind.clone(), tracked);
    let found = track.path();
    let mut path = proto_path(kind, &found, prefix);
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    if let Some(name) =
        text.strip_prefix("unrecognized field name '").and_then(|name| name.strip_suffix('\''))
    {
        join(&mut path, name);
        return Error::body(path, "is not a field of this request");
    }
    if path.is_empty() {
        path.push_str("body");
    }
    Error::body(path, misfit::rule(kind, &found, body, error))
}

/// The path of a field in the names of the proto file, whichever names the client used.
fn proto_path(kind: &MessageDescriptor, path: &serde_path_to_error::Path, prefix: &str) -> String {
    let mut text = prefix.to_owned();
    let mut kind = Some(kind.clone());
    for segment in path {
        match segment {
            serde_path_to_error::Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            serde_path_to_error::Segment::Map { key } => {
                let field = kind.as_ref().and_then(|kind| {
                    kind.get_field_by_json_name(key).or_else(|| kind.get_field_by_name(key))
                });
                join(&mut text, field.as_ref().map_or(key, |field| field.name()));
                kind = field.and_then(|field| match field.kind() {
                    Kind::Message(kind) => Some(kind),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    text
}

fn join(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// The JSON of a response message.
///
/// # Errors
/// When the bytes are not that message.
pub fn response(route: &Route, bytes: Bytes) -> Result<Vec<u8>, Error> {
    if let Some(json) = route.answer_layout.as_ref().and_then(|layout| layout.write(&bytes)) {
        return Ok(json);
    }
    dynamic_response(route, bytes)
}

fn dynamic_response(route: &Route, bytes: Bytes) -> Result<Vec<u8>, Error> {
    let malformed = |error: Box<dyn std::error::Error + Send + Sync>| Error::AnswerMalformed(error);
    let message =
        DynamicMessage::decode(route.output.clone(), bytes).map_err(|error| malformed(error.into()))?;
    let mut json = Vec::with_capacity(512);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut json), &OPTIONS)
        .map_err(|error| malformed(error.into()))?;
    if let Some(field) = &route.response_body {
        let whole: serde_json::Value =
            serde_json::from_slice(&json).map_err(|error| malformed(error.into()))?;
        let part = whole.get(field.json_name()).unwrap_or(&serde_json::Value::Null);
        json = serde_json::to_vec(part).map_err(|error| malformed(error.into()))?;
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use comitia_proto::spaces::v1::UpdateProcessRequest;
    use comitia_proto::voting::v1::{CreatePollRequest, GetPollResponse, ListPollsRequest, Poll};

    use super::*;
    use crate::routes::Routes;

    fn route(name: &str) -> Route {
        let routes = Routes::of_all_services().unwrap();
        routes.iter().find(|route| route.method.name() == name).unwrap().clone()
    }

    fn read<T: Message + Default>(name: &str, parts: Parts<'_>) -> Result<T, String> {
        request(&route(name), parts).map(|bytes| T::decode(bytes).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_body_becomes_a_message_in_either_spelling() {
        for body in [
            r#"{"title":"Vote","openTime":"2026-06-01T08:00:00Z","eligibility":{"rollId":"7","minimumAge":16}}"#,
            r#"{"title":"Vote","open_time":"2026-06-01T08:00:00Z","eligibility":{"roll_id":"7","minimum_age":16}}"#,
        ] {
            let request: CreatePollRequest =
                read("CreatePoll", Parts { body: body.as_bytes(), ..Parts::default() }).unwrap();
            assert_eq!(request.open_time.unwrap().seconds, 1_780_300_800);
            assert_eq!(request.eligibility.unwrap().minimum_age, 16);
        }
    }

    #[test]
    fn a_body_that_does_not_fit_names_the_field() {
        for (body, error) in [
            (r#"{"tilte":"x"}"#, "tilte: is not a field of this request"),
            (r#"{"eligibility":{"role":"x"}}"#, "eligibility.role: is not a field of this request"),
            (r#"{"options":[{},{"colour":1}]}"#, "options[1].colour: is not a field of this request"),
            (r#"{"title":5}"#, "title: must be a text in quotation marks"),
            (
                r#"{"openTime":"soon"}"#,
                "open_time: must be a time, such as 2026-06-01T08:00:00Z, and not \"soon\"",
            ),
            (
                r#"{"eligibility":{"minimumAge":-1}}"#,
                "eligibility.minimum_age: must be a whole number from 0 to 4294967295, and not -1",
            ),
            (
                r#"{"options":[{"cost":"1"},{"cost":"1000,00"}]}"#,
                "options[1].cost: must be a whole number, such as 1500, and not \"1000,00\"",
            ),
            (
                "{\"specification\":{\n\"minTotalCost\" : 99999999999999999999\n}}",
                "specification.min_total_cost: must be a whole number, such as 1500, and not 99999999999999999999",
            ),
            (
                r#"{"specification":{"type":"X"}}"#,
                "specification.type: must be one of BALLOT_TYPE_UNSPECIFIED,",
            ),
            (r#"{"recastAllowed":"yes"}"#, "recast_allowed: must be true or false, and not \"yes\""),
            (r#"{"options":{}}"#, "options: must be a list: [...]"),
            (r#"{"options":[1]}"#, "options[0]: must be an object: {...}"),
            (r#"[]"#, "body: must be an object: {...}"),
            (r#"{"title":"#, "body: must be JSON, and ends in the middle"),
            (r#"{} {}"#, "body: must be JSON, and is not from line 1, column 4 on"),
            ("title=Vote", "body: must be JSON, and is not from line 1, column 2 on"),
        ] {
            let refused =
                read::<CreatePollRequest>("CreatePoll", Parts { body: body.as_bytes(), ..Parts::default() });
            let refused = refused.unwrap_err();
            assert!(refused.starts_with(error), "{body}: {refused}");
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_message() {
        for body in ["", " \n", "{}"] {
            let parts = Parts { path: &["p1"], body: body.as_bytes(), ..Parts::default() };
            assert_eq!(request(&route("PublishProcess"), parts).unwrap()[..], *b"\x0a\x02p1");
        }
    }

    #[test]
    fn path_body_and_query_make_one_message() {
        let parts = Parts {
            path: &["p%201"],
            query: Some("updateMask=title,currentPhase"),
            body: br#"{"title":"New"}"#,
            ..Parts::default()
        };
        let request: UpdateProcessRequest = read("UpdateProcess", parts).unwrap();
        let process = request.process.unwrap();
        assert_eq!((process.process_id.as_str(), process.title.as_str()), ("p 1", "New"));
        assert_eq!(request.update_mask.unwrap().paths, ["title", "current_phase"]);
        let other = Parts { body: br#"{"processId":"other"}"#, ..parts };
        let refused = read::<UpdateProcessRequest>("UpdateProcess", other).unwrap_err();
        assert_eq!(refused, "process.process_id: must be the same as in the path");
        let unknown = Parts { body: br#"{"titel":"New"}"#, ..parts };
        let refused = read::<UpdateProcessRequest>("UpdateProcess", unknown).unwrap_err();
        assert_eq!(refused, "process.titel: is not a field of this request");
        let broken = Parts { path: &["%ff"], ..parts };
        assert!(read::<UpdateProcessRequest>("UpdateProcess", broken).unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn query_parameters_are_checked() {
        let list =
            |query| read::<ListPollsRequest>("ListPolls", Parts { query: Some(query), ..Parts::default() });
        let request = list("pageSize=7&page_token=a%2Bb+c").unwrap();
        assert_eq!((request.page_size, request.page_token.as_str()), (7, "a+b c"));
        assert_eq!(list("pagesize=7").unwrap_err(), "pagesize: is not a parameter of this request");
        assert_eq!(
            list("pageSize=x").unwrap_err(),
            "page_size: must be a whole number from -2147483648 to 2147483647"
        );
        assert_eq!(list("pageSize=1&page_size=2").unwrap_err(), "page_size: must be given once");
        let body = Parts { body: b"{}", ..Parts::default() };
        assert!(read::<ListPollsRequest>("ListPolls", body).unwrap_err().starts_with("body: must be empty"));
    }

    #[test]
    fn a_file_becomes_a_field_byte_for_byte() {
        use comitia_proto::identity::v1::ImportMembersRequest;
        let key = "0192f0c1-2b3c-7def-8123-456789abcdef";
        let file = b"member_number\nn\xba1\0\n";
        let parts = Parts {
            path: &["7"],
            query: Some("partial=true"),
            body: file,
            raw: Some("windows-1252"),
            idempotency_key: Some(key),
        };
        let import: ImportMembersRequest = read("ImportMembers", parts).unwrap();
        let expected = ImportMembersRequest {
            roll_id: "7".into(),
            partial: true,
            request_id: key.into(),
            file: file.to_vec(),
            encoding: "windows-1252".into(),
            ..Default::default()
        };
        assert_eq!(import, expected);
        // The query is stronger than the header, and stands with JSON too.
        let said = Parts { query: Some("encoding=utf-16le"), ..parts };
        assert_eq!(read::<ImportMembersRequest>("ImportMembers", said).unwrap().encoding, "utf-16le");
        let json = |body: &'static str| Parts { raw: None, body: body.as_bytes(), ..parts };
        let import: ImportMembersRequest =
            read("ImportMembers", json(r#"{"csv":"member_number\n"}"#)).unwrap();
        assert_eq!((import.partial, import.csv.as_str()), (true, "member_number\n"));
        let refused = |parts| read::<ImportMembersRequest>("ImportMembers", parts).unwrap_err();
        assert_eq!(
            refused(Parts { query: Some("csv=x"), ..parts }),
            "csv: is not a parameter of this request"
        );
        assert!(
            refused(Parts { query: Some("partial=1"), ..parts })
                .starts_with("partial: must be true or false")
        );
        assert!(refused(Parts { raw: None, ..parts }).starts_with("body: must be JSON"));
    }

    #[test]
    fn an_idempotency_key_becomes_the_request_id() {
        use comitia_proto::spaces::v1::CreateOrganizationRequest;
        let id = "0192f0c1-2b3c-7def-8123-456789abcdef";
        let create = |body: &'static str, key| {
            let parts = Parts { body: body.as_bytes(), idempotency_key: Some(key), ..Parts::default() };
            read::<CreateOrganizationRequest>("CreateOrganization", parts).map(|request| request.request_id)
        };
        assert_eq!(create("{}", id).unwrap(), id);
        assert_eq!(create("{}", "\"0192F0C1-2B3C-7DEF-8123-456789ABCDEF\"").unwrap(), id);
        assert_eq!(create(r#"{"requestId":"mine"}"#, id).unwrap(), "mine");
        let made = create("{}", "order 66").unwrap();
        assert_eq!(made, create("{}", "order 66").unwrap());
        assert_ne!(made, create("{}", "order 67").unwrap());
        assert!(Uuid::parse_str(&made).is_ok());
        assert!(create("{}", "").is_err());
        let parts = Parts { path: &["p"], idempotency_key: Some(id), ..Parts::default() };
        assert!(request(&route("ClosePoll"), parts).is_ok(), "a request without the field ignores the key");
    }

    #[test]
    fn answers_show_zeros_and_leave_out_absent_messages() {
        let answer = GetPollResponse { poll: Some(Poll { poll_id: "7".into(), ..Poll::default() }) };
        let json = response(&route("GetPoll"), answer.encode_to_vec().into()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["poll"]["pollId"], "7");
        assert_eq!(json["poll"]["recastAllowed"], false);
        assert_eq!(json["poll"]["state"], "POLL_STATE_UNSPECIFIED");
        assert_eq!(json["poll"]["options"], serde_json::json!([]));
        assert_eq!(json["poll"].get("openTime"), None);
        assert!(matches!(
            response(&route("GetPoll"), Bytes::from_static(b"\xff\xff")),
            Err(Error::AnswerMalformed(_))
        ));
    }

    /// The same request by way of a message.
    fn thorough(route: &Route, parts: Parts<'_>) -> Result<Bytes, Error> {
        request(&Route { layout: None, ..route.clone() }, parts)
    }

    #[test]
    fn an_ordinary_request_is_the_same_as_by_way_of_a_message() {
        let vote = r#"{"castSecret":"+/+/AAECAwQFBgcICQoLDA==","permit":"a.b.\u00e9","ballot":{"choices":[{"optionId":"P1"},{"option_id":"P2","points":7},{}]}}"#;
        for (name, path, body) in [
            ("CastBallot", "p%201", vote),
            ("CastBallot", "p", "{}"),
            ("CastBallot", "p", r#"{"castSecret":""}"#),
            ("CastBallot", "p", r#"{"cast_secret":"-_-_AAECAwQFBgcICQoLDA"}"#),
            ("CastBallot", "p", r#"{"castSecret":"AAECAwQFBgcICQoLDA"}"#),
            ("CastBallot", "p", r#" {"ballot":{} } "#),
            ("ClosePoll", "p", r#"{"reason":"it is late"}"#),
        ] {
            let (route, path) = (route(name), [path]);
            let parts = Parts { path: &path, body: body.as_bytes(), ..Parts::default() };
            let fast = ordinary(&route, parts).unwrap();
            let (fast, slow) = (
                DynamicMessage::decode(route.input.clone(), &fast[..]).unwrap(),
                DynamicMessage::decode(route.input.clone(), thorough(&route, parts).unwrap()).unwrap(),
            );
            assert_eq!(fast, slow, "{body}");
        }
    }

    #[test]
    fn what_is_odd_goes_the_thorough_way() {
        for body in [
            "",
            r#"{"permit":null}"#,
            r#"{"permit":"a","permit":"b"}"#,
            r#"{"pollId":"p"}"#,
            r#"{"permit":5}"#,
            r#"{"castSecret":"%"}"#,
            r#"{"castSecret":"+_+_"}"#,
            r#"{"castSecret":"AAECA"}"#,
            r#"{"castSecret":[1,2]}"#,
            r#"{"unknown":5}"#,
            r#"{"ballot":{"choices":[{"points":"7"}]}}"#,
            r#"{"ballot":{"choices":[{"points":-1}]}}"#,
            r#"{"ballot":{"choices":[{"points":4294967296}]}}"#,
            r#"{"ballot":{"choices":{}}}"#,
            r#"{"permit":"a"} x"#,
            r#"[]"#,
        ] {
            let parts = Parts { path: &["p"], body: body.as_bytes(), ..Parts::default() };
            assert_eq!(ordinary(&route("CastBallot"), parts), None, "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn both_ways_agree(
            permit in proptest::option::of(".{0,20}"),
            secret in proptest::option::of("[A-Za-z0-9+/_=-]{0,9}"),
            choices in proptest::collection::vec((proptest::option::of("\\PC{0,200}"), proptest::option::of(0..u32::MAX)), 0..20),
        ) {
            let choices: Vec<_> = choices.iter().map(|(id, points)| {
                let mut choice = serde_json::Map::new();
                choice.extend(id.iter().map(|id| ("optionId".to_owned(), id.as_str().into())));
                choice.extend(points.iter().map(|points| ("points".to_owned(), (*points).into())));
                choice
            }).collect();
            let mut body = serde_json::json!({"ballot": {"choices": choices}});
            if let Some(permit) = permit {
                body["permit"] = permit.into();
            }
            if let Some(secret) = secret {
                body["castSecret"] = secret.into();
            }
            let body = body.to_string();
            let route = ROUTES.iter().find(|route| route.method.name() == "CastBallot").unwrap();
            let parts = Parts { path: &["p"], body: body.as_bytes(), ..Parts::default() };
            let decode = |bytes: &[u8]| comitia_proto::voting::v1::CastBallotRequest::decode(bytes).unwrap();
            match (ordinary(route, parts), thorough(route, parts)) {
                (Some(fast), slow) => proptest::prop_assert_eq!(decode(&fast), decode(&slow.unwrap())),
                // Base64 that is none, or in a way that is not ordinary.
                (None, _) => proptest::prop_assert!(body.contains("castSecret")),
            }
        }

        #[test]
        fn no_body_and_no_query_make_it_panic(body in "\\PC{0,40}", query in "\\PC{0,40}", value in "\\PC{0,10}") {
            let parts = Parts {
                path: &[value.as_str()],
                query: Some(&query),
                body: body.as_bytes(),
                raw: (query.len() % 2 == 0).then_some(value.as_str()),
                idempotency_key: Some(&value),
            };
            for name in ["CreatePoll", "GetPoll", "UpdateProcess", "CastBallot", "ImportMembers"] {
                let _ = request(&ROUTES.iter().find(|route| route.method.name() == name).unwrap().clone(), parts);
            }
        }
    }

    static ROUTES: std::sync::LazyLock<Routes> =
        std::sync::LazyLock::new(|| Routes::of_all_services().unwrap());
}
