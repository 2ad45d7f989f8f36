//! Cookies of the pages: for no script, for no other site, over HTTPS where people come by it.

use http::{HeaderMap, HeaderValue, header};

/// The prefix keeps other hosts of the same domain from setting a cookie (RFC 6265bis); browsers take it over HTTPS alone.
const OWN_HOST: &str = "__Host-";

/// A cookie to set: for so many seconds, or as long as the browser's own session.
pub fn set(secure: bool, name: &str, value: &str, seconds: Option<i64>) -> HeaderValue {
    let (prefix, secure) = if secure { (OWN_HOST, "; Secure") } else { ("", "") };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let cookie = format!("{prefix}{name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure}");
    // Values are base64, ids and codes.
    HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The value of a cookie that a browser brings.
pub fn given<'h>(headers: &'h HeaderMap, secure: bool, name: &str) -> Option<&'h str> {
    let prefix = if secure { OWN_HOST } else { "" };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(prefix)?.strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_under_its_own_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-session=x; session=y"));
        headers.append(header::COOKIE, HeaderValue::from_static("b="));
        assert_eq!(given(&headers, true, "session"), Some("x"));
        assert_eq!(given(&headers, false, "session"), Some("y"));
        assert_eq!(given(&headers, false, "b"), None);
        assert_eq!(given(&headers, false, "sess"), None);
    }

    #[test]
    fn a_cookie_lasts_as_long_as_it_says() {
        let kept = set(true, "a", "b", Some(60));
        assert_eq!(kept, "__Host-a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set(false, "a", "b", None), "a=b; Path=/; HttpOnly; SameSite=Lax");
    }
}
