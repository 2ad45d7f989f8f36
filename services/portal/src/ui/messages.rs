use maud::{Markup, html};

use super::{Icon, icon};
use crate::locale::{Locale, t};

/// What a tag or a notice means. The words say it too: colour never stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular; the look of a tag only, a notice shows it as information.
    Neutral,
    /// Good to know.
    Info,
    /// It worked, or is open.
    Success,
    /// Look at this first.
    Warning,
    /// It did not work.
    Error,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Neutral, Self::Info, Self::Success, Self::Warning, Self::Error];

    const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Neutral | Self::Info => Icon::Info,
            Self::Success => Icon::Check,
            Self::Warning | Self::Error => Icon::Warning,
        }
    }
}

/// A state in a word or two: "Open", "Funded".
#[must_use]
pub fn tag(tone: Tone, label: &str) -> Markup {
    html! { span class={ "tag " (tone.class()) } { (label) } }
}

/// A message in the page. With a title, that is a line of its own; the meaning of the colour is said in words to those who
/// do not see it.
#[must_use]
pub fn notice(locale: &Locale, tone: Tone, title: Option<&str>, body: Markup) -> Markup {
    let meaning = match tone {
        Tone::Neutral | Tone::Info => t!(locale, "ui-notice-info"),
        Tone::Success => t!(locale, "ui-notice-success"),
        Tone::Warning => t!(locale, "ui-notice-warning"),
        Tone::Error => t!(locale, "ui-notice-error"),
    };
    html! {
        div class={ "notice " (tone.class()) } {
            (icon(tone.icon()))
            div .notice-body {
                p .unseen { (meaning) }
                @if let Some(title) = title { p .notice-title { (title) } }
                (body)
            }
        }
    }
}

/// A place where nothing is yet, and what to do about it.
#[must_use]
pub fn empty(title: &str, body: Markup) -> Markup {
    html! {
        div .empty {
            p .empty-title { (title) }
            (body)
        }
    }
}

/// The panel of a thing done: its title is the page's. `reference` is a label and what to keep, such as a tracking code.
#[must_use]
pub fn confirmation(title: &str, reference: Option<(&str, &str)>, body: Markup) -> Markup {
    html! {
        div .confirmation {
            span .seal { (icon(Icon::Check)) }
            h1 { (title) }
            @if let Some((label, value)) = reference {
                p .reference { span { (label) } " " strong .code { (value) } }
            }
            (body)
        }
    }
}
