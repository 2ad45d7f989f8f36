//! One's own passkeys, and another's that are lost.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    BeginPasskeyRegistrationRequest, DeletePasskeyRequest, GetStaffSignInRequest, ListOwnPasskeysRequest,
    Passkey, RegisterPasskeyRequest, RenamePasskeyRequest, ResetPasskeysRequest, StaffMember,
    UpdateStaffSignInRequest,
};
use http::{StatusCode, header};
use maud::{Markup, html};

use super::parts::{self, Question, Sheet, done, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, staff};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::{key, t};
use crate::pages::sign_in::passkey::{LABEL_LENGTH, label_field, no_answer, refused};
use crate::session::Session;
use crate::ui::{
    Button, Column, Field, FieldErrors, Narrow, PasskeyForm, Table, Tone, button_link, empty, error_summary,
    form_post, notice, passkey_form, table,
};
use crate::visit::PageResult;

const OWN: &str = "/office/me/passkeys";
const NEW: &str = "/office/me/passkeys/new";
const SIGN_IN: &str = "/office/organization/sign-in";

pub fn routes() -> Router {
    Router::new()
        .route("/office/me/passkeys", get(list))
        .route("/office/me/passkeys/new", get(new).post(register))
        .route("/office/me/passkeys/{id}", get(name).post(rename))
        .route("/office/me/passkeys/{id}/remove", get(ask_remove).post(remove))
        .route("/office/staff/{id}/passkeys", get(ask_reset).post(reset))
        .route("/office/organization/sign-in", get(rules).post(set_rules))
}

async fn own(officer: &Officer) -> Result<Vec<Passkey>, PageError> {
    let request = officer.request(ListOwnPasskeysRequest {});
    Ok(officer.services().passkeys().list_own_passkeys(request).await?.into_inner().passkeys)
}

async fn one(officer: &Officer, id: &str) -> Result<Passkey, PageError> {
    own(officer).await?.into_iter().find(|passkey| passkey.passkey_id == id).ok_or(PageError::NotFound)
}

/// Whether the organization asks everybody for a second factor.
async fn is_required(officer: &Officer) -> Result<bool, PageError> {
    let answer =
        officer.services().staff().get_staff_sign_in(officer.request(GetStaffSignInRequest {})).await?;
    Ok(answer.into_inner().staff_sign_in.unwrap_or_default().second_factor_required)
}

