//! A route from its annotation and its policy.

use comitia_platform::limit::Priority;
use comitia_proto::common::v1::{MethodPolicy, RateClass, Role};
use http::Method;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor};

use super::service::ServiceName;
use super::template::Template;
use super::{
    BodyRule, Class, Content, FieldPath, File, Parameters, RawBody, Route, RouteError, Upload, beside_body,
    query_fields,
};
use crate::json::{read, write};

/// The method that casts a ballot.
const CAST: &str = "/comitia.voting.v1.BallotService/CastBallot";

/// The route of an RPC by one of its HTTP rules.
///
/// # Errors
/// When the rule or the policy makes no route.
pub fn route(index: usize, method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Route, RouteError> {
    let annotation = Annotation { method, rule };
    let (http_method, template) = annotation.path()?;
    annotation.check_streams(&http_method)?;
    let (input, output) = (method.input(), method.output());
    let path_fields = annotation.path_fields(&input, &template)?;
    let body = annotation.body(&input)?;
    let response_body = annotation.response_body(&output)?;
    let path = comitia_proto::path(method);
    let policy = comitia_proto::policy(&path).ok_or_else(|| annotation.unsupported("it has no policy"))?;
    let class = class(policy, &http_method);
    let raw = raw_body(&input, &output, policy).map_err(|(field, rule)| annotation.wrong(field, rule))?;
    let service = ServiceName::of_package(method.parent_service().package_name())
        .ok_or_else(|| annotation.unsupported("no service of this installation answers for its package"))?;
    let texts =
        path_fields.iter().all(|field| field.is_top_level() && matches!(field.field.kind(), Kind::String));
    let direct = matches!(body, BodyRule::Whole) && texts;
    Ok(Route {
        index,
        service,
        layout: direct.then(|| read::Layout::of(&input)).flatten(),
        answer_layout: write::Layout::of(&output).filter(|_| response_body.is_none()),
        name: template.to_string(),
        parameters: parameters(&input, &path_fields, &body, policy),
        path_fields,
        body,
        raw,
        response_body,
        request_id: request_id(&input),
        streaming: method.is_server_streaming(),
        file: annotation.file(&output, policy)?,
        content: annotation.content(&output, policy)?,
        without_organization: policy.roles().any(|role| role == Role::Operator)
            || policy.without_organization,
        anonymous: policy.anonymous,
        casts: path == CAST,
        class,
        priority: priority(class, policy),
        grpc_path: path.parse().map_err(|_| annotation.unsupported("its name cannot stand in a path"))?,
        method: method.clone(),
        http_method,
        template,
        input,
        output,
        policy,
    })
}

/// An RPC with one of its HTTP rules.
struct Annotation<'a> {
    method: &'a MethodDescriptor,
    rule: &'a DynamicMessage,
}

