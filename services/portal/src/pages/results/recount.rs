//! "Count it yourself": the published ballots, counted again in the visitor's own browser by `crates/recount`. What the page
//! says of the result stands in the attributes, so that the module compares the count with what the visitor reads.

use comitia_proto::budgets::v1::AllocationResult;
use maud::{Markup, html};

use crate::engine::{Package, RECOUNT};
use crate::locale::{Locale, t};
use crate::ui::{Tone, notice};

/// The module of the page; what it loads comes with the click.
const PAGE: &str = "js/recount.js";

/// The modules that the page uses.
pub fn scripts() -> &'static [&'static str] {
    if RECOUNT.package().is_some() { &[PAGE] } else { &[] }
}

/// The button, and everything that may come of it. Without script there is neither.
pub fn section(locale: &Locale, result: &AllocationResult, budget_path: &str) -> Markup {
    of(locale, result, budget_path, RECOUNT.package())
}

fn of(locale: &Locale, result: &AllocationResult, budget_path: &str, package: Option<Package>) -> Markup {
    let Some(Package { worker, module, program }) = package else {
        return html! { p { (t!(locale, "recount-absent")) } };
    };
    let funded: Vec<_> =
        result.outcomes.iter().filter(|outcome| outcome.funded).map(|outcome| &outcome.reference).collect();
    let funded = serde_json::to_string(&funded).unwrap_or_default();
    html! {
        div .recount data-recount data-worker=(worker) data-module=(module) data-program=(program)
            data-file={ (budget_path) "/result.pb" } data-poll=(result.poll_id) data-seal=(result.seal_digest)
            data-trace=(result.trace_sha256) data-funded=(funded) hidden
        {
            p { (t!(locale, "recount-about")) }
            p { button .button type="button" { (t!(locale, "recount-start")) } }
            div role="status" { (answers(locale)) }
        }
        noscript { p { (t!(locale, "recount-without-script")) } }
    }
}

/// One of them is shown.
fn answers(locale: &Locale) -> Markup {
    let list = |keys: Markup| html! { ul { (keys) } };
    html! {
        p data-answer="busy" hidden { (t!(locale, "recount-busy")) }
        div data-answer="same" hidden {
            (notice(locale, Tone::Success, Some(&t!(locale, "recount-same")), html! {
                (list(html! {
                    li { (t!(locale, "recount-same-seal")) }
                    li { (t!(locale, "recount-same-funded")) }
                    li { (t!(locale, "recount-same-trace")) }
                }))
                p { (t!(locale, "recount-took")) " " span data-took {} }
            }))
        }
        div data-answer="different" hidden {
            (notice(locale, Tone::Error, Some(&t!(locale, "recount-different")), html! {
                (list(html! {
                    li data-fault="file" { (t!(locale, "recount-fault-file")) }
                    li data-fault="seal" { (t!(locale, "recount-fault-seal")) }
                    li data-fault="funded" { (t!(locale, "recount-fault-funded")) }
                    li data-fault="trace" { (t!(locale, "recount-fault-trace")) }
                }))
                p { (t!(locale, "recount-different-now")) }
                p .small lang="en" data-reason {}
            }))
        }
        div data-answer="failed" hidden {
            (notice(locale, Tone::Warning, Some(&t!(locale, "recount-failed")), html! {
                p { (t!(locale, "recount-failed-now")) }
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn rendered(package: Option<Package>) -> String {
        let outcome = |reference: &str, funded| comitia_proto::budgets::v1::ProjectOutcome {
            reference: reference.into(),
            funded,
            ..Default::default()
        };
        let result = AllocationResult {
            poll_id: "7".into(),
            seal_digest: "cd".repeat(32),
            outcomes: vec![outcome("B/\"1\"", true), outcome("2", false)],
            ..Default::default()
        };
        let locale = Locale::new(Language::parse("fr").unwrap(), chrono_tz::Europe::Paris);
        of(&locale, &result, "/fr/budgets/x", package).into_string()
    }

    #[test]
    fn the_button_knows_what_was_published() {
        let text = rendered(Some(Package {
            worker: "/assets/w.js",
            module: "/assets/m.js",
            program: "/assets/p.wasm",
        }));
        for wanted in [
            "data-program=\"/assets/p.wasm\"",
            "data-file=\"/fr/budgets/x/result.pb\"",
            "data-funded=\"[&quot;B/\\&quot;1\\&quot;&quot;]\"",
            "Compter dans ce navigateur",
            "<noscript>",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
    }

    #[test]
    fn a_build_without_the_program_says_so() {
        let text = rendered(None);
        assert!(text.contains("sans le programme") && !text.contains("button"), "{text}");
    }
}
