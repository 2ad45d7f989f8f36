//! The log as CSV (RFC 4180).

use chrono::SecondsFormat;
use csv::{Terminator, WriterBuilder};

use super::act::Act;

/// The columns.
const HEADER: [&str; 8] =
    ["act_id", "act_time", "actor", "method", "resource", "field", "value_before", "value_after"];

/// Acts as lines, one for each value that changed, after the header if these are the first.
///
/// # Errors
/// None: what is written stays in memory.
pub fn lines(acts: &[Act], first: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if first {
        writer.write_record(HEADER)?;
    }
    for act in acts {
        let id = act.act_id.to_string();
        let time = act.act_time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut write = |field: &str, before: &str, after: &str| {
            let [actor, method, resource] = [&act.actor, &act.method, &act.resource].map(String::as_str);
            let cells = [id.as_str(), time.as_str(), actor, method, resource, field, before, after];
            writer.write_record(cells.map(cell))
        };
        if act.changes.is_empty() {
            write("", "", "")?;
        }
        for change in &act.changes {
            let [before, after] =
                [&change.before, &change.after].map(|text| text.as_deref().unwrap_or_default());
            write(&change.field, before, after)?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A text that no spreadsheet runs as a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::act::Change;

    #[test]
    fn each_value_has_a_line_and_none_is_a_formula() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let act = Act {
            act_id: Uuid::from_u128(1),
            act_time: DateTime::from_timestamp(1_000_000_000, 0).unwrap(),
            actor: "-ada".into(),
            method: "m".into(),
            resource: "r".into(),
            changes: vec![change("title", None, Some("=1+1")), change("note", Some("a,\"b\""), None)],
        };
        let silent = Act { changes: Vec::new(), ..act.clone() };
        let text = String::from_utf8(lines(&[act, silent], true).unwrap()).unwrap();
        let start = "00000000-0000-0000-0000-000000000001,2001-09-09T01:46:40.000Z,'-ada,m,r,";
        assert_eq!(
            text,
            format!(
                "act_id,act_time,actor,method,resource,field,value_before,value_after\r\n\
                 {start}title,,'=1+1\r\n{start}note,\"a,\"\"b\"\"\",\r\n{start},,\r\n"
            )
        );
        assert!(lines(&[], false).unwrap().is_empty());
    }
}
