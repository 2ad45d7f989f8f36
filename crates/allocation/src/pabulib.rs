//! From a Pabulib `.pb` election to an instance and the rule that its META names.

use comitia_pabulib::{Election, VoteType};

use crate::error::Error;
use crate::instance::{BallotKind, Instance, InstanceBuilder, Project};
use crate::rule::{Comparison, Completion, EqualSharesRule, GreedyKind, GreedyRule, Rule};

/// The instance of an election. Ballots of type ordinal are scored by Borda ([`InstanceBuilder::ranking`]); of type
/// scoring, projects that a ballot does not name get META `default_score`. Envelopes are META `budget_per_category`
/// and `budget_per_neighborhood`, in the order of `categories` and `neighborhoods`.
pub fn instance(election: &Election) -> Result<Instance, Error> {
    let kind = match election.vote_type {
        VoteType::Approval | VoteType::ChooseOne => BallotKind::Approval,
        VoteType::Ordinal | VoteType::Cumulative | VoteType::Scoring => BallotKind::Scored,
    };
    if let Some(scoring) = election.meta.scoring_fn().filter(|s| !s.eq_ignore_ascii_case("borda")) {
        return Err(meta("scoring_fn", scoring, "is not supported; Borda is"));
    }
    let currency = election.meta.currency().unwrap_or_default();
    let mut builder = InstanceBuilder::new(election.budget, kind).currency(election.scale(), currency);
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
            excludes: Vec::new(),
            withdrawn: p.withdrawn,
        });
    }
    let default = default_score(election)?;
    let mut scores: Vec<(u32, i64)> = Vec::new();
    for ballot in election.ballots.iter() {
        match election.vote_type {
            VoteType::Approval | VoteType::ChooseOne => builder.approval(ballot.choices, 1)?,
            VoteType::Ordinal => builder.ranking(ballot.choices, 1)?,
            VoteType::Cumulative | VoteType::Scoring => {
                scores.clear();
                let points = ballot.points.unwrap_or_default();
                scores.extend(ballot.choices.iter().copied().zip(points.iter().copied()));
                if default != 0 {
                    let all = (0u32..).take(election.projects.len());
                    scores.extend(all.filter(|p| !ballot.choices.contains(p)).map(|p| (p, default)));
                }
                builder.scores(&scores, 1)?
            }
        };
    }
    builder.build()
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

/// The rule that META names, with META's `min_project_score_threshold` for greedy rules. `equalshares` and its
/// variants use cost satisfaction; `/add1` is Add1 with an increment of one currency unit that stops before it
/// overspends, without a completion after it: these reproduce the real elections (reference: Wieliczka 2023, Świecie
/// 2023, Assen 2024). `unknown` and `greedy-custom` name no rule.
pub fn rule_from_meta(election: &Election) -> Result<Rule, Error> {
    let name = election.meta.rule().unwrap_or_default();
    let greedy = |kind| {
        Ok(Rule::Greedy(GreedyRule { kind, min_score: min_score(election)?, ..GreedyRule::default() }))
    };
    let shares = |completion, comparison| {
        Ok(Rule::EqualShares(EqualSharesRule { completion, comparison, ..EqualSharesRule::default() }))
    };
    match name {
        "greedy" => greedy(GreedyKind::Skip),
        "greedy-no-skip" => greedy(GreedyKind::NoSkip),
        "greedy-threshold" => greedy(GreedyKind::Threshold),
        "greedy-exclusive" => greedy(GreedyKind::Exclusive),
        "equalshares" => shares(Completion::None, Comparison::None),
        "equalshares-comparison" => shares(Completion::None, Comparison::Satisfaction),
        "equalshares/add1" => shares(Completion::Add1, Comparison::None),
        "equalshares/add1-comparison" => shares(Completion::Add1, Comparison::Satisfaction),
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
