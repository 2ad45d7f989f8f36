//! Opening the preview of a process with a link of the team. The link brings its code in the fragment, which browsers send to nobody;
//! `preview.js` puts it into the field and sends the form. Without script, one pastes it. From then on it is in a cookie.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use comitia_platform::Reason;
use comitia_proto::spaces::v1::OpenPreviewRequest;
use http::{StatusCode, header};
use maud::{Markup, html};
use uuid::Uuid;

use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::calls::instant;
use crate::pages::slugs;
use crate::session::Preview;
use crate::ui::{Button, Field, FieldErrors, Kind, Tone, button, buttons, error_summary, form_post, notice};
use crate::visit::{PageResult, Visit};

/// A link is pasted whole, at times.
const CODE_MAX: u32 = 300;

pub fn routes() -> Router {
    Router::new().route("/preview", get(form).post(open)).route("/preview/leave", post(leave))
}

async fn form(visit: Visit) -> PageResult {
    Ok(page(&visit, StatusCode::OK, &FieldErrors::new()))
}

async fn open(visit: Visit, form: Form) -> PageResult {
    let locale = visit.locale;
    let given = form.text("code");
    // The whole link, or its end.
    let code = given.rsplit_once('#').map_or(given, |(_, code)| code).to_owned();
    let mut errors = FieldErrors::new();
    if code.is_empty() {
        errors.push("code", t!(locale, "preview-code-missing"));
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors));
    }
    let request = visit.anonymous(OpenPreviewRequest { code: code.clone() });
    let opened = match visit.services().previews().open_preview(request).await {
        Ok(opened) => opened.into_inner(),
        Err(status) => {
            let error = PageError::from(status);
            if error.reason() != Some(Reason::PreviewCodeInvalid) {
                return Err(error);
            }
            errors.push("code", t!(locale, "preview-code-wrong"));
            return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &errors));
        }
    };
    let expires = instant(opened.expire_time.as_ref()).ok_or(PageError::NotFound)?;
    let process = Uuid::parse_str(&opened.process_id).map_err(|_| PageError::NotFound)?;
    let preview = Preview::new(code, process, &opened.title, expires);
    let cookie = visit.sessions().keep_preview(visit.organization_id, &preview);
    let to = visit.link(&format!("/processes/{}", slugs::of(&opened.title, process)));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
}

async fn leave(visit: Visit) -> Response {
    ([(header::SET_COOKIE, visit.sessions().end_preview())], Redirect::to(&visit.link(""))).into_response()
}

/// The code is a secret: it is never sent back.
fn page(visit: &Visit, status: StatusCode, errors: &FieldErrors) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "preview-title");
    let field = Field::new(&locale, "code", t!(locale, "preview-code"))
        .hint(t!(locale, "preview-code-hint"))
        .error(errors.of("code"))
        .autocomplete("off")
        .max_length(CODE_MAX);
    let main = html! {
        (error_summary(&locale, errors))
        h1 { (title) }
        p .lead { (t!(locale, "preview-lead", organization = &visit.organization.display_name)) }
        (form_post(&visit.link("/preview"), None, html! {
            (field.input(Kind::Code, ""))
            (buttons(button(Button::Primary, &t!(locale, "preview-open"), None)))
        }))
    };
    let error = !errors.is_empty();
    visit.page(status, View { private: true, error, scripts: &["js/preview.js"], ..View::new(&title, main) })
}

/// Why there is nothing at an address, when that is because the preview that showed it is over: its link was revoked, or the process
/// is gone. The browser forgets it.
pub async fn ended(visit: &Visit, error: &PageError) -> Option<Response> {
    let preview = visit.preview.as_ref().filter(|_| error.status() == StatusCode::NOT_FOUND)?;
    let request = visit.anonymous(OpenPreviewRequest { code: preview.code.clone() });
    let refused = visit.services().previews().open_preview(request).await.err()?;
    if PageError::from(refused).reason() != Some(Reason::PreviewCodeInvalid) {
        return None;
    }
    let locale = visit.locale;
    let title = t!(locale, "preview-ended");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "preview-ended-text")) }
        p { a href=(visit.link("")) { (t!(locale, "preview-ended-home")) } }
    };
    let view = View { private: true, ..View::new(&title, main) };
    let mut page = visit.public().page(StatusCode::NOT_FOUND, view);
    page.headers_mut().append(header::SET_COOKIE, visit.sessions().end_preview());
    Some(page)
}

/// What stands above every page while a preview is open.
pub fn banner(visit: &Visit) -> Option<Markup> {
    let preview = visit.preview.as_ref()?;
    let locale = visit.locale;
    let path = visit.link(&format!("/processes/{}", slugs::of(&preview.title, preview.process_id)));
    let until = preview.expires().map(|time| locale.date_time(time)).unwrap_or_default();
    let title = t!(locale, "preview-banner");
    Some(html! {
        section .wrap aria-label=(title) {
            (notice(&locale, Tone::Warning, Some(&title), html! {
                p { (t!(locale, "preview-banner-text", until = until)) }
                p { a href=(path) { (t!(locale, "preview-back", process = &preview.title)) } }
                (form_post(&visit.link("/preview/leave"), None, html! {
                    (buttons(button(Button::Secondary, &t!(locale, "preview-leave"), None)))
                }))
            }))
        }
    })
}
