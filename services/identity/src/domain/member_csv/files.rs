//! Files as offices make them: each is read, or refused with line, column and what to do.

use chrono::NaiveDate;
use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::{Parsed, Remark, parse};
use crate::domain::encoding;

const PLAIN: &str = "member_number;district;birth_date;email\r\n0001;centre;1980-02-28;a@ville.example\r\n\
                     0002;quais;;\r\n";

/// What becomes of a file.
enum Wanted {
    /// The numbers of the members.
    Read(&'static [&'static str]),
    /// Line, column, and how the rule begins.
    Refused(u64, &'static str, &'static str),
}

use Wanted::{Read, Refused};

fn today() -> NaiveDate {
    "2026-06-01".parse().unwrap()
}

/// As an import reads a file.
fn load(file: &[u8], said: &str) -> Result<Parsed, Remark> {
    let said = encoding::named(said).unwrap();
    let text = encoding::decode(file, said).map_err(|bad| Remark::new(bad.line, "encoding", bad.rule))?;
    parse(&text, today())
}

fn utf_16(text: &str, mark: &str) -> Vec<u8> {
    format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn windows(text: &str) -> Vec<u8> {
    WINDOWS_1252.encode(text).0.into_owned()
}

/// Name, bytes, encoding that was chosen, and what becomes of it.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str, Wanted)> {
    let head = |rest: &str| format!("member_number;district;birth_date;email\n{rest}").into_bytes();
    let accents = "member_number;district\nÉ-1;centre\n";
    vec![
        ("UTF-8 with semicolons", PLAIN.into(), "", Read(&["0001", "0002"])),
        ("UTF-8 with its mark, as Excel", format!("\u{feff}{PLAIN}").into(), "", Read(&["0001", "0002"])),
        ("commas", PLAIN.replace(';', ",").into(), "", Read(&["0001", "0002"])),
        ("tabs", PLAIN.replace(';', "\t").into(), "", Read(&["0001", "0002"])),
        ("Unicode text of Excel", utf_16(&PLAIN.replace(';', "\t"), "\u{feff}"), "", Read(&["0001", "0002"])),
        ("UTF-16 without its mark", utf_16(PLAIN, ""), "", Read(&["0001", "0002"])),
        ("Windows-1252 that is named", windows(accents), "windows-1252", Read(&["É-1"])),
        (
            "Windows-1252 that is not",
            windows(accents),
            "",
            Refused(2, "encoding", "byte 1 (0xC9) is not UTF-8"),
        ),
        ("UTF-8 taken for UTF-16", PLAIN.into(), "utf-16le", Refused(1, "encoding", "")),
        (
            "half a file in UTF-16",
            utf_16(PLAIN, "\u{feff}")[..21].to_vec(),
            "",
            Refused(1, "encoding", "is not in UTF-16LE"),
        ),
        ("sep= of Excel", format!("sep=;\r\n{PLAIN}").into(), "", Read(&["0001", "0002"])),
        (
            "quotes everywhere",
            "\"member_number\",\"email\"\n\"0001\",\"a@b.example\"\n".into(),
            "",
            Read(&["0001"]),
        ),
        ("zeros kept by a formula", head("=\"0001\";centre;;\n"), "", Read(&["0001"])),
        ("zeros kept by an apostrophe", head("'0001;centre;;\n"), "", Read(&["0001"])),
        (
            "zeros lost, one person twice",
            head("7;centre;;\n0007;quais;;\n7;quais;;\n"),
            "",
            Refused(4, "member_number", "must be on one line only, and is on line 2"),
        ),
        (
            "a number that was shortened",
            head("1,23457E+11;centre;;\n"),
            "",
            Refused(2, "member_number", "was shortened"),
        ),
        (
            "a formula",
            head("=A1+1;centre;;\n"),
            "",
            Refused(2, "member_number", "must be a number and not a formula"),
        ),
        (
            "dates by day first",
            head("0001;centre;28/02/1980;\n0002;;3.4.1980;\n"),
            "",
            Read(&["0001", "0002"]),
        ),
        (
            "names in French",
            "Numéro d’électeur;Quartier;Date de naissance;Courriel\n0001;centre;28/02/1980;a@b.example\n"
                .into(),
            "",
            Read(&["0001"]),
        ),
        ("spaces that do not break", head("00\u{a0}01;centre;;\n"), "", Read(&["00 01"])),
        (
            "a merged title above",
            format!("Liste électorale 2026;;;\n{PLAIN}").into(),
            "",
            Refused(1, "header", "must have no names but"),
        ),
        (
            "two rows of headers",
            head("numéro;quartier;naissance;courriel\n1;centre;;\n"),
            "",
            Refused(2, "birth_date", "must be a date"),
        ),
        ("no header", "0001;centre;;\n".into(), "", Refused(1, "header", "must have no names but")),
        (
            "a column too many",
            "member_number;nom\n1;Durand\n".into(),
            "",
            Refused(1, "header", "must have no names but"),
        ),
        (
            "a column twice",
            "member_number;email;email\n1;;\n".into(),
            "",
            Refused(1, "header", "must name each column once"),
        ),
        (
            "no number",
            "district;email\ncentre;\n".into(),
            "",
            Refused(1, "header", "must name the column member_number"),
        ),
        (
            "dates with the month first",
            head("1;centre;02/28/1980;\n"),
            "",
            Refused(2, "birth_date", "must be a date with the day first"),
        ),
        (
            "dates with two digits",
            head("1;centre;80-02-28;\n"),
            "",
            Refused(2, "birth_date", "must be in the past"),
        ),
        (
            "dates as numbers of days",
            head("1;centre;29279;\n"),
            "",
            Refused(2, "birth_date", "must be a date"),
        ),
        (
            "a date to come",
            head("1;centre;2031-01-01;\n"),
            "",
            Refused(2, "birth_date", "must be in the past"),
        ),
        (
            "an address without a host",
            head("1;centre;;amelie@\n"),
            "",
            Refused(2, "email", "must be an e-mail address"),
        ),
        (
            "the name of a district",
            head("1;Les Quais;;\n"),
            "",
            Refused(2, "district", "must be 1 to 64 letters"),
        ),
        ("too few values", head("1;centre\n"), "", Refused(2, "line", "must have 4 fields")),
        ("too many values", head("1;centre;;;x\n"), "", Refused(2, "line", "must have 4 fields")),
        (
            "a quotation mark that is open",
            head("\"1;centre;;\n2;centre;;\n"),
            "",
            Refused(2, "line", "has a quotation mark"),
        ),
        ("an empty line amid", head("1;centre;;\n;;;\n\n2;quais;;\n"), "", Read(&["1", "2"])),
        ("line ends of old Macintoshes", PLAIN.replace("\r\n", "\r").into(), "", Read(&["0001", "0002"])),
        (
            "nothing",
            Vec::new(),
            "",
            Refused(1, "header", "must name the column member_number: the file is empty"),
        ),
        (
            "empty lines alone",
            b"\r\n\r\n".to_vec(),
            "",
            Refused(1, "header", "must name the column member_number: the file is empty"),
        ),
        (
            "a workbook called .csv",
            b"PK\x03\x04\x14\0\x06\0".to_vec(),
            "",
            Refused(1, "encoding", "is a workbook"),
        ),
        (
            "an old workbook called .csv",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
            "",
            Refused(1, "encoding", "is a workbook"),
        ),
        (
            "an executable called .csv",
            b"MZ\x90\0\x03\0\0\0\x04".to_vec(),
            "",
            Refused(1, "encoding", "is no CSV"),
        ),
        ("a PDF called .csv", b"%PDF-1.7\n".to_vec(), "", Refused(1, "encoding", "is no CSV")),
        ("a compressed file", b"\x1f\x8b\x08\0\0".to_vec(), "", Refused(1, "encoding", "is compressed")),
        (
            "text that was spoiled before",
            head("\u{fffd}1;centre;;\n"),
            "",
            Refused(2, "member_number", "has a character that cannot be read"),
        ),
    ]
}

