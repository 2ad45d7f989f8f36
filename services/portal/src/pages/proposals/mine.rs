//! A person's own proposals.

use std::collections::HashMap;

use comitia_proto::proposals::v1::{ListMyProposalsRequest, Proposal};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{self, instant};
use crate::pages::parts::{self, Asked, query, trail};
use crate::ui::{Column, Narrow, Table, Tone, empty, pagination, table, tag, time};
use crate::visit::{PageResult, Visit};

const PAGE: i32 = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Query {
    #[serde(default)]
    page_token: String,
}

pub async fn show(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    visit.signed_in()?;
    let request = ListMyProposalsRequest { page_size: PAGE, page_token: asked.page_token };
    let (mut client, request) = (visit.services().proposals(), visit.request(request));
    let own = async { Ok(client.list_my_proposals(request).await?.into_inner()) };
    let (own, processes) = tokio::try_join!(own, calls::processes(&visit, 1000, String::new()))?;
    let titles: HashMap<_, _> =
        processes.0.iter().map(|process| (process.process_id.as_str(), process.title.as_str())).collect();
    let locale = visit.locale;
    let title = t!(locale, "proposals-mine");
    let path = visit.link("/my-proposals");
    let next = (!own.next_page_token.is_empty())
        .then(|| format!("{path}{}", query(&[("page_token", &own.next_page_token)])));
    let main = html! {
        h1 { (title) }
        @if own.proposals.is_empty() {
            (empty(&t!(locale, "proposals-mine-empty"), html! {
                p { a href=(visit.link("/processes")) { (t!(locale, "proposals-mine-empty-text")) } }
            }))
        } @else {
            (list(&visit, &own.proposals, &titles))
        }
        (pagination(&locale, None, next.as_deref()))
    };
    let view = View {
        section: Section::Account,
        breadcrumbs: Some(trail(&visit, &[], &title)),
        private: true,
        ..View::new(&title, main)
    };
    Ok(visit.page(StatusCode::OK, view))
}

fn list(visit: &Visit, proposals: &[Proposal], processes: &HashMap<&str, &str>) -> Markup {
    let locale = visit.locale;
    let labels = [
        t!(locale, "proposals-mine-title"),
        t!(locale, "proposals-process"),
        t!(locale, "proposals-filter-state"),
        t!(locale, "proposals-date"),
    ];
    let columns = labels.each_ref().map(|label| Column { label, numeric: false });
    let rows = proposals
        .iter()
        .map(|proposal| {
            let path = parts::proposal_path(visit, &proposal.title, &proposal.proposal_id);
            vec![
                html! { a href=(path) { (parts::written(&proposal.title)) } },
                html! { (parts::written(processes.get(proposal.process_id.as_str()).unwrap_or(&"–"))) },
                html! {
                    (parts::proposal_tag(&locale, proposal.state()))
                    @if proposal.hidden { " " (tag(Tone::Warning, &t!(locale, "proposals-hidden"))) }
                },
                html! {
                    @if let Some(date) = instant(proposal.create_time.as_ref()) {
                        (time(date, &locale.date_short(date)))
                    }
                },
            ]
        })
        .collect();
    let caption = t!(locale, "proposals-mine-caption");
    table(&Table { id: "own", caption: &caption, columns: &columns, rows, narrow: Narrow::Stack })
}
