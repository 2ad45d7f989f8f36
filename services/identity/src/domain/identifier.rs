//! What people type twice: the one form in which two spellings of a number, a district or a code are equal.
//!
//! A roll is written by one program and read from a letter by somebody with another keyboard. What the eye cannot tell
//! apart, and what a keyboard writes by itself, is no difference: invisible characters, kinds of spaces and dashes, digits
//! of other scripts, full-width letters, case.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The text as it is kept and shown: in plain characters, without invisible ones, single spaces inside and none around.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars().filter(|&c| !is_invisible(c)).nfkc().map(plain) {
        if c.is_whitespace() {
            space = !clean.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            clean.push(' ');
        }
        clean.push(c);
    }
    Cow::Owned(clean)
}

/// The text as it is compared: as [`clean`], without spaces and in one case.
#[must_use]
pub fn fold(text: &str) -> String {
    let clean = clean(text);
    if clean.is_ascii() {
        return clean.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    }
    let letters = clean.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    // Letters with two lower-case forms, or none, have one in upper case.
    letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

/// Whether a text has a character that nobody can read or type: the mark of what could not be decoded, a control
/// character, one of a private font.
#[must_use]
pub fn is_unreadable(text: &str) -> bool {
    text.chars().any(|c| {
        c == char::REPLACEMENT_CHARACTER
            || (c.is_control() && !c.is_whitespace())
            || (!c.is_ascii() && c.general_category() == GeneralCategory::PrivateUse)
    })
}

/// Without the marks by which spreadsheets keep a text from becoming a number: `="007"` and `'007`. Nothing when there are
/// none.
#[must_use]
pub fn without_marks(text: &str) -> Option<&str> {
    let text = text.trim();
    let formula = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    // The apostrophe alone is a text too.
    formula.or_else(|| text.strip_prefix('\'').filter(|rest| !rest.is_empty()))
}

/// Whether a character shows nothing and takes no room.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    c.general_category() == GeneralCategory::Format
        // Marks and fillers that are not drawn by themselves.
        || matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

/// Digits of all scripts as ASCII, and all dashes as the one on keyboards.
fn plain(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    match c.general_category() {
        GeneralCategory::DecimalNumber => digit(c),
        GeneralCategory::DashPunctuation => '-',
        _ if c == '\u{2212}' => '-',
        _ => c,
    }
}

/// Digits stand in runs of ten, from zero.
fn digit(c: char) -> char {
    let is_digit = |code: u32| {
        char::from_u32(code).is_some_and(|c| c.general_category() == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(c);
    let start = (0..code).rev().take_while(|&before| is_digit(before)).last().unwrap_or(code);
    char::from_digit((code - start) % 10, 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_that_look_alike_are_one() {
        for (typed, meant) in [
            ("\u{200b}1001", "1001"),
            ("1001\u{a0}", "1001"),
            ("\u{feff}1001\u{2060}", "1001"),
            ("10\u{ad}01", "1001"),
            (" 10 01 ", "1001"),
            ("10\u{202f}01", "1001"),
            ("\u{202d}1001\u{202c}", "1001"),
            ("１００１", "1001"),
            ("١٠٠١", "1001"),
            ("۱۰۰۱", "1001"),
            ("१००१", "1001"),
            ("\u{1d7cf}\u{1d7ce}\u{1d7ce}\u{1d7cf}", "1001"),
            ("12345678z", "12345678Z"),
            ("ａｂ－1", "AB-1"),
            ("AB\u{2013}1", "AB-1"),
            ("AB\u{2212}1", "AB-1"),
            ("nº1001", "NO1001"),
            ("STRASSE", "straße"),
            ("STRA\u{1e9e}E", "strasse"),
            ("ΟΔΟΣ", "οδος"),
            ("cafe\u{301}", "CAFÉ"),
            ("\u{130}1", "i\u{307}1"),
            ("1\u{fe0f}", "1"),
        ] {
            assert_eq!(fold(typed), fold(meant), "{typed:?}");
        }
        for (one, other) in [("1001", "101"), ("AB-1", "AB1"), ("A", "Á"), ("0", "O"), ("1", "l")] {
            assert_ne!(fold(one), fold(other));
        }
    }

    #[test]
    fn what_is_kept_is_as_it_was_written() {
        assert_eq!(clean("\u{200b}12345678Z\u{a0}"), "12345678Z");
        assert_eq!(clean(" AB \u{3000} 12 "), "AB 12");
        assert!(matches!(clean("12345678Z"), Cow::Borrowed(_)));
        assert_eq!(clean("\u{200b}"), "");
    }

    #[test]
    fn marks_of_spreadsheets_are_known() {
        assert_eq!(without_marks("=\"007\""), Some("007"));
        assert_eq!(without_marks(" '007 "), Some("007"));
        for none in ["007", "'", "=007", "=\"007", "", "0'07"] {
            assert_eq!(without_marks(none), None, "{none}");
        }
    }

    #[test]
    fn what_nobody_can_read_is_known() {
        for text in ["n\u{fffd}1001", "1\u{0}", "1\u{1b}", "\u{e000}1", "\u{95}1"] {
            assert!(is_unreadable(text), "{text:?}");
        }
        for text in ["n°1001", "1\t2", "\u{200b}1", "日本"] {
            assert!(!is_unreadable(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_one_form_stays_as_it_is(text in "[\\PC\u{200b}\u{301}\u{ad} ]{0,20}") {
            let folded = fold(&text);
            prop_assert_eq!(&fold(&folded), &folded);
            prop_assert_eq!(fold(&clean(&text)), folded);
            prop_assert_eq!(clean(&clean(&text)).into_owned(), clean(&text).into_owned());
        }

        #[test]
        fn digits_keep_their_values(number in 0_u32..1_000_000, zero in prop::sample::select(
            vec!['٠', '۰', '०', '০', '๐', '０', '𝟎', '߀', '᠐', '０'],
        )) {
            let other: String = number.to_string().chars()
                .filter_map(|c| char::from_u32(u32::from(zero) + c.to_digit(10)?)).collect();
            prop_assert_eq!(fold(&other), number.to_string());
        }
    }
}
