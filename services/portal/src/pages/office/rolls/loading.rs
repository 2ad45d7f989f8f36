//! A large file that is loaded: the work goes on while its page says how far it is, also after the browser has left. The page
//! asks again by itself, without script.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::task;
use comitia_platform::grpc::with_deadline;
use comitia_proto::identity::v1::{ImportMembersRequest, Roll, UploadMembersRequest};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use maud::html;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file::{self, Load};
use super::{path, roll};
use crate::error::PageError;
use crate::locale::t;
use crate::pages::office::parts::{Sheet, done};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::Slug;
use crate::session::Sessions;
use crate::ui::{Button, FieldErrors, Tone, button_link, buttons, notice, progress};
use crate::visit::PageResult;

/// A file from here on is loaded behind its page: some 50,000 members.
pub const LARGE: usize = 2 * 1024 * 1024;
/// As long as the API takes for it, and a little more.
const LONGEST: Duration = Duration::from_secs(190);
/// How much of the file goes into a message.
const PIECE: usize = 64 * 1024;
/// How often the state is noted, and how often the page asks for it.
const NOTED_EVERY: Duration = Duration::from_secs(1);
const ASKED_EVERY: &str = "2";
/// Who notes nothing for so long is gone.
const SILENCE: TimeDelta = TimeDelta::seconds(15);

/// How far a loading is. It lies sealed in the cache, so that every replica can show the page.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    time: DateTime<Utc>,
    /// Bytes of the file that identity has taken; none where it compares the whole file first.
    taken: u64,
    size: u64,
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Outcome {
    Loaded,
    /// What is wrong was not there when the file was shown: somebody else has changed the roll since.
    Refused,
    /// Nothing was done, and the same again may do it.
    Failed,
}

/// The work on a file.
struct Loading {
    sessions: Sessions,
    organization: Uuid,
    id: Uuid,
    upload: Uuid,
    taken: Arc<AtomicU64>,
    size: usize,
}

/// Begins to load a file, and leads to the page that says how far it is. Who sends the form again gets to the same page.
pub async fn begin(officer: &Officer, roll: &Roll, load: Load, upload: Uuid, file: Bytes) -> PageResult {
    let id = Uuid::try_parse(&load.request_id).map_err(|_| PageError::FormMalformed)?;
    let there = officer.link(&format!("{}/load/{id}", path(roll)));
    let (sessions, organization) = (officer.sessions().clone(), officer.organization_id);
    let taken = Arc::new(AtomicU64::new(0));
    let loading = Loading { sessions, organization, id, upload, taken: taken.clone(), size: file.len() };
    if loading.is_in_flight(officer).await {
        return Ok(Redirect::to(&there).into_response());
    }
    let call = if load.all_new {
        import(officer, roll, &load, file, taken)
    } else {
        file::reload(officer, &roll.roll_id, &load, &file, false).map(|done| done.map(drop)).boxed()
    };
    loading.note(None).await;
    task::spawn("loading", loading.follow(with_deadline(LONGEST, call)));
    Ok(Redirect::to(&there).into_response())
}

/// Adds the members of a file of whom the roll has none, piece by piece.
fn import(
    officer: &Officer,
    roll: &Roll,
    load: &Load,
    file: Bytes,
    taken: Arc<AtomicU64>,
) -> BoxFuture<'static, Result<(), PageError>> {
    let head = ImportMembersRequest {
        roll_id: roll.roll_id.clone(),
        request_id: load.request_id.clone(),
        encoding: load.encoding.clone(),
        ..ImportMembersRequest::default()
    };
    let head = UploadMembersRequest { import: Some(head), ..UploadMembersRequest::default() };
    let last = UploadMembersRequest { complete: true, ..UploadMembersRequest::default() };
    let pieces = (0..file.len()).step_by(PIECE).map(move |start| {
        let end = (start + PIECE).min(file.len());
        // A piece is asked for when there is room for it.
        taken.store(start as u64, Ordering::Relaxed);
        UploadMembersRequest { file: file.slice(start..end).to_vec(), ..UploadMembersRequest::default() }
    });
    let messages = stream::iter([head]).chain(stream::iter(pieces)).chain(stream::iter([last]));
    let (mut rolls, request) = (officer.services().rolls(), officer.request(messages));
    async move { Ok(rolls.upload_members(request).await.map(drop)?) }.boxed()
}

