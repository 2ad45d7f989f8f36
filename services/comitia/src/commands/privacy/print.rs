//! The record as a text, a document, and JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::record::{Entry, Record};
use crate::privacy::{self, Language, Value};
use crate::terminal::harmless;

/// The widest line of the text.
const WIDTH: usize = 100;
/// Where the text of an entry begins.
const INDENT: usize = 18;

/// What the record says around the table, in one language.
struct Frame {
    title: &'static str,
    controller: &'static str,
    contact: &'static str,
    to_fill_in: &'static str,
    grounds: &'static str,
    transfers: (&'static str, &'static str),
    measures: &'static str,
    missing: &'static str,
    without: &'static str,
    labels: [&'static str; 8],
    colon: &'static str,
}

const FRENCH: Frame = Frame {
    title: "Registre des activités de traitement (RGPD, art. 30)",
    controller: "Responsable",
    contact: "Contact et DPO",
    to_fill_in: "à compléter",
    grounds: "Les bases légales sont celles pour lesquelles Comitia est fait ; le responsable du traitement les confirme.",
    transfers: (
        "Transferts",
        "aucun vers un pays tiers par Comitia lui-même ; le lieu d’hébergement et les destinataires nommés sont à vérifier",
    ),
    measures: "Mesures de sécurité générales",
    missing: "Pas dans cette configuration (leur partie du registre s’imprime avec la leur)",
    without: "Tables sans donnée personnelle",
    labels: [
        "Personnes",
        "Données",
        "Finalité",
        "Base légale",
        "Durée",
        "Destinataires",
        "Sécurité",
        "Tables",
    ],
    colon: "\u{a0}:",
};

const ENGLISH: Frame = Frame {
    title: "Record of processing activities (GDPR, article 30)",
    controller: "Controller",
    contact: "Contact and DPO",
    to_fill_in: "to be filled in",
    grounds: "The grounds are those that Comitia was made for; the controller confirms them.",
    transfers: (
        "Transfers",
        "none to a third country by Comitia itself; where it is hosted, and the recipients that are named, are to be checked",
    ),
    measures: "General security measures",
    missing: "Not in this configuration (their part of the record is printed with their own)",
    without: "Tables without personal data",
    labels: ["People", "Data", "Purpose", "Ground", "Kept", "Recipients", "Security", "Tables"],
    colon: ":",
};

const fn frame(language: Language) -> &'static Frame {
    match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
    }
}

impl Entry {
    /// What it says, under the labels of a frame. The last one, its tables, is left out where there are none.
    fn lines(&self, frame: &Frame) -> Vec<(&'static str, String)> {
        let tables: Vec<_> = self.tables.iter().map(|table| table.name).collect();
        let said = [
            self.people.to_owned(),
            self.data.to_owned(),
            self.purpose.to_owned(),
            self.ground.to_owned(),
            self.kept.clone(),
            self.recipients.clone(),
            self.security.clone(),
            tables.join(", "),
        ];
        let lines = frame.labels.into_iter().zip(said);
        lines.filter(|(_, said)| !said.is_empty()).map(|(label, said)| (label, harmless(&said))).collect()
    }
}

impl Record {
    fn head(&self, frame: &'static Frame) -> [(&'static str, String); 3] {
        let given =
            |text: &Option<String>| text.as_deref().map_or_else(|| frame.to_fill_in.to_owned(), harmless);
        let (transfers, said) = frame.transfers;
        [
            (frame.controller, given(&self.controller)),
            (frame.contact, given(&self.contact)),
            (transfers, said.to_owned()),
        ]
    }

    fn missing(&self) -> String {
        self.missing.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ")
    }
}

/// For people, in lines that fit a terminal.
pub(super) fn text(record: &Record) -> String {
    let frame = frame(record.language);
    let mut out = format!("{}\n\n", frame.title);
    for (label, said) in record.head(frame) {
        line(&mut out, &format!("{label}{}", frame.colon), &said);
    }
    out.push('\n');
    wrap(&mut out, 0, frame.grounds);
    for (number, entry) in record.entries.iter().enumerate() {
        // Writing to a String does not fail.
        let _ = write!(out, "\n{}. {}\n", number + 1, entry.title);
        for (label, said) in entry.lines(frame) {
            line(&mut out, &format!("   {label}"), &said);
        }
    }
    let _ = write!(out, "\n{}\n", frame.measures);
    for measure in &record.measures {
        line(&mut out, if measure.in_force { "   ok" } else { "   !" }, measure.text);
    }
    let _ = write!(out, "\n{}\n", frame.without);
    line(&mut out, "", &privacy::WITHOUT.join(", "));
    if !record.missing.is_empty() {
        let _ = write!(out, "\n{}\n", frame.missing);
        line(&mut out, "", &record.missing());
    }
    out
}

