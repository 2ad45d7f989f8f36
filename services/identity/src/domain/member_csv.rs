//! Reading electoral rolls from CSV: `member_number,district,birth_date,email`, the last three optional, comma or
//! semicolon. What is wrong with a line is told by number, column and rule, never by what stands on it.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use comitia_platform::validate;

use crate::domain::email::is_email;

/// The columns that a file may have.
const COLUMNS: [&str; 4] = ["member_number", "district", "birth_date", "email"];
/// The most characters that a member number may have.
const MAX_MEMBER_NUMBER: usize = 64;

/// A good line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Its number in the file, the header being line 1.
    pub line: u64,
    /// The member's number.
    pub member_number: String,
    /// Their district; empty for none.
    pub district: String,
    /// Their birth date.
    pub birth_date: Option<NaiveDate>,
    /// Their e-mail address.
    pub email: Option<String>,
}

/// A bad line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, the header being line 1.
    pub line: u64,
    /// The column.
    pub column: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

/// The good and the bad lines of a file.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The good lines.
    pub members: Vec<NewMember>,
    /// The bad lines.
    pub bad: Vec<BadLine>,
}

/// Reads a file; `today` is what birth dates are compared with.
#[must_use]
pub fn parse(text: &str, today: NaiveDate) -> Parsed {
    let text = text.trim_start_matches('\u{feff}');
    let header = text.split(['\r', '\n']).next().unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut parsed = Parsed::default();
    let columns =
        match records.next().map(|header| header.map_err(|_| "must be CSV").and_then(|row| columns(&row))) {
            Some(Ok(columns)) => columns,
            Some(Err(rule)) => {
                parsed.bad.push(BadLine { line: 1, column: "header", rule });
                return parsed;
            }
            None => {
                parsed.bad.push(BadLine {
                    line: 1,
                    column: "header",
                    rule: "must name the column member_number",
                });
                return parsed;
            }
        };
    let mut seen = HashSet::new();
    let mut lines = Lines { text: text.as_bytes(), byte: 0, line: 1 };
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, |position| lines.at(position.byte()));
                parsed.bad.push(BadLine { line, column: "line", rule: "must be CSV in UTF-8" });
                continue;
            }
        };
        let line = record.position().map_or(0, |position| lines.at(position.byte()));
        match member(&record, &columns, line, today) {
            Ok(member) if !seen.insert(member.member_number.clone()) => {
                parsed.bad.push(BadLine { line, column: "member_number", rule: "must be on one line only" });
            }
            Ok(member) => parsed.members.push(member),
            Err((column, rule)) => parsed.bad.push(BadLine { line, column, rule }),
        }
    }
    parsed
}

/// Counts lines as an editor shows them. The reader's own count begins a record at the empty lines before it.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at `byte`, or after line ends there.
    fn at(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(&here) = self.text.get(self.byte) {
            let ends_line = matches!(here, b'\r' | b'\n');
            if self.byte >= start && !ends_line {
                break;
            }
            // The two bytes of a Windows line end are one end.
            if here == b'\n' || (here == b'\r' && self.text.get(self.byte + 1) != Some(&b'\n')) {
                self.line += 1;
            }
            self.byte += 1;
        }
        self.line
    }
}

/// The name of each column of the header.
fn columns(header: &csv::StringRecord) -> Result<Vec<&'static str>, &'static str> {
    let mut columns = Vec::new();
    for name in header {
        let Some(column) = COLUMNS.into_iter().find(|column| name.eq_ignore_ascii_case(column)) else {
            return Err("must have no columns but member_number, district, birth_date and email");
        };
        if columns.contains(&column) {
            return Err("must name each column once");
        }
        columns.push(column);
    }
    if columns.contains(&"member_number") { Ok(columns) } else { Err("must name the column member_number") }
}