impl Loading {
    async fn is_in_flight(&self, officer: &Officer) -> bool {
        let state = state(&self.sessions, self.organization, self.id).await;
        state.is_some_and(|state| {
            matches!(state.outcome, Some(Outcome::Loaded))
                || (state.outcome.is_none() && officer.now() - state.time < SILENCE)
        })
    }

    /// Notes the state until the call has ended.
    async fn follow(self, call: impl Future<Output = Result<(), PageError>>) {
        let mut call = std::pin::pin!(call);
        let mut ticks = tokio::time::interval(NOTED_EVERY);
        let result = loop {
            tokio::select! {
                result = &mut call => break result,
                _ = ticks.tick() => self.note(None).await,
            }
        };
        let outcome = match &result {
            Ok(()) => Outcome::Loaded,
            Err(error) if error.reason().is_some_and(|reason| file::REFUSALS.contains(&reason)) => {
                Outcome::Refused
            }
            Err(_) => Outcome::Failed,
        };
        self.note(Some(outcome)).await;
        if result.is_ok() {
            self.sessions.forget(self.upload, self.size).await;
        }
    }

    async fn note(&self, outcome: Option<Outcome>) {
        let state = State {
            time: self.sessions.now(),
            taken: self.taken.load(Ordering::Relaxed),
            size: self.size as u64,
            outcome,
        };
        let text = serde_json::to_vec(&state).unwrap_or_default();
        self.sessions.keep_as(self.organization, self.id, &text).await;
    }
}

async fn state(sessions: &Sessions, organization: Uuid, id: Uuid) -> Option<State> {
    serde_json::from_slice(&sessions.kept(organization, id).await?).ok()
}

/// How far it is.
pub async fn show(
    officer: Officer,
    slug: Slug,
    Path((_, _, id)): Path<(String, String, String)>,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    let roll = roll(&officer, slug.id()).await?;
    let state = state(officer.sessions(), officer.organization_id, id).await.ok_or(PageError::NotFound)?;
    match state.outcome {
        Some(Outcome::Loaded) => Ok(done(&officer, &path(&roll), "loaded")),
        Some(Outcome::Refused) => Ok(ended(&officer, &roll, &t!(officer.locale, "office-loading-refused"))),
        Some(Outcome::Failed) => Ok(ended(&officer, &roll, &t!(officer.locale, "office-loading-failed"))),
        None if officer.now() - state.time > SILENCE => {
            Ok(ended(&officer, &roll, &t!(officer.locale, "office-loading-failed")))
        }
        None => Ok(in_flight(&officer, &roll, &state)),
    }
}

fn in_flight(officer: &Officer, roll: &Roll, state: &State) -> Response {
    let locale = officer.locale;
    let percent = (state.taken * 100).checked_div(state.size).unwrap_or(0);
    let label = t!(locale, "office-loading-label");
    let body = html! {
        @if state.taken > 0 {
            (progress(&label, &t!(locale, "office-loading-percent", percent = percent), percent, 100))
        } @else {
            p { strong { (t!(locale, "office-loading-begun")) } }
        }
        p { (t!(locale, "office-loading-text")) }
    };
    let mut response = page(officer, roll, &t!(locale, "office-loading"), body);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(ASKED_EVERY));
    response
}

/// Nothing was loaded.
fn ended(officer: &Officer, roll: &Roll, why: &str) -> Response {
    let locale = officer.locale;
    let again = officer.link(&format!("{}/file", path(roll)));
    let body = html! {
        (notice(&locale, Tone::Error, Some(&t!(locale, "office-loading-nothing")), html! { p { (why) } }))
        (buttons(button_link(Button::Primary, &t!(locale, "office-rolls-other-file"), &again)))
    };
    page(officer, roll, &t!(locale, "office-loading"), body)
}

fn page(officer: &Officer, roll: &Roll, title: &str, body: maud::Markup) -> Response {
    let (way, none) = (officer.link(&path(roll)), FieldErrors::new());
    let lead = t!(officer.locale, "office-loading-lead");
    let way: &[(&str, &str)] = &[(&roll.title, &way)];
    let sheet = Sheet { desk: Desk::Rolls, title, lead: &lead, way, errors: &none, said: None };
    sheet.show(officer, StatusCode::OK, body)
}
