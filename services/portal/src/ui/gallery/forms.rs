use maud::{Markup, html};

use super::{ARABIC, HOSTILE, LONG_WORD, section};
use crate::locale::Locale;
use crate::ui::{
    Button, Choice, Entry, Field, FieldErrors, Filter, Kind, Width, button, buttons, error_summary, filter,
    form_file, form_get, form_post, letter_fields,
};

const AREAS: [Choice<'_>; 3] =
    [Choice::new("old", "Old town"), Choice::new("river", "Riverside"), Choice::new("hills", "Hills")];

pub(super) fn sections(locale: &Locale) -> Markup {
    html! {
        (section("Fields", form_post("#components", Some("0197a3b2-0000-7000-8000-000000000000"), fields(locale))))
        (section("Fields with errors", form_post("#components", None, faulty(locale))))
        (section("A file", form_file("#components", html! {
            (Field::new(locale, "file", "File").hint("CSV, 33 MB at the most.").file(".csv"))
            (Field::new(locale, "bad-file", "File").error(Some("Choose a file")).file(".csv"))
            (Field::new(locale, "day", "First day").width(Width::Medium).input(Kind::Date, "2026-11-30"))
            (Field::new(locale, "hour", "Time").optional().width(Width::Medium).input(Kind::Time, "18:00"))
        })))
        (section("Who one is: an address", entry("#components").address(locale, "Nobody else sees it.", "", &FieldErrors::new())))
        (section("Who one is: a letter", form_post("#components", None, letter_fields(locale, "0042", &FieldErrors::new()))))
        (section("A ballot", form_post("#components", None, ballot(locale))))
        (section("Filter, unused", panel(locale, "quiet", 0)))
        (section("Filter, in use", panel(locale, "busy", 2)))
        (section("Search", form_get("#components", html! {
            (Field::new(locale, "q", "Search").input(Kind::Search, HOSTILE))
            (button(Button::Secondary, "Search", None))
        })))
    }
}

fn entry(send: &str) -> Entry<'_> {
    Entry { send, hidden: html! {} }
}

fn fields(locale: &Locale) -> Markup {
    html! {
        (Field::new(locale, "title", "Title").hint("What should happen, in a few words.").max_length(120).input(Kind::Text, ""))
        (Field::new(locale, "a-email", "E-mail address").autocomplete("email").input(Kind::Email, "amelie@example.org"))
        (Field::new(locale, "a-code", "Code").hint("Six digits, from the mail.").autocomplete("one-time-code")
            .width(Width::Short).input(Kind::Digits, ""))
        (Field::new(locale, "cost", "Cost").optional().suffix("€").input(Kind::Decimal, "24000"))
        (Field::new(locale, "text", "Description").hint("Plain words.").textarea(ARABIC, 5))
        (Field::new(locale, "area", "Area").width(Width::Medium).select(Some("river"), Some("All areas"), &AREAS))
        (Field::new(locale, "age", "How old are you?").radios(Some("15"), &[
            Choice::new("15", "15 or older"),
            Choice::new("0", "Younger").hint("You can read everything, and write with a parent's account."),
        ]))
        (Field::new(locale, "terms", "I accept the terms of use").checkbox(false))
        (buttons(html! {
            (button(Button::Primary, "Continue", None))
            (button(Button::Secondary, "Save as a draft", Some(("step", "draft"))))
        }))
    }
}

fn faulty(locale: &Locale) -> Markup {
    let mut errors = FieldErrors::new();
    errors.push("bad-title", "Enter a title");
    errors.push("bad-cost", "The cost is a number, such as 24 000");
    errors.push("bad-areas", "Choose one area at least");
    errors.push("", "The form was sent too late; nothing is lost");
    let field =
        |name: &'static str, label: &'static str| Field::new(locale, name, label).error(errors.of(name));
    html! {
        (error_summary(locale, &errors))
        (field("bad-title", "Title").hint("What should happen, in a few words.").input(Kind::Text, HOSTILE))
        (field("bad-cost", "Cost").prefix("€").input(Kind::Decimal, "a lot"))
        (field("bad-areas", "Areas").checkboxes(&[], &AREAS))
        (field("bad-text", "Description").error(Some("Write 5,000 characters at the most")).textarea(LONG_WORD, 3))
        (button(Button::Primary, "Continue", None))
    }
}

fn ballot(locale: &Locale) -> Markup {
    let choices = [
        Choice::new("p1", "Twelve trees for the market square")
            .hint("Shade on the south side.")
            .aside("24 000 €"),
        Choice::new("p2", "A bicycle lane on the quay").aside("130 000 €"),
        Choice::new("p3", LONG_WORD).aside("1 000 000 €"),
        Choice { disabled: true, ..Choice::new("p4", ARABIC).aside("9 000 €") },
    ];
    html! {
        (Field::new(locale, "projects", "Which projects do you want?").hint("Up to 150 000 €.").checkboxes(&["p1"], &choices))
        div .dock {
            p { strong { "24 000 € chosen" } " of 150 000 €" }
            (button(Button::Primary, "Check my ballot", None))
        }
    }
}

fn panel(locale: &Locale, id: &str, active: usize) -> Markup {
    let name = |field: &str| format!("{id}-{field}");
    let fields = html! {
        (Field::new(locale, name("q"), "Words").input(Kind::Search, ""))
        (Field::new(locale, name("state"), "State").checkboxes(&["open"], &[
            Choice::new("open", "Open"),
            Choice::new("done", "Done"),
        ]))
    };
    filter(locale, &Filter { action: "#components", active, fields })
}
