//! The error codes of the whole system, with their gRPC and HTTP numbers.

/// What kind of failure an error is. A subset of `google.rpc.Code`; AIP-193.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is wrong by itself, whatever the state of the system.
    InvalidArgument,
    /// The resource does not exist, or the caller may not know that it does.
    NotFound,
    /// The resource to create exists already.
    AlreadyExists,
    /// The request is right, but not in the present state.
    FailedPrecondition,
    /// A concurrent change won; the caller may try again from a fresh read.
    Aborted,
    /// The caller is known and may not do this.
    PermissionDenied,
    /// The caller is not known, or the credentials are no longer good.
    Unauthenticated,
    /// A limit was reached; the error says when to try again.
    ResourceExhausted,
    /// The deadline passed.
    DeadlineExceeded,
    /// A dependency is away; try again.
    Unavailable,
    /// The method is not offered.
    Unimplemented,
    /// A defect or an unforeseen failure; its text stays in the logs.
    Internal,
}

impl ErrorCode {
    /// The number of the gRPC status code.
    #[must_use]
    pub const fn grpc(self) -> i32 {
        match self {
            Self::InvalidArgument => 3,
            Self::DeadlineExceeded => 4,
            Self::NotFound => 5,
            Self::AlreadyExists => 6,
            Self::PermissionDenied => 7,
            Self::ResourceExhausted => 8,
            Self::FailedPrecondition => 9,
            Self::Aborted => 10,
            Self::Unimplemented => 12,
            Self::Internal => 13,
            Self::Unavailable => 14,
            Self::Unauthenticated => 16,
        }
    }

    /// The HTTP status. A failed precondition is 409 (412 is for `If-Match` alone).
    #[must_use]
    pub const fn http(self) -> u16 {
        match self {
            Self::InvalidArgument => 400,
            Self::Unauthenticated => 401,
            Self::PermissionDenied => 403,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::FailedPrecondition | Self::Aborted => 409,
            Self::ResourceExhausted => 429,
            Self::Internal => 500,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::DeadlineExceeded => 504,
        }
    }

    /// The code of a gRPC status number; numbers that Comitia never sends are [`ErrorCode::Internal`].
    #[must_use]
    pub const fn from_grpc(number: i32) -> Self {
        match number {
            3 | 11 => Self::InvalidArgument,
            1 | 4 => Self::DeadlineExceeded,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            10 => Self::Aborted,
            12 => Self::Unimplemented,
            14 => Self::Unavailable,
            16 => Self::Unauthenticated,
            _ => Self::Internal,
        }
    }

    /// The name that `google.rpc.Code` gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn every_code_survives_the_wire() {
        for number in 0..=16 {
            let code = ErrorCode::from_grpc(number);
            assert_eq!(ErrorCode::from_grpc(code.grpc()), code);
            assert!((400..600).contains(&code.http()));
        }
    }
}
