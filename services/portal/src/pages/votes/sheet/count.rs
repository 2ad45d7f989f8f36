//! The count: how many signed, what that reaches, when and where; and the files that anybody counts again from.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use comitia_proto::voting::v1::{DistrictSignatures, Log, Poll, PollActKind, SignatureCounts};
use http::StatusCode;
use maud::{Markup, html};
use uuid::Uuid;

use super::super::paper::{Door, Papers, closes, door};
use super::super::poll_id;
use super::{Sheets, is_sheet, milestones, series, sign, verify};
use crate::engine::VERIFY;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{count, instant};
use crate::pages::corrections::{self, Districts};
use crate::pages::parts::trail;
use crate::ui::{Chart, Column, Narrow, Point, Table, line_chart, table};
use crate::visit::{PageResult, Visit, shared};

/// The page.
pub async fn show(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    Extension(sheets): Extension<Sheets>,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    if !is_sheet(&poll) {
        return Ok(Redirect::to(&visit.link(&format!("/votes/{id}"))).into_response());
    }
    let (log, counts) = tokio::try_join!(sheets.log(&visit, id), sheets.counts(&visit, id))?;
    let districts = districts(&visit, &papers, &log).await;
    let corrections = register(&visit, &papers, &log).await;
    let locale = visit.locale;
    let title = t!(locale, "sheet-count-title", title = &poll.title);
    let votes = t!(locale, "votes-title");
    let (to_votes, to_sheet) = (visit.link("/votes"), visit.link(&format!("/votes/{id}")));
    let here = t!(locale, "sheet-signatures");
    let main = html! {
        h1 dir="auto" { (title) }
        (sign::tally(&visit, &log, door(&poll, visit.now()) == Door::Open))
        @if log.withdrawn_count > 0 {
            p { (t!(locale, "sheet-withdrawn-count", count = count(log.withdrawn_count))) }
        }
        @if log.set_aside_count > 0 {
            p {
                (t!(locale, "corrections-count", count = count(log.set_aside_count))) " "
                a href="#corrections" { (t!(locale, "corrections-see")) }
            }
        }
        @if !log.milestones.is_empty() {
            h2 { (t!(locale, "sheet-milestones")) }
            (milestones::list(&locale, &log))
        }
        h2 { (t!(locale, "sheet-curve")) }
        (curves(&visit, &poll, &counts))
        (districts)
        (corrections)
        (history(&visit, &poll))
        (files(&visit, id, !log.text_digest.is_empty()))
    };
    let view = View {
        section: Section::Votes,
        breadcrumbs: Some(trail(&visit, &[(&votes, &to_votes), (&poll.title, &to_sheet)], &here)),
        scripts: verify::scripts(),
        ..View::new(&title, main)
    };
    Ok(shared(&visit, VERIFY.allowed(visit.page(StatusCode::OK, view))))
}

fn curves(visit: &Visit, poll: &Poll, counts: &SignatureCounts) -> Markup {
    let locale = visit.locale;
    let given: Vec<_> = counts
        .hours
        .iter()
        .filter_map(|hour| Some((instant(hour.begin_time.as_ref())?, count(hour.signature_count))))
        .collect();
    if given.is_empty() {
        return html! { p { (t!(locale, "sheet-curve-none")) } };
    }
    // The curve of a sheet that is over ends with it.
    let until = closes(poll).map_or_else(|| visit.now(), |time| visit.now().min(time));
    let by_day = series::days(&given, locale.zone, until);
    let by_hour = series::hours(&given, until);
    html! {
        @if by_day.len() > 1 { (curve(visit, "days", false, &by_day)) }
        (curve(visit, "hours", true, &by_hour))
    }
}

