//! The routes: every RPC with a `google.api.http` annotation, read from the descriptors once at the start.

mod field;
pub mod template;
mod tree;

pub use field::{FieldPath, Parameters, rule, value};
pub use tree::Found;

use comitia_platform::limit::Priority;
use comitia_proto::common::v1::{MethodPolicy, RateClass, Role};
use http::Method;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use self::template::{Template, TemplateError};
use self::tree::Tree;
use crate::files::File;
use crate::transcode::{answers, direct::Layout};
use crate::upstream::ServiceName;

/// The method that casts a ballot.
const CAST: &str = "/comitia.voting.v1.BallotService/CastBallot";

/// The annotations make no route.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// The path template cannot be routed.
    #[error("{method}: the path {template:?} {error}")]
    Template {
        /// The RPC.
        method: String,
        /// Its template.
        template: String,
        /// Why.
        error: TemplateError,
    },
    /// A field in the annotation is not in the request or the response, or cannot stand there.
    #[error("{method}: the field {field:?} {rule}")]
    Field {
        /// The RPC.
        method: String,
        /// The field.
        field: String,
        /// Why.
        rule: &'static str,
    },
    /// Two RPCs have the same HTTP method and path.
    #[error("{method}: {http_method} {template} is another method's route already")]
    Ambiguous {
        /// The second RPC.
        method: String,
        /// The HTTP method.
        http_method: Method,
        /// The path.
        template: Template,
    },
    /// The RPC cannot be reached over HTTP at all.
    #[error("{method}: {rule}")]
    Unsupported {
        /// The RPC.
        method: String,
        /// Why.
        rule: &'static str,
    },
}

/// What of the request the HTTP body holds.
#[derive(Clone, Debug)]
pub enum BodyRule {
    /// Nothing.
    Nothing,
    /// Every field that is not in the path.
    Whole,
    /// This field, which is a message.
    Field(FieldDescriptor),
}

/// A body that is taken as it is, beside JSON.
#[derive(Clone, Debug)]
pub struct RawBody {
    /// Its media type.
    pub media_type: &'static str,
    /// The field of bytes that it becomes.
    pub field: FieldDescriptor,
    /// The text field that its charset becomes.
    pub charset: Option<FieldDescriptor>,
}

/// The rate limit that a call counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Attempts to sign in.
    SignIn,
    /// Ballots and what leads to them.
    Vote,
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// One HTTP binding of an RPC, with everything that a request needs.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its number; equal requests to equal routes have equal answers.
    pub index: usize,
    /// The RPC.
    pub method: MethodDescriptor,
    /// Its gRPC path.
    pub grpc_path: PathAndQuery,
    /// The service that answers.
    pub service: ServiceName,
    /// The HTTP method.
    pub http_method: Method,
    /// The path template.
    pub template: Template,
    /// The template as text: the route's name in spans and metrics.
    pub name: String,
    /// The request.
    pub input: MessageDescriptor,
    /// The response.
    pub output: MessageDescriptor,
    /// How an ordinary request is written, where the body is the whole of it but for texts in the path.
    pub layout: Option<Layout>,
    /// How an ordinary answer is written, where the body is the whole of it.
    pub answer_layout: Option<answers::Layout>,
    /// The fields in the path, in order.
    pub path_fields: Vec<FieldPath>,
    /// What the body holds.
    pub body: BodyRule,
    /// The body that may come in place of JSON.
    pub raw: Option<RawBody>,
    /// The field of the response that the answer's body holds; nothing for the whole response.
    pub response_body: Option<FieldDescriptor>,
    /// The query parameters, each under both of its names.
    pub parameters: Parameters,
    /// The request's field for an idempotency key.
    pub request_id: Option<FieldDescriptor>,
    /// Who may call it, and how the gateway treats it.
    pub policy: &'static MethodPolicy,
    /// The rate limit.
    pub class: Class,
    /// How much it matters when it gets too much.
    pub priority: Priority,
    /// Whether the answer is a stream: of events, or a file.
    pub streaming: bool,
    /// The file that the stream is.
    pub file: Option<File>,
    /// Whether it can be called on a host name of no organization.
    pub without_organization: bool,
    /// Whether the call carries a permit and therefore nothing that tells who sends it.
    pub anonymous: bool,
    /// Whether it casts a ballot, which goes to voting with others.
    pub casts: bool,
}

