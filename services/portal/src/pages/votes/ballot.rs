//! The ballot as a form.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::Path;
use axum::response::Response;
use comitia_proto::identity::v1::IssuePermitRequest;
use comitia_proto::voting::v1::Poll;
use http::StatusCode;
use maud::{Markup, html};

use super::entry::{Entry, Marks, Mistake, marks, poll_kind};
use super::option::Lines;
use super::paper::{Door, Paper, Papers, closes, door};
use super::rules::{Rule, Totals, Words, rules, totals};
use super::sheet::{self, Sheets};
use super::{desk, option, poll_id, refusal};
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::dates;
use crate::pages::slugs::folded;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Tone, Width, button, details, error_summary, notice, steps,
};
use crate::visit::{PageResult, Visit};

/// Fewer options than this need no filter.
const FILTER_FROM: usize = 10;

/// A new ballot. It fetches the permit: from here on the person is not needed, and not known.
pub async fn show(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    Extension(sheets): Extension<Sheets>,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    if sheet::is_sheet(&poll) {
        return sheet::show(&visit, &sheets, id, &poll).await;
    }
    if door(&poll, visit.now()) != Door::Open {
        let envelope = papers.envelope(&visit, id).await.unwrap_or_default();
        return Ok(refusal::closed_door(&visit, &Paper { poll, envelope }));
    }
    visit.signed_in()?;
    let message = IssuePermitRequest { poll_id: id.to_string() };
    let (permit, paper) = futures_util::join!(
        async { visit.services().permits().issue_permit(visit.request(message)).await },
        papers.paper(&visit, id)
    );
    let paper = paper?;
    let issued = match permit {
        Ok(answer) => answer.into_inner(),
        Err(status) => return refusal::no_permit(&visit, &paper, status.into()),
    };
    let entry = Entry::new(issued.permit);
    let sheet = Sheet { visit: &visit, paper: &paper, entry: &entry, errors: &FieldErrors::new() };
    let district = papers.district(&visit, &issued.district).await;
    Ok(sheet.page(StatusCode::OK, &district))
}

/// Everything that a ballot in its form is made of.
pub struct Sheet<'a> {
    pub visit: &'a Visit,
    pub paper: &'a Paper,
    pub entry: &'a Entry,
    pub errors: &'a FieldErrors,
}

/// The field of an option, for links to it.
pub fn field(option: usize) -> String {
    format!("o{option}")
}

/// What cannot be made a ballot of, at its fields.
pub fn mistakes(visit: &Visit, paper: &Paper, mistakes: &[Mistake]) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for mistake in mistakes {
        let option = paper.poll.options.get(mistake.option());
        let title = option.map_or("", |option| &option.title);
        let ranks = marks(&paper.poll) == Marks::Ranks;
        let text = match mistake {
            Mistake::SameRank(_) => t!(visit.locale, "vote-same-rank", title = title),
            Mistake::NotANumber(_) if ranks => t!(visit.locale, "vote-not-a-rank", title = title),
            Mistake::NotANumber(_) => t!(visit.locale, "vote-not-points", title = title),
        };
        errors.push(field(mistake.option()), text);
    }
    errors
}

