//! From a Pabulib `.pb` election to an instance and the rule that its META names.

use comitia_pabulib::{Election, VoteType};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::amount::Amount;
use crate::error::Error;
use crate::instance::{BallotKind, Instance, InstanceBuilder, Project};
use crate::outcome::BudgetPart;
use crate::ranks::RankScores;
use crate::rule::{
    Comparison, Completion, EqualSharesRule, GreedyKind, GreedyOrder, GreedyRule, Rule, Satisfaction, Start,
    Stop,
};
use crate::ties::{TieBreaker, Ties};

/// The column of PROJECTS that no published format has: projects with the same text in it exclude one another.
pub const EXCLUSION_GROUP: &str = "exclusion_group";

/// What the chain of tie breakers follows in META's comment.
const TIES: &str = "tie_breaking=";

/// What the rule and its parameters follow in META's comment.
const RULE: &str = "rule=";

/// What the parts of the budget follow in META's comment.
const BUDGET_PARTS: &str = "budget_parts=";

/// What a word of the comment or an item of the chain cannot have. What is not ASCII is encoded anyway.
const NOT_IN_A_SEED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',').add(b'#').add(b';').add(b'"');

/// The instance of an election. Ballots of type ordinal are scored by [`rank_scores`]; of type scoring, projects that
/// a ballot does not name get META `default_score`. Envelopes are META `budget_per_category` and
/// `budget_per_neighborhood`, in the order of `categories` and `neighborhoods`. Projects with the same
/// [`EXCLUSION_GROUP`] exclude one another, whatever the rule is called.
pub fn instance(election: &Election) -> Result<Instance, Error> {
    let kind = match election.vote_type {
        VoteType::Approval | VoteType::ChooseOne => BallotKind::Approval,
        VoteType::Ordinal | VoteType::Cumulative | VoteType::Scoring => BallotKind::Scored,
    };
    let ranks = rank_scores(election)?;
    let currency = election.meta.currency().unwrap_or_default();
    let mut builder = InstanceBuilder::new(election.budget, kind).currency(election.scale(), currency);
    for part in budget_parts(election)? {
        builder.budget_part(part);
    }
    let envelopes = envelopes(election, &mut builder)?;
    for p in &election.projects {
        let mut of: Vec<String> = Vec::new();
        if envelopes.0 {
            of.extend(p.categories.iter().cloned());
        }
        if envelopes.1 {
            of.extend(p.neighborhood.clone());
        }
        builder.project(Project {
            id: p.id.clone(),
            cost: p.cost,
            envelopes: of,
            excludes: exclusion_group(p).map(str::to_owned).into_iter().collect(),
            withdrawn: p.withdrawn,
        });
    }
    let default = default_score(election)?;
    let mut scores: Vec<(u32, i64)> = Vec::new();
    for ballot in election.ballots.iter() {
        match election.vote_type {
            VoteType::Approval | VoteType::ChooseOne => builder.approval(ballot.choices, 1)?,
            VoteType::Ordinal => builder.ranking(ballot.choices, &ranks, 1)?,
            VoteType::Cumulative | VoteType::Scoring => {
                scores.clear();
                let points = ballot.points.unwrap_or_default();
                scores.extend(ballot.choices.iter().copied().zip(points.iter().copied()));
                builder.scores_or(&scores, default, 1)?
            }
        };
    }
    builder.build()
}

/// The exclusion group of a project, if it is in one.
#[must_use]
pub fn exclusion_group(project: &comitia_pabulib::Project) -> Option<&str> {
    let cell = project.other.iter().find(|(column, _)| column == EXCLUSION_GROUP);
    cell.map(|(_, group)| group.trim()).filter(|group| !group.is_empty())
}

/// What the ranks of ordinal ballots score: META `scoring_fn`, and Borda where there is none.
pub fn rank_scores(election: &Election) -> Result<RankScores, Error> {
    let Some(scoring) = election.meta.scoring_fn() else { return Ok(RankScores::default()) };
    scoring.parse().map_err(|error: Error| meta("scoring_fn", scoring, &error.to_string()))
}

/// States the chain of tie breakers in META's comment, as `tie_breaking=lowest-cost,lot:SEED,id`, with the seed in
/// percent-encoding. In the comment, because pabulib-checker knows all the keys there are.
pub fn set_ties(election: &mut Election, ties: &Ties) {
    let items = ties.0.iter().map(|breaker| match breaker {
        TieBreaker::Lot { seed } => format!("lot:{}", utf8_percent_encode(seed, NOT_IN_A_SEED)),
        other => other.to_string(),
    });
    election.meta.add_comment(&format!("{TIES}{}", items.collect::<Vec<_>>().join(",")));
}

