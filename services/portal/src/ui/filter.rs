use maud::{Markup, html};

use super::{Button, Icon, button, icon};
use crate::locale::{Locale, t};

/// A panel that narrows a list.
#[derive(Debug)]
pub struct Filter<'a> {
    /// The list's own path.
    pub action: &'a str,
    /// How many filters are in use; the panel is open then.
    pub active: usize,
    /// Its fields.
    pub fields: Markup,
}

/// The panel: a form that asks, without script. On phones it is folded away until it is used.
#[must_use]
pub fn filter(locale: &Locale, panel: &Filter<'_>) -> Markup {
    html! {
        search .filter {
            details .fold open[panel.active > 0] {
                summary {
                    (icon(Icon::Filter))
                    (t!(locale, "ui-filter"))
                    @if panel.active > 0 {
                        " " span .count { (t!(locale, "ui-filter-active", count = panel.active)) }
                    }
                }
                form method="get" action=(panel.action) novalidate {
                    (panel.fields)
                    div .buttons {
                        (button(Button::Primary, &t!(locale, "ui-filter-apply"), None))
                        @if panel.active > 0 {
                            a .button.quiet href=(panel.action) { (t!(locale, "ui-filter-reset")) }
                        }
                    }
                }
            }
        }
    }
}
