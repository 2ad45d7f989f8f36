//! What people enter to say who they are: an address, the code that came to it, number and code of a letter.

use maud::{Markup, html};

use super::input::{Kind, Width};
use super::{Button, Field, FieldErrors, button, button_link, buttons, form_post};
use crate::locale::{Locale, t};

/// The longest address that mail servers take (RFC 5321).
pub const ADDRESS_LENGTH: u32 = 254;
/// The longest number and code that are printed in a letter or mailed, with what people type in between.
pub const NUMBER_LENGTH: u32 = 64;
pub const CODE_LENGTH: u32 = 40;

/// Where a flow of entering goes, and what its forms carry along.
pub struct Entry<'a> {
    /// The path that sends a code to an address.
    pub send: &'a str,
    /// What every form of the flow carries.
    pub hidden: Markup,
}

impl Entry<'_> {
    /// Asks for an address, and sends a code to it.
    #[must_use]
    pub fn address(&self, locale: &Locale, hint: &str, email: &str, errors: &FieldErrors) -> Markup {
        form_post(
            self.send,
            None,
            html! {
                (self.hidden)
                (Field::new(locale, "email", t!(locale, "sign-in-email-address"))
                    .hint(hint)
                    .error(errors.of("email"))
                    .autocomplete("email")
                    .max_length(ADDRESS_LENGTH)
                    .input(Kind::Email, email))
                (buttons(button(Button::Primary, &t!(locale, "sign-in-email-send"), None)))
            },
        )
    }

    /// For whom no code came: another one, or another address, which is asked for at `other`.
    #[must_use]
    pub fn nothing_came(&self, locale: &Locale, why: &str, other: &str) -> Markup {
        let form = html! {
            (self.hidden)
            (buttons(html! {
                (button(Button::Secondary, &t!(locale, "sign-in-email-send-again"), None))
                (button_link(Button::Quiet, &t!(locale, "sign-in-email-other-address"), other))
            }))
        };
        html! {
            h2 { (t!(locale, "sign-in-email-nothing-came")) }
            p { (why) }
            (form_post(self.send, None, form))
        }
    }
}

/// The code that came by e-mail. It is a secret: it is typed again, and never sent back.
#[must_use]
pub fn mailed_code(locale: &Locale, errors: &FieldErrors) -> Markup {
    Field::new(locale, "code", t!(locale, "sign-in-email-code"))
        .hint(t!(locale, "sign-in-email-code-hint"))
        .error(errors.of("code"))
        .autocomplete("one-time-code")
        .max_length(CODE_LENGTH)
        .width(Width::Medium)
        .input(Kind::Digits, "")
}

/// Number and code of a letter. The code is a secret: it is typed again, and never sent back.
#[must_use]
pub fn letter_fields(locale: &Locale, number: &str, errors: &FieldErrors) -> Markup {
    let field = |name: &'static str| {
        Field::new(locale, name, String::new())
            .error(errors.of(name))
            .autocomplete("off")
            .width(Width::Medium)
    };
    html! {
        (Field { label: t!(locale, "sign-in-letter-number"), ..field("number") }
            .hint(t!(locale, "sign-in-letter-number-hint"))
            .max_length(NUMBER_LENGTH)
            .input(Kind::Code, number))
        (Field { label: t!(locale, "sign-in-letter-code"), ..field("code") }
            .hint(t!(locale, "sign-in-letter-code-hint"))
            .max_length(CODE_LENGTH)
            .input(Kind::Code, ""))
    }
}

/// What is missing in what was typed from a letter.
pub fn check_letter(locale: &Locale, number: &str, code: &str, errors: &mut FieldErrors) {
    let too_long =
        |text: &str, longest: u32| text.chars().count() > usize::try_from(longest).unwrap_or(usize::MAX);
    if number.is_empty() || too_long(number, NUMBER_LENGTH) {
        errors.push("number", t!(locale, "sign-in-letter-number-missing"));
    }
    if code.is_empty() {
        errors.push("code", t!(locale, "sign-in-letter-code-missing"));
    } else if too_long(code, CODE_LENGTH) {
        errors.push("code", t!(locale, "sign-in-letter-code-mistyped"));
    }
}

/// What is wrong with an address.
pub fn check_address(locale: &Locale, email: &str, errors: &mut FieldErrors) {
    if email.is_empty() {
        errors.push("email", t!(locale, "sign-in-email-missing"));
    } else if !is_address(email) {
        errors.push("email", t!(locale, "sign-in-email-wrong"));
    }
}

/// Only what cannot be one is refused here; identity has the rule.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn only_what_cannot_be_an_address_is_refused() {
        for text in ["a@b", "zoë+vote@example.org"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["", "a", "a@", "@b", "a b@c", "a@b\n", &format!("{}@b", "a".repeat(300))] {
            assert!(!is_address(text), "{text}");
        }
    }
}
