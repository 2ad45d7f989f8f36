//! Photos and documents of a process or of a project: sent, described, put in order, removed.

mod kept;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::response::Response;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::{
    Attachment, AttachmentKind, RemoveAttachmentRequest, UpdateAttachmentRequest,
};
use http::StatusCode;
use maud::{Markup, html};

use self::kept::{Kept, New, of_project};
use super::budgets::BUDGETERS;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::instant;
use crate::pages::files::{self, Wanted};
use crate::pages::office::parts::{self, Question, Sheet, done, request_id, what_was_done};
use crate::pages::office::upload::{BODY_BYTES, Upload};
use crate::pages::office::{ADMINISTRATOR, Officer, STAFF};
use crate::pages::parts::Asked;
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, button, button_link, buttons,
    empty, form_file, form_post, notice, table,
};
use crate::visit::PageResult;

const TITLE_MAX: u32 = 200;
const ALTERNATIVE_MAX: u32 = 500;
pub const KINDS: &str =
    ".jpg,.jpeg,.png,.webp,.pdf,.odt,.ods,.odp,image/jpeg,image/png,image/webp,application/pdf";

pub fn routes() -> Router {
    let mut routes = Router::new();
    for of in ["processes", "projects"] {
        let at = |rest: &str| format!("/office/{of}/{{slug}}/files{rest}");
        let new = get(choose).post(add).layer(DefaultBodyLimit::max(BODY_BYTES));
        routes = routes
            .route(&at("/new"), new)
            .route(&at(""), get(list))
            .route(&at("/{attachment}"), get(edit).post(save))
            .route(&at("/{attachment}/remove"), get(ask_remove).post(remove))
            .route(&at("/{attachment}/file"), get(file));
    }
    routes
}

/// Who changes files here.
fn editors(officer: &Officer) -> &'static [Role] {
    if of_project(officer) { BUDGETERS } else { ADMINISTRATOR }
}

