//! Links to the preview of a process: made, shown once, revoked.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{
    CreatePreviewLinkRequest, CreatePreviewLinkResponse, ListPreviewLinksRequest, PreviewLink, Process,
    RevokePreviewLinkRequest,
};
use maud::{Markup, html};

use super::path;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, instant};
use crate::pages::office::parts::{self, Question, Sheet, done, what_was_done};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer, STAFF};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, Width, button, buttons, empty, form_post,
    notice, table, tracking_code,
};
use crate::visit::PageResult;

const TITLE_MAX: u32 = 100;
const DAYS: i32 = 14;
const DAYS_MAX: i32 = 90;

pub fn routes() -> Router {
    Router::new()
        .route("/office/processes/{slug}/preview", get(list).post(create))
        .route("/office/processes/{slug}/preview/{link}/revoke", get(ask_revoke).post(revoke))
}

/// Where the office has the links of a process.
pub fn preview_path(process: &Process) -> String {
    format!("{}/preview", path(process))
}

/// What is typed to make a link.
struct Draft {
    title: String,
    days: String,
}

impl Draft {
    fn new() -> Self {
        Self { title: String::new(), days: DAYS.to_string() }
    }
}

async fn list(officer: Officer, slug: Slug) -> PageResult {
    officer.require(STAFF)?;
    let process = calls::process(&officer, slug.id()).await?;
    page(&officer, &process, &Draft::new(), &FieldErrors::new(), None).await
}

async fn create(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let process = calls::process(&officer, slug.id()).await?;
    let draft = Draft { title: form.text("title").to_owned(), days: form.text("days").to_owned() };
    let mut errors = FieldErrors::new();
    if draft.title.chars().count() > TITLE_MAX as usize {
        errors.push("title", t!(locale, "office-preview-for-wrong"));
    }
    let days = draft.days.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
    let Some(days) = days.filter(|_| errors.is_empty()) else {
        if days.is_none() {
            errors.push("days", t!(locale, "office-preview-days-wrong", most = DAYS_MAX.unsigned_abs()));
        }
        return page(&officer, &process, &draft, &errors, None).await;
    };
    let request = CreatePreviewLinkRequest { process_id: slug.id(), title: draft.title.clone(), days };
    match officer.services().previews().create_preview_link(officer.request(request)).await {
        // The code is in this answer alone, so the page is, too: no redirect could bring it.
        Ok(made) => {
            let said = new_link(&officer, &made.into_inner());
            page(&officer, &process, &Draft::new(), &errors, Some(said)).await
        }
        Err(status) => {
            let error = PageError::from(status);
            let why = match error.reason() {
                Some(Reason::TooManyPreviewLinks) => t!(locale, "office-preview-too-many"),
                Some(Reason::ProcessPublished) => t!(locale, "office-preview-published"),
                _ => return Err(error),
            };
            let said = notice(&locale, Tone::Error, None, html! { p { (why) } });
            page(&officer, &process, &draft, &errors, Some(said)).await
        }
    }
}

/// The link that was just made, as it is sent to people.
fn new_link(officer: &Officer, made: &CreatePreviewLinkResponse) -> Markup {
    let locale = officer.locale;
    let address = format!("{}{}#{}", officer.origin, officer.link("/preview"), made.code);
    let expires = made.link.as_ref().and_then(|link| instant(link.expire_time.as_ref()));
    let until = expires.map(|time| locale.date_time(time)).unwrap_or_default();
    notice(
        &locale,
        Tone::Success,
        Some(&t!(locale, "office-preview-made")),
        html! {
            p { (t!(locale, "office-preview-made-text", until = until)) }
            (tracking_code(&locale, &address))
        },
    )
}

async fn links(officer: &Officer, process_id: String) -> Result<Vec<PreviewLink>, PageError> {
    let request = officer.request(ListPreviewLinksRequest { process_id });
    Ok(officer.services().previews().list_preview_links(request).await?.into_inner().links)
}

