//! Loading a roll from a file: chosen, read and shown with everything that is wrong, then done as it was shown, or not at all.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    BadLine, ImportNotice, Member, MemberChange, MemberChangeKind, ReloadMembersRequest,
    ReloadMembersResponse, Roll,
};
use maud::{Markup, html};
use uuid::Uuid;

use super::{loading, path, roll, words};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::count;
use crate::pages::office::parts::{Sheet, done, new_request_id, request_id, status, what_was_done};
use crate::pages::office::upload::{BODY_BYTES, Upload};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Narrow, Stat, SummaryRow, Table, Tone, Width, button,
    button_link, buttons, details, form_file, form_post, notice, stats, summary_list, table,
};
use crate::visit::PageResult;

/// The encodings that offices have, by the names of the Encoding Standard. The first is found out.
pub const ENCODINGS: [(&str, &str); 5] = [
    ("", key!("office-encoding-auto")),
    ("windows-1252", key!("office-encoding-western")),
    ("windows-1250", key!("office-encoding-central")),
    ("utf-16le", key!("office-encoding-utf-16")),
    ("utf-8", key!("office-encoding-utf-8")),
];
/// Changes of a kind that are listed.
const LISTED: usize = 100;

pub fn routes() -> Router {
    Router::new()
        .route("/office/rolls/{slug}/file", get(choose).post(preview))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}

/// Who reloads the page after loading begins with a file again.
pub async fn again(officer: Officer, slug: Slug) -> PageResult {
    let roll = roll(&officer, slug.id()).await?;
    Ok(Redirect::to(&officer.link(&format!("{}/file", path(&roll)))).into_response())
}

async fn choose(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    Ok(choose_page(&officer, &roll, "", &FieldErrors::new(), &[]))
}

fn choose_page(
    officer: &Officer,
    roll: &Roll,
    encoding: &str,
    errors: &FieldErrors,
    bad: &[BadLine],
) -> Response {
    let locale = officer.locale;
    let names: Vec<_> = ENCODINGS.iter().map(|(value, name)| (*value, locale.text(name))).collect();
    let encodings: Vec<_> = names.iter().map(|(value, name)| Choice::new(value, name)).collect();
    let here = path(roll);
    let body = html! {
        (what_was_done(officer, &[("created", key!("office-rolls-created-done"))]))
        @if !bad.is_empty() { (bad_lines(&locale, bad)) }
        (form_file(&officer.link(&format!("{here}/file")), html! {
            (Field::new(&locale, "file", t!(locale, "office-rolls-file"))
                .hint(t!(locale, "office-rolls-file-hint")).error(errors.of("file")).file(".csv,.txt,text/csv"))
            (Field::new(&locale, "encoding", t!(locale, "office-encoding"))
                .hint(t!(locale, "office-encoding-hint")).error(errors.of("encoding")).width(Width::Medium)
                .select(Some(encoding), None, &encodings))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-rolls-read"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&here)))
            }))
        }))
        h2 { (t!(locale, "office-rolls-example")) }
        p { (t!(locale, "office-rolls-columns")) }
        pre tabindex="0" { "member_number;district;birth_date;email\n0001;centre;1980-02-01;amelie@exemple.fr\n0002;quais;;" }
        ul {
            li { (t!(locale, "office-rolls-columns-number")) }
            li { (t!(locale, "office-rolls-columns-district")) }
            li { (t!(locale, "office-rolls-columns-birth-date")) }
            li { (t!(locale, "office-rolls-columns-email")) }
            li { (t!(locale, "office-rolls-columns-no-more")) }
        }
    };
    page(officer, roll, &t!(locale, "office-rolls-load"), &t!(locale, "office-rolls-load-lead"), errors, body)
}

fn page(
    officer: &Officer,
    roll: &Roll,
    title: &str,
    lead: &str,
    errors: &FieldErrors,
    body: Markup,
) -> Response {
    let way = officer.link(&path(roll));
    let sheet = Sheet { desk: Desk::Rolls, title, lead, way: &[(&roll.title, &way)], errors, said: None };
    sheet.show(officer, status(errors), body)
}

