//! A proposal: its text, where it stands, the team's answer, and what moderation decided.

use comitia_proto::proposals::v1::{GetProposalRequest, Proposal, ProposalState};
use comitia_proto::spaces::v1::{ListProposalAttachmentsResponse, Process};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{self, Areas, instant};
use crate::pages::files;
use crate::pages::parts::{self, Asked, excerpt, trail};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Map, Marker, Shape, SummaryRow, Tone, button_link, buttons, confirmation, map, map_possible,
    markdown, notice, summary_list, time,
};
use crate::visit::{PageResult, Visit, shared};

/// What has just been done; the page says so.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    done: String,
}

pub async fn show(visit: Visit, slug: Slug, Asked(asked): Asked<Query>) -> PageResult {
    let (proposal, areas) = tokio::try_join!(get(&visit, slug.id()), calls::areas(&visit))?;
    // Of a hidden proposal the title is not known: whatever stands in the address is as good.
    let moved = slug.moved(&visit, &proposal.title, |slug| format!("/proposals/{slug}"));
    if let Some(moved) = moved.filter(|_| !proposal.title.is_empty()) {
        return Ok(moved);
    }
    let process = calls::process(&visit, proposal.process_id.clone()).await?;
    let title = super::title(&visit, &proposal);
    let point = super::point(&visit, &proposal);
    let shapes = if point.is_some() { calls::outlines(&visit).await? } else { Vec::new() };
    let here = point.as_ref().map(|point| place(&visit, point, &shapes));
    let main = match (proposal.title.is_empty(), asked.done.as_str()) {
        (true, _) => hidden(&visit, &proposal, &process),
        (false, "sent") if proposal.own => sent(&visit, &proposal, &process),
        (false, done) => {
            let files = files::of_proposal(&visit, slug.id()).await?;
            whole(&visit, &proposal, &process, (&areas, here, &files), done)
        }
    };
    let processes = t!(visit.locale, "site-processes");
    let proposals = t!(visit.locale, "proposals-title");
    let process_path = parts::process_path(&visit, &process);
    let way = [
        (processes.as_ref(), visit.link("/processes")),
        (&process.title, process_path.clone()),
        (proposals.as_ref(), format!("{process_path}/proposals")),
    ];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let about = excerpt(&proposal.body, 200);
    let mapped = point.is_some() && map_possible(&shapes, visit.tiles());
    let view = View {
        description: about.as_deref(),
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &title)),
        private: proposal.hidden || !asked.done.is_empty(),
        map: mapped,
        ..View::new(&title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// A proposal as the person who looks may see it.
pub async fn get(visit: &Visit, proposal_id: String) -> Result<Proposal, PageError> {
    let request = visit.request(GetProposalRequest { proposal_id });
    let answer = visit.services().proposals().get_proposal(request).await?;
    answer.into_inner().proposal.ok_or(PageError::NotFound)
}

/// What others see of a hidden proposal: that it is hidden, and why.
fn hidden(visit: &Visit, proposal: &Proposal, process: &Process) -> Markup {
    let locale = visit.locale;
    html! {
        h1 { (t!(locale, "proposals-hidden-title")) }
        (notice(&locale, Tone::Warning, None, html! {
            p { (t!(locale, "proposals-hidden-text")) }
            @if !proposal.hidden_reason.is_empty() {
                p { (t!(locale, "proposals-hidden-reason")) " " (parts::written(&proposal.hidden_reason)) }
            }
        }))
        p { a href={ (parts::process_path(visit, process)) "/proposals" } { (t!(locale, "proposals-back")) } }
    }
}

fn sent(visit: &Visit, proposal: &Proposal, process: &Process) -> Markup {
    let locale = visit.locale;
    confirmation(
        &t!(locale, "proposals-sent-title"),
        None,
        html! {
            p { strong { (parts::written(&proposal.title)) } }
            p { (t!(locale, "proposals-sent-text")) }
            p { (t!(locale, "own-files-sent-text")) }
            (buttons(html! {
                (button_link(Button::Primary, &t!(locale, "proposals-sent-see"), &visit.path))
                (button_link(Button::Secondary, &t!(locale, "own-files-add"), &format!("{}/new", super::files::path(visit, proposal))))
                (button_link(Button::Secondary, &t!(locale, "proposals-sent-mine"), &visit.link("/my-proposals")))
            }))
            p { a href=(parts::process_path(visit, process)) { (t!(locale, "proposals-sent-process")) } }
        },
    )
}

fn whole(
    visit: &Visit,
    proposal: &Proposal,
    process: &Process,
    (areas, map, files): (&Areas, Option<Markup>, &ListProposalAttachmentsResponse),
    done: &str,
) -> Markup {
    let locale = visit.locale;
    html! {
        @if proposal.own && done == "changed" {
            (notice(&locale, Tone::Success, None, html! { p { (t!(locale, "proposals-changed")) } }))
        }
        @if proposal.own && done == "withdrawn" {
            (notice(&locale, Tone::Success, None, html! { p { (t!(locale, "proposals-withdrawn-done")) } }))
        }
        p { (parts::proposal_tag(&locale, proposal.state())) }
        h1 dir="auto" { (proposal.title) }
        @if proposal.hidden {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "proposals-hidden-own")), html! {
                @if !proposal.hidden_reason.is_empty() {
                    p { (t!(locale, "proposals-hidden-reason")) " " (parts::written(&proposal.hidden_reason)) }
                }
            }))
        }
        (facts(visit, proposal, process, areas))
        @if let Some(map) = map { (map) }
        (markdown(&proposal.body, 2))
        (attached(visit, proposal, files))
        (answer(visit, proposal))
        @if proposal.own { (own(visit, proposal, process)) }
    }
}

