//! The proposals of a process as a table for spreadsheets, made while it is sent.

use std::borrow::Cow;

use axum::body::Body;
use bytes::Bytes;
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal};
use futures_util::stream;

use super::{Query, STATES, currency};
use crate::error::PageError;
use crate::locale::t;
use crate::pages::calls::{self, Areas, instant};
use crate::pages::office::Officer;
use crate::pages::office::budgets::processes;
use crate::pages::office::parts::csv_file;
use crate::pages::parts::Asked;
use crate::pages::slugs;
use crate::ui::Marker;
use crate::visit::PageResult;

const PAGE: i32 = 1000;

/// What is still to be sent.
struct Rest {
    officer: Officer,
    areas: Areas,
    currency: String,
    request: Option<ListProposalsRequest>,
    head: bool,
}

pub async fn csv(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    let (_, chosen) = processes(&officer, &asked.process).await?;
    let process = chosen.ok_or(PageError::NotFound)?;
    let (areas, currency) =
        tokio::try_join!(calls::areas(&officer), currency(&officer, &process.process_id))?;
    let asked = Query { page_token: String::new(), ..asked };
    let request = Some(asked.request(&process, &areas, PAGE));
    let name = slugs::of_text(&process.title, &process.process_id);
    let rest = Rest { officer, areas, currency, request, head: true };
    let pages = stream::try_unfold(rest, next);
    Ok(csv_file(Body::from_stream(pages), &name))
}

/// A page of proposals as lines. An error ends the file, so that no half of it passes for the whole.
async fn next(mut rest: Rest) -> Result<Option<(Bytes, Rest)>, PageError> {
    let Some(request) = rest.request.take() else { return Ok(None) };
    let found = calls::proposals(&rest.officer, request.clone()).await?;
    let mut lines = String::new();
    if std::mem::take(&mut rest.head) {
        // With the mark, spreadsheets read accents as they are.
        lines.push('\u{feff}');
        lines.push_str(&line(&head(&rest.officer)));
    }
    for proposal in &found.proposals {
        lines.push_str(&line(&cells(&rest, proposal)));
    }
    if !found.next_page_token.is_empty() {
        rest.request = Some(ListProposalsRequest { page_token: found.next_page_token, ..request });
    }
    Ok(Some((lines.into(), rest)))
}

fn head(officer: &Officer) -> Vec<String> {
    let locale = officer.locale;
    [
        t!(locale, "office-csv-id"),
        t!(locale, "office-proposal"),
        t!(locale, "proposals-body"),
        t!(locale, "office-budgets-state"),
        t!(locale, "office-proposals-hidden"),
        t!(locale, "proposals-area"),
        t!(locale, "proposals-category"),
        t!(locale, "proposals-place"),
        t!(locale, "office-csv-latitude"),
        t!(locale, "office-csv-longitude"),
        t!(locale, "office-proposals-cost"),
        t!(locale, "office-answer-text"),
        t!(locale, "office-proposals-since"),
    ]
    .map(|label| label.into_owned())
    .into()
}

fn cells(rest: &Rest, proposal: &Proposal) -> Vec<String> {
    let (locale, areas) = (rest.officer.locale, &rest.areas);
    let state = STATES.iter().find(|(_, state, _)| *state == proposal.state());
    let since = instant(proposal.create_time.as_ref()).map(|time| time.with_timezone(&locale.zone));
    let cost = proposal.estimated_cost;
    let position = proposal.place.as_ref().and_then(|place| Marker::at(place.latitude, place.longitude));
    let degrees = |degrees: Option<f64>| degrees.map(|degrees| degrees.to_string()).unwrap_or_default();
    let hidden = if proposal.hidden { proposal.hidden_reason.clone() } else { String::new() };
    vec![
        proposal.proposal_id.clone(),
        proposal.title.clone(),
        proposal.body.clone(),
        state.map(|(_, _, label)| locale.text(label).into_owned()).unwrap_or_default(),
        hidden,
        areas.title(&proposal.area_code).to_owned(),
        proposal.category.clone(),
        proposal.place.as_ref().map(|place| place.address.clone()).unwrap_or_default(),
        degrees(position.map(|position| position.1)),
        degrees(position.map(|position| position.0)),
        if cost > 0 {
            locale.money_typed(cost, &rest.currency).replace('\u{202f}', "")
        } else {
            String::new()
        },
        proposal.answer.clone(),
        since.map(|time| time.format("%Y-%m-%d").to_string()).unwrap_or_default(),
    ]
}

/// Cells as a line.
pub fn line(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(";"))
}

/// A text that no spreadsheet runs as a formula: what it would take for one has an apostrophe before it.
pub fn inert(text: &str) -> Cow<'_, str> {
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}").into() } else { text.into() }
}

/// A text as a cell.
fn cell(text: &str) -> String {
    let text = inert(text);
    if text.contains(['"', ';', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let cells = ["=1+1", "a;b", "\"x\"", "two\nlines", "plain", "-4.83", "-4+3"].map(str::to_owned);
        assert_eq!(line(&cells), "'=1+1;\"a;b\";\"\"\"x\"\"\";\"two\nlines\";plain;-4.83;'-4+3\r\n");
    }
}
