use maud::{Markup, html};

use super::{Icon, icon};
use crate::locale::{Locale, t};

/// A page on the way to this one.
#[derive(Clone, Copy, Debug)]
pub struct Crumb<'a> {
    /// Its title.
    pub label: &'a str,
    /// Its path; none for the page itself.
    pub path: Option<&'a str>,
}

/// The way to the page, the page itself last.
#[must_use]
pub fn breadcrumbs(locale: &Locale, crumbs: &[Crumb<'_>]) -> Markup {
    html! {
        nav .breadcrumbs aria-label=(t!(locale, "ui-breadcrumbs")) {
            ol {
                @for crumb in crumbs {
                    li {
                        @match crumb.path {
                            Some(path) => a href=(path) { (crumb.label) },
                            None => span aria-current="page" { (crumb.label) },
                        }
                    }
                }
            }
        }
    }
}

/// To the page before and the page after. Nothing when there is neither.
#[must_use]
pub fn pagination(locale: &Locale, previous: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if previous.is_some() || next.is_some() {
            nav .pagination aria-label=(t!(locale, "ui-pagination")) {
                @if let Some(path) = previous {
                    a href=(path) rel="prev" { (icon(Icon::Back)) (t!(locale, "ui-previous-page")) }
                }
                @if let Some(path) = next {
                    a .push href=(path) rel="next" { (t!(locale, "ui-next-page")) (icon(Icon::Arrow)) }
                }
            }
        }
    }
}

/// Where one is in a flow. It stands above the heading.
#[must_use]
pub fn steps(locale: &Locale, step: u32, count: u32) -> Markup {
    html! {
        p .steps {
            (t!(locale, "ui-steps", step = step, count = count))
            span .steps-track aria-hidden="true" {
                @for one in 1..=count { span .done[one <= step] {} }
            }
        }
    }
}
