//! What the pages of the office do in the same way.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Desk, Officer};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::ui::{
    Button, Field, FieldErrors, Tone, button, button_link, buttons, error_summary, form_post, notice,
};

/// The largest form of the office that is no file.
pub const FORM_BYTES: usize = 256 * 1024;

/// The key of a call that the browser keeps: sent twice, done once.
pub fn request_id(form: &Form) -> String {
    let given = form.text("request_id");
    if Uuid::try_parse(given).is_ok() { given.to_owned() } else { new_request_id() }
}

/// A new one.
pub fn new_request_id() -> String {
    comitia_core::id::new().to_string()
}

/// The key of a further call of the same form: sent twice, it is the same.
pub fn derived(request_id: &str, place: usize) -> String {
    let digest = Sha256::digest(format!("{request_id}:{place}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// A page of a desk with a form on it, that may have come back with errors.
pub struct Sheet<'a> {
    /// The desk.
    pub desk: Desk,
    /// The title of the page.
    pub title: &'a str,
    /// What the page is for, in a sentence.
    pub lead: &'a str,
    /// The pages on the way from the desk to it: label and path.
    pub way: &'a [(&'a str, &'a str)],
    /// What went wrong with fields.
    pub errors: &'a FieldErrors,
    /// What went wrong besides, above everything.
    pub said: Option<Markup>,
}

impl Sheet<'_> {
    /// The page.
    pub fn show(self, officer: &Officer, status: StatusCode, body: Markup) -> Response {
        self.page(officer, status, body, false)
    }

    /// The page, where it has a map.
    pub fn show_with_map(self, officer: &Officer, status: StatusCode, body: Markup) -> Response {
        self.page(officer, status, body, true)
    }

    fn page(self, officer: &Officer, status: StatusCode, body: Markup, map: bool) -> Response {
        let main = html! {
            (error_summary(&officer.locale, self.errors))
            @if let Some(said) = &self.said { (said) }
            h1 { (self.title) }
            p .lead { (self.lead) }
            (body)
        };
        let error = !self.errors.is_empty() || status.is_client_error();
        let breadcrumbs = Some(officer.trail(self.desk, self.way, self.title));
        officer.page(self.desk, status, View { breadcrumbs, error, map, ..View::new(self.title, main) })
    }
}

/// The status of a form that came back.
pub fn status(errors: &FieldErrors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// What the API says about fields in the words of the page: `words` has the API's field, the page's, and the text. What is about
/// no field of the page is an error of its own.
///
/// # Errors
/// The error itself when it is about something else.
pub fn refused(error: PageError, words: &[(&str, &str, &str)]) -> Result<FieldErrors, PageError> {
    let mut errors = FieldErrors::new();
    if let PageError::Api { violations, .. } = &error {
        for (field, _) in violations {
            let known =
                words.iter().find(|(api, _, _)| field == api || field.starts_with(&format!("{api}[")));
            if let Some((_, name, text)) = known
                && errors.of(name).is_none()
            {
                errors.push(*name, *text);
            }
        }
    }
    if errors.is_empty() { Err(error) } else { Ok(errors) }
}

/// Whether somebody else changed the thing while it was looked at.
pub fn is_changed(error: &PageError) -> bool {
    error.reason() == Some(Reason::EtagMismatch)
}

/// What a form says that came too late: nothing typed is lost.
pub fn changed_meanwhile(officer: &Officer) -> Markup {
    let locale = officer.locale;
    notice(
        &locale,
        Tone::Warning,
        Some(&t!(locale, "office-changed")),
        html! { p { (t!(locale, "office-changed-text")) } },
    )
}

/// Goes to a page that says what was done: `done` names it there.
pub fn done(officer: &Officer, path: &str, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", officer.link(path))).into_response()
}

/// What was done before the page came, if the address says so: `known` has what may be said.
pub fn what_was_done(officer: &Officer, known: &[(&str, &'static str)]) -> Markup {
    what_was_done_with(officer, known, |_| html! {})
}

/// The same, with the way back beside it where there is one.
pub fn what_was_done_with(
    officer: &Officer,
    known: &[(&str, &'static str)],
    undo: impl Fn(&str) -> Markup,
) -> Markup {
    let query = officer.query.as_deref().unwrap_or_default();
    let done = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done");
    let said = done.and_then(|(_, done)| known.iter().find(|(name, _)| *name == done));
    html! {
        @if let Some((name, key)) = said {
            (notice(&officer.locale, Tone::Success, None, html! { p { (officer.locale.text(key)) } (undo(name)) }))
        }
    }
}

/// A page before what cannot be taken back.
pub struct Question<'a> {
    /// The desk.
    pub desk: Desk,
    /// The question.
    pub title: &'a str,
    /// The pages on the way from the desk to it.
    pub way: &'a [(&'a str, &'a str)],
    /// What will happen, one thing a line.
    pub consequences: &'a [String],
    /// What is ticked to say yes.
    pub sure: &'a str,
    /// What is said when it is not ticked.
    pub not_sure: &'a str,
    /// The button that does it.
    pub yes: &'a str,
    /// How much the button weighs.
    pub weight: Button,
    /// Where the form goes.
    pub action: &'a str,
    /// Where one goes who does not want it.
    pub back: &'a str,
    /// What the form carries besides.
    pub hidden: Markup,
}

impl Question<'_> {
    /// The question.
    pub fn ask(&self, officer: &Officer) -> Response {
        self.page(officer, StatusCode::OK, &FieldErrors::new(), None)
    }

    /// Whether the answer is yes; else the page that asks again.
    ///
    /// # Errors
    /// The page.
    pub fn answered(&self, officer: &Officer, form: &Form) -> Result<(), Box<Response>> {
        if form.get("sure") == "yes" {
            return Ok(());
        }
        let mut errors = FieldErrors::new();
        errors.push("sure", self.not_sure);
        Err(Box::new(self.page(officer, StatusCode::UNPROCESSABLE_ENTITY, &errors, None)))
    }

    /// Why it was not done after all.
    pub fn refuse(&self, officer: &Officer, why: &str) -> Response {
        let said = notice(&officer.locale, Tone::Error, None, html! { p { (why) } });
        self.page(officer, StatusCode::CONFLICT, &FieldErrors::new(), Some(said))
    }

    fn page(
        &self,
        officer: &Officer,
        status: StatusCode,
        errors: &FieldErrors,
        said: Option<Markup>,
    ) -> Response {
        let locale = officer.locale;
        let main = html! {
            (error_summary(&locale, errors))
            @if let Some(said) = said { (said) }
            h1 { (self.title) }
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
                ul { @for line in self.consequences { li { (line) } } }
            }))
            (form_post(&officer.link(self.action), None, html! {
                (self.hidden)
                (Field::new(&locale, "sure", self.sure).error(errors.of("sure")).checkbox(false))
                (buttons(html! {
                    (button(self.weight, self.yes, None))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(self.back)))
                }))
            }))
        };
        let breadcrumbs = Some(officer.trail(self.desk, self.way, self.title));
        let error = status != StatusCode::OK;
        officer.page(self.desk, status, View { breadcrumbs, error, ..View::new(self.title, main) })
    }
}

