//! How amounts and texts look in a terminal.

use comitia_platform::currency;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// An amount of minor units of a currency, with thousands apart, and without decimals where all of them are 0.
#[must_use]
pub fn money(minor: i64, code: &str) -> String {
    let number = currency::number(minor, code);
    match number.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => grouped(whole),
        _ => grouped(&number),
    }
}

/// A decimal number's text with thousands apart.
#[must_use]
pub fn grouped(number: &str) -> String {
    let end = number.find('.').unwrap_or(number.len());
    let mut text = String::new();
    for (position, c) in number.char_indices() {
        let apart = position > 0 && position < end && (end - position).is_multiple_of(3);
        if apart && !text.ends_with('-') {
            text.push('\u{202f}');
        }
        text.push(c);
    }
    text
}

/// A text cut or padded to `width` columns of a terminal.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns > width - usize::from(text.width() > width) {
            out.push('…');
            used += 1;
            break;
        }
        out.push(c);
        used += columns;
    }
    out.push_str(&" ".repeat(width.saturating_sub(used)));
    out
}

/// A text from a file without what would command the terminal: control characters become spaces.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_readable() {
        assert_eq!(money(123_456_700, "EUR"), "1\u{202f}234\u{202f}567");
        assert_eq!(money(-1_050, "EUR"), "-10.50");
        assert_eq!(money(99, "EUR"), "0.99");
        assert_eq!(money(123_456, "JPY"), "123\u{202f}456");
        assert_eq!(money(1_500_250, "KWD"), "1\u{202f}500.250");
        assert_eq!(grouped("1234.5678"), "1\u{202f}234.5678");
        assert_eq!(grouped("-123456"), "-123\u{202f}456");
    }

    #[test]
    fn titles_fit_their_column() {
        assert_eq!(fit("Skwer", 8), "Skwer   ");
        assert_eq!(fit("Ławki na skwerze", 8), "Ławki n…");
        assert_eq!(fit("公園のベンチ", 7).width(), 7);
    }

    #[test]
    fn a_title_cannot_command_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\nc"), "a [2Jb c");
    }
}
