//! The device at the desk: the code of a visit that two officers opened becomes a ballot. There is no session, so that nothing is
//! left of the voter once the receipt is closed. The device goes back to its first page by itself.

use axum::Extension;
use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::identity::v1::RedeemDeskCodeRequest;
use comitia_proto::voting::v1::Poll;
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};

use super::ballot::Sheet;
use super::entry::Entry;
use super::paper::Papers;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::{key, t};
use crate::pages::receipts;
use crate::pages::sign_in::failure;
use crate::ui::{
    Button, Field, FieldErrors, Kind, Tone, Width, button, button_link, buttons, error_summary, form_post,
    notice,
};
use crate::visit::{PageResult, Visit};

/// Where the device begins, after the language.
pub const PATH: &str = "/desk";
/// Somebody who types a code with all its hyphens and spaces.
const CODE_LENGTH: u32 = 64;
/// As long as a permit from the desk is good: afterwards its ballot is of no use.
const BALLOT_SECONDS: u32 = 15 * 60;
/// How long a receipt or a refusal stays on a device that others use next.
const LAST_PAGE_SECONDS: u32 = 2 * 60;

/// Asks for the code.
pub async fn form(visit: Visit) -> PageResult {
    Ok(page(&visit, StatusCode::OK, &FieldErrors::new(), None))
}

/// Exchanges the code for a permit, and shows the ballot.
pub async fn redeem(visit: Visit, Extension(papers): Extension<Papers>, form: Form) -> PageResult {
    let code = form.text("code");
    let mut errors = FieldErrors::new();
    if code.is_empty() || code.chars().count() > usize::try_from(CODE_LENGTH).unwrap_or(usize::MAX) {
        errors.push("code", t!(visit.locale, "desk-code-missing"));
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors, None));
    }
    let message = RedeemDeskCodeRequest { desk_code: code.to_owned() };
    let issued = match visit.services().desk().redeem_desk_code(visit.stranger(message)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return refuse(&visit, status.into()),
    };
    let id = super::poll_id(&issued.poll_id)?;
    let paper = papers.paper_under_way(&visit, id).await?;
    if super::is_sheet(&paper.poll) {
        let text = t!(visit.locale, "desk-no-sheet");
        let said = notice(&visit.locale, Tone::Error, None, html! { p { (text) } });
        return Ok(page(&visit, StatusCode::CONFLICT, &errors, Some(said)));
    }
    let entry = Entry::new(issued.permit);
    let sheet = Sheet { visit: &visit, paper: &paper, entry: &entry, errors: &FieldErrors::new() };
    let district = papers.district(&visit, &issued.district).await;
    Ok(sheet.page(StatusCode::OK, &district))
}

fn refuse(visit: &Visit, error: PageError) -> PageResult {
    let locale = visit.locale;
    let mut errors = FieldErrors::new();
    let said = |key: &str| {
        let text = locale.text(key).into_owned();
        notice(&locale, Tone::Error, None, html! { p { (text) } })
    };
    let conflict = |said: Markup| Ok(page(visit, StatusCode::CONFLICT, &FieldErrors::new(), Some(said)));
    match error.reason() {
        Some(Reason::CredentialsInvalid) => errors.push("code", t!(locale, "desk-code-wrong")),
        Some(Reason::FieldInvalid) => errors.push("code", t!(locale, "desk-code-mistyped")),
        Some(Reason::PollClosed | Reason::PollNotOpen | Reason::PollPaused) => {
            return conflict(said(key!("desk-poll-closed")));
        }
        Some(Reason::NotEligible) => return conflict(said(key!("desk-not-eligible"))),
        _ => {
            let (status, said) = failure(visit, error)?;
            return Ok(page(visit, status, &errors, Some(said)));
        }
    }
    Ok(page(visit, StatusCode::UNPROCESSABLE_ENTITY, &errors, None))
}