/// A label and what stands beside it.
fn line(out: &mut String, label: &str, said: &str) {
    out.push_str(label);
    out.push_str(&" ".repeat(INDENT.saturating_sub(label.width()).max(1)));
    wrap(out, INDENT, said);
}

/// A text in lines of at most [`WIDTH`], of which the first has begun. A no-break space parts no line.
fn wrap(out: &mut String, indent: usize, text: &str) {
    let mut column = indent;
    for (place, word) in text.split(' ').enumerate() {
        if place > 0 && column + 1 + word.width() > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if place > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
    }
    out.push('\n');
}

/// A document.
pub(super) fn markdown(record: &Record) -> String {
    let frame = frame(record.language);
    let mut out = format!("# {}\n\n| | |\n|---|---|\n", frame.title);
    for (label, said) in record.head(frame) {
        let _ = writeln!(out, "| {label} | {} |", cell(&said));
    }
    let _ = write!(out, "\n{}\n", frame.grounds);
    for (number, entry) in record.entries.iter().enumerate() {
        let _ = write!(out, "\n## {}. {}\n\n| | |\n|---|---|\n", number + 1, entry.title);
        for (label, said) in entry.lines(frame) {
            let _ = writeln!(out, "| {label} | {} |", cell(&said));
        }
    }
    let _ = write!(out, "\n## {}\n\n", frame.measures);
    for measure in &record.measures {
        let _ = writeln!(out, "- {}", measure.text);
    }
    let _ = write!(out, "\n## {}\n\n{}\n", frame.without, privacy::WITHOUT.join(", "));
    if !record.missing.is_empty() {
        let _ = write!(out, "\n## {}\n\n{}\n", frame.missing, record.missing());
    }
    out
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

/// For programs.
pub(super) fn json(record: &Record) -> Json {
    let processing: Vec<Json> = record.entries.iter().map(entry).collect();
    let measures: Vec<Json> = record
        .measures
        .iter()
        .map(|measure| json!({ "id": measure.id, "inForce": measure.in_force, "text": measure.text }))
        .collect();
    json!({
        "language": match record.language {
            Language::French => "fr",
            Language::English => "en",
        },
        "controller": record.controller,
        "contact": record.contact,
        "processing": processing,
        "measures": measures,
        "withoutPersonalData": privacy::WITHOUT,
        "notInThisConfiguration": record.missing.iter().map(|service| service.name()).collect::<Vec<_>>(),
    })
}

fn entry(entry: &Entry) -> Json {
    let columns = |list: &'static str| list.split_whitespace().collect::<Vec<_>>();
    let tables: Map<String, Json> =
        entry.tables.iter().map(|table| (table.name.to_owned(), json!(columns(table.personal)))).collect();
    let settings: Map<String, Json> = entry
        .settings
        .iter()
        .map(|setting| {
            let value = match &setting.value {
                Value::Time(time) => json!({ "seconds": time.num_seconds() }),
                Value::Number(number) => json!(number),
                Value::Names(names) => json!(names),
                Value::Said(words) => json!(words.en),
                Value::Unknown => Json::Null,
            };
            (setting.name.to_owned(), value)
        })
        .collect();
    json!({
        "id": entry.id,
        "title": entry.title,
        "people": entry.people,
        "data": entry.data,
        "purpose": entry.purpose,
        "ground": entry.ground,
        "kept": entry.kept,
        "recipients": entry.recipients,
        "security": entry.security,
        "tables": tables,
        "settings": settings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_break_at_spaces_alone() {
        let mut out = String::new();
        line(&mut out, "   Durée", &"quelque\u{a0}chose ".repeat(30));
        let lines: Vec<_> = out.lines().collect();
        assert!(lines.len() > 3 && lines.iter().all(|line| line.width() <= WIDTH), "{out}");
        assert!(lines[0].starts_with("   Durée          quelque\u{a0}chose"), "{out}");
        assert!(lines[1].starts_with("                  quelque\u{a0}chose"), "{out}");
    }

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(cell("a | b * <c>"), "a \\| b \\* &lt;c>");
    }
}
