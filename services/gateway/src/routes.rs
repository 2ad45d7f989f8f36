//! Routes: every RPC with a `google.api.http` annotation, read from the descriptors once at the
//! start.

mod build;
mod content;
mod field;
mod file;
mod service;
pub mod template;
mod tree;
mod upload;

pub use content::Content;
pub use field::{FieldPath, Parameters};
pub use file::File;
pub use service::ServiceName;
pub use tree::Found;
pub use upload::Upload;

use std::time::Duration;

use comitia_platform::limit::Priority;
use comitia_proto::common::v1::MethodPolicy;
use http::Method;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, MethodDescriptor};

use self::template::{Template, TemplateError};
use self::tree::Tree;
use crate::json::{read, write};

/// An annotation makes no route.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("{method}: the path {template:?} {error}")]
    Template { method: String, template: String, error: TemplateError },
    /// A field of the annotation is missing in the message, or cannot stand there.
    #[error("{method}: the field {field:?} {rule}")]
    Field { method: String, field: String, rule: &'static str },
    /// Two RPCs have the same HTTP method and path.
    #[error("{method}: {http_method} {template} is another method's route already")]
    Ambiguous {
        /// The second RPC.
        method: String,
        http_method: Method,
        template: Template,
    },
    /// The RPC cannot be called over HTTP.
    #[error("{method}: {rule}")]
    Unsupported { method: String, rule: &'static str },
}

/// What the HTTP body holds.
#[derive(Clone, Debug)]
pub enum BodyRule {
    Nothing,
    /// Every field that is not in the path.
    Whole,
    /// This field, a message.
    Field(FieldDescriptor),
}

/// A body that is not JSON and becomes one field.
#[derive(Clone, Debug)]
pub struct RawBody {
    pub media_type: &'static str,
    /// The bytes field for the body.
    pub field: FieldDescriptor,
    /// The string field for the charset.
    pub charset: Option<FieldDescriptor>,
    /// The method that takes it while it comes.
    pub upload: Option<Upload>,
}

/// The rate limit of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    SignIn,
    /// Ballots and the calls that lead to them.
    Vote,
    Read,
    Write,
}

/// One HTTP binding of an RPC, with everything that a request needs.
#[derive(Clone, Debug)]
pub struct Route {
    /// Identifies the route in cache keys.
    pub index: usize,
    pub method: MethodDescriptor,
    pub grpc_path: PathAndQuery,
    pub service: ServiceName,
    pub http_method: Method,
    pub template: Template,
    /// The template as text: the name in spans and metrics.
    pub name: String,
    pub input: MessageDescriptor,
    pub output: MessageDescriptor,
    /// The fast path for requests. `None` unless the body is the whole message, apart from texts in
    /// the path.
    pub layout: Option<read::Layout>,
    /// The fast path for answers. `None` unless the body is the whole message.
    pub answer_layout: Option<write::Layout>,
    /// In the order of the path.
    pub path_fields: Vec<FieldPath>,
    pub body: BodyRule,
    /// An alternative to a JSON body.
    pub raw: Option<RawBody>,
    /// The field of the response that the body holds. `None` for the whole response.
    pub response_body: Option<FieldDescriptor>,
    /// The query parameters, under both names of each.
    pub parameters: Parameters,
    /// The field for an idempotency key.
    pub request_id: Option<FieldDescriptor>,
    pub policy: &'static MethodPolicy,
    pub class: Class,
    /// What load shedding refuses first.
    pub priority: Priority,
    /// Whether the answer is a stream: of events, or a file.
    pub streaming: bool,
    /// The file that the stream is.
    pub file: Option<File>,
    /// What the method answers with instead of JSON.
    pub content: Option<Content>,
    /// Whether it can be called on a host name that belongs to no organization.
    pub without_organization: bool,
    /// Whether it carries a permit, and therefore nothing that identifies the sender.
    pub anonymous: bool,
    /// Whether it casts a ballot, which is batched on its way to voting.
    pub casts: bool,
}

impl Route {
    /// How long a cache may keep an answer to a caller without a session. 0 forbids it.
    pub fn cache_seconds(&self) -> u32 {
        let cacheable = self.http_method == Method::GET && self.policy.public && !self.streaming;
        if cacheable { self.policy.cache_seconds } else { 0 }
    }

    /// How long to wait for the answer, where calls in general have `general`.
    pub fn timeout(&self, general: Duration) -> Duration {
        match self.policy.timeout_seconds {
            0 => general,
            seconds => Duration::from_secs(seconds.into()),
        }
    }

    /// Whether a call may be made twice: a read, or one whose policy says so.
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

/// The fields that may be in the query beside a body.
fn beside_body(input: &MessageDescriptor, policy: &MethodPolicy) -> Vec<FieldPath> {
    let names = policy.raw_body.iter().flat_map(|raw| &raw.parameters);
    names.filter_map(|name| FieldPath::resolve(input, name)).filter(FieldPath::takes_text).collect()
}

#[derive(Debug)]
pub struct Routes {
    list: Vec<Route>,
    tree: Tree<usize>,
}

impl Routes {
    /// The routes of every annotated RPC in `proto/`.
    ///
    /// # Errors
    /// If an annotation makes no route, or two make the same.
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
        let route = build::route(self.list.len(), method, rule)?;
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

    /// In the order of the proto files.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.list.iter()
    }

    /// The route of a request, and the values in its path, percent-encoded.
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'_, 'p, Route> {
        match self.tree.find(method, path) {
            Found::Route(index, values) => Found::Route(&self.list[*index], values),
            Found::OtherMethods(methods) => Found::OtherMethods(methods),
            Found::Nothing => Found::Nothing,
        }
    }
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
    fn a_path_may_end_with_several_segments() {
        let routes = routes();
        let path = "/v1/polls/7/log/tile/0/x001/067.p/3";
        let Found::Route(route, values) = routes.find(&Method::GET, path) else { panic!("not found") };
        assert_eq!((route.method.name(), values), ("GetTile", vec!["7", "0/x001/067.p/3"]));
        assert!(matches!(routes.find(&Method::GET, "/v1/polls/7/log/tile/"), Found::Nothing));
        assert!(matches!(routes.find(&Method::POST, path), Found::OtherMethods(_)));
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
    fn a_method_has_the_time_that_its_policy_gives() {
        let general = Duration::from_secs(30);
        assert_eq!(by_rpc("GetPoll").timeout(general), general);
        for name in ["ImportMembers", "ReloadMembers"] {
            assert!(by_rpc(name).timeout(general) > Duration::from_secs(60), "{name}");
        }
    }

    #[test]
    fn a_file_is_handed_on_while_it_comes_where_the_policy_says_so() {
        let upload = |name: &str| by_rpc(name).raw.unwrap().upload;
        assert!(upload("ImportMembers").unwrap().path.path().ends_with("RollService/UploadMembers"));
        assert!(upload("ReloadMembers").is_none());
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
