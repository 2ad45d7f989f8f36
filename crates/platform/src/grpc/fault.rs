//! Statuses that this process made itself, because no answer came.

use std::error::Error;

use tonic::{ConnectError, Status, TimeoutExpired};

/// Why a call got no answer. What a service says comes over the wire as code, message and details; a status with a
/// source was made here. Its code is no more than the transport's guess: for HTTP/2's ENHANCE_YOUR_CALM it is
/// RESOURCE_EXHAUSTED, as if the service were overloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There was no connection, so the call was not sent.
    NotConnected,
    /// The connection or the call's stream in it broke: whether the service has done the work is unknown.
    Broken,
    /// The call's time was over.
    TimedOut,
}

impl Fault {
    /// The fault behind a status; `None` for a service's own answer.
    #[must_use]
    pub fn of(status: &Status) -> Option<Self> {
        let mut cause = status.source();
        cause?;
        while let Some(error) = cause {
            if error.is::<TimeoutExpired>() {
                return Some(Self::TimedOut);
            }
            if error.is::<ConnectError>() {
                return Some(Self::NotConnected);
            }
            cause = error.source();
        }
        Some(Self::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiError;
    use crate::error::ErrorCode;

    fn broken_by(reason: h2::Reason) -> Status {
        Status::from_error(Box::new(h2::Error::from(reason)))
    }

    #[test]
    fn a_broken_connection_is_unknown_whatever_the_transport_calls_it() {
        for reason in [
            h2::Reason::ENHANCE_YOUR_CALM,
            h2::Reason::PROTOCOL_ERROR,
            h2::Reason::INADEQUATE_SECURITY,
            h2::Reason::COMPRESSION_ERROR,
            h2::Reason::NO_ERROR,
            h2::Reason::CANCEL,
        ] {
            let status = broken_by(reason);
            assert_eq!(Fault::of(&status), Some(Fault::Broken), "{reason:?}");
            let error = ApiError::from_status(&status);
            assert_eq!(
                (error.code, error.reason_name()),
                (ErrorCode::Unavailable, "DEPENDENCY_UNAVAILABLE"),
                "{reason:?}"
            );
            assert!(error.retry_after.is_some() && error.connection_broke(), "{reason:?}");
        }
        assert_eq!(broken_by(h2::Reason::ENHANCE_YOUR_CALM).code(), tonic::Code::ResourceExhausted);
    }

    #[test]
    fn what_a_service_says_and_what_never_left_are_told_apart() {
        assert_eq!(Fault::of(&Status::resource_exhausted("the service's own word")), None);
        assert!(!ApiError::from_status(&Status::unavailable("its database is away")).connection_broke());
        let away = Status::from_error(Box::new(ConnectError(Box::new(std::io::Error::other("refused")))));
        assert_eq!(Fault::of(&away), Some(Fault::NotConnected));
        assert!(!ApiError::from_status(&away).connection_broke());
        assert_eq!(ApiError::from_status(&away).code, ErrorCode::Unavailable);
        let late = Status::from_error(Box::new(TimeoutExpired(())));
        assert_eq!(Fault::of(&late), Some(Fault::TimedOut));
        assert_eq!(ApiError::from_status(&late).reason_name(), "DEADLINE_EXCEEDED");
    }
}