impl Route {
    /// How long a cache may keep an answer to somebody without a session; 0 is not at all.
    pub fn cache_seconds(&self) -> u32 {
        let cacheable = self.http_method == Method::GET && self.policy.public && !self.streaming;
        if cacheable { self.policy.cache_seconds } else { 0 }
    }

    /// Whether a call that may have been made already does no harm when it is made again: a read, and what its policy says so of.
    pub fn is_repeatable(&self) -> bool {
        self.policy.repeatable || self.http_method == Method::GET
    }

    /// The query parameters in the order of their fields.
    pub fn parameters_in_order(&self) -> Vec<FieldPath> {
        let beside = beside_body(&self.input, self.policy);
        query_fields(&self.input, &self.path_fields, &self.body).into_iter().chain(beside).collect()
    }
}

fn query_fields(input: &MessageDescriptor, path_fields: &[FieldPath], body: &BodyRule) -> Vec<FieldPath> {
    let mut taken: Vec<_> = path_fields.iter().map(|field| field.name.as_str()).collect();
    match body {
        BodyRule::Whole => return Vec::new(),
        BodyRule::Field(field) => taken.push(field.name()),
        BodyRule::Nothing => {}
    }
    field::parameters(input, &taken)
}

/// The fields that may stand in the query beside a body.
fn beside_body(input: &MessageDescriptor, policy: &MethodPolicy) -> Vec<FieldPath> {
    let names = policy.raw_body.iter().flat_map(|raw| &raw.parameters);
    names.filter_map(|name| FieldPath::resolve(input, name)).filter(FieldPath::takes_text).collect()
}

/// The body that a policy takes as it is.
fn raw_body(
    input: &MessageDescriptor,
    policy: &'static MethodPolicy,
) -> Result<Option<RawBody>, (&'static str, &'static str)> {
    let Some(raw) = &policy.raw_body else { return Ok(None) };
    let field = |name: &'static str, rule: &'static str, fits: fn(&Kind) -> bool| {
        let field = input.get_field_by_name(name);
        field.filter(|field| fits(&field.kind()) && !field.is_list()).ok_or((name, rule))
    };
    if raw.media_type.is_empty() || raw.media_type != raw.media_type.to_ascii_lowercase() {
        return Err(("media_type", "must be a media type in lower case"));
    }
    if beside_body(input, policy).len() != raw.parameters.len() {
        return Err(("parameters", "must be fields of the request that one text can be"));
    }
    let charset = match raw.charset_field.as_str() {
        "" => None,
        name => Some(field(name, "must be one text", |kind| matches!(kind, Kind::String))?),
    };
    Ok(Some(RawBody {
        media_type: &raw.media_type,
        field: field(&raw.field, "must be bytes", |kind| matches!(kind, Kind::Bytes))?,
        charset,
    }))
}

/// All routes.
#[derive(Debug)]
pub struct Routes {
    list: Vec<Route>,
    tree: Tree<usize>,
}

impl Routes {
    /// The routes of every RPC in `proto/` that has an annotation.
    ///
    /// # Errors
    /// When an annotation makes no route, or two make the same.
    pub fn of_all_services() -> Result<Self, RouteError> {
        Self::new(comitia_proto::methods())
    }

    fn new(methods: impl Iterator<Item = MethodDescriptor>) -> Result<Self, RouteError> {
        let extension = comitia_proto::extension("google.api.http");
        let mut routes = Self { list: Vec::new(), tree: Tree::default() };
        for method in methods {
            let options = method.options();
            if !options.has_extension(&extension) {
                continue;
            }
            let value = options.get_extension(&extension);
            if let Some(rule) = value.as_message() {
                routes.add(&method, rule)?;
            }
        }
        Ok(routes)
    }

    fn add(&mut self, method: &MethodDescriptor, rule: &DynamicMessage) -> Result<(), RouteError> {
        let route = route(self.list.len(), method, rule)?;
        if self.tree.insert(route.http_method.clone(), &route.template, route.index).is_err() {
            return Err(RouteError::Ambiguous {
                method: method.full_name().to_owned(),
                http_method: route.http_method,
                template: route.template,
            });
        }
        self.list.push(route);
        let more = rule.get_field_by_name("additional_bindings");
        for rule in more.iter().filter_map(|more| more.as_list()).flatten() {
            if let Some(rule) = rule.as_message() {
                self.add(method, rule)?;
            }
        }
        Ok(())
    }

