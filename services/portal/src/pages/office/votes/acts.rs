//! What ends a vote: a page that says what will happen, with a reason, and then the call.

use axum::extract::Path;
use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::voting::v1::{AnnulPollRequest, CancelPollRequest, ClosePollRequest, Poll, PollState};
use http::StatusCode;
use maud::html;

use super::{BUDGETERS, path, poll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::office::parts::{Sheet, done, status};
use crate::pages::office::{Desk, Officer};
use crate::pages::parts as site;
use crate::ui::{Button, Field, FieldErrors, Tone, button, button_link, buttons, form_post, notice};
use crate::visit::PageResult;

/// The longest reason, as the API has it.
const REASON_MAX: u32 = 1000;

/// What ends a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Close,
    Seal,
    Cancel,
    Annul,
    /// Another one proposed to annul it.
    ConfirmAnnul,
}

impl Act {
    /// The act of an address, if the vote is in a state for it.
    fn of(name: &str, poll: &Poll) -> Result<Self, PageError> {
        let act = match name {
            "close" => Self::Close,
            "seal" => Self::Seal,
            "cancel" => Self::Cancel,
            "annul" if poll.call_off_reason.is_empty() => Self::Annul,
            "annul" => Self::ConfirmAnnul,
            _ => return Err(PageError::NotFound),
        };
        let state = poll.state();
        let fits = match act {
            Self::Close => state == PollState::Open,
            Self::Seal => state == PollState::Closed,
            Self::Cancel => state == PollState::Scheduled,
            Self::Annul | Self::ConfirmAnnul => {
                matches!(state, PollState::Open | PollState::Closed | PollState::WaitingForPaper)
            }
        };
        if fits { Ok(act) } else { Err(wrong_state()) }
    }

    /// Title, button, and what will happen.
    const fn texts(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Close => (
                key!("office-vote-close-title"),
                key!("office-vote-close"),
                &[
                    key!("office-vote-close-1"),
                    key!("office-vote-close-2"),
                    key!("office-vote-close-3"),
                    key!("office-vote-final"),
                ],
            ),
            Self::Seal => (
                key!("office-vote-seal-title"),
                key!("office-vote-seal-again"),
                &[key!("office-vote-seal-1"), key!("office-vote-seal-2")],
            ),
            Self::Cancel => (
                key!("office-vote-cancel-title"),
                key!("office-vote-cancel"),
                &[key!("office-vote-cancel-1"), key!("office-vote-cancel-2"), key!("office-vote-final")],
            ),
            Self::Annul => (
                key!("office-vote-annul-title"),
                key!("office-vote-annul-propose"),
                &[key!("office-vote-annul-1"), key!("office-vote-annul-2"), key!("office-vote-annul-3")],
            ),
            Self::ConfirmAnnul => (
                key!("office-vote-annul-title"),
                key!("office-vote-annul"),
                &[key!("office-vote-annul-1"), key!("office-vote-annul-4"), key!("office-vote-final")],
            ),
        }
    }
}

pub fn wrong_state() -> PageError {
    let reason = Reason::PollStateInvalid;
    comitia_platform::ApiError::precondition(reason, "the vote is in a state that does not allow this").into()
}

