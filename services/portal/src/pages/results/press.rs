//! The result as a text for the press: to read, to copy, and as a file. It is written from the figures of the page, with those
//! in words that an editor would put into words.

mod words;

use comitia_proto::budgets::v1::ProjectOutcome;
use http::StatusCode;
use maud::html;

use super::{Published, export, published};
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::{count, instant};
use crate::pages::parts::{self, trail};
use crate::pages::slugs::{self, Slug};
use crate::pages::{reasons, rules};
use crate::ui::buttons;
use crate::visit::{PageResult, Visit, shared};

/// The page.
pub async fn show(visit: Visit, slug: Slug) -> PageResult {
    let published = published(&visit, &slug).await?;
    let budget = &published.budget;
    if let Some(moved) = slug.moved(&visit, &budget.title, |slug| format!("/budgets/{slug}/result/press")) {
        return Ok(moved);
    }
    let locale = visit.locale;
    let text = Press { visit: &visit, published: &published }.text();
    let budget_path = parts::budget_path(&visit, &budget.title, &budget.budget_id);
    let result_path = format!("{budget_path}/result");
    let main = html! {
        h1 { (t!(locale, "press-title")) }
        p { (t!(locale, "press-about-page")) }
        (buttons(html! {
            a .button href={ (result_path) "/press.txt" } download { (t!(locale, "press-download")) }
            a .button.secondary href={ (result_path) ".pdf" } download { (t!(locale, "result-download-pdf")) }
        }))
        article .prose {
            h2 { (text.headline) }
            @for part in &text.parts {
                @match part {
                    Part::Paragraph(text) => p { (text) },
                    Part::List(items) => ul { @for item in items { li { (item) } } },
                }
            }
        }
    };
    let title = t!(locale, "press-page-title", budget = &budget.title);
    let processes = t!(locale, "site-processes");
    let heading = t!(locale, "result-title");
    let way = [
        (processes.as_ref(), visit.link("/processes")),
        (&published.process.title, parts::process_path(&visit, &published.process)),
        (&budget.title, budget_path),
        (heading.as_ref(), result_path),
    ];
    let way: Vec<_> = way.iter().map(|(label, path)| (*label, path.as_str())).collect();
    let view = View {
        section: Section::Processes,
        breadcrumbs: Some(trail(&visit, &way, &t!(locale, "press-title"))),
        ..View::new(&title, main)
    };
    Ok(shared(&visit, visit.page(StatusCode::OK, view)))
}

/// The same as a file of plain text.
pub async fn file(visit: Visit, slug: Slug) -> PageResult {
    let published = published(&visit, &slug).await?;
    let text = Press { visit: &visit, published: &published }.text().plain();
    let name = slugs::of_text(&published.budget.title, &published.budget.budget_id);
    Ok(shared(&visit, export::saved(text, "text/plain; charset=utf-8", &format!("{name}.txt"))))
}

struct Text {
    headline: String,
    parts: Vec<Part>,
}

enum Part {
    Paragraph(String),
    List(Vec<String>),
}

impl Text {
    fn plain(&self) -> String {
        let mut text = format!("{}\n", self.headline);
        for part in &self.parts {
            text.push('\n');
            match part {
                Part::Paragraph(paragraph) => text.extend([paragraph.as_str(), "\n"]),
                Part::List(items) => text.extend(items.iter().map(|item| format!("– {item}\n"))),
            }
        }
        text
    }
}

struct Press<'a> {
    visit: &'a Visit,
    published: &'a Published,
}

