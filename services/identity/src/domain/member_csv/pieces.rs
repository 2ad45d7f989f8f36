//! A file that comes in pieces, of which no more is held than the line that is not whole yet.

use chrono::NaiveDate;

use super::fields::Lines;
use super::{Parsed, Parser, Remark};
use crate::domain::encoding::Decoder;

/// The most bytes of a line. What has longer ones is no list.
const MAX_LINE: usize = 64 * 1024;
const ENDS: [char; 2] = ['\r', '\n'];

/// Reads the pieces of a file, each when it comes.
pub struct Pieces {
    decoder: Decoder,
    today: NaiveDate,
    /// What comes after the last line that was read.
    text: String,
    /// That line.
    line: u64,
    /// Once the header was there.
    parser: Option<Parser>,
}

impl Pieces {
    /// Reads what `decoder` makes of them; `today` is what birth dates are compared with.
    #[must_use]
    pub fn new(decoder: Decoder, today: NaiveDate) -> Self {
        Self { decoder, today, text: String::new(), line: 0, parser: None }
    }

    /// Reads the lines that are whole with the next bytes; the rest of them with `last`. Neither members nor addresses that two
    /// lines have are noticed.
    ///
    /// # Errors
    /// What is wrong with the encoding, the header or a line that does not end: nothing of the file can be read then.
    pub fn read(&mut self, bytes: &[u8], last: bool) -> Result<Parsed, Remark> {
        self.decoder
            .push(bytes, last, &mut self.text)
            .map_err(|undecodable| Remark::new(undecodable.line, "encoding", undecodable.rule))?;
        let end = if last { self.text.len() } else { whole_lines(&self.text) };
        let begins = self.parser.is_none();
        // The header may come after empty lines.
        if begins && !last && self.text.len() <= 2 * MAX_LINE {
            return Ok(Parsed::default());
        }
        if end == 0 && self.text.len() > MAX_LINE {
            return Err(too_long(self.line + 1));
        }
        if end == 0 && !last {
            return Ok(Parsed::default());
        }
        let rest = self.text.split_off(end);
        let whole = std::mem::replace(&mut self.text, rest);
        let whole = if last { whole.as_str() } else { without_end(&whole) };
        let mut lines = if begins { Lines::new(whole) } else { Lines::after(self.line, whole) };
        let parser = match &mut self.parser {
            Some(parser) => parser,
            parser => parser.insert(Parser::begin(&mut lines, self.today)?),
        };
        let mut parsed = Parsed::default();
        for (line, text) in lines.by_ref() {
            if text.len() > MAX_LINE {
                return Err(too_long(line));
            }
            match parser.line(line, text) {
                None => {}
                Some(Ok(member)) => parsed.members.push(member),
                Some(Err(bad)) => parsed.bad.push(bad),
            }
        }
        parsed.notices = parser.notices();
        self.line = lines.line();
        Ok(parsed)
    }
}

fn too_long(line: u64) -> Remark {
    Remark::new(line, "line", format!("must have at most {MAX_LINE} bytes"))
}

/// The length of the lines that are whole. A return at the end may be the first half of a line end.
fn whole_lines(text: &str) -> usize {
    let text = text.strip_suffix('\r').unwrap_or(text);
    text.rfind(ENDS).map_or(0, |end| end + 1)
}

fn without_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix(ENDS)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const HEADER: &str = "\u{feff}sep=;\r\n\r\nmember_number;email;birth_date\r\n";

    fn today() -> NaiveDate {
        "2026-06-01".parse().unwrap()
    }

    fn in_pieces(file: &[u8], size: usize) -> Result<Parsed, Remark> {
        let mut pieces = Pieces::new(Decoder::new(None), today());
        let mut all = Parsed::default();
        let last = file.chunks(size).map(|piece| (piece, false)).chain([(&[][..], true)]);
        for (piece, last) in last {
            let read = pieces.read(piece, last)?;
            all.members.extend(read.members);
            all.bad.extend(read.bad);
            all.notices.extend(read.notices);
        }
        Ok(all)
    }

    #[test]
    fn pieces_of_any_size_are_read_as_the_whole_file() {
        let mut file = HEADER.to_owned();
        for number in 0..4_000 {
            let end = ["\n", "\r\n", "\r", "\n\n"][number % 4];
            let line = match number % 100 {
                0 => format!("\"open;;{end}"),
                1 => format!("={number};no address;{end}"),
                2 => format!("=\"00{number}\";é{number}@example.org;01/02/1980{end}"),
                _ => format!("{number};voter{number}@example.org;1980-02-01{end}"),
            };
            file.push_str(&line);
        }
        let whole = parse(&file, today()).unwrap();
        assert!(whole.bad.len() > 50 && whole.notices.len() > 30 && whole.members.len() > 3_000);
        for size in [1, 2, 7, 1_000, 65_535, 65_537, file.len()] {
            let read = in_pieces(file.as_bytes(), size).unwrap();
            assert_eq!(read.members, whole.members, "{size}");
            assert_eq!(read.bad, whole.bad, "{size}");
            assert_eq!(read.notices, whole.notices, "{size}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said_of_pieces_too() {
        for file in ["", "\n\n\n", "number one\n1\n", "sep=|\n"] {
            let whole = parse(file, today()).unwrap_err();
            assert_eq!(in_pieces(file.as_bytes(), 3).unwrap_err(), whole, "{file:?}");
        }
        let latin = b"member_number\r\n1\r\nn\xba2\r\n";
        let refused = in_pieces(latin, 5).unwrap_err();
        assert_eq!((refused.line, refused.column), (3, "encoding"));
    }

    #[test]
    fn a_line_that_never_ends_is_refused_whatever_the_pieces_are() {
        let file = format!("member_number\n1\n{}\n3\n", "2".repeat(MAX_LINE + 1));
        for size in [1_000, MAX_LINE, file.len()] {
            assert_eq!(in_pieces(file.as_bytes(), size).unwrap_err().line, 3, "{size}");
        }
    }
}
