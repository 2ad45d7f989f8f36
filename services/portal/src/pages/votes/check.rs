//! The check of a ballot before it is cast, and the way back to it. Nothing here knows who it is.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_proto::voting::v1::{Ballot, PollOption};
use http::StatusCode;
use maud::{Markup, html};

use super::ballot::{Sheet, field, mistakes};
use super::entry::{Entry, Filter, Marks, marks};
use super::paper::{Door, Paper, Papers, closes, door};
use super::rules::{Rule, broken, rules, totals};
use super::{desk, poll_id, refusal};
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::ui::{Button, FieldErrors, SummaryRow, Tone, button, notice, steps, summary_list};
use crate::visit::{PageResult, Visit};

/// Who comes here without a ballot gets a new one.
pub async fn without_form(visit: Visit, Path((_, poll)): Path<(String, String)>) -> PageResult {
    let id = poll_id(&poll)?;
    Ok(Redirect::to(&visit.link(&format!("/votes/{id}"))).into_response())
}

/// Shows the ballot to look over, or the form again: with what is wrong, or because it was asked for.
pub async fn check(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    form: Form,
) -> PageResult {
    let id = poll_id(&poll)?;
    let paper = match papers.paper_under_way(&visit, id).await {
        Ok(paper) => paper,
        Err(error) => return refusal::again(&visit, id, None, &form, error, "check"),
    };
    let mut entry = Entry::read(&form, &paper.poll)?;
    if matches!(door(&paper.poll, visit.now()), Door::NotYet | Door::Over | Door::CalledOff) {
        return Ok(refusal::closed_door(&visit, &paper));
    }
    let wish = form.get("do");
    if wish != "show" {
        entry.filter = Filter::default();
    }
    if matches!(wish, "show" | "change") {
        let errors = FieldErrors::new();
        let sheet = Sheet { visit: &visit, paper: &paper, entry: &entry, errors: &errors };
        return Ok(sheet.page(StatusCode::OK, ""));
    }
    Ok(match accepted(&visit, &paper, &entry) {
        Ok(ballot) => page(&visit, &paper, &entry, &ballot),
        Err(errors) => refused(&visit, &paper, &entry, &errors),
    })
}

/// The ballot, if it can be made of what was entered and keeps the rules of the poll.
pub fn accepted(visit: &Visit, paper: &Paper, entry: &Entry) -> Result<Ballot, FieldErrors> {
    let ballot = entry.ballot(&paper.poll).map_err(|found| mistakes(visit, paper, &found))?;
    let mut errors = FieldErrors::new();
    let sheet = Sheet { visit, paper, entry, errors: &FieldErrors::new() };
    let words = sheet.words();
    for broken in broken(&paper.poll, &ballot) {
        let field = broken.option.map_or_else(|| "ballot".to_owned(), field);
        errors.push(field, words.broken(&broken));
    }
    if errors.is_empty() { Ok(ballot) } else { Err(errors) }
}

/// The form again, with what is wrong.
pub fn refused(visit: &Visit, paper: &Paper, entry: &Entry, errors: &FieldErrors) -> Response {
    Sheet { visit, paper, entry, errors }.page(StatusCode::UNPROCESSABLE_ENTITY, "")
}

fn page(visit: &Visit, paper: &Paper, entry: &Entry, ballot: &Ballot) -> Response {
    let locale = visit.locale;
    let (poll, at_desk) = (&paper.poll, entry.at_desk());
    let title = t!(locale, "vote-check-title");
    let path = |step: &str| visit.link(&format!("/votes/{}/{step}", poll.poll_id));
    let main = html! {
        (steps(&locale, 2, 3))
        h1 { (title) }
        p dir="auto" { (poll.title) }
        @if ballot.choices.is_empty() {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "vote-blank")), html! { p { (t!(locale, "vote-blank-text")) } }))
        }
        (choices(visit, paper, ballot))
        (sums(visit, paper, ballot))
        p {
            @match closes(poll).filter(|_| poll.recast_allowed && !at_desk) {
                Some(time) => (t!(locale, "vote-check-recast", time = locale.deadline(time))),
                None if at_desk => (desk::final_words(visit, poll)),
                None => (t!(locale, "vote-check-final")),
            }
        }
        p { (t!(locale, "vote-check-secret")) }
        form method="post" action=(path("cast")) novalidate data-cast {
            (entry.hidden(poll))
            div .buttons {
                (button(Button::Primary, &t!(locale, "vote-cast"), None))
                button .button.secondary type="submit" formaction=(path("check")) name="do" value="change" {
                    (t!(locale, "vote-change"))
                }
            }
        }
    };
    let view = View {
        section: Section::Votes,
        private: true,
        focused: true,
        scripts: &["js/cast.js"],
        ..View::new(&title, main)
    };
    let page = visit.page(StatusCode::OK, view);
    if at_desk { desk::leaves(visit, page) } else { page }
}

/// What is chosen, in the order of the ballot.
pub fn choices(visit: &Visit, paper: &Paper, ballot: &Ballot) -> Markup {
    let locale = visit.locale;
    let sheet = Sheet { visit, paper, entry: &Entry::default(), errors: &FieldErrors::new() };
    let words = sheet.words();
    let options: HashMap<&str, &PollOption> =
        paper.poll.options.iter().map(|option| (option.option_id.as_str(), option)).collect();
    let marks = marks(&paper.poll);
    let lines = html! {
        @for choice in &ballot.choices {
            @if let Some(option) = options.get(choice.option_id.as_str()) {
                li {
                    span dir="auto" { (option.title) }
                    @if marks == Marks::Points {
                        " " strong { (t!(locale, "vote-choice-points", count = choice.points)) }
                    }
                    @if option.cost > 0 { " " span .choice-aside { (words.money(option.cost.into())) } }
                }
            }
        }
    };
    html! {
        @if marks == Marks::Ranks { ol .ballot-choices.ranked { (lines) } } @else { ul .ballot-choices { (lines) } }
    }
}

/// What it comes to, and what is left.
fn sums(visit: &Visit, paper: &Paper, ballot: &Ballot) -> Markup {
    let locale = visit.locale;
    let sheet = Sheet { visit, paper, entry: &Entry::default(), errors: &FieldErrors::new() };
    let words = sheet.words();
    let sums = totals(&paper.poll, ballot);
    let mut rows = vec![(t!(locale, "vote-count"), words.number(sums.choices))];
    for rule in rules(&paper.poll) {
        match rule {
            Rule::Cost(limits) => {
                rows.push((t!(locale, "vote-cost"), words.money(sums.cost)));
                if limits.max > 0 {
                    rows.push((t!(locale, "vote-left"), words.money(limits.max - sums.cost)));
                }
            }
            Rule::Points(limits) => {
                rows.push((t!(locale, "vote-points"), words.number(sums.points)));
                if limits.max > 0 {
                    rows.push((t!(locale, "vote-points-left"), words.number(limits.max - sums.points)));
                }
            }
            _ => {}
        }
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, value)| SummaryRow { label, value: html! { (value) }, change: None })
        .collect();
    summary_list(&locale, &rows)
}
