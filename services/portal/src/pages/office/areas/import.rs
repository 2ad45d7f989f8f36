//! Areas from a file: read and shown first, then created, all of them or none.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use comitia_proto::spaces::v1::{BatchCreateAreasRequest, CreateAreaRequest};
use http::StatusCode;
use maud::{Markup, html};

use super::draw;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::office::parts::{Sheet, done, status};
use crate::pages::office::upload::Upload;
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::folded;
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, button, button_link, buttons, form_file,
    form_post, notice, table,
};
use crate::visit::PageResult;

/// Far more than a thousand areas with their names.
const FILE_BYTES: usize = 200 * 1024;
/// A map, as the API takes it.
const MAP_BYTES: usize = 10_000_000;
const AREAS_AT_MOST: usize = 1_000;
const PROPERTY_MAX: u32 = 100;
/// Rows that the preview shows.
const SHOWN: usize = 20;

pub fn routes() -> Router {
    Router::new()
        .route("/office/areas/file", get(choose).post(preview))
        .layer(DefaultBodyLimit::max(MAP_BYTES + 16 * 1024))
        .route("/office/areas/import", post(import))
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// Its number, the first being 1.
    number: u64,
    code: String,
    title: String,
    parent: String,
}

/// What is wrong with a file: a line, a column, and what to do.
type Faults = Vec<(u64, String, String)>;

async fn choose(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    Ok(choose_page(&officer, &FieldErrors::new(), &[]))
}