/// The chain of tie breakers that META's comment states last (see [`set_ties`]); `None` if it states none.
pub fn ties_from_meta(election: &Election) -> Result<Option<Ties>, Error> {
    let words = election.meta.comment().unwrap_or_default().split_whitespace();
    let Some(chain) = words.rev().find_map(|word| word.strip_prefix(TIES)) else { return Ok(None) };
    let breaker = |item: &str| match item.strip_prefix("lot:").filter(|seed| !seed.is_empty()) {
        Some(seed) => {
            let seed = percent_decode_str(seed).decode_utf8();
            let seed = seed.map_err(|_| meta("comment", item, "is not UTF-8 in percent-encoding"))?;
            Ok(TieBreaker::Lot { seed: seed.into_owned() })
        }
        None => item.parse().map_err(|error: Error| meta("comment", item, &error.to_string())),
    };
    chain.split(',').map(breaker).collect::<Result<_, Error>>().map(|chain| Some(Ties(chain)))
}

/// States where the budget comes from in META's comment, as `budget_parts=own:1000,<from>:200.5`, with what is not plain in
/// percent-encoding.
pub fn set_budget_parts(election: &mut Election, parts: &[BudgetPart]) {
    let part = |BudgetPart { from, amount }: &BudgetPart| {
        format!("{}:{amount}", utf8_percent_encode(from, NOT_IN_A_SEED))
    };
    let words: Vec<String> = parts.iter().map(part).collect();
    if !words.is_empty() {
        election.meta.add_comment(&format!("{BUDGET_PARTS}{}", words.join(",")));
    }
}

/// Where the budget comes from, as META's comment states last (see [`set_budget_parts`]); nothing if it states nothing.
fn budget_parts(election: &Election) -> Result<Vec<BudgetPart>, Error> {
    let words = election.meta.comment().unwrap_or_default().split_whitespace();
    let Some(parts) = words.rev().find_map(|word| word.strip_prefix(BUDGET_PARTS)) else {
        return Ok(Vec::new());
    };
    let part = |item: &str| {
        let (from, amount) = item.rsplit_once(':')?;
        let from = percent_decode_str(from).decode_utf8().ok()?;
        let amount = comitia_pabulib::Decimal::parse(amount)?;
        let amount = Amount { minor: u64::try_from(amount.mantissa()).ok()?, decimals: amount.scale() };
        Some(BudgetPart { from: from.into_owned(), amount })
    };
    let wrong = |item: &str| meta("comment", item, "is not a part of a budget, such as own:1000");
    parts.split(',').map(|item| part(item).ok_or_else(|| wrong(item))).collect()
}

/// The score of projects that a ballot does not name, at the scale of points.
fn default_score(election: &Election) -> Result<i64, Error> {
    if election.vote_type != VoteType::Scoring {
        return Ok(0);
    }
    let Some(score) = election.meta.default_score() else { return Ok(0) };
    let scaled = score.at_scale(election.points_scale).and_then(|s| i64::try_from(s).ok());
    scaled.ok_or_else(|| meta("default_score", &score.to_string(), "has more decimals than the points"))
}

/// Adds the envelopes; says whether categories and neighbourhoods have budgets.
fn envelopes(election: &Election, builder: &mut InstanceBuilder) -> Result<(bool, bool), Error> {
    let mut add = |key: &str, names: Vec<&str>, amounts: Vec<&str>| {
        if amounts.len() != names.len() && !amounts.is_empty() {
            let value = election.meta.get(key).unwrap_or_default();
            return Err(meta(key, value, "does not have one amount for each name"));
        }
        for (name, amount) in names.iter().zip(&amounts) {
            let minor = comitia_pabulib::Decimal::parse(amount)
                .and_then(|d| d.at_scale(election.scale()))
                .and_then(|minor| u64::try_from(minor).ok())
                .ok_or_else(|| meta(key, amount, "is not an amount at the scale of the file"))?;
            builder.envelope(name, minor);
        }
        Ok(!amounts.is_empty())
    };
    let m = &election.meta;
    Ok((
        add("budget_per_category", m.categories(), m.budget_per_category())?,
        add("budget_per_neighborhood", m.neighborhoods(), m.budget_per_neighborhood())?,
    ))
}

/// States the rule in META: by the format's name for it, and where it has none as `unknown`, with every parameter in
/// the comment, as `rule=equal-shares,completion=add1u,...`. A name must not promise another count than this one, so
/// projects that exclude one another leave only the name `greedy-exclusive`. Call it once the projects are there.
pub fn set_rule(election: &mut Election, rule: &Rule) {
    let name = name(election, rule);
    election.meta.set("rule", name.unwrap_or("unknown"));
    if name.is_none() {
        let Ok(Value::Object(parameters)) = serde_json::to_value(rule) else { return };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let parameters = parameters.iter().filter(|(key, value)| *key != "name" && !value.is_null());
        let mut words = vec![if matches!(rule, Rule::Greedy(_)) { "greedy" } else { rule.name() }.to_owned()];
        words.extend(parameters.map(|(key, value)| format!("{key}={}", text(value))));
        election.meta.add_comment(&format!("{RULE}{}", words.join(",")));
    }
}