impl Annotation<'_> {
    fn unsupported(&self, rule: &'static str) -> RouteError {
        RouteError::Unsupported { method: self.method.full_name().to_owned(), rule }
    }

    fn wrong(&self, field: &str, rule: &'static str) -> RouteError {
        RouteError::Field { method: self.method.full_name().to_owned(), field: field.to_owned(), rule }
    }

    fn text(&self, name: &str) -> String {
        let value = self.rule.get_field_by_name(name);
        value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    }

    fn path(&self) -> Result<(Method, Template), RouteError> {
        let (http_method, template) = [
            ("get", Method::GET),
            ("put", Method::PUT),
            ("post", Method::POST),
            ("delete", Method::DELETE),
            ("patch", Method::PATCH),
        ]
        .into_iter()
        .find(|(name, _)| self.rule.has_field_by_name(name))
        .map(|(name, method)| (method, self.text(name)))
        .ok_or_else(|| self.unsupported("its google.api.http names no HTTP method"))?;
        let method = || self.method.full_name().to_owned();
        let parsed =
            template.parse().map_err(|error| RouteError::Template { method: method(), template, error })?;
        Ok((http_method, parsed))
    }

    fn check_streams(&self, http_method: &Method) -> Result<(), RouteError> {
        if self.method.is_client_streaming() {
            return Err(self.unsupported("a stream of requests cannot come over HTTP"));
        }
        if self.method.is_server_streaming() && *http_method != Method::GET {
            return Err(self.unsupported("a stream of responses must be a GET"));
        }
        Ok(())
    }

    /// The file that the policy speaks of, if the answer is a stream.
    fn file(
        &self,
        output: &MessageDescriptor,
        policy: &'static MethodPolicy,
    ) -> Result<Option<File>, RouteError> {
        let file = policy.file.as_ref().filter(|_| self.method.is_server_streaming());
        let file = file.map(|file| File::of(file, output)).transpose();
        file.map_err(|(field, rule)| self.wrong(field, rule))
    }

    fn content(
        &self,
        output: &MessageDescriptor,
        policy: &'static MethodPolicy,
    ) -> Result<Option<Content>, RouteError> {
        let content = policy.content.as_ref().map(|content| Content::of(content, output)).transpose();
        content.map_err(|(field, rule)| self.wrong(field, rule))
    }

    fn path_fields(
        &self,
        input: &MessageDescriptor,
        template: &Template,
    ) -> Result<Vec<FieldPath>, RouteError> {
        let field = |name: &str| {
            let field =
                FieldPath::resolve(input, name).ok_or_else(|| self.wrong(name, "is not in the request"))?;
            if field.takes_text() { Ok(field) } else { Err(self.wrong(name, "cannot stand in a path")) }
        };
        template.fields().map(field).collect()
    }

    fn body(&self, input: &MessageDescriptor) -> Result<BodyRule, RouteError> {
        match self.text("body").as_str() {
            "" => Ok(BodyRule::Nothing),
            "*" => Ok(BodyRule::Whole),
            name => {
                let field =
                    input.get_field_by_name(name).ok_or_else(|| self.wrong(name, "is not in the request"))?;
                if !matches!(field.kind(), Kind::Message(_)) || field.is_list() || field.is_map() {
                    return Err(self.wrong(name, "cannot be the body: it is not one message"));
                }
                Ok(BodyRule::Field(field))
            }
        }
    }

    fn response_body(
        &self,
        output: &MessageDescriptor,
    ) -> Result<Option<prost_reflect::FieldDescriptor>, RouteError> {
        match self.text("response_body").as_str() {
            "" => Ok(None),
            name => match output.get_field_by_name(name) {
                Some(field) => Ok(Some(field)),
                None => Err(self.wrong(name, "is not in the response")),
            },
        }
    }
}

/// The raw body that a policy allows.
fn raw_body(
    input: &MessageDescriptor,
    output: &MessageDescriptor,
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
    let upload = match raw.stream.as_str() {
        "" => None,
        path => Some(Upload::of(path, input, output).map_err(|rule| ("stream", rule))?),
    };
    Ok(Some(RawBody {
        upload,
        media_type: &raw.media_type,
        field: field(&raw.field, "must be bytes", |kind| matches!(kind, Kind::Bytes))?,
        charset,
    }))
}

/// The query parameters, under both names of each.
fn parameters(
    input: &MessageDescriptor,
    path_fields: &[FieldPath],
    body: &BodyRule,
    policy: &MethodPolicy,
) -> Parameters {
    let mut parameters = Parameters::new();
    let in_query = query_fields(input, path_fields, body);
    for field in in_query.into_iter().chain(beside_body(input, policy)) {
        parameters.insert(field.name.clone(), field.clone());
        parameters.insert(field.json_name.clone(), field);
    }
    parameters
}

fn request_id(input: &MessageDescriptor) -> Option<prost_reflect::FieldDescriptor> {
    input
        .get_field_by_name("request_id")
        .filter(|field| matches!(field.kind(), Kind::String) && !field.is_list())
}

fn class(policy: &MethodPolicy, http_method: &Method) -> Class {
    match policy.rate_class() {
        RateClass::SignIn => Class::SignIn,
        RateClass::Vote => Class::Vote,
        RateClass::Unspecified if *http_method == Method::GET => Class::Read,
        RateClass::Unspecified => Class::Write,
    }
}

fn priority(class: Class, policy: &MethodPolicy) -> Priority {
    match class {
        Class::SignIn | Class::Vote => Priority::Vote,
        _ if policy.bulk => Priority::Bulk,
        Class::Read => Priority::Read,
        Class::Write => Priority::Write,
    }
}
