//! A budget's terms: its money, how people vote on it, what decides. Each choice says what follows from it.

use axum::response::Response;
use comitia_proto::budgets::v1::{
    AllocationRule, BallotRule, Budget, BudgetState, Completion, CreateBudgetRequest, RuleKind, Satisfaction,
    UpdateBudgetRequest,
};
use comitia_proto::spaces::v1::Process;
use comitia_proto::voting::v1::BallotType;
use http::StatusCode;
use maud::{Markup, html};

use super::{BUDGETERS, Query, path, processes, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas};
use crate::pages::office::Officer;
use crate::pages::office::parts::{
    changed_meanwhile, done, is_changed, new_request_id, refused, request_id, save_or_cancel, status,
};
use crate::pages::parts::Asked;
use crate::pages::slugs::Slug;
use crate::ui::{Choice, Field, FieldErrors, Kind, Width, form_post};
use crate::visit::PageResult;

const TITLE_MAX: u32 = 200;
/// A currency where nothing says another.
const CURRENCY: &str = "EUR";

const BALLOTS: [(&str, BallotType, &str, &str); 6] = [
    ("approval", BallotType::Approval, key!("office-ballot-approval"), key!("office-ballot-approval-text")),
    ("knapsack", BallotType::Knapsack, key!("office-ballot-knapsack"), key!("office-ballot-knapsack-text")),
    ("points", BallotType::Cumulative, key!("office-ballot-points"), key!("office-ballot-points-text")),
    ("ranking", BallotType::Ranking, key!("office-ballot-ranking"), key!("office-ballot-ranking-text")),
    ("score", BallotType::Score, key!("office-ballot-score"), key!("office-ballot-score-text")),
    ("one", BallotType::ChooseOne, key!("office-ballot-one"), key!("office-ballot-one-text")),
];

pub(super) const RULES: [(&str, RuleKind, &str, &str); 6] = [
    ("greedy", RuleKind::Greedy, key!("office-rule-greedy"), key!("office-rule-greedy-text")),
    ("equal-shares", RuleKind::EqualShares, key!("office-rule-shares"), key!("office-rule-shares-text")),
    ("greedy-no-skip", RuleKind::GreedyNoSkip, key!("office-rule-no-skip"), key!("office-rule-no-skip-text")),
    (
        "greedy-threshold",
        RuleKind::GreedyThreshold,
        key!("office-rule-threshold"),
        key!("office-rule-threshold-text"),
    ),
    (
        "greedy-exclusive",
        RuleKind::GreedyExclusive,
        key!("office-rule-exclusive"),
        key!("office-rule-exclusive-text"),
    ),
    ("phragmen", RuleKind::Phragmen, key!("office-rule-phragmen"), key!("office-rule-phragmen-text")),
];

const COMPLETIONS: [(&str, Completion, &str); 4] = [
    ("add1u", Completion::Add1u, key!("office-completion-add1u")),
    ("add1", Completion::Add1, key!("office-completion-add1")),
    ("greedy", Completion::Greedy, key!("office-completion-greedy")),
    ("none", Completion::None, key!("office-completion-none")),
];

/// The form as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Draft {
    title: String,
    area: String,
    amount: String,
    currency: String,
    ballot: String,
    least: String,
    most: String,
    points: String,
    points_each: String,
    recast: bool,
    rule: String,
    minimum: String,
    completion: String,
    by_cost: bool,
    leftover: String,
    etag: String,
    request_id: String,
}

