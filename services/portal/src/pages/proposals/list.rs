//! The proposals of a process: newest first, narrowed by words, area, category and state.

use std::collections::{BTreeSet, HashMap};

use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal, ProposalState};
use comitia_proto::spaces::v1::{Attachment, Process};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{self, Areas};
use crate::pages::files;
use crate::pages::parts::{self, Asked, query, trail};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, Filter, Kind, Map, Shape, button_link, empty, filter, map, pagination,
};
use crate::visit::{PageResult, Visit, shared};

const PAGE: i32 = 24;
/// So many at once on a map.
const ON_MAP: i32 = 500;
/// What an address says that asks for the map.
const MAP: &str = "map";
/// The longest search, as the API has it.
const QUERY_MAX: usize = 200;

/// What the list was asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    area: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    view: String,
    #[serde(default)]
    page_token: String,
}

impl Query {
    /// An address with a state, an area or a search that there cannot be asks for nothing in particular.
    fn request(&self, process_id: String, areas: &Areas) -> ListProposalsRequest {
        ListProposalsRequest {
            process_id,
            state: state(&self.state).unwrap_or_default().into(),
            area_code: if areas.has(&self.area) { self.area.clone() } else { String::new() },
            category: kept(&self.category, 100),
            query: kept(&self.q, QUERY_MAX),
            page_size: if self.on_map() { ON_MAP } else { PAGE },
            page_token: self.page_token.clone(),
        }
    }

    fn on_map(&self) -> bool {
        self.view == MAP
    }

    fn active(&self) -> usize {
        [&self.q, &self.area, &self.category, &self.state]
            .iter()
            .filter(|value| !value.trim().is_empty())
            .count()
    }

    fn address(&self, path: &str, view: &str, page_token: &str) -> String {
        let pairs = [
            ("q", self.q.as_str()),
            ("area", &self.area),
            ("category", &self.category),
            ("state", &self.state),
            ("view", view),
            ("page_token", page_token),
        ];
        format!("{path}{}", query(&pairs))
    }
}

/// The beginning of a text that has no control characters.
fn kept(text: &str, most: usize) -> String {
    text.trim().chars().filter(|letter| !letter.is_control()).take(most).collect()
}

const STATES: [(&str, ProposalState); 5] = [
    ("submitted", ProposalState::Submitted),
    ("examined", ProposalState::Examined),
    ("accepted", ProposalState::Accepted),
    ("rejected", ProposalState::Rejected),
    ("withdrawn", ProposalState::Withdrawn),
];

fn state(name: &str) -> Option<ProposalState> {
    STATES.iter().find(|(known, _)| *known == name).map(|(_, state)| *state)
}

