//! How people vote on a budget and what decides, in plain words.

use comitia_proto::budgets::v1::{
    AllocationRule, BallotRule, Budget, Completion, RuleKind, Satisfaction, Start, Stop, TieBreak,
};
use comitia_proto::voting::v1::BallotType;

use crate::locale::{Locale, key, t};

/// What people do on their ballots.
pub fn ballot(locale: &Locale, budget: &Budget) -> Vec<String> {
    let default = BallotRule::default();
    let rule = budget.ballot_rule.as_ref().unwrap_or(&default);
    let money = |amount| locale.money(amount, &budget.currency);
    let mut words = vec![match rule.r#type() {
        BallotType::Unspecified | BallotType::Signature | BallotType::Approval => {
            t!(locale, "budgets-ballot-approval").into_owned()
        }
        BallotType::Knapsack => {
            let most = if rule.max_total_cost > 0 { rule.max_total_cost } else { budget.amount };
            t!(locale, "budgets-ballot-knapsack", most = money(most))
        }
        BallotType::Cumulative => t!(locale, "budgets-ballot-points", count = rule.max_total_points),
        BallotType::Ranking => t!(locale, "budgets-ballot-ranking").into_owned(),
        BallotType::ChooseOne => t!(locale, "budgets-ballot-one").into_owned(),
        BallotType::Score => t!(locale, "budgets-ballot-score", most = rule.max_points),
    }];
    if rule.r#type() != BallotType::ChooseOne {
        match (rule.min_choices, rule.max_choices) {
            (0 | 1, 0) => {}
            (0 | 1, most) => words.push(t!(locale, "budgets-ballot-most", count = most)),
            (least, 0) => words.push(t!(locale, "budgets-ballot-least", count = least)),
            (least, most) => words.push(t!(locale, "budgets-ballot-between", least = least, most = most)),
        }
    }
    if rule.r#type() != BallotType::Knapsack && rule.max_total_cost > 0 {
        words.push(t!(locale, "budgets-ballot-cost", most = money(rule.max_total_cost)));
    }
    if rule.recast_allowed {
        words.push(t!(locale, "budgets-ballot-recast").into_owned());
    }
    words
}

/// What decides.
pub fn allocation(locale: &Locale, budget: &Budget) -> Vec<String> {
    let default = AllocationRule::default();
    let rule = budget.allocation_rule.as_ref().unwrap_or(&default);
    let mut words = Vec::new();
    let mut say = |key: &'static str| words.push(locale.text(key).into_owned());
    match rule.kind() {
        RuleKind::Unspecified | RuleKind::Greedy | RuleKind::GreedyThreshold => {
            say(key!("result-rule-greedy"));
            say(key!("result-rule-skip"));
        }
        RuleKind::GreedyNoSkip => {
            say(key!("result-rule-greedy"));
            say(key!("result-rule-no-skip"));
        }
        RuleKind::GreedyExclusive => {
            say(key!("result-rule-greedy"));
            say(key!("result-rule-skip"));
            say(key!("result-rule-exclusive"));
        }
        RuleKind::EqualShares => equal_shares(locale, rule, &budget.currency, &mut words),
        RuleKind::Phragmen => say(key!("result-rule-phragmen")),
    }
    if rule.part_from_percent > 0 {
        words.push(t!(locale, "result-rule-in-part", percent = rule.part_from_percent));
    }
    if rule.min_score > 0 {
        words.push(t!(locale, "result-rule-minimum", count = count(rule.min_score)));
    }
    if budget.ballot_rule.as_ref().is_some_and(|rule| rule.r#type() == BallotType::Ranking) {
        words.push(ranks(locale, rule));
    }
    words.push(ties(locale, rule));
    if !budget.leftover_budget_id.is_empty() {
        words.push(t!(locale, "budgets-leftover").into_owned());
    }
    words
}

fn equal_shares(locale: &Locale, rule: &AllocationRule, currency: &str, words: &mut Vec<String>) {
    let mut say = |key: &'static str| words.push(locale.text(key).into_owned());
    say(key!("result-rule-shares"));
    say(key!("result-rule-shares-round"));
    say(match rule.satisfaction() {
        Satisfaction::Unspecified | Satisfaction::Cost => key!("result-rule-shares-cost"),
        Satisfaction::Cardinality => key!("result-rule-shares-cardinality"),
    });
    if rule.start() == Start::Integral {
        say(key!("result-rule-shares-integral"));
    }
    let completion = rule.completion();
    match completion {
        Completion::None => say(key!("result-rule-shares-none")),
        Completion::Greedy => say(key!("result-rule-shares-greedy")),
        Completion::Unspecified | Completion::Add1 | Completion::Add1u => {
            words.push(match rule.increment {
                0 => t!(locale, "result-rule-shares-add-unit").into_owned(),
                step => t!(locale, "result-rule-shares-add", step = locale.money(step, currency)),
            });
            if rule.stop() == Stop::Exhaustive {
                words.push(t!(locale, "result-rule-shares-exhaustive").into_owned());
            }
        }
    }
    if completion == Completion::Add1u {
        words.push(t!(locale, "result-rule-shares-greedy").into_owned());
    }
    if rule.comparison {
        words.push(t!(locale, "result-rule-shares-comparison").into_owned());
    }
}

fn ranks(locale: &Locale, rule: &AllocationRule) -> String {
    if rule.rank_points.is_empty() {
        return t!(locale, "result-rule-borda").into_owned();
    }
    let points: Vec<_> = rule.rank_points.iter().map(|points| locale.number((*points).into())).collect();
    t!(locale, "result-rule-ranks", points = points.join(", "))
}

fn ties(locale: &Locale, rule: &AllocationRule) -> String {
    let mut chain: Vec<TieBreak> = rule.ties().collect();
    if chain.is_empty() {
        chain = vec![TieBreak::MostVotes, TieBreak::LowestCost];
    }
    if chain.last() != Some(&TieBreak::Reference) {
        chain.push(TieBreak::Reference);
    }
    let chain: Vec<_> = chain.into_iter().map(|tie| tie_break(locale, tie)).collect();
    let text = t!(locale, "result-rule-ties", chain = chain.join(", "));
    if rule.lot_seed.is_empty() {
        return text;
    }
    format!("{text} {}", t!(locale, "result-rule-seed", seed = &rule.lot_seed))
}

/// What decides between equals.
pub fn tie_break(locale: &Locale, tie: TieBreak) -> String {
    let key = match tie {
        TieBreak::MostVotes => key!("result-tie-votes"),
        TieBreak::LowestCost => key!("result-tie-cheapest"),
        TieBreak::HighestCost => key!("result-tie-dearest"),
        TieBreak::Lot => key!("result-tie-lot"),
        TieBreak::Unspecified | TieBreak::Reference => key!("result-tie-reference"),
    };
    locale.text(key).into_owned()
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
