//! Letters for the printer. The office has names and addresses in a file of its own; Comitia does not. The file is read beside
//! the codes, waits sealed for half an hour, and nothing of it is stored. Each print batch is one PDF with its own codes, made
//! when it is asked for: the same file and the same batch give the same letters again for a day.

mod table;
mod words;

use std::collections::{HashMap, HashSet};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use comitia_letters::{Batch, Logo, NotWritten};
use comitia_platform::ApiError;
use comitia_proto::identity::v1::{AccessCode, GenerateAccessCodesRequest, Roll};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::table::{Fault, Row};
use self::words::{Draft, Forms, NOTE_MAX, SENDER_MAX};
use super::file::ENCODINGS;
use super::{path, roll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::files;
use crate::pages::office::parts::{Sheet, derived, status};
use crate::pages::office::upload::{BODY_BYTES, Upload};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::{self, Slug};
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Narrow, Stat, Table, Tone, Width, button, button_link,
    buttons, details, form_file, form_post, notice, stats, table as data_table,
};
use crate::visit::PageResult;

/// Letters of a print batch: a file of some megabytes, made in a few seconds.
const LETTERS: usize = 500;
/// A logo is 60 mm wide at the most: 300 dots an inch.
const LOGO_PIXELS: i32 = 709;
/// More than any rendition has.
const LOGO_BYTES: usize = 4 * 1024 * 1024;
/// Members whom one question names.
const NAMED: usize = 1_000;
/// Rows, faults and lines without a letter that are shown.
const ROWS_SHOWN: usize = 5;
const FAULTS_SHOWN: usize = 200;

pub fn routes() -> Router {
    Router::new()
        .route("/office/rolls/{slug}/file/letters", get(choose).post(preview))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .route("/office/rolls/{slug}/letters/specimen", get(again).post(specimen))
        .route("/office/rolls/{slug}/letters/batch", get(again).post(batch))
}

/// Where the letters of a roll begin, after the language.
pub fn way(roll: &Roll) -> String {
    format!("{}/file/letters", path(roll))
}

/// Who loads the page after a file again begins with the file.
async fn again(officer: Officer, slug: Slug) -> PageResult {
    let roll = roll(&officer, slug.id()).await?;
    Ok(Redirect::to(&officer.link(&way(&roll))).into_response())
}

async fn choose(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    Ok(choose_page(&officer, &roll, &Draft::new(&officer), &FieldErrors::new(), &[]))
}

fn choose_page(
    officer: &Officer,
    roll: &Roll,
    draft: &Draft,
    errors: &FieldErrors,
    faults: &[Fault],
) -> Response {
    let locale = officer.locale;
    let encodings: Vec<_> = ENCODINGS.iter().map(|(value, name)| (*value, locale.text(name))).collect();
    let encodings: Vec<_> = encodings.iter().map(|(value, name)| Choice::new(value, name)).collect();
    let windows =
        [("right", t!(locale, "office-letters-right")), ("left", t!(locale, "office-letters-left"))];
    let windows: Vec<_> = windows.iter().map(|(value, name)| Choice::new(value, name)).collect();
    let languages: Vec<_> =
        officer.languages.iter().map(|language| (language.code(), language.name())).collect();
    let languages: Vec<_> = languages.iter().map(|(value, name)| Choice::new(value, name)).collect();
    let body = html! {
        @if !faults.is_empty() { (faults_table(&locale, faults)) }
        (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-letters-not-kept")) } }))
        (form_file(&officer.link(&way(roll)), html! {
            (Field::new(&locale, "file", t!(locale, "office-letters-file"))
                .hint(t!(locale, "office-letters-file-hint")).error(errors.of("file")).file(".csv,.txt,text/csv"))
            (Field::new(&locale, "encoding", t!(locale, "office-encoding"))
                .hint(t!(locale, "office-encoding-hint")).width(Width::Medium)
                .select(Some(&draft.encoding), None, &encodings))
            (Field::new(&locale, "sender", t!(locale, "office-letters-sender"))
                .hint(t!(locale, "office-letters-sender-hint")).error(errors.of("sender"))
                .max_length(SENDER_MAX).textarea(&draft.sender, 5))
            (Field::new(&locale, "window", t!(locale, "office-letters-window"))
                .hint(t!(locale, "office-letters-window-hint")).width(Width::Medium)
                .select(Some(&draft.window), None, &windows))
            (Field::new(&locale, "language", t!(locale, "office-letters-language"))
                .hint(t!(locale, "office-letters-language-hint")).width(Width::Medium)
                .select(Some(&draft.language), None, &languages))
            (Field::new(&locale, "note", t!(locale, "office-letters-note"))
                .hint(t!(locale, "office-letters-note-hint")).error(errors.of("note")).optional()
                .max_length(NOTE_MAX).textarea(&draft.note, 4))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-rolls-read"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&path(roll))))
            }))
        }))
        h2 { (t!(locale, "office-rolls-example")) }
        p { (t!(locale, "office-letters-columns")) }
        pre tabindex="0" { (t!(locale, "office-letters-example")) }
    };
    let (title, lead) = (t!(locale, "office-letters"), t!(locale, "office-letters-lead"));
    sheet(officer, roll, &title, &lead, errors, None, body)
}

