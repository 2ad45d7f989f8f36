//! The OpenAPI 3.1 document, generated from the descriptors that the routes are made of, so that it
//! describes what the gateway does.

mod comments;
mod rules;
mod schemas;

use comitia_proto::common::v1::{ErrorReason, Role};
use prost_reflect::{DescriptorPool, Kind, MethodDescriptor};
use serde_json::{Map, Value, json};

use self::comments::Comments;
use self::schemas::Schemas;
use crate::http::error::PROBLEM_JSON;
use crate::routes::{BodyRule, FieldPath, Route, Routes};
use crate::waiting_room;

/// Equal contracts give equal documents.
pub fn document(routes: &Routes) -> Value {
    let pool = comitia_proto::descriptors();
    let comments = Comments::of(pool);
    let mut schemas = Schemas::new(&comments, rules::of_requests(routes));
    let mut paths = Map::new();
    let mut bindings = std::collections::HashMap::<String, usize>::new();
    for route in routes.iter() {
        let binding = bindings.entry(route.method.full_name().to_owned()).or_default();
        *binding += 1;
        let operation = operation(route, *binding, &comments, &mut schemas);
        let path = paths.entry(path(route)).or_insert_with(|| json!({}));
        path[route.http_method.as_str().to_ascii_lowercase()] = operation;
    }
    paths.extend(waiting_room::openapi().map(|(path, description)| (path.to_owned(), description)));
    let mut schemas = schemas.finish();
    schemas.insert("Problem".into(), problem(pool, &comments));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Comitia",
            "summary": "Participatory budgeting, petitions, consultations and votes",
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags(routes, &comments),
        "paths": paths,
        "components": components(schemas),
    })
}

fn components(schemas: Map<String, Value>) -> Value {
    json!({
        "schemas": schemas,
        "responses": {
            "Problem": {
                "description": "The request failed; `reason` is stable and says why.",
                "headers": {
                    "Retry-After": {
                        "description": "The seconds after which to try again, where that makes sense.",
                        "schema": {"type": "integer"},
                    },
                },
                "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Becomes `requestId` where the body has none: a UUID, or any text of at most 255 \
                                characters. The same request with the same key again does nothing twice.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
            },
        },
        "securitySchemes": {
            "session": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token of a session.",
            },
        },
    })
}

const DESCRIPTION: &str = "The organization is told by the host name. Bodies are the canonical JSON of proto3: \
    members in lowerCamelCase (requests may use snake_case too), 64-bit integers as strings, times in RFC 3339; \
    members with default values are shown, absent messages are not. Unknown members and parameters are refused, and so is \
    null: what has no value is left out. Lists have bounds, and nothing is nested deeper than 32 levels. \
    A colon in a path's last segment begins a custom verb; write a colon in a value as `%3A`. Errors are problem \
    details (RFC 9457). Public reads have an `ETag` and answer `If-None-Match`.";

fn tags(routes: &Routes, comments: &Comments) -> Vec<Value> {
    let mut names = Vec::new();
    let mut tags = Vec::new();
    for route in routes.iter() {
        let service = route.method.parent_service();
        if !names.contains(&service.full_name().to_owned()) {
            names.push(service.full_name().to_owned());
            let description = comments.at(&service.parent_file(), service.path());
            tags.push(json!({"name": tag(&route.method), "description": description}));
        }
    }
    tags
}

/// The path template with the last names of nested fields.
fn path(route: &Route) -> String {
    route.path_fields.iter().fold(route.name.clone(), |path, field| {
        path.replace(&format!("{{{}}}", field.name), &format!("{{{}}}", field.field.name()))
    })
}

/// `SessionService` as `Session`.
fn tag(method: &MethodDescriptor) -> String {
    let name = method.parent_service().name();
    name.strip_suffix("Service").unwrap_or(name).to_owned()
}

fn operation(route: &Route, binding: usize, comments: &Comments, schemas: &mut Schemas<'_>) -> Value {
    let method = &route.method;
    let description = comments.at(&method.parent_file(), method.path());
    let summary = description.split_once(". ").map_or(description.as_str(), |(first, _)| first);
    let summary = summary.lines().next().unwrap_or_default().trim_end_matches('.');
    let suffix = if binding > 1 { format!("_{binding}") } else { String::new() };
    let mut operation = Map::new();
    let mut set = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    set("operationId", json!(format!("{}_{}{suffix}", method.parent_service().name(), method.name())));
    set("tags", json!([tag(method)]));
    set("summary", json!(summary));
    set("description", json!(description));

    let parameters = parameters(route, schemas);
    if !parameters.is_empty() {
        set("parameters", json!(parameters));
    }
    if let Some(body) = request_body(route, comments, schemas) {
        set("requestBody", body);
    }
    set("responses", responses(route, comments, schemas));

    let roles: Vec<_> = route.policy.roles().map(role_name).collect();
    set("security", if route.policy.public { json!([]) } else { json!([{"session": []}]) });
    set("x-comitia-public", json!(route.policy.public));
    set("x-comitia-roles", json!(roles));
    if route.policy.max_body_bytes > 0 {
        set("x-comitia-max-body-bytes", json!(route.policy.max_body_bytes));
    }
    Value::Object(operation)
}