async fn list(officer: Officer, slug: Slug) -> PageResult {
    officer.require(STAFF)?;
    let (kept, attachments) = Kept::read(&officer, &slug).await?;
    let locale = officer.locale;
    let may = officer.has_any(editors(&officer));
    let new = html! {
        @if may {
            (buttons(button_link(Button::Primary, &t!(locale, "office-files-add"), &officer.link(&format!("{}/new", kept.files_path())))))
        }
    };
    let body = html! {
        (what_was_done(&officer, &[
            ("added", key!("office-files-added")),
            ("saved", key!("office-files-saved")),
            ("removed", key!("office-files-removed")),
        ]))
        @if attachments.is_empty() {
            (empty(&t!(locale, "office-files-none"), html! { p { (t!(locale, "office-files-none-text")) } (new) }))
        } @else {
            (new)
            (overview(&officer, &kept, &attachments, may))
        }
    };
    let way = officer.link(&kept.path());
    let sheet = Sheet {
        desk: kept.desk(),
        title: &t!(locale, "office-files"),
        lead: &locale.text(kept.words(key!("office-files-lead"), key!("office-project-files-lead"))),
        way: &[(kept.title(), &way)],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn overview(officer: &Officer, kept: &Kept, attachments: &[Attachment], may: bool) -> Markup {
    let locale = officer.locale;
    let heads =
        [t!(locale, "office-files-title"), t!(locale, "office-files-what"), t!(locale, "office-files-acts")];
    let columns: Vec<_> =
        heads.iter().take(if may { 3 } else { 2 }).map(|label| Column { label, numeric: false }).collect();
    let rows = attachments
        .iter()
        .map(|attachment| {
            let here = officer.link(&format!("{}/{}", kept.files_path(), attachment.attachment_id));
            let title = html! {
                a href=(format!("{here}/file")) { bdi { (attachment.title) } }
                @if let Some(smallest) = attachment.renditions.first() {
                    br;
                    img .thumbnail src=(format!("{here}/file?width={}", smallest.width)) width=(smallest.width)
                        height=(smallest.height) loading="lazy" alt=(attachment.alternative_text);
                }
            };
            let report = kept.reports().iter().find(|one| one.report_id == attachment.report_id);
            let shown_with = report.and_then(|one| instant(one.report_time.as_ref()));
            let what = html! {
                (files::kind_and_size(&locale, attachment))
                @if let Some(day) = shown_with {
                    br; (t!(locale, "office-project-files-of", day = locale.date(day)))
                }
            };
            let mut row = vec![title, what];
            if may {
                row.push(html! {
                    a href=(here) {
                        (t!(locale, "office-files-change")) span .unseen { " " (attachment.title) }
                    }
                    " · "
                    a href=(format!("{here}/remove")) {
                        (t!(locale, "office-files-remove")) span .unseen { " " (attachment.title) }
                    }
                });
            }
            row
        })
        .collect();
    table(&Table {
        id: "files",
        caption: &t!(locale, "office-files-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

async fn choose(officer: Officer, slug: Slug) -> PageResult {
    officer.require(editors(&officer))?;
    let (kept, _) = Kept::read(&officer, &slug).await?;
    let typed = Form::from(Vec::new());
    Ok(add_page(&officer, &kept, &typed, &FieldErrors::new(), None))
}

/// The form; what was chosen as a file cannot be given back, and everything else is.
fn add_page(
    officer: &Officer,
    kept: &Kept,
    typed: &Form,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let (photo, document) = (t!(locale, "office-files-kind-photo"), t!(locale, "office-files-kind-document"));
    let (photo_hint, document_hint) =
        (t!(locale, "office-files-kind-photo-hint"), t!(locale, "office-files-kind-document-hint"));
    let choices = [
        Choice::new("photo", &photo).hint(&photo_hint),
        Choice::new("document", &document).hint(&document_hint),
    ];
    let chosen = Some(typed.get("kind")).filter(|kind| !kind.is_empty());
    let back = kept.files_path();
    let body = form_file(
        &officer.link(&format!("{back}/new")),
        html! {
            input type="hidden" name="request_id" value=(parts::new_request_id());
            (Field::new(&locale, "kind", t!(locale, "office-files-kind")).error(errors.of("kind")).radios(chosen, &choices))
            (Field::new(&locale, "file", t!(locale, "office-files-file"))
                .hint(t!(locale, "office-files-file-hint")).error(errors.of("file")).file(KINDS))
            (words(officer, typed.get("title"), typed.get("alternative_text"), errors, true))
            (reports(officer, kept, typed.get("report"), errors))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-files-send"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&back)))
            }))
        },
    );
    let (kept_way, files_way) = (officer.link(&kept.path()), officer.link(&back));
    let files = t!(locale, "office-files");
    let sheet = Sheet {
        desk: kept.desk(),
        title: &t!(locale, "office-files-add"),
        lead: &locale.text(kept.words(key!("office-files-add-lead"), key!("office-project-files-add-lead"))),
        way: &[(kept.title(), &kept_way), (&files, &files_way)],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

/// The report of a project that the file is shown with.
fn reports(officer: &Officer, kept: &Kept, chosen: &str, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    let days: Vec<_> = kept
        .reports()
        .iter()
        .filter_map(|one| Some((one.report_id.as_str(), locale.date(instant(one.report_time.as_ref())?))))
        .collect();
    let choices: Vec<_> = days.iter().map(|(id, day)| Choice::new(id, day)).collect();
    html! {
        @if !choices.is_empty() {
            (Field::new(&locale, "report", t!(locale, "office-project-files-report"))
                .hint(t!(locale, "office-project-files-report-hint")).error(errors.of("report")).optional()
                .select(Some(chosen), Some(&t!(locale, "office-project-files-report-none")), &choices))
        }
    }
}

/// The fields for the words of an attachment.
fn words(officer: &Officer, title: &str, alternative: &str, errors: &FieldErrors, new: bool) -> Markup {
    let locale = officer.locale;
    let hint =
        if new { t!(locale, "office-files-alt-hint-new") } else { t!(locale, "office-files-alt-hint") };
    let field = Field::new(&locale, "alternative_text", t!(locale, "office-files-alt"))
        .hint(hint)
        .error(errors.of("alternative_text"))
        .max_length(ALTERNATIVE_MAX);
    html! {
        (Field::new(&locale, "title", t!(locale, "office-files-title"))
            .hint(t!(locale, "office-files-title-hint")).error(errors.of("title"))
            .max_length(TITLE_MAX).input(Kind::Text, title))
        (field.textarea(alternative, 3))
    }
}

async fn add(officer: Officer, slug: Slug, upload: Upload) -> PageResult {
    officer.require(editors(&officer))?;
    let locale = officer.locale;
    let Upload { form, file, .. } = upload;
    let (kept, _) = Kept::read(&officer, &slug).await?;
    let kind = match form.get("kind") {
        "photo" => AttachmentKind::Photo,
        "document" => AttachmentKind::Document,
        _ => AttachmentKind::Unspecified,
    };
    let mut errors = FieldErrors::new();
    if kind == AttachmentKind::Unspecified {
        errors.push("kind", t!(locale, "office-files-kind-missing"));
    }
    if file.is_empty() {
        errors.push("file", t!(locale, "office-file-missing"));
    }
    let mut said = None;
    if errors.is_empty() {
        let photo = kind == AttachmentKind::Photo;
        let new = New {
            kind,
            title: form.text("title").to_owned(),
            // A document is called by its title.
            alternative_text: if photo { form.text("alternative_text").to_owned() } else { String::new() },
            file,
            request_id: request_id(&form),
            report_id: form.text("report").to_owned(),
        };
        let Err(error) = kept.add(&officer, new).await else {
            return Ok(done(&officer, &kept.files_path(), "added"));
        };
        (errors, said) = refused(&officer, error, photo)?;
    }
    Ok(add_page(&officer, &kept, &form, &errors, said))
}

/// Why a file was not taken, in the words of the page: by its field, or above everything.
fn refused(
    officer: &Officer,
    error: PageError,
    photo: bool,
) -> Result<(FieldErrors, Option<Markup>), PageError> {
    let locale = officer.locale;
    let file = match error.reason() {
        Some(Reason::FileTooLarge) => Some(t!(locale, "office-files-too-large")),
        Some(Reason::FileKindRefused) if photo => Some(t!(locale, "office-files-no-photo")),
        Some(Reason::FileKindRefused) => Some(t!(locale, "office-files-no-document")),
        Some(Reason::FileDamaged) => Some(t!(locale, "office-files-damaged")),
        Some(Reason::PhotoTooManyPixels) => Some(t!(locale, "office-files-pixels")),
        Some(Reason::FileInfected) => Some(t!(locale, "office-files-infected")),
        _ => None,
    };
    if let Some(text) = file {
        let mut errors = FieldErrors::new();
        errors.push("file", text);
        return Ok((errors, None));
    }
    let above = match error.reason() {
        Some(Reason::TooManyAttachments) if of_project(officer) => {
            Some(t!(locale, "office-project-files-too-many"))
        }
        Some(Reason::TooManyAttachments) => Some(t!(locale, "office-files-too-many")),
        Some(Reason::FilesNotConfigured) => Some(t!(locale, "office-files-not-configured")),
        _ => None,
    };
    if let Some(text) = above {
        let said = notice(&locale, Tone::Error, None, html! { p { (text) } });
        return Ok((FieldErrors::new(), Some(said)));
    }
    Ok((word_faults(officer, error)?, None))
}

fn word_faults(officer: &Officer, error: PageError) -> Result<FieldErrors, PageError> {
    let locale = officer.locale;
    parts::refused(
        error,
        &[
            ("title", "title", &t!(locale, "office-files-title-wrong")),
            ("alternative_text", "alternative_text", &t!(locale, "office-files-alt-wrong")),
        ],
    )
}

/// What the files are of, its attachments, and the place of the one that an address names.
async fn named(
    officer: &Officer,
    slug: &Slug,
    id: &str,
) -> Result<(Kept, Vec<Attachment>, usize), PageError> {
    let (kept, attachments) = Kept::read(officer, slug).await?;
    let place = attachments.iter().position(|one| one.attachment_id == id).ok_or(PageError::NotFound)?;
    Ok((kept, attachments, place))
}

async fn edit(officer: Officer, slug: Slug, Path((_, _, id)): Path<(String, String, String)>) -> PageResult {
    officer.require(editors(&officer))?;
    let (kept, attachments, place) = named(&officer, &slug, &id).await?;
    let attachment = attachments.get(place).ok_or(PageError::NotFound)?;
    Ok(edit_page(&officer, &kept, attachment, attachments.len(), &FieldErrors::new(), None))
}

/// `attachment` has the words as they were typed.
fn edit_page(
    officer: &Officer,
    kept: &Kept,
    attachment: &Attachment,
    count: usize,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let here = format!("{}/{}", kept.files_path(), attachment.attachment_id);
    let photo = attachment.kind() == AttachmentKind::Photo;
    let places: Vec<_> = (1..=count).map(|place| place.to_string()).collect();
    let choices: Vec<_> = places.iter().map(|place| Choice::new(place, place)).collect();
    let present = attachment.position.to_string();
    let body = form_post(
        &officer.link(&here),
        None,
        html! {
            input type="hidden" name="etag" value=(attachment.etag);
            @if photo {
                (words(officer, &attachment.title, &attachment.alternative_text, errors, false))
            } @else {
                (Field::new(&locale, "title", t!(locale, "office-files-title"))
                    .hint(t!(locale, "office-files-title-hint")).error(errors.of("title"))
                    .max_length(TITLE_MAX).input(Kind::Text, &attachment.title))
            }
            (Field::new(&locale, "position", t!(locale, "office-files-position"))
                .hint(t!(locale, "office-files-position-hint")).select(Some(&present), None, &choices))
            (parts::save_or_cancel(officer, &kept.files_path()))
        },
    );
    let (kept_way, files_way) = (officer.link(&kept.path()), officer.link(&kept.files_path()));
    let files = t!(locale, "office-files");
    let sheet = Sheet {
        desk: kept.desk(),
        title: &t!(locale, "office-files-edit"),
        lead: &locale
            .text(kept.words(key!("office-files-edit-lead"), key!("office-project-files-edit-lead"))),
        way: &[(kept.title(), &kept_way), (&files, &files_way)],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn save(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
    form: Form,
) -> PageResult {
    officer.require(editors(&officer))?;
    let (kept, attachments, place) = named(&officer, &slug, &id).await?;
    let known = attachments.get(place).ok_or(PageError::NotFound)?;
    let position = form.get("position").parse().unwrap_or(0);
    let request = UpdateAttachmentRequest {
        attachment_id: id,
        title: form.text("title").to_owned(),
        alternative_text: form.text("alternative_text").to_owned(),
        // The place that it has says nothing: others may have moved meanwhile.
        position: if position == known.position { 0 } else { position },
        etag: form.text("etag").to_owned(),
    };
    let typed = Attachment {
        title: request.title.clone(),
        alternative_text: request.alternative_text.clone(),
        position,
        ..known.clone()
    };
    match officer.services().attachments().update_attachment(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &kept.files_path(), "saved")),
        Err(status) => {
            let error = PageError::from(status);
            let (errors, said) = if parts::is_changed(&error) {
                (FieldErrors::new(), Some(parts::changed_meanwhile(&officer)))
            } else {
                (word_faults(&officer, error)?, None)
            };
            Ok(edit_page(&officer, &kept, &typed, attachments.len(), &errors, said))
        }
    }
}

/// Runs `then` with the question before an attachment is removed.
fn with_question<T>(
    officer: &Officer,
    kept: &Kept,
    attachment: &Attachment,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let (back, kept_way) = (kept.files_path(), officer.link(&kept.path()));
    let (files, files_way) = (t!(locale, "office-files"), officer.link(&back));
    let title = &attachment.title;
    let consequences = [
        match kept {
            Kept::Process(_) => t!(locale, "office-files-remove-gone", title = title),
            Kept::Project(_) => t!(locale, "office-project-files-remove-gone", title = title),
        },
        t!(locale, "office-files-remove-file").into_owned(),
        t!(locale, "office-files-remove-copies").into_owned(),
    ];
    then(&Question {
        desk: kept.desk(),
        title: &t!(locale, "office-files-remove-title", title = title),
        way: &[(kept.title(), &kept_way), (&files, &files_way)],
        consequences: &consequences,
        sure: &t!(locale, "office-files-remove-sure"),
        not_sure: &t!(locale, "office-files-remove-not-sure"),
        yes: &t!(locale, "office-files-remove-do"),
        weight: Button::Danger,
        action: &format!("{back}/{}/remove", attachment.attachment_id),
        back: &back,
        hidden: html! {},
    })
}

async fn ask_remove(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
) -> PageResult {
    officer.require(editors(&officer))?;
    let (kept, attachments, place) = named(&officer, &slug, &id).await?;
    let attachment = attachments.get(place).ok_or(PageError::NotFound)?;
    Ok(with_question(&officer, &kept, attachment, |question| question.ask(&officer)))
}

async fn remove(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
    form: Form,
) -> PageResult {
    officer.require(editors(&officer))?;
    let (kept, attachments, place) = named(&officer, &slug, &id).await?;
    let attachment = attachments.get(place).ok_or(PageError::NotFound)?;
    let answered = with_question(&officer, &kept, attachment, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let request = RemoveAttachmentRequest { attachment_id: id, reason: String::new() };
    officer.services().attachments().remove_attachment(officer.request(request)).await?;
    Ok(done(&officer, &kept.files_path(), "removed"))
}

/// The file, for staff: that of a process in preparation, or of a project in it, has no public address.
async fn file(
    officer: Officer,
    Path((_, _, attachment_id)): Path<(String, String, String)>,
    Asked(asked): Asked<Wanted>,
) -> PageResult {
    officer.require(STAFF)?;
    files::send(&officer, attachment_id, asked.width).await
}