impl Press<'_> {
    fn text(&self) -> Text {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let funded: Vec<_> = result.outcomes.iter().filter(|outcome| outcome.funded).collect();
        let headline = if funded.is_empty() {
            t!(locale, "press-headline-none", budget = &self.published.budget.title)
        } else {
            let number = words::number(&locale, length(funded.len()));
            let budget = &self.published.budget.title;
            t!(locale, "press-headline", count = funded.len(), number = number, budget = budget)
        };
        let mut parts = vec![Part::Paragraph(self.lead(funded.len()))];
        if !funded.is_empty() {
            parts.push(Part::Paragraph(t!(locale, "press-funded").into_owned()));
            parts.push(Part::List(funded.iter().map(|outcome| self.project(outcome)).collect()));
        }
        parts.extend(self.favourites().map(Part::Paragraph));
        parts.push(Part::Paragraph(self.turnout()));
        parts.push(Part::Paragraph(self.rule()));
        parts.push(Part::Paragraph(self.check()));
        parts.push(Part::Paragraph(t!(locale, "press-figures").into_owned()));
        parts.push(Part::List(self.figures(funded.len())));
        let email = &self.visit.organization.contact_email;
        if !email.is_empty() {
            parts.push(Part::Paragraph(t!(locale, "press-contact", email = email)));
        }
        Text { headline, parts }
    }

    /// Who, what, when, how much.
    fn lead(&self, funded: usize) -> String {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let date = instant(result.publish_time.as_ref()).map(|time| locale.date(time)).unwrap_or_default();
        let who = t!(
            locale,
            "press-lead",
            organization = &self.visit.organization.display_name,
            date = date,
            budget = &self.published.budget.title,
            process = &self.published.process.title
        );
        let all = length(result.outcomes.len());
        let amount = words::money(&locale, result.amount, &result.currency);
        let what = if funded == 0 {
            t!(locale, "press-lead-none", count = all, amount = amount)
        } else {
            t!(
                locale,
                "press-lead-funded",
                all = words::number(&locale, all),
                number = capital(&words::number(&locale, length(funded))),
                funded = funded,
                spent = words::money(&locale, result.spent, &result.currency),
                share = words::share(&locale, count(result.spent), count(result.amount)),
                amount = amount
            )
        };
        format!("{who} {what}")
    }

    fn project(&self, outcome: &ProjectOutcome) -> String {
        let locale = self.visit.locale;
        let currency = &self.published.result.currency;
        let amount = if outcome.granted > 0 { outcome.granted } else { outcome.cost };
        t!(
            locale,
            "press-project",
            title = isolated(&outcome.title),
            cost = words::money(&locale, amount, currency),
            count = count(outcome.votes)
        )
    }

    /// Which project has the most votes, and which the most of those that are not funded, and why.
    fn favourites(&self) -> impl Iterator<Item = String> {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let most = |funded: bool| {
            let among =
                result.outcomes.iter().filter(|outcome| outcome.funded == funded && outcome.votes > 0);
            // Of equals, the one that stands first in the result.
            among.min_by_key(|outcome| std::cmp::Reverse(outcome.votes))
        };
        let first = most(true).map(|outcome| {
            t!(
                locale,
                "press-most-funded",
                title = isolated(&outcome.title),
                count = count(outcome.votes),
                share = words::share(&locale, count(outcome.votes), count(result.ballot_count))
            )
        });
        let second = most(false).map(|outcome| {
            let why = reasons::sentence(&locale, outcome, &result.currency);
            let title = isolated(&outcome.title);
            t!(locale, "press-most-not-funded", title = title, count = count(outcome.votes), why = why)
        });
        first.into_iter().chain(second)
    }

    fn turnout(&self) -> String {
        let (locale, turnout) = (self.visit.locale, &self.published.turnout);
        let mut text = t!(locale, "result-turnout-all", count = count(turnout.ballot_count));
        let paper: i64 = turnout.districts.iter().map(|district| district.paper_count).sum();
        let together = turnout.districts.iter().any(|district| district.any_channel_count > 0);
        // Where some groups do not say how people voted, nobody knows the share of paper.
        if paper > 0 && !together {
            let of = count(turnout.ballot_count - turnout.blank_paper_count - turnout.invalid_paper_count);
            let share = words::share(&locale, count(paper), of);
            text = format!("{text} {}", t!(locale, "press-paper", share = share));
        }
        let satisfied = self.published.satisfied_share();
        if let Some((part, whole)) = satisfied {
            let share = words::share(&locale, part, whole);
            text = format!("{text} {}", t!(locale, "press-satisfied", share = share));
        }
        text
    }

    fn rule(&self) -> String {
        let locale = self.visit.locale;
        let organization = &self.visit.organization.display_name;
        let mut sentences = vec![t!(locale, "result-rule-who", organization = organization)];
        sentences.extend(rules::allocation(&locale, &self.published.budget));
        sentences.join(" ")
    }

    fn check(&self) -> String {
        let locale = self.visit.locale;
        let address = self.published.address(self.visit);
        let seal = &self.published.result.seal_digest;
        t!(locale, "press-check", address = address, seal = seal)
    }

    /// The figures as they are, for those who check.
    fn figures(&self, funded: usize) -> Vec<String> {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let money = |amount| locale.money(amount, &result.currency);
        vec![
            t!(
                locale,
                "press-figure-projects",
                count = result.outcomes.len(),
                funded = locale.number(length(funded))
            ),
            t!(locale, "press-figure-ballots", count = count(result.ballot_count)),
            t!(locale, "press-figure-amount", amount = money(result.amount)),
            t!(
                locale,
                "press-figure-spent",
                spent = money(result.spent),
                share = locale.percent(count(result.spent), count(result.amount))
            ),
            t!(locale, "press-figure-left", left = money(result.amount - result.spent)),
        ]
    }
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// With a capital letter, as a sentence begins.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A title that is read from the right, so that it stays whole among words that are read from the left.
fn isolated(title: &str) -> String {
    let from_right = |letter: char| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    if title.contains(from_right) { format!("\u{2068}{title}\u{2069}") } else { title.to_owned() }
}