fn parameters(route: &Route, schemas: &mut Schemas<'_>) -> Vec<Value> {
    let mut parameters: Vec<_> =
        route.path_fields.iter().map(|field| parameter(field, "path", field.field.name(), schemas)).collect();
    for field in route.parameters_in_order() {
        parameters.push(parameter(&field, "query", &field.json_name, schemas));
    }
    if route.request_id.is_some() {
        parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
    }
    parameters
}

fn request_body(route: &Route, comments: &Comments, schemas: &mut Schemas<'_>) -> Option<Value> {
    let taken: Vec<_> = route.path_fields.iter().map(|field| field.field.name()).collect();
    let schema = match &route.body {
        BodyRule::Nothing => return None,
        BodyRule::Field(field) => schemas.body(field.kind().as_message()?, &taken),
        BodyRule::Whole => schemas.body(&route.input, &taken),
    };
    // An absent body is an empty message.
    let required = schema.get("required").is_some();
    let mut content = json!({"application/json": {"schema": schema}});
    if let Some(raw) = &route.raw {
        let described = comments.at(&raw.field.parent_file(), raw.field.path());
        content[raw.media_type] = json!({
            "schema": {"type": "string", "contentMediaType": raw.media_type, "description": described},
        });
    }
    Some(json!({"required": required, "content": content}))
}

fn responses(route: &Route, comments: &Comments, schemas: &mut Schemas<'_>) -> Value {
    let schema = match &route.response_body {
        Some(field) => schemas.of_field(field),
        None => schemas.reference(&route.output),
    };
    let described = comments.at(&route.output.parent_file(), route.output.path());
    let mut responses = Map::new();
    if let Some(file) = &route.file {
        let media_type = file.media_type.to_str().unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        let content = json!({media_type: {"schema": {"type": "string", "contentMediaType": media_type}}});
        let description = "The file. One that is not whole breaks off, with its connection.";
        responses.insert("200".into(), json!({"description": description, "content": content}));
    } else if let Some(content) = &route.content {
        let media_type = content.media_type.to_str().unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        let content = json!({media_type: {"schema": {"type": "string", "contentMediaType": media_type}}});
        responses.insert("200".into(), json!({"description": described, "content": content}));
    } else if route.streaming {
        let description = format!(
            "Server-sent events. The data of each event: {described} An `error` event has a problem as data; an \
             `end` event says that nothing more will come."
        );
        let content = json!({"text/event-stream": {"schema": {"type": "string"}, "x-comitia-event": schema}});
        responses.insert("200".into(), json!({"description": description, "content": content}));
    } else {
        let content = json!({"application/json": {"schema": schema}});
        responses.insert("200".into(), json!({"description": described, "content": content}));
    }
    if route.cache_seconds() > 0 {
        responses.insert(
            "304".into(),
            json!({"description": "The answer that `If-None-Match` names still holds."}),
        );
    }
    responses.insert("default".into(), json!({"$ref": "#/components/responses/Problem"}));
    Value::Object(responses)
}

fn parameter(field: &FieldPath, place: &str, name: &str, schemas: &mut Schemas<'_>) -> Value {
    let mut schema = schemas.of_field(&field.field);
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut parameter = json!({"name": name, "in": place, "required": place == "path", "schema": schema});
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter
}

fn role_name(role: Role) -> &'static str {
    role.as_str_name().trim_start_matches("ROLE_")
}

/// The schema of problem details, with all reasons.
fn problem(pool: &DescriptorPool, comments: &Comments) -> Value {
    let short = |name: &str| name.trim_start_matches("ERROR_REASON_").to_owned();
    let mut reasons = Vec::new();
    let mut texts = vec!["Why, for programs; reasons are stable.".to_owned(), String::new()];
    if let Some(reason) = pool.get_enum_by_name("comitia.common.v1.ErrorReason") {
        for value in reason.values().filter(|value| value.number() != ErrorReason::Unspecified as i32) {
            texts.push(format!(
                "- `{}`: {}",
                short(value.name()),
                comments.at(&value.parent_file(), value.path())
            ));
            reasons.push(short(value.name()));
        }
    }
    json!({
        "description": "Problem details (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "reason", "violations", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:comitia:problem:` and the reason."},
            "title": {"type": "string", "description": "The reason in words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "One sentence for people."},
            "code": {"type": "string", "description": "The kind of failure, a name of google.rpc.Code."},
            "reason": {"type": "string", "enum": reasons, "description": texts.join("\n")},
            "violations": {
                "description": "The fields of the request that break rules.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "rule"],
                    "properties": {
                        "field": {
                            "type": "string",
                            "description": "Its path in the names of the proto file, such as `options[2].title`.",
                        },
                        "rule": {"type": "string", "description": "The rule, for people."},
                    },
                },
            },
            "more_violations": {
                "type": "integer",
                "description": "How many more fields break rules than `violations` names.",
            },
            "trace_id": {"type": "string", "description": "Leads to the log lines of this request."},
            "retry_after": {"type": "integer", "description": "The seconds after which to try again."},
            "waiting_room": {
                "type": "string",
                "description": "With `WAITING_ROOM`: the path to take a ticket at and wait.",
            },
            "waiting_room_page": {"type": "string", "description": "The same as a page for people."},
        },
    })
}

