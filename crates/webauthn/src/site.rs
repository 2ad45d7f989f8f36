//! The site that passkeys belong to.

use std::net::IpAddr;

/// A site: the domain that its passkeys are bound to, and the one origin that answers may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    domain: String,
    origin: String,
}

impl Site {
    /// The site at a host name with an optional port, as a browser sends it. Nothing for an address instead of a name: passkeys
    /// belong to domains. Sites are reached over HTTPS, but for this computer's own.
    #[must_use]
    pub fn at(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let (domain, port) = match host.rsplit_once(':') {
            Some((domain, port)) => (domain, Some(port.parse::<u16>().ok()?)),
            None => (host.as_str(), None),
        };
        let of_domain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
        let labels = domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
        if domain.len() > 253 || !labels || !domain.chars().all(of_domain) || domain.parse::<IpAddr>().is_ok()
        {
            return None;
        }
        let own = domain == "localhost" || domain.ends_with(".localhost");
        let (scheme, usual) = if own { ("http", 80) } else { ("https", 443) };
        let origin = match port.filter(|port| *port != usual) {
            Some(port) => format!("{scheme}://{domain}:{port}"),
            None => format!("{scheme}://{domain}"),
        };
        Some(Self { domain: domain.to_owned(), origin })
    }

    /// The domain, which is the relying party's id.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The origin of its pages.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}
