use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{Tone, tag};
use crate::locale::{Locale, t};

/// Where a phase lies, seen from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Over.
    Past,
    /// Now.
    Current,
    /// Later.
    Coming,
}

/// A phase of a process.
#[derive(Debug)]
pub struct Phase<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is over, now or to come.
    pub state: PhaseState,
    /// Its first instant.
    pub starts: Option<DateTime<Utc>>,
    /// The instant at which it is over.
    pub ends: Option<DateTime<Utc>>,
    /// What it is about.
    pub text: Option<&'a str>,
    /// What one can do in it; shown while it is under way.
    pub now: Option<Markup>,
}

/// An instant for people and for programs. `text` is what people read, such as [`Locale::date`] gives.
#[must_use]
pub fn time(instant: DateTime<Utc>, text: &str) -> Markup {
    html! { time datetime=(instant.format("%Y-%m-%dT%H:%M:%SZ")) { (text) } }
}

/// The phases of a process in their order, and what one can do now.
#[must_use]
pub fn timeline(locale: &Locale, phases: &[Phase<'_>]) -> Markup {
    html! {
        ol .timeline {
            @for phase in phases {
                @let current = phase.state == PhaseState::Current;
                li class=(class(phase.state)) aria-current=[current.then_some("step")] {
                    div .phase {
                        div .phase-head {
                            h3 { (phase.name) }
                            (state(locale, phase.state))
                        }
                        @if phase.starts.is_some() || phase.ends.is_some() { p .when { (period(locale, phase)) } }
                        @if let Some(text) = phase.text { p { (text) } }
                        @if let Some(now) = phase.now.as_ref().filter(|_| current) {
                            div .now {
                                p .now-title { (t!(locale, "ui-phase-now")) }
                                (now)
                            }
                        }
                    }
                }
            }
        }
    }
}

const fn class(state: PhaseState) -> &'static str {
    match state {
        PhaseState::Past => "past",
        PhaseState::Current => "current",
        PhaseState::Coming => "coming",
    }
}

fn state(locale: &Locale, state: PhaseState) -> Markup {
    match state {
        PhaseState::Past => tag(Tone::Neutral, &t!(locale, "ui-phase-past")),
        PhaseState::Current => tag(Tone::Success, &t!(locale, "ui-phase-current")),
        PhaseState::Coming => tag(Tone::Info, &t!(locale, "ui-phase-coming")),
    }
}

/// The end of one phase is the beginning of the next; people read the last day on which it is open.
fn period(locale: &Locale, phase: &Phase<'_>) -> String {
    let start = phase.starts.map(|instant| locale.date(instant));
    let end = phase.ends.map(|instant| locale.date(instant - chrono::TimeDelta::seconds(1)));
    match (start, end) {
        (Some(start), Some(end)) => t!(locale, "ui-period-from-to", start = start, end = end),
        (Some(start), None) => t!(locale, "ui-period-from", start = start),
        (None, Some(end)) => t!(locale, "ui-period-until", end = end),
        (None, None) => String::new(),
    }
}