#[test]
fn every_file_is_read_or_refused_at_its_place() {
    for (name, bytes, said, wanted) in files() {
        let read = load(&bytes, said);
        match (wanted, &read) {
            (Read(numbers), Ok(parsed)) => {
                assert_eq!(parsed.bad, [], "{name}");
                let got: Vec<_> = parsed.members.iter().map(|member| member.member_number.as_str()).collect();
                assert_eq!(got, numbers, "{name}");
            }
            (Refused(line, column, rule), Ok(parsed)) => {
                let bad =
                    parsed.bad.first().unwrap_or_else(|| panic!("{name} was read: {:?}", parsed.members));
                assert_eq!((bad.line, bad.column), (line, column), "{name}: {}", bad.text);
                assert!(bad.text.starts_with(rule), "{name}: {}", bad.text);
            }
            (Refused(line, column, rule), Err(bad)) => {
                assert_eq!((bad.line, bad.column), (line, column), "{name}: {}", bad.text);
                assert!(bad.text.starts_with(rule), "{name}: {}", bad.text);
            }
            (Read(_), Err(bad)) => panic!("{name} was refused: {bad:?}"),
        }
    }
}

#[test]
fn what_was_recognized_is_told() {
    let parsed = load(&utf_16(&PLAIN.replace(';', "\t"), "\u{feff}"), "").unwrap();
    assert_eq!((parsed.separator, parsed.columns.len()), ('\t', 4));
    assert_eq!(encoding::of(&utf_16(PLAIN, ""), None).0, UTF_16LE);
    assert_eq!(load(PLAIN.as_bytes(), "").unwrap().separator, ';');
}
