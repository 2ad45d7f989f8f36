//! Errors of the gateway, and their answers: problem details (RFC 9457).

use std::sync::Arc;
use std::time::Duration;

use comitia_platform::error::{ErrorCode, Violation, chain};
use comitia_platform::limit::{Refused, jitter};
use comitia_platform::{ApiError, Reason};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;
use tracing::Level;

use crate::http::answer::{Body, full};
use crate::http::paths;

/// A request without a regular answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is nothing at this path")]
    RouteUnknown,
    #[error("this path does not take this HTTP method")]
    MethodNotAllowed { allowed: Vec<Method> },
    #[error("{field}: must have at most {limit} bytes")]
    HeadersTooLarge {
        /// The header, or `headers` for all of them together.
        field: String,
        /// In bytes.
        limit: usize,
    },
    #[error("the request body is larger than {limit} bytes")]
    BodyTooLarge {
        /// In bytes.
        limit: usize,
    },
    #[error("{field}: {rule}")]
    BodyMalformed {
        /// The field, or `body`.
        field: String,
        rule: String,
    },
    /// The body broke off or did not arrive.
    #[error("the request body did not arrive")]
    BodyLost,
    /// The request does not take this media type or encoding.
    #[error("{0}: {1}")]
    MediaTypeUnsupported(&'static str, String),
    #[error("{field}: {rule}")]
    ParameterInvalid {
        /// Of the path, the query or a header.
        field: String,
        rule: String,
    },
    #[error("the host name belongs to no organization")]
    OrganizationUnknown,
    #[error("too many requests from this address; try again later")]
    RateLimited { retry_after: Duration },
    #[error("too many requests for this organization; try again later")]
    OrganizationLimited { retry_after: Duration },
    /// From this address, for this organization, or in all.
    #[error("too many event streams are open; try again later")]
    TooManyStreams,
    /// The gateway or the service is at its limit.
    #[error("more is asked than can be answered at this moment; try again")]
    Overloaded { retry_after: Duration },
    /// Other people have waited longer to sign in.
    #[error("many people want to sign in; take a ticket in the waiting room, and try again with the pass")]
    WaitingRoom {
        /// For a holder of a ticket.
        retry_after: Duration,
    },
    #[error("it took too long and was given up; try again")]
    DeadlineExceeded,
    #[error("internal error")]
    Panicked,
    /// The service's answer does not match its contract.
    #[error("internal error")]
    AnswerMalformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service's error.
    #[error(transparent)]
    Upstream(#[from] ApiError),
    /// The service's error for several coalesced requests.
    #[error(transparent)]
    Shared(#[from] Arc<ApiError>),
}

impl Error {
    pub fn body(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::BodyMalformed { field: field.into(), rule: rule.into() }
    }

    pub fn parameter(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::ParameterInvalid { field: field.into(), rule: rule.into() }
    }

    /// Whether the caller caused it, whatever its code.
    fn is_callers_fault(&self) -> bool {
        matches!(self, Self::BodyLost)
    }

    /// The HTTP status, where HTTP has a more precise one than the code has.
    fn own_status(&self) -> Option<StatusCode> {
        match self {
            Self::MethodNotAllowed { .. } => Some(StatusCode::METHOD_NOT_ALLOWED),
            Self::BodyTooLarge { .. } => Some(StatusCode::PAYLOAD_TOO_LARGE),
            Self::HeadersTooLarge { .. } => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            Self::BodyLost => Some(StatusCode::REQUEST_TIMEOUT),
            Self::MediaTypeUnsupported(..) => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            _ => None,
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Overloaded { retry_after: refused.retry_after }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let new = |code, reason| Self::new(code, reason, error.to_string());
        match &error {
            Error::RouteUnknown | Error::MethodNotAllowed { .. } => {
                new(ErrorCode::NotFound, Reason::RouteUnknown)
            }
            Error::HeadersTooLarge { field, limit } => {
                new(ErrorCode::InvalidArgument, Reason::HeadersTooLarge)
                    .with_violation(field, format!("must have at most {limit} bytes"))
            }
            Error::BodyTooLarge { limit } => new(ErrorCode::InvalidArgument, Reason::BodyTooLarge)
                .with_violation("body", format!("must have at most {limit} bytes")),
            Error::BodyMalformed { field, rule } => {
                new(ErrorCode::InvalidArgument, Reason::BodyMalformed).with_violation(field, rule)
            }
            Error::BodyLost => new(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded),
            Error::MediaTypeUnsupported(field, rule) => {
                new(ErrorCode::InvalidArgument, Reason::BodyMalformed).with_violation(*field, rule)
            }
            Error::ParameterInvalid { field, rule } => {
                new(ErrorCode::InvalidArgument, Reason::FieldInvalid).with_violation(field, rule)
            }
            Error::OrganizationUnknown => new(ErrorCode::NotFound, Reason::OrganizationUnknown),
            Error::RateLimited { retry_after } | Error::OrganizationLimited { retry_after } => {
                new(ErrorCode::ResourceExhausted, Reason::RateLimited).with_retry_after(*retry_after)
            }
            Error::TooManyStreams => new(ErrorCode::ResourceExhausted, Reason::RateLimited)
                .with_retry_after(jitter(Duration::from_secs(5))),
            Error::Overloaded { retry_after } => {
                new(ErrorCode::ResourceExhausted, Reason::Overloaded).with_retry_after(*retry_after)
            }
            Error::WaitingRoom { retry_after } => {
                new(ErrorCode::ResourceExhausted, Reason::WaitingRoom).with_retry_after(*retry_after)
            }
            Error::DeadlineExceeded => new(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded),
            Error::Panicked => Self::internal("the handler panicked"),
            Error::Shared(shared) => {
                let mut error =
                    Self::new(shared.code, shared.reason, shared.message.clone()).with_source(shared.clone());
                error.violations.clone_from(&shared.violations);
                error.more_violations = shared.more_violations;
                error.retry_after = shared.retry_after;
                error
            }
            Error::AnswerMalformed(_) | Error::Upstream(_) => match error {
                Error::Upstream(error) => error,
                Error::AnswerMalformed(source) => Self::internal(source),
                other => Self::internal(other),
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    code: &'static str,
    reason: &'static str,
    violations: Vec<ProblemViolation<'a>>,
    /// Violations that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    more_violations: usize,
    #[serde(skip_serializing_if = "str::is_empty")]
    trace_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_room: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_room_page: Option<&'static str>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Debug, Serialize)]
struct ProblemViolation<'a> {
    field: &'a str,
    rule: &'a str,
}

pub const PROBLEM_JSON: &str = "application/problem+json";

/// The JSON of an error, and its `Retry-After` in seconds.
fn problem(error: &ApiError, status: StatusCode, trace_id: &str) -> (Vec<u8>, Option<u64>) {
    let retry_after = error
        .retry_after
        .map(|delay| delay.as_secs() + u64::from(delay.subsec_nanos() > 0))
        .or_else(|| (error.code == ErrorCode::Unavailable).then_some(1));
    let waits = error.reason == Reason::WaitingRoom;
    let problem = Problem {
        r#type: format!("urn:comitia:problem:{}", error.reason_name()),
        title: title(error.reason_name()),
        status: status.as_u16(),
        detail: &error.message,
        code: error.code.name(),
        reason: error.reason_name(),
        violations: error
            .violations
            .iter()
            .map(|Violation { field, rule }| ProblemViolation { field, rule })
            .collect(),
        more_violations: error.more_violations,
        trace_id,
        retry_after,
        waiting_room: waits.then_some(paths::WAITING_ROOM),
        waiting_room_page: waits.then_some(paths::WAITING_ROOM_PAGE),
    };
    (serde_json::to_vec(&problem).unwrap_or_default(), retry_after)
}

/// `POLL_CLOSED` as "Poll closed".
fn title(reason: &str) -> String {
    let words = reason.replace('_', " ").to_lowercase();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The log level. Errors that callers cause raise no alarm.
fn level(error: &ApiError, callers_fault: bool) -> Level {
    match error.code {
        _ if callers_fault => Level::DEBUG,
        ErrorCode::Internal => Level::ERROR,
        ErrorCode::Unavailable | ErrorCode::DeadlineExceeded => Level::WARN,
        _ => Level::DEBUG,
    }
}

/// Logs an unforeseen error, once, here.
fn log(error: &ApiError, callers_fault: bool) {
    match level(error, callers_fault) {
        Level::ERROR => tracing::error!(reason = error.reason_name(), error = chain(error), "request failed"),
        Level::WARN => tracing::warn!(reason = error.reason_name(), error = chain(error), "request failed"),
        _ => tracing::debug!(reason = error.reason_name(), "request refused"),
    }
}

fn status(error: &ApiError) -> StatusCode {
    StatusCode::from_u16(error.code.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The JSON of an `error` event.
pub fn event(error: impl Into<Error>, trace_id: &str) -> Vec<u8> {
    let error = error.into();
    let error = ApiError::from(error).bounded();
    log(&error, false);
    problem(&error, status(&error), trace_id).0
}

pub fn response(error: Error, trace_id: &str) -> Response<Body> {
    let (status, headers, json) = parts(error, trace_id);
    let mut response = Response::new(full(json));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Status, headers and body of an error's problem details.
pub fn parts(error: Error, trace_id: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let allowed = match &error {
        Error::MethodNotAllowed { allowed } => Some(allow(allowed)),
        _ => None,
    };
    let close = matches!(error, Error::BodyTooLarge { .. } | Error::BodyLost);
    let callers_fault = error.is_callers_fault();
    let own_status = error.own_status();
    let error = ApiError::from(error).bounded();
    let status = own_status.unwrap_or_else(|| status(&error));
    log(&error, callers_fault);
    let (json, retry_after) = problem(&error, status, trace_id);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.reason == Reason::WaitingRoom
        && let Ok(link) = HeaderValue::from_str(&paths::waiting_room_link())
    {
        headers.insert(header::LINK, link);
    }
    if let Some(allowed) = allowed.and_then(|allowed| HeaderValue::from_str(&allowed).ok()) {
        headers.insert(header::ALLOW, allowed);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    (status, headers, json)
}

/// The value of an `Allow` header.
pub fn allow(methods: &[Method]) -> String {
    let mut names: Vec<_> = methods.iter().map(Method::as_str).collect();
    if methods.contains(&Method::GET) {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(error: Error) -> (StatusCode, http::HeaderMap) {
        let response = response(error, "trace");
        (response.status(), response.headers().clone())
    }

    #[test]
    fn a_problem_says_what_rfc_9457_asks_for_and_the_reason() {
        let error = ApiError::invalid_field("cost", "must not be negative");
        let (json, _) = problem(&error, StatusCode::BAD_REQUEST, "0af7651916cd43dd8448eb211c80319c");
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:comitia:problem:FIELD_INVALID",
                "title": "Field invalid",
                "status": 400,
                "detail": "cost: must not be negative",
                "code": "INVALID_ARGUMENT",
                "reason": "FIELD_INVALID",
                "violations": [{"field": "cost", "rule": "must not be negative"}],
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
            })
        );
    }

    #[test]
    fn retry_after_is_rounded_up() {
        for (milliseconds, seconds) in [(1, "1"), (1000, "1"), (1001, "2"), (0, "0")] {
            let retry_after = Duration::from_millis(milliseconds);
            let (status, headers) = headers(Error::RateLimited { retry_after });
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(headers[header::RETRY_AFTER], seconds);
        }
        let away = ApiError::new(ErrorCode::Unavailable, Reason::DependencyUnavailable, "away");
        assert_eq!(headers(Error::Upstream(away)).1[header::RETRY_AFTER], "1");
    }

    #[test]
    fn http_has_its_own_status_for_some() {
        assert_eq!(headers(Error::BodyTooLarge { limit: 1 }).0, 413);
        assert_eq!(headers(Error::HeadersTooLarge { field: "cookie".into(), limit: 1 }).0, 431);
        assert_eq!(headers(Error::MediaTypeUnsupported("content-type", "must be JSON".into())).0, 415);
        assert_eq!(headers(Error::BodyLost).0, 408);
        assert_eq!(headers(Error::DeadlineExceeded).0, 504);
        assert_eq!(headers(Error::Panicked).0, 500);
        let (status, headers) = headers(Error::MethodNotAllowed { allowed: vec![Method::POST, Method::GET] });
        assert_eq!(
            (status.as_u16(), headers[header::ALLOW].to_str().unwrap()),
            (405, "GET, HEAD, OPTIONS, POST")
        );
    }

    #[test]
    fn what_a_caller_causes_alone_alarms_nobody() {
        let loud = |error: Error| {
            let callers_fault = error.is_callers_fault();
            level(&ApiError::from(error), callers_fault)
        };
        assert_eq!(loud(Error::BodyLost), Level::DEBUG);
        assert_eq!(loud(Error::HeadersTooLarge { field: "cookie".into(), limit: 1 }), Level::DEBUG);
        assert_eq!(loud(Error::DeadlineExceeded), Level::WARN);
        assert_eq!(loud(Error::Panicked), Level::ERROR);
    }

    #[test]
    fn what_lies_behind_an_error_is_not_shown() {
        let error = ApiError::from(Error::AnswerMalformed("password in a column".into()));
        let (json, _) = problem(&error, StatusCode::INTERNAL_SERVER_ERROR, "");
        assert!(!String::from_utf8(json).unwrap().contains("password"));
    }
}
