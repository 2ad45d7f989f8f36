use std::borrow::Cow;

use maud::{Markup, html};

use super::input::Width;
use super::{Icon, icon};
use crate::locale::{Locale, t};

/// A question of a form: its label, its hint and its error belong together. Finish with `input`, `textarea`, `select`,
/// `file`, `checkbox`, `checkboxes` or `radios`. The name in the form is the id in the page.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    pub(super) locale: Locale,
    pub(super) name: Cow<'a, str>,
    pub(super) label: Cow<'a, str>,
    pub(super) hint: Option<Cow<'a, str>>,
    pub(super) error: Option<Cow<'a, str>>,
    pub(super) optional: bool,
    pub(super) heading: bool,
    pub(super) autocomplete: Option<&'a str>,
    pub(super) max_length: Option<u32>,
    pub(super) width: Width,
    pub(super) prefix: Option<Cow<'a, str>>,
    pub(super) suffix: Option<Cow<'a, str>>,
}

impl<'a> Field<'a> {
    /// A question that has to be answered.
    #[must_use]
    pub fn new(locale: &Locale, name: impl Into<Cow<'a, str>>, label: impl Into<Cow<'a, str>>) -> Self {
        Self {
            locale: *locale,
            name: name.into(),
            label: label.into(),
            hint: None,
            error: None,
            optional: false,
            heading: false,
            autocomplete: None,
            max_length: None,
            width: Width::Full,
            prefix: None,
            suffix: None,
        }
    }

    /// What helps to answer.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'a, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What was wrong with the answer.
    #[must_use]
    pub fn error(mut self, error: Option<impl Into<Cow<'a, str>>>) -> Self {
        self.error = error.map(Into::into);
        self
    }

    /// It may stay empty, and the label says so.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The question is the title of the page.
    #[must_use]
    pub fn heading(mut self) -> Self {
        self.heading = true;
        self
    }

    /// What the browser may fill in (`email`, `name`, `one-time-code`, …).
    #[must_use]
    pub fn autocomplete(mut self, token: &'a str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// The most characters; the browser stops there.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// How long the answer is about.
    #[must_use]
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// What stands before the answer, such as a currency.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<Cow<'a, str>>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// What stands behind the answer, such as a unit.
    #[must_use]
    pub fn suffix(mut self, suffix: impl Into<Cow<'a, str>>) -> Self {
        self.suffix = Some(suffix.into());
        self
    }

    pub(super) fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => hint.or(error),
        }
    }

    pub(super) fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    pub(super) fn label_text(&self) -> Markup {
        html! {
            (self.label)
            @if self.optional { " " span .optional { (t!(self.locale, "ui-optional")) } }
        }
    }

    pub(super) fn notes(&self) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { p .hint id={ (self.name) "-hint" } { (hint) } }
            @if let Some(error) = &self.error {
                p .error-text id={ (self.name) "-error" } {
                    (icon(Icon::Warning))
                    span { span .unseen { (t!(self.locale, "ui-error-prefix")) " " } (error) }
                }
            }
        }
    }

    /// One control with its label.
    pub(super) fn single(&self, control: Markup) -> Markup {
        html! {
            div .field.invalid[self.error.is_some()] {
                @if self.heading {
                    h1 { label for=(self.name) { (self.label_text()) } }
                } @else {
                    label for=(self.name) { (self.label_text()) }
                }
                (self.notes())
                (control)
            }
        }
    }

    /// Several controls that answer one question.
    pub(super) fn group(&self, controls: Markup) -> Markup {
        html! {
            fieldset .field.invalid[self.error.is_some()] aria-describedby=[self.described_by()] {
                legend {
                    @if self.heading { h1 { (self.label_text()) } } @else { (self.label_text()) }
                }
                (self.notes())
                (controls)
            }
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field; empty when the error belongs to none.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// What is wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Nothing is wrong yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds what is wrong with a field.
    pub fn push(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// The first that is wrong with a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }
}

/// All that is wrong, first in the page and with the focus, each with a link to its field. Nothing when nothing is wrong.
#[must_use]
pub fn error_summary(locale: &Locale, errors: &FieldErrors) -> Markup {
    html! {
        @if !errors.is_empty() {
            div .error-summary role="alert" tabindex="-1" autofocus aria-labelledby="error-summary-title" {
                h2 #error-summary-title { (t!(locale, "ui-error-summary")) }
                ul {
                    @for error in errors.iter() {
                        li {
                            @if error.field.is_empty() {
                                (error.message)
                            } @else {
                                a href={ "#" (error.field) } { (error.message) }
                            }
                        }
                    }
                }
            }
        }
    }
}
