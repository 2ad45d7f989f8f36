//! The receipt of a signature: a page to keep, to print or to scan.

use axum::response::Response;
use comitia_proto::voting::v1::{Poll, Receipt};
use http::StatusCode;
use maud::html;

use crate::frame::{Section, View};
use crate::locale::t;
use crate::ui::{Button, button, button_link, buttons, confirmation, steps, tracking_code};
use crate::visit::Visit;

/// The page. The code in the image is behind the `#` of its address, which browsers send to nobody.
pub fn page(visit: &Visit, poll: &Poll, receipt: &Receipt) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "sheet-done");
    let link = |step: &str| visit.link(&format!("/votes/{}{step}", poll.poll_id));
    let scanned = format!("{}{}#{}", visit.origin, link("/prove"), receipt.tracking_code);
    let code = t!(locale, "receipt-code");
    let main = html! {
        (steps(&locale, 3, 3))
        (confirmation(&title, Some((&code, &receipt.tracking_code)), html! {
            p dir="auto" { (poll.title) }
        }))
        h2 { (t!(locale, "receipt-keep")) }
        p { (t!(locale, "sheet-keep-text")) }
        (tracking_code(&locale, &scanned))
        p { button .button.secondary type="button" data-print hidden { (t!(locale, "receipt-print")) } }
        h2 { (t!(locale, "receipt-means")) }
        ul {
            li { (t!(locale, "sheet-means-counted")) }
            li { (t!(locale, "sheet-means-log")) }
            li { (t!(locale, "sheet-means-secret")) }
        }
        form method="post" action=(link("/prove")) novalidate {
            input type="hidden" name="code" value=(receipt.tracking_code);
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "sheet-prove-mine"), None))
                (button_link(Button::Secondary, &t!(locale, "sheet-see-count"), &link("/signatures")))
            }))
        }
        p { (t!(locale, "sheet-shared-device")) }
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
