//! Cases of residents: a member of a roll has one account, and two claim the same member. The team asks both, and decides.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    CaseAccount, CaseDecision, GetResidentCaseRequest, ListResidentCasesRequest, ResidentCase,
    ResolveResidentCaseRequest, StaffMember,
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::home::Task;
use super::parts::{Question, Sheet, done, what_was_done};
use super::rolls::{self, replacements};
use super::{ADMINISTRATOR, Desk, Officer, staff};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::instant;
use crate::pages::parts::{Asked, query};
use crate::ui::{
    Button, Column, FieldErrors, Narrow, SummaryRow, Table, Tone, button_link, buttons, empty, pagination,
    summary_list, table, tag,
};
use crate::visit::PageResult;

const PAGE: i32 = 50;
const LARGEST_PAGE: i32 = 1000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/residents", get(list))
        .route("/office/residents/{id}", get(show))
        .route("/office/residents/{id}/keep", get(ask_keep).post(keep))
        .route("/office/residents/{id}/move", get(ask_move).post(give))
}

#[derive(Default, Deserialize)]
struct Query {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page_token: String,
}

async fn cases(
    officer: &Officer,
    page_size: i32,
    page_token: String,
    show_resolved: bool,
) -> Result<(Vec<ResidentCase>, String), PageError> {
    let request = officer.request(ListResidentCasesRequest { page_size, page_token, show_resolved });
    let answer = officer.services().participants().list_resident_cases(request).await?.into_inner();
    Ok((answer.cases, answer.next_page_token))
}

async fn case(officer: &Officer, id: &str) -> Result<ResidentCase, PageError> {
    // What is no id leads nowhere.
    let id = Uuid::try_parse(id).map_err(|_| PageError::NotFound)?;
    let request = officer.request(GetResidentCaseRequest { case_id: id.to_string() });
    let answer = officer.services().participants().get_resident_case(request).await?;
    answer.into_inner().case.ok_or(PageError::NotFound)
}

/// What waits here: people who cannot be verified until somebody decides.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) {
        return Ok(Vec::new());
    }
    let locale = officer.locale;
    let (open, _) = cases(officer, LARGEST_PAGE, String::new(), false).await?;
    let task = || Task {
        title: t!(locale, "office-residents-task", count = open.len()),
        text: t!(locale, "office-residents-task-text").into_owned(),
        path: officer.link("/office/residents"),
        urgent: true,
    };
    Ok((!open.is_empty()).then(task).into_iter().collect())
}