async fn preview(officer: Officer, slug: Slug, upload: Upload) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let encoding = upload.form.text("encoding").to_owned();
    let mut errors = FieldErrors::new();
    if upload.file.is_empty() {
        errors.push("file", t!(locale, "office-file-missing"));
        return Ok(choose_page(&officer, &roll, &encoding, &errors, &[]));
    }
    let request = ReloadMembersRequest {
        roll_id: slug.id(),
        file: upload.file.to_vec(),
        encoding: encoding.clone(),
        validate_only: true,
        ..ReloadMembersRequest::default()
    };
    let answer = officer.services().rolls().reload_members(officer.request(request)).await;
    let read = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return refused(&officer, &roll, &encoding, status.into()),
    };
    if read.rejected_count > 0 {
        let text = t!(locale, "office-rolls-file-wrong", count = count(read.rejected_count));
        errors.push("file", text);
        return Ok(choose_page(&officer, &roll, &encoding, &errors, &read.bad_lines));
    }
    let kept = officer.sessions().keep(officer.organization_id, &upload.file).await;
    let load = Load {
        upload: kept.to_string(),
        encoding,
        etag: read.etag.clone(),
        request_id: new_request_id(),
        all_new: is_all_new(&read),
    };
    Ok(preview_page(&officer, &roll, &read, &load, &FieldErrors::new()))
}

/// What the second form carries: which file, and what was shown of it.
pub struct Load {
    upload: String,
    pub encoding: String,
    etag: String,
    pub request_id: String,
    /// Every line of the file is a new member, and nobody leaves: it can be taken piece by piece.
    pub all_new: bool,
}

/// A roll that is no longer what it was when the file was shown.
pub const REFUSALS: [Reason; 2] = [Reason::RollChanged, Reason::CsvInvalid];

fn is_all_new(read: &ReloadMembersResponse) -> bool {
    read.added_count == read.line_count && read.left_count == 0
}

/// The file as a whole cannot be read, or nothing of it was done.
fn refused(officer: &Officer, roll: &Roll, encoding: &str, error: PageError) -> PageResult {
    let locale = officer.locale;
    let violations = match &error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    let bad: Vec<_> = violations
        .iter()
        .filter_map(|(field, rule)| {
            let (line, column) = words::place(field)?;
            let line = i64::try_from(line).ok()?;
            Some(BadLine { line, column: column.to_owned(), rule: rule.clone() })
        })
        .collect();
    let mut errors = FieldErrors::new();
    if !bad.is_empty() {
        errors.push("file", t!(locale, "office-rolls-file-wrong", count = bad.len()));
        if bad.iter().any(|bad| bad.column == "encoding" && bad.rule.contains("UTF-8")) {
            errors.push("encoding", t!(locale, "office-encoding-choose"));
        }
    } else if violations.iter().any(|(field, _)| field == "encoding") {
        errors.push("encoding", t!(locale, "office-encoding-choose"));
    } else if error.reason() == Some(Reason::BodyTooLarge) {
        errors.push("file", t!(locale, "office-rolls-file-large"));
    } else {
        return Err(error);
    }
    Ok(choose_page(officer, roll, encoding, &errors, &bad))
}

