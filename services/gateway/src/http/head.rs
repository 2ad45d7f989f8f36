//! The head of a request: what the gateway takes of it, before anything is done for its sender.
//!
//! The protocols have limits of their own ([`crate::server::connection::Protocols`]), which end at the same status without a
//! body. These here are lower, so that a client is told what is wrong, and far below what calls to the services may
//! carry (`comitia_platform::grpc`).

use comitia_platform::grpc::header_size;
use http::{HeaderMap, HeaderName, Request, Uri, Version, header};

use crate::http::error::Error;
use crate::http::headers::IDEMPOTENCY_KEY;
use crate::http::host::normalise;

/// The most bytes of all headers and the URI together, as HTTP/2 counts them.
const MAX_BYTES: usize = 32 * 1024;
/// The most headers.
const MAX_HEADERS: usize = 100;
/// The most bytes of a header's value.
const MAX_VALUE: usize = 8 * 1024;
/// Every header may have so many.
const SHORT: usize = 256;
/// The most bytes of those that go on to services.
const PASSED_ON: [(HeaderName, usize); 3] = [
    (header::AUTHORIZATION, 4 * 1024),
    (HeaderName::from_static("traceparent"), SHORT),
    (HeaderName::from_static("tracestate"), 1024),
];
/// Headers that say one thing: of several, a proxy in front may believe another one than the gateway.
const ONCE: [HeaderName; 4] =
    [header::HOST, header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static(IDEMPOTENCY_KEY)];

/// Refuses a head that is too large, or that says two things at once.
///
/// # Errors
/// `HEADERS_TOO_LARGE`; `FIELD_INVALID` for a header that must be there once.
pub fn check<B>(request: &Request<B>) -> Result<(), Error> {
    let (uri, headers) = (request.uri(), request.headers());
    bounds(uri, headers)?;
    // As a rule each name is there once, which costs no look-up.
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

/// The most bytes of a header's value.
fn limit(name: &HeaderName) -> usize {
    PASSED_ON.iter().find(|(passed_on, _)| passed_on == name).map_or(MAX_VALUE, |(_, limit)| *limit)
}

/// The organization is that of the host name, so there is exactly one (RFC 9112, 3.2, and RFC 9113, 8.3.1).
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

    /// What becomes of a request with these headers: the reason and the field.
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
