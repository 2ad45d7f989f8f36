//! The proof of a signature: its receipt leads to its place in the public log. The code comes by a form, without a cookie, and is
//! in no address.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use comitia_platform::Reason;
use comitia_proto::voting::v1::{
    Correction, GetInclusionProofRequest, GetInclusionProofResponse, Log, Poll, TrackedState,
};
use comitia_transparency::sheet::{Leaf, identifier};
use comitia_transparency::{Checkpoint, Hash, TrackingCode, VerifierKeys, proof};
use http::StatusCode;
use maud::{Markup, html};
use uuid::Uuid;

use super::super::paper::Papers;
use super::super::poll_id;
use super::{Sheets, is_sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::corrections;
use crate::pages::receipts::{self, LookUp};
use crate::ui::{
    Button, Field, FieldErrors, Kind, SummaryRow, Tone, button, buttons, details, error_summary, form_post,
    notice, summary_list,
};
use crate::visit::{PageResult, Visit};

/// Codes have 34 characters; people type more between them.
const CODE_LENGTH: u32 = 100;
const TYPED: usize = 100;

/// What was found of a receipt.
enum Found {
    /// Its place, and everything that leads from it to the signed head holds.
    Proved(Box<Proved>),
    /// Something of it does not hold. That must not happen.
    Broken,
    /// The signature is accepted, and not in the log yet.
    Soon,
    /// No signature of this sheet has the code.
    Unknown,
}

/// An entry with its proof, checked.
struct Proved {
    leaf: Leaf,
    index: u64,
    head: Checkpoint,
    hashes: Vec<Hash>,
    checkpoint: String,
    /// Whether its signer took it back.
    withdrawn: bool,
    /// What sets it aside, if anything does.
    aside: Option<Box<Correction>>,
}

/// The form. A script takes the code from behind the `#` of the address that a receipt's image has.
pub async fn form(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    if !is_sheet(&poll) {
        return Ok(elsewhere(&visit, id));
    }
    Ok(page(&visit, id, &poll, "", None, &FieldErrors::new()))
}

/// Proves the signature of a receipt.
pub async fn prove(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    Extension(sheets): Extension<Sheets>,
    form: Form,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    if !is_sheet(&poll) {
        return Ok(elsewhere(&visit, id));
    }
    let given = form.text("code");
    let typed: String = given.chars().take(TYPED).collect();
    let Some(code) = TrackingCode::parse(given) else {
        let mut errors = FieldErrors::new();
        errors.push("code", t!(visit.locale, "receipts-mistyped"));
        return Ok(page(&visit, id, &poll, &typed, None, &errors));
    };
    let found = find(&visit, &sheets, id, code).await?;
    if matches!(found, Found::Broken) {
        tracing::error!(poll = %id, "a proof of the public log does not hold");
    }
    let district = match &found {
        Found::Proved(proved) => papers.district(&visit, &proved.leaf.district).await,
        _ => String::new(),
    };
    Ok(page(&visit, id, &poll, &typed, Some((&found, &district)), &FieldErrors::new()))
}

/// Receipts of other ballots are looked up.
fn elsewhere(visit: &Visit, id: Uuid) -> Response {
    Redirect::to(&visit.link(&format!("/receipts/{id}"))).into_response()
}

async fn find(visit: &Visit, sheets: &Sheets, id: Uuid, code: TrackingCode) -> Result<Found, PageError> {
    let wanted = identifier(id.as_bytes(), &code.0);
    let message = GetInclusionProofRequest { poll_id: id.to_string(), identifier: hex::encode(wanted) };
    let log = sheets.log(visit, id).await?;
    match visit.services().logs().get_inclusion_proof(visit.anonymous(message)).await {
        Ok(answer) => {
            let state = look_up(visit, id, code).await?;
            let withdrawn = state == Some(TrackedState::Withdrawn);
            let proved = check(&log, wanted, withdrawn, answer.into_inner());
            Ok(proved.map_or(Found::Broken, |proved| Found::Proved(Box::new(proved))))
        }
        Err(status) => {
            let error = PageError::from(status);
            if error.reason() != Some(Reason::LogEntryNotFound) {
                return Err(error);
            }
            Ok(match look_up(visit, id, code).await? {
                Some(TrackedState::Counted | TrackedState::Withdrawn) => Found::Soon,
                _ => Found::Unknown,
            })
        }
    }
}

/// What voting knows of the code, whatever is in the log by now.
async fn look_up(visit: &Visit, id: Uuid, code: TrackingCode) -> Result<Option<TrackedState>, PageError> {
    Ok(match receipts::look_up(visit, id, &code.to_string()).await? {
        LookUp::Found(found) => Some(found.state()),
        LookUp::Unknown | LookUp::Mistyped => None,
    })
}

/// The answer, if every step from the identifier to the signed head holds.
fn check(log: &Log, wanted: [u8; 32], withdrawn: bool, answer: GetInclusionProofResponse) -> Option<Proved> {
    let keys = VerifierKeys::parse(log.verifier_keys.iter().map(String::as_str)).ok()?;
    let head = Checkpoint::open(answer.checkpoint.as_bytes(), &keys).ok()?;
    let leaf = Leaf::decode(&answer.entry).filter(|leaf| leaf.key() == wanted)?;
    let hashes: Vec<Hash> = answer.hashes.iter().map(|hash| Hash::from_slice(hash)).collect::<Option<_>>()?;
    let index = u64::try_from(answer.leaf_index).ok()?;
    let holds = head.origin == log.origin
        && proof::includes(&hashes, index, Hash::leaf(&answer.entry), head.size, head.root);
    let aside = corrections::sets_aside(log, index, &leaf).cloned().map(Box::new);
    holds.then_some(Proved { leaf, index, head, hashes, checkpoint: answer.checkpoint, withdrawn, aside })
}

fn page(
    visit: &Visit,
    id: Uuid,
    poll: &Poll,
    code: &str,
    found: Option<(&Found, &str)>,
    errors: &FieldErrors,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sheet-proof-title");
    let status = match found {
        _ if !errors.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        Some((Found::Unknown, _)) => StatusCode::NOT_FOUND,
        Some((Found::Broken, _)) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        p dir="auto" { (poll.title) }
        @match found {
            Some((found, district)) => (outcome(visit, id, found, district, code)),
            None => p { (t!(locale, "sheet-proof-lead")) },
        }
        (form_post(&visit.link(&format!("/votes/{id}/prove")), None, html! {
            (Field::new(&locale, "code", t!(locale, "receipts-code"))
                .hint(t!(locale, "receipts-code-hint"))
                .error(errors.of("code"))
                .autocomplete("off")
                .max_length(CODE_LENGTH)
                .input(Kind::Code, code))
            (buttons(button(Button::Primary, &t!(locale, "sheet-prove"), None)))
        }))
        p { a href=(visit.link(&format!("/votes/{id}"))) { (t!(locale, "sheet-back")) } }
    };
    let view = View {
        section: Section::Votes,
        private: true,
        error: !errors.is_empty(),
        scripts: &["js/sheet.js"],
        ..View::new(&title, main)
    };
    visit.page(status, view)
}

fn outcome(visit: &Visit, id: Uuid, found: &Found, district: &str, code: &str) -> Markup {
    let locale = visit.locale;
    match found {
        Found::Proved(proved) => place(visit, id, proved, district, code),
        Found::Broken => notice(
            &locale,
            Tone::Error,
            Some(&t!(locale, "sheet-proof-broken")),
            html! {
                p { (t!(locale, "sheet-proof-broken-text", organization = &visit.organization.display_name)) }
            },
        ),
        Found::Soon => notice(
            &locale,
            Tone::Info,
            Some(&t!(locale, "sheet-proof-soon")),
            html! {
                p { (t!(locale, "sheet-proof-soon-text")) }
            },
        ),
        Found::Unknown => notice(
            &locale,
            Tone::Warning,
            Some(&t!(locale, "sheet-proof-unknown")),
            html! {
                p { (t!(locale, "sheet-proof-unknown-text")) }
            },
        ),
    }
}

/// Whether it counts.
fn says(visit: &Visit, id: Uuid, proved: &Proved, number: &str, size: &str) -> Markup {
    let locale = visit.locale;
    let text = |tone, title: &str, text: String| notice(&locale, tone, Some(title), html! { p { (text) } });
    if proved.withdrawn {
        let said = t!(locale, "sheet-proved-withdrawn-text", number = number);
        return text(Tone::Info, &t!(locale, "sheet-proved-withdrawn"), said);
    }
    let Some(aside) = &proved.aside else {
        let said = t!(locale, "sheet-proved-text", number = number, size = size);
        return text(Tone::Success, &t!(locale, "sheet-proved"), said);
    };
    let (title, said) = if aside.is_final {
        let said = t!(locale, "corrections-proved-final-text", number = number);
        (t!(locale, "corrections-proved-final"), said)
    } else {
        (t!(locale, "corrections-proved"), t!(locale, "corrections-proved-text", number = number))
    };
    let all = visit.link(&format!("/votes/{id}/signatures#corrections"));
    let body = html! {
        p { (said) }
        p { (t!(locale, "corrections-reason")) " " q dir="auto" { (aside.reason) } }
        p { a href=(all) { (t!(locale, "corrections-see")) } }
    };
    notice(&locale, Tone::Warning, Some(&title), body)
}

/// Where the signature stands, and why that is sure.
fn place(visit: &Visit, id: Uuid, proved: &Proved, district: &str, code: &str) -> Markup {
    let locale = visit.locale;
    let Proved { leaf, index, head, hashes, checkpoint, .. } = proved;
    let (number, size) = (locale.number(index + 1), locale.number(head.size));
    let minute = DateTime::<Utc>::from_timestamp(i64::from(leaf.minute) * 60, 0);
    let time = minute.map(|time| locale.date_time(time)).unwrap_or_default();
    let channel = if leaf.paper { t!(locale, "sheet-on-paper-channel") } else { t!(locale, "sheet-online") };
    let labels = [
        t!(locale, "sheet-proof-place"),
        t!(locale, "sheet-proof-time"),
        t!(locale, "sheet-proof-channel"),
        t!(locale, "result-district"),
    ];
    let mut rows = vec![
        SummaryRow {
            label: &labels[0],
            value: html! { (t!(locale, "sheet-proof-place-of", number = &number, size = &size)) },
            change: None,
        },
        SummaryRow { label: &labels[1], value: html! { (time) }, change: None },
        SummaryRow { label: &labels[2], value: html! { (channel) }, change: None },
    ];
    if !district.is_empty() {
        rows.push(SummaryRow { label: &labels[3], value: html! { (district) }, change: None });
    }
    html! {
        (says(visit, id, proved, &number, &size))
        (summary_list(&locale, &rows))
        h2 { (t!(locale, "sheet-why")) }
        ol {
            li { (t!(locale, "sheet-why-identifier")) }
            li { (t!(locale, "sheet-why-hashes", count = hashes.len())) }
            li { (t!(locale, "sheet-why-signed", origin = &head.origin)) }
        }
        (details(&t!(locale, "sheet-proof-numbers"), html! {
            p { (t!(locale, "sheet-proof-identifier")) }
            p .typed { code { (hex::encode(leaf.identifier)) } }
            p { (t!(locale, "sheet-proof-hashes")) }
            ol { @for hash in hashes { li .typed { code { (hex::encode(hash.0)) } } } }
            p { (t!(locale, "sheet-proof-checkpoint")) }
            pre .typed tabindex="0" { (checkpoint) }
        }))
        h2 { (t!(locale, "sheet-own-computer")) }
        p { (t!(locale, "sheet-own-computer-text")) }
        p .typed { code { "comitia verify " (visit.origin) "/v1/polls/" (id) "/log --receipt " (code) } }
    }
}
