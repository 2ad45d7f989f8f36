//! Codes that replace those of lost letters: one officer asks, another one approves and is given the code.

use axum::extract::Path;
use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    AccessCodeReplacement, ApproveAccessCodeReplacementRequest, ListAccessCodeReplacementsRequest,
    StaffMember,
};
use http::StatusCode;
use maud::{Markup, html};

use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::calls::instant;
use crate::pages::office::parts::{Question, Sheet, new_request_id, request_id};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer, staff};
use crate::ui::{
    Button, Column, FieldErrors, Narrow, Table, Tone, button_link, buttons, confirmation, empty, table, tag,
};
use crate::visit::PageResult;

const PAGE: i32 = 200;

async fn all(officer: &Officer) -> Result<Vec<AccessCodeReplacement>, PageError> {
    let request = ListAccessCodeReplacementsRequest { page_size: PAGE, page_token: String::new() };
    let request = officer.request(request);
    let answer = officer.services().rolls().list_access_code_replacements(request).await?;
    Ok(answer.into_inner().replacements)
}

fn waits(officer: &Officer, replacement: &AccessCodeReplacement) -> bool {
    let expires = instant(replacement.expire_time.as_ref());
    replacement.approved_by.is_empty()
        && !replacement.member_number.is_empty()
        && expires.is_some_and(|expires| expires > officer.now())
}

/// How many wait for somebody else than the officer who looks.
pub async fn waiting(officer: &Officer) -> Result<usize, PageError> {
    let all = all(officer).await?;
    Ok(all.iter().filter(|one| waits(officer, one) && one.requested_by != officer.id).count())
}

/// What an officer is called whose id the API gives.
pub fn name(officer: &Officer, people: &[StaffMember], id: &str) -> String {
    let found = people.iter().find(|member| member.staff_member_id == id);
    match found {
        Some(member) => member.display_name.clone(),
        None if id == "operator" => t!(officer.locale, "office-operator").into_owned(),
        None => t!(officer.locale, "office-former").into_owned(),
    }
}

pub async fn list(officer: Officer) -> PageResult {
    officer.require(staff::READERS)?;
    let locale = officer.locale;
    let replacements = all(&officer).await?;
    let people = staff::members(&officer).await?;
    let heads = [
        t!(locale, "office-column-number"),
        t!(locale, "office-replacements-asked-by"),
        t!(locale, "office-replacements-asked-on"),
        t!(locale, "office-processes-state"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = replacements.iter().map(|one| row(&officer, &people, one)).collect();
    let body = html! {
        @if replacements.is_empty() {
            (empty(&t!(locale, "office-replacements-none"), html! { p { (t!(locale, "office-replacements-none-text")) } }))
        } @else {
            (table(&Table {
                id: "replacements",
                caption: &t!(locale, "office-replacements-caption"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
        }
    };
    let sheet = Sheet {
        desk: Desk::Rolls,
        title: &t!(locale, "office-replacements"),
        lead: &t!(locale, "office-replacements-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn row(officer: &Officer, people: &[StaffMember], one: &AccessCodeReplacement) -> Vec<Markup> {
    let locale = officer.locale;
    let asked = instant(one.request_time.as_ref()).map(|time| locale.date_time(time));
    let state = if !one.approved_by.is_empty() {
        let by = name(officer, people, &one.approved_by);
        html! { (tag(Tone::Success, &t!(locale, "office-replacements-approved"))) " " bdi { (by) } }
    } else if !waits(officer, one) {
        tag(Tone::Neutral, &t!(locale, "office-replacements-expired"))
    } else if officer.has_any(ADMINISTRATOR) && one.requested_by != officer.id {
        let path = officer.link(&format!("/office/rolls/replacements/{}", one.replacement_id));
        html! { a href=(path) { (t!(locale, "office-replacements-approve")) span .unseen { " " (one.member_number) } } }
    } else {
        tag(Tone::Warning, &t!(locale, "office-replacements-waits"))
    };
    vec![
        html! { @if one.member_number.is_empty() { (t!(locale, "office-replacements-erased")) } @else { bdi { (one.member_number) } } },
        html! { bdi { (name(officer, people, &one.requested_by)) } },
        html! { (asked.unwrap_or_default()) },
        state,
    ]
}

async fn find(officer: &Officer, id: &str) -> Result<AccessCodeReplacement, PageError> {
    let all = all(officer).await?;
    all.into_iter().find(|one| one.replacement_id == id).ok_or(PageError::NotFound)
}

fn with_question<T>(
    officer: &Officer,
    people: &[StaffMember],
    one: &AccessCodeReplacement,
    request_id: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let (list, path) = (t!(locale, "office-replacements"), officer.link("/office/rolls/replacements"));
    let consequences = [
        t!(locale, "office-replacements-by", name = name(officer, people, &one.requested_by)),
        t!(locale, "office-replacements-old-ends").into_owned(),
        t!(locale, "office-replacements-shown-once").into_owned(),
        t!(locale, "office-replacements-responsible").into_owned(),
    ];
    then(&Question {
        desk: Desk::Rolls,
        title: &t!(locale, "office-replacements-title", number = &one.member_number),
        way: &[(&list, &path)],
        consequences: &consequences,
        sure: &t!(locale, "office-replacements-sure"),
        not_sure: &t!(locale, "office-replacements-not-sure"),
        yes: &t!(locale, "office-replacements-do"),
        weight: Button::Primary,
        action: &format!("/office/rolls/replacements/{}", one.replacement_id),
        back: "/office/rolls/replacements",
        hidden: html! { input type="hidden" name="request_id" value=(request_id); },
    })
}

pub async fn ask(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (one, people) = (find(&officer, &id).await?, staff::members(&officer).await?);
    Ok(with_question(&officer, &people, &one, &new_request_id(), |question| question.ask(&officer)))
}

pub async fn approve(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let (one, people) = (find(&officer, &id).await?, staff::members(&officer).await?);
    let key = request_id(&form);
    let answered =
        with_question(&officer, &people, &one, &key, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let request = ApproveAccessCodeReplacementRequest { replacement_id: id, request_id: key.clone() };
    let answer = officer.services().rolls().approve_access_code_replacement(officer.request(request)).await;
    let error = match answer {
        Ok(answer) => {
            let code = answer.into_inner().access_code.unwrap_or_default();
            return Ok(code_page(&officer, &code.member_number, &code.access_code));
        }
        Err(status) => PageError::from(status),
    };
    let why = match error.reason() {
        Some(Reason::SecondPersonRequired) => t!(locale, "office-replacements-second"),
        Some(Reason::ReplacementNotPending) => t!(locale, "office-replacements-not-pending"),
        _ => return Err(error),
    };
    Ok(with_question(&officer, &people, &one, &key, |question| question.refuse(&officer, &why)))
}

/// The new code, this once.
fn code_page(officer: &Officer, number: &str, code: &str) -> Response {
    let locale = officer.locale;
    let title = t!(locale, "office-replacements-done", number = number);
    let label = t!(locale, "office-codes-code");
    let body = html! {
        p { (t!(locale, "office-replacements-done-text")) }
        (buttons(button_link(Button::Secondary, &t!(locale, "office-replacements"), &officer.link("/office/rolls/replacements"))))
    };
    let main = confirmation(&title, Some((&label, code)), body);
    officer.page(Desk::Rolls, StatusCode::OK, View::new(&title, main))
}
