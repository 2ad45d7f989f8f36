use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::{ARABIC, HOSTILE, LONG_WORD, section};
use crate::locale::Locale;
use crate::ui::{
    Button, Card, Icon, Phase, PhaseState, Tone, button, button_link, buttons, cards, confirmation, details,
    empty, icon, markdown, notice, pagination, steps, tag, time, timeline, tracking_code,
};

const TEXT: &str = "## Why\n\nThe square is **hot** in summer; there is no tree.\nA line break stays.\n\n- twelve trees\n- \
                    two benches ([plan](https://example.org/plan))\n\n> \"We would sit there.\" A neighbour\n\n| Part | Cost \
                    |\n|---|---|\n| Trees | 24 000 |\n\n<script>alert(1)</script> ![a photo](https://example.org/x.png)";

pub(super) fn sections(locale: &Locale) -> Markup {
    html! {
        (section("Hero", hero()))
        (section("Timeline", timeline(locale, &phases(locale))))
        (section("Cards", cards(3, &list())))
        (section("Tags and icons", html! {
            p .row { @for tone in Tone::ALL { (tag(tone, "A state")) } }
            p .row { @for one in Icon::all() { (icon(one)) } }
        }))
        (section("Notices", notices(locale)))
        (section("Empty", empty("No proposal yet", html! {
            p { "Be the first: it takes five minutes." }
            (buttons(button_link(Button::Primary, "Make a proposal", "#components")))
        })))
        (section("Buttons", buttons(html! {
            @for kind in Button::ALL { (button(kind, &format!("{kind:?}"), None)) }
        })))
        (section("Steps", html! { (steps(locale, 1, 4)) (steps(locale, 4, 4)) }))
        (section("Pagination", pagination(locale, Some("#components"), Some("#components"))))
        (section("What people write", html! { (markdown(TEXT, 3)) (markdown(ARABIC, 3)) (markdown(LONG_WORD, 3)) }))
        (section("Details", details("How are votes counted?", html! { p { "Each supporter's share is paid in turn." } })))
        (section("Instants and amounts", instants(locale)))
        (section("Tracking code", tracking_code(locale, "https://participer.montfleury.example/fr/ballots/7Q4K-MRTX-92PD-HV3C")))
    }
}

fn hero() -> Markup {
    html! {
        div .hero {
            h3 { "Participatory budget 2027" }
            p .lead { "Three million euros, decided by those who live here. Vote until 30 November." }
            (buttons(html! {
                (button_link(Button::Primary, "Vote now", "#components"))
                (button_link(Button::Secondary, "How it works", "#components"))
            }))
        }
    }
}

fn phases(locale: &Locale) -> Vec<Phase<'static>> {
    let start = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_700);
    let day = |days| Some(start + TimeDelta::days(days));
    let phase = |name, state, starts, ends, now| Phase { name, state, starts, ends, text: None, now };
    let now = html! {
        p { "You may vote until " (time(start + TimeDelta::days(90), &locale.deadline(start + TimeDelta::days(90)))) "." }
        (buttons(button_link(Button::Primary, "Vote now", "#components")))
    };
    vec![
        phase("Proposals", PhaseState::Past, day(0), day(30), None),
        Phase {
            text: Some("The city looks at what each would cost."),
            ..phase("Examination", PhaseState::Past, day(30), day(60), None)
        },
        phase("Vote", PhaseState::Current, day(60), day(90), Some(now)),
        phase("Result", PhaseState::Coming, day(90), None, None),
        phase(LONG_WORD, PhaseState::Coming, None, None, None),
    ]
}

fn list() -> Vec<Card<'static>> {
    let card = |title, tag, text, facts| Card { picture: None, title, path: "#components", tag, text, facts };
    vec![
        card(
            "Twelve trees for the market square",
            Some(tag(Tone::Success, "Accepted")),
            Some(
                "Shade for those who wait, sit and sell: twelve lime trees and two benches on the south side.",
            ),
            &["Old town", "24 000 €", "312 supporters"],
        ),
        card("A bicycle lane on the quay", Some(tag(Tone::Info, "Being examined")), None, &["Riverside"]),
        card(ARABIC, None, Some(LONG_WORD), &[HOSTILE]),
    ]
}

fn notices(locale: &Locale) -> Markup {
    html! {
        (notice(locale, Tone::Info, None, html! { p { "Voting opens on 1 December." } }))
        (notice(locale, Tone::Success, Some("Your proposal is published"), html! { p { "You can change it until 30 November." } }))
        (notice(locale, Tone::Warning, Some("You have voted already"), html! { p { "A new ballot replaces the one from 14:05." } }))
        (notice(locale, Tone::Error, Some("Your answer did not arrive"), html! { p { "Send it again: it counts once." } }))
        (confirmation("Your ballot is cast", Some(("Your tracking code", "7Q4K-MRTX-92PD")), html! {
            p { "Keep this code. With it you see that your ballot is counted as you cast it." }
        }))
    }
}

fn instants(locale: &Locale) -> Markup {
    let instant = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_820) + TimeDelta::hours(15);
    html! {
        ul lang=(locale.language.code()) {
            li { (time(instant, &locale.date(instant))) ", " (locale.date_short(instant)) ", " (locale.time(instant)) }
            li { (locale.date_time(instant)) "; " (locale.deadline(instant)) "; " (locale.duration(TimeDelta::hours(50))) }
            li { (locale.number(1_234_567)) "; " (locale.percent(1, 3)) "; " (locale.decimal(125, 1)) }
            li { (locale.money(300_000_000, "EUR")) "; " (locale.money(-1050, "GBP")) "; " (locale.money(1500, "JPY")) }
        }
    }
}
