//! A form that a passkey answers. `passkey.js` asks the device when it is sent.

use maud::{Markup, html};

use super::{Button, Tone, button, buttons, notice};
use crate::locale::{Locale, t};

/// A form that a passkey answers.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyForm<'a> {
    /// Where the answer goes.
    pub action: &'a str,
    /// What the device is asked to do: `create` or `get`.
    pub ceremony: &'a str,
    /// What it is asked with, as JSON.
    pub options: &'a str,
    /// The words of the button.
    pub submit: &'a str,
}

/// The form, with other fields in it. Its answer is the field `credential`.
#[must_use]
pub fn passkey_form(locale: &Locale, form: &PasskeyForm<'_>, fields: Markup) -> Markup {
    let say = |text: &str| notice(locale, Tone::Error, None, html! { p { (text) } });
    html! {
        form method="post" action=(form.action) novalidate data-passkey=(form.ceremony) data-options=(form.options) {
            input type="hidden" name="credential" value="";
            (fields)
            noscript { (say(&t!(locale, "passkey-script"))) }
            div data-failed hidden role="alert" { (say(&t!(locale, "passkey-failed"))) }
            (buttons(button(Button::Primary, form.submit, None)))
        }
    }
}