async fn list(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let everything = asked.show == "all";
    let ((cases, next), rolls) =
        tokio::try_join!(cases(&officer, PAGE, asked.page_token, everything), rolls::all(&officer))?;
    let here = officer.link("/office/residents");
    let show = if everything { "all" } else { "" };
    let next =
        (!next.is_empty()).then(|| format!("{here}{}", query(&[("show", show), ("page_token", &next)])));
    let heads = [
        t!(locale, "office-residents-case"),
        t!(locale, "office-residents-roll"),
        t!(locale, "office-residents-opened"),
        t!(locale, "office-processes-state"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = cases.iter().map(|case| row(&officer, &rolls, case)).collect();
    let body = html! {
        (what_was_done(&officer, &[
            ("kept", key!("office-residents-kept")),
            ("moved", key!("office-residents-moved")),
        ]))
        @if cases.is_empty() {
            (empty(&t!(locale, "office-residents-none"), html! { p { (t!(locale, "office-residents-none-text")) } }))
        } @else {
            (table(&Table {
                id: "cases",
                caption: &t!(locale, "office-residents-caption"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
            (pagination(&locale, None, next.as_deref()))
        }
        @if everything {
            p { a href=(here) { (t!(locale, "office-residents-open-only")) } }
        } @else {
            p { a href={ (here) "?show=all" } { (t!(locale, "office-residents-all")) } }
        }
    };
    let sheet = Sheet {
        desk: Desk::Residents,
        title: &t!(locale, "office-residents"),
        lead: &t!(locale, "office-residents-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn row(officer: &Officer, rolls: &[comitia_proto::identity::v1::Roll], case: &ResidentCase) -> Vec<Markup> {
    let locale = officer.locale;
    let opened = instant(case.open_time.as_ref()).map(|time| locale.date_short(time));
    let title = t!(locale, "office-residents-case-of", number = &case.member_number);
    let path = officer.link(&format!("/office/residents/{}", case.case_id));
    vec![
        html! { a href=(path) { bdi { (title) } } },
        html! { bdi { (roll_title(rolls, &case.roll_id)) } },
        html! { (opened.unwrap_or_default()) },
        state(officer, case),
    ]
}

fn roll_title<'a>(rolls: &'a [comitia_proto::identity::v1::Roll], id: &str) -> &'a str {
    rolls.iter().find(|roll| roll.roll_id == id).map_or("", |roll| &roll.title)
}

fn state(officer: &Officer, case: &ResidentCase) -> Markup {
    let locale = officer.locale;
    match case.decision() {
        CaseDecision::Unspecified => tag(Tone::Warning, &t!(locale, "office-residents-open")),
        CaseDecision::Keep => tag(Tone::Neutral, &t!(locale, "office-residents-was-kept")),
        CaseDecision::Move => tag(Tone::Neutral, &t!(locale, "office-residents-was-moved")),
    }
}

/// An account, as the team reaches its owner.
fn account(officer: &Officer, account: Option<&CaseAccount>) -> Markup {
    let locale = officer.locale;
    html! {
        @if let Some(account) = account {
            @if account.display_name.is_empty() {
                (t!(locale, "office-residents-no-name"))
            } @else {
                bdi { (account.display_name) }
            }
            @if !account.email.is_empty() {
                br;
                a href={ "mailto:" (account.email) } { (account.email) }
            }
        } @else {
            (t!(locale, "office-residents-no-account"))
        }
    }
}

fn facts(officer: &Officer, roll: &str, case: &ResidentCase, people: &[StaffMember]) -> Markup {
    let locale = officer.locale;
    let date = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date(time)).unwrap_or_default()
    };
    let labels = [
        t!(locale, "office-column-number"),
        t!(locale, "office-residents-roll"),
        t!(locale, "office-residents-holder"),
        t!(locale, "office-residents-claimant"),
        t!(locale, "office-residents-opened"),
        t!(locale, "office-processes-state"),
    ];
    let mut values = vec![
        html! { bdi { (case.member_number) } },
        html! { bdi { (roll) } },
        account(officer, case.holder.as_ref()),
        account(officer, case.claimant.as_ref()),
        html! { (date(case.open_time.as_ref())) },
        state(officer, case),
    ];
    let by = t!(locale, "office-residents-decided");
    let mut labels: Vec<_> = labels.iter().map(AsRef::as_ref).collect();
    if case.decision() != CaseDecision::Unspecified {
        labels.push(&by);
        let who = replacements::name(officer, people, &case.resolved_by);
        values.push(html! { bdi { (who) } ", " (date(case.resolve_time.as_ref())) });
    }
    let rows: Vec<_> = labels
        .into_iter()
        .zip(values)
        .map(|(label, value)| SummaryRow { label, value, change: None })
        .collect();
    summary_list(&locale, &rows)
}

async fn show(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let (case, rolls, people) =
        tokio::try_join!(case(&officer, &id), rolls::all(&officer), staff::members(&officer))?;
    let here = officer.link(&format!("/office/residents/{id}"));
    let open = case.decision() == CaseDecision::Unspecified;
    let body = html! {
        (facts(&officer, roll_title(&rolls, &case.roll_id), &case, &people))
        @if open {
            h2 { (t!(locale, "office-residents-what")) }
            ul {
                li { (t!(locale, "office-residents-ask")) }
                li { (t!(locale, "office-residents-same")) }
                li { (t!(locale, "office-residents-stolen")) }
            }
            (buttons(html! {
                @if case.holder.is_some() {
                    (button_link(Button::Primary, &t!(locale, "office-residents-keep"), &format!("{here}/keep")))
                }
                @if case.claimant.is_some() {
                    (button_link(Button::Secondary, &t!(locale, "office-residents-move"), &format!("{here}/move")))
                }
                @if case.holder.is_none() {
                    (button_link(Button::Quiet, &t!(locale, "office-residents-close"), &format!("{here}/keep")))
                }
            }))
        }
    };
    let title = t!(locale, "office-residents-case-of", number = &case.member_number);
    let sheet = Sheet {
        desk: Desk::Residents,
        title: &title,
        lead: &t!(locale, "office-residents-case-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

/// Runs `then` with the question before a case is decided.
fn with_question<T>(
    officer: &Officer,
    case: &ResidentCase,
    decision: CaseDecision,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let here = format!("/office/residents/{}", case.case_id);
    let moves = decision == CaseDecision::Move;
    let (title, first, second, yes, act) = if moves {
        (
            t!(locale, "office-residents-move-title"),
            t!(locale, "office-residents-move-claimant"),
            t!(locale, "office-residents-move-holder"),
            t!(locale, "office-residents-move"),
            "move",
        )
    } else {
        (
            t!(locale, "office-residents-keep-title"),
            t!(locale, "office-residents-keep-holder"),
            t!(locale, "office-residents-keep-claimant"),
            t!(locale, "office-residents-keep"),
            "keep",
        )
    };
    let vote = t!(locale, "office-residents-vote");
    let consequences = [first, second, vote].map(std::borrow::Cow::into_owned);
    let (name, link) =
        (t!(locale, "office-residents-case-of", number = &case.member_number), officer.link(&here));
    then(&Question {
        desk: Desk::Residents,
        title: &title,
        way: &[(&name, &link)],
        consequences: &consequences,
        sure: &t!(locale, "office-residents-sure"),
        not_sure: &t!(locale, "office-residents-not-sure"),
        yes: &yes,
        weight: if moves { Button::Danger } else { Button::Primary },
        action: &format!("{here}/{act}"),
        back: &here,
        hidden: html! {},
    })
}

async fn ask(officer: Officer, id: &str, decision: CaseDecision) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let case = case(&officer, id).await?;
    Ok(with_question(&officer, &case, decision, |question| {
        if case.decision() == CaseDecision::Unspecified {
            question.ask(&officer)
        } else {
            question.refuse(&officer, &t!(officer.locale, "office-residents-decided-before"))
        }
    }))
}

async fn ask_keep(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    ask(officer, &id, CaseDecision::Keep).await
}

async fn ask_move(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    ask(officer, &id, CaseDecision::Move).await
}

async fn decide(officer: Officer, id: String, form: &Form, decision: CaseDecision) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let case = case(&officer, &id).await?;
    if let Err(page) = with_question(&officer, &case, decision, |question| question.answered(&officer, form))
    {
        return Ok(*page);
    }
    let request = ResolveResidentCaseRequest { case_id: id, decision: decision.into() };
    let answer = officer.services().participants().resolve_resident_case(officer.request(request)).await;
    let Err(status) = answer else {
        let said = if decision == CaseDecision::Move { "moved" } else { "kept" };
        return Ok(done(&officer, "/office/residents", said));
    };
    let error = PageError::from(status);
    let locale = officer.locale;
    let why = match error.reason() {
        Some(Reason::CaseNotOpen) => t!(locale, "office-residents-decided-before"),
        Some(Reason::AlreadyVerified) => t!(locale, "office-residents-other-member"),
        _ => return Err(error),
    };
    Ok(with_question(&officer, &case, decision, |question| question.refuse(&officer, &why)))
}

async fn keep(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    decide(officer, id, &form, CaseDecision::Keep).await
}

async fn give(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    decide(officer, id, &form, CaseDecision::Move).await
}
