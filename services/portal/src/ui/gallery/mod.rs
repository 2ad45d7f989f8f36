//! All components in all their states on one page, for those who work on their looks. Development only; its words are not
//! translated.

mod data;
mod forms;
mod words;

use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::{Account, Alternate, Crumb, Layout, Link, Organization, breadcrumbs};
use crate::locale::{Language, Locale};
use crate::theme;
use crate::visit::Visit;

/// Words that break pages: no place to break, another direction, markup.
pub(super) const LONG_WORD: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter";
pub(super) const ARABIC: &str = "حديقة جديدة في الحي القديم";
pub(super) const HOSTILE: &str = "<b onclick=\"x\">\"Fish\" & 'chips'</b> 🐟";

/// `GET /<language>/gallery`, in the organization's colour.
pub async fn show(visit: Visit) -> Response {
    let theme = theme::path(&visit.organization.brand_color);
    Html(page(&visit.locale, theme.as_deref(), |language| visit.in_language(language)).into_string())
        .into_response()
}

/// The page as somebody sees who is signed in. `path` gives its address in a language.
#[must_use]
pub fn page(locale: &Locale, theme: Option<&str>, path: impl Fn(Language) -> String) -> Markup {
    let home = format!("/{}", locale.language);
    let alternates: Vec<Alternate> =
        Language::all().map(|language| Alternate { language, path: path(language) }).collect();
    let canonical = path(locale.language);
    let entry = |label, current| Link { label, path: "#components", current };
    let crumbs = breadcrumbs(
        locale,
        &[Crumb { label: "Home", path: Some(&home) }, Crumb { label: "Components", path: None }],
    );
    Layout {
        locale: *locale,
        organization: Organization { name: "Ville de Montfleury", logo: None, theme },
        origin: "http://localhost",
        home: &home,
        title: "Components",
        description: Some("All components in all their states."),
        canonical: Some(&canonical),
        alternates: &alternates,
        navigation: &[
            entry("Processes", true),
            entry("Proposals", false),
            entry("Results", false),
            entry("Help", false),
        ],
        account: Account::SignedIn {
            name: Some("Amélie R."),
            account: "#components",
            sign_out: "#components",
        },
        footer: &[
            entry("Terms of use", false),
            entry("Privacy", false),
            entry("Accessibility: partly", true),
        ],
        notice: None,
        breadcrumbs: Some(crumbs),
        main: content(locale),
        scripts: &[],
        noindex: true,
        error: false,
    }
    .render()
}

fn content(locale: &Locale) -> Markup {
    html! {
        div lang="en" dir="ltr" {
            h1 #components { "Components" }
            p .lead { "Each component once, in each of its states. What people read here is made up." }
            (words::sections(locale))
            (data::sections(locale))
            (forms::sections(locale))
        }
    }
}

/// A component and its states under a heading.
fn section(title: &str, content: Markup) -> Markup {
    html! {
        section {
            h2 { (title) }
            (content)
        }
    }
}