/// The format's name for a rule.
fn name(election: &Election, rule: &Rule) -> Option<&'static str> {
    let excludes = election.projects.iter().any(|project| exclusion_group(project).is_some());
    let unit = election.minor_per_unit();
    match rule {
        Rule::Greedy(GreedyRule {
            kind,
            order: GreedyOrder::Score,
            min_score: least,
            part_from_percent: None,
        }) => {
            let exclusive = "greedy-exclusive";
            let name = match kind {
                GreedyKind::Skip | GreedyKind::Threshold | GreedyKind::Exclusive if excludes => {
                    Some(exclusive)
                }
                GreedyKind::NoSkip if excludes => None,
                _ => Some(rule.name()),
            };
            name.filter(|_| min_score(election).is_ok_and(|stated| stated == *least))
        }
        Rule::EqualShares(EqualSharesRule {
            satisfaction: Satisfaction::Cost,
            completion,
            increment,
            start: Start::Exact,
            stop: Stop::Overspend,
            comparison,
            min_score: None,
        }) if !excludes && increment.is_none_or(|increment| increment == unit) => {
            match (completion, comparison) {
                (Completion::None, Comparison::None) => Some("equalshares"),
                (Completion::None, Comparison::Satisfaction) => Some("equalshares-comparison"),
                (Completion::Add1, Comparison::None) => Some("equalshares/add1"),
                (Completion::Add1, Comparison::Satisfaction) => Some("equalshares/add1-comparison"),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The rule that META's comment states last (see [`set_rule`]); `None` if it states none.
///
/// # Errors
/// When the comment states one that does not exist, or with parameters that it does not have.
pub fn rule_from_comment(election: &Election) -> Result<Option<Rule>, Error> {
    let words = election.meta.comment().unwrap_or_default().split_whitespace();
    let Some(stated) = words.rev().find_map(|word| word.strip_prefix(RULE)) else { return Ok(None) };
    let wrong = |problem: &str| meta("comment", stated, problem);
    let mut parameters = Map::new();
    for (i, word) in stated.split(',').enumerate() {
        let (key, value) = if i == 0 { ("name", word) } else { word.split_once('=').unwrap_or((word, "")) };
        let value = value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from);
        parameters.insert(key.to_owned(), value);
    }
    let rule: Rule = serde_json::from_value(Value::Object(parameters.clone()))
        .map_err(|error| wrong(&error.to_string()))?;
    let known = serde_json::to_value(rule).unwrap_or_default();
    match parameters.keys().find(|key| known.get(*key).is_none()) {
        Some(key) => Err(wrong(&format!("has a parameter that the rule does not: {key}"))),
        None => Ok(Some(rule)),
    }
}

/// The rule that META names, with META's `min_project_score_threshold` for greedy rules. `equalshares` and its
/// variants use cost satisfaction; `/add1` is Add1 with an increment of one currency unit that stops before it
/// overspends, without a completion after it: these reproduce the real elections (reference: Wieliczka 2023, Świecie
/// 2023, Assen 2024). `unknown` is the rule that the comment states ([`set_rule`]); without one, it names no rule, and
/// nor does `greedy-custom`.
pub fn rule_from_meta(election: &Election) -> Result<Rule, Error> {
    let name = election.meta.rule().unwrap_or_default();
    let greedy = |kind| {
        Ok(Rule::Greedy(GreedyRule { kind, min_score: min_score(election)?, ..GreedyRule::default() }))
    };
    let shares = |completion, comparison| {
        Ok(Rule::EqualShares(EqualSharesRule { completion, comparison, ..EqualSharesRule::default() }))
    };
    match name.trim() {
        "greedy" => greedy(GreedyKind::Skip),
        "greedy-no-skip" => greedy(GreedyKind::NoSkip),
        "greedy-threshold" => greedy(GreedyKind::Threshold),
        "greedy-exclusive" => greedy(GreedyKind::Exclusive),
        "equalshares" => shares(Completion::None, Comparison::None),
        "equalshares-comparison" => shares(Completion::None, Comparison::Satisfaction),
        "equalshares/add1" => shares(Completion::Add1, Comparison::None),
        "equalshares/add1-comparison" => shares(Completion::Add1, Comparison::Satisfaction),
        "unknown" => rule_from_comment(election)?
            .ok_or_else(|| meta("rule", name, "names no rule, and the comment states none")),
        _ => Err(meta("rule", name, "names no rule that can be run")),
    }
}

/// META's `min_project_score_threshold` at the scale of points: a score meets it if it meets the next whole number.
pub fn min_score(election: &Election) -> Result<Option<i64>, Error> {
    let Some(threshold) = election.meta.min_project_score_threshold() else { return Ok(None) };
    let (mantissa, from) = (i128::from(threshold.mantissa()), threshold.scale());
    let scaled = match threshold.at_scale(election.points_scale) {
        Some(scaled) => scaled,
        None => {
            let one = 10i128.pow(from.saturating_sub(election.points_scale));
            mantissa.div_euclid(one) + i128::from(mantissa.rem_euclid(one) != 0)
        }
    };
    let value = threshold.to_string();
    i64::try_from(scaled).map(Some).map_err(|_| meta("min_project_score_threshold", &value, "is too large"))
}

fn meta(key: &str, value: &str, problem: &str) -> Error {
    Error::Meta { key: key.to_owned(), value: value.to_owned(), problem: problem.to_owned() }
}