impl<'a> Sheet<'a> {
    pub fn words(&self) -> Words<'a> {
        Words { locale: self.visit.locale, poll: &self.paper.poll, currency: self.paper.currency() }
    }

    pub fn poll(&self) -> &'a Poll {
        &self.paper.poll
    }

    /// The page with the form.
    pub fn page(&self, status: StatusCode, district: &str) -> Response {
        let (visit, poll) = (self.visit, self.poll());
        let (locale, at_desk) = (visit.locale, self.entry.at_desk());
        let main = html! {
            (error_summary(&locale, self.errors))
            (steps(&locale, 1, 3))
            h1 dir="auto" { (poll.title) }
            @if let Some(time) = closes(poll) {
                p { (t!(locale, "vote-open-until", time = locale.deadline(time))) " "
                    @if at_desk {} @else if poll.recast_allowed { (t!(locale, "vote-recast-allowed")) }
                    @else { (t!(locale, "vote-recast-not-allowed")) }
                }
            }
            @if at_desk { (desk::about(visit, poll)) }
            (dates::later_close(&locale, poll))
            @if !district.is_empty() {
                (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "vote-district", district = district)) } }))
            }
            h2 { (t!(locale, "vote-rules")) }
            (self.rules())
            (self.form())
            p {
                @let away = if at_desk { desk::PATH } else { "/votes" };
                a href=(visit.link(away)) { (t!(locale, "vote-leave")) }
            }
        };
        let view = View {
            section: Section::Votes,
            private: true,
            focused: true,
            error: !self.errors.is_empty(),
            scripts: &["js/ballot.js"],
            ..View::new(&poll.title, main)
        };
        let page = visit.page(status, view);
        if at_desk { desk::leaves(visit, page) } else { page }
    }

    fn rules(&self) -> Markup {
        let words = self.words();
        html! {
            ul {
                li { (words.how()) }
                @for rule in rules(self.poll()) { li { (words.rule(&rule)) } }
            }
        }
    }

    fn form(&self) -> Markup {
        let (visit, poll) = (self.visit, self.poll());
        let locale = visit.locale;
        let all = poll.options.len();
        let names = categories(poll);
        let in_sight = self.in_sight(&names);
        let shown: BTreeSet<usize> = in_sight.iter().copied().collect();
        let action = visit.link(&format!("/votes/{}/check", poll.poll_id));
        let so_far = totals(poll, &self.entry.ballot_so_far(poll));
        let lines = Lines::new(self, &names, so_far);
        let specification = poll.specification.clone().unwrap_or_default();
        html! {
            form .ballot method="post" action=(action) novalidate autocomplete="off" data-ballot=(kind_name(poll))
                data-max-choices=(specification.max_choices) data-max-cost=(specification.max_total_cost)
                data-max-points=(specification.max_total_points) data-currency=(self.paper.currency())
                data-remove=(t!(locale, "vote-remove")) data-up=(t!(locale, "vote-up")) data-down=(t!(locale, "vote-down"))
                data-add=(t!(locale, "vote-rank-add")) {
                (self.entry.hidden_permit())
                (self.entry.hidden_choices(poll, |option| !shown.contains(&option)))
                (self.filter(&names))
                fieldset .field #ballot tabindex="-1" {
                    legend { (t!(locale, "vote-options")) }
                    p data-shown role="status" {
                        @if in_sight.len() < all {
                            (t!(locale, "vote-shown", shown = in_sight.len(), all = all))
                        }
                    }
                    ol .options { @for index in &in_sight { (option::line(&lines, *index)) } }
                }
                (self.chosen())
                (self.tally(so_far))
            }
        }
    }

    /// The positions of the options that the filter leaves.
    fn in_sight(&self, names: &[&str]) -> Vec<usize> {
        let filter = &self.entry.filter;
        let category = filter.category.and_then(|number| names.get(number));
        let text = folded(&filter.text);
        let options = self.poll().options.iter().enumerate();
        options
            .filter(|(_, option)| category.is_none_or(|name| option.categories.iter().any(|one| one == name)))
            .filter(|(_, option)| text.is_empty() || folded(&option.title).contains(&text))
            .map(|(index, _)| index)
            .collect()
    }

    /// Narrows the list: a button of the same form, so that nothing that was entered is lost.
    fn filter(&self, names: &[&str]) -> Markup {
        let (locale, poll) = (self.visit.locale, self.poll());
        if poll.options.len() < FILTER_FROM {
            return html! {};
        }
        let values: Vec<_> = (0..names.len()).map(|number| number.to_string()).collect();
        let choices: Vec<_> =
            values.iter().zip(names).map(|(value, name)| Choice::new(value, name)).collect();
        let chosen = self.entry.filter.category.map(|number| number.to_string());
        html! {
            div .ballot-filter {
                @if names.len() > 1 {
                    (Field::new(&locale, "category", t!(locale, "vote-category"))
                        .select(chosen.as_deref(), Some(&t!(locale, "vote-all-categories")), &choices))
                }
                (Field::new(&locale, "find", t!(locale, "vote-find"))
                    .width(Width::Medium)
                    .input(Kind::Search, &self.entry.filter.text))
                (button(Button::Secondary, &t!(locale, "vote-show"), Some(("do", "show"))))
            }
        }
    }

    /// What is chosen, whatever is in sight.
    fn chosen(&self) -> Markup {
        let (locale, poll) = (self.visit.locale, self.poll());
        let chosen = self.entry.chosen(poll);
        let words = self.words();
        html! {
            section .chosen #chosen aria-labelledby="chosen-title" {
                h2 #chosen-title tabindex="-1" { (t!(locale, "vote-chosen")) }
                p data-none hidden[!chosen.is_empty()] { (t!(locale, "vote-chosen-none")) }
                ol data-chosen {
                    @for option in chosen.iter().filter_map(|option| poll.options.get(*option)) {
                        li {
                            span dir="auto" { (option.title) }
                            @if option.cost > 0 { " " span .choice-aside { (words.money(option.cost.into())) } }
                        }
                    }
                }
            }
        }
    }

    /// What it comes to, always in sight.
    fn tally(&self, so_far: Totals) -> Markup {
        let locale = self.visit.locale;
        let words = self.words();
        let mut figures =
            vec![("choices", t!(locale, "vote-count"), words.number(so_far.choices), String::new())];
        for rule in rules(self.poll()) {
            match rule {
                Rule::Choices(limits) if limits.max > 0 => {
                    if let Some(figure) = figures.first_mut() {
                        figure.3 = t!(locale, "vote-of", all = words.number(limits.max));
                    }
                }
                Rule::Cost(limits) if limits.max > 0 => {
                    let of = t!(locale, "vote-of", all = words.money(limits.max));
                    figures.push(("cost", t!(locale, "vote-cost"), words.money(so_far.cost), of));
                    let left = words.money(limits.max - so_far.cost);
                    figures.push(("left", t!(locale, "vote-left"), left, String::new()));
                }
                Rule::Points(limits) if limits.max > 0 => {
                    let of = t!(locale, "vote-of", all = words.number(limits.max));
                    figures.push(("points", t!(locale, "vote-points"), words.number(so_far.points), of));
                }
                _ => {}
            }
        }
        html! {
            div .dock.tally {
                div role="status" {
                    dl {
                        @for (name, label, value, of) in figures {
                            div {
                                dt { (label) }
                                dd { b data-out=(name) { (value) } @if !of.is_empty() { " " (of) } }
                            }
                        }
                    }
                }
                // However far down the list one is.
                (details(&t!(locale, "vote-rules"), self.rules()))
                div .buttons {
                    (button(Button::Primary, &t!(locale, "vote-check"), Some(("do", "check"))))
                    button .button.secondary type="submit" name="do" value="show" data-update { (t!(locale, "vote-update")) }
                    a .button.quiet href="#chosen" { (t!(locale, "vote-see-chosen")) }
                }
            }
        }
    }
}

/// The categories of a poll's options, in the order of their names.
pub fn categories(poll: &Poll) -> Vec<&str> {
    let names: BTreeSet<&str> =
        poll.options.iter().flat_map(|option| &option.categories).map(String::as_str).collect();
    names.into_iter().collect()
}

/// What the script has to know of a ballot.
fn kind_name(poll: &Poll) -> &'static str {
    use comitia_proto::voting::v1::BallotType;
    match poll_kind(poll) {
        BallotType::Cumulative => "points",
        BallotType::Score => "score",
        BallotType::Ranking => "ranks",
        BallotType::ChooseOne => "one",
        BallotType::Approval | BallotType::Knapsack | BallotType::Signature | BallotType::Unspecified => {
            "boxes"
        }
    }
}