impl Draft {
    fn new(currency: &str) -> Self {
        Self {
            currency: currency.to_owned(),
            ballot: "approval".into(),
            rule: "greedy".into(),
            completion: "add1u".into(),
            by_cost: true,
            recast: true,
            request_id: new_request_id(),
            ..Self::default()
        }
    }

    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            title: text("title"),
            area: text("area"),
            amount: text("amount"),
            currency: text("currency").to_uppercase(),
            ballot: text("ballot"),
            least: text("least"),
            most: text("most"),
            points: text("points"),
            points_each: text("points_each"),
            recast: form.get("recast") == "yes",
            rule: text("rule"),
            minimum: text("minimum"),
            completion: text("completion"),
            by_cost: form.get("satisfaction") != "projects",
            leftover: text("leftover"),
            etag: text("etag"),
            request_id: request_id(form),
        }
    }

    fn of_budget(officer: &Officer, budget: &Budget) -> Self {
        let ballot = budget.ballot_rule.clone().unwrap_or_default();
        let rule = budget.allocation_rule.clone().unwrap_or_default();
        let number = |number: u64| if number == 0 { String::new() } else { number.to_string() };
        let points = if ballot.r#type() == BallotType::Score { 0 } else { ballot.max_total_points };
        Self {
            title: budget.title.clone(),
            area: budget.area_code.clone(),
            amount: officer.locale.money_typed(budget.amount, &budget.currency),
            currency: budget.currency.clone(),
            ballot: BALLOTS.iter().find(|one| one.1 == ballot.r#type()).map_or("", |one| one.0).into(),
            least: number(ballot.min_choices.into()),
            most: number(ballot.max_choices.into()),
            points: number(points.into()),
            points_each: number(ballot.max_points.into()),
            recast: ballot.recast_allowed,
            rule: RULES.iter().find(|one| one.1 == rule.kind()).map_or("", |one| one.0).into(),
            minimum: number(u64::try_from(rule.min_score).unwrap_or(0)),
            completion: COMPLETIONS
                .iter()
                .find(|one| one.1 == rule.completion())
                .map_or("add1", |one| one.0)
                .into(),
            by_cost: rule.satisfaction() != Satisfaction::Cardinality,
            leftover: budget.leftover_budget_id.clone(),
            etag: budget.etag.clone(),
            request_id: String::new(),
        }
    }

    /// What the API is asked for, `before` being what is there: what this page does not ask for stays.
    fn read(&self, officer: &Officer, before: &Budget, errors: &mut FieldErrors) -> Budget {
        let locale = officer.locale;
        let mut said = |name: &str, text: &'static str| errors.push(name, locale.text(text));
        if self.title.is_empty() || self.title.chars().count() > TITLE_MAX as usize {
            said("title", key!("office-budget-title-wrong"));
        }
        let currency = if before.currency.is_empty() { &self.currency } else { &before.currency };
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            said("currency", key!("office-budget-currency-wrong"));
        }
        let amount = locale.money_read(&self.amount, currency).filter(|amount| *amount > 0);
        if amount.is_none() {
            said("amount", key!("office-budget-amount-wrong"));
        }
        let mut number =
            |name: &str, text: &str| match text.replace([' ', '\u{a0}', '\u{202f}'], "").parse::<u32>() {
                Ok(number) => number,
                Err(_) if text.is_empty() => 0,
                Err(_) => {
                    errors.push(name, locale.text(key!("office-number-wrong")));
                    0
                }
            };
        let (least, most) = (number("least", &self.least), number("most", &self.most));
        let (points, each) = (number("points", &self.points), number("points_each", &self.points_each));
        let minimum = number("minimum", &self.minimum);
        let ballot_type = BALLOTS.iter().find(|one| one.0 == self.ballot).map(|one| one.1);
        let kind = RULES.iter().find(|one| one.0 == self.rule).map(|one| one.1);
        if ballot_type.is_none() {
            errors.push("ballot", t!(locale, "office-ballot-missing"));
        }
        if kind.is_none() {
            errors.push("rule", t!(locale, "office-rule-missing"));
        }
        if most > 0 && least > most {
            errors.push("most", t!(locale, "office-ballot-most-wrong"));
        }
        if ballot_type == Some(BallotType::Cumulative) && points == 0 {
            errors.push("points", t!(locale, "office-ballot-points-missing"));
        }
        if ballot_type == Some(BallotType::Score) && each == 0 {
            errors.push("points_each", t!(locale, "office-ballot-each-missing"));
        }
        if kind == Some(RuleKind::GreedyThreshold) && minimum == 0 {
            errors.push("minimum", t!(locale, "office-rule-minimum-missing"));
        }
        let ballot = ballot_rule(
            before.ballot_rule.clone().unwrap_or_default(),
            ballot_type.unwrap_or_default(),
            [least, most, points, each],
            self.recast,
        );
        let rule = self.allocation_rule(before, kind.unwrap_or_default(), minimum);
        Budget {
            title: self.title.clone(),
            area_code: self.area.clone(),
            amount: amount.unwrap_or(0),
            currency: currency.clone(),
            ballot_rule: Some(ballot),
            allocation_rule: Some(rule),
            leftover_budget_id: self.leftover.clone(),
            ..before.clone()
        }
    }

    fn allocation_rule(&self, before: &Budget, kind: RuleKind, minimum: u32) -> AllocationRule {
        let before = before.allocation_rule.clone().unwrap_or_default();
        let mut rule = AllocationRule {
            kind: kind.into(),
            min_score: minimum.into(),
            ties: before.ties.clone(),
            lot_seed: before.lot_seed.clone(),
            rank_points: before.rank_points.clone(),
            ..AllocationRule::default()
        };
        if self.ballot != "ranking" {
            rule.rank_points.clear();
        }
        if kind == RuleKind::EqualShares {
            let completion = COMPLETIONS.iter().find(|one| one.0 == self.completion);
            rule.set_completion(completion.map_or(Completion::Add1u, |one| one.1));
            rule.set_satisfaction(if self.by_cost { Satisfaction::Cost } else { Satisfaction::Cardinality });
            rule.start = before.start;
            rule.comparison = before.comparison;
            if matches!(rule.completion(), Completion::Add1 | Completion::Add1u) {
                (rule.increment, rule.stop) = (before.increment, before.stop);
            }
        }
        rule
    }
}

/// A ballot of this type. What another type had and this one cannot have goes.
fn ballot_rule(before: BallotRule, kind: BallotType, numbers: [u32; 4], recast: bool) -> BallotRule {
    let [least, most, points, each] = numbers;
    let same = before.r#type() == kind;
    let one = kind == BallotType::ChooseOne;
    let mut rule = BallotRule {
        r#type: kind.into(),
        min_choices: if one { least.min(1) } else { least },
        max_choices: if one { 0 } else { most },
        recast_allowed: recast,
        category_limits: before.category_limits,
        max_total_cost: before.max_total_cost,
        ..BallotRule::default()
    };
    match kind {
        BallotType::Cumulative => (rule.max_total_points, rule.max_points) = (points, each),
        BallotType::Score => rule.max_points = each,
        BallotType::Knapsack if same => rule.min_budget_percent = before.min_budget_percent,
        _ => {}
    }
    if same && matches!(kind, BallotType::Cumulative | BallotType::Score) {
        (rule.min_points, rule.min_total_points) = (before.min_points, before.min_total_points);
    }
    rule
}

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
            (self.field("completion", key!("office-completion"), errors)
                .hint(t!(locale, "office-shares-only"))
                .select(Some(&draft.completion), None, &completions))
            (self.field("satisfaction", key!("office-satisfaction"), errors)
                .hint(t!(locale, "office-shares-only"))
                .select(Some(gain), None, &gains))
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
