//! The office's file of addresses, for the letters alone: a number, a name, and lines of an address. Nothing of it is stored.

use std::collections::HashMap;

use encoding_rs::{Encoding, UTF_8};

use crate::locale::{Language, Locale, t};
use crate::pages::slugs::folded;

/// As many letters as codes that one file of the mail merge has.
pub const ROWS: usize = 50_000;
const NUMBER_MAX: usize = 64;

/// What a column has, by what its heading begins with in French or English, without accents. The first that fits is taken.
const HEADINGS: [(Kind, &[&str]); 4] = [
    (Kind::Number, &["member_number", "member number", "numero", "n°", "matricule", "number", "identifiant"]),
    (Kind::Language, &["langue", "language"]),
    (Kind::Name, &["civilite", "titre", "prenom", "nom", "first", "last", "name", "surname", "title"]),
    (Kind::Town, &["code postal", "cp", "ville", "commune", "localite", "postcode", "zip", "town", "city"]),
];

/// What a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Language,
    /// A part of the first line.
    Name,
    /// A line of its own.
    Line,
    /// A part of the last line.
    Town,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins, the first line being 1.
    pub line: u64,
    /// The member's number, as it is written.
    pub number: String,
    /// The lines of the address, and the column that each comes from.
    pub address: Vec<String>,
    pub columns: Vec<String>,
    /// The language of the letter, if the file says one that the site has.
    pub language: Option<Language>,
}

/// What is wrong with a file: a line, a column, and what to do.
pub type Fault = (u64, String, String);

