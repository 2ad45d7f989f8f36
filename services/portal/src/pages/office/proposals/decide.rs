//! One proposal: its text, the team's answer, and hiding it where it breaks the rules.

use axum::response::Response;
use comitia_proto::proposals::v1::{
    AnswerProposalRequest, GetProposalRequest, ModerateProposalRequest, Proposal, ProposalState,
};
use comitia_proto::spaces::v1::Attachment;
use maud::{Markup, html};

use super::files::section;
use super::{ANSWERERS, MODERATORS, currency, path};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas, instant};
use crate::pages::files::of_proposal;
use crate::pages::office::parts::{Sheet, done, refused, status, what_was_done_with};
use crate::pages::office::{Desk, Officer};
use crate::pages::parts as site;
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, SummaryRow, Tone, Width, button, buttons, form_post, markdown,
    notice, summary_list,
};
use crate::visit::PageResult;

pub(super) const ANSWER_MAX: u32 = 20_000;
pub(super) const REASON_MAX: u32 = 1000;

pub(super) const DECISIONS: [(&str, ProposalState, &str, &str); 3] = [
    (
        "examined",
        ProposalState::Examined,
        key!("proposals-state-examined"),
        key!("office-answer-examined-text"),
    ),
    (
        "accepted",
        ProposalState::Accepted,
        key!("proposals-state-accepted"),
        key!("office-answer-accepted-text"),
    ),
    (
        "rejected",
        ProposalState::Rejected,
        key!("proposals-state-rejected"),
        key!("office-answer-rejected-text"),
    ),
];

/// The answer as it was typed.
#[derive(Clone, Debug, Default)]
struct Answer {
    decision: String,
    answer: String,
    cost: String,
}

struct Page {
    officer: Officer,
    proposal: Proposal,
    areas: Areas,
    currency: String,
    attachments: Vec<Attachment>,
}

impl Page {
    async fn of(officer: Officer, slug: &Slug) -> Result<Self, PageError> {
        let request = officer.request(GetProposalRequest { proposal_id: slug.id() });
        let answer = officer.services().proposals().get_proposal(request).await?;
        let proposal = answer.into_inner().proposal.ok_or(PageError::NotFound)?;
        let (areas, currency, files) = tokio::try_join!(
            calls::areas(&officer),
            currency(&officer, &proposal.process_id),
            of_proposal(&officer, slug.id()),
        )?;
        Ok(Self { officer, proposal, areas, currency, attachments: files.attachments })
    }

    /// The answer that is there, to be changed.
    fn answered(&self) -> Answer {
        let (proposal, locale) = (&self.proposal, self.officer.locale);
        let decision = DECISIONS.iter().find(|one| one.1 == proposal.state());
        let cost = proposal.estimated_cost;
        Answer {
            decision: decision.map_or("", |one| one.0).into(),
            answer: proposal.answer.clone(),
            cost: if cost > 0 { locale.money_typed(cost, &self.currency) } else { String::new() },
        }
    }

    fn show(&self, answer: &Answer, reason: &str, errors: &FieldErrors) -> Response {
        let (officer, proposal, locale) = (&self.officer, &self.proposal, self.officer.locale);
        let public = site::proposal_path(officer, &proposal.title, &proposal.proposal_id);
        let body = html! {
            (what_was_done_with(officer, &[
                ("answered", key!("office-answer-done")),
                ("hidden", key!("office-moderate-done-hidden")),
                ("shown", key!("office-moderate-done-shown")),
                ("file-removed", key!("office-files-removed")),
            ], |done| self.undo(done)))
            p { (site::proposal_tag(&locale, proposal.state())) }
            @if proposal.hidden {
                (notice(&locale, Tone::Error, Some(&t!(locale, "office-proposal-is-hidden")), html! {
                    p { (site::written(&proposal.hidden_reason)) }
                }))
            }
            (self.facts())
            (markdown(&proposal.body, 2))
            (section(officer, proposal, &self.attachments))
            p { a href=(public) { (t!(locale, "office-proposal-public")) } }
            @if officer.has_any(ANSWERERS) && proposal.state() != ProposalState::Withdrawn {
                (self.answer_form(answer, errors))
            }
            @if officer.has_any(MODERATORS) { (self.moderate_form(reason, errors)) }
        };
        let (lead, title) = (t!(locale, "office-proposal-lead"), proposal.title.as_str());
        let sheet = Sheet { desk: Desk::Proposals, title, lead: &lead, way: &[], errors, said: None };
        sheet.show(officer, status(errors), body)
    }