    /// Every route, in the order of the proto files.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.list.iter()
    }

    /// The route of a request, and the values in its path, still percent-encoded.
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'_, 'p, Route> {
        match self.tree.find(method, path) {
            Found::Route(index, values) => Found::Route(&self.list[*index], values),
            Found::OtherMethods(methods) => Found::OtherMethods(methods),
            Found::Nothing => Found::Nothing,
        }
    }
}

fn route(index: usize, method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Route, RouteError> {
    let full_name = || method.full_name().to_owned();
    let unsupported = |rule| RouteError::Unsupported { method: full_name(), rule };
    let wrong = |field: &str, rule| RouteError::Field { method: full_name(), field: field.to_owned(), rule };
    let text = |name: &str| {
        let value = rule.get_field_by_name(name);
        value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };

    let (http_method, template) = [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ]
    .into_iter()
    .find(|(name, _)| rule.has_field_by_name(name))
    .map(|(name, method)| (method, text(name)))
    .ok_or_else(|| unsupported("its google.api.http names no HTTP method"))?;
    let template: Template =
        template.parse().map_err(|error| RouteError::Template { method: full_name(), template, error })?;

    if method.is_client_streaming() {
        return Err(unsupported("a stream of requests cannot come over HTTP"));
    }
    if method.is_server_streaming() && http_method != Method::GET {
        return Err(unsupported("a stream of responses must be a GET"));
    }
    let (input, output) = (method.input(), method.output());
    let mut path_fields = Vec::new();
    for name in template.fields() {
        let field = FieldPath::resolve(&input, name).ok_or_else(|| wrong(name, "is not in the request"))?;
        if !field.takes_text() {
            return Err(wrong(name, "cannot stand in a path"));
        }
        path_fields.push(field);
    }
    let body = match text("body").as_str() {
        "" => BodyRule::Nothing,
        "*" => BodyRule::Whole,
        name => {
            let field = input.get_field_by_name(name).ok_or_else(|| wrong(name, "is not in the request"))?;
            if !matches!(field.kind(), Kind::Message(_)) || field.is_list() || field.is_map() {
                return Err(wrong(name, "cannot be the body: it is not one message"));
            }
            BodyRule::Field(field)
        }
    };
    let response_body = match text("response_body").as_str() {
        "" => None,
        name => Some(output.get_field_by_name(name).ok_or_else(|| wrong(name, "is not in the response"))?),
    };
    let path = comitia_proto::path(method);
    let policy = comitia_proto::policy(&path).ok_or_else(|| unsupported("it has no policy"))?;
    let class = match policy.rate_class() {
        RateClass::SignIn => Class::SignIn,
        RateClass::Vote => Class::Vote,
        RateClass::Unspecified if http_method == Method::GET => Class::Read,
        RateClass::Unspecified => Class::Write,
    };
    let raw = raw_body(&input, policy).map_err(|(field, rule)| wrong(field, rule))?;
    let file = policy.file.as_ref().filter(|_| method.is_server_streaming());
    let file = file.map(|file| File::of(file, &output)).transpose();
    let file = file.map_err(|(field, rule)| wrong(field, rule))?;
    let mut parameters = Parameters::new();
    let in_query = query_fields(&input, &path_fields, &body);
    for field in in_query.into_iter().chain(beside_body(&input, policy)) {
        parameters.insert(field.name.clone(), field.clone());
        parameters.insert(field.json_name.clone(), field);
    }
    let service = ServiceName::of_package(method.parent_service().package_name())
        .ok_or_else(|| unsupported("no service of this installation answers for its package"))?;
    let texts =
        path_fields.iter().all(|field| field.is_top_level() && matches!(field.field.kind(), Kind::String));
    Ok(Route {
        index,
        service,
        layout: (matches!(body, BodyRule::Whole) && texts).then(|| Layout::of(&input)).flatten(),
        answer_layout: answers::Layout::of(&output).filter(|_| response_body.is_none()),
        name: template.to_string(),
        path_fields,
        parameters,
        body,
        raw,
        response_body,
        request_id: input
            .get_field_by_name("request_id")
            .filter(|field| matches!(field.kind(), Kind::String) && !field.is_list()),
        streaming: method.is_server_streaming(),
        file,
        without_organization: policy.roles().any(|role| role == Role::Operator)
            || policy.without_organization,
        anonymous: policy.anonymous,
        casts: path == CAST,
        class,
        priority: match class {
            Class::SignIn | Class::Vote => Priority::Vote,
            _ if policy.bulk => Priority::Bulk,
            Class::Read => Priority::Read,
            Class::Write => Priority::Write,
        },
        grpc_path: path.parse().map_err(|_| unsupported("its name cannot stand in a path"))?,
        method: method.clone(),
        http_method,
        template,
        input,
        output,
        policy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        Routes::of_all_services().unwrap()
    }

    fn by_rpc(name: &str) -> Route {
        routes().iter().find(|route| route.method.full_name().ends_with(name)).unwrap().clone()
    }

    #[test]
    fn every_annotated_rpc_is_found_at_its_path() {
        let routes = routes();
        let annotated = comitia_proto::methods()
            .filter(|method| method.options().has_extension(&comitia_proto::extension("google.api.http")))
            .count();
        assert!(annotated > 50, "{annotated}");
        assert!(routes.iter().count() >= annotated);
        for route in routes.iter() {
            let path =
                route.template.fields().enumerate().fold(route.name.clone(), |path, (number, field)| {
                    path.replace(&format!("{{{field}}}"), &format!("value-{number}"))
                });
            match routes.find(&route.http_method, &path) {
                Found::Route(found, values) => {
                    assert_eq!(found.index, route.index, "{path}");
                    assert_eq!(values.len(), route.path_fields.len(), "{path}");
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_has_no_annotation_has_no_route() {
        let routes = routes();
        for name in ["ResolveOrganization", "SignInService", "StreamBallots"] {
            assert!(comitia_proto::methods().any(|method| method.name() == name), "{name} exists");
            assert!(!routes.iter().any(|route| route.method.name() == name), "{name}");
        }
    }

    #[test]
    fn two_rpcs_with_one_route_are_refused() {
        let twice = comitia_proto::methods().chain(comitia_proto::methods());
        assert!(matches!(Routes::new(twice), Err(RouteError::Ambiguous { .. })));
    }

    #[test]
    fn a_ballot_travels_without_its_sender() {
        assert!(by_rpc("CastBallot").anonymous && by_rpc("GetReceipt").anonymous);
        assert!(by_rpc("CastBallot").casts && !by_rpc("GetReceipt").casts);
        assert!(by_rpc("CastBallot").is_repeatable() && by_rpc("GetPoll").is_repeatable());
        assert!(!by_rpc("CreateRoll").is_repeatable());
        assert!(!by_rpc("IssuePermit").anonymous, "the permit needs the session");
        assert!(!by_rpc("GetPoll").anonymous);
    }

    #[test]
    fn operators_need_no_organization() {
        assert!(by_rpc("SignInOperator").without_organization);
        assert!(by_rpc("GetKeySet").without_organization);
        assert!(by_rpc("CreateOrganization").without_organization);
        assert!(!by_rpc("GetOrganization").without_organization);
        assert!(!by_rpc("SignInWithAccessCode").without_organization);
    }

    #[test]
    fn a_file_is_a_body_beside_json() {
        let import = by_rpc("ImportMembers");
        let raw = import.raw.as_ref().unwrap();
        assert_eq!((raw.media_type, raw.field.name()), ("text/csv", "file"));
        let names: Vec<_> = import.parameters_in_order().into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["partial", "encoding"]);
        assert!(by_rpc("CreateRoll").raw.is_none());
    }

    #[test]
    fn limits_and_caches_follow_the_policy() {
        assert_eq!(by_rpc("SignInWithAccessCode").class, Class::SignIn);
        assert_eq!(by_rpc("CastBallot").class, Class::Vote);
        assert_eq!(by_rpc("GetPoll").class, Class::Read);
        assert_eq!(by_rpc("CreatePoll").class, Class::Write);
        assert_eq!(by_rpc("GetPoll").cache_seconds(), 2);
        assert_eq!(by_rpc("CastBallot").cache_seconds(), 0);
        assert_eq!(by_rpc("WatchTurnout").cache_seconds(), 0);
        assert!(by_rpc("ImportMembers").policy.max_body_bytes > 1 << 20);
        for (rpc, priority) in [
            ("SignInWithAccessCode", Priority::Vote),
            ("IssuePermit", Priority::Vote),
            ("CastBallot", Priority::Vote),
            ("CreatePoll", Priority::Write),
            ("GetPoll", Priority::Read),
            ("ExportResult", Priority::Bulk),
            ("ExportOwnData", Priority::Bulk),
        ] {
            assert_eq!(by_rpc(rpc).priority, priority, "{rpc}");
        }
    }
}
