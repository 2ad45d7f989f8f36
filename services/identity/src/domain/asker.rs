//! Who asks, for limits: the network that a call comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The network that a call comes from. Who has one IPv6 address has its whole /64, so a /64 is one asker; and many
/// have a /48 with 65,536 of them, so that a /48 has a limit as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// An IPv4 address, or an IPv6 /64. Calls without an address, from inside the installation, are one asker.
    pub network: String,
    /// The IPv6 /48.
    pub site: Option<String>,
}

impl Asker {
    /// The asker with this address, as the gateway saw it.
    #[must_use]
    pub fn new(address: Option<&str>) -> Self {
        match address.and_then(|address| address.trim().parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()) {
            None => Self { network: "inside".to_owned(), site: None },
            Some(IpAddr::V4(address)) => Self { network: address.to_string(), site: None },
            Some(IpAddr::V6(address)) => {
                Self { network: prefix(address, 64), site: Some(prefix(address, 48)) }
            }
        }
    }
}

fn prefix(address: Ipv6Addr, bits: u32) -> String {
    let mask = u128::MAX << (128 - bits);
    format!("{}/{bits}", Ipv6Addr::from_bits(address.to_bits() & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_64_is_one_asker_and_a_48_one_site() {
        let asker = |address| Asker::new(Some(address));
        assert_eq!(asker("2001:db8:1:2::1"), asker("2001:db8:1:2:ffff::9"));
        assert_ne!(asker("2001:db8:1:2::1").network, asker("2001:db8:1:3::1").network);
        assert_eq!(asker("2001:db8:1:2::1").site, asker("2001:db8:1:3::1").site);
        assert_ne!(asker("2001:db8:1::1").site, asker("2001:db8:2::1").site);
        assert_eq!(asker("::ffff:192.0.2.1"), asker("192.0.2.1"), "an IPv4 address however it is written");
        assert_eq!(Asker::new(None), asker("not an address"));
    }
}