/// The lines that are wrong.
fn bad_lines(locale: &Locale, bad: &[BadLine]) -> Markup {
    let heads =
        [t!(locale, "office-file-line"), t!(locale, "office-file-column"), t!(locale, "office-file-fault")];
    let columns: Vec<_> =
        heads.iter().enumerate().map(|(place, label)| Column { label, numeric: place == 0 }).collect();
    let rows = bad
        .iter()
        .map(|bad| {
            vec![
                html! { (locale.number(count(bad.line))) },
                html! { (words::column(locale, &bad.column)) },
                words::rule(locale, &bad.rule),
            ]
        })
        .collect();
    table(&Table {
        id: "faults",
        caption: &t!(locale, "office-file-faults", count = bad.len()),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// Everything that would be done, with nothing done yet.
fn preview_page(
    officer: &Officer,
    roll: &Roll,
    read: &ReloadMembersResponse,
    load: &Load,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let here = path(roll);
    let body = html! {
        (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-rolls-nothing-yet")) } }))
        (how_it_was_read(&locale, read))
        (first_rows(&locale, &read.first_members))
        h2 { (t!(locale, "office-rolls-what-happens")) }
        (figures(&locale, read))
        @if read.left_count > 0 {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-rolls-leave", count = count(read.left_count))), html! {
                p { (t!(locale, "office-rolls-leave-text")) }
            }))
        }
        @if read.waiting_count > 0 {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-rolls-wait", count = count(read.waiting_count))), html! {
                p { (t!(locale, "office-rolls-wait-text")) }
            }))
        }
        (changes(&locale, &read.changes))
        @if !read.notices.is_empty() {
            (details(&t!(locale, "office-rolls-notices", count = count(read.notice_count)), notices(&locale, &read.notices)))
        }
        (form_post(&officer.link(&format!("{here}/load")), Some(&load.request_id), html! {
            input type="hidden" name="upload" value=(load.upload);
            input type="hidden" name="encoding" value=(load.encoding);
            input type="hidden" name="etag" value=(load.etag);
            @if load.all_new { input type="hidden" name="all_new" value="yes"; }
            @if read.left_count > 0 {
                input type="hidden" name="leave" value="yes";
                (Field::new(&locale, "sure", t!(locale, "office-rolls-leave-sure")).error(errors.of("sure")).checkbox(false))
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-rolls-load-do"), None))
                (button_link(Button::Secondary, &t!(locale, "office-rolls-other-file"), &officer.link(&format!("{here}/file"))))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&here)))
            }))
        }))
    };
    let (title, lead) = (t!(locale, "office-rolls-preview"), t!(locale, "office-rolls-preview-lead"));
    page(officer, roll, &title, &lead, errors, body)
}

/// What was recognized.
fn how_it_was_read(locale: &Locale, read: &ReloadMembersResponse) -> Markup {
    let separator = match read.separator.as_str() {
        ";" => t!(locale, "office-separator-semicolon"),
        "\t" => t!(locale, "office-separator-tab"),
        _ => t!(locale, "office-separator-comma"),
    };
    let columns: Vec<_> = read.columns.iter().map(|column| words::column(locale, column)).collect();
    let rows = [
        (t!(locale, "office-rolls-lines"), locale.number(count(read.line_count))),
        (t!(locale, "office-encoding"), read.encoding.clone()),
        (t!(locale, "office-separator"), separator.into_owned()),
        (t!(locale, "office-columns"), columns.join(", ")),
    ];
    let rows: Vec<_> = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| SummaryRow { label, value: html! { (value) }, change: None })
        .collect();
    summary_list(locale, &rows)
}

/// The first lines, as they were read.
fn first_rows(locale: &Locale, members: &[Member]) -> Markup {
    let names = ["member_number", "district", "birth_date", "email"].map(|name| words::column(locale, name));
    let columns: Vec<_> = names.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = members
        .iter()
        .map(|member| {
            [&member.member_number, &member.district, &member.birth_date, &member.email]
                .into_iter()
                .map(|value| html! { @if value.is_empty() { "–" } @else { bdi { (value) } } })
                .collect()
        })
        .collect();
    table(&Table {
        id: "rows",
        caption: &t!(locale, "office-file-first-rows"),
        columns: &columns,
        rows,
        narrow: Narrow::Scroll,
    })
}

fn figures(locale: &Locale, read: &ReloadMembersResponse) -> Markup {
    let figures = [
        (read.added_count, t!(locale, "office-rolls-added")),
        (read.changed_count, t!(locale, "office-rolls-changed")),
        (read.unchanged_count, t!(locale, "office-rolls-unchanged")),
        (read.left_count, t!(locale, "office-rolls-left")),
    ];
    let figures: Vec<_> =
        figures.iter().map(|(number, label)| (locale.number(count(*number)), label)).collect();
    let figures: Vec<_> = figures.iter().map(|(value, label)| Stat { value, label }).collect();
    stats(&figures)
}

