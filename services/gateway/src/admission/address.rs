//! The client address of a request, and its name in the cache.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use comitia_platform::address::client_network;
use http::HeaderMap;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

/// Bytes of the keyed hash: enough to distinguish all clients.
const NAME_BYTES: usize = 16;

/// The client's address: the peer's, or the one that trusted proxies report. Each proxy appends the
/// address it saw to `X-Forwarded-For`, so the last address that is not a trusted proxy's is the
/// client's. Anyone may have written what comes before it.
pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.rsplit(','));
    for text in forwarded {
        let Some(address) = parse(text.trim()) else { break };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            break;
        }
    }
    client
}

pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// An address, optionally with a port or in brackets.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// Names of clients in cache keys, equal in all gateways of an installation. They are keyed hashes,
/// so that a copy of the cache reveals no address.
#[derive(Clone)]
pub struct ClientNames(hmac::Key);

impl std::fmt::Debug for ClientNames {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientNames")
    }
}

impl ClientNames {
    /// Derives the key from the service key, which all gateways of an installation share.
    pub fn new(service_key: &SecretString) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, service_key.expose_secret().as_bytes());
        let key = hmac::sign(&master, b"comitia.gateway.client_names.v1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The name of the client at `address`. All addresses of a network share one.
    pub fn of(&self, address: IpAddr) -> String {
        let tag = match client_network(address) {
            IpAddr::V4(v4) => hmac::sign(&self.0, &v4.octets()),
            IpAddr::V6(v6) => hmac::sign(&self.0, &v6.octets()),
        };
        hex::encode(&tag.as_ref()[..NAME_BYTES])
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let headers = forwarded
            .iter()
            .map(|value| (http::HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(value)))
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        of(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.1:4711"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]"], &["10.0.0.0/8"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_itself_does_not_count() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, nonsense, 10.0.0.2"], &trusted), "10.0.0.2");
    }
    #[test]
    fn a_name_is_of_one_network_in_one_installation() {
        let names = |key: &str| ClientNames::new(&key.to_owned().into());
        let of = |key: &str, address: &str| names(key).of(address.parse().unwrap());
        assert_eq!(of("one", "2001:db8:1:2::1"), of("one", "2001:db8:1:2:3:4:5:6"));
        assert_eq!(of("one", "192.0.2.1"), of("one", "::ffff:192.0.2.1"));
        assert_ne!(of("one", "192.0.2.1"), of("one", "192.0.2.2"));
        assert_ne!(of("one", "192.0.2.1"), of("two", "192.0.2.1"));
    }
}
