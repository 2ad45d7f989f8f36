//! Why a project is funded or not, in the reader's language.

use comitia_proto::budgets::v1::{OutcomeReason, OutcomeReasonKind as Kind, ProjectOutcome};
use maud::{Markup, html};

use crate::locale::{Locale, t};
use crate::pages::calls::count;

/// The reason in a sentence. What this version cannot word is said as the engine says it, in English.
pub fn why(locale: &Locale, outcome: &ProjectOutcome, currency: &str) -> Markup {
    let worded = outcome.why.as_ref().and_then(|why| words(locale, outcome, why, currency));
    html! {
        @match worded {
            Some(words) => (words),
            None => span lang="en" { (outcome.reason) },
        }
    }
}

/// The reason as text, for files.
pub fn sentence(locale: &Locale, outcome: &ProjectOutcome, currency: &str) -> String {
    let worded = outcome.why.as_ref().and_then(|why| words(locale, outcome, why, currency));
    worded.unwrap_or_else(|| outcome.reason.clone())
}

fn words(locale: &Locale, outcome: &ProjectOutcome, why: &OutcomeReason, currency: &str) -> Option<String> {
    let money = |amount| locale.money(amount, currency);
    Some(match why.kind() {
        Kind::Unspecified => return None,
        Kind::Next => t!(locale, "result-why-next", round = why.round, left = money(why.left)),
        Kind::Paid => t!(
            locale,
            "result-why-paid",
            round = why.round,
            count = count(why.payer_count),
            most = money(why.largest_payment),
            left = money(why.left)
        ),
        Kind::InPart => t!(
            locale,
            "result-why-in-part",
            round = why.round,
            granted = money(outcome.granted),
            cost = money(outcome.cost)
        ),
        Kind::DoesNotFit => t!(
            locale,
            "result-why-does-not-fit",
            cost = money(outcome.cost),
            left = money(why.left),
            lacking = money(why.lacking)
        ),
        Kind::BelowMinimum => {
            t!(locale, "result-why-below", score = points(locale, &outcome.score), count = count(why.minimum))
        }
        Kind::Excluded => {
            t!(locale, "result-why-excluded", other = &why.other_reference, group = &why.group)
        }
        Kind::EnvelopeExhausted => {
            t!(
                locale,
                "result-why-envelope",
                cost = money(outcome.cost),
                left = money(why.left),
                group = &why.group
            )
        }
        Kind::SupportersCannotAfford => cannot_afford(locale, outcome, why, currency),
        Kind::StoppedBefore => t!(locale, "result-why-stopped", other = &why.other_reference),
        Kind::NoSupport => t!(locale, "result-why-no-support").into_owned(),
        Kind::Withdrawn => t!(locale, "result-why-withdrawn").into_owned(),
    })
}

/// What each supporter had left, and what each would have had to give. Where these are equal to the smallest coin, what was
/// lacking in all says more.
fn cannot_afford(locale: &Locale, outcome: &ProjectOutcome, why: &OutcomeReason, currency: &str) -> String {
    let money = |amount| locale.money(amount, currency);
    let had = outcome.cost.saturating_sub(why.lacking).max(0).checked_div(outcome.votes);
    let needed = outcome.cost.checked_add(outcome.votes - 1).and_then(|cost| cost.checked_div(outcome.votes));
    match (had, needed) {
        (Some(had), Some(needed)) if had < needed => t!(
            locale,
            "result-why-supporters",
            count = count(outcome.votes),
            had = money(had),
            needed = money(needed)
        ),
        _ => t!(locale, "result-why-lacking", cost = money(outcome.cost), lacking = money(why.lacking)),
    }
}

/// A score as the engine writes it: whole, and longer than numbers of machines in the worst case.
pub fn points(locale: &Locale, score: &str) -> String {
    score.parse::<u64>().map_or_else(|_| score.to_owned(), |number| locale.number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn sentence(language: &str, why: Option<OutcomeReason>) -> String {
        let locale = Locale::new(Language::parse(language).unwrap(), chrono_tz::UTC);
        let outcome = ProjectOutcome {
            cost: 300_000,
            votes: 200,
            score: "200".into(),
            reason: "Because <so>.".into(),
            why,
            ..ProjectOutcome::default()
        };
        super::why(&locale, &outcome, "EUR").into_string().replace(['\u{a0}', '\u{202f}'], " ")
    }

    fn kind(kind: Kind) -> OutcomeReason {
        OutcomeReason { kind: kind.into(), ..OutcomeReason::default() }
    }

    #[test]
    fn supporters_and_what_they_had_left() {
        let why = OutcomeReason { lacking: 60_000, round: 3, ..kind(Kind::SupportersCannotAfford) };
        let french = sentence("fr", Some(why.clone()));
        assert!(french.contains("12 €") && french.contains("15 €") && french.contains("200"), "{french}");
        let english = sentence("en", Some(why));
        assert!(english.contains("€12") && english.contains("€15"), "{english}");
        // A cent among two hundred people is not told by shares.
        let why = OutcomeReason { lacking: 0, ..kind(Kind::SupportersCannotAfford) };
        assert!(sentence("en", Some(why)).contains("€3,000"));
    }

    #[test]
    fn every_kind_has_words_in_every_language() {
        for language in ["en", "fr"] {
            for number in 1..=11 {
                let known = Kind::try_from(number).unwrap();
                let words = sentence(language, Some(kind(known)));
                assert!(!words.contains("result-why") && !words.contains("Because"), "{known:?}: {words}");
            }
        }
    }

    #[test]
    fn what_cannot_be_worded_is_said_in_english() {
        for why in [None, Some(OutcomeReason { kind: 77, ..OutcomeReason::default() })] {
            assert_eq!(sentence("fr", why), "<span lang=\"en\">Because &lt;so&gt;.</span>");
        }
    }
}
