//! The one error model: what a caller may know of a failure, and how it travels (`google.rpc.Status` details,
//! AIP-193). Each service has its own error enum; its `From<Error> for ApiError` is the only place where a
//! variant gets its code and reason.

mod bounds;

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

pub use comitia_core::ErrorCode;
use comitia_proto::common::v1::ErrorReason;
pub use comitia_proto::common::v1::ErrorReason as Reason;
use tonic_types::{ErrorDetails, StatusExt};

use crate::database::Failure;
use crate::grpc::Fault;

pub use bounds::{MAX_MESSAGE_BYTES, MAX_VIOLATION_BYTES, MAX_VIOLATIONS};

/// The key in the metadata of `google.rpc.ErrorInfo` that has the number of violations left out.
const MORE_VIOLATIONS: &str = "more_violations";

/// The `domain` of every `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "comitia";

/// A field of the request that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field in the request, such as `ballot.choices[2].option_id`.
    pub field: String,
    /// The rule that it breaks, for people.
    pub rule: String,
}

/// A failure as the caller sees it. Its `source` stays in the logs of this process.
#[derive(Debug)]
pub struct ApiError {
    /// The kind of failure.
    pub code: ErrorCode,
    /// The stable reason.
    pub reason: ErrorReason,
    /// One sentence for people; no personal data, no internals.
    pub message: String,
    /// The fields that break rules.
    pub violations: Vec<Violation>,
    /// How many more fields break rules than `violations` names.
    pub more_violations: usize,
    /// When it makes sense to try again.
    pub retry_after: Option<Duration>,
    /// What lies behind it; logged once, at the edge, never sent.
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// A failure with its code, reason and sentence.
    #[must_use]
    pub fn new(code: ErrorCode, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            violations: Vec::new(),
            more_violations: 0,
            retry_after: None,
            source: None,
        }
    }

    /// One field of the request breaks one rule.
    #[must_use]
    pub fn invalid_field(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::invalid(vec![Violation { field: field.into(), rule: rule.into() }])
    }

    /// Fields of the request break rules.
    #[must_use]
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let message = violations.first().map_or_else(
            || "the request is invalid".to_owned(),
            |first| format!("{}: {}", first.field, first.rule),
        );
        Self { violations, ..Self::new(ErrorCode::InvalidArgument, Reason::FieldInvalid, message) }
    }

    /// The resource does not exist here. `what` is its kind and id, such as `poll 0192...`.
    #[must_use]
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, Reason::ResourceNotFound, format!("{what} does not exist"))
    }

    /// An unforeseen failure; `source` is logged and not sent.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorCode::Internal, Reason::Internal, "internal error");
        error.source = Some(source.into());
        error
    }

    /// A dependency is away for the moment; `source` is logged and not sent.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut error = Self::new(
            ErrorCode::Unavailable,
            Reason::DependencyUnavailable,
            "a part of the program that this needs is away for a moment; try again",
        )
        .with_retry_after(Duration::from_secs(1));
        error.source = Some(source.into());
        error
    }

    /// Too much for now; try again after `retry_after`.
    #[must_use]
    pub fn exhausted(reason: ErrorReason, message: impl Into<String>, retry_after: Duration) -> Self {
        Self::new(ErrorCode::ResourceExhausted, reason, message).with_retry_after(retry_after)
    }

    /// The state of the system does not allow it.
    #[must_use]
    pub fn precondition(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::FailedPrecondition, reason, message)
    }

    /// The same, with the field that it is about.
    #[must_use]
    pub fn with_violation(mut self, field: impl Into<String>, rule: impl Into<String>) -> Self {
        self.violations.push(Violation { field: field.into(), rule: rule.into() });
        self
    }

    /// The same, with the time after which to try again.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// The same, with what lies behind it, for the logs.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Reads a gRPC status, as far as it carries Comitia's details. The gateway reads answers with it, and services
    /// read each other's. When this process made the status because no answer came, the call's outcome is unknown,
    /// whatever the code, and the caller may try again.
    #[must_use]
    pub fn from_status(status: &tonic::Status) -> Self {
        match Fault::of(status) {
            Some(Fault::TimedOut) => {
                return Self::new(
                    ErrorCode::DeadlineExceeded,
                    Reason::DeadlineExceeded,
                    "it took too long and was given up; try again",
                );
            }
            Some(Fault::NotConnected | Fault::Broken) => return Self::unavailable(status.clone()),
            None => {}
        }
        let details = status.get_error_details();
        let reason = details
            .error_info()
            .and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
        let code = ErrorCode::from_grpc(status.code() as i32);
        let fallback = match code {
            ErrorCode::Unavailable => Reason::DependencyUnavailable,
            ErrorCode::DeadlineExceeded => Reason::DeadlineExceeded,
            ErrorCode::ResourceExhausted => Reason::Overloaded,
            ErrorCode::Unimplemented => Reason::RouteUnknown,
            _ => Reason::Internal,
        };
        let message = match reason {
            Some(_) => status.message().to_owned(),
            None if code == ErrorCode::Internal => "internal error".to_owned(),
            None if code == ErrorCode::Unavailable => "a service is unavailable; try again".to_owned(),
            None => status.message().to_owned(),
        };
        Self {
            code,
            reason: reason.unwrap_or(fallback),
            message,
            violations: details.bad_request().map_or_else(Vec::new, |bad| {
                bad.field_violations
                    .iter()
                    .map(|violation| Violation {
                        field: violation.field.clone(),
                        rule: violation.description.clone(),
                    })
                    .collect()
            }),
            more_violations: details
                .error_info()
                .and_then(|info| info.metadata.get(MORE_VIOLATIONS)?.parse().ok())
                .unwrap_or(0),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
            source: None,
        }
    }

    /// Whether the connection broke before the answer came. That does not show how much load the other side can take,
    /// so limits do not count it.
    #[must_use]
    pub fn connection_broke(&self) -> bool {
        let status = self.source.as_ref().and_then(|source| source.downcast_ref::<tonic::Status>());
        status.and_then(Fault::of) == Some(Fault::Broken)
    }

    /// The reason without the prefix of the enum, such as `POLL_CLOSED`.
    #[must_use]
    pub fn reason_name(&self) -> &'static str {
        let name = self.reason.as_str_name();
        name.strip_prefix("ERROR_REASON_").unwrap_or(name)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason_name(), self.message)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match Failure::of(&error) {
            Failure::Unavailable => Self::unavailable(error),
            Failure::Conflict => Self::new(
                ErrorCode::Aborted,
                Reason::DependencyUnavailable,
                "somebody else changed this at the same moment; try again",
            )
            .with_retry_after(Duration::from_millis(100))
            .with_source(error),
            Failure::Permanent => Self::internal(error),
        }
    }
}

