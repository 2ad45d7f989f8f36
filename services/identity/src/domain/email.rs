//! E-mail addresses: what is one, and the one form that they are compared in.

use crate::domain::identifier::is_invisible;

/// Whether a text is an e-mail address, by the parser of the mailer that would have to use it.
#[must_use]
pub fn is_email(text: &str) -> bool {
    text.len() <= 254 && text.parse::<lettre::Address>().is_ok()
}

/// An address as it is kept: without spaces around it, and without invisible characters, which come with copying.
#[must_use]
pub fn clean(email: &str) -> String {
    email.chars().filter(|&c| !is_invisible(c)).collect::<String>().trim().to_owned()
}

/// The form in which two spellings of one address are equal: as [`clean`], in lower case.
///
/// A letter outside ASCII never becomes one of ASCII (the Kelvin sign would become a `k`, and a Turkish capital dotted
/// I an `i`): mail servers take those for different addresses, so that they may belong to somebody else.
#[must_use]
pub fn normalise(email: &str) -> String {
    let mut normal = String::with_capacity(email.len());
    for c in clean(email).chars() {
        if c.is_ascii() || c.to_lowercase().all(|lower| !lower.is_ascii()) {
            normal.extend(c.to_lowercase());
        } else {
            normal.push(c);
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_as_the_mailer_would() {
        assert!(is_email("ada@example.org"));
        assert!(!is_email("ada"));
    }

    #[test]
    fn case_does_not_matter_and_letters_that_look_alike_differ() {
        assert_eq!(normalise(" Ada@Example.ORG "), "ada@example.org");
        assert_eq!(normalise("\u{feff}ada@example.org\u{200b}\u{a0}"), "ada@example.org");
        assert_eq!(normalise("Łukasz@example.org"), normalise("łukasz@example.org"));
        assert_ne!(normalise("\u{212a}ate@example.org"), normalise("kate@example.org"), "the Kelvin sign");
        assert_ne!(normalise("\u{130}da@example.org"), normalise("ida@example.org"), "a dotted capital I");
        for c in (0..=0x10ffff).filter_map(char::from_u32).filter(|c| !c.is_ascii()) {
            let normal = normalise(&format!("x{c}x"));
            assert!(normal[1..normal.len() - 1].chars().all(|c| !c.is_ascii_alphanumeric()), "{c:?}");
        }
    }
}
