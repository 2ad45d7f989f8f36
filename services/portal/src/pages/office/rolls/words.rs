//! What the API says about lines of a file, in the words of the page. The API's own words are English; what this version does
//! not know is shown as it is.

use maud::{Markup, html};

use crate::locale::{Locale, key, t};

/// The name of a column.
pub fn column(locale: &Locale, column: &str) -> String {
    let key = match column {
        "member_number" => key!("office-column-number"),
        "district" => key!("office-column-district"),
        "birth_date" => key!("office-column-birth-date"),
        "email" => key!("office-column-email"),
        "left" => key!("office-column-left"),
        "header" => key!("office-column-header"),
        "encoding" => key!("office-column-encoding"),
        "line" => key!("office-column-line"),
        _ => return column.to_owned(),
    };
    locale.text(key).into_owned()
}

/// How rules begin, or what they have in them, and what is said instead. The first that fits is taken.
const RULES: [(&str, &str); 29] = [
    ("must not be in the roll already", key!("office-rule-known")),
    ("must be a number and not a formula", key!("office-rule-formula")),
    ("was shortened by a spreadsheet", key!("office-rule-shortened")),
    ("must have 1 to 64 characters", key!("office-rule-number")),
    ("must be 1 to 64 letters", key!("office-rule-district")),
    ("must be in the past", key!("office-rule-past")),
    ("must be a date", key!("office-rule-date")),
    ("must be an e-mail address", key!("office-rule-email")),
    ("has a character that cannot be read", key!("office-rule-unreadable")),
    ("has a quotation mark", key!("office-rule-quote-open")),
    ("has something between a closing quotation mark", key!("office-rule-quote-after")),
    ("must have nothing in field", key!("office-rule-nameless")),
    ("must name the column member_number: the file is empty", key!("office-rule-empty")),
    ("must name the column member_number", key!("office-rule-no-number")),
    ("must name each column once", key!("office-rule-column-twice")),
    ("must have no names but", key!("office-rule-names")),
    ("must have names", key!("office-rule-separator")),
    ("sep= must name", key!("office-rule-sep")),
    ("is a workbook of a spreadsheet", key!("office-rule-workbook")),
    ("is compressed", key!("office-rule-compressed")),
    ("is no CSV", key!("office-rule-no-csv")),
    ("is not in ", key!("office-rule-encoding")),
    ("must be the name of an encoding", key!("office-rule-encoding")),
    ("was taken without the spreadsheet's mark", key!("office-notice-mark")),
    ("was taken in plain characters", key!("office-notice-plain")),
    ("is read with the day first", key!("office-notice-day-first")),
    ("is that of", key!("office-notice-shared")),
    ("signs nobody in until", key!("office-notice-held")),
    ("must stay until the vote is over", key!("office-rule-vote")),
];

/// A rule or a notice.
pub fn rule(locale: &Locale, text: &str) -> Markup {
    let number = |place: usize| numbers(text).nth(place).unwrap_or_default();
    if text.starts_with("must have ") && text.contains(" fields as the header has") {
        return html! { (t!(locale, "office-rule-fields", wanted = number(0), given = number(1))) };
    }
    if text.starts_with("must be on one line only") {
        return html! { (t!(locale, "office-rule-twice", line = number(0))) };
    }
    if text.contains("is not UTF-8") {
        return html! { (t!(locale, "office-rule-not-utf-8")) };
    }
    match RULES.iter().find(|(start, _)| text.starts_with(start)) {
        Some((_, key)) => html! { (locale.text(key)) },
        None => html! { span lang="en" { (text) } },
    }
}

fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok())
}

/// `csv line 7, column email`, as the API names a place in a file.
pub fn place(field: &str) -> Option<(u64, &str)> {
    let (line, column) = field.strip_prefix("csv line ")?.split_once(", column ")?;
    Some((line.parse().ok()?, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn places_are_read() {
        assert_eq!(place("csv line 7, column email"), Some((7, "email")));
        assert_eq!(place("encoding"), None);
    }

    #[test]
    fn rules_are_said_in_the_language_of_the_page() {
        let french = Locale::new(Language::parse("fr").unwrap(), chrono_tz::UTC);
        let said = |text: &str| rule(&french, text).into_string();
        for (start, _) in RULES {
            let words = said(start);
            assert!(!words.contains("office-") && !words.contains("lang=\"en\""), "{start}: {words}");
        }
        assert!(said("must be on one line only, and is on line 12").contains("12"));
        assert!(said("must have 4 fields as the header has, and has 3").contains('3'));
        assert!(said("byte 2 (0xBA) is not UTF-8: the file").contains("Windows-1252"));
        assert_eq!(said("is <new>"), "<span lang=\"en\">is &lt;new&gt;</span>");
    }
}
