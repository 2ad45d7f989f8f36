//! The second person at the desk: looks at who is there, confirms the visit, and is shown the code this once.

use axum::extract::Path;
use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    ConfirmDeskVisitRequest, ConfirmDeskVisitResponse, DeskVisit, StaffMember,
};
use http::StatusCode;
use maud::html;

use super::all;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::calls::instant;
use crate::pages::office::parts::{Question, new_request_id, request_id};
use crate::pages::office::rolls::replacements::name;
use crate::pages::office::{ADMINISTRATOR, Desk, Officer, staff, votes};
use crate::pages::votes::DESK;
use crate::ui::{Button, button_link, buttons, confirmation, tracking_code};
use crate::visit::PageResult;

async fn visit(officer: &Officer, id: &str) -> Result<DeskVisit, PageError> {
    let found = all(officer).await?.into_iter().find(|one| one.visit_id == id);
    found.filter(|one| !one.member_number.is_empty()).ok_or(PageError::NotFound)
}

/// What the question is about.
struct About {
    visit: DeskVisit,
    people: Vec<StaffMember>,
    poll: String,
}

async fn about(officer: &Officer, id: &str) -> Result<About, PageError> {
    let visit = visit(officer, id).await?;
    let poll = votes::poll(officer, &visit.poll_id).await?.title;
    Ok(About { people: staff::members(officer).await?, poll, visit })
}

fn with_question<T>(
    officer: &Officer,
    about: &About,
    request_id: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let (locale, visit) = (officer.locale, &about.visit);
    let consequences = [
        t!(locale, "office-desk-for", poll = &about.poll),
        t!(locale, "office-desk-by", name = name(officer, &about.people, &visit.opened_by)),
        t!(locale, "office-desk-code-once").into_owned(),
        t!(locale, "office-desk-told").into_owned(),
        t!(locale, "office-desk-seen-public").into_owned(),
    ];
    then(&Question {
        desk: Desk::Visits,
        title: &t!(locale, "office-desk-confirm-title", number = &visit.member_number),
        way: &[],
        consequences: &consequences,
        sure: &t!(locale, "office-desk-sure"),
        not_sure: &t!(locale, "office-desk-not-sure"),
        yes: &t!(locale, "office-desk-confirm-do"),
        weight: Button::Primary,
        action: &format!("/office/desk/visits/{}", visit.visit_id),
        back: Desk::Visits.path(),
        hidden: html! { input type="hidden" name="request_id" value=(request_id); },
    })
}

pub async fn ask(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let about = about(&officer, &id).await?;
    Ok(with_question(&officer, &about, &new_request_id(), |question| question.ask(&officer)))
}

pub async fn confirm(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let about = about(&officer, &id).await?;
    let key = request_id(&form);
    let answered = with_question(&officer, &about, &key, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let request = ConfirmDeskVisitRequest { visit_id: id, request_id: key.clone() };
    let answer = officer.services().desk().confirm_desk_visit(officer.request(request)).await;
    let error = match answer {
        Ok(answer) => return Ok(code_page(&officer, &about.visit.member_number, &answer.into_inner())),
        Err(status) => PageError::from(status),
    };
    let why = match error.reason() {
        Some(Reason::SecondPersonRequired) => t!(locale, "office-desk-second"),
        Some(Reason::DeskVisitNotPending) => t!(locale, "office-desk-not-pending"),
        Some(Reason::NotEligible) => t!(locale, "office-desk-not-eligible"),
        Some(Reason::PollClosed | Reason::PollNotOpen | Reason::PollPaused) => {
            t!(locale, "office-desk-poll-closed")
        }
        _ => return Err(error),
    };
    Ok(with_question(&officer, &about, &key, |question| question.refuse(&officer, &why)))
}

/// The code, this once: to type, or to show to the camera of the device. It stands in the fragment, which browsers send to nobody.
fn code_page(officer: &Officer, number: &str, given: &ConfirmDeskVisitResponse) -> Response {
    let locale = officer.locale;
    let title = t!(locale, "office-desk-done", number = number);
    let label = t!(locale, "desk-code");
    let device = format!("{}{}#c={}", officer.origin, officer.link(DESK), given.desk_code);
    let until = instant(given.expire_time.as_ref()).map(|time| locale.time(time)).unwrap_or_default();
    let body = html! {
        p { (t!(locale, "office-desk-done-text", time = until)) }
        p { (t!(locale, "office-desk-done-device", address = format!("{}{}", officer.origin, officer.link(DESK)))) }
        (tracking_code(&locale, &device))
        (buttons(button_link(Button::Secondary, &t!(locale, "office-desk"), &officer.link(Desk::Visits.path()))))
    };
    let main = confirmation(&title, Some((&label, &given.desk_code)), body);
    officer.page(Desk::Visits, StatusCode::OK, View::new(&title, main))
}
