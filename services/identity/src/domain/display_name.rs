//! Names that participants choose, which others see.
//!
//! Two people may have the same name, as in life; who somebody is, is told by what they write and not by a name that nobody else
//! could have. A name cannot be used to show something else than itself: it has no characters that nobody sees or that turn the
//! direction of text, no address, and no heap of accents that covers the lines above it.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::domain::identifier::is_invisible;

/// The fewest and the most characters.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=60;
/// The most marks on one letter; more are drawn over their neighbours.
const MARKS: usize = 4;

/// Why a name cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too short or too long.
    Length,
    /// It has no letter.
    NoLetter,
    /// A character that nobody sees, or that changes how text is drawn.
    Character,
    /// It looks like an e-mail address or the address of a page.
    Address,
}

impl Fault {
    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Length => "must have 2 to 60 characters",
            Self::NoLetter => "must have a letter",
            Self::Character => {
                "must not have characters that nobody sees, that change the direction of text or that pile up"
            }
            Self::Address => "must not have \"@\" or the address of a web page",
        }
    }
}

/// The name as it is kept: composed, with single spaces inside and none around.
///
/// # Errors
/// When it cannot be chosen.
pub fn check(typed: &str) -> Result<String, Fault> {
    let composed: String = typed.nfc().collect();
    let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if !LENGTH.contains(&name.chars().count()) {
        return Err(Fault::Length);
    }
    if !are_plain(&name) {
        return Err(Fault::Character);
    }
    if !name.chars().any(char::is_alphabetic) {
        return Err(Fault::NoLetter);
    }
    let lower = name.to_lowercase();
    if lower.contains(['@', '\u{ff20}', '\u{fe6b}']) || lower.contains("://") || lower.contains("www.") {
        return Err(Fault::Address);
    }
    Ok(name)
}

fn are_plain(name: &str) -> bool {
    let characters: Vec<char> = name.chars().collect();
    let mut marks = 0;
    for (place, &c) in characters.iter().enumerate() {
        marks = if c.general_category_group() == GeneralCategoryGroup::Mark { marks + 1 } else { 0 };
        let unseen = c.is_control()
            || c == char::REPLACEMENT_CHARACTER
            || matches!(
                c.general_category(),
                GeneralCategory::PrivateUse
                    | GeneralCategory::Unassigned
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
            )
            || is_invisible(c);
        if marks > MARKS || (unseen && !joins_letters(&characters, place)) {
            return false;
        }
    }
    true
}

/// Persian and many Indian scripts join and part letters by characters that are not seen themselves.
fn joins_letters(characters: &[char], place: usize) -> bool {
    let letter = |c: Option<&char>| {
        c.is_some_and(|c| {
            !c.is_ascii() && (c.is_alphabetic() || c.general_category_group() == GeneralCategoryGroup::Mark)
        })
    };
    matches!(characters.get(place), Some('\u{200c}' | '\u{200d}'))
        && letter(place.checked_sub(1).and_then(|before| characters.get(before)))
        && letter(characters.get(place + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_people_are_names() {
        for (typed, kept) in [
            ("  Zoë   d’Arc-Łuk ", "Zoë d’Arc-Łuk"),
            ("Zoe\u{308}", "Zoë"),
            ("李小龙", "李小龙"),
            ("علی\u{200c}رضا", "علی\u{200c}رضا"),
            ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
            ("สมชาย ใจดี", "สมชาย ใจดี"),
            ("O'Neil 2nd", "O'Neil 2nd"),
            ("Collectif des riverains 🌳", "Collectif des riverains 🌳"),
        ] {
            assert_eq!(check(typed).as_deref(), Ok(kept), "{typed}");
        }
    }

    #[test]
    fn what_shows_something_else_is_refused() {
        for (typed, fault) in [
            ("", Fault::Length),
            ("x", Fault::Length),
            (" \u{a0} a ", Fault::Length),
            (&"a".repeat(61), Fault::Length),
            ("12 34", Fault::NoLetter),
            ("Ada\u{202e}nimda", Fault::Character),
            ("Ada\u{2066}x", Fault::Character),
            ("Ada\u{200b}Byron", Fault::Character),
            ("Ada\u{200d}Byron", Fault::Character),
            ("Ada\u{0}", Fault::Character),
            ("Ada\u{e000}", Fault::Character),
            ("Ada\u{3164}", Fault::Character),
            ("a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", Fault::Character),
            ("ada@example.org", Fault::Address),
            ("Win at https://example.org", Fault::Address),
            ("WWW.example.org", Fault::Address),
        ] {
            assert_eq!(check(typed), Err(fault), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_kept_can_be_chosen_again(typed in "\\PC{0,70}") {
            if let Ok(kept) = check(&typed) {
                prop_assert_eq!(check(&kept), Ok(kept.clone()));
                prop_assert!(!kept.chars().any(char::is_control));
            }
        }
    }
}