pub(super) fn choose_page(
    officer: &Officer,
    errors: &FieldErrors,
    faults: &[(u64, String, String)],
) -> Response {
    let locale = officer.locale;
    let example = "code;nom;fait partie de\ncentre;Centre-ville;\nquais;Les Quais;centre";
    let body = html! {
        @if !faults.is_empty() { (faults_table(&locale, faults)) }
        (form_file(&officer.link("/office/areas/file"), html! {
            (Field::new(&locale, "file", t!(locale, "office-areas-file"))
                .hint(t!(locale, "office-areas-file-hint")).error(errors.of("file")).file(".csv,.txt,.json,.geojson,text/csv,application/geo+json"))
            details .more {
                summary { (t!(locale, "office-map-names")) }
                div {
                    (Field::new(&locale, "code_property", t!(locale, "office-map-code-property"))
                        .hint(t!(locale, "office-map-property-hint")).optional().max_length(PROPERTY_MAX).input(Kind::Text, ""))
                    (Field::new(&locale, "title_property", t!(locale, "office-map-title-property"))
                        .optional().max_length(PROPERTY_MAX).input(Kind::Text, ""))
                }
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-areas-file-read"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/areas")))
            }))
        }))
        h2 { (t!(locale, "office-areas-file-example")) }
        p { (t!(locale, "office-areas-file-columns")) }
        pre tabindex="0" { (example) }
        p { (t!(locale, "office-map-about")) }
    };
    let sheet = Sheet {
        desk: Desk::Areas,
        title: &t!(locale, "office-areas-import"),
        lead: &t!(locale, "office-areas-import-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, status(errors), body)
}

/// The lines that are wrong.
fn faults_table(locale: &Locale, faults: &[(u64, String, String)]) -> Markup {
    let heads =
        [t!(locale, "office-file-line"), t!(locale, "office-file-column"), t!(locale, "office-file-fault")];
    let columns: Vec<_> =
        heads.iter().enumerate().map(|(place, label)| Column { label, numeric: place == 0 }).collect();
    let rows = faults
        .iter()
        .map(|(line, column, rule)| {
            vec![html! { (locale.number(*line)) }, html! { (column) }, html! { (rule) }]
        })
        .collect();
    table(&Table {
        id: "faults",
        caption: &t!(locale, "office-file-faults", count = faults.len()),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

async fn preview(officer: Officer, upload: Upload) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let mut errors = FieldErrors::new();
    if upload.file.is_empty() {
        errors.push("file", t!(locale, "office-file-missing"));
        return Ok(choose_page(&officer, &errors, &[]));
    }
    if draw::is_geojson(&upload.file) {
        return draw::preview(&officer, &upload).await;
    }
    if upload.file.len() > FILE_BYTES {
        errors.push("file", t!(locale, "office-areas-file-large"));
        return Ok(choose_page(&officer, &errors, &[]));
    }
    let lines = match read(&locale, &upload.file) {
        Ok(lines) => lines,
        Err(faults) => {
            errors.push("file", t!(locale, "office-areas-file-wrong"));
            return Ok(choose_page(&officer, &errors, &faults));
        }
    };
    match call(&officer, &lines, true).await? {
        Ok(()) => Ok(preview_page(&officer, &lines)),
        Err(faults) => {
            errors.push("file", t!(locale, "office-areas-file-wrong"));
            Ok(choose_page(&officer, &errors, &faults))
        }
    }
}

fn preview_page(officer: &Officer, lines: &[Line]) -> Response {
    let locale = officer.locale;
    let heads = [
        t!(locale, "office-areas-code"),
        t!(locale, "office-areas-title"),
        t!(locale, "office-areas-part-of"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = lines
        .iter()
        .take(SHOWN)
        .map(|line| {
            vec![
                html! { code { (line.code) } },
                html! { bdi { (line.title) } },
                html! { @if line.parent.is_empty() { "–" } @else { code { (line.parent) } } },
            ]
        })
        .collect();
    let body = html! {
        (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-areas-nothing-yet", count = lines.len())) } }))
        (table(&Table {
            id: "rows",
            caption: &t!(locale, "office-file-first-rows"),
            columns: &columns,
            rows,
            narrow: Narrow::Scroll,
        }))
        (form_post(&officer.link("/office/areas/import"), None, html! {
            @for line in lines {
                input type="hidden" name="code" value=(line.code);
                input type="hidden" name="title" value=(line.title);
                input type="hidden" name="parent" value=(line.parent);
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-areas-import-do", count = lines.len()), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/areas")))
            }))
        }))
    };
    let sheet = Sheet {
        desk: Desk::Areas,
        title: &t!(locale, "office-areas-preview"),
        lead: &t!(locale, "office-areas-preview-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    sheet.show(officer, StatusCode::OK, body)
}

async fn import(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let values = |name: &str| -> Vec<String> {
        form.fields().filter(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).collect()
    };
    let (codes, titles, parents) = (values("code"), values("title"), values("parent"));
    if codes.is_empty() || codes.len() != titles.len() || codes.len() != parents.len() {
        return Err(PageError::FormMalformed);
    }
    let lines: Vec<_> = (2..)
        .zip(codes)
        .zip(titles)
        .zip(parents)
        .map(|(((number, code), title), parent)| Line { number, code, title, parent })
        .collect();
    match call(&officer, &lines, false).await? {
        Ok(()) => Ok(done(&officer, "/office/areas", "imported")),
        Err(faults) => {
            let mut errors = FieldErrors::new();
            errors.push("file", t!(locale, "office-areas-file-wrong"));
            Ok(choose_page(&officer, &errors, &faults))
        }
    }
}

/// Creates the areas, or asks whether they could be; the lines that keep it from being done.
async fn call(
    officer: &Officer,
    lines: &[Line],
    validate_only: bool,
) -> Result<Result<(), Faults>, PageError> {
    let areas = lines
        .iter()
        .map(|line| CreateAreaRequest {
            code: line.code.clone(),
            title: line.title.clone(),
            parent_code: line.parent.clone(),
        })
        .collect();
    let request = officer.request(BatchCreateAreasRequest { areas, validate_only });
    let Err(status) = officer.services().areas().batch_create_areas(request).await else { return Ok(Ok(())) };
    let error = PageError::from(status);
    let violations = match &error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    let faults: Faults =
        violations.iter().filter_map(|(field, rule)| in_words(&officer.locale, lines, field, rule)).collect();
    if faults.is_empty() { Err(error) } else { Ok(Err(faults)) }
}

/// What the API says about `areas[7].code`, at its line.
fn in_words(locale: &Locale, lines: &[Line], field: &str, rule: &str) -> Option<(u64, String, String)> {
    let (index, column) = field.strip_prefix("areas[")?.split_once("].")?;
    let line = lines.get(index.parse::<usize>().ok()?)?;
    let (column, text) = match column {
        "code" if rule.contains("another area") => {
            (t!(locale, "office-areas-code"), t!(locale, "office-areas-code-taken"))
        }
        "code" if rule.contains("twice") => {
            (t!(locale, "office-areas-code"), t!(locale, "office-areas-code-twice"))
        }
        "code" => (t!(locale, "office-areas-code"), t!(locale, "office-areas-code-wrong")),
        "title" => (t!(locale, "office-areas-title"), t!(locale, "office-areas-title-wrong")),
        _ => (t!(locale, "office-areas-part-of"), t!(locale, "office-areas-parent-wrong")),
    };
    Some((line.number, column.into_owned(), text.into_owned()))
}

/// The lines of a file in UTF-8, UTF-16 or Windows-1252, with commas, semicolons or tabs.
fn read(locale: &Locale, bytes: &[u8]) -> Result<Vec<Line>, Faults> {
    let whole = |text: std::borrow::Cow<'static, str>| {
        vec![(1, t!(locale, "office-file-whole").into_owned(), text.into_owned())]
    };
    if bytes.len() > FILE_BYTES {
        return Err(whole(t!(locale, "office-areas-file-large")));
    }
    if !looks_like_text(bytes) {
        return Err(whole(t!(locale, "office-file-no-csv")));
    }
    let encoding = encoding_rs::Encoding::for_bom(bytes).map_or_else(
        || if std::str::from_utf8(bytes).is_ok() { encoding_rs::UTF_8 } else { encoding_rs::WINDOWS_1252 },
        |(encoding, _)| encoding,
    );
    let (text, _, _) = encoding.decode(bytes);
    // The ends of lines of every system.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [b';', b'\t', b','].into_iter().max_by_key(|separator| {
        // Of equal numbers the last wins, and a comma stands in names.
        (first.bytes().filter(|byte| byte == separator).count(), *separator == b';')
    });
    let mut records = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let record =
            record(line, separator.unwrap_or(b';')).ok_or_else(|| whole(t!(locale, "office-file-no-csv")))?;
        if record.iter().any(|field| !field.is_empty()) {
            records.push((number, record));
        }
    }
    let Some((_, head)) = records.first() else { return Err(whole(t!(locale, "office-file-empty"))) };
    let columns = columns(head).ok_or_else(|| whole(t!(locale, "office-areas-file-header")))?;
    let lines: Vec<_> = records
        .iter()
        .skip(1)
        .map(|(number, record)| {
            let cell = |place: Option<usize>| {
                place.and_then(|place| record.get(place)).unwrap_or_default().to_owned()
            };
            Line {
                number: *number,
                code: cell(Some(columns.0)),
                title: cell(Some(columns.1)),
                parent: cell(columns.2),
            }
        })
        .collect();
    if lines.is_empty() {
        return Err(whole(t!(locale, "office-file-empty")));
    }
    if lines.len() > AREAS_AT_MOST {
        return Err(whole(t!(locale, "office-areas-file-large")));
    }
    Ok(lines)
}

