//! Terms, privacy, accessibility and help. What the organization has not written itself is said for it, and says what is.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use comitia_proto::spaces::v1::OrganizationTextKind;
use http::StatusCode;
use maud::{Markup, html};

use crate::error::PageError;
use crate::frame::View;
use crate::locale::{key, t};
use crate::pages::parts::trail;
use crate::ui::{Column, Narrow, Table, markdown, table};
use crate::visit::{PageResult, Visit, shared};

/// The legal pages and help.
pub fn routes() -> Router {
    Router::new().route("/legal/{page}", get(show)).route("/help", get(help))
}

/// A heading and its paragraphs.
type Part = (&'static str, &'static [&'static str]);

const TERMS: &[Part] = &[
    (key!("legal-terms-who"), &[key!("legal-terms-who-text")]),
    (key!("legal-terms-read"), &[key!("legal-terms-read-text")]),
    (
        key!("legal-terms-write"),
        &[
            key!("legal-terms-write-text"),
            key!("legal-terms-write-public"),
            key!("legal-terms-write-yours"),
            key!("legal-terms-write-erased"),
        ],
    ),
    (key!("legal-terms-not"), &[key!("legal-terms-not-text"), key!("legal-terms-not-hidden")]),
    (key!("legal-terms-vote"), &[key!("legal-terms-vote-text"), key!("legal-terms-vote-code")]),
    (key!("legal-terms-result"), &[key!("legal-terms-result-text")]),
];

const PRIVACY: &[Part] = &[
    (key!("legal-privacy-who"), &[key!("legal-privacy-who-text")]),
    (key!("legal-privacy-vote"), &[key!("legal-privacy-vote-text"), key!("legal-privacy-vote-permit")]),
    (key!("legal-privacy-limits"), &[key!("legal-privacy-limits-text")]),
    (key!("legal-privacy-cookie"), &[key!("legal-privacy-cookie-text")]),
    (key!("legal-privacy-small"), &[key!("legal-privacy-small-text")]),
    (key!("legal-privacy-rights"), &[key!("legal-privacy-rights-text"), key!("legal-privacy-rights-ballot")]),
];

const ACCESSIBILITY: &[Part] = &[
    (key!("legal-accessibility-status"), &[key!("legal-accessibility-status-text")]),
    (key!("legal-accessibility-built"), &[key!("legal-accessibility-built-text")]),
    (
        key!("legal-accessibility-tested"),
        &[key!("legal-accessibility-tested-text"), key!("legal-accessibility-untested-text")],
    ),
    (key!("legal-accessibility-content"), &[key!("legal-accessibility-content-text")]),
    (
        key!("legal-accessibility-contact"),
        &[key!("legal-accessibility-contact-text"), key!("legal-accessibility-appeal")],
    ),
];

const HELP: &[Part] = &[
    (key!("legal-help-vote"), &[key!("legal-help-vote-text"), key!("legal-help-vote-change")]),
    (key!("legal-help-code"), &[key!("legal-help-code-text")]),
    (key!("legal-help-receipt"), &[key!("legal-help-receipt-text")]),
    (key!("legal-help-propose"), &[key!("legal-help-propose-text")]),
    (key!("legal-help-result"), &[key!("legal-help-result-text")]),
    (key!("legal-help-other"), &[key!("legal-help-other-text")]),
];

async fn show(visit: Visit, Path((_, page)): Path<(String, String)>) -> PageResult {
    let (title, kind, parts) = match page.as_str() {
        "terms" => (key!("legal-terms-title"), OrganizationTextKind::Terms, TERMS),
        "privacy" => (key!("legal-privacy-title"), OrganizationTextKind::Privacy, PRIVACY),
        "accessibility" => {
            (key!("legal-accessibility-title"), OrganizationTextKind::Accessibility, ACCESSIBILITY)
        }
        _ => return Err(PageError::NotFound),
    };
    Ok(answer(&visit, title, kind, parts))
}

async fn help(visit: Visit) -> PageResult {
    Ok(answer(&visit, key!("legal-help-title"), OrganizationTextKind::Help, HELP))
}

fn answer(visit: &Visit, title: &'static str, kind: OrganizationTextKind, parts: &[Part]) -> Response {
    let locale = visit.locale;
    let title = locale.text(title);
    let organization = visit.organization.display_name.as_str();
    let main = html! {
        h1 { (title) }
        @match visit.organization_text(kind) {
            Some((text, language)) => {
                div .statement lang=[(language != locale.language.code()).then_some(language)] { (markdown(text, 2)) }
            }
            None => {
                div .prose {
                    @for (heading, paragraphs) in parts {
                        h2 { (locale.text(heading)) }
                        @for paragraph in *paragraphs {
                            p { (locale.text_with(paragraph, &[("organization", organization.into())])) }
                        }
                    }
                }
            }
        }
        @if kind == OrganizationTextKind::Privacy { (kept(visit)) }
        @if !visit.organization.contact_email.is_empty() {
            p {
                (t!(locale, "legal-contact", organization = organization)) " "
                a href={ "mailto:" (visit.organization.contact_email) } { (visit.organization.contact_email) }
            }
        }
    };
    let about = t!(locale, "legal-about", title = &title, organization = organization);
    let view = View {
        description: Some(&about),
        breadcrumbs: Some(trail(visit, &[], &title)),
        ..View::new(&title, main)
    };
    shared(visit, visit.page(StatusCode::OK, view))
}

/// What is kept, what for and for how long: what the program does, and not what a city would like to say.
fn kept(visit: &Visit) -> Markup {
    let locale = visit.locale;
    let labels =
        [t!(locale, "legal-kept-what"), t!(locale, "legal-kept-why"), t!(locale, "legal-kept-until")];
    let columns = labels.each_ref().map(|label| Column { label, numeric: false });
    let rows = [
        [key!("legal-kept-roll"), key!("legal-kept-roll-why"), key!("legal-kept-roll-until")],
        [key!("legal-kept-account"), key!("legal-kept-account-why"), key!("legal-kept-account-until")],
        [key!("legal-kept-session"), key!("legal-kept-session-why"), key!("legal-kept-session-until")],
        [key!("legal-kept-mail"), key!("legal-kept-mail-why"), key!("legal-kept-mail-until")],
        [key!("legal-kept-ballot"), key!("legal-kept-ballot-why"), key!("legal-kept-ballot-until")],
        [key!("legal-kept-link"), key!("legal-kept-link-why"), key!("legal-kept-link-until")],
        [key!("legal-kept-proposal"), key!("legal-kept-proposal-why"), key!("legal-kept-proposal-until")],
        [key!("legal-kept-address"), key!("legal-kept-address-why"), key!("legal-kept-address-until")],
    ];
    let rows = rows.map(|row| row.map(|key| html! { (locale.text(key)) }).to_vec()).to_vec();
    let caption = t!(locale, "legal-kept");
    table(&Table { id: "kept", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}
