//! Where a sign-in leads back to.

use crate::pages::is_anonymous;
use crate::session::Session;
use crate::visit::Visit;

const LONGEST: usize = 2048;

/// The path to go to after signing in: the one that was asked for if it is a page of this site, else the votes, or for the
/// team its office.
pub fn target(visit: &Visit, session: Option<&Session>, asked: &str) -> String {
    let first = if session.is_some_and(Session::is_staff) { "/office" } else { "/votes" };
    local(asked).map_or_else(|| visit.link(first), str::to_owned)
}

/// A path of this site that can be looked at. Browsers take a backslash for a slash, and leave out tabs and line breaks, so
/// that `/\t/evil.example` would be another site; a path without any of these and with one slash at its beginning is none.
pub fn local(asked: &str) -> Option<&str> {
    let path = asked.split(['?', '#']).next().unwrap_or_default();
    let here = path.starts_with('/')
        && !path.starts_with("//")
        && asked.len() <= LONGEST
        && !asked.contains('\\')
        && !asked.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    let page = path.trim_start_matches('/').split('/').nth(1).unwrap_or_default();
    let shown = !is_anonymous(path) && !matches!(page, "sign-in" | "sign-out" | "register" | "second-factor");
    (here && shown).then_some(asked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::local;

    #[test]
    fn pages_of_this_site_are_gone_back_to() {
        for path in ["/", "/fr", "/fr/votes/7", "/fr/processes?area=1&q=a%20b", "/en/account#erase"] {
            assert_eq!(local(path), Some(path));
        }
    }

    #[test]
    fn nothing_else_is() {
        let long = format!("/{}", "a".repeat(3000));
        for path in [
            "",
            "fr/votes",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /fr",
            "https://evil.example/fr",
            "javascript:alert(1)",
            "/fr\\..\\..",
            "/fr/sign-in?return=/fr",
            "/fr/sign-in/letter",
            "/fr/sign-out",
            "/fr/second-factor",
            "/fr/votes/7/cast",
            &long,
        ] {
            assert_eq!(local(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_gone_back_to_has_no_host(path in "[/\\\\a-z.:@ \t\n?#%]{0,20}") {
            if local(&path).is_some() {
                let mut letters = path.chars();
                prop_assert_eq!(letters.next(), Some('/'));
                prop_assert!(!matches!(letters.next(), Some('/' | '\\' | '\t' | '\n')));
            }
        }
    }
}