/// The fields of a line; nothing when it is none.
fn record(line: &str, separator: u8) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes());
    reader.records().next()?.ok()
}

/// Text has no control characters but line ends and tabs; UTF-16 has its mark.
fn looks_like_text(bytes: &[u8]) -> bool {
    encoding_rs::Encoding::for_bom(bytes).is_some()
        || !bytes.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t'))
}

/// Where the header has code, title and parent, in French or English.
fn columns(head: &csv::StringRecord) -> Option<(usize, usize, Option<usize>)> {
    const CODES: [&str; 3] = ["code", "code quartier", "identifiant"];
    const TITLES: [&str; 6] = ["titre", "title", "nom", "name", "quartier", "libelle"];
    const PARENTS: [&str; 5] = ["fait partie de", "part of", "parent", "parent_code", "secteur"];
    let place = |names: &[&str]| {
        head.iter().position(|field| names.contains(&folded(field.trim_start_matches('\u{feff}')).as_str()))
    };
    Some((place(&CODES)?, place(&TITLES)?, place(&PARENTS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn locale() -> Locale {
        Locale::new(Language::parse("en").unwrap(), chrono_tz::UTC)
    }

    fn codes(bytes: &[u8]) -> Vec<(u64, String, String, String)> {
        let lines = read(&locale(), bytes).unwrap();
        lines.into_iter().map(|line| (line.number, line.code, line.title, line.parent)).collect()
    }

    #[test]
    fn files_of_offices_are_read() {
        let wanted = [
            (2, "c1".to_owned(), "L’Écluse".to_owned(), String::new()),
            (4, "c2".to_owned(), "Quais, nord".to_owned(), "c1".to_owned()),
        ];
        let text = "Code;Nom;Fait partie de\r\nc1;L’Écluse;\r\n;;\r\nc2;\"Quais, nord\";c1\r\n";
        let utf_16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        for bytes in [text.as_bytes(), format!("\u{feff}{text}").as_bytes(), &utf_16, &windows] {
            assert_eq!(codes(bytes), wanted);
        }
        let commas = "title,parent,code\nL’Écluse,,c1\n\n\"Quais, nord\",c1,c2\n";
        assert_eq!(codes(commas.as_bytes())[1].1, "c2");
    }

    #[test]
    fn other_files_are_refused_whole() {
        for bytes in [
            b"".as_slice(),
            b"\n\n",
            b"code;nom\n",
            b"c1;Centre\nc2;Quais\n",
            b"MZ\x90\0\x03\0\0\0",
            b"PK\x03\x04\x14\0",
            &[b'a'; FILE_BYTES + 1],
        ] {
            let faults = read(&locale(), bytes).unwrap_err();
            assert_eq!(faults.len(), 1);
            assert!(!faults[0].2.starts_with("office-"), "{faults:?}");
        }
    }
}
