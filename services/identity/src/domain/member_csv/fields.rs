//! Lines and fields.

use std::borrow::Cow;

/// What a field breaks whose quotation mark has no other one on its line.
const OPEN: &str = "has a quotation mark (\") that is not closed on this line";
const AFTER: &str = "has something between a closing quotation mark and the next separator";

/// The lines of a text with their numbers, as an editor shows them: Windows, Unix and old Macintosh ends.
pub struct Lines<'t> {
    rest: Option<&'t str>,
    line: u64,
}

impl<'t> Lines<'t> {
    /// The lines of this text, without the mark at its beginning.
    pub fn new(text: &'t str) -> Self {
        Self { rest: Some(text.trim_start_matches('\u{feff}')), line: 0 }
    }

    /// The lines of what comes after this line of a text.
    pub fn after(line: u64, text: &'t str) -> Self {
        Self { line, ..Self::new(text) }
    }

    /// The line that was given last.
    pub fn line(&self) -> u64 {
        self.line
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = (u64, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest?;
        self.line += 1;
        let Some(end) = text.find(['\r', '\n']) else {
            self.rest = None;
            return Some((self.line, text));
        };
        let (line, rest) = text.split_at(end);
        // The two characters of a Windows line end are one end.
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..));
        Some((self.line, line))
    }
}

/// The fields of a line.
///
/// # Errors
/// What is wrong with its quotation marks.
pub fn separated(line: &str, separator: char) -> Result<Vec<Cow<'_, str>>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let begin = rest.trim_start_matches(|c: char| c.is_whitespace() && c != separator);
        let Some(quoted) = begin.strip_prefix('"') else {
            match rest.split_once(separator) {
                Some((field, next)) => {
                    fields.push(Cow::Borrowed(field));
                    rest = next;
                    continue;
                }
                None => {
                    fields.push(Cow::Borrowed(rest));
                    return Ok(fields);
                }
            }
        };
        let (field, after) = quoted_field(quoted).ok_or(OPEN)?;
        fields.push(field);
        let after = after.trim_start_matches(|c: char| c.is_whitespace() && c != separator);
        match after.strip_prefix(separator) {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err(AFTER),
        }
    }
}

/// What stands until the closing quotation mark, of which two are one, and what comes after it.
fn quoted_field(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find('"')?;
        let after = text.get(end + 1..)?;
        if !after.starts_with('"') {
            let field = text.get(..end)?;
            let field =
                if from == 0 { Cow::Borrowed(field) } else { Cow::Owned(field.replace("\"\"", "\"")) };
            return Some((field, after));
        }
        from = end + 2;
    }
}