fn curve(visit: &Visit, id: &str, hourly: bool, series: &[(DateTime<Utc>, u64)]) -> Markup {
    let locale = visit.locale;
    let label = |time: DateTime<Utc>| {
        let date = locale.date_short(time);
        if hourly { t!(locale, "sheet-hour", date = date, time = locale.time(time)) } else { date }
    };
    let texts: Vec<_> =
        series.iter().map(|(time, value)| (label(*time), *value, locale.number(*value))).collect();
    let points: Vec<_> =
        texts.iter().map(|(label, value, text)| Point { label, value: *value, text }).collect();
    let most = texts.iter().max_by_key(|(_, value, _)| *value);
    let about = most.map_or_else(String::new, |(label, value, _)| {
        t!(locale, "sheet-curve-about", count = *value, when = label)
    });
    let (title, column) = if hourly {
        (t!(locale, "sheet-by-hour"), t!(locale, "sheet-hour-column"))
    } else {
        (t!(locale, "sheet-by-day"), t!(locale, "sheet-day-column"))
    };
    let value_column = t!(locale, "sheet-signatures");
    let chart =
        Chart { id, title: &title, description: &about, label_column: &column, value_column: &value_column };
    line_chart(&locale, &chart, &points)
}

async fn districts(visit: &Visit, papers: &Papers, log: &Log) -> Markup {
    if !log.publishes_districts || log.districts.is_empty() {
        return html! {};
    }
    let locale = visit.locale;
    let mut rows = Vec::with_capacity(log.districts.len());
    for DistrictSignatures { district, signature_count } in &log.districts {
        let name = match district.as_str() {
            "" => t!(locale, "result-district-none").into_owned(),
            code => papers.district(visit, code).await,
        };
        rows.push((count(*signature_count), name));
    }
    rows.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let labels = [t!(locale, "result-district"), t!(locale, "sheet-signatures")];
    let columns = [Column { label: &labels[0], numeric: false }, Column { label: &labels[1], numeric: true }];
    let rows = rows
        .iter()
        .map(|(signatures, name)| vec![html! { (name) }, html! { (locale.number(*signatures)) }])
        .collect();
    let caption = t!(locale, "sheet-by-district");
    html! {
        (table(&Table { id: "districts", caption: &caption, columns: &columns, rows, narrow: Narrow::Scroll }))
    }
}

/// What was set aside or restored, and why.
async fn register(visit: &Visit, papers: &Papers, log: &Log) -> Markup {
    if log.corrections.is_empty() {
        return html! {};
    }
    let mut names = Districts::new();
    for code in corrections::districts(log) {
        names.insert(code.to_owned(), papers.district(visit, code).await);
    }
    html! {
        h2 #corrections { (t!(visit.locale, "corrections-title")) }
        (corrections::register(&visit.locale, log, &names))
    }
}

/// What was done to the sheet while people signed.
fn history(visit: &Visit, poll: &Poll) -> Markup {
    if poll.history.is_empty() {
        return html! {};
    }
    let locale = visit.locale;
    let time = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
    };
    html! {
        h2 { (t!(locale, "sheet-history")) }
        ul {
            @for act in &poll.history {
                @let done = time(act.time.as_ref());
                li {
                    @match act.kind() {
                        PollActKind::Paused => (t!(locale, "sheet-act-paused", time = done)),
                        PollActKind::Resumed => (t!(locale, "sheet-act-resumed", time = done)),
                        PollActKind::Extended => {
                            (t!(locale, "sheet-act-extended", time = done, until = time(act.close_time.as_ref())))
                        }
                        PollActKind::Closed => (t!(locale, "sheet-act-closed", time = done)),
                        PollActKind::Unspecified => (done),
                    }
                    " " q dir="auto" { (act.reason) }
                }
            }
        }
    }
}

/// What anybody counts again from, without this page.
fn files(visit: &Visit, id: Uuid, text: bool) -> Markup {
    let locale = visit.locale;
    let log = format!("/v1/polls/{id}/log");
    html! {
        h2 { (t!(locale, "sheet-recount")) }
        p { (t!(locale, "sheet-recount-text")) }
        (verify::section(&locale, id))
        ul {
            li { a href={ (log) "/hours.csv" } { (t!(locale, "sheet-file-hours")) } }
            li { a href={ (log) "/checkpoint" } { (t!(locale, "sheet-file-checkpoint")) } }
            li { a href=(log) { (t!(locale, "sheet-file-log")) } }
            @if text { li { a href={ (log) "/text" } { (t!(locale, "sheet-file-text")) } } }
            li { a href={ (log) "/corrections" } { (t!(locale, "corrections-file")) } }
            li { a href=(visit.link(&format!("/votes/{id}/prove"))) { (t!(locale, "sheet-to-proof")) } }
        }
        p { (t!(locale, "sheet-recount-command")) }
        p .typed { code { "comitia verify " (visit.origin) (log) } }
    }
}