    /// The way back from hiding and showing. An answer is public at once, and is changed instead.
    fn undo(&self, done: &str) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        if !officer.has_any(MODERATORS) {
            return html! {};
        }
        match (done, self.proposal.hidden) {
            ("hidden", true) => form_post(
                &officer.link(&format!("{}/moderate", path(&self.proposal))),
                None,
                html! {
                    input type="hidden" name="hidden" value="no";
                    input type="hidden" name="reason" value=(t!(locale, "office-undo-hidden-reason"));
                    (button(Button::Quiet, &t!(locale, "office-undo-hidden"), None))
                },
            ),
            ("shown", false) => html! { p { a href="#moderation" { (t!(locale, "office-undo-shown")) } } },
            _ => html! {},
        }
    }

    fn facts(&self) -> Markup {
        let (proposal, locale) = (&self.proposal, self.officer.locale);
        let since = instant(proposal.create_time.as_ref()).map(|time| locale.date(time)).unwrap_or_default();
        let area = match proposal.area_code.as_str() {
            "" => t!(locale, "proposals-everywhere").into_owned(),
            code => self.areas.title(code).to_owned(),
        };
        let place = proposal.place.as_ref().map(|place| place.address.clone()).unwrap_or_default();
        let rows = [
            (t!(locale, "office-proposals-since"), since),
            (t!(locale, "proposals-area"), area),
            (t!(locale, "proposals-place"), place),
            (t!(locale, "proposals-category"), proposal.category.clone()),
        ];
        let rows: Vec<_> = rows
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| SummaryRow { label, value: site::written(value), change: None })
            .collect();
        summary_list(&locale, &rows)
    }

    fn answer_form(&self, answer: &Answer, errors: &FieldErrors) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let texts: Vec<_> = DECISIONS
            .iter()
            .map(|(value, _, label, hint)| (*value, locale.text(label), locale.text(hint)))
            .collect();
        let choices: Vec<_> =
            texts.iter().map(|(value, label, hint)| Choice::new(value, label).hint(hint)).collect();
        let error = |name: &str| errors.of(name).map(str::to_owned);
        html! {
            section aria-labelledby="answering" {
                h2 #answering { (t!(locale, "office-answer")) }
                @if !self.proposal.project_ids.is_empty() {
                    (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-answer-is-project")) } }))
                }
                (form_post(&officer.link(&format!("{}/answer", path(&self.proposal))), None, html! {
                    (Field::new(&locale, "decision", t!(locale, "office-answer-decision"))
                        .error(error("decision"))
                        .radios(Some(&answer.decision), &choices))
                    (Field::new(&locale, "answer", t!(locale, "office-answer-text"))
                        .hint(t!(locale, "office-answer-text-hint"))
                        .error(error("answer")).max_length(ANSWER_MAX)
                        .textarea(&answer.answer, 8))
                    (Field::new(&locale, "cost", t!(locale, "office-answer-cost"))
                        .hint(t!(locale, "office-answer-cost-hint"))
                        .error(error("cost")).optional().width(Width::Medium).suffix(self.currency.clone())
                        .input(Kind::Decimal, &answer.cost))
                    (buttons(button(Button::Primary, &t!(locale, "office-answer-publish"), None)))
                }))
            }
        }
    }

    fn moderate_form(&self, reason: &str, errors: &FieldErrors) -> Markup {
        let (officer, locale, hidden) = (&self.officer, self.officer.locale, self.proposal.hidden);
        let (title, text, yes, weight) = if hidden {
            (
                key!("office-moderate-show"),
                key!("office-moderate-show-text"),
                key!("office-moderate-show-do"),
                Button::Secondary,
            )
        } else {
            (
                key!("office-moderate-hide"),
                key!("office-moderate-hide-text"),
                key!("office-moderate-hide-do"),
                Button::Danger,
            )
        };
        html! {
            section aria-labelledby="moderation" {
                h2 #moderation { (locale.text(title)) }
                p { (locale.text(text)) }
                (form_post(&officer.link(&format!("{}/moderate", path(&self.proposal))), None, html! {
                    input type="hidden" name="hidden" value=(if hidden { "no" } else { "yes" });
                    (Field::new(&locale, "reason", t!(locale, "office-moderate-reason"))
                        .hint(t!(locale, "office-moderate-reason-hint"))
                        .error(errors.of("reason").map(str::to_owned))
                        .max_length(REASON_MAX)
                        .textarea(reason, 3))
                    (buttons(button(weight, &locale.text(yes), None)))
                }))
            }
        }
    }
}

