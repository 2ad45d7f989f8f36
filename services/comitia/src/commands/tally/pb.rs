//! A result as a `.pb` file.

use anyhow::Context as _;
use comitia_allocation::pabulib::{rule_from_meta, set_ties, ties_from_meta};
use comitia_allocation::{
    Comparison, Completion, EqualSharesRule, GreedyOrder, Rule, Satisfaction, Start, Stop,
};

use super::count::Count;
use super::words;

/// The election with the result in its `selected` column. META's rule is the one that
/// counted, and its comment has the chain of tie breakers where that is not the default.
pub(super) fn file(count: Count) -> anyhow::Result<String> {
    let selected: Vec<bool> =
        count.election.projects.iter().map(|project| count.funded(&project.id)).collect();
    let own = rule_from_meta(&count.election).is_ok_and(|rule| rule == count.outcome.rule);
    let same_ties = ties_from_meta(&count.election)
        .is_ok_and(|stated| stated.unwrap_or_default() == count.outcome.ties_rule);
    let parameters = words::parameters(&count);
    let mut election = count.election;
    for (project, selected) in election.projects.iter_mut().zip(selected) {
        project.selected = Some(u8::from(selected));
        // pabulib-checker 1.0.8 fails on a project without a name once the column is there.
        if project.name.trim().is_empty() {
            project.name.clone_from(&project.id);
        }
    }
    if !own {
        let rule = count.outcome.rule;
        let name = name(&rule, election.minor_per_unit());
        election.meta.set("rule", name.unwrap_or("unknown"));
        if name.is_none() {
            election
                .meta
                .add_comment(&format!("The selected column is the result of {rule} ({parameters})."));
        }
    }
    if !same_ties {
        set_ties(&mut election, &count.outcome.ties_rule);
    }
    election.to_pb().context("the result cannot be written as a .pb file")
}

/// What the format calls a rule, if it has a name for it.
fn name(rule: &Rule, unit: u64) -> Option<&'static str> {
    match rule {
        Rule::Greedy(greedy) => (greedy.order == GreedyOrder::Score).then(|| rule.name()),
        Rule::EqualShares(EqualSharesRule {
            satisfaction: Satisfaction::Cost,
            completion,
            increment,
            start: Start::Exact,
            stop: Stop::Overspend,
            comparison,
            min_score: None,
        }) if increment.is_none_or(|increment| increment == unit) => match (completion, comparison) {
            (Completion::None, Comparison::None) => Some("equalshares"),
            (Completion::None, Comparison::Satisfaction) => Some("equalshares-comparison"),
            (Completion::Add1, Comparison::None) => Some("equalshares/add1"),
            (Completion::Add1, Comparison::Satisfaction) => Some("equalshares/add1-comparison"),
            _ => None,
        },
        _ => None,
    }
}
