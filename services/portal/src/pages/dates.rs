//! Dates that were moved, told where people look for them: the close of a vote, the phases of a process.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_proto::budgets::v1::Budget;
use comitia_proto::spaces::v1::{PhaseMove, Process};
use comitia_proto::voting::v1::{Poll, PollAct, PollActKind, PollState};
use maud::{Markup, html};

use crate::locale::{Locale, t};
use crate::pages::calls::instant;
use crate::pages::parts;
use crate::ui::{Tone, notice};
use crate::visit::Visit;

/// A move is told of for this long, and until its phase is over.
const TOLD: TimeDelta = TimeDelta::days(30);

type Time<'a> = Option<&'a prost_types::Timestamp>;

fn until(locale: &Locale, time: Time<'_>) -> String {
    instant(time).map(|time| locale.deadline(time)).unwrap_or_default()
}

fn from(locale: &Locale, time: Time<'_>) -> String {
    instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
}

fn extensions(poll: &Poll) -> impl DoubleEndedIterator<Item = &PollAct> {
    poll.history.iter().filter(|act| act.kind() == PollActKind::Extended)
}

/// That an open vote closes later than it was to, and why.
pub fn later_close(locale: &Locale, poll: &Poll) -> Markup {
    let last = extensions(poll).next_back().filter(|_| poll.state() == PollState::Open);
    let Some(last) = last else { return html! {} };
    let first = poll.first_close_time.as_ref().or(last.previous_close_time.as_ref());
    let (until, before) = (until(locale, last.close_time.as_ref()), until(locale, first));
    notice(
        locale,
        Tone::Info,
        Some(&t!(locale, "moved-vote-title")),
        html! {
            p { (t!(locale, "moved-vote", until = until, before = before)) }
            p { q dir="auto" { (last.reason) } }
            p .small { (t!(locale, "moved-announced", time = from(locale, last.time.as_ref()))) }
        },
    )
}

/// Each time that a vote was extended, with its reason.
pub fn history(locale: &Locale, poll: &Poll) -> Markup {
    html! {
        ul {
            @for act in extensions(poll) {
                li {
                    (t!(locale, "office-extend-history", time = from(locale, act.time.as_ref()))) " "
                    (t!(
                        locale,
                        "office-extend-from-to",
                        before = until(locale, act.previous_close_time.as_ref()),
                        after = until(locale, act.close_time.as_ref())
                    ))
                    " " q dir="auto" { (act.reason) }
                }
            }
        }
    }
}

/// What was moved in a process that is public: phases, and open votes of its budgets.
pub fn of_process<'a>(
    visit: &Visit,
    process: &Process,
    votes: impl Iterator<Item = (&'a Budget, &'a Poll)>,
) -> Markup {
    let locale = visit.locale;
    let moves: Vec<_> = process.phase_moves.iter().filter(|moved| is_told(moved, visit.now())).collect();
    let votes: Vec<_> = votes
        .filter(|(_, poll)| poll.state() == PollState::Open && poll.first_close_time.is_some())
        .collect();
    if moves.is_empty() && votes.is_empty() {
        return html! {};
    }
    notice(
        &locale,
        Tone::Info,
        Some(&t!(locale, "moved-title")),
        html! {
            ul {
                @for (budget, poll) in votes { li { (vote(visit, budget, poll)) } }
                @for moved in moves { li { (phase(&locale, moved)) } }
            }
        },
    )
}

fn is_told(moved: &PhaseMove, now: DateTime<Utc>) -> bool {
    let soon = |time: Time<'_>, margin| instant(time).is_some_and(|time| time + margin > now);
    soon(moved.end_time.as_ref(), TimeDelta::zero()) || soon(moved.move_time.as_ref(), TOLD)
}

fn vote(visit: &Visit, budget: &Budget, poll: &Poll) -> Markup {
    let locale = visit.locale;
    let path = parts::budget_path(visit, &budget.title, &budget.budget_id);
    html! {
        (t!(
            locale,
            "moved-vote-of",
            vote = &poll.title,
            until = until(&locale, poll.close_time.as_ref()),
            before = until(&locale, poll.first_close_time.as_ref())
        ))
        " " a href=(path) { (t!(locale, "moved-vote-why")) span .unseen { " " (poll.title) } }
    }
}

fn phase(locale: &Locale, moved: &PhaseMove) -> Markup {
    let dates = |start: Time<'_>, end: Time<'_>| (from(locale, start), until(locale, end));
    let (start, end) = dates(moved.start_time.as_ref(), moved.end_time.as_ref());
    let before = dates(moved.previous_start_time.as_ref(), moved.previous_end_time.as_ref());
    html! {
        (t!(locale, "moved-phase", phase = &moved.title, start = start, end = end)) ", "
        (t!(locale, "moved-phase-before", start = before.0, end = before.1)) " "
        @if !moved.reason.is_empty() { q dir="auto" { (moved.reason) } " " }
        (t!(locale, "moved-announced", time = from(locale, moved.move_time.as_ref())))
    }
}