fn sheet(
    officer: &Officer,
    roll: &Roll,
    title: &str,
    lead: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
    body: Markup,
) -> Response {
    let way = officer.link(&path(roll));
    let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
    let sheet = Sheet { desk: Desk::Rolls, title, lead, way: &[(&roll.title, &way)], errors, said };
    sheet.show(officer, status, body)
}

fn faults_table(locale: &Locale, faults: &[Fault]) -> Markup {
    let heads =
        [t!(locale, "office-file-line"), t!(locale, "office-file-column"), t!(locale, "office-file-fault")];
    let columns: Vec<_> =
        heads.iter().enumerate().map(|(place, label)| Column { label, numeric: place == 0 }).collect();
    let row = |(line, column, fault): &Fault| {
        vec![html! { (locale.number(*line)) }, html! { bdi { (column) } }, html! { (fault) }]
    };
    data_table(&Table {
        id: "faults",
        caption: &t!(locale, "office-file-faults", count = faults.len()),
        columns: &columns,
        rows: faults.iter().take(FAULTS_SHOWN).map(row).collect(),
        narrow: Narrow::Stack,
    })
}

/// A file that was read, with the form of its letters: everything in it can be printed.
struct Ready {
    rows: Vec<Row>,
    forms: Forms,
}

/// Reads a file and checks each letter that would come of it.
async fn read(
    officer: &Officer,
    roll: &Roll,
    draft: &Draft,
    file: &Bytes,
) -> Result<Result<Ready, Response>, PageError> {
    let locale = officer.locale;
    let refuse = |errors: &FieldErrors, faults: &[Fault]| choose_page(officer, roll, draft, errors, faults);
    let logo = logo(officer).await?;
    let forms = match draft.forms(officer, logo.as_ref()) {
        Ok(forms) => forms,
        Err(errors) => return Ok(Err(refuse(&errors, &[]))),
    };
    let (file, encoding) = (file.clone(), draft.encoding.clone());
    let work = comitia_core::task::blocking(move || {
        let rows = table::read(&locale, &file, &encoding)?;
        let faults = forms.faults(&locale, &rows);
        if faults.is_empty() { Ok(Ready { rows, forms }) } else { Err(faults) }
    });
    Ok(work.await.map_err(ApiError::internal)?.map_err(|faults| {
        let mut errors = FieldErrors::new();
        errors.push("file", t!(locale, "office-letters-file-wrong", count = faults.len()));
        refuse(&errors, &faults)
    }))
}

/// The organization's logo, as wide as it is printed. Letters of one vote look alike: where the file cannot be had now, there are
/// none.
async fn logo(officer: &Officer) -> Result<Option<Logo>, PageError> {
    let Some(logo) = officer.organization.logo.as_ref() else { return Ok(None) };
    let sharp =
        logo.renditions.iter().find(|size| size.width >= LOGO_PIXELS).or_else(|| logo.renditions.last());
    let width = sharp.map_or(0, |size| size.width);
    let jpeg = files::bytes(officer, logo.attachment_id.clone(), width, LOGO_BYTES).await?;
    Ok(Some(Logo { jpeg, alternative: logo.alternative_text.clone() }))
}

async fn preview(officer: Officer, slug: Slug, upload: Upload) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let draft = Draft::of(&upload.form);
    if upload.file.is_empty() {
        let mut errors = FieldErrors::new();
        errors.push("file", t!(officer.locale, "office-file-missing"));
        return Ok(choose_page(&officer, &roll, &draft, &errors, &[]));
    }
    let ready = match read(&officer, &roll, &draft, &upload.file).await? {
        Ok(ready) => ready,
        Err(page) => return Ok(page),
    };
    let given = would_be_given(&officer, &slug, &ready.rows).await?;
    let kept = officer.sessions().keep(officer.organization_id, &upload.file).await;
    Ok(preview_page(&officer, &roll, &draft, &ready.rows, &given, &kept.to_string(), None))
}