pub async fn show(officer: Officer, slug: Slug) -> PageResult {
    let page = Page::of(officer, &slug).await?;
    Ok(page.show(&page.answered(), "", &FieldErrors::new()))
}

pub async fn answer(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ANSWERERS)?;
    let page = Page::of(officer, &slug).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let typed = Answer {
        decision: form.text("decision").to_owned(),
        answer: form.text("answer").replace("\r\n", "\n"),
        cost: form.text("cost").to_owned(),
    };
    let mut errors = FieldErrors::new();
    let decision = DECISIONS.iter().find(|one| one.0 == typed.decision).map(|one| one.1);
    if decision.is_none() {
        errors.push("decision", t!(locale, "office-answer-missing"));
    }
    if typed.answer.is_empty() && decision != Some(ProposalState::Examined) {
        errors.push("answer", t!(locale, "office-answer-text-missing"));
    }
    let cost = if typed.cost.is_empty() { Some(0) } else { locale.money_read(&typed.cost, &page.currency) };
    if cost.is_none() {
        errors.push("cost", t!(locale, "office-project-cost-wrong"));
    }
    let (Some(decision), Some(cost), true) = (decision, cost, errors.is_empty()) else {
        return Ok(page.show(&typed, "", &errors));
    };
    let request = AnswerProposalRequest {
        proposal_id: page.proposal.proposal_id.clone(),
        state: decision.into(),
        answer: typed.answer.clone(),
        estimated_cost: cost,
    };
    match officer.services().proposals().answer_proposal(officer.request(request)).await {
        Ok(_) => Ok(done(officer, &path(&page.proposal), "answered")),
        Err(status) => {
            let error = PageError::from(status);
            if error.reason() == Some(comitia_platform::Reason::ProposalStateInvalid) {
                errors.push("decision", t!(locale, "office-answer-state"));
                return Ok(page.show(&typed, "", &errors));
            }
            let (text, cost) =
                (t!(locale, "office-answer-text-missing"), t!(locale, "office-project-cost-wrong"));
            let errors = refused(error, &[("answer", "answer", &text), ("estimated_cost", "cost", &cost)])?;
            Ok(page.show(&typed, "", &errors))
        }
    }
}

pub async fn moderate(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(MODERATORS)?;
    let page = Page::of(officer, &slug).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let reason = form.text("reason").replace("\r\n", "\n");
    let hidden = form.get("hidden") == "yes";
    if reason.is_empty() || reason.chars().count() > REASON_MAX as usize {
        let mut errors = FieldErrors::new();
        errors.push("reason", t!(locale, "office-moderate-reason-missing"));
        return Ok(page.show(&page.answered(), &reason, &errors));
    }
    let request = ModerateProposalRequest { proposal_id: page.proposal.proposal_id.clone(), hidden, reason };
    officer.services().proposals().moderate_proposal(officer.request(request)).await?;
    Ok(done(officer, &path(&page.proposal), if hidden { "hidden" } else { "shown" }))
}
