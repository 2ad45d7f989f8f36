//! "Check this register yourself": the public log, added up again in the visitor's own browser by `crates/verify`, as `comitia
//! verify` does. What is typed in for it stays in the browser: none of it is in a form.

use maud::{Markup, html};
use uuid::Uuid;

use crate::engine::{Package, VERIFY};
use crate::locale::{Locale, t};
use crate::ui::{Field, Kind, Tone, details, notice};

/// The module of the page; what it loads comes with the click.
const PAGE: &str = "js/verify.js";
/// Codes have 34 characters; people type more between them.
const CODE_LENGTH: u32 = 100;

/// The modules that the page uses.
pub fn scripts() -> &'static [&'static str] {
    if VERIFY.package().is_some() { &["js/sheet.js", PAGE] } else { &["js/sheet.js"] }
}

/// The button, and everything that may come of it. Without script there is neither.
pub fn section(locale: &Locale, poll: Uuid) -> Markup {
    of(locale, poll, VERIFY.package())
}

fn of(locale: &Locale, poll: Uuid, package: Option<Package>) -> Markup {
    let Some(Package { worker, module, program }) = package else {
        return html! { p { (t!(locale, "verify-absent")) } };
    };
    html! {
        div data-verify data-worker=(worker) data-module=(module) data-program=(program)
            data-log={ "/v1/polls/" (poll) "/log" } hidden
        {
            p { (t!(locale, "verify-about")) }
            (details(&t!(locale, "verify-more"), own(locale)))
            p { button .button type="button" { (t!(locale, "verify-start")) } }
            progress data-progress max="1" value="0" aria-label=(t!(locale, "verify-busy")) hidden {}
            div role="status" { (answers(locale)) }
        }
        noscript { p { (t!(locale, "verify-without-script")) } }
    }
}

/// What the visitor may add of their own: a receipt, and a head that they kept.
fn own(locale: &Locale) -> Markup {
    html! {
        (Field::new(locale, "receipt", t!(locale, "receipts-code"))
            .hint(t!(locale, "verify-receipt-hint"))
            .autocomplete("off")
            .max_length(CODE_LENGTH)
            .input(Kind::Code, ""))
        (Field::new(locale, "since", t!(locale, "verify-since"))
            .hint(t!(locale, "verify-since-hint"))
            .file(".txt,text/plain"))
    }
}

/// One of them is shown.
fn answers(locale: &Locale) -> Markup {
    html! {
        p data-answer="busy" hidden { (t!(locale, "verify-busy")) }
        div data-answer="good" hidden {
            (notice(locale, Tone::Success, Some(&t!(locale, "verify-good")), html! { (t!(locale, "verify-good-text")) }))
        }
        div data-answer="bad" hidden {
            (notice(locale, Tone::Error, Some(&t!(locale, "verify-bad")), html! { (t!(locale, "verify-bad-text")) }))
        }
        div data-answer="mistyped" hidden {
            (notice(locale, Tone::Warning, None, html! { (t!(locale, "receipts-mistyped")) }))
        }
        div data-answer="failed" hidden {
            (notice(locale, Tone::Warning, Some(&t!(locale, "verify-failed")), html! { (t!(locale, "verify-failed-text")) }))
        }
        div data-found hidden {
            ul { (checks(locale)) }
            ul .small lang="en" data-reasons hidden {}
            ul { (figures(locale)) }
        }
    }
}

/// What is checked, in the order of `crates/verify`: each with what is said when it holds, when it does not, and when the check
/// ended before it.
fn checks(locale: &Locale) -> Markup {
    let open = t!(locale, "verify-open");
    let check = |name: &str, what: &str, fails: &str| {
        html! {
            li data-check=(name) hidden {
                span data-state="holds" hidden { "✓ " (what) }
                strong data-state="fails" hidden { "✗ " (fails) }
                span data-state="open" hidden { "– " (what) " " (open) }
            }
        }
    };
    html! {
        (check("signed", &t!(locale, "verify-signed"), &t!(locale, "verify-signed-fails")))
        (check("text", &t!(locale, "verify-text"), &t!(locale, "verify-text-fails")))
        (check("tree", &t!(locale, "verify-tree"), &t!(locale, "verify-tree-fails")))
        (check("continued", &t!(locale, "verify-continued"), &t!(locale, "verify-continued-fails")))
        (check("once", &t!(locale, "verify-once"), &t!(locale, "verify-once-fails")))
        (check("counts", &t!(locale, "verify-counts"), &t!(locale, "verify-counts-fails")))
        (check("milestones", &t!(locale, "verify-milestones"), &t!(locale, "verify-milestones-fails")))
        (check("corrections", &t!(locale, "verify-corrections"), &t!(locale, "verify-corrections-fails")))
        (check("receipt", &t!(locale, "verify-receipt"), &t!(locale, "verify-receipt-fails")))
    }
}

/// Figures of the check; each is shown where there is one.
fn figures(locale: &Locale) -> Markup {
    let figure = |name: &str, label: &str| {
        html! {
            li data-figure=(name) hidden { (label) " " strong .typed data-value {} }
        }
    };
    html! {
        (figure("receipt", &t!(locale, "verify-place")))
        (figure("size", &t!(locale, "verify-size")))
        (figure("published", &t!(locale, "verify-published")))
        (figure("took", &t!(locale, "verify-took")))
        (figure("text", &t!(locale, "verify-digest")))
        (figure("root", &t!(locale, "verify-root")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn rendered(package: Option<Package>) -> String {
        let locale = Locale::new(Language::parse("fr").unwrap(), chrono_tz::Europe::Paris);
        of(&locale, Uuid::from_u128(7), package).into_string()
    }

    #[test]
    fn the_button_knows_the_log_and_nothing_that_is_typed_is_in_a_form() {
        let package = Package { worker: "/assets/w.js", module: "/assets/m.js", program: "/assets/p.wasm" };
        let text = rendered(Some(package));
        for wanted in [
            "data-program=\"/assets/p.wasm\"",
            "data-log=\"/v1/polls/00000000-0000-0000-0000-000000000007/log\"",
            "Vérifier dans ce navigateur",
            "<noscript>",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains("<form"), "{text}");
        for part in
            ["signed", "text", "tree", "continued", "once", "counts", "milestones", "corrections", "receipt"]
        {
            assert!(text.contains(&format!("data-check=\"{part}\"")), "{part}");
        }
    }

    #[test]
    fn a_build_without_the_program_says_so() {
        let text = rendered(None);
        assert!(text.contains("comitia verify") && !text.contains("button"), "{text}");
    }
}
