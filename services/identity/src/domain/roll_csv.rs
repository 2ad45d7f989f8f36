//! A roll as CSV (RFC 4180), in the columns that an import takes.

use csv::{Terminator, WriterBuilder};

/// The columns.
const HEADER: [&str; 4] = ["member_number", "district", "birth_date", "email"];

/// Members as lines, after the header if these are the first.
///
/// # Errors
/// None: what is written stays in memory.
pub fn lines(members: &[[String; 4]], first: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(HEADER)?;
    }
    for member in members {
        writer.write_record(member.iter().map(|text| cell(text)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A text that no spreadsheet runs as a formula. An import takes the mark away.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::member_csv;

    #[test]
    fn what_is_written_is_read_again() {
        let members = [
            ["007", "north", "1980-02-29", "ann@example.org"],
            ["-5", "", "", "+tag@example.org"],
            ["A,\"1\"", "", "", ""],
        ]
        .map(|member| member.map(str::to_owned));
        let mut text = lines(&members[..1], true).unwrap();
        text.extend(lines(&members[1..], false).unwrap());
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(
            "member_number,district,birth_date,email\r\n007,north,1980-02-29,ann@example.org\r\n"
        ));
        assert!(text.contains("\r\n'-5,,,'+tag@example.org\r\n"), "{text}");
        let read = member_csv::parse(&text, NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()).unwrap();
        assert!(read.bad.is_empty(), "{:?}", read.bad);
        let again = read.members.into_iter().map(|member| {
            let date = member.birth_date.map(|date| date.to_string()).unwrap_or_default();
            [member.member_number, member.district, date, member.email.unwrap_or_default()]
        });
        assert_eq!(again.collect::<Vec<_>>(), members);
    }
}
