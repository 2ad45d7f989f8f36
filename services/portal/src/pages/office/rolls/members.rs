//! One member of a roll: found, corrected, erased, given another code. Numbers and addresses travel in forms, never in the
//! addresses of pages.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    EraseMemberRequest, FindMembersRequest, FoundMember, Member, ReplaceAccessCodeRequest, Roll,
    UpdateMemberRequest,
};
use maud::{Markup, html};
use prost_types::FieldMask;

use super::{path, roll, words};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::office::parts::{self, Question, Sheet, done, request_id, status};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer, areas};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, SummaryRow, Tone, Width, button, button_link, buttons, empty,
    form_post, notice, summary_list, tag,
};
use crate::visit::PageResult;

const TEXT_MAX: u32 = 254;

/// Who reloads the page of a member searches again.
pub async fn again(officer: Officer, slug: Slug) -> PageResult {
    let roll = roll(&officer, slug.id()).await?;
    Ok(Redirect::to(&officer.link(&format!("{}/members", path(&roll)))).into_response())
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    Ok(search_page(&officer, &roll, "", None, &FieldErrors::new()))
}

pub async fn find(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let text = form.text("text");
    let mut errors = FieldErrors::new();
    if text.is_empty() {
        errors.push("text", t!(officer.locale, "office-members-text-missing"));
        return Ok(search_page(&officer, &roll, text, None, &errors));
    }
    let found = search(&officer, &slug, text).await?;
    Ok(search_page(&officer, &roll, text, Some(&found), &errors))
}

async fn search(officer: &Officer, slug: &Slug, text: &str) -> Result<Vec<FoundMember>, PageError> {
    let request = FindMembersRequest { roll_id: slug.id(), text: text.to_owned() };
    Ok(officer.services().rolls().find_members(officer.request(request)).await?.into_inner().members)
}

fn search_page(
    officer: &Officer,
    roll: &Roll,
    text: &str,
    found: Option<&[FoundMember]>,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let here = path(roll);
    let body = html! {
        (form_post(&officer.link(&format!("{here}/members")), None, html! {
            (Field::new(&locale, "text", t!(locale, "office-members-text"))
                .hint(t!(locale, "office-members-text-hint")).error(errors.of("text")).autocomplete("off")
                .max_length(TEXT_MAX).input(Kind::Code, text))
            (buttons(button(Button::Primary, &t!(locale, "office-members-find"), None)))
        }))
        @match found {
            None => {}
            Some([]) => (empty(&t!(locale, "office-members-nobody"), html! { p { (t!(locale, "office-members-nobody-text")) } })),
            Some(found) => {
                h2 { (t!(locale, "office-members-found", count = found.len())) }
                @for one in found { (entry(officer, &here, one)) }
            }
        }
    };
    let (title, lead) = (t!(locale, "office-members-search"), t!(locale, "office-members-lead"));
    page(officer, roll, &title, &lead, errors, None, body)
}

fn page(
    officer: &Officer,
    roll: &Roll,
    title: &str,
    lead: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
    body: Markup,
) -> Response {
    let way = officer.link(&path(roll));
    let sheet = Sheet { desk: Desk::Rolls, title, lead, way: &[(&roll.title, &way)], errors, said };
    sheet.show(officer, status(errors), body)
}

