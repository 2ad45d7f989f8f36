//! The form of a budget's terms, as it was typed, and what the API is asked for.

use comitia_proto::budgets::v1::{AllocationRule, BallotRule, Budget, Completion, RuleKind, Satisfaction};
use comitia_proto::voting::v1::BallotType;

use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::office::Officer;
use crate::pages::office::parts::{new_request_id, request_id};
use crate::ui::FieldErrors;

pub const TITLE_MAX: u32 = 200;
/// A project that is funded in part gets less than all.
const PART_MAX: u32 = 99;
/// A currency where nothing says another.
pub const CURRENCY: &str = "EUR";

pub const BALLOTS: [(&str, BallotType, &str, &str); 6] = [
    ("approval", BallotType::Approval, key!("office-ballot-approval"), key!("office-ballot-approval-text")),
    ("knapsack", BallotType::Knapsack, key!("office-ballot-knapsack"), key!("office-ballot-knapsack-text")),
    ("points", BallotType::Cumulative, key!("office-ballot-points"), key!("office-ballot-points-text")),
    ("ranking", BallotType::Ranking, key!("office-ballot-ranking"), key!("office-ballot-ranking-text")),
    ("score", BallotType::Score, key!("office-ballot-score"), key!("office-ballot-score-text")),
    ("one", BallotType::ChooseOne, key!("office-ballot-one"), key!("office-ballot-one-text")),
];

pub const RULES: [(&str, RuleKind, &str, &str); 6] = [
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

pub const COMPLETIONS: [(&str, Completion, &str); 4] = [
    ("add1u", Completion::Add1u, key!("office-completion-add1u")),
    ("add1", Completion::Add1, key!("office-completion-add1")),
    ("greedy", Completion::Greedy, key!("office-completion-greedy")),
    ("none", Completion::None, key!("office-completion-none")),
];

/// The form as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub title: String,
    pub area: String,
    pub amount: String,
    pub currency: String,
    pub ballot: String,
    pub least: String,
    pub most: String,
    pub points: String,
    pub points_each: String,
    pub recast: bool,
    pub rule: String,
    pub minimum: String,
    pub part: String,
    pub completion: String,
    pub by_cost: bool,
    pub leftover: String,
    pub sign_off: bool,
    pub etag: String,
    pub request_id: String,
}

impl Draft {
    pub fn new(currency: &str) -> Self {
        Self {
            currency: currency.to_owned(),
            ballot: "approval".into(),
            rule: "greedy".into(),
            completion: "add1u".into(),
            by_cost: true,
            recast: true,
            sign_off: true,
            request_id: new_request_id(),
            ..Self::default()
        }
    }

