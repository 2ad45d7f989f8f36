//! The result as a document to print, file and hand out: what the page says, as tagged PDF.

use comitia_platform::ApiError;
use comitia_proto::budgets::v1::ProjectOutcome;
use comitia_typesetting::{Block, Column, Document};

use super::{Published, export, published, tables, turnout};
use crate::locale::t;
use crate::pages::calls::{count, instant};
use crate::pages::slugs::{self, Slug};
use crate::pages::{reasons, rules};
use crate::visit::{PageResult, Visit, shared};

/// The colour where an organization has none, as the style sheet has it.
const COLOR: [u8; 3] = [0x0d, 0x5c, 0x58];

/// The PDF.
pub async fn pdf(visit: Visit, slug: Slug) -> PageResult {
    let published = published(&visit, &slug).await?;
    let document = Report { visit: &visit, published: &published }.document();
    let work = comitia_core::task::blocking(move || document.write());
    let file = work.await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    let name = slugs::of_text(&published.budget.title, &published.budget.budget_id);
    Ok(shared(&visit, export::saved(file, "application/pdf", &format!("{name}.pdf"))))
}

struct Report<'a> {
    visit: &'a Visit,
    published: &'a Published,
}

impl Report<'_> {
    fn document(&self) -> Document {
        let (locale, organization) = (self.visit.locale, &self.visit.organization);
        let mut blocks = self.summary();
        blocks.extend(self.outcomes());
        blocks.extend(self.turnout());
        blocks.extend(self.rule());
        blocks.extend(self.check());
        Document {
            title: t!(locale, "result-heading", budget = &self.published.budget.title),
            language: locale.language.code().to_owned(),
            publisher: organization.display_name.clone(),
            color: color(&organization.brand_color).unwrap_or(COLOR),
            page_number: t!(locale, "result-report-page", page = "{page}", pages = "{pages}"),
            blocks,
        }
    }

    fn summary(&self) -> Vec<Block> {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let money = |amount| locale.money(amount, &result.currency);
        let mut facts = vec![
            self.published.about(&locale),
            t!(
                locale,
                "result-report-amount",
                amount = money(result.amount),
                left = money(result.amount - result.spent)
            ),
        ];
        facts.extend(self.published.satisfied(&locale));
        if result.blank_ballot_count > 0 {
            facts.push(t!(locale, "result-blank-ballots", count = count(result.blank_ballot_count)));
        }
        for one in &result.leftovers {
            let from = t!(locale, "result-leftover-from", amount = money(one.amount));
            facts.push(format!("{from} {}", one.title));
        }
        let date = instant(result.publish_time.as_ref()).map(|time| locale.date(time));
        let date = date.map(|date| format!("{} {date}", t!(locale, "result-published")));
        let mut blocks = vec![Block::Paragraph(self.published.process.title.clone())];
        blocks.extend(date.map(Block::Paragraph));
        blocks.push(Block::List(facts));
        blocks
    }

    fn outcomes(&self) -> Vec<Block> {
        let (locale, result) = (self.visit.locale, &self.published.result);
        let (funded, others): (Vec<_>, Vec<_>) = result.outcomes.iter().partition(|outcome| outcome.funded);
        let mut blocks = vec![Block::Heading(t!(locale, "result-funded").into_owned())];
        if funded.is_empty() {
            blocks.push(Block::Paragraph(t!(locale, "result-funded-none").into_owned()));
        } else {
            blocks.push(self.table(t!(locale, "result-funded-caption").into_owned(), &funded));
        }
        if !others.is_empty() {
            blocks.push(Block::Heading(t!(locale, "result-not-funded").into_owned()));
            blocks.push(self.table(t!(locale, "result-not-funded-caption").into_owned(), &others));
        }
        blocks
    }

    fn table(&self, caption: String, outcomes: &[&ProjectOutcome]) -> Block {
        let (locale, currency) = (self.visit.locale, &self.published.result.currency);
        let points = tables::has_points(&self.published.budget);
        let mut columns = vec![
            column(t!(locale, "result-project"), 40, false),
            column(t!(locale, "projects-cost"), 17, true),
            column(t!(locale, "result-votes"), 10, true),
        ];
        if points {
            columns.push(column(t!(locale, "result-points"), 10, true));
        }
        columns.push(column(t!(locale, "result-reason"), 45, false));
        let row = |outcome: &&ProjectOutcome| {
            let title = &outcome.title;
            let mut row = vec![
                t!(locale, "result-report-project", title = title, reference = &outcome.reference),
                locale.money(outcome.cost, currency),
                locale.number(count(outcome.votes)),
            ];
            if points {
                row.push(reasons::points(&locale, &outcome.score));
            }
            row.push(reasons::sentence(&locale, outcome, currency));
            row
        };
        Block::Table { caption, columns, rows: outcomes.iter().map(row).collect() }
    }

    fn turnout(&self) -> Vec<Block> {
        let (locale, turnout) = (self.visit.locale, &self.published.turnout);
        let mut blocks = vec![
            Block::Heading(t!(locale, "result-turnout").into_owned()),
            Block::Paragraph(t!(locale, "result-turnout-all", count = count(turnout.ballot_count))),
        ];
        if turnout.blank_paper_count > 0 || turnout.invalid_paper_count > 0 {
            blocks.push(Block::Paragraph(format!(
                "{} {}",
                t!(locale, "result-blank", count = count(turnout.blank_paper_count)),
                t!(locale, "result-invalid", count = count(turnout.invalid_paper_count))
            )));
        }
        if !turnout.districts.is_empty() {
            let columns = vec![
                column(t!(locale, "result-district"), 50, false),
                column(t!(locale, "result-online"), 15, true),
                column(t!(locale, "result-paper"), 15, true),
                column(t!(locale, "result-any-channel"), 25, true),
            ];
            let number = |value| locale.number(count(value));
            let rows = turnout.districts.iter().map(|district| {
                vec![
                    turnout::name(&locale, &self.published.areas, &district.district),
                    number(district.online_count),
                    number(district.paper_count),
                    number(district.any_channel_count),
                ]
            });
            let caption = t!(locale, "result-channels").into_owned();
            blocks.push(Block::Table { caption, columns, rows: rows.collect() });
        }
        blocks
    }

    fn rule(&self) -> Vec<Block> {
        let (locale, published) = (self.visit.locale, self.published);
        let who = t!(locale, "result-rule-who", organization = &self.visit.organization.display_name);
        let mut sentences = rules::ballot(&locale, &published.budget);
        sentences.extend(rules::allocation(&locale, &published.budget));
        sentences.extend(published.result.broken_ties.iter().map(|tie| super::tie(&locale, tie)));
        vec![
            Block::Heading(t!(locale, "result-rule").into_owned()),
            Block::Paragraph(who),
            Block::List(sentences),
        ]
    }

    fn check(&self) -> Vec<Block> {
        let (locale, published) = (self.visit.locale, self.published);
        let page = published.address(self.visit);
        let result = &published.result;
        let mut digests = vec![
            (t!(locale, "result-digest-seal"), result.seal_digest.as_str()),
            (t!(locale, "result-digest-trace"), result.trace_sha256.as_str()),
        ];
        if let Some(poll) = &published.poll {
            digests.push((t!(locale, "result-digest-codes"), poll.tracking_codes_digest.as_str()));
        }
        digests.retain(|(_, digest)| !digest.is_empty());
        let columns = vec![
            column(t!(locale, "result-digest"), 30, false),
            column(t!(locale, "result-digest-value"), 70, false),
        ];
        let rows = digests.iter().map(|(what, digest)| vec![what.to_string(), (*digest).to_owned()]);
        let caption = t!(locale, "result-digests").into_owned();
        let mut blocks = vec![
            Block::Heading(t!(locale, "result-check").into_owned()),
            Block::Paragraph(format!("{} {page}", t!(locale, "result-check-text"))),
            Block::Paragraph(t!(locale, "result-check-how").into_owned()),
            Block::List(vec![
                format!("{page}.pb"),
                format!("comitia tally --seal {} result.pb", result.seal_digest),
            ]),
            Block::Table { caption, columns, rows: rows.collect() },
        ];
        if result.smallest_group > 0 {
            let small = t!(locale, "result-small-groups", count = count(result.smallest_group));
            blocks.push(Block::Paragraph(small));
        }
        let aside = published.poll.iter().flat_map(|poll| &poll.paper_batches_set_aside);
        let aside: Vec<_> = aside.map(|batch| format!("{} – {}", batch.title, batch.reason)).collect();
        if !aside.is_empty() {
            blocks.push(Block::Paragraph(t!(locale, "result-set-aside", count = aside.len())));
            blocks.push(Block::List(aside));
        }
        blocks
    }
}

fn column(label: impl Into<String>, share: u16, numeric: bool) -> Column {
    Column { label: label.into(), share, numeric }
}

/// A colour such as "#1a4d8f".
fn color(text: &str) -> Option<[u8; 3]> {
    let digits = hex::decode(text.strip_prefix('#')?).ok()?;
    digits.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::color;

    #[test]
    fn a_colour_is_read_or_there_is_none() {
        assert_eq!(color("#1a4d8F"), Some([26, 77, 143]));
        for odd in ["", "#", "1a4d8f", "#1a4d8", "#1a4d8f00", "#zzzzzz"] {
            assert_eq!(color(odd), None, "{odd}");
        }
    }
}