/// The code is a secret: it is typed again, and never sent back.
fn page(visit: &Visit, status: StatusCode, errors: &FieldErrors, said: Option<Markup>) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "desk-title");
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p .lead { (t!(locale, "desk-lead")) }
        (form_post(&visit.link(PATH), None, html! {
            (Field::new(&locale, "code", t!(locale, "desk-code"))
                .hint(t!(locale, "desk-code-hint")).error(errors.of("code")).autocomplete("off")
                .width(Width::Medium).max_length(CODE_LENGTH).input(Kind::Code, ""))
            (buttons(button(Button::Primary, &t!(locale, "desk-begin"), None)))
        }))
        p { (t!(locale, "desk-secret")) }
    };
    let error = !errors.is_empty() || said.is_some();
    let view = View {
        section: Section::Votes,
        private: true,
        focused: true,
        error,
        scripts: &["js/letter.js"],
        ..View::new(&title, main)
    };
    visit.page(status, view)
}

/// What is said on a ballot that is filled in at the desk.
pub fn about(visit: &Visit, poll: &Poll) -> Markup {
    let locale = visit.locale;
    notice(
        &locale,
        Tone::Info,
        Some(&t!(locale, "desk-here")),
        html! {
            p { (t!(locale, "desk-here-time")) }
            p { (final_words(visit, poll)) }
        },
    )
}

/// Whether a ballot from the desk can be changed, and how.
pub fn final_words(visit: &Visit, poll: &Poll) -> String {
    let locale = visit.locale;
    if poll.recast_allowed {
        t!(locale, "desk-final-here").into_owned()
    } else {
        t!(locale, "vote-check-final").into_owned()
    }
}

/// The end of a receipt at the desk.
pub fn hand_back(visit: &Visit, poll: &Poll) -> Markup {
    let locale = visit.locale;
    html! {
        h2 { (t!(locale, "desk-hand-back")) }
        p { (t!(locale, "desk-hand-back-text")) }
        p { (final_words(visit, poll)) }
        (buttons(button_link(Button::Primary, &t!(locale, "desk-finish"), &visit.link(PATH))))
    }
}

/// There is a ballot: the desk replaces none.
pub fn already_cast(visit: &Visit, poll: &Poll) -> Response {
    let locale = visit.locale;
    let text = if poll.recast_allowed {
        t!(locale, "desk-already-recast")
    } else {
        t!(locale, "vote-already-cast-text")
    };
    last(
        visit,
        &t!(locale, "vote-already-cast"),
        html! {
            p dir="auto" { (poll.title) }
            p { (text) }
            p { (t!(locale, "vote-already-cast-not-me", organization = &visit.organization.display_name)) }
        },
    )
}

/// The time at the device is over.
pub fn over(visit: &Visit, poll: &Poll) -> Response {
    let locale = visit.locale;
    last(
        visit,
        &t!(locale, "desk-over"),
        html! {
            p dir="auto" { (poll.title) }
            p { (t!(locale, "desk-over-text")) }
        },
    )
}

fn last(visit: &Visit, title: &str, body: Markup) -> Response {
    let main = html! {
        h1 { (title) }
        (body)
        (buttons(button_link(Button::Primary, &t!(visit.locale, "desk-finish"), &visit.link(PATH))))
    };
    let view =
        View { section: Section::Votes, private: true, focused: true, error: true, ..View::new(title, main) };
    leaves_last(visit, visit.page(StatusCode::CONFLICT, view))
}

/// The device goes back to its first page when the ballot can no longer be cast.
pub fn leaves(visit: &Visit, response: Response) -> Response {
    after(visit, response, BALLOT_SECONDS)
}

/// The device goes back to its first page when somebody forgets to.
pub fn leaves_last(visit: &Visit, response: Response) -> Response {
    after(visit, response, LAST_PAGE_SECONDS)
}

fn after(visit: &Visit, mut response: Response, seconds: u32) -> Response {
    let target = format!("{seconds}; url={}", visit.link(PATH));
    if let Ok(value) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

/// Where a receipt is at the desk: `address` is where it is elsewhere.
pub fn receipt(address: &str) -> String {
    format!("{address}&at=desk")
}

/// Whether a receipt is shown at the desk.
pub fn is_asked(visit: &Visit) -> bool {
    receipts::asked(visit, "at") == "desk"
}