    pub fn of(form: &Form) -> Self {
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
            part: text("part"),
            completion: text("completion"),
            by_cost: form.get("satisfaction") != "projects",
            leftover: text("leftover"),
            sign_off: form.get("sign_off") == "yes",
            etag: text("etag"),
            request_id: request_id(form),
        }
    }

    pub fn of_budget(officer: &Officer, budget: &Budget) -> Self {
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
            part: number(rule.part_from_percent.into()),
            completion: COMPLETIONS
                .iter()
                .find(|one| one.1 == rule.completion())
                .map_or("add1", |one| one.0)
                .into(),
            by_cost: rule.satisfaction() != Satisfaction::Cardinality,
            leftover: budget.leftover_budget_id.clone(),
            sign_off: budget.sign_off_required,
            etag: budget.etag.clone(),
            request_id: String::new(),
        }
    }

    /// What the API is asked for, `before` being what is there: what this page does not ask for stays.
    pub fn read(&self, officer: &Officer, before: &Budget, errors: &mut FieldErrors) -> Budget {
        let currency = if before.currency.is_empty() { &self.currency } else { &before.currency };
        let amount = self.amount(officer, currency, errors);
        let numbers = self.numbers(officer, errors);
        let ballot_type = BALLOTS.iter().find(|one| one.0 == self.ballot).map(|one| one.1);
        let kind = RULES.iter().find(|one| one.0 == self.rule).map(|one| one.1);
        numbers.check(officer, ballot_type, kind, errors);
        let Numbers { least, most, points, each, minimum, part } = numbers;
        let ballot = ballot_rule(
            before.ballot_rule.clone().unwrap_or_default(),
            ballot_type.unwrap_or_default(),
            [least, most, points, each],
            self.recast,
        );
        let rule = self.allocation_rule(before, kind.unwrap_or_default(), minimum, part);
        Budget {
            title: self.title.clone(),
            area_code: self.area.clone(),
            amount,
            currency: currency.clone(),
            ballot_rule: Some(ballot),
            allocation_rule: Some(rule),
            leftover_budget_id: self.leftover.clone(),
            sign_off_required: self.sign_off,
            ..before.clone()
        }
    }

    /// The amount in minor units, and what is wrong with it, its currency and the title.
    fn amount(&self, officer: &Officer, currency: &str, errors: &mut FieldErrors) -> i64 {
        let locale = officer.locale;
        let mut said = |name: &str, text: &'static str| errors.push(name, locale.text(text));
        if self.title.is_empty() || self.title.chars().count() > TITLE_MAX as usize {
            said("title", key!("office-budget-title-wrong"));
        }
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            said("currency", key!("office-budget-currency-wrong"));
        }
        let amount = locale.money_read(&self.amount, currency).filter(|amount| *amount > 0);
        if amount.is_none() {
            said("amount", key!("office-budget-amount-wrong"));
        }
        amount.unwrap_or(0)
    }

    /// The numbers; what is empty is 0.
    fn numbers(&self, officer: &Officer, errors: &mut FieldErrors) -> Numbers {
        let mut number =
            |name: &str, text: &str| match text.replace([' ', '\u{a0}', '\u{202f}'], "").parse::<u32>() {
                Ok(number) => number,
                Err(_) if text.is_empty() => 0,
                Err(_) => {
                    errors.push(name, officer.locale.text(key!("office-number-wrong")));
                    0
                }
            };
        Numbers {
            least: number("least", &self.least),
            most: number("most", &self.most),
            points: number("points", &self.points),
            each: number("points_each", &self.points_each),
            minimum: number("minimum", &self.minimum),
            part: number("part", &self.part),
        }
    }

    fn allocation_rule(&self, before: &Budget, kind: RuleKind, minimum: u32, part: u32) -> AllocationRule {
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
        } else if kind != RuleKind::Phragmen {
            rule.part_from_percent = part;
        }
        rule
    }
}

/// The numbers of the form.
#[derive(Clone, Copy)]
struct Numbers {
    least: u32,
    most: u32,
    points: u32,
    each: u32,
    minimum: u32,
    part: u32,
}

impl Numbers {
    /// What does not fit the ballot and the rule.
    fn check(
        &self,
        officer: &Officer,
        ballot: Option<BallotType>,
        kind: Option<RuleKind>,
        errors: &mut FieldErrors,
    ) {
        let locale = officer.locale;
        if ballot.is_none() {
            errors.push("ballot", t!(locale, "office-ballot-missing"));
        }
        if kind.is_none() {
            errors.push("rule", t!(locale, "office-rule-missing"));
        }
        if self.most > 0 && self.least > self.most {
            errors.push("most", t!(locale, "office-ballot-most-wrong"));
        }
        if ballot == Some(BallotType::Cumulative) && self.points == 0 {
            errors.push("points", t!(locale, "office-ballot-points-missing"));
        }
        if ballot == Some(BallotType::Score) && self.each == 0 {
            errors.push("points_each", t!(locale, "office-ballot-each-missing"));
        }
        if self.part > PART_MAX {
            errors.push("part", t!(locale, "office-rule-part-wrong"));
        }
        if kind == Some(RuleKind::GreedyThreshold) && self.minimum == 0 {
            errors.push("minimum", t!(locale, "office-rule-minimum-missing"));
        }
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
