//! Access codes for the letters: made once, and given as a file for the mail merge. The same request gives the same codes for a
//! day, so that a file that was lost on its way is not lost.

use axum::response::{IntoResponse, Response};
use comitia_proto::identity::v1::{AccessCode, GenerateAccessCodesRequest, Roll};
use http::{HeaderValue, StatusCode, header};
use maud::html;
use uuid::Uuid;

use super::{path, roll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::calls::count;
use crate::pages::office::parts::{Question, Sheet, derived, new_request_id, request_id};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::slugs::{self, Slug};
use crate::ui::{
    Button, Column, FieldErrors, Narrow, Table, Tone, button, button_link, buttons, empty, form_post, notice,
    table,
};
use crate::visit::PageResult;

/// Codes that one call gives, and calls that one file takes: 50,000 letters.
const CALL: i32 = 10_000;
const CALLS: usize = 5;
/// So few codes are shown on the page, too.
const SHOWN: usize = 20;

pub async fn ask(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    if without(&roll) == 0 {
        return Ok(none_left(&officer, &roll));
    }
    Ok(with_question(&officer, &roll, &new_request_id(), |question| question.ask(&officer)))
}

fn without(roll: &Roll) -> u64 {
    count(roll.member_count - roll.access_code_count)
}

fn none_left(officer: &Officer, roll: &Roll) -> Response {
    let locale = officer.locale;
    let body = empty(
        &t!(locale, "office-codes-none"),
        html! {
            p { (t!(locale, "office-codes-none-text")) }
            (buttons(button_link(Button::Primary, &t!(locale, "office-members-search"), &officer.link(&format!("{}/members", path(roll))))))
        },
    );
    page(officer, roll, StatusCode::OK, &t!(locale, "office-codes"), &t!(locale, "office-codes-lead"), body)
}

fn page(
    officer: &Officer,
    roll: &Roll,
    status: StatusCode,
    title: &str,
    lead: &str,
    body: maud::Markup,
) -> Response {
    let way = officer.link(&path(roll));
    let sheet = Sheet {
        desk: Desk::Rolls,
        title,
        lead,
        way: &[(&roll.title, &way)],
        errors: &FieldErrors::new(),
        said: None,
    };
    sheet.show(officer, status, body)
}

fn with_question<T>(
    officer: &Officer,
    roll: &Roll,
    request_id: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let (here, way) = (path(roll), officer.link(&path(roll)));
    let consequences = [
        t!(locale, "office-codes-made", count = without(roll)),
        t!(locale, "office-codes-once").into_owned(),
        t!(locale, "office-codes-secret").into_owned(),
        t!(locale, "office-codes-kept").into_owned(),
    ];
    then(&Question {
        desk: Desk::Rolls,
        title: &t!(locale, "office-codes-title"),
        way: &[(&roll.title, &way)],
        consequences: &consequences,
        sure: &t!(locale, "office-codes-sure"),
        not_sure: &t!(locale, "office-codes-not-sure"),
        yes: &t!(locale, "office-codes-do"),
        weight: Button::Primary,
        action: &format!("{here}/codes"),
        back: &here,
        hidden: html! { input type="hidden" name="request_id" value=(request_id); },
    })
}

/// Makes codes and says how to take them along.
pub async fn make(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let id = request_id(&form);
    let answered = with_question(&officer, &roll, &id, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let (codes, remaining) = codes(&officer, &slug, &id).await?;
    let here = officer.link(&path(&roll));
    let body = html! {
        (notice(&locale, Tone::Warning, None, html! { p { (t!(locale, "office-codes-take")) } }))
        (form_post(&format!("{here}/codes/file"), Some(&id), buttons(html! {
            (button(Button::Primary, &t!(locale, "office-codes-download"), None))
        })))
        @if codes.len() <= SHOWN { (shown(&locale, &codes)) }
        @if remaining > 0 {
            p { (t!(locale, "office-codes-remaining", count = remaining)) }
            p { a href={ (here) "/codes" } { (t!(locale, "office-codes-more")) } }
        }
        p { a href=(here) { (t!(locale, "office-codes-back")) } }
    };
    let title = t!(locale, "office-codes-done", count = codes.len());
    Ok(page(&officer, &roll, StatusCode::OK, &title, &t!(locale, "office-codes-done-lead"), body))
}

fn shown(locale: &Locale, codes: &[AccessCode]) -> maud::Markup {
    let heads = [t!(locale, "office-column-number"), t!(locale, "office-codes-code")];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let rows = codes
        .iter()
        .map(|code| vec![html! { bdi { (code.member_number) } }, html! { code { (code.access_code) } }])
        .collect();
    table(&Table {
        id: "codes",
        caption: &t!(locale, "office-codes-caption"),
        columns: &columns,
        rows,
        narrow: Narrow::Scroll,
    })
}

/// The codes of a request, and how many members are still without one. The calls of one request have keys of their own.
async fn codes(officer: &Officer, slug: &Slug, id: &str) -> Result<(Vec<AccessCode>, u64), PageError> {
    let (mut all, mut remaining) = (Vec::new(), 0);
    for place in 0..CALLS {
        let request = GenerateAccessCodesRequest {
            roll_id: slug.id(),
            page_size: CALL,
            request_id: derived(id, place),
            ..GenerateAccessCodesRequest::default()
        };
        let answer = officer.services().rolls().generate_access_codes(officer.request(request)).await?;
        let answer = answer.into_inner();
        all.extend(answer.access_codes);
        remaining = count(answer.remaining);
        if remaining == 0 {
            break;
        }
    }
    Ok((all, remaining))
}

/// The same codes as a file for the mail merge.
pub async fn file(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let id = form.text("request_id");
    if Uuid::try_parse(id).is_err() {
        return Err(PageError::FormMalformed);
    }
    let roll = roll(&officer, slug.id()).await?;
    let (codes, _) = codes(&officer, &slug, id).await?;
    let mut response = merge_file(&codes).into_response();
    let name = format!("{}-codes.csv", slugs::of_text(&roll.title, &roll.roll_id));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// A file that spreadsheets and word processors open without a question: with its mark, semicolons, and every value in
/// quotation marks.
fn merge_file(codes: &[AccessCode]) -> Vec<u8> {
    let mut file = "\u{feff}".as_bytes().to_vec();
    let mut line = |number: &str, code: &str| {
        let text = format!("\"{}\";\"{}\"\r\n", number.replace('"', "\"\""), code.replace('"', "\"\""));
        file.extend_from_slice(text.as_bytes());
    };
    line("member_number", "access_code");
    for code in codes {
        line(&code.member_number, &code.access_code);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_merge_reads_the_file() {
        let code = |number: &str| AccessCode {
            member_number: number.into(),
            access_code: "4F7K-9QXR-2MTB-8VWC".into(),
        };
        let file = String::from_utf8(merge_file(&[code("0007"), code("a\"b;c")])).unwrap();
        assert_eq!(
            file,
            "\u{feff}\"member_number\";\"access_code\"\r\n\"0007\";\"4F7K-9QXR-2MTB-8VWC\"\r\n\
             \"a\"\"b;c\";\"4F7K-9QXR-2MTB-8VWC\"\r\n"
        );
    }
}