/// Its photos and documents. Of one that is hidden they are listed with the means of its author alone.
fn attached(visit: &Visit, proposal: &Proposal, files: &ListProposalAttachmentsResponse) -> Markup {
    let attachments: Vec<_> = files.attachments.iter().collect();
    let own = super::files::path(visit, proposal);
    let from = match (proposal.hidden, proposal.own) {
        (false, _) => files::Source::Api,
        (true, true) => files::Source::Page(&own),
        // Staff see them in the office.
        (true, false) => return html! {},
    };
    html! {
        (files::sections(visit, from, &attachments))
        @if proposal.own { (super::files::taken_away(visit, files)) }
    }
}

/// Where it would be.
fn place(visit: &Visit, point: &Marker, shapes: &[Shape]) -> Markup {
    map(
        &visit.locale,
        &Map {
            label: &t!(visit.locale, "proposals-map-one"),
            shapes,
            points: std::slice::from_ref(point),
            listed: false,
            tiles: visit.tiles(),
            pick: None,
        },
    )
}

fn facts(visit: &Visit, proposal: &Proposal, process: &Process, areas: &Areas) -> Markup {
    let locale = visit.locale;
    let (area, category, place) =
        (t!(locale, "proposals-area"), t!(locale, "proposals-category"), t!(locale, "proposals-place"));
    let (sent, inside) = (t!(locale, "proposals-date"), t!(locale, "proposals-process"));
    let mut rows = vec![SummaryRow {
        label: &inside,
        value: html! { a href=(parts::process_path(visit, process)) { (parts::written(&process.title)) } },
        change: None,
    }];
    let author_label = t!(locale, "proposals-author");
    let mut row = |label, value| rows.push(SummaryRow { label, value, change: None });
    row(&author_label, parts::written(&super::author(visit, proposal)));
    if let Some(date) = instant(proposal.create_time.as_ref()) {
        row(&sent, time(date, &locale.date(date)));
    }
    let whole = t!(locale, "proposals-everywhere");
    let of = if proposal.area_code.is_empty() { &whole } else { areas.title(&proposal.area_code) };
    row(&area, parts::written(of));
    if !proposal.category.is_empty() {
        row(&category, parts::written(&proposal.category));
    }
    if let Some(found) = proposal.place.as_ref().filter(|found| !found.address.is_empty()) {
        row(&place, parts::written(&found.address));
    }
    summary_list(&locale, &rows)
}

fn answer(visit: &Visit, proposal: &Proposal) -> Markup {
    let locale = visit.locale;
    html! {
        @if !proposal.answer.is_empty() || proposal.state() == ProposalState::Examined {
            section aria-labelledby="answer" {
                h2 #answer { (t!(locale, "proposals-answer", organization = &visit.organization.display_name)) }
                @if proposal.answer.is_empty() {
                    p { (t!(locale, "proposals-examined")) }
                } @else {
                    (markdown(&proposal.answer, 3))
                }
            }
        }
        @if !proposal.project_ids.is_empty() {
            section aria-labelledby="projects" {
                h2 #projects { (t!(locale, "proposals-projects", count = proposal.project_ids.len())) }
                ul {
                    @for id in &proposal.project_ids {
                        li { a href=(parts::project_path(visit, &proposal.title, id)) { (parts::written(&proposal.title)) } }
                    }
                }
            }
        }
    }
}

/// What authors can still do.
fn own(visit: &Visit, proposal: &Proposal, process: &Process) -> Markup {
    let locale = visit.locale;
    let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
    let changes =
        proposal.state() == ProposalState::Submitted && parts::submission_open(process, visit.now());
    let withdrawn = proposal.state() == ProposalState::Withdrawn;
    html! {
        section aria-labelledby="own" {
            h2 #own { (t!(locale, "proposals-own")) }
            @if withdrawn {
                p { (t!(locale, "proposals-own-withdrawn")) }
            } @else {
                @if !changes { p { (t!(locale, "proposals-own-fixed")) } }
                (buttons(html! {
                    @if changes {
                        (button_link(Button::Secondary, &t!(locale, "proposals-change"), &format!("{path}/edit")))
                    }
                    (button_link(Button::Secondary, &t!(locale, "own-files"), &super::files::path(visit, proposal)))
                    @if proposal.project_ids.is_empty() {
                        (button_link(Button::Quiet, &t!(locale, "proposals-withdraw"), &format!("{path}/withdraw")))
                    }
                }))
            }
        }
    }
}