/// The numbers of the file whose members would be given a code.
async fn would_be_given(officer: &Officer, slug: &Slug, rows: &[Row]) -> Result<HashSet<String>, PageError> {
    let mut given = HashSet::new();
    for rows in rows.chunks(NAMED) {
        let request = GenerateAccessCodesRequest { validate_only: true, ..named(slug, rows) };
        let answer = officer.services().rolls().generate_access_codes(officer.request(request)).await?;
        given.extend(answer.into_inner().access_codes.into_iter().map(|code| code.member_number));
    }
    Ok(given)
}

fn named(slug: &Slug, rows: &[Row]) -> GenerateAccessCodesRequest {
    GenerateAccessCodesRequest {
        roll_id: slug.id(),
        member_numbers: rows.iter().map(|row| row.number.clone()).collect(),
        ..GenerateAccessCodesRequest::default()
    }
}

/// What was read, a letter to look at, and the batches.
fn preview_page(
    officer: &Officer,
    roll: &Roll,
    draft: &Draft,
    rows: &[Row],
    given: &HashSet<String>,
    upload: &str,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let here = officer.link(&path(roll));
    let without: Vec<_> = rows.iter().filter(|row| !given.contains(&row.number)).collect();
    let figures = [
        (locale.number(length(rows.len())), t!(locale, "office-rolls-lines")),
        (locale.number(length(given.len())), t!(locale, "office-letters-new")),
        (locale.number(length(without.len())), t!(locale, "office-letters-without")),
    ];
    let figures: Vec<_> = figures.iter().map(|(value, label)| Stat { value, label }).collect();
    let hidden = html! {
        input type="hidden" name="upload" value=(upload);
        @for (name, value) in [
            ("encoding", &draft.encoding), ("sender", &draft.sender), ("window", &draft.window),
            ("language", &draft.language), ("note", &draft.note),
        ] { input type="hidden" name=(name) value=(value); }
    };
    let body = html! {
        (stats(&figures))
        (first_rows(&locale, rows))
        @if !without.is_empty() {
            (details(&t!(locale, "office-letters-without-show", count = without.len()), html! {
                p { (t!(locale, "office-letters-without-text")) }
                ul {
                    @for row in without.iter().take(FAULTS_SHOWN) {
                        li { (t!(locale, "office-letters-without-line", line = row.line)) " " bdi { (row.number) } }
                    }
                }
            }))
        }
        h2 { (t!(locale, "office-letters-look")) }
        (form_post(&format!("{here}/letters/specimen"), None, html! {
            (hidden)
            (buttons(button(Button::Secondary, &t!(locale, "office-letters-specimen"), None)))
        }))
        h2 { (t!(locale, "office-letters-batches")) }
        (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
            ul {
                li { (t!(locale, "office-letters-makes")) }
                li { (t!(locale, "office-codes-secret")) }
                li { (t!(locale, "office-letters-again")) }
            }
        }))
        @for (place, batch) in rows.chunks(LETTERS).enumerate() {
            @let last = batch.last().map_or(0, |row| row.line);
            (form_post(&format!("{here}/letters/batch"), None, html! {
                (hidden)
                input type="hidden" name="batch" value=(place);
                (buttons(button(Button::Primary, &t!(locale, "office-letters-batch",
                    number = length(place + 1), first = batch[0].line, last = last), None)))
            }))
        }
    };
    let (title, lead) = (t!(locale, "office-letters-preview"), t!(locale, "office-letters-preview-lead"));
    sheet(officer, roll, &title, &lead, &FieldErrors::new(), said, body)
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The first rows, as they were read.
fn first_rows(locale: &Locale, rows: &[Row]) -> Markup {
    let heads = [
        t!(locale, "office-file-line"),
        t!(locale, "office-column-number"),
        t!(locale, "office-letters-address"),
    ];
    let columns: Vec<_> =
        heads.iter().enumerate().map(|(place, label)| Column { label, numeric: place == 0 }).collect();
    let row = |row: &Row| {
        vec![
            html! { (locale.number(row.line)) },
            html! { bdi { (row.number) } },
            html! { @for line in &row.address { bdi { (line) } br; } },
        ]
    };
    data_table(&Table {
        id: "rows",
        caption: &t!(locale, "office-file-first-rows"),
        columns: &columns,
        rows: rows.iter().take(ROWS_SHOWN).map(row).collect(),
        narrow: Narrow::Stack,
    })
}