/// A member with what can be done about them.
fn entry(officer: &Officer, here: &str, found: &FoundMember) -> Markup {
    let locale = officer.locale;
    let member = found.member.clone().unwrap_or_default();
    let unknown = t!(locale, "account-unknown");
    let rows = [
        ("member_number", &member.member_number),
        ("district", &member.district),
        ("birth_date", &member.birth_date),
        ("email", &member.email),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| {
            let value = if value.is_empty() {
                html! { (unknown) }
            } else {
                html! { bdi { (value) } }
            };
            (words::column(&locale, name), value)
        })
        .collect();
    let rows: Vec<_> =
        rows.iter().map(|(label, value)| SummaryRow { label, value: value.clone(), change: None }).collect();
    let act = |verb: &str, weight, label: &str| {
        form_post(
            &officer.link(&format!("{here}/members/{verb}")),
            None,
            html! {
                input type="hidden" name="number" value=(member.member_number);
                (button(weight, label, None))
            },
        )
    };
    html! {
        @if found.left { p { (tag(Tone::Warning, &t!(locale, "office-members-left"))) } }
        @if found.address_held { p { (tag(Tone::Info, &t!(locale, "office-members-address-held"))) } }
        (summary_list(&locale, &rows))
        (buttons(html! {
            (act("change", Button::Secondary, &t!(locale, "office-members-change")))
            (act("replace", Button::Secondary, &t!(locale, "office-members-replace")))
            (act("erase", Button::Quiet, &t!(locale, "office-members-erase")))
        }))
    }
}

/// The member whose number a form carries.
async fn named(officer: &Officer, slug: &Slug, form: &Form) -> Result<Member, PageError> {
    let number = form.text("number");
    if number.is_empty() {
        return Err(PageError::FormMalformed);
    }
    let found = search(officer, slug, number).await?;
    let members = found.into_iter().filter_map(|found| found.member);
    // An address of somebody else may read like a number.
    let mut members: Vec<_> = members.collect();
    members.sort_by_key(|member| member.member_number != number);
    members.into_iter().next().ok_or(PageError::NotFound)
}

/// Shows the entry as a form, or saves it when the form comes back.
pub async fn change(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let member = named(&officer, &slug, &form).await?;
    if form.get("step") != "save" {
        return change_page(&officer, &roll, &member, &FieldErrors::new(), None).await;
    }
    let locale = officer.locale;
    let typed = Member {
        district: form.text("district").to_owned(),
        birth_date: form.text("birth_date").to_owned(),
        email: form.text("email").to_owned(),
        ..member
    };
    let paths = ["district", "birth_date", "email"].map(str::to_owned).to_vec();
    let request = UpdateMemberRequest { member: Some(typed.clone()), update_mask: Some(FieldMask { paths }) };
    let error = match officer.services().rolls().update_member(officer.request(request)).await {
        Ok(answer) => {
            let said = if answer.into_inner().address_held { "held" } else { "changed" };
            return Ok(done(&officer, &path(&roll), said));
        }
        Err(status) => PageError::from(status),
    };
    if error.reason() == Some(Reason::OpenPollAffected) {
        let text = t!(locale, "office-members-poll-open");
        let said = notice(&locale, Tone::Error, None, html! { p { (text) } });
        return change_page(&officer, &roll, &typed, &FieldErrors::new(), Some(said)).await;
    }
    let errors = parts::refused(
        error,
        &[
            ("member.district", "district", &t!(locale, "office-rule-district")),
            ("member.birth_date", "birth_date", &t!(locale, "office-rule-past")),
            ("member.email", "email", &t!(locale, "office-rule-email")),
        ],
    )?;
    change_page(&officer, &roll, &typed, &errors, None).await
}

async fn change_page(
    officer: &Officer,
    roll: &Roll,
    member: &Member,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> PageResult {
    let locale = officer.locale;
    let here = path(roll);
    let areas = areas::all(officer).await?;
    let mut choices: Vec<_> = areas.iter().map(|area| Choice::new(&area.code, &area.title)).collect();
    if !member.district.is_empty() && areas.iter().all(|area| area.code != member.district) {
        choices.push(Choice::new(&member.district, &member.district));
    }
    let body = form_post(
        &officer.link(&format!("{here}/members/change")),
        None,
        html! {
            input type="hidden" name="number" value=(member.member_number);
            input type="hidden" name="step" value="save";
            (Field::new(&locale, "district", words::column(&locale, "district"))
                .error(errors.of("district")).optional()
                .select(Some(&member.district), Some(&t!(locale, "office-members-no-district")), &choices))
            (Field::new(&locale, "birth_date", words::column(&locale, "birth_date"))
                .error(errors.of("birth_date")).optional().width(Width::Medium)
                .input(Kind::Date, &member.birth_date))
            (Field::new(&locale, "email", words::column(&locale, "email"))
                .hint(t!(locale, "office-members-email-hint")).error(errors.of("email")).optional()
                .max_length(TEXT_MAX).input(Kind::Email, &member.email))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-save"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&format!("{here}/members"))))
            }))
        },
    );
    let title = t!(locale, "office-members-change-title", number = &member.member_number);
    Ok(page(officer, roll, &title, &t!(locale, "office-members-change-lead"), errors, said, body))
}

