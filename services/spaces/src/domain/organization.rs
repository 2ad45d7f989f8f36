//! Organizations and what leads to them.

use std::collections::HashSet;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::profile::Profile;

/// The most host names that an organization may have.
pub const MAX_HOST_NAMES: usize = 100;

/// A tenant: a city, a parliament.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub organization_id: Uuid,
    /// Its name.
    pub display_name: String,
    /// What leads to it, in the order given.
    pub host_names: Vec<String>,
    /// The one of them that is its address; empty when none is chosen.
    pub canonical_host_name: String,
    /// Its time zone, an IANA name.
    pub time_zone: String,
    /// When it was created.
    pub create_time: DateTime<Utc>,
    /// What it shows of itself.
    pub profile: Profile,
    /// Counts its changes.
    pub revision: i64,
    /// Whether people may register.
    pub registration_open: bool,
    /// The version of its terms.
    pub terms_version: i32,
}

impl Organization {
    /// Changes whenever the organization does.
    #[must_use]
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }
}

/// What is wrong with one of several host names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostNameFault {
    /// Neither a DNS name nor an address.
    Malformed,
    /// The same as one before it.
    Repeated,
}

impl HostNameFault {
    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Malformed => "must be a DNS name in lower case or an IP address, without port",
            Self::Repeated => "must not be given twice",
        }
    }
}

/// The faults among host names, each with the index of its name.
#[must_use]
pub fn host_name_faults(names: &[String]) -> Vec<(usize, HostNameFault)> {
    let mut seen = HashSet::new();
    names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            if !is_host_name(name) {
                Some((index, HostNameFault::Malformed))
            } else if !seen.insert(name) {
                Some((index, HostNameFault::Repeated))
            } else {
                None
            }
        })
        .collect()
}

/// Whether `name` is an IP address as it is usually written, or a DNS name (RFC 1123, section 2.1) in lower case.
#[must_use]
pub fn is_host_name(name: &str) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.to_string() == name;
    }
    let labels: Vec<&str> = name.split('.').collect();
    // A last label of digits alone is a mistyped address.
    let address_like = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    name.len() <= 253 && !address_like && labels.into_iter().all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A host name as a browser may send it, in the form in which organizations have it: lower case, without the dot
/// of the root and the brackets of an address.
#[must_use]
pub fn normalise_host_name(name: &str) -> String {
    let name = name.trim().trim_end_matches('.');
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match inner.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => inner.to_ascii_lowercase(),
    }
}

/// Whether `name` is the IANA name of a time zone.
#[must_use]
pub fn is_time_zone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dns_names_and_addresses_are_host_names() {
        for good in [
            "localhost",
            "participate.lodz.pl",
            "xn--d-uga0v.pl",
            "127.0.0.1",
            "::1",
            "2001:db8::7",
            "4chan.org",
        ] {
            assert!(is_host_name(good), "{good}");
        }
        let long = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(63)].join(".");
        let too_long_label = "a".repeat(64);
        for bad in [
            "",
            ".",
            "Lodz.pl",
            "lodz.pl.",
            "lodz..pl",
            "-lodz.pl",
            "lodz-.pl",
            "lodz.pl:8080",
            "łódź.pl",
            "a b",
            "lodz_pl",
            "256.0.0.1",
            "1.2.3",
            "[::1]",
            "2001:DB8::7",
            "http://lodz.pl",
            &long,
            &too_long_label,
        ] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }

    #[test]
    fn each_fault_has_the_index_of_its_name() {
        let names = ["a.org", "B.org", "c.org", "a.org"].map(str::to_owned);
        assert_eq!(host_name_faults(&names), [(1, HostNameFault::Malformed), (3, HostNameFault::Repeated)]);
    }

    #[test]
    fn what_browsers_send_finds_what_organizations_have() {
        assert_eq!(normalise_host_name("Participate.Lodz.PL."), "participate.lodz.pl");
        assert_eq!(normalise_host_name("[2001:DB8::7]"), "2001:db8::7");
    }

    #[test]
    fn time_zones_have_iana_names() {
        assert!(is_time_zone("UTC") && is_time_zone("Europe/Warsaw"));
        assert!(!is_time_zone("Europe/Lodz") && !is_time_zone("") && !is_time_zone("+02:00"));
    }

    proptest! {
        #[test]
        fn a_host_name_is_its_own_normal_form(name in "([a-z0-9-]{1,8}\\.){0,3}[a-z0-9-]{1,8}|[0-9a-f:]{2,12}") {
            prop_assume!(is_host_name(&name));
            prop_assert_eq!(&normalise_host_name(&name), &name);
            prop_assert_eq!(normalise_host_name(&name.to_uppercase()), name);
        }
    }
}
