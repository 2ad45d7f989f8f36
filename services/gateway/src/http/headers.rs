//! Headers that several parts of the gateway read or set.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header with the id of a request: the client's, or a new one.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header whose value becomes the request's `request_id`.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The client's request id if it is harmless, otherwise a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    text(headers, REQUEST_ID.as_str())
        .filter(|id| is_request_id(id))
        .map_or_else(|| comitia_core::id::new().to_string(), str::to_owned)
}

/// Whether a client's request id is harmless in logs: short, of letters, digits, hyphens and
/// underscores.
pub fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The cookies that make a page somebody's own: a session, and the preview of a process. The portal
/// uses the same names.
const PERSONAL: [&[u8]; 4] = [b"session=", b"__Host-session=", b"preview=", b"__Host-preview="];

/// Whether a request carries a cookie that makes its page somebody's own.
pub fn is_personal(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(|cookie| cookie.trim_ascii())
        .any(|cookie| PERSONAL.iter().any(|name| cookie.starts_with(name)))
}

pub fn security_headers(hsts_seconds: u64) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    if hsts_seconds > 0
        && let Ok(value) = HeaderValue::from_str(&format!("max-age={hsts_seconds}; includeSubDomains"))
    {
        headers.push((header::STRICT_TRANSPORT_SECURITY, value));
    }
    headers
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_request_keeps_its_id_unless_it_is_odd() {
        assert_eq!(request_id(&headers(REQUEST_ID, "abc-1_2")), "abc-1_2");
        for odd in ["", "a b", "<script>", &"a".repeat(65)] {
            assert!(Uuid::parse_str(&request_id(&headers(REQUEST_ID, odd))).is_ok(), "{odd}");
        }
    }

    #[test]
    fn sessions_and_previews_are_seen_among_other_cookies() {
        let with = |cookie| is_personal(&headers(header::COOKIE, cookie));
        assert!(with("session=a") && with("a=b; __Host-session=c"));
        assert!(with("preview=a") && with("a=b;__Host-preview=c"));
        assert!(!with("comitia-ticket=session=1") && !with("") && !with("sessions=1"));
    }
}