/// Whether a kind is a message of ours, without a JSON form of its own.
fn is_own_message(kind: &Kind) -> bool {
    kind.as_message().is_some_and(|message| !message.full_name().starts_with("google.protobuf."))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn made() -> Value {
        document(&Routes::of_all_services().unwrap())
    }

    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.push(reference);
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = made();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_route_is_an_operation_with_its_parameters() {
        let document = made();
        let mut ids = HashSet::new();
        for route in Routes::of_all_services().unwrap().iter() {
            let operation = &document["paths"][path(route)][route.http_method.as_str().to_ascii_lowercase()];
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
            assert!(!operation["description"].as_str().unwrap().is_empty(), "{}", route.name);
            let empty = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&empty);
            let in_path: Vec<_> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let names: Vec<_> = route.path_fields.iter().map(|field| field.field.name()).collect();
            assert_eq!(in_path, names, "{}", route.name);
            assert!(operation["responses"]["default"].is_object());
            assert_eq!(operation["security"].as_array().unwrap().is_empty(), route.policy.public);
        }
        let operations: usize =
            document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, ids.len() + waiting_room::PATHS.len());
    }

    #[test]
    fn each_path_has_one_template() {
        let document = made();
        let mut seen = HashSet::new();
        for path in document["paths"].as_object().unwrap().keys() {
            let names = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
            let plain = names.fold(path.clone(), |plain, (name, _)| plain.replace(name, ""));
            assert!(seen.insert(plain), "{path} has another template");
        }
    }

    #[test]
    fn the_rules_of_fields_are_in_the_schemas() {
        let document = made();
        let body = |path: &str| {
            document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
        };
        let projects = body("/v1/budgets/{budget_id}/projects:batchCreate");
        assert_eq!(projects["properties"]["projects"]["maxItems"], 10_000);
        assert_eq!(projects["required"], json!(["projects"]));
        assert_eq!(projects["additionalProperties"], false);
        let ballot = &document["components"]["schemas"]["voting.v1.Ballot"];
        assert_eq!(ballot["properties"]["choices"]["maxItems"], 1000);
        let import = &document["paths"]["/v1/rolls/{roll_id}/members:import"]["post"];
        let file = &import["requestBody"]["content"]["text/csv"]["schema"];
        assert_eq!(file["contentMediaType"], "text/csv");
        let names: Vec<_> = import["parameters"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert!(names.contains(&&json!("partial")) && names.contains(&&json!("encoding")), "{names:?}");
        let roll = body("/v1/rolls");
        assert_eq!(roll["properties"]["title"]["maxLength"], 200);
        assert_eq!(roll["properties"]["requestId"]["format"], "uuid");
        let answer = body("/v1/proposals/{proposal_id}:answer");
        assert_eq!(answer["properties"]["state"]["enum"].as_array().unwrap().len(), 3);
        let list = &document["paths"]["/v1/polls"]["get"]["parameters"][0]["schema"];
        assert_eq!(list["minimum"], 0);
        let turnout = &document["components"]["schemas"]["voting.v1.Turnout"]["properties"]["districts"];
        assert!(turnout.get("maxItems").is_none(), "no bound on answers: {turnout}");
    }

    #[test]
    fn the_document_is_the_same_each_time() {
        assert_eq!(made().to_string(), made().to_string());
    }

    #[test]
    fn an_operation_says_what_the_contract_says() {
        let document = made();
        let cast = &document["paths"]["/v1/polls/{poll_id}/ballots"]["post"];
        assert_eq!(cast["operationId"], "BallotService_CastBallot");
        assert_eq!(cast["summary"], "Casts a ballot");
        assert_eq!(cast["x-comitia-public"], true);
        let body = &cast["requestBody"]["content"]["application/json"]["schema"]["properties"];
        assert_eq!(body["permit"]["description"], "The permit from identity.");
        assert!(body.get("pollId").is_none(), "the path has it");
        let watch = &document["paths"]["/v1/polls/{poll_id}/turnout:watch"]["get"];
        assert!(watch["responses"]["200"]["content"]["text/event-stream"].is_object());
        let list = &document["paths"]["/v1/polls"]["get"]["parameters"];
        assert_eq!(list[0]["name"], "pageSize");
        let create = &document["paths"]["/v1/organizations"]["post"];
        assert_eq!(create["x-comitia-roles"], json!(["OPERATOR"]));
        assert_eq!(create["parameters"][0]["$ref"], "#/components/parameters/IdempotencyKey");
        let reasons = document["components"]["schemas"]["Problem"]["properties"]["reason"]["enum"].clone();
        assert!(reasons.as_array().unwrap().contains(&json!("POLL_CLOSED")));
        let turnout = &document["components"]["schemas"]["voting.v1.Turnout"];
        assert_eq!(turnout["properties"]["ballotCount"]["type"], "string");
        assert_eq!(turnout["properties"]["readTime"]["format"], "date-time");
    }
}