fn question(
    officer: &Officer,
    poll: &Poll,
    name: &str,
    act: Act,
    reason: &str,
    errors: &FieldErrors,
    said: Option<&str>,
) -> Response {
    let locale = officer.locale;
    let (title, yes, lines) = act.texts();
    let back = path(poll);
    let with_reason = act != Act::ConfirmAnnul;
    let weight = if matches!(act, Act::Close | Act::Seal) { Button::Primary } else { Button::Danger };
    let body = html! {
        (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
            ul { @for line in lines { li { (locale.text(line)) } } }
        }))
        @if act == Act::ConfirmAnnul {
            p { (t!(locale, "office-vote-annul-reason")) }
            blockquote { (site::written(&poll.call_off_reason)) }
        }
        (form_post(&officer.link(&format!("{back}/{name}")), None, html! {
            @if with_reason {
                (Field::new(&locale, "reason", t!(locale, "office-vote-reason"))
                    .hint(t!(locale, "office-vote-reason-hint"))
                    .error(errors.of("reason").map(str::to_owned))
                    .max_length(REASON_MAX)
                    .textarea(reason, 3))
            }
            (Field::new(&locale, "sure", t!(locale, "office-vote-sure"))
                .error(errors.of("sure").map(str::to_owned)).checkbox(false))
            (buttons(html! {
                (button(weight, &locale.text(yes), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&back)))
            }))
        }))
    };
    let (title, lead, link) =
        (locale.text(title), t!(locale, "office-vote-act-lead", vote = &poll.title), officer.link(&back));
    let way = [(poll.title.as_str(), link.as_str())];
    let note = said.map(|text| notice(&locale, Tone::Error, None, html! { p { (text) } }));
    let status = if note.is_some() { StatusCode::CONFLICT } else { status(errors) };
    let sheet = Sheet { desk: Desk::Votes, title: &title, lead: &lead, way: &way, errors, said: note };
    sheet.show(officer, status, body)
}

type ActPath = Path<(String, String, String)>;

pub async fn ask(officer: Officer, Path((_, id, name)): ActPath) -> PageResult {
    officer.require(BUDGETERS)?;
    let poll = poll(&officer, &id).await?;
    let act = Act::of(&name, &poll)?;
    Ok(question(&officer, &poll, &name, act, "", &FieldErrors::new(), None))
}

pub async fn act(officer: Officer, Path((_, id, name)): ActPath, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let locale = officer.locale;
    let poll = poll(&officer, &id).await?;
    let act = Act::of(&name, &poll)?;
    let reason = form.text("reason").replace("\r\n", "\n");
    let mut errors = FieldErrors::new();
    let length = reason.chars().count();
    if act != Act::ConfirmAnnul && (length == 0 || length > REASON_MAX as usize) {
        errors.push("reason", t!(locale, "office-vote-reason-missing"));
    }
    if form.get("sure") != "yes" {
        errors.push("sure", t!(locale, "office-sure-missing"));
    }
    if !errors.is_empty() {
        return Ok(question(&officer, &poll, &name, act, &reason, &errors, None));
    }
    match call(&officer, &poll, act, reason.clone()).await {
        Ok(word) => Ok(done(&officer, &path(&poll), word)),
        Err(error) => {
            let said = match error.reason() {
                Some(Reason::RecountMismatch) => key!("office-vote-mismatch"),
                Some(Reason::SecondPersonRequired | Reason::SecondOfficerRequired) => {
                    key!("office-vote-second-person")
                }
                Some(
                    Reason::PollStateInvalid
                    | Reason::PollHasOpened
                    | Reason::PollClosed
                    | Reason::PollNotOpen,
                ) => {
                    key!("office-vote-other-state")
                }
                _ => return Err(error),
            };
            Ok(question(&officer, &poll, &name, act, &reason, &errors, Some(&locale.text(said))))
        }
    }
}

/// Does it, and gives the word for what was done.
async fn call(officer: &Officer, poll: &Poll, act: Act, reason: String) -> Result<&'static str, PageError> {
    let mut polls = officer.services().polls();
    let poll_id = poll.poll_id.clone();
    match act {
        Act::Close | Act::Seal => {
            let answer = polls.close_poll(officer.request(ClosePollRequest { poll_id, reason })).await?;
            let state = answer.into_inner().poll.map(|poll| poll.state());
            Ok(if state == Some(PollState::Sealed) { "sealed" } else { "closed" })
        }
        Act::Cancel => {
            polls.cancel_poll(officer.request(CancelPollRequest { poll_id, reason })).await?;
            Ok("cancelled")
        }
        Act::Annul | Act::ConfirmAnnul => {
            let request = officer.request(AnnulPollRequest { poll_id, reason });
            let state = polls.annul_poll(request).await?.into_inner().poll.map(|poll| poll.state());
            Ok(if state == Some(PollState::Annulled) { "annulled" } else { "proposed" })
        }
    }
}