/// What a question about one member is made of.
struct About<'a> {
    verb: &'a str,
    title: String,
    consequences: [String; 3],
    sure: String,
    yes: String,
    weight: Button,
}

fn with_question<T>(
    officer: &Officer,
    roll: &Roll,
    number: &str,
    request_id: &str,
    about: &About<'_>,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let (here, way) = (path(roll), officer.link(&path(roll)));
    then(&Question {
        desk: Desk::Rolls,
        title: &about.title,
        way: &[(&roll.title, &way)],
        consequences: &about.consequences,
        sure: &about.sure,
        not_sure: &t!(locale, "office-members-not-sure"),
        yes: &about.yes,
        weight: about.weight,
        action: &format!("{here}/members/{}", about.verb),
        back: &format!("{here}/members"),
        hidden: html! {
            input type="hidden" name="number" value=(number);
            input type="hidden" name="request_id" value=(request_id);
            input type="hidden" name="step" value="do";
        },
    })
}

/// Asks, then erases.
pub async fn erase(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let member = named(&officer, &slug, &form).await?;
    let number = member.member_number.clone();
    let about = About {
        verb: "erase",
        title: t!(locale, "office-members-erase-title", number = &number),
        consequences: [
            t!(locale, "office-members-erase-data").into_owned(),
            t!(locale, "office-members-erase-vote").into_owned(),
            t!(locale, "office-members-erase-ballots").into_owned(),
        ],
        sure: t!(locale, "office-members-erase-sure").into_owned(),
        yes: t!(locale, "office-members-erase-do").into_owned(),
        weight: Button::Danger,
    };
    let id = request_id(&form);
    let confirmed = with_question(&officer, &roll, &number, &id, &about, |question| match form.get("step") {
        "do" => question.answered(&officer, &form),
        _ => Err(Box::new(question.ask(&officer))),
    });
    if let Err(page) = confirmed {
        return Ok(*page);
    }
    let request = EraseMemberRequest { roll_id: slug.id(), member_number: number };
    officer.services().rolls().erase_member(officer.request(request)).await?;
    Ok(done(&officer, &path(&roll), "erased"))
}

/// Asks, then asks a second person to replace the code.
pub async fn replace(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let member = named(&officer, &slug, &form).await?;
    let number = member.member_number.clone();
    let about = About {
        verb: "replace",
        title: t!(locale, "office-members-replace-title", number = &number),
        consequences: [
            t!(locale, "office-members-replace-second").into_owned(),
            t!(locale, "office-members-replace-old").into_owned(),
            t!(locale, "office-members-replace-told").into_owned(),
        ],
        sure: t!(locale, "office-members-replace-sure").into_owned(),
        yes: t!(locale, "office-members-replace-do").into_owned(),
        weight: Button::Primary,
    };
    let id = request_id(&form);
    let confirmed = with_question(&officer, &roll, &number, &id, &about, |question| match form.get("step") {
        "do" => question.answered(&officer, &form),
        _ => Err(Box::new(question.ask(&officer))),
    });
    if let Err(page) = confirmed {
        return Ok(*page);
    }
    let request = ReplaceAccessCodeRequest { roll_id: slug.id(), member_number: number, request_id: id };
    officer.services().rolls().replace_access_code(officer.request(request)).await?;
    Ok(done(&officer, &path(&roll), "asked"))
}