/// Saves, or leaves everything as it was.
pub fn save_or_cancel(officer: &Officer, back: &str) -> Markup {
    let locale = officer.locale;
    buttons(html! {
        (button(Button::Primary, &t!(locale, "office-save"), None))
        (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(back)))
    })
}

/// A line for spreadsheets.
pub fn csv_line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| csv_cell(text)).collect();
    format!("{}\r\n", cells.join(";"))
}

/// A text that no spreadsheet runs as a formula: what it would take for one has an apostrophe before it.
pub fn inert(text: &str) -> Cow<'_, str> {
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}").into() } else { text.into() }
}

/// A text as a cell.
fn csv_cell(text: &str) -> String {
    let text = inert(text);
    if text.contains(['"', ';', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

/// A table for spreadsheets, to keep. Its name is plain letters.
pub fn csv_file(content: Body, name: &str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let cells = ["=1+1", "a;b", "\"x\"", "two\nlines", "plain", "-4.83", "-4+3"].map(str::to_owned);
        assert_eq!(csv_line(&cells), "'=1+1;\"a;b\";\"\"\"x\"\"\";\"two\nlines\";plain;-4.83;'-4+3\r\n");
    }

    #[test]
    fn further_calls_have_keys_of_their_own() {
        let id = "0192f0c1-0000-7000-8000-00000000000a";
        assert_eq!(derived(id, 0), derived(id, 0));
        assert_ne!(derived(id, 0), derived(id, 1));
        assert!(Uuid::try_parse(&derived(id, 0)).is_ok());
    }
}
