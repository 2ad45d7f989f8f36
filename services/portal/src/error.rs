//! What keeps a page from being shown. The page that says so is made where the language and the organization are known
//! (`pages`), so that an error on its way there carries no more than what it is about.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use comitia_platform::error::{ErrorCode, chain};
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use http::StatusCode;
use tracing::Level;

/// Why a page cannot be shown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PageError {
    /// There is nothing at this address.
    #[error("there is nothing at this address")]
    NotFound,
    /// The page is for people who have signed in.
    #[error("sign in first")]
    SignInFirst,
    /// The page is for the team, and the session has yet to prove the second factor.
    #[error("prove the second factor first")]
    SecondFactorFirst,
    /// The form came from another site, or its origin cannot be told.
    #[error("the form came from another site")]
    Forged,
    /// The page is for people with one of these roles.
    #[error("the page is for other roles")]
    OtherRole(&'static [Role]),
    /// A form that no browser sends.
    #[error("the form cannot be read")]
    FormMalformed,
    /// The answer of a service.
    #[error("{reason:?}: {message}")]
    Api {
        /// The kind of failure.
        code: ErrorCode,
        /// The stable reason.
        reason: Reason,
        /// One sentence, in English.
        message: String,
        /// When it makes sense to try again.
        retry_after: Option<Duration>,
        /// Fields that break rules, with the rules.
        violations: Vec<(String, String)>,
    },
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        if error.code == ErrorCode::Internal {
            tracing::event!(Level::ERROR, error = %chain(&error), "a page could not be made");
        }
        let violations = error
            .violations
            .iter()
            .map(|violation| (violation.field.clone(), violation.rule.clone()))
            .collect();
        Self::Api {
            code: error.code,
            reason: error.reason,
            message: error.message,
            retry_after: error.retry_after,
            violations,
        }
    }
}

impl From<tonic::Status> for PageError {
    fn from(status: tonic::Status) -> Self {
        ApiError::from_status(&status).into()
    }
}

impl PageError {
    /// The reason that a service gave, if one did.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Api { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// Whether the second step of the team's sign-in comes first.
    pub fn wants_second_factor(&self) -> bool {
        matches!(self, Self::SecondFactorFirst) || self.reason() == Some(Reason::SecondFactorRequired)
    }

    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst => StatusCode::UNAUTHORIZED,
            Self::SecondFactorFirst | Self::Forged | Self::OtherRole(_) => StatusCode::FORBIDDEN,
            Self::FormMalformed => StatusCode::BAD_REQUEST,
            Self::Api { code, .. } => {
                StatusCode::from_u16(code.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