/// Bounded, so that the trailers fit whatever the caller sent ([`ApiError::bounded`]).
impl From<ApiError> for tonic::Status {
    fn from(error: ApiError) -> Self {
        let error = error.bounded();
        match error.code {
            ErrorCode::Internal => {
                tracing::error!(reason = error.reason_name(), error = chain(&error), "request failed");
            }
            ErrorCode::Unavailable => {
                tracing::warn!(reason = error.reason_name(), error = chain(&error), "request failed");
            }
            _ => tracing::debug!(reason = error.reason_name(), message = error.message, "request refused"),
        }
        let mut details = ErrorDetails::new();
        let more = (error.more_violations > 0)
            .then(|| (MORE_VIOLATIONS.to_owned(), error.more_violations.to_string()));
        details.set_error_info(error.reason_name(), DOMAIN, more.into_iter().collect::<HashMap<_, _>>());
        if !error.violations.is_empty() {
            details.set_bad_request(
                error
                    .violations
                    .iter()
                    .map(|violation| tonic_types::FieldViolation::new(&violation.field, &violation.rule))
                    .collect::<Vec<_>>(),
            );
        }
        if let Some(delay) = error.retry_after {
            details.set_retry_info(Some(delay));
        }
        Self::with_error_details(tonic::Code::from_i32(error.code.grpc()), error.message, details)
    }
}

/// The sources of an error in one line, for a log.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire_without_its_source() {
        let sent = ApiError::invalid_field("cost", "must not be negative")
            .with_retry_after(Duration::from_secs(3))
            .with_source("connection string with a password");
        let status = tonic::Status::from(sent);
        assert!(!format!("{status:?}").contains("password"));
        let read = ApiError::from_status(&status);
        assert_eq!(read.code, ErrorCode::InvalidArgument);
        assert_eq!(read.reason_name(), "FIELD_INVALID");
        assert_eq!(
            read.violations,
            [Violation { field: "cost".into(), rule: "must not be negative".into() }]
        );
        assert_eq!(read.retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_foreign_internal_error_shows_nothing() {
        let read = ApiError::from_status(&tonic::Status::internal("relation ballots does not exist"));
        assert_eq!(read.message, "internal error");
    }
}
