use maud::{Markup, html};

use super::Field;

/// One of the answers to choose from.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// What is sent.
    pub value: &'a str,
    /// What is read.
    pub label: &'a str,
    /// What helps to choose.
    pub hint: Option<&'a str>,
    /// What stands beside the label at the end of the line, such as a cost.
    pub aside: Option<&'a str>,
    /// Whether it cannot be chosen now.
    pub disabled: bool,
}

impl<'a> Choice<'a> {
    /// An answer without a hint.
    #[must_use]
    pub const fn new(value: &'a str, label: &'a str) -> Self {
        Self { value, label, hint: None, aside: None, disabled: false }
    }

    /// What helps to choose.
    #[must_use]
    pub const fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What stands at the end of the line.
    #[must_use]
    pub const fn aside(mut self, aside: &'a str) -> Self {
        self.aside = Some(aside);
        self
    }
}

impl Field<'_> {
    /// Any number of answers.
    #[must_use]
    pub fn checkboxes(&self, chosen: &[&str], choices: &[Choice<'_>]) -> Markup {
        self.group(self.choices("checkbox", choices, |value| chosen.contains(&value)))
    }

    /// Exactly one answer.
    #[must_use]
    pub fn radios(&self, chosen: Option<&str>, choices: &[Choice<'_>]) -> Markup {
        self.group(self.choices("radio", choices, |value| chosen == Some(value)))
    }

    /// Yes, or nothing: the label is the sentence that is agreed to, and `yes` is sent.
    #[must_use]
    pub fn checkbox(&self, checked: bool) -> Markup {
        html! {
            div .field.invalid[self.error.is_some()] {
                (self.notes())
                div .choice {
                    input type="checkbox" id=(self.name) name=(self.name) value="yes" checked[checked]
                        aria-describedby=[self.described_by()] aria-invalid=[self.invalid()];
                    label for=(self.name) { (self.label_text()) }
                }
            }
        }
    }

    fn choices(&self, kind: &str, choices: &[Choice<'_>], chosen: impl Fn(&str) -> bool) -> Markup {
        html! {
            div .choices {
                @for (index, choice) in choices.iter().enumerate() {
                    (self.choice(kind, index, choice, chosen(choice.value)))
                }
            }
        }
    }

    /// The first answer has the field's own id, so that the error summary leads to it.
    fn choice(&self, kind: &str, index: usize, choice: &Choice<'_>, chosen: bool) -> Markup {
        let id = if index == 0 { self.name.to_string() } else { format!("{}-{}", self.name, index + 1) };
        let hint = choice.hint.map(|_| format!("{id}-about"));
        html! {
            div .choice {
                input type=(kind) id=(id) name=(self.name) value=(choice.value) checked[chosen]
                    disabled[choice.disabled] aria-describedby=[hint.as_ref()];
                label for=(id) {
                    span .choice-label { (choice.label) }
                    @if let Some(aside) = choice.aside { " " span .choice-aside { (aside) } }
                }
                @if let (Some(text), Some(hint)) = (choice.hint, &hint) { p .hint id=(hint) { (text) } }
            }
        }
    }
}
