//! Limits of a request's head, checked before any other work.
//!
//! The protocols have limits too ([`crate::server::connection::Protocols`]), which answer without a
//! body. The limits here are lower, so that the client learns what is wrong, and far below what
//! calls to the services may carry (`comitia_platform::grpc`).

use comitia_platform::grpc::header_size;
use http::{HeaderMap, HeaderName, Request, Uri, Version, header};

use crate::http::error::Error;
use crate::http::headers::IDEMPOTENCY_KEY;
use crate::http::host::normalise;

/// The maximum size in bytes of all headers and the URI, as HTTP/2 counts them.
const MAX_BYTES: usize = 32 * 1024;
const MAX_HEADERS: usize = 100;
/// The maximum size in bytes of a header's value.
const MAX_VALUE: usize = 8 * 1024;
/// Every header may have as many bytes.
const SHORT: usize = 256;
/// Lower maximums of headers that are passed on to services.
const MAX_PASSED_ON: [(HeaderName, usize); 3] = [
    (header::AUTHORIZATION, 4 * 1024),
    (HeaderName::from_static("traceparent"), SHORT),
    (HeaderName::from_static("tracestate"), 1024),
];
/// Headers that must not repeat: a proxy in front might believe another value than the gateway
/// does.
const ONCE: [HeaderName; 4] =
    [header::HOST, header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)];

/// Refuses a head that is too large or ambiguous.
///
/// # Errors
/// `HEADERS_TOO_LARGE`; `FIELD_INVALID` for a header that must not repeat.
pub fn check<B>(request: &Request<B>) -> Result<(), Error> {
    let (uri, headers) = (request.uri(), request.headers());
    bounds(uri, headers)?;
    // Usually no name repeats, and nothing needs to be looked up.
    if headers.keys_len() < headers.len() {
        let several = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
        if let Some(name) = ONCE.iter().find(|name| several(name)) {
            return Err(Error::parameter(name.as_str(), "must be given once"));
        }
    }
    host(request.version(), uri, headers)
}

fn bounds(uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
    let too_large = |field: &str, limit| Err(Error::HeadersTooLarge { field: field.to_owned(), limit });
    let mut bytes = uri.path_and_query().map_or(0, |path| path.as_str().len());
    for (name, value) in headers {
        if value.len() > SHORT && value.len() > limit(name) {
            return too_large(name.as_str(), limit(name));
        }
        bytes += header_size(name, value);
    }
    if headers.len() > MAX_HEADERS || bytes > MAX_BYTES {
        return too_large("headers", MAX_BYTES);
    }
    Ok(())
}

fn limit(name: &HeaderName) -> usize {
    MAX_PASSED_ON.iter().find(|(passed_on, _)| passed_on == name).map_or(MAX_VALUE, |(_, limit)| *limit)
}

/// There must be exactly one host name, because it determines the organization (RFC 9112 section
/// 3.2, RFC 9113 section 8.3.1).
fn host(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
    match (uri.authority(), headers.get(header::HOST)) {
        (None, None) if version == Version::HTTP_11 => Err(Error::parameter("host", "is required")),
        (Some(authority), Some(host)) => match host.to_str().ok().and_then(normalise) {
            host if host == normalise(authority.as_str()) => Ok(()),
            _ => Err(Error::parameter("host", "must be the host of the URI")),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use comitia_platform::ApiError;

    use super::*;

    /// The reason and the field of the refusal, if these headers are refused.
    fn refused(version: Version, uri: &str, headers: &[(&str, &str)]) -> Option<(&'static str, String)> {
        let mut request = Request::builder().version(version).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let error = ApiError::from(check(&request.body(()).unwrap()).err()?);
        Some((error.reason_name(), error.violations[0].field.clone()))
    }

    fn with(headers: &[(&str, &str)]) -> Option<(&'static str, String)> {
        refused(Version::HTTP_11, "/v1/polls", &[&[("host", "city.example")], headers].concat())
    }

    #[test]
    fn a_head_has_bounds_and_so_has_each_header() {
        let of = |bytes: usize| "x".repeat(bytes);
        let large = |field: &str| Some(("HEADERS_TOO_LARGE", field.to_owned()));
        assert_eq!(with(&[("authorization", &of(4 * 1024)), ("cookie", &of(8 * 1024))]), None);
        for (field, bytes) in [("authorization", 4 * 1024), ("cookie", 8 * 1024), ("traceparent", 256)] {
            assert_eq!(with(&[(field, &of(bytes + 1))]), large(field));
        }
        assert_eq!(with(&[("tracestate", "a=1"), ("tracestate", &of(2_000))]), large("tracestate"));
        assert_eq!(with(&[("cookie", of(8_000).as_str()); 5]), large("headers"));
        assert_eq!(with(&[("a", "b"); 100]), large("headers"));
        let query = format!("/v1/polls?filter={}", of(33_000));
        assert_eq!(refused(Version::HTTP_2, &query, &[]), large("headers"));
    }

    #[test]
    fn there_is_one_host() {
        let invalid = |field: &str| Some(("FIELD_INVALID", field.to_owned()));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("host", "city.example")]), invalid("host"));
        assert_eq!(with(&[("host", "town.example")]), invalid("host"));
        assert_eq!(refused(Version::HTTP_11, "/v1/polls", &[]), invalid("host"));
        assert_eq!(refused(Version::HTTP_10, "/v1/polls", &[]), None);
        let absolute = "http://city.example/v1/polls";
        assert_eq!(refused(Version::HTTP_2, absolute, &[]), None);
        assert_eq!(refused(Version::HTTP_2, absolute, &[("host", "City.example:80")]), None);
        assert_eq!(refused(Version::HTTP_2, absolute, &[("host", "town.example")]), invalid("host"));
        assert_eq!(
            with(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]),
            invalid("authorization")
        );
    }
}
