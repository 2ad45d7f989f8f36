//! A whole process as open data: a page that lists its files, and the files. They hold what everybody can read on the site and
//! nothing else: every call is made without a session, as that of a stranger.

mod files;
mod geojson;
mod readme;
mod tables;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use comitia_proto::spaces::v1::OrganizationTextKind;
use futures_util::TryStreamExt as _;
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use moka::future::Cache;
use uuid::Uuid;

use self::files::{File, Process};
use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::files::size as files_size;
use crate::pages::parts::{process_path, trail};
use crate::pages::slugs::Slug;
use crate::ui::{Column, Narrow, Table, markdown, table};
use crate::visit::{PageResult, Visit, shared};

/// How long the size of a file is remembered: to know it, the file is made.
const SIZE_KEPT: Duration = Duration::from_secs(600);
const SIZES: u64 = 10_000;

/// The sizes of files, by organization, process, language and name.
#[derive(Clone)]
struct Sizes(Cache<(Uuid, Uuid, &'static str, String), u64>);

pub fn routes() -> Router {
    let sizes = Sizes(Cache::builder().max_capacity(SIZES).time_to_live(SIZE_KEPT).build());
    Router::new()
        .route("/processes/{slug}/data", get(list))
        .route("/processes/{slug}/data/{file}", get(file))
        .layer(Extension(sizes))
}

async fn list(visit: Visit, slug: Slug, Extension(sizes): Extension<Sizes>) -> PageResult {
    let locale = visit.locale;
    let process = Process::read(&visit, slug.id).await?;
    if let Some(moved) = slug.moved(&visit, &process.title, |slug| format!("/processes/{slug}/data")) {
        return Ok(moved);
    }
    let path = process_path(&visit, &process);
    let mut rows = Vec::new();
    for file in process.files() {
        let size = size(&visit, &process, &file, &sizes).await?;
        let name = file.name();
        rows.push(vec![
            html! { a href={ (path) "/data/" (name) } { (name) } },
            html! { (file.about(&locale, &process)) },
            html! { (files_size(&locale, i64::try_from(size).unwrap_or(i64::MAX))) },
        ]);
    }
    let heads = [t!(locale, "data-file"), t!(locale, "data-about"), t!(locale, "data-size")];
    let columns: Vec<_> =
        heads.iter().enumerate().map(|(place, label)| Column { label, numeric: place == 2 }).collect();
    let title = t!(locale, "data-title");
    let main = html! {
        h1 { (title) }
        p .lead { (t!(locale, "data-lead", process = &process.title)) }
        (table(&Table {
            id: "files",
            caption: &t!(locale, "data-caption"),
            columns: &columns,
            rows,
            narrow: Narrow::Stack,
        }))
        p .hint { (t!(locale, "data-sizes")) }
        h2 { (t!(locale, "data-license")) }
        (license(&visit))
        h2 { (t!(locale, "data-not")) }
        p { (t!(locale, "data-not-text")) }
    };
    let (processes, processes_path) = (t!(locale, "site-processes"), visit.link("/processes"));
    let way = [(&*processes, processes_path.as_str()), (process.title.as_str(), path.as_str())];
    let view = View {
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &title)),
        ..View::new(&title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// What the organization says of using the data again.
fn license(visit: &Visit) -> Markup {
    match visit.organization_text(OrganizationTextKind::License) {
        Some((body, language)) => html! { div lang=(language) { (markdown(body, 3)) } },
        None => html! { p { (t!(visit.locale, "data-license-none")) } },
    }
}

/// The size of a file in bytes, for which it is made, a piece at a time, unless that was done a moment ago.
async fn size(visit: &Visit, process: &Process, file: &File, sizes: &Sizes) -> Result<u64, PageError> {
    let key = (visit.organization_id, process.id, visit.locale.language.code(), file.name());
    let made = async {
        let add =
            |size: u64, piece: bytes::Bytes| async move { Ok::<_, PageError>(size + piece.len() as u64) };
        file.content(visit, process).try_fold(0, add).await
    };
    sizes.0.try_get_with(key, made).await.map_err(|error: std::sync::Arc<PageError>| (*error).clone())
}

async fn file(visit: Visit, slug: Slug, Path(path): Path<(String, String, String)>) -> PageResult {
    let process = Process::read(&visit, slug.id).await?;
    let file = process.files().find(|file| file.name() == path.2).ok_or(PageError::NotFound)?;
    let body = Body::from_stream(file.content(&visit, &process));
    Ok(saved(&file, body))
}

/// A file to keep. It is made while it is sent, so that no cache waits for it.
fn saved(file: &File, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type()));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file.name())) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}