async fn list(officer: Officer) -> PageResult {
    let locale = officer.locale;
    let passkeys = own(&officer).await?;
    let heads = [
        t!(locale, "passkey-label"),
        t!(locale, "office-passkeys-since"),
        t!(locale, "office-passkeys-domain"),
        t!(locale, "office-passkeys-change"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = passkeys.iter().map(|passkey| row(&officer, passkey)).collect();
    let body = html! {
        (what_was_done(&officer, &[
            ("added", key!("office-passkeys-added")),
            ("renamed", key!("office-passkeys-renamed")),
            ("removed", key!("office-passkeys-removed")),
        ]))
        p { (button_link(Button::Primary, &t!(locale, "office-passkeys-new"), &officer.link(NEW))) }
        @if passkeys.is_empty() {
            (empty(&t!(locale, "office-passkeys-none"), html! { p { (t!(locale, "passkey-what")) } }))
        } @else {
            (table(&Table {
                id: "passkeys",
                caption: &t!(locale, "office-passkeys"),
                columns: &columns,
                rows,
                narrow: Narrow::Stack,
            }))
        }
    };
    let sheet = Sheet {
        desk: Desk::Home,
        title: &t!(locale, "office-passkeys"),
        lead: &t!(locale, "office-passkeys-lead"),
        way: &[(&t!(locale, "office-me"), &officer.link("/office/me"))],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn row(officer: &Officer, passkey: &Passkey) -> Vec<Markup> {
    let locale = officer.locale;
    let day = passkey.create_date.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(12, 0, 0));
    let day = day.map(|noon| locale.date_short(noon.and_utc())).unwrap_or_default();
    let path = officer.link(&format!("{OWN}/{}", passkey.passkey_id));
    vec![
        html! { bdi { (passkey.label) } },
        html! { (day) },
        html! { bdi { (passkey.domain) } },
        html! {
            a href=(path) { (t!(locale, "office-passkeys-rename")) span .unseen { " " (passkey.label) } }
            " · "
            a href={ (path) "/remove" } { (t!(locale, "office-passkeys-remove")) span .unseen { " " (passkey.label) } }
        },
    ]
}

async fn new(officer: Officer) -> PageResult {
    new_page(&officer, StatusCode::OK, "", &FieldErrors::new(), None).await
}

async fn new_page(
    officer: &Officer,
    status: StatusCode,
    label: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> PageResult {
    let locale = officer.locale;
    let request = officer.request_here(BeginPasskeyRegistrationRequest {});
    let (options, impossible) = match officer.services().passkeys().begin_passkey_registration(request).await
    {
        Ok(answer) => (answer.into_inner().options_json, None),
        Err(status) => {
            let error = PageError::from(status);
            let why = match error.reason() {
                Some(Reason::PasskeysImpossibleHere) => t!(locale, "passkey-not-here"),
                Some(Reason::TooManyPasskeys) => t!(locale, "passkey-too-many"),
                _ => return Err(error),
            };
            (String::new(), Some(notice(&locale, Tone::Error, None, html! { p { (why) } })))
        }
    };
    let form = PasskeyForm {
        action: &officer.link(NEW),
        ceremony: "create",
        options: &options,
        submit: &t!(locale, "passkey-register"),
    };
    let title = t!(locale, "office-passkeys-new");
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p .lead { (t!(locale, "passkey-what")) }
        @if let Some(why) = &impossible { (why) } @else {
            (passkey_form(&locale, &form, label_field(officer, label, errors)))
        }
    };
    let (me, list) = (t!(locale, "office-me"), t!(locale, "office-passkeys"));
    let (to_me, to_list) = (officer.link("/office/me"), officer.link(OWN));
    let way = [(&*me, &*to_me), (&*list, &*to_list)];
    let view = View {
        breadcrumbs: Some(officer.trail(Desk::Home, &way, &title)),
        error: !errors.is_empty() || said.is_some(),
        scripts: &["js/passkey.js"],
        ..View::new(&title, main)
    };
    Ok(officer.page(Desk::Home, status, view))
}

async fn register(officer: Officer, form: Form) -> PageResult {
    let (label, credential_json) = (form.text("label"), form.get("credential").to_owned());
    let mut errors = FieldErrors::new();
    if !is_label(label) {
        errors.push("label", t!(officer.locale, "passkey-label-missing"));
        return new_page(&officer, StatusCode::UNPROCESSABLE_ENTITY, label, &errors, None).await;
    }
    if credential_json.is_empty() {
        let (status, said) = no_answer(&officer);
        return new_page(&officer, status, label, &errors, Some(said)).await;
    }
    let request = officer.request_here(RegisterPasskeyRequest { credential_json, label: label.to_owned() });
    let session = match officer.services().passkeys().register_passkey(request).await {
        Ok(answer) => answer.into_inner().session,
        Err(status) => {
            let (status, said) = refused(&officer, PageError::from(status))?;
            return new_page(&officer, status, label, &errors, Some(said)).await;
        }
    };
    let mut response = done(&officer, OWN, "added");
    // The session before it, which had no second factor, has ended.
    if let Some(session) = session {
        let cookie = officer.sessions().begin(officer.organization_id, &Session::try_from(session)?);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().count() <= LABEL_LENGTH as usize
}

async fn name(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    let passkey = one(&officer, &id).await?;
    Ok(name_page(&officer, &passkey, &passkey.label, &FieldErrors::new()))
}

fn name_page(officer: &Officer, passkey: &Passkey, label: &str, errors: &FieldErrors) -> Response {
    let locale = officer.locale;
    let action = officer.link(&format!("{OWN}/{}", passkey.passkey_id));
    let body = form_post(
        &action,
        None,
        html! {
            (label_field(officer, label, errors))
            (parts::save_or_cancel(officer, OWN))
        },
    );
    let (me, list) = (t!(locale, "office-me"), t!(locale, "office-passkeys"));
    let sheet = Sheet {
        desk: Desk::Home,
        title: &t!(locale, "office-passkeys-rename-title"),
        lead: &t!(locale, "office-passkeys-rename-lead"),
        way: &[(&me, &officer.link("/office/me")), (&list, &officer.link(OWN))],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn rename(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    let passkey = one(&officer, &id).await?;
    let label = form.text("label");
    if !is_label(label) {
        let mut errors = FieldErrors::new();
        errors.push("label", t!(officer.locale, "passkey-label-missing"));
        return Ok(name_page(&officer, &passkey, label, &errors));
    }
    let request = RenamePasskeyRequest { passkey_id: id, label: label.to_owned() };
    officer.services().passkeys().rename_passkey(officer.request(request)).await?;
    Ok(done(&officer, OWN, "renamed"))
}

fn removal<T>(officer: &Officer, passkey: &Passkey, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let path = format!("{OWN}/{}/remove", passkey.passkey_id);
    let (me, list) = (t!(locale, "office-me"), t!(locale, "office-passkeys"));
    then(&Question {
        desk: Desk::Home,
        title: &t!(locale, "office-passkeys-remove-title", name = &passkey.label),
        way: &[(&me, &officer.link("/office/me")), (&list, &officer.link(OWN))],
        consequences: &[
            t!(locale, "office-passkeys-remove-use").into_owned(),
            t!(locale, "office-passkeys-remove-device").into_owned(),
        ],
        sure: &t!(locale, "office-passkeys-remove-sure"),
        not_sure: &t!(locale, "office-passkeys-remove-not-sure"),
        yes: &t!(locale, "office-passkeys-remove-do"),
        weight: Button::Danger,
        action: &path,
        back: OWN,
        hidden: html! {},
    })
}

async fn ask_remove(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    let passkey = one(&officer, &id).await?;
    Ok(removal(&officer, &passkey, |question| question.ask(&officer)))
}

async fn remove(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    let passkey = one(&officer, &id).await?;
    if let Err(page) = removal(&officer, &passkey, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(DeletePasskeyRequest { passkey_id: id });
    let Err(status) = officer.services().passkeys().delete_passkey(request).await else {
        return Ok(done(&officer, OWN, "removed"));
    };
    let error = PageError::from(status);
    if error.reason() != Some(Reason::LastPasskey) {
        return Err(error);
    }
    let why = t!(officer.locale, "office-passkeys-last");
    Ok(removal(&officer, &passkey, |question| question.refuse(&officer, &why)))
}

fn resetting<T>(officer: &Officer, member: &StaffMember, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let path = format!("/office/staff/{}/passkeys", member.staff_member_id);
    then(&Question {
        desk: Desk::Staff,
        title: &t!(locale, "office-passkeys-reset-title", name = &member.display_name),
        way: &[],
        consequences: &[
            t!(locale, "office-passkeys-reset-all").into_owned(),
            t!(locale, "office-passkeys-reset-code").into_owned(),
            t!(locale, "office-passkeys-reset-told").into_owned(),
        ],
        sure: &t!(locale, "office-passkeys-reset-sure"),
        not_sure: &t!(locale, "office-passkeys-remove-not-sure"),
        yes: &t!(locale, "office-passkeys-reset-do"),
        weight: Button::Danger,
        action: &path,
        back: "/office/staff",
        hidden: html! {},
    })
}

async fn ask_reset(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let member = staff::member(&officer, &id).await?;
    Ok(resetting(&officer, &member, |question| question.ask(&officer)))
}

async fn reset(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let member = staff::member(&officer, &id).await?;
    if let Err(page) = resetting(&officer, &member, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    let request = officer.request(ResetPasskeysRequest { staff_member_id: id });
    let Err(status) = officer.services().staff().reset_passkeys(request).await else {
        return Ok(done(&officer, "/office/staff", "reset"));
    };
    let error = PageError::from(status);
    if error.reason() != Some(Reason::SecondPersonRequired) {
        return Err(error);
    }
    let why = t!(officer.locale, "office-passkeys-reset-own");
    Ok(resetting(&officer, &member, |question| question.refuse(&officer, &why)))
}

async fn rules(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let required = is_required(&officer).await?;
    Ok(rules_page(&officer, StatusCode::OK, required, None))
}

fn rules_page(officer: &Officer, status: StatusCode, required: bool, said: Option<Markup>) -> Response {
    let locale = officer.locale;
    let body = html! {
        p { (t!(locale, "office-sign-in-consequence")) }
        (form_post(&officer.link(SIGN_IN), None, html! {
            (Field::new(&locale, "required", t!(locale, "office-sign-in-required"))
                .hint(t!(locale, "office-sign-in-required-hint"))
                .checkbox(required))
            (parts::save_or_cancel(officer, "/office/organization"))
        }))
    };
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-sign-in"),
        lead: &t!(locale, "office-sign-in-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said,
    };
    sheet.show(officer, status, body)
}

async fn set_rules(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let required = form.get("required") == "yes";
    let request = officer.request(UpdateStaffSignInRequest { second_factor_required: required });
    let Err(status) = officer.services().staff().update_staff_sign_in(request).await else {
        return Ok(done(&officer, "/office/organization", "saved"));
    };
    let error = PageError::from(status);
    if error.reason() != Some(Reason::OwnSecondFactorRequired) {
        return Err(error);
    }
    let said = notice(
        &locale,
        Tone::Error,
        None,
        html! {
            p { (t!(locale, "office-sign-in-own-first")) }
            p { a href=(officer.link(NEW)) { (t!(locale, "office-passkeys-new")) } }
        },
    );
    Ok(rules_page(&officer, StatusCode::CONFLICT, required, Some(said)))
}