async fn page(
    officer: &Officer,
    process: &Process,
    draft: &Draft,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> PageResult {
    let locale = officer.locale;
    let links = links(officer, process.process_id.clone()).await?;
    let may = officer.has_any(ADMINISTRATOR);
    let body = html! {
        (what_was_done(officer, &[("revoked", key!("office-preview-revoked"))]))
        @if process.published {
            (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-preview-published")) } }))
        } @else if may {
            (new_form(officer, process, draft, errors))
        }
        h2 { (t!(locale, "office-preview-links")) }
        @if links.is_empty() {
            (empty(&t!(locale, "office-preview-none"), html! { p { (t!(locale, "office-preview-none-text")) } }))
        } @else {
            (overview(officer, process, &links, may))
        }
    };
    let way = officer.link(&path(process));
    let sheet = Sheet {
        desk: Desk::Processes,
        title: &t!(locale, "office-preview"),
        lead: &t!(locale, "office-preview-lead"),
        way: &[(&process.title, &way)],
        errors,
        said,
    };
    Ok(sheet.show(officer, parts::status(errors), body))
}

fn new_form(officer: &Officer, process: &Process, draft: &Draft, errors: &FieldErrors) -> Markup {
    let locale = officer.locale;
    let title = Field::new(&locale, "title", t!(locale, "office-preview-for"))
        .hint(t!(locale, "office-preview-for-hint"))
        .error(errors.of("title"))
        .optional()
        .max_length(TITLE_MAX);
    let days = Field::new(&locale, "days", t!(locale, "office-preview-days"))
        .hint(t!(locale, "office-preview-days-hint", most = DAYS_MAX.unsigned_abs()))
        .error(errors.of("days"))
        .width(Width::Short);
    form_post(
        &officer.link(&preview_path(process)),
        None,
        html! {
            (title.input(Kind::Text, &draft.title))
            (days.input(Kind::Digits, &draft.days))
            (buttons(button(Button::Primary, &t!(locale, "office-preview-make"), None)))
        },
    )
}

fn overview(officer: &Officer, process: &Process, links: &[PreviewLink], may: bool) -> Markup {
    let locale = officer.locale;
    let heads = [
        t!(locale, "office-preview-for"),
        t!(locale, "office-preview-created"),
        t!(locale, "office-preview-expires"),
        t!(locale, "office-preview-revoke-column"),
    ];
    let shown = if may { heads.len() } else { heads.len() - 1 };
    let columns: Vec<_> = heads.iter().take(shown).map(|label| Column { label, numeric: false }).collect();
    let date = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
    };
    let rows = links
        .iter()
        .map(|link| {
            let name = name(officer, link);
            let revoke = officer.link(&format!("{}/{}/revoke", preview_path(process), link.preview_link_id));
            let mut row = vec![
                html! { bdi { (name) } },
                html! { (date(link.create_time.as_ref())) },
                html! { (date(link.expire_time.as_ref())) },
            ];
            if may {
                row.push(html! {
                    a href=(revoke) {
                        (t!(locale, "office-preview-revoke")) span .unseen { " " (name) }
                    }
                });
            }
            row
        })
        .collect();
    table(&Table {
        id: "links",
        caption: &t!(locale, "office-preview-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// Whom a link is for; its day where nobody said.
fn name(officer: &Officer, link: &PreviewLink) -> String {
    let locale = officer.locale;
    if !link.title.is_empty() {
        return link.title.clone();
    }
    let made = instant(link.create_time.as_ref()).map(|time| locale.date(time)).unwrap_or_default();
    t!(locale, "office-preview-of", date = made)
}

/// The process and one of its links.
async fn found(officer: &Officer, slug: &Slug, id: &str) -> Result<(Process, PreviewLink), PageError> {
    let (process, links) = tokio::try_join!(calls::process(officer, slug.id()), links(officer, slug.id()))?;
    let link = links.into_iter().find(|link| link.preview_link_id == id).ok_or(PageError::NotFound)?;
    Ok((process, link))
}

async fn ask_revoke(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (process, link) = found(&officer, &slug, &id).await?;
    Ok(with_question(&officer, &process, &link, |question| question.ask(&officer)))
}

async fn revoke(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
    form: Form,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (process, link) = found(&officer, &slug, &id).await?;
    let answered = with_question(&officer, &process, &link, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let request = officer.request(RevokePreviewLinkRequest { preview_link_id: id });
    officer.services().previews().revoke_preview_link(request).await?;
    Ok(done(&officer, &preview_path(&process), "revoked"))
}

fn with_question<T>(
    officer: &Officer,
    process: &Process,
    link: &PreviewLink,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let (here, way) = (preview_path(process), officer.link(&path(process)));
    let list = officer.link(&here);
    then(&Question {
        desk: Desk::Processes,
        title: &t!(locale, "office-preview-revoke-title", link = name(officer, link)),
        way: &[(&process.title, &way), (&t!(locale, "office-preview"), &list)],
        consequences: &[
            t!(locale, "office-preview-revoke-everybody").into_owned(),
            t!(locale, "office-preview-revoke-final").into_owned(),
        ],
        sure: &t!(locale, "office-preview-revoke-sure"),
        not_sure: &t!(locale, "office-preview-revoke-not-sure"),
        yes: &t!(locale, "office-preview-revoke"),
        weight: Button::Danger,
        action: &format!("{here}/{}/revoke", link.preview_link_id),
        back: &here,
        hidden: html! {},
    })
}
