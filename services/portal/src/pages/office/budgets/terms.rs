//! A budget's terms: its money, how people vote on it, what decides. Each choice says what follows from it.

mod draft;

use axum::response::Response;
use comitia_proto::budgets::v1::{Budget, BudgetState, CreateBudgetRequest, UpdateBudgetRequest};
use comitia_proto::spaces::v1::Process;
use http::StatusCode;
use maud::{Markup, html};

use super::{BUDGETERS, Query, path, processes, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas};
use crate::pages::office::Officer;
use crate::pages::office::parts::{changed_meanwhile, done, is_changed, refused, save_or_cancel, status};
use crate::pages::parts::Asked;
use crate::pages::slugs::Slug;
use crate::ui::{Choice, Field, FieldErrors, Kind, Width, form_post};
use crate::visit::PageResult;
use draft::{BALLOTS, COMPLETIONS, CURRENCY, Draft, RULES, TITLE_MAX};

/// What the API may say, in the words of this page.
fn words(officer: &Officer) -> Vec<(&'static str, &'static str, String)> {
    let text = |key: &str| officer.locale.text(key).into_owned();
    vec![
        ("title", "title", text(key!("office-budget-title-wrong"))),
        ("amount", "amount", text(key!("office-budget-amount-wrong"))),
        ("currency", "currency", text(key!("office-budget-currency-wrong"))),
        ("area_code", "area", text(key!("office-budget-area-wrong"))),
        ("leftover_budget_id", "leftover", text(key!("office-budget-leftover-wrong"))),
        ("ballot_rule.min_choices", "least", text(key!("office-ballot-least-wrong"))),
        ("ballot_rule.max_choices", "most", text(key!("office-ballot-most-wrong"))),
        ("ballot_rule.max_total_points", "points", text(key!("office-ballot-points-wrong"))),
        ("ballot_rule.min_total_points", "points", text(key!("office-ballot-points-wrong"))),
        ("ballot_rule.max_points", "points_each", text(key!("office-ballot-each-wrong"))),
        ("ballot_rule.max_total_cost", "ballot", text(key!("office-ballot-cost-wrong"))),
        ("ballot_rule.category_limits", "ballot", text(key!("office-ballot-categories-wrong"))),
        ("allocation_rule.kind", "rule", text(key!("office-rule-not-with-ballot"))),
        ("allocation_rule.min_score", "minimum", text(key!("office-number-wrong"))),
        ("allocation_rule.part_from_percent", "part", text(key!("office-rule-part-wrong"))),
        ("allocation_rule.rank_points", "rule", text(key!("office-rule-ranks-wrong"))),
        ("allocation_rule", "rule", text(key!("office-rule-not-with-ballot"))),
    ]
}

fn said(officer: &Officer, error: PageError) -> Result<FieldErrors, PageError> {
    let words = words(officer);
    let words: Vec<_> = words.iter().map(|(api, name, text)| (*api, *name, text.as_str())).collect();
    refused(error, &words)
}

/// A page for a budget that is new or there.
struct Page<'a> {
    officer: &'a Officer,
    process: &'a Process,
    budgets: &'a [Budget],
    areas: &'a Areas,
    budget: Option<&'a Budget>,
}

