//! Taking a signature back, where the sheet allows it: with a permit, as signing, and so without a session.

use axum::Extension;
use axum::extract::Path;
use axum::response::Response;
use comitia_proto::voting::v1::{Poll, WithdrawSignatureRequest};
use http::StatusCode;
use maud::{Markup, html};
use uuid::Uuid;

use super::super::entry::Entry;
use super::super::paper::Papers;
use super::super::poll_id;
use super::refusal;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::ui::{Button, button, button_link, buttons, confirmation};
use crate::visit::{PageResult, Visit};

/// Whether a sheet lets people take their signatures back.
pub fn is_allowed(poll: &Poll) -> bool {
    poll.signature_sheet.as_ref().is_some_and(|sheet| sheet.withdrawal_allowed)
}

/// Asks first, and then takes the signature back. Sent again, it is the same withdrawal.
pub async fn withdraw(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    form: Form,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    let entry = Entry::read(&form, &poll)?;
    if form.get("do") != "withdraw" {
        return Ok(question(&visit, id, &poll, &entry));
    }
    let message = WithdrawSignatureRequest {
        poll_id: id.to_string(),
        permit: entry.permit.clone(),
        cast_secret: entry.secret_bytes().ok_or(PageError::FormMalformed)?,
    };
    match visit.services().ballots().withdraw_signature(visit.anonymous(message)).await {
        Ok(_) => Ok(done(&visit, id, &poll)),
        Err(status) => refusal::of_withdrawal(&visit, id, &poll, &entry, status.into()),
    }
}

fn question(visit: &Visit, id: Uuid, poll: &Poll, entry: &Entry) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sheet-withdraw-title");
    let main = html! {
        h1 { (title) }
        p dir="auto" { (poll.title) }
        p { (t!(locale, "sheet-withdraw-text")) }
        (form(visit, id, entry, html! {
            (button(Button::Danger, &t!(locale, "sheet-withdraw"), Some(("do", "withdraw"))))
            (button_link(Button::Quiet, &t!(locale, "sheet-withdraw-not"), &visit.link(&format!("/votes/{id}"))))
        }))
    };
    let view = View { section: Section::Votes, private: true, focused: true, ..View::new(&title, main) };
    visit.page(StatusCode::OK, view)
}

/// The form with the permit of who has signed.
pub fn form(visit: &Visit, id: Uuid, entry: &Entry, content: Markup) -> Markup {
    html! {
        form method="post" action=(visit.link(&format!("/votes/{id}/withdraw"))) novalidate {
            (entry.hidden_permit())
            (buttons(content))
        }
    }
}

fn done(visit: &Visit, id: Uuid, poll: &Poll) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sheet-withdrawn");
    let main = html! {
        (confirmation(&title, None, html! {
            p dir="auto" { (poll.title) }
            p { (t!(locale, "sheet-withdrawn-text")) }
        }))
        (buttons(button_link(Button::Secondary, &t!(locale, "sheet-see-count"), &visit.link(&format!("/votes/{id}/signatures")))))
    };
    let view = View { section: Section::Votes, private: true, focused: true, ..View::new(&title, main) };
    visit.page(StatusCode::OK, view)
}
