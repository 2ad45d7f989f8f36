//! Links to processes that are not published.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// For how many days a link is good, unless somebody says otherwise.
pub const DAYS: i32 = 14;
/// The most days.
pub const MAX_DAYS: i32 = 90;
/// The most links of a process that have not expired.
pub const MAX_LINKS: usize = 20;
/// The bytes of randomness in a code.
const CODE_BYTES: usize = 20;
/// A code that is longer is none.
const CODE_MAX: usize = 100;

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewLink {
    /// Its id, which opens nothing.
    pub preview_link_id: Uuid,
    /// The process.
    pub process_id: Uuid,
    /// Whom it is for.
    pub title: String,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// The first moment at which it shows nothing any more.
    pub expire_time: DateTime<Utc>,
}

/// When a link that is made `now` expires: after so many days, or [`DAYS`] for 0.
#[must_use]
pub fn expiry(now: DateTime<Utc>, days: i32) -> DateTime<Utc> {
    now + TimeDelta::days(if days == 0 { DAYS } else { days }.into())
}

/// A new code: 160 bits that nobody guesses, in letters and digits that survive a mail.
#[must_use]
pub fn new_code() -> String {
    hex::encode(comitia_core::random::bytes::<CODE_BYTES>())
}

/// A code as people paste it: without white space around it, and in lower case. Nothing for what cannot be one.
#[must_use]
pub fn clean_code(given: &str) -> Option<String> {
    let code = given.trim().to_ascii_lowercase();
    (!code.is_empty() && code.len() <= CODE_MAX).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_the_days_that_were_asked_for() {
        let now: DateTime<Utc> = "2026-06-01T08:00:00Z".parse().unwrap();
        assert_eq!(expiry(now, 0), now + TimeDelta::days(14));
        assert_eq!(expiry(now, 1), now + TimeDelta::days(1));
    }

    #[test]
    fn a_code_is_long_and_its_own_clean_form() {
        let code = new_code();
        assert_eq!(code.len(), 40);
        assert_ne!(code, new_code());
        assert_eq!(clean_code(&format!(" {}\n", code.to_uppercase())), Some(code));
        assert_eq!(clean_code("  "), None);
        assert_eq!(clean_code(&"a".repeat(101)), None);
    }
}