pub async fn show(visit: Visit, slug: Slug, Asked(asked): Asked<Query>) -> PageResult {
    let (process, areas) = tokio::try_join!(calls::process(&visit, slug.id()), calls::areas(&visit))?;
    if let Some(moved) = slug.moved(&visit, &process.title, |slug| format!("/processes/{slug}/proposals")) {
        return Ok(moved);
    }
    let drawable = visit.tiles().is_some() || calls::has_outlines(&visit).await?;
    let asked = if drawable { asked } else { Query { view: String::new(), ..asked } };
    let shapes = if asked.on_map() { calls::outlines(&visit).await? } else { Vec::new() };
    let found = calls::proposals(&visit, asked.request(slug.id(), &areas)).await?;
    let photos =
        if asked.on_map() { HashMap::new() } else { files::covers(&visit, &found.proposals).await? };
    let path = format!("{}/proposals", parts::process_path(&visit, &process));
    let next = (!found.next_page_token.is_empty())
        .then(|| asked.address(&path, &asked.view, &found.next_page_token));
    let locale = visit.locale;
    let title = t!(locale, "proposals-title");
    let main = html! {
        h1 { (title) }
        p { bdi { (process.title) } }
        @if parts::submission_open(&process, visit.now()) {
            p { (button_link(Button::Primary, &t!(locale, "proposals-propose"), &format!("{path}/new"))) }
        }
        @if visit.session.is_some() { p { a href=(visit.link("/my-proposals")) { (t!(locale, "proposals-mine")) } } }
        (panel(&visit, &asked, &areas, &path, &found.proposals))
        (other_view(&visit, &asked, &path, drawable))
        @if asked.on_map() && !found.proposals.is_empty() {
            (on_map(&visit, &found.proposals, &shapes))
        } @else {
            (list(&visit, &process, &asked, &areas, (&found.proposals, &photos)))
        }
        @if !asked.page_token.is_empty() { p { a href=(asked.address(&path, &asked.view, "")) { (t!(locale, "proposals-first")) } } }
        (pagination(&locale, None, next.as_deref()))
    };
    let processes = t!(locale, "site-processes");
    let way = [
        (processes.as_ref(), visit.link("/processes")),
        (process.title.as_str(), parts::process_path(&visit, &process)),
    ];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let page_title = t!(locale, "proposals-page-title", process = &process.title);
    let view = View {
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &title)),
        map: asked.on_map(),
        ..View::new(&page_title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// From the list to the map and back, with the same filters.
fn other_view(visit: &Visit, asked: &Query, path: &str, drawable: bool) -> Markup {
    let locale = visit.locale;
    html! {
        @if asked.on_map() {
            p { a href=(asked.address(path, "", "")) { (t!(locale, "proposals-as-list")) } }
        } @else if drawable {
            p { a href=(asked.address(path, MAP, "")) { (t!(locale, "proposals-as-map")) } }
        }
    }
}

/// Those with a point on the map, and how many have none.
fn on_map(visit: &Visit, proposals: &[Proposal], shapes: &[Shape]) -> Markup {
    let locale = visit.locale;
    let points: Vec<_> = proposals.iter().filter_map(|proposal| super::point(visit, proposal)).collect();
    let elsewhere = proposals.len() - points.len();
    html! {
        section aria-labelledby="map" {
            h2 #map { (t!(locale, "proposals-on-map", count = points.len())) }
            (map(&locale, &Map {
                label: &t!(locale, "proposals-map", count = points.len()),
                shapes,
                points: &points,
                listed: true,
                tiles: visit.tiles(),
                pick: None,
            }))
            @if elsewhere > 0 { p { (t!(locale, "proposals-not-on-map", count = elsewhere)) } }
        }
    }
}

fn list(
    visit: &Visit,
    process: &Process,
    asked: &Query,
    areas: &Areas,
    (proposals, photos): (&[Proposal], &HashMap<String, Attachment>),
) -> Markup {
    let locale = visit.locale;
    if !proposals.is_empty() {
        return html! {
            section aria-labelledby="list" {
                h2 #list .unseen { (t!(locale, "proposals-list")) }
                (super::cards(visit, proposals, areas, photos, 3))
            }
        };
    }
    if asked.active() > 0 {
        return empty(
            &t!(locale, "proposals-none-found"),
            html! { p { (t!(locale, "proposals-none-found-text")) } },
        );
    }
    let text = if parts::submission_open(process, visit.now()) {
        t!(locale, "proposals-none-yet")
    } else {
        t!(locale, "proposals-none-now")
    };
    empty(&t!(locale, "proposals-none"), html! { p { (text) } })
}

fn panel(visit: &Visit, asked: &Query, areas: &Areas, path: &str, proposals: &[Proposal]) -> Markup {
    let locale = visit.locale;
    let by_title = areas.by_title();
    let areas: Vec<_> = by_title.iter().map(|(code, title)| Choice::new(code, title)).collect();
    let labels: Vec<_> =
        STATES.iter().map(|(name, state)| (*name, locale.text(parts::proposal_state(*state)))).collect();
    let states: Vec<_> = labels.iter().map(|(name, label)| Choice::new(name, label)).collect();
    // The team names categories as it goes; those in sight, and the one that is asked for.
    let mut names: BTreeSet<_> = proposals.iter().map(|proposal| proposal.category.as_str()).collect();
    names.insert(&asked.category);
    names.remove("");
    let categories: Vec<_> = names.iter().map(|name| Choice::new(name, name)).collect();
    let any = t!(locale, "proposals-any");
    let select = |name: &'static str, label: &str, value: &str, choices: &[Choice<'_>]| {
        Field::new(&locale, name, label.to_owned()).select(Some(value), Some(&any), choices)
    };
    let fields = html! {
        @if asked.on_map() { input type="hidden" name="view" value=(MAP); }
        (Field::new(&locale, "q", t!(locale, "proposals-filter-words")).input(Kind::Search, &asked.q))
        @if !areas.is_empty() { (select("area", &t!(locale, "proposals-filter-area"), &asked.area, &areas)) }
        @if !categories.is_empty() {
            (select("category", &t!(locale, "proposals-filter-category"), &asked.category, &categories))
        }
        (select("state", &t!(locale, "proposals-filter-state"), &asked.state, &states))
    };
    filter(&locale, &Filter { action: path, active: asked.active(), fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_for_is_left_out() {
        let areas: Areas = [("north".to_owned(), "Nord".to_owned())].into_iter().collect();
        let asked = Query {
            q: format!(" a\u{0}{}", "b".repeat(300)),
            area: "nowhere".into(),
            state: "lost".into(),
            ..Query::default()
        };
        let request = asked.request("7".into(), &areas);
        assert_eq!((request.state, request.area_code.as_str()), (0, ""));
        assert_eq!(request.query.chars().count(), QUERY_MAX);
        let asked = Query { area: "north".into(), state: "accepted".into(), ..Query::default() };
        let request = asked.request("7".into(), &areas);
        assert_eq!((request.state(), request.area_code.as_str()), (ProposalState::Accepted, "north"));
        assert_eq!(asked.active(), 2);
        assert_eq!(asked.address("/p", "", "t"), "/p?area=north&state=accepted&page_token=t");
        assert_eq!(asked.address("/p", MAP, ""), "/p?area=north&state=accepted&view=map");
    }
}