fn member(
    record: &csv::StringRecord,
    columns: &[&'static str],
    line: u64,
    today: NaiveDate,
) -> Result<NewMember, (&'static str, &'static str)> {
    if record.len() != columns.len() {
        return Err(("line", "must have as many fields as the header"));
    }
    let field = |name: &str| {
        columns
            .iter()
            .position(|column| *column == name)
            .and_then(|position| record.get(position))
            .unwrap_or_default()
    };
    let member_number = field("member_number");
    if member_number.is_empty()
        || member_number.chars().count() > MAX_MEMBER_NUMBER
        || member_number.chars().any(char::is_control)
    {
        return Err(("member_number", "must have 1 to 64 characters"));
    }
    let district = field("district");
    if !district.is_empty() && !validate::is_code(district) {
        return Err(("district", "must be 1 to 64 letters, digits, or any of _ - ."));
    }
    let birth_date = match field("birth_date") {
        "" => None,
        text => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) if date.year() >= 1900 && date < today => Some(date),
            Ok(_) => return Err(("birth_date", "must be in the past and not before 1900")),
            Err(_) => return Err(("birth_date", "must be a date, YYYY-MM-DD")),
        },
    };
    let email = match field("email") {
        "" => None,
        text if is_email(text) => Some(text.to_owned()),
        _ => return Err(("email", "must be an e-mail address")),
    };
    Ok(NewMember {
        line,
        member_number: member_number.to_owned(),
        district: district.to_owned(),
        birth_date,
        email,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> NaiveDate {
        "2026-06-01".parse().unwrap()
    }

    #[test]
    fn commas_semicolons_marks_and_order_do_not_matter() {
        let comma = "member_number,district,birth_date,email\n1,north,1990-01-31,a@example.org\n2,,,\n";
        let semicolon =
            "\u{feff}email;member_number;birth_date;district\r\na@example.org;1;1990-01-31;north\r\n;2;;\r\n";
        let parsed = parse(comma, today());
        assert_eq!(parsed.bad, []);
        assert_eq!(parsed.members.len(), 2);
        assert_eq!(parsed.members[0].birth_date, Some("1990-01-31".parse().unwrap()));
        assert_eq!(parse(semicolon, today()).members, parsed.members);
    }

    #[test]
    fn each_bad_line_is_told_by_number_column_and_rule() {
        let text = "member_number,district,birth_date,email\n\
                    1,north,1990-13-31,\n2,no rth,,\n,north,,\n3,,,nobody\n4,,2030-01-01,\n5,,1899-12-31,\n6,,\n1,,,\n1,,,\n";
        let bad: Vec<_> = parse(text, today()).bad.iter().map(|bad| (bad.line, bad.column)).collect();
        let expected = [
            (2, "birth_date"),
            (3, "district"),
            (4, "member_number"),
            (5, "email"),
            (6, "birth_date"),
            (7, "birth_date"),
            (8, "line"),
            (10, "member_number"),
        ];
        assert_eq!(bad, expected);
    }

    #[test]
    fn lines_are_counted_as_an_editor_shows_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "member_number,district",
                "1,a b",
                "",
                "\"2\",north",
                "",
                "",
                "3,c d",
                "4,\"e",
                "f\"",
                "5,g h",
                "",
            ]
            .join(end);
            let bad: Vec<_> = parse(&text, today()).bad.iter().map(|bad| bad.line).collect();
            assert_eq!(bad, [2, 7, 8, 10], "{end:?}");
        }
    }

    #[test]
    fn a_header_that_is_not_ours_is_refused() {
        for text in ["", "name\nAda\n", "district\nnorth\n", "member_number,member_number\n1,1\n"] {
            let parsed = parse(text, today());
            assert_eq!(
                (parsed.bad[0].line, parsed.bad[0].column, parsed.members.len()),
                (1, "header", 0),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", rows in proptest::collection::vec(".*", 0..5)) {
            let _ = parse(&text, today());
            let _ = parse(&format!("member_number,email\n{}", rows.join("\n")), today());
        }
    }
}
