//! Files as bytes: which encoding they are in. What cannot be told is refused, because a wrong guess writes numbers into
//! the roll that nobody can type.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Where a file cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The line.
    pub line: u64,
    /// What is wrong.
    pub rule: String,
}

/// The encoding of this name, as browsers know it; nothing for an empty name.
///
/// # Errors
/// When there is none of this name.
pub fn named(name: &str) -> Result<Option<&'static Encoding>, &'static str> {
    if name.trim().is_empty() {
        return Ok(None);
    }
    Encoding::for_label_no_replacement(name.trim().as_bytes()).map(Some).ok_or(
        "must be the name of an encoding, such as utf-8, utf-16le, windows-1250, windows-1252 or shift_jis",
    )
}

/// The text of a file: in the encoding of its byte order mark, else in `said`, else in UTF-16 if every other byte is
/// zero, else in UTF-8.
///
/// # Errors
/// The line that is not in this encoding, or what the file is instead.
pub fn decode<'b>(bytes: &'b [u8], said: Option<&'static Encoding>) -> Result<Cow<'b, str>, Undecodable> {
    if let Some(rule) = other_format(bytes) {
        return Err(Undecodable { line: 1, rule: rule.to_owned() });
    }
    let (encoding, start) = of(bytes, said);
    let bytes = bytes.get(start..).unwrap_or_default();
    if encoding == UTF_8 {
        return std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| not_utf_8(bytes, error.valid_up_to()));
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        _ => Err(Undecodable {
            line: line(text.as_bytes()),
            rule: format!("is not in {}, as the file is said or looks to be", encoding.name()),
        }),
    }
}

/// The encoding that a file is read in, and where its text starts.
#[must_use]
pub fn of(bytes: &[u8], said: Option<&'static Encoding>) -> (&'static Encoding, usize) {
    match (Encoding::for_bom(bytes), said) {
        (Some(marked), _) => marked,
        (None, Some(said)) => (said, 0),
        (None, None) => (utf_16(bytes).unwrap_or(UTF_8), 0),
    }
}

fn not_utf_8(bytes: &[u8], at: usize) -> Undecodable {
    let byte = bytes.get(at).copied().unwrap_or_default();
    let before = bytes.get(..at).unwrap_or_default();
    let in_line = before.iter().rev().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count() + 1;
    Undecodable {
        line: line(before),
        rule: format!(
            "byte {in_line} (0x{byte:02X}) is not UTF-8: the file is in another encoding, perhaps Windows-1252. Save it \
             as \"CSV UTF-8\", or say which encoding it is in (encoding, or charset in Content-Type)"
        ),
    }
}

/// UTF-16 without a mark: names of columns are ASCII, so that every other byte is zero.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut pairs = bytes.chunks_exact(2).take(8).peekable();
    pairs.peek()?;
    match pairs.map(|pair| (pair[0] == 0, pair[1] == 0)).reduce(|a, b| (a.0 && b.0, a.1 && b.1))? {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        _ => None,
    }
}

/// What a spreadsheet saves when it is not asked for CSV, and what else is called .csv.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let is = |start: &[u8]| bytes.starts_with(start);
    if is(b"MZ") || is(b"\x7fELF") || is(b"%PDF") || is(b"\x89PNG") || is(b"\xff\xd8\xff") || is(b"{\\rtf") {
        return Some("is no CSV, whatever its name says: save the list as \"CSV UTF-8\" in a spreadsheet");
    }
    if is(b"PK\x03\x04") || is(b"\xd0\xcf\x11\xe0") {
        return Some("is a workbook of a spreadsheet and no CSV: save it as \"CSV UTF-8\"");
    }
    is(b"\x1f\x8b").then_some("is compressed: send the CSV itself")
}

/// The line that comes after these bytes, as an editor counts.
fn line(before: &[u8]) -> u64 {
    let mut line = 1;
    for (index, byte) in before.iter().enumerate() {
        if *byte == b'\n' || (*byte == b'\r' && before.get(index + 1) != Some(&b'\n')) {
            line += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "member_number,district\r\nŁ-1,north\r\n";

    fn utf_16_bytes(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn utf_8_and_utf_16_are_known_with_and_without_a_mark() {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{TEXT}");
            for bytes in [
                text.clone().into_bytes(),
                utf_16_bytes(&text, u16::to_le_bytes),
                utf_16_bytes(&text, u16::to_be_bytes),
            ] {
                assert_eq!(decode(&bytes, None).unwrap(), TEXT);
                // The mark is stronger than what is said.
                if !mark.is_empty() {
                    let said = named("windows-1252").unwrap();
                    assert_eq!(decode(&bytes, said).unwrap(), TEXT);
                }
            }
        }
        assert_eq!(decode(b"", None).unwrap(), "");
        assert_eq!(decode(b"m", None).unwrap(), "m");
    }

    #[test]
    fn other_encodings_are_read_when_they_are_named_and_refused_by_line_otherwise() {
        let latin = b"member_number,district\r\nn\xba1001,north\r\n";
        let refused = decode(latin, None).unwrap_err();
        assert_eq!(refused.line, 2);
        assert!(refused.rule.starts_with("byte 2 (0xBA) is not UTF-8"), "{}", refused.rule);
        assert!(refused.rule.contains("Windows-1252"));
        let read = |name| decode(latin, named(name).unwrap()).unwrap().lines().nth(1).unwrap().to_owned();
        assert_eq!(
            (read("windows-1252").as_str(), read("ISO-8859-2").as_str()),
            ("nº1001,north", "nş1001,north")
        );
        assert_eq!(decode(latin, named("UTF-8").unwrap()).unwrap_err().line, 2);
        assert!(named("latin9000").is_err());
        assert_eq!(named(" "), Ok(None));
    }

    #[test]
    fn half_a_character_and_other_files_are_refused() {
        let mut cut = utf_16_bytes(TEXT, u16::to_le_bytes);
        cut.pop();
        assert_eq!(decode(&cut, None).unwrap_err().line, 3);
        assert!(decode(b"PK\x03\x04rest", None).unwrap_err().rule.contains("workbook"));
        assert!(decode(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None).unwrap_err().rule.contains("workbook"));
        assert_eq!(decode(b"a\rb\r\nc\n\xff", None).unwrap_err().line, 4);
    }
}
