//! All votes: what is open, what is coming, what is over. What a person has voted on nobody knows, so that the list does not
//! say it.

use chrono::{DateTime, TimeDelta, Utc};
use comitia_proto::voting::v1::{ListPollsRequest, Poll, PollState};
use http::StatusCode;
use maud::{Markup, html};

use super::paper::{Door, closes, door, opens};
use super::sheet::is_sheet;
use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{self, Areas};
use crate::ui::{Card, Tone, cards, empty, notice, tag};
use crate::visit::{PageResult, Visit, shared};

const PAGE: i32 = 1000;
/// Votes that were over earlier are found with their processes.
const OVER_SHOWN: TimeDelta = TimeDelta::days(400);

/// The newest polls of the organization, newest first.
///
/// # Errors
/// When voting is away.
pub async fn all_polls(visit: &Visit) -> Result<Vec<Poll>, PageError> {
    let message = ListPollsRequest { page_size: PAGE, page_token: String::new() };
    Ok(visit.services().polls().list_polls(visit.request(message)).await?.into_inner().polls)
}

/// Polls by where they stand.
#[derive(Debug, Default)]
struct Sorted {
    open: Vec<Poll>,
    coming: Vec<Poll>,
    over: Vec<Poll>,
}

fn sort(polls: Vec<Poll>, now: DateTime<Utc>) -> Sorted {
    let mut sorted = Sorted::default();
    for poll in polls {
        match door(&poll, now) {
            Door::Open => sorted.open.push(poll),
            Door::NotYet => sorted.coming.push(poll),
            Door::Over | Door::CalledOff => {
                if closes(&poll).is_some_and(|time| now - time < OVER_SHOWN) {
                    sorted.over.push(poll);
                }
            }
        }
    }
    // What ends first is voted on first; what ended last is looked for first.
    sorted.open.sort_by_key(|poll| (closes(poll), poll.title.clone()));
    sorted.coming.sort_by_key(|poll| (opens(poll), poll.title.clone()));
    sorted.over.sort_by_key(|poll| (closes(poll).map(std::cmp::Reverse), poll.title.clone()));
    sorted
}

/// The page.
pub async fn show(visit: Visit) -> PageResult {
    let locale = visit.locale;
    let (polls, areas) = futures_util::join!(all_polls(&visit), calls::areas(&visit));
    // Without their names, areas are called by their codes.
    let (sorted, areas) = (sort(polls?, visit.now()), areas.unwrap_or_default());
    let title = t!(locale, "votes-title");
    let main = html! {
        h1 { (title) }
        @if sorted.open.is_empty() && sorted.coming.is_empty() && sorted.over.is_empty() {
            (empty(&t!(locale, "votes-none"), html! { p { (t!(locale, "votes-none-text")) } }))
        } @else {
            p { (t!(locale, "votes-lead")) }
            @if visit.session.is_none() && sorted.open.iter().any(|poll| !is_sheet(poll)) {
                (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "votes-sign-in")) } }))
            }
            (group(&visit, &t!(locale, "votes-open"), &sorted.open, &areas))
            (group(&visit, &t!(locale, "votes-coming"), &sorted.coming, &areas))
            (group(&visit, &t!(locale, "votes-over"), &sorted.over, &areas))
        }
        p { a href=(visit.link("/receipts")) { (t!(locale, "votes-receipts")) } }
    };
    let view = View { section: Section::Votes, ..View::new(&title, main) };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

fn group(visit: &Visit, title: &str, polls: &[Poll], areas: &Areas) -> Markup {
    if polls.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { (title) }
            (poll_cards(visit, polls, areas))
        }
    }
}

/// What one can sign now: what ends first comes first.
pub fn sheet_cards(visit: &Visit, polls: impl Iterator<Item = Poll>) -> Option<Markup> {
    let sorted = sort(polls.filter(is_sheet).collect(), visit.now());
    (!sorted.open.is_empty()).then(|| poll_cards(visit, &sorted.open, &Areas::default()))
}

