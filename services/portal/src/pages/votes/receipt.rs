//! The receipt: a page to keep, to print or to scan.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_proto::voting::v1::{Poll, Receipt, TrackedState};
use http::StatusCode;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::paper::{Door, Papers, closes, door};
use super::{desk, poll_id, sheet};
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::receipts::{self, LookUp};
use crate::ui::{Button, button_link, buttons, confirmation, steps, tracking_code};
use crate::visit::{PageResult, Visit};

/// Where the receipt can be shown again. A tracking code reveals neither voter nor ballot, so it may stand in an address.
pub fn address(visit: &Visit, poll: Uuid, receipt: &Receipt) -> String {
    with_code(&visit.link(&format!("/votes/{poll}/receipt")), &receipt.tracking_code)
}

fn with_code(path: &str, code: &str) -> String {
    format!("{path}?code={}", utf8_percent_encode(code, NON_ALPHANUMERIC).to_string().replace("%2D", "-"))
}

/// The receipt of a tracking code.
pub async fn show(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
) -> PageResult {
    let id = poll_id(&poll)?;
    let code = receipts::asked(&visit, "code");
    let poll = papers.poll(&visit, id).await?;
    if let LookUp::Found(found) = receipts::look_up(&visit, id, &code).await?
        && found.state() == TrackedState::Counted
    {
        let receipt = Receipt { poll_id: id.to_string(), tracking_code: code, revision: found.revision };
        if sheet::is_sheet(&poll) {
            return Ok(sheet::receipt_page(&visit, &poll, &receipt));
        }
        let at_desk = desk::is_asked(&visit);
        let page = page(&visit, &poll, &receipt, at_desk);
        return Ok(if at_desk { desk::leaves_last(&visit, page) } else { page });
    }
    // Whatever else is the matter with the code, the page of the look-up says it.
    let look_up = with_code(&visit.link(&format!("/receipts/{id}")), &code);
    Ok(Redirect::to(&look_up).into_response())
}

/// The page.
fn page(visit: &Visit, poll: &Poll, receipt: &Receipt, at_desk: bool) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "receipt-title");
    let look_up = with_code(&visit.link(&format!("/receipts/{}", poll.poll_id)), &receipt.tracking_code);
    let look_up = format!("{}{look_up}", visit.origin);
    let code = (t!(locale, "receipt-code"), receipt.tracking_code.as_str());
    let main = html! {
        (steps(&locale, 3, 3))
        (confirmation(&title, Some((&code.0, code.1)), html! {
            p dir="auto" { (poll.title) }
            @if receipt.revision > 1 {
                p { (t!(locale, "receipt-revision", revision = receipt.revision)) }
            }
        }))
        h2 { (t!(locale, "receipt-keep")) }
        p { (t!(locale, "receipt-keep-text")) }
        (tracking_code(&locale, &look_up))
        p { button .button.secondary type="button" data-print hidden { (t!(locale, "receipt-print")) } }
        h2 { (t!(locale, "receipt-means")) }
        ul {
            li { (t!(locale, "receipt-means-stored")) }
            li { (t!(locale, "receipt-means-secret")) }
            li { (t!(locale, "receipt-means-list")) }
        }
        @if at_desk { (desk::hand_back(visit, poll)) } @else { (ways_on(visit, poll)) }
    };
    let view = View {
        section: Section::Votes,
        private: true,
        focused: true,
        scripts: &["js/cast.js"],
        ..View::new(&title, main)
    };
    visit.page(StatusCode::OK, view)
}

/// Whether the ballot can be changed, and where one goes from here.
fn ways_on(visit: &Visit, poll: &Poll) -> Markup {
    let locale = visit.locale;
    let open = door(poll, visit.now()) == Door::Open;
    let changeable = closes(poll).filter(|_| poll.recast_allowed && open);
    html! {
        h2 { (t!(locale, "receipt-change")) }
        p {
            @match changeable {
                Some(time) => (t!(locale, "receipt-change-until", time = locale.deadline(time))),
                None => (t!(locale, "receipt-change-not")),
            }
        }
        (buttons(html! {
            (button_link(Button::Primary, &t!(locale, "receipt-others"), &visit.link("/votes")))
            @if changeable.is_some() {
                (button_link(Button::Quiet, &t!(locale, "receipt-change-do"), &visit.link(&format!("/votes/{}", poll.poll_id))))
            }
        }))
        p { (t!(locale, "receipt-shared-device")) }
    }
}

#[cfg(test)]
mod tests {
    use super::with_code;

    #[test]
    fn a_code_is_read_in_an_address_as_it_is_printed() {
        assert_eq!(with_code("/fr/receipts/7", "7KXM-2RTB"), "/fr/receipts/7?code=7KXM-2RTB");
        assert_eq!(with_code("/fr/receipts/7", "a&b=é"), "/fr/receipts/7?code=a%26b%3D%C3%A9");
    }
}
