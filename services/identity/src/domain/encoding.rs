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
pub fn decode(bytes: &[u8], said: Option<&'static Encoding>) -> Result<String, Undecodable> {
    let mut text = String::new();
    Decoder::new(said).push(bytes, true, &mut text)?;
    Ok(text)
}

/// As many bytes at the beginning of a file tell what it is.
const TOLD_BY: usize = 16;

/// Makes text of a file that comes in pieces, as [`decode`] makes it of a whole one.
#[derive(Debug)]
pub struct Decoder {
    said: Option<&'static Encoding>,
    /// The beginning, until the encoding is told by it.
    begin: Vec<u8>,
    reading: Option<Reading>,
    place: Place,
}

enum Reading {
    /// With the beginning of a character whose rest is in the next piece.
    Utf8(Vec<u8>),
    Other(&'static Encoding, Box<encoding_rs::Decoder>),
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Utf8(_) => UTF_8.name(),
            Self::Other(encoding, _) => encoding.name(),
        })
    }
}

impl Decoder {
    /// Of a file in the encoding that it has, or that is `said`.
    #[must_use]
    pub fn new(said: Option<&'static Encoding>) -> Self {
        Self { said, begin: Vec::new(), reading: None, place: Place::default() }
    }

    /// Of a text, which has no encoding to be found out.
    #[must_use]
    pub fn of_text() -> Self {
        Self { reading: Some(Reading::Utf8(Vec::new())), ..Self::new(None) }
    }

    /// Adds what the next bytes say to a text. They are the last ones with `last`.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn push(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Undecodable> {
        if let Some(reading) = &mut self.reading {
            return reading.push(bytes, last, text, &mut self.place);
        }
        self.begin.extend_from_slice(bytes);
        if self.begin.len() < TOLD_BY && !last {
            return Ok(());
        }
        let begin = std::mem::take(&mut self.begin);
        if let Some(rule) = other_format(&begin) {
            return Err(Undecodable { line: 1, rule: rule.to_owned() });
        }
        let (encoding, start) = of(&begin, self.said);
        let reading = self.reading.insert(Reading::of(encoding));
        reading.push(begin.get(start..).unwrap_or_default(), last, text, &mut self.place)
    }
}

impl Reading {
    fn of(encoding: &'static Encoding) -> Self {
        if encoding == UTF_8 {
            return Self::Utf8(Vec::new());
        }
        Self::Other(encoding, Box::new(encoding.new_decoder_without_bom_handling()))
    }

    fn push(
        &mut self,
        bytes: &[u8],
        last: bool,
        text: &mut String,
        place: &mut Place,
    ) -> Result<(), Undecodable> {
        let (encoding, decoder) = match self {
            Self::Utf8(held) => return utf_8(held, bytes, last, text, place),
            Self::Other(encoding, decoder) => (encoding, decoder),
        };
        let before = text.len();
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0));
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, text, last);
        place.pass(text.as_bytes().get(before..).unwrap_or_default());
        match result {
            DecoderResult::InputEmpty => Ok(()),
            _ => Err(Undecodable {
                line: place.line,
                rule: format!("is not in {}, as the file is said or looks to be", encoding.name()),
            }),
        }
    }
}

fn utf_8(
    held: &mut Vec<u8>,
    bytes: &[u8],
    last: bool,
    text: &mut String,
    place: &mut Place,
) -> Result<(), Undecodable> {
    let joined = if held.is_empty() {
        Cow::Borrowed(bytes)
    } else {
        held.extend_from_slice(bytes);
        Cow::Owned(std::mem::take(held))
    };
    let mut chunks = joined.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        place.pass(chunk.valid().as_bytes());
        text.push_str(chunk.valid());
        let Some(byte) = chunk.invalid().first() else { continue };
        // A character that is cut at the end of a piece goes on in the next one.
        let is_cut = chunks.peek().is_none()
            && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        if last || !is_cut {
            return Err(not_utf_8(place, *byte));
        }
        *held = chunk.invalid().to_vec();
    }
    Ok(())
}

/// Where the decoder is in the file, as an editor counts.
#[derive(Debug)]
struct Place {
    line: u64,
    /// The bytes before, on this line.
    in_line: usize,
    /// The two characters of a Windows line end are one end.
    after_return: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { line: 1, in_line: 0, after_return: false }
    }
}

impl Place {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' => self.line += 1,
                _ => {
                    self.in_line += 1;
                    self.after_return = false;
                    continue;
                }
            }
            self.in_line = 0;
            self.after_return = *byte == b'\r';
        }
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

fn not_utf_8(place: &Place, byte: u8) -> Undecodable {
    Undecodable {
        line: place.line,
        rule: format!(
            "byte {} (0x{byte:02X}) is not UTF-8: the file is in another encoding, perhaps Windows-1252. Save it \
             as \"CSV UTF-8\", or say which encoding it is in (encoding, or charset in Content-Type)",
            place.in_line + 1
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

    #[test]
    fn a_file_in_pieces_is_read_as_the_whole_file() {
        let wide = utf_16_bytes(&format!("\u{feff}{TEXT}"), u16::to_le_bytes);
        let files: [&[u8]; 7] = [
            TEXT.as_bytes(),
            "é€😀\r\n\rb".as_bytes(),
            &wide,
            b"a\rb\r\nc\n\xff and more",
            b"abcdefghijklmnop\r\n\xe2\x82",
            b"PK\x03\x04 and the rest of it",
            b"",
        ];
        for file in files {
            let whole = decode(file, None);
            for size in 1..=file.len().max(1) {
                let (mut decoder, mut text) = (Decoder::new(None), String::new());
                let mut pieces = file.chunks(size);
                let read = pieces.try_for_each(|piece| decoder.push(piece, false, &mut text));
                let read = read.and_then(|()| decoder.push(b"", true, &mut text)).map(|()| text);
                assert_eq!(read, whole, "{size} bytes at a time of {file:?}");
            }
        }
    }
}
