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
        (r#"{"specification":{"type":"X"}}"#, "specification.type: must be one of BALLOT_TYPE_UNSPECIFIED,"),
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
    let import: ImportMembersRequest = read("ImportMembers", json(r#"{"csv":"member_number\n"}"#)).unwrap();
    assert_eq!((import.partial, import.csv.as_str()), (true, "member_number\n"));
    let refused = |parts| read::<ImportMembersRequest>("ImportMembers", parts).unwrap_err();
    assert_eq!(refused(Parts { query: Some("csv=x"), ..parts }), "csv: is not a parameter of this request");
    assert!(
        refused(Parts { query: Some("partial=1"), ..parts }).starts_with("partial: must be true or false")
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

static ROUTES: std::sync::LazyLock<Routes> = std::sync::LazyLock::new(|| Routes::of_all_services().unwrap());
