//! The host name of a request.

use http::{HeaderMap, Uri, header};

/// The host that a request names: HTTP/2 in the URI, HTTP/1 in the header.
pub fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST)?.to_str().ok(),
    }
}

/// A host name in lower case, without port and final dot. `None` if it cannot be a host name.
pub fn normalise(host: &str) -> Option<String> {
    let name =
        if host.starts_with('[') { host.split_inclusive(']').next()? } else { host.split(':').next()? };
    let name = name.strip_suffix('.').unwrap_or(name);
    let good = (1..=253).contains(&name.len())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':'));
    good.then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_case_and_final_dots_do_not_matter() {
        for host in ["Lodz.Example.org", "lodz.example.org:8443", "lodz.example.org.", "lodz.example.org.:80"]
        {
            assert_eq!(normalise(host).as_deref(), Some("lodz.example.org"), "{host}");
        }
        assert_eq!(normalise("[::1]:8080").as_deref(), Some("[::1]"));
        assert_eq!(normalise("127.0.0.1:8080").as_deref(), Some("127.0.0.1"));
        for host in ["", ":80", "a b", "a/b", "user@host", &"a".repeat(300)] {
            assert_eq!(normalise(host), None, "{host}");
        }
    }
}
