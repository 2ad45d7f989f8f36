//! How large the heads of calls and answers may be. HTTP/2 keeps headers in one state for all calls of a connection,
//! so that one oversized head breaks the connection for all of them. Each side therefore sends well below what the other
//! accepts, whatever its own callers sent.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tonic::Status;

use crate::error::{ApiError, ErrorCode, Reason};

/// The most bytes of a head that servers and clients take, as HTTP/2 counts them (SETTINGS_MAX_HEADER_LIST_SIZE).
pub(super) const TAKEN: u32 = 64 * 1024;
/// The most bytes that they send.
pub(super) const SENT: usize = 32 * 1024;
/// What HTTP/2 counts for each header besides name and value (RFC 9113, 6.5.2).
const OVERHEAD: usize = 32;

/// The size of a header as HTTP/2 counts it.
#[must_use]
pub fn header_size(name: &HeaderName, value: &HeaderValue) -> usize {
    name.as_str().len() + value.len() + OVERHEAD
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| header_size(name, value)).sum()
}

/// Refuses a call whose head is larger than may be sent.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Status> {
    if size(request.headers()) <= SENT {
        return Ok(());
    }
    let error = ApiError::new(
        ErrorCode::InvalidArgument,
        Reason::HeadersTooLarge,
        format!("the headers of a call must have at most {SENT} bytes"),
    );
    Err(error.into())
}

/// The answer without the texts of its status, where its head is larger than may be sent. An [`ApiError`] never is.
pub(super) fn bounded<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    if size(headers) > SENT {
        tracing::error!(bytes = size(headers), "the head of an answer is too large");
        headers.remove(Status::GRPC_STATUS_DETAILS);
        headers.insert(Status::GRPC_MESSAGE, HeaderValue::from_static("too%20long"));
    }
    response
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_head_that_the_other_side_may_not_take_is_not_sent() {
        let request =
            |bytes: usize| Request::builder().header("authorization", "x".repeat(bytes)).body(()).unwrap();
        assert!(check(&request(16 * 1024)).is_ok());
        let refused = check(&request(70 * 1024)).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(ApiError::from_status(&refused).reason_name(), "HEADERS_TOO_LARGE");
    }

    #[test]
    fn a_status_that_is_too_long_keeps_its_code() {
        let details = vec![0; 100_000];
        let status = Status::with_details(Code::NotFound, "x".repeat(100_000), details.into());
        let response = bounded(status.into_http::<()>());
        let read = Status::from_header_map(response.headers()).unwrap();
        assert_eq!((read.code(), read.message(), read.details()), (Code::NotFound, "too long", &b""[..]));
        let short = bounded(Status::not_found("no poll").into_http::<()>());
        assert_eq!(Status::from_header_map(short.headers()).unwrap().message(), "no poll");
    }
}
