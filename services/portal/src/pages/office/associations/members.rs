//! Who writes in the name of an association.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_proto::identity::v1::{
    AddAssociationMemberRequest, Association, AssociationMember, ListAssociationMembersRequest,
    RemoveAssociationMemberRequest,
};
use maud::{Markup, html};

use super::{association, path};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::office::parts::{self, Question, Sheet, done, what_was_done};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::ui::{
    ADDRESS_LENGTH, Button, Column, Field, FieldErrors, Kind, Narrow, Table, button, button_link, buttons,
    empty, form_post, table,
};
use crate::visit::PageResult;

async fn members(officer: &Officer, id: &str) -> Result<Vec<AssociationMember>, PageError> {
    let request = officer.request(ListAssociationMembersRequest { association_id: id.to_owned() });
    let answer = officer.services().associations().list_association_members(request).await?;
    let mut members = answer.into_inner().members;
    members.sort_by(|one, other| one.email.cmp(&other.email));
    Ok(members)
}

pub async fn show(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    let members = members(&officer, &id).await?;
    Ok(page(&officer, &association, &members, "", &FieldErrors::new()))
}

/// Who reloads the page of a refused address begins anew.
pub async fn again(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    Ok(Redirect::to(&officer.link(&format!("/office/associations/{id}"))).into_response())
}

fn page(
    officer: &Officer,
    association: &Association,
    members: &[AssociationMember],
    email: &str,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let here = officer.link(&path(association));
    let body = html! {
        (what_was_done(officer, &[
            ("created", key!("office-associations-created")),
            ("renamed", key!("office-associations-renamed")),
            ("added", key!("office-associations-member-added")),
            ("removed", key!("office-associations-member-removed")),
        ]))
        (buttons(html! {
            (button_link(Button::Secondary, &t!(locale, "office-associations-rename"), &format!("{here}/name")))
            (button_link(Button::Quiet, &t!(locale, "office-associations-delete"), &format!("{here}/delete")))
        }))
        h2 { (t!(locale, "office-associations-members")) }
        (list(officer, association, members))
        (form_post(&format!("{here}/members"), None, html! {
            (Field::new(&locale, "email", t!(locale, "office-associations-email"))
                .hint(t!(locale, "office-associations-email-hint"))
                .error(errors.of("email"))
                .max_length(ADDRESS_LENGTH)
                .input(Kind::Email, email))
            (buttons(button(Button::Primary, &t!(locale, "office-associations-member-add"), None)))
        }))
    };
    let sheet = Sheet {
        desk: Desk::Associations,
        title: &association.display_name,
        lead: &t!(locale, "office-associations-show-lead"),
        way: &[],
        errors,
        said: None,
    };
    sheet.show(officer, parts::status(errors), body)
}

fn list(officer: &Officer, association: &Association, members: &[AssociationMember]) -> Markup {
    let locale = officer.locale;
    if members.is_empty() {
        let text = t!(locale, "office-associations-members-none-text");
        return empty(&t!(locale, "office-associations-members-none"), html! { p { (text) } });
    }
    let heads = [t!(locale, "office-staff-email"), t!(locale, "office-staff-change")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let here = officer.link(&path(association));
    let rows = members
        .iter()
        .map(|member| {
            let remove = format!("{here}/members/{}/remove", member.association_member_id);
            vec![
                html! { bdi { (member.email) } },
                html! { a href=(remove) { (t!(locale, "office-associations-member-remove")) span .unseen { " " (member.email) } } },
            ]
        })
        .collect();
    table(&Table {
        id: "members",
        caption: &t!(locale, "office-associations-members-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

pub async fn add(officer: Officer, Path((_, id)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let association = association(&officer, &id).await?;
    let email = form.text("email");
    let request =
        officer.request(AddAssociationMemberRequest { association_id: id.clone(), email: email.to_owned() });
    match officer.services().associations().add_association_member(request).await {
        Ok(_) => Ok(done(&officer, &path(&association), "added")),
        Err(status) => {
            let wrong = t!(officer.locale, "office-staff-email-wrong");
            let errors = parts::refused(status.into(), &[("email", "email", &wrong)])?;
            Ok(page(&officer, &association, &members(&officer, &id).await?, email, &errors))
        }
    }
}

/// Runs `then` with the question before somebody writes no longer for an association.
async fn with_question<T>(
    officer: &Officer,
    id: &str,
    member: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> Result<(Association, T), PageError> {
    let locale = officer.locale;
    let association = association(officer, id).await?;
    let members = members(officer, id).await?;
    let found = members.into_iter().find(|one| one.association_member_id == member);
    let member = found.ok_or(PageError::NotFound)?;
    let here = path(&association);
    let consequences = [
        t!(locale, "office-associations-remove-writes").into_owned(),
        t!(locale, "office-associations-remove-written").into_owned(),
    ];
    let asked = then(&Question {
        desk: Desk::Associations,
        title: &t!(locale, "office-associations-remove-title", email = &member.email),
        way: &[(&association.display_name, &officer.link(&here))],
        consequences: &consequences,
        sure: &t!(locale, "office-associations-remove-sure"),
        not_sure: &t!(locale, "office-associations-remove-not-sure"),
        yes: &t!(locale, "office-associations-member-remove"),
        weight: Button::Danger,
        action: &format!("{here}/members/{}/remove", member.association_member_id),
        back: &here,
        hidden: html! {},
    });
    Ok((association, asked))
}

pub async fn ask(officer: Officer, Path((_, id, member)): Path<(String, String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    Ok(with_question(&officer, &id, &member, |question| question.ask(&officer)).await?.1)
}

pub async fn remove(
    officer: Officer,
    Path((_, id, member)): Path<(String, String, String)>,
    form: Form,
) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let (association, answered) =
        with_question(&officer, &id, &member, |question| question.answered(&officer, &form)).await?;
    if let Err(page) = answered {
        return Ok(*page);
    }
    let request =
        officer.request(RemoveAssociationMemberRequest { association_id: id, association_member_id: member });
    officer.services().associations().remove_association_member(request).await?;
    Ok(done(&officer, &path(&association), "removed"))
}