fn poll_cards(visit: &Visit, polls: &[Poll], areas: &Areas) -> Markup {
    let now = visit.now();
    let facts: Vec<Vec<String>> = polls.iter().map(|poll| facts(visit, poll, areas)).collect();
    let facts: Vec<Vec<&str>> = facts.iter().map(|list| list.iter().map(String::as_str).collect()).collect();
    let paths: Vec<_> = polls.iter().map(|poll| visit.link(&format!("/votes/{}", poll.poll_id))).collect();
    let list: Vec<_> = polls
        .iter()
        .zip(&paths)
        .zip(&facts)
        .map(|((poll, path), facts)| Card {
            picture: None,
            title: &poll.title,
            path,
            tag: Some(state(visit, poll, now)),
            text: None,
            facts,
        })
        .collect();
    cards(3, &list)
}

/// When, and where it is for a part of the city alone.
fn facts(visit: &Visit, poll: &Poll, areas: &Areas) -> Vec<String> {
    let locale = visit.locale;
    let mut facts = Vec::new();
    if is_sheet(poll) {
        facts.push(t!(locale, "votes-petition").into_owned());
    }
    let time = match door(poll, visit.now()) {
        Door::NotYet => opens(poll).map(|time| t!(locale, "votes-opens", time = locale.date_time(time))),
        Door::Open => closes(poll).map(|time| t!(locale, "votes-until", time = locale.deadline(time))),
        Door::Over => closes(poll).map(|time| t!(locale, "votes-closed", time = locale.deadline(time))),
        Door::CalledOff => None,
    };
    facts.extend(time);
    let districts = poll.eligibility.as_ref().map(|who| who.districts.as_slice()).unwrap_or_default();
    if !districts.is_empty() {
        let names: Vec<_> = districts.iter().map(|code| areas.title(code)).collect();
        facts.push(t!(locale, "votes-for-districts", districts = names.join(", ")));
    }
    facts
}

fn state(visit: &Visit, poll: &Poll, now: DateTime<Utc>) -> Markup {
    let locale = visit.locale;
    let (tone, words) = match (door(poll, now), poll.state()) {
        (Door::Open, _) if poll.paused => (Tone::Warning, t!(locale, "votes-state-paused")),
        (Door::Open, _) if is_sheet(poll) => (Tone::Success, t!(locale, "votes-state-to-sign")),
        (Door::Open, _) => (Tone::Success, t!(locale, "votes-state-open")),
        (Door::NotYet, _) => (Tone::Info, t!(locale, "votes-state-coming")),
        (Door::CalledOff, _) => (Tone::Warning, t!(locale, "votes-state-called-off")),
        (Door::Over, _) if is_sheet(poll) => (Tone::Neutral, t!(locale, "votes-state-over")),
        (Door::Over, PollState::Sealed) => (Tone::Neutral, t!(locale, "votes-state-sealed")),
        (Door::Over, _) => (Tone::Neutral, t!(locale, "votes-state-counting")),
    };
    tag(tone, &words)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn votes_are_in_the_order_in_which_they_matter() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let poll = |title: &str, state: PollState, opens: i64, closes: i64| Poll {
            title: title.to_owned(),
            state: state.into(),
            open_time: Some(Timestamp { seconds: opens, nanos: 0 }),
            close_time: Some(Timestamp { seconds: closes, nanos: 0 }),
            ..Poll::default()
        };
        let sorted = sort(
            vec![
                poll("open long", PollState::Open, 0, 3_000_000),
                poll("open", PollState::Open, 0, 2_000_000),
                poll("later", PollState::Scheduled, 1_900_000, 2_000_000),
                poll("soon", PollState::Scheduled, 1_800_000, 2_000_000),
                poll("last year's", PollState::Sealed, -90_000_000, -80_000_000),
                poll("over", PollState::Sealed, 0, 500_000),
                poll("just over", PollState::Open, 0, 1_000_000),
            ],
            now,
        );
        let titles = |polls: &[Poll]| polls.iter().map(|poll| poll.title.clone()).collect::<Vec<_>>();
        assert_eq!(titles(&sorted.open), ["open", "open long"]);
        assert_eq!(titles(&sorted.coming), ["soon", "later"]);
        assert_eq!(titles(&sorted.over), ["just over", "over"]);
    }
}