impl Page<'_> {
    fn show(&self, draft: &Draft, errors: &FieldErrors, note: Option<Markup>) -> Response {
        let (officer, locale) = (self.officer, self.officer.locale);
        let (title, action, back) = match self.budget {
            Some(budget) => {
                let here = path(budget);
                (t!(locale, "office-budget-edit"), format!("{here}/edit"), here)
            }
            None => {
                let query = format!("?process={}", self.process.process_id);
                (
                    t!(locale, "office-budgets-new"),
                    format!("/office/budgets/new{query}"),
                    "/office/budgets".to_owned(),
                )
            }
        };
        let link = officer.link(&back);
        let way: Vec<_> = self.budget.iter().map(|budget| (budget.title.as_str(), link.as_str())).collect();
        let request_id = Some(draft.request_id.as_str()).filter(|id| !id.is_empty());
        let body = form_post(
            &officer.link(&action),
            request_id,
            html! {
                input type="hidden" name="etag" value=(draft.etag);
                (self.money(draft, errors))
                (self.ballot(draft, errors))
                (self.rule(draft, errors))
                (self.sign_off(draft))
                (save_or_cancel(officer, &back))
            },
        );
        let lead = t!(locale, "office-budget-terms-lead", process = &self.process.title);
        let mut sheet = sheet(&title, &lead, &way, errors);
        sheet.said = note;
        let status = if sheet.said.is_some() { StatusCode::CONFLICT } else { status(errors) };
        sheet.show(officer, status, body)
    }

    fn field<'f>(&self, name: &'f str, label: &'static str, errors: &FieldErrors) -> Field<'f> {
        let locale = self.officer.locale;
        Field::new(&locale, name, locale.text(label)).error(errors.of(name).map(str::to_owned))
    }

    fn money(&self, draft: &Draft, errors: &FieldErrors) -> Markup {
        let locale = self.officer.locale;
        let by_title = self.areas.by_title();
        let areas: Vec<_> = by_title.iter().map(|(code, title)| Choice::new(code, title)).collect();
        let own = self.budget.map_or("", |budget| &budget.budget_id);
        let others: Vec<_> = self
            .budgets
            .iter()
            .filter(|other| other.budget_id != own)
            .map(|other| Choice::new(&other.budget_id, &other.title))
            .collect();
        let everywhere = t!(locale, "budgets-everywhere");
        html! {
            (self.field("title", key!("office-budget-title"), errors)
                .hint(t!(locale, "office-budget-title-hint"))
                .max_length(TITLE_MAX)
                .input(Kind::Text, &draft.title))
            (self.field("amount", key!("office-budget-amount"), errors)
                .hint(t!(locale, "office-budget-amount-hint"))
                .width(Width::Medium)
                .suffix(draft.currency.clone())
                .input(Kind::Decimal, &draft.amount))
            @if self.budget.is_none() {
                (self.field("currency", key!("office-budget-currency"), errors)
                    .hint(t!(locale, "office-budget-currency-hint"))
                    .width(Width::Short)
                    .max_length(3)
                    .input(Kind::Text, &draft.currency))
                @if !areas.is_empty() {
                    (self.field("area", key!("office-budget-area"), errors)
                        .hint(t!(locale, "office-budget-area-hint"))
                        .select(Some(&draft.area), Some(&everywhere), &areas))
                }
            }
            @if !others.is_empty() {
                (self.field("leftover", key!("office-budget-leftover"), errors)
                    .hint(t!(locale, "office-budget-leftover-hint"))
                    .select(Some(&draft.leftover), Some(&t!(locale, "office-budget-leftover-none")), &others))
            }
        }
    }

    fn ballot(&self, draft: &Draft, errors: &FieldErrors) -> Markup {
        let locale = self.officer.locale;
        let texts: Vec<_> = BALLOTS
            .iter()
            .map(|(value, _, label, hint)| (*value, locale.text(label), locale.text(hint)))
            .collect();
        let choices: Vec<_> =
            texts.iter().map(|(value, label, hint)| Choice::new(value, label).hint(hint)).collect();
        html! {
            h2 { (t!(locale, "budgets-how-ballot")) }
            (self.field("ballot", key!("office-ballot"), errors).radios(Some(&draft.ballot), &choices))
            (self.field("least", key!("office-ballot-least"), errors)
                .hint(t!(locale, "office-ballot-least-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.least))
            (self.field("most", key!("office-ballot-most"), errors)
                .hint(t!(locale, "office-ballot-most-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.most))
            (self.field("points", key!("office-ballot-points-field"), errors)
                .hint(t!(locale, "office-ballot-points-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.points))
            (self.field("points_each", key!("office-ballot-each"), errors)
                .hint(t!(locale, "office-ballot-each-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.points_each))
            (self.field("recast", key!("office-ballot-recast"), errors)
                .hint(t!(locale, "office-ballot-recast-hint"))
                .checkbox(draft.recast))
        }
    }

    fn rule(&self, draft: &Draft, errors: &FieldErrors) -> Markup {
        let locale = self.officer.locale;
        let texts: Vec<_> = RULES
            .iter()
            .map(|(value, _, label, hint)| (*value, locale.text(label), locale.text(hint)))
            .collect();
        let choices: Vec<_> =
            texts.iter().map(|(value, label, hint)| Choice::new(value, label).hint(hint)).collect();
        let completions: Vec<_> =
            COMPLETIONS.iter().map(|(value, _, label)| (*value, locale.text(label))).collect();
        let completions: Vec<_> =
            completions.iter().map(|(value, label)| Choice::new(value, label)).collect();
        let (cost, projects) =
            (t!(locale, "office-satisfaction-cost"), t!(locale, "office-satisfaction-projects"));
        let gains = [Choice::new("cost", &cost), Choice::new("projects", &projects)];
        let gain = if draft.by_cost { "cost" } else { "projects" };
        html! {
            h2 { (t!(locale, "budgets-how-decided")) }
            p { (t!(locale, "office-rule-try")) " "
                a href=(self.officer.link("/office/budgets/try")) { (t!(locale, "office-try")) } }
            (self.field("rule", key!("office-rule"), errors).radios(Some(&draft.rule), &choices))
            (self.field("minimum", key!("office-rule-minimum"), errors)
                .hint(t!(locale, "office-rule-minimum-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.minimum))
            (self.field("part", key!("office-rule-part"), errors)
                .hint(t!(locale, "office-rule-part-hint"))
                .optional().width(Width::Short).suffix("%").input(Kind::Digits, &draft.part))
            (self.field("completion", key!("office-completion"), errors)
                .hint(t!(locale, "office-shares-only"))
                .select(Some(&draft.completion), None, &completions))
            (self.field("satisfaction", key!("office-satisfaction"), errors)
                .hint(t!(locale, "office-shares-only"))
                .select(Some(gain), None, &gains))
        }
    }
}

impl Page<'_> {
    /// Whether two people sign; it can be asked for, and not be lifted.
    fn sign_off(&self, draft: &Draft) -> Markup {
        let locale = self.officer.locale;
        let hint = match self.budget {
            Some(budget) if budget.sign_off_required => return html! {},
            Some(_) => t!(locale, "office-checklist-require-hint"),
            None => t!(locale, "office-checklist-required-hint"),
        };
        html! {
            h2 { (t!(locale, "office-checklist")) }
            (Field::new(&locale, "sign_off", t!(locale, "office-checklist-required"))
                .hint(hint).checkbox(draft.sign_off))
        }
    }
}

pub async fn new(officer: Officer, Asked(asked): Asked<Query>) -> PageResult {
    officer.require(BUDGETERS)?;
    let (process, budgets, areas) = around(&officer, &asked.process).await?;
    let currency = budgets.first().map_or(CURRENCY, |budget| &budget.currency);
    let page = Page { officer: &officer, process: &process, budgets: &budgets, areas: &areas, budget: None };
    Ok(page.show(&Draft::new(currency), &FieldErrors::new(), None))
}

async fn around(officer: &Officer, asked: &str) -> Result<(Process, Vec<Budget>, Areas), PageError> {
    let (_, chosen) = processes(officer, asked).await?;
    let process = chosen.ok_or(PageError::NotFound)?;
    let id = process.process_id.clone();
    let (budgets, areas) = tokio::try_join!(calls::budgets(officer, id), calls::areas(officer))?;
    Ok((process, budgets, areas))
}

pub async fn create(officer: Officer, Asked(asked): Asked<Query>, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let (process, budgets, areas) = around(&officer, &asked.process).await?;
    let page = Page { officer: &officer, process: &process, budgets: &budgets, areas: &areas, budget: None };
    let draft = Draft::of(&form);
    let mut errors = FieldErrors::new();
    let read = draft.read(&officer, &Budget::default(), &mut errors);
    if !errors.is_empty() {
        return Ok(page.show(&draft, &errors, None));
    }
    let request = CreateBudgetRequest {
        process_id: process.process_id.clone(),
        title: read.title,
        area_code: read.area_code,
        amount: read.amount,
        currency: read.currency,
        ballot_rule: read.ballot_rule,
        allocation_rule: read.allocation_rule,
        request_id: draft.request_id.clone(),
        leftover_budget_id: read.leftover_budget_id,
        sign_off_required: read.sign_off_required,
    };
    match officer.services().budgets().create_budget(officer.request(request)).await {
        Ok(answer) => {
            let budget = answer.into_inner().budget.ok_or(PageError::NotFound)?;
            Ok(done(&officer, &path(&budget), "created"))
        }
        Err(status) => Ok(page.show(&draft, &said(&officer, status.into())?, None)),
    }
}

pub async fn edit(officer: Officer, slug: Slug) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    let (process, budgets, areas) = around_budget(&officer, &budget).await?;
    let page = Page {
        officer: &officer,
        process: &process,
        budgets: &budgets,
        areas: &areas,
        budget: Some(&budget),
    };
    Ok(page.show(&Draft::of_budget(&officer, &budget), &FieldErrors::new(), None))
}

/// A budget whose vote is not scheduled. Of any other nothing can be changed, and its page says why.
pub(super) async fn draft_budget(officer: &Officer, slug: &Slug) -> Result<Budget, PageError> {
    let budget = calls::budget(officer, slug.id()).await?;
    if budget.state() == BudgetState::Draft { Ok(budget) } else { Err(frozen()) }
}

/// What the API says of a budget whose vote is scheduled.
pub(super) fn frozen() -> PageError {
    let reason = comitia_platform::Reason::BudgetFrozen;
    comitia_platform::ApiError::precondition(reason, "the budget is frozen: its vote was scheduled").into()
}

async fn around_budget(
    officer: &Officer,
    budget: &Budget,
) -> Result<(Process, Vec<Budget>, Areas), PageError> {
    let id = budget.process_id.clone();
    tokio::try_join!(calls::process(officer, id.clone()), calls::budgets(officer, id), calls::areas(officer))
}

pub async fn update(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    let (process, budgets, areas) = around_budget(&officer, &budget).await?;
    let page = Page {
        officer: &officer,
        process: &process,
        budgets: &budgets,
        areas: &areas,
        budget: Some(&budget),
    };
    let draft = Draft { currency: budget.currency.clone(), request_id: String::new(), ..Draft::of(&form) };
    let mut errors = FieldErrors::new();
    let read = draft.read(&officer, &budget, &mut errors);
    if !errors.is_empty() {
        return Ok(page.show(&draft, &errors, None));
    }
    let request = UpdateBudgetRequest {
        budget_id: budget.budget_id.clone(),
        title: read.title,
        amount: read.amount,
        ballot_rule: read.ballot_rule,
        allocation_rule: read.allocation_rule,
        etag: draft.etag.clone(),
        keep_leftover: read.leftover_budget_id.is_empty(),
        leftover_budget_id: read.leftover_budget_id,
        require_sign_off: read.sign_off_required,
    };
    match officer.services().budgets().update_budget(officer.request(request)).await {
        Ok(answer) => {
            let budget = answer.into_inner().budget.ok_or(PageError::NotFound)?;
            Ok(done(&officer, &path(&budget), "changed"))
        }
        Err(status) => {
            let error = PageError::from(status);
            if is_changed(&error) {
                let again = Draft { etag: budget.etag.clone(), ..draft };
                return Ok(page.show(&again, &FieldErrors::new(), Some(changed_meanwhile(&officer))));
            }
            Ok(page.show(&draft, &said(&officer, error)?, None))
        }
    }
}
