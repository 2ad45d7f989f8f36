//! Host names: the one that a request came to, and the one that is the organization's address.

use std::net::Ipv6Addr;

use http::{HeaderMap, Method};

use crate::pages::is_anonymous;
use crate::visit::{HOST_HEADER, Visit};

/// The host that a request came to, as the gateway tells it: with its port, where that is no usual one.
pub fn given(headers: &HeaderMap) -> &str {
    headers.get(HOST_HEADER).and_then(|host| host.to_str().ok()).unwrap_or("localhost")
}

/// The name of a host as organizations have it: in lower case, without port, final dot and the brackets of an address.
pub fn name(host: &str) -> String {
    let (name, _) = parts(host);
    name.trim_end_matches('.').trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

/// The host with this name, at the port of another one.
pub fn beside(name: &str, host: &str) -> String {
    let (_, port) = parts(host);
    if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]{port}") } else { format!("{name}{port}") }
}

/// The name, and the port with its colon.
fn parts(host: &str) -> (&str, &str) {
    let end = host.find(']').map_or(0, |end| end + 1);
    let colon = host[end..].find(':').map_or(host.len(), |colon| end + colon);
    host.split_at(colon)
}

/// Where a page is, if the organization has another address than the one that it was asked for at. Forms stay where they are, and
/// the booth, whose cookies belong to one host. The office and its door are at every name, so that a wrong choice can be undone.
pub fn elsewhere(visit: &Visit, method: &Method) -> Option<String> {
    let canonical = &visit.organization.canonical_host_name;
    let page = visit.path.trim_start_matches('/').split('/').nth(1);
    let stays = canonical.is_empty()
        || name(&visit.host) == *canonical
        || !matches!(*method, Method::GET | Method::HEAD)
        || is_anonymous(&visit.path)
        || matches!(page, Some("office" | "second-factor" | "sign-in" | "sign-out"));
    let query = visit.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    (!stays).then(|| format!("{}{}{query}", visit.origin, visit.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_and_perhaps_a_port() {
        for (host, is) in [
            ("Ville.Example", "ville.example"),
            ("ville.example.:8080", "ville.example"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[2001:db8::7]:8080", "2001:db8::7"),
            ("[::1]", "::1"),
            ("", ""),
        ] {
            assert_eq!(name(host), is, "{host}");
        }
    }

    #[test]
    fn another_name_is_at_the_same_port() {
        assert_eq!(beside("participer.example", "ville.example"), "participer.example");
        assert_eq!(beside("participer.example", "localhost:8080"), "participer.example:8080");
        assert_eq!(beside("::1", "[2001:db8::7]:8080"), "[::1]:8080");
    }
}
