//! Accepted proposals become projects, with the cost that was estimated.

use std::collections::HashSet;

use axum::response::Response;
use comitia_proto::budgets::v1::{Budget, ImportProposalsRequest};
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal, ProposalState};
use maud::html;

use super::terms::draft_budget;
use super::{BUDGETERS, amount, path, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::calls;
use crate::pages::office::parts::{done, refused, status};
use crate::pages::office::{Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::{Button, Choice, Field, FieldErrors, button, button_link, buttons, empty, form_post};
use crate::visit::PageResult;

const PAGE: i32 = 1000;
/// As many as the API takes at once.
const AT_ONCE: usize = 1000;

/// The accepted proposals that are no project of the budget yet; those for its area first.
async fn candidates(officer: &Officer, budget: &Budget) -> Result<Vec<Proposal>, PageError> {
    let projects = calls::projects(officer, &budget.budget_id).await?;
    let there: HashSet<_> = projects.iter().map(|project| project.proposal_id.as_str()).collect();
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListProposalsRequest {
            process_id: budget.process_id.clone(),
            state: ProposalState::Accepted.into(),
            page_size: PAGE,
            page_token,
            ..ListProposalsRequest::default()
        };
        let answer = calls::proposals(officer, request).await?;
        all.extend(answer.proposals);
        page_token = answer.next_page_token;
        if page_token.is_empty() || all.len() >= AT_ONCE {
            break;
        }
    }
    all.retain(|proposal| !proposal.hidden && !there.contains(proposal.proposal_id.as_str()));
    all.sort_by_key(|proposal| proposal.area_code != budget.area_code);
    all.truncate(AT_ONCE);
    Ok(all)
}

async fn page(
    officer: &Officer,
    budget: &Budget,
    chosen: &[&str],
    errors: &FieldErrors,
) -> Result<Response, PageError> {
    let locale = officer.locale;
    let (found, areas) = tokio::try_join!(candidates(officer, budget), calls::areas(officer))?;
    let texts: Vec<_> = found
        .iter()
        .map(|proposal| {
            let cost = if proposal.estimated_cost > 0 {
                amount(officer, budget, proposal.estimated_cost)
            } else {
                t!(locale, "office-import-free").into_owned()
            };
            let everywhere = t!(locale, "proposals-everywhere");
            let area = match proposal.area_code.as_str() {
                "" => everywhere.into_owned(),
                code => areas.title(code).to_owned(),
            };
            (cost, area)
        })
        .collect();
    let choices: Vec<_> = found
        .iter()
        .zip(&texts)
        .map(|(proposal, (cost, area))| {
            Choice::new(&proposal.proposal_id, &proposal.title).hint(area).aside(cost)
        })
        .collect();
    let here = path(budget);
    let body = html! {
        @if choices.is_empty() {
            (empty(&t!(locale, "office-import-none"), html! {
                p { (t!(locale, "office-import-none-text")) }
                p { a href=(officer.link(Desk::Proposals.path())) { (t!(locale, "office-proposals")) } }
            }))
        } @else {
            p { (t!(locale, "office-import-text")) }
            (form_post(&officer.link(&format!("{here}/import")), None, html! {
                (Field::new(&locale, "proposal", t!(locale, "office-import-which"))
                    .error(errors.of("proposal").map(str::to_owned))
                    .checkboxes(chosen, &choices))
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "office-import-do"), None))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&here)))
                }))
            }))
        }
    };
    let (title, lead, link) =
        (t!(locale, "office-import"), t!(locale, "office-import-lead"), officer.link(&here));
    let way = [(budget.title.as_str(), link.as_str())];
    Ok(sheet(&title, &lead, &way, errors).show(officer, status(errors), body))
}

pub async fn choose(officer: Officer, slug: Slug) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    page(&officer, &budget, &[], &FieldErrors::new()).await
}

pub async fn import(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    let chosen: Vec<_> =
        form.fields().filter(|(name, _)| *name == "proposal").map(|(_, id)| id).take(AT_ONCE).collect();
    let locale = officer.locale;
    let mut errors = FieldErrors::new();
    if chosen.is_empty() {
        errors.push("proposal", t!(locale, "office-import-missing"));
        return page(&officer, &budget, &chosen, &errors).await;
    }
    let request = ImportProposalsRequest {
        budget_id: budget.budget_id.clone(),
        proposal_ids: chosen.iter().map(|id| (*id).to_owned()).collect(),
    };
    match officer.services().projects().import_proposals(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &path(&budget), "imported")),
        Err(status) => {
            let text = t!(locale, "office-import-not-accepted");
            let errors = refused(status.into(), &[("proposal_ids", "proposal", &text)])?;
            page(&officer, &budget, &chosen, &errors).await
        }
    }
}