/// The rows of a file, or everything that is wrong with it.
pub fn read(locale: &Locale, bytes: &[u8], encoding: &str) -> Result<Vec<Row>, Vec<Fault>> {
    let whole = |text: &str| vec![(1, t!(locale, "office-file-whole").into_owned(), text.to_owned())];
    let text = decoded(bytes, encoding).ok_or_else(|| whole(&t!(locale, "office-encoding-choose")))?;
    if text.contains('\0') {
        return Err(whole(&t!(locale, "office-file-no-csv")));
    }
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|mark| (head.bytes().filter(|byte| byte == mark).count(), *mark == b';'));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b';'))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| whole(&t!(locale, "office-file-no-csv")))?.clone();
    let kinds = kinds(&heads);
    if !kinds.contains(&Kind::Number) {
        return Err(whole(&t!(locale, "office-letters-no-number")));
    }
    let (mut rows, mut faults, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for record in reader.records() {
        let record = record.map_err(|_| whole(&t!(locale, "office-file-no-csv")))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == ROWS {
            return Err(whole(&t!(locale, "office-letters-too-many", count = ROWS)));
        }
        let row = row(&heads, &kinds, &record);
        let mut fault = |text: std::borrow::Cow<'_, str>| {
            faults.push((row.line, t!(locale, "office-column-number").into_owned(), text.into_owned()));
        };
        if !(1..=NUMBER_MAX).contains(&row.number.chars().count()) {
            fault(t!(locale, "office-rule-number"));
        } else if let Some(line) = seen.insert(row.number.to_lowercase(), row.line) {
            fault(t!(locale, "office-rule-twice", line = line).into());
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(whole(&t!(locale, "office-file-empty")));
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// The text of a file; nothing when its encoding has to be chosen. A byte order mark is stronger than what is chosen.
fn decoded(bytes: &[u8], encoding: &str) -> Option<String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let chosen = if encoding.is_empty() { Some(UTF_8) } else { Encoding::for_label(encoding.as_bytes()) };
    let (text, _, broken) = marked.or(chosen)?.decode(bytes);
    // The ends of lines of every system.
    (!broken).then(|| text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// What each column has. Only the first that looks like a number is the number.
fn kinds(heads: &csv::StringRecord) -> Vec<Kind> {
    let mut numbered = false;
    heads
        .iter()
        .map(|head| {
            let head = folded(head);
            let known = HEADINGS.iter().find(|(_, names)| names.iter().any(|name| head.starts_with(name)));
            match known.map_or(Kind::Line, |(kind, _)| *kind) {
                Kind::Number if numbered => Kind::Line,
                kind => {
                    numbered |= kind == Kind::Number;
                    kind
                }
            }
        })
        .collect()
}

fn row(heads: &csv::StringRecord, kinds: &[Kind], record: &csv::StringRecord) -> Row {
    let cells = || heads.iter().zip(kinds).zip(record.iter()).map(|((head, kind), cell)| (head, *kind, cell));
    let of = |wanted: Kind| cells().filter(move |(_, kind, cell)| *kind == wanted && !cell.is_empty());
    let joined = |wanted: Kind| {
        let first = of(wanted).next()?.0.to_owned();
        Some((first, of(wanted).map(|(_, _, cell)| cell).collect::<Vec<_>>().join(" ")))
    };
    let lines = joined(Kind::Name)
        .into_iter()
        .chain(of(Kind::Line).map(|(head, _, cell)| (head.to_owned(), cell.to_owned())))
        .chain(joined(Kind::Town));
    let (columns, address) = lines.unzip();
    Row {
        line: record.position().map_or(0, csv::Position::line),
        number: of(Kind::Number).next().map(|(_, _, cell)| cell.to_owned()).unwrap_or_default(),
        address,
        columns,
        language: of(Kind::Language).next().and_then(|(_, _, cell)| Language::parse(&cell.to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in_english(bytes: &[u8], encoding: &str) -> Result<Vec<Row>, Vec<Fault>> {
        read(&Locale::new(Language::parse("en").unwrap(), chrono_tz::UTC), bytes, encoding)
    }

    #[test]
    fn files_of_offices_are_read() {
        let wanted = ["Mme Amélie Roux", "Bât. C", "3, rue de l’Île", "69001 LYON"];
        let french = "Numéro;Civilité;Prénom;Nom;Complément;Voie;Code postal;Ville;Langue\r\n\
                      0007;Mme;Amélie;Roux;Bât. C;3, rue de l’Île;69001;LYON;EN\r\n";
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(french);
        let english = "member_number\tname\tline 1\tline 2\ttown\n\n0007\tMme Amélie Roux\t\"Bât. C\"\t3, rue de l’Île\t69001 LYON\n";
        let marked = format!("\u{feff}{french}");
        for (bytes, encoding) in [
            (french.as_bytes(), ""),
            (&windows[..], "windows-1252"),
            (english.as_bytes(), ""),
            (marked.as_bytes(), "windows-1252"),
        ] {
            let rows = read_in_english(bytes, encoding).unwrap();
            assert_eq!((rows.len(), rows[0].number.as_str()), (1, "0007"));
            assert_eq!(rows[0].address, wanted);
        }
        let rows = read_in_english(french.as_bytes(), "").unwrap();
        assert_eq!((rows[0].line, rows[0].language), (2, Language::parse("en")));
        assert_eq!(rows[0].columns, ["Civilité", "Complément", "Voie", "Code postal"]);
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let lines = |bytes: &[u8]| -> Vec<u64> {
            read_in_english(bytes, "").unwrap_err().into_iter().map(|(line, _, _)| line).collect()
        };
        assert_eq!(lines(b"numero;nom\n1;A\n;B\n2;C\n1;D\n"), [3, 5]);
        for whole in ["", "nom;rue\nA;B\n", "numero;nom\n", "numero\n\u{0}\n"] {
            assert_eq!(lines(whole.as_bytes()), [1], "{whole:?}");
        }
        assert_eq!(lines(b"num\xe9ro;nom\n1;A\n"), [1]);
        let mut many = "numero\n".to_owned();
        for row in 0..=ROWS {
            many.push_str(&row.to_string());
            many.push('\n');
        }
        assert_eq!(lines(many.as_bytes()), [1]);
    }
}