/// Who changes, waits or leaves; who is new is told by the number alone.
fn changes(locale: &Locale, changes: &[MemberChange]) -> Markup {
    let heads =
        [t!(locale, "office-column-number"), t!(locale, "office-rolls-what"), t!(locale, "office-columns")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows: Vec<_> = changes
        .iter()
        .filter_map(|change| {
            let what = match change.kind() {
                MemberChangeKind::Changed => t!(locale, "office-rolls-change-changed"),
                MemberChangeKind::Waiting => t!(locale, "office-rolls-change-waiting"),
                MemberChangeKind::Left => t!(locale, "office-rolls-change-left"),
                MemberChangeKind::Unspecified | MemberChangeKind::Added => return None,
            };
            let fields: Vec<_> = change.fields.iter().map(|field| words::column(locale, field)).collect();
            Some(vec![
                html! { bdi { (change.member_number) } },
                html! { (what) @if !change.rule.is_empty() { ": " (words::rule(locale, &change.rule)) } },
                html! { (fields.join(", ")) },
            ])
        })
        .take(LISTED)
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    let whole = table(&Table {
        id: "changes",
        caption: &t!(locale, "office-rolls-changes"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    });
    details(&t!(locale, "office-rolls-changes-show"), whole)
}

fn notices(locale: &Locale, notices: &[ImportNotice]) -> Markup {
    html! {
        ul {
            @for notice in notices.iter().take(LISTED) {
                li {
                    (t!(locale, "office-rolls-notice", line = count(notice.line), column = words::column(locale, &notice.column)))
                    " " (words::rule(locale, &notice.notice))
                }
            }
        }
    }
}

/// Does what was shown.
pub async fn load(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let load = Load {
        upload: form.text("upload").to_owned(),
        encoding: form.text("encoding").to_owned(),
        etag: form.text("etag").to_owned(),
        request_id: request_id(&form),
        all_new: form.get("all_new") == "yes",
    };
    let id = Uuid::try_parse(&load.upload).map_err(|_| PageError::FormMalformed)?;
    let mut errors = FieldErrors::new();
    let Some(file) = officer.sessions().kept(officer.organization_id, id).await else {
        errors.push("file", t!(locale, "office-rolls-file-gone"));
        return Ok(choose_page(&officer, &roll, &load.encoding, &errors, &[]));
    };
    let sure = form.get("leave") != "yes" || form.get("sure") == "yes";
    if sure && file.len() >= loading::LARGE {
        return loading::begin(&officer, &roll, load, id, file).await;
    }
    match reload(&officer, &roll.roll_id, &load, &file, !sure).await {
        Ok(read) if !sure => {
            errors.push("sure", t!(locale, "office-rolls-leave-not-sure"));
            Ok(preview_page(&officer, &roll, &read, &load, &errors))
        }
        Ok(_) => {
            officer.sessions().forget(id, file.len()).await;
            Ok(done(&officer, &path(&roll), "loaded"))
        }
        // The roll has changed since: what would be done now is shown, and asked for again.
        Err(error) if error.reason() == Some(Reason::RollChanged) => {
            let read = reload(&officer, &roll.roll_id, &load, &file, true).await?;
            errors.push("", t!(locale, "office-rolls-changed-since"));
            let all_new = is_all_new(&read);
            let load = Load { etag: read.etag.clone(), request_id: new_request_id(), all_new, ..load };
            Ok(preview_page(&officer, &roll, &read, &load, &errors))
        }
        Err(error) => refused(&officer, &roll, &load.encoding, error),
    }
}

/// The call, which needs nothing of the page that makes it.
pub fn reload(
    officer: &Officer,
    roll_id: &str,
    load: &Load,
    file: &Bytes,
    validate_only: bool,
) -> impl Future<Output = Result<ReloadMembersResponse, PageError>> + Send + use<> {
    let request = ReloadMembersRequest {
        roll_id: roll_id.to_owned(),
        file: file.to_vec(),
        encoding: load.encoding.clone(),
        validate_only,
        etag: if validate_only { String::new() } else { load.etag.clone() },
        request_id: if validate_only { String::new() } else { load.request_id.clone() },
        ..ReloadMembersRequest::default()
    };
    let (mut rolls, request) = (officer.services().rolls(), officer.request(request));
    async move { Ok(rolls.reload_members(request).await?.into_inner()) }
}
