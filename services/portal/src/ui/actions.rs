use maud::{Markup, html};

/// How much a button weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// What the page is for; one a page.
    Primary,
    /// What one may do too.
    Secondary,
    /// What cannot be taken back.
    Danger,
    /// Looks like a link.
    Quiet,
}

impl Button {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Primary, Self::Secondary, Self::Danger, Self::Quiet];

    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button",
            Self::Secondary => "button secondary",
            Self::Danger => "button danger",
            Self::Quiet => "button quiet",
        }
    }
}

/// Submits its form. `name` and `value` tell several buttons of a form apart.
#[must_use]
pub fn button(kind: Button, label: &str, name: Option<(&str, &str)>) -> Markup {
    html! {
        button class=(kind.class()) type="submit" name=[name.map(|(name, _)| name)] value=[name.map(|(_, value)| value)] {
            (label)
        }
    }
}

/// Leads to a page, and looks like a button because it is the next step.
#[must_use]
pub fn button_link(kind: Button, label: &str, path: &str) -> Markup {
    html! { a class=(kind.class()) href=(path) { (label) } }
}

/// Buttons beside each other; below each other on phones.
#[must_use]
pub fn buttons(content: Markup) -> Markup {
    html! { div .buttons { (content) } }
}

/// A form that changes something. `request_id` is the idempotency key of the call: a double click does no harm.
#[must_use]
pub fn form_post(action: &str, request_id: Option<&str>, content: Markup) -> Markup {
    html! {
        form method="post" action=(action) novalidate {
            @if let Some(id) = request_id { input type="hidden" name="request_id" value=(id); }
            (content)
        }
    }
}

/// A form that changes something and brings a file.
#[must_use]
pub fn form_file(action: &str, content: Markup) -> Markup {
    html! { form method="post" action=(action) enctype="multipart/form-data" novalidate { (content) } }
}

/// A form that asks.
#[must_use]
pub fn form_get(action: &str, content: Markup) -> Markup {
    html! { form method="get" action=(action) novalidate { (content) } }
}
