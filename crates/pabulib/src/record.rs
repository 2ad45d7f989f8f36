//! Rows of `;`-separated fields with CSV quoting, one at a time and without an allocation a field.

use std::io::BufRead;

use crate::error::{ParseError, Violation};

/// Reads rows from a source; the current row stays borrowed from the reader.
pub(crate) struct Records<R> {
    source: R,
    /// The raw line.
    line: Vec<u8>,
    /// The text of the current row, without the quotes.
    text: String,
    /// The fields of the current row, as ranges of `text`.
    spans: Vec<(usize, usize)>,
    number: u64,
    row_line: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    Bare,
    Quoted,
    /// After a quote inside a quoted field: the end of it, or the first of a doubled quote.
    Closing,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, line: Vec::new(), text: String::new(), spans: Vec::new(), number: 0, row_line: 0 }
    }

    /// The line on which the current row starts.
    pub(crate) fn line(&self) -> u64 {
        self.row_line
    }

    pub(crate) fn error(&self, column: Option<&str>, rule: Violation) -> ParseError {
        ParseError { line: self.row_line.max(1), column: column.map(str::to_owned), rule }
    }

    /// Moves to the next row that is not blank; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, ParseError> {
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            self.row_line = self.number;
            self.spans.clear();
            let mut bytes = std::mem::take(&mut self.text).into_bytes();
            bytes.clear();
            if self.line.contains(&b'"') {
                self.split_quoted(&mut bytes)?;
            } else {
                trim_line_end(&mut self.line);
                std::mem::swap(&mut bytes, &mut self.line);
                self.split_bare(&bytes);
            }
            self.text = String::from_utf8(bytes).map_err(|_| self.error(None, Violation::NotUtf8))?;
            if self.fields().any(|f| !f.is_empty()) {
                return Ok(true);
            }
        }
    }

    /// How many fields the current row has.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A field of the current row, without spaces round it; empty if there is none.
    pub(crate) fn field(&self, index: usize) -> &str {
        let Some(&(start, end)) = self.spans.get(index) else { return "" };
        trim(self.text.get(start..end).unwrap_or_default())
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.field(i))
    }

    fn read_line(&mut self) -> Result<bool, ParseError> {
        self.line.clear();
        let read = self.source.read_until(b'\n', &mut self.line);
        self.number += 1;
        match read {
            Err(e) => Err(ParseError {
                line: self.number,
                column: None,
                rule: Violation::Unreadable(e.to_string()),
            }),
            Ok(0) => Ok(false),
            Ok(_) => {
                if self.number == 1 && self.line.starts_with(b"\xEF\xBB\xBF") {
                    self.line.drain(..3);
                }
                Ok(true)
            }
        }
    }

    fn split_bare(&mut self, text: &[u8]) {
        let mut start = 0;
        for (at, _) in text.iter().enumerate().filter(|(_, b)| **b == b';') {
            self.spans.push((start, at));
            start = at + 1;
        }
        self.spans.push((start, text.len()));
    }

    /// Python's `csv` in its lenient mode: a quote opens only at the start of a field (spaces before it are
    /// tolerated); text after the closing quote is kept. Work is linear in the length of the row.
    fn split_quoted(&mut self, text: &mut Vec<u8>) -> Result<(), ParseError> {
        let (mut state, mut start) = (State::Start, 0);
        loop {
            for &byte in &self.line {
                match (state, byte) {
                    (State::Quoted, b'"') => state = State::Closing,
                    (State::Closing, b'"') => {
                        text.push(b'"');
                        state = State::Quoted;
                    }
                    (State::Quoted, _) => text.push(byte),
                    (_, b';') => {
                        self.spans.push((start, text.len()));
                        start = text.len();
                        state = State::Start;
                    }
                    (State::Start, b'"') => {
                        text.truncate(start);
                        state = State::Quoted;
                    }
                    (State::Start, b' ' | b'\t') => text.push(byte),
                    _ => {
                        text.push(byte);
                        state = State::Bare;
                    }
                }
            }
            if state != State::Quoted {
                self.spans.push((start, text.len()));
                return Ok(());
            }
            if !self.read_line()? {
                return Err(self.error(None, Violation::UnclosedQuote));
            }
        }
    }
}

/// Without spaces round it; most fields have none, which two bytes tell.
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn trim_line_end(line: &mut Vec<u8>) {
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
}