/// The file that a form names, read once more, or the page that asks for it again.
async fn kept(
    officer: &Officer,
    roll: &Roll,
    form: &Form,
) -> Result<Result<(Draft, Bytes, Ready), Response>, PageError> {
    let id = Uuid::try_parse(form.text("upload")).map_err(|_| PageError::FormMalformed)?;
    let draft = Draft::of(form);
    let Some(file) = officer.sessions().kept(officer.organization_id, id).await else {
        let mut errors = FieldErrors::new();
        errors.push("file", t!(officer.locale, "office-letters-file-gone"));
        return Ok(Err(choose_page(officer, roll, &draft, &errors, &[])));
    };
    let ready = read(officer, roll, &draft, &file).await?;
    Ok(ready.map(|ready| (draft, file, ready)))
}

async fn specimen(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let ready = match kept(&officer, &roll, &form).await? {
        Ok((_, _, ready)) => ready,
        Err(page) => return Ok(page),
    };
    let letters = Letters::new(&officer, &roll, ready);
    let file =
        written(letters, |forms, rows, batch| match rows.first().and_then(|row| forms.specimen(row)) {
            Some((template, letter)) => batch.add(template, &letter),
            None => Ok(()),
        })
        .await?;
    Ok(pdf(file, &format!("{}-specimen", slugs::of_text(&roll.title, &roll.roll_id))))
}

/// Makes the codes of a batch, and its letters in the order of the file.
async fn batch(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let place: usize = form.text("batch").parse().map_err(|_| PageError::FormMalformed)?;
    let (draft, file, mut ready) = match kept(&officer, &roll, &form).await? {
        Ok(kept) => kept,
        Err(page) => return Ok(page),
    };
    let rows = ready.rows.chunks(LETTERS).nth(place).ok_or(PageError::FormMalformed)?.to_vec();
    // The same file gives the same codes, also when it was chosen anew.
    let digest = format!("{}:{}", roll.roll_id, hex::encode(Sha256::digest(&file)));
    let request = GenerateAccessCodesRequest { request_id: derived(&digest, place), ..named(&slug, &rows) };
    let answer = officer.services().rolls().generate_access_codes(officer.request(request)).await?;
    let codes: HashMap<_, _> = answer
        .into_inner()
        .access_codes
        .into_iter()
        .map(|AccessCode { member_number, access_code }| (member_number, access_code))
        .collect();
    if codes.is_empty() {
        let given = would_be_given(&officer, &slug, &ready.rows).await?;
        let text = t!(officer.locale, "office-letters-batch-empty");
        let said = notice(&officer.locale, Tone::Error, None, html! { p { (text) } });
        return Ok(preview_page(
            &officer,
            &roll,
            &draft,
            &ready.rows,
            &given,
            form.text("upload"),
            Some(said),
        ));
    }
    ready.rows = rows;
    let letters = Letters::new(&officer, &roll, ready);
    let file = written(letters, move |forms, rows, batch| {
        for row in rows {
            if let Some((template, letter)) = codes.get(&row.number).and_then(|code| forms.letter(row, code))
            {
                batch.add(template, &letter)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(pdf(file, &format!("{}-{}", slugs::of_text(&roll.title, &roll.roll_id), place + 1)))
}

/// What a file of letters is made of.
struct Letters {
    title: String,
    language: String,
    ready: Ready,
}

impl Letters {
    fn new(officer: &Officer, roll: &Roll, ready: Ready) -> Self {
        let title = t!(officer.locale, "office-letters-document", roll = &roll.title);
        Self { title, language: officer.locale.language.code().to_owned(), ready }
    }
}

/// The file, made on a thread for such work.
async fn written(
    letters: Letters,
    add: impl FnOnce(&Forms, &[Row], &mut Batch) -> Result<(), NotWritten> + Send + 'static,
) -> Result<Vec<u8>, PageError> {
    let work = comitia_core::task::blocking(move || {
        let mut batch = Batch::new(&letters.title, &letters.language)?;
        add(&letters.ready.forms, &letters.ready.rows, &mut batch)?;
        batch.finish()
    });
    work.await.map_err(ApiError::internal)?.map_err(|error| ApiError::internal(error).into())
}

/// A PDF to keep. Its name is plain letters.
fn pdf(content: Vec<u8>, name: &str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}-letters.pdf\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
