//! A result in plain language.

use comitia_allocation::{
    Amount, BallotKind, Compared, Comparison, Completion, EqualSharesRule, Fraction, GreedyKind, GreedyOrder,
    GreedyRule, Phase, Reason, Rejection, Round, Rule, Satisfaction, Shares, Start, Stop, Tie, Ties,
};
use comitia_pabulib::Election;
use comitia_recount::Origin;

use super::count::{Agreement, Count};

/// What the election is called.
pub(super) fn title(election: &Election) -> String {
    let meta = &election.meta;
    let place = [meta.unit(), meta.subunit().or_else(|| meta.district()), meta.instance()];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    match meta.description() {
        Some(description) => format!("{description} ({})", place.join(", ")),
        None => place.join(", "),
    }
}

/// That another rule takes the place of META's, if so.
pub(super) fn replaced(count: &Count) -> Option<String> {
    match &count.origin {
        Origin::Replaced(named) => Some(format!(
            "the file names the rule {named:?}, which cannot be run; the greedy rule takes its place (--rule chooses another)"
        )),
        Origin::Meta | Origin::Option => None,
    }
}

/// The parameters, as options name them.
pub(super) fn parameters(count: &Count) -> String {
    let mut list = Vec::new();
    let minimum = match &count.outcome.rule {
        Rule::Greedy(rule) => {
            if rule.order != GreedyOrder::Score {
                list.push(format!("order {}", rule.order));
            }
            if let Some(percent) = rule.part_from_percent {
                list.push(format!("in part from {percent} %"));
            }
            rule.min_score
        }
        Rule::EqualShares(rule) => {
            list.push(format!("satisfaction {}", rule.satisfaction));
            list.push(format!("completion {}", rule.completion));
            list.push(format!("start {}", rule.start));
            if matches!(rule.completion, Completion::Add1 | Completion::Add1u) {
                let increment = rule.increment.unwrap_or_else(|| count.instance.minor_per_unit());
                list.push(format!("increment {}", count.money(increment)));
                list.push(format!("stop {}", rule.stop));
            }
            if rule.comparison != Comparison::None {
                list.push(format!("comparison {}", rule.comparison));
            }
            rule.min_score
        }
        Rule::Phragmen(rule) => rule.min_score,
    };
    if let Some(minimum) = minimum {
        list.push(format!("minimum {} {}", count.score(minimum.into()), count.unit().to_lowercase()));
    }
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// How the rule decides, for readers who do not know it.
pub(super) fn explained(count: &Count) -> Vec<String> {
    let unit = count.unit().to_lowercase();
    let (mut sentences, minimum) = match &count.outcome.rule {
        Rule::Greedy(rule) => (greedy(rule, &unit), rule.min_score),
        Rule::EqualShares(rule) => (equal_shares(rule), rule.min_score),
        Rule::Phragmen(rule) => (phragmen(), rule.min_score),
    };
    if let Some(minimum) = minimum {
        sentences.push(format!("A project needs at least {} {unit}.", count.score(minimum.into())));
    }
    sentences
}

fn greedy(rule: &GreedyRule, unit: &str) -> Vec<String> {
    let order = match rule.order {
        GreedyOrder::Score => format!("The projects take their turns by their {unit}, the most first."),
        GreedyOrder::Votes => "The projects take their turns by their votes, the most first.".to_owned(),
        GreedyOrder::ScorePerCost => {
            format!("The projects take their turns by their {unit} for each unit of money.")
        }
    };
    let fits = match rule.kind {
        GreedyKind::NoSkip => "Each is funded, until the first one that costs more than what is left.",
        GreedyKind::Skip | GreedyKind::Threshold | GreedyKind::Exclusive => {
            "Each is funded if it fits into what is left, and passed over if not."
        }
    };
    let mut sentences = vec![order, fits.to_owned()];
    if let Some(percent) = rule.part_from_percent {
        sentences.push(format!(
            "What is left in the end goes to the first project that did not fit, if it is at least {percent} % of its cost."
        ));
    }
    sentences
}

fn equal_shares(rule: &EqualSharesRule) -> Vec<String> {
    let mut sentences = vec![
        "Every voter has an equal share of the budget, which pays only for projects that this voter supports.",
        "A project is funded when its supporters can pay for it together; \
         the next one is always the one that gives them most for their money.",
        match rule.satisfaction {
            Satisfaction::Cost => "What a project gives is measured by its cost.",
            Satisfaction::Cardinality => {
                "What a project gives is measured by support alone, whatever its cost."
            }
        },
    ];
    if rule.start == Start::Integral {
        sentences.push("A share starts from a whole number of currency units.");
    }
    match rule.completion {
        Completion::None => sentences.push("What is left at the end stays unspent."),
        Completion::Greedy => {
            sentences.push("What is left at the end goes to the projects with most support that fit.");
        }
        Completion::Add1 | Completion::Add1u => {
            sentences.push(
                "Because shares that are not used up leave money over, all shares grow together \
                 until the projects would cost more than the budget.",
            );
            if rule.stop == Stop::Exhaustive {
                sentences.push("They stop growing as soon as no other project fits into the budget.");
            }
            if rule.completion == Completion::Add1u {
                sentences.push("What is then left goes to the projects with most support that fit.");
            }
        }
    }
    if rule.comparison != Comparison::None {
        sentences.push("If more voters prefer what the greedy rule would fund, that is funded instead.");
    }
    sentences.into_iter().map(str::to_owned).collect()
}

fn phragmen() -> Vec<String> {
    let sentences = [
        "Every voter earns money at the same pace. As soon as the supporters of a project have earned its cost together, \
         they buy it, and their money is spent.",
        "The rule stops at the first project that costs more than what is left of the budget.",
    ];
    sentences.map(str::to_owned).to_vec()
}

/// Why a project is funded.
pub(super) fn funded(count: &Count, round: &Round) -> String {
    if count.election.points_scale == 0 || round.payers.is_some() {
        let sentence = round.sentence(&count.instance);
        return match round.phase {
            Phase::Completion => format!("{sentence} (From what equal shares left.)"),
            Phase::Greedy | Phase::EqualShares | Phase::Phragmen => sentence,
        };
    }
    let money = |amount: Amount| count.instance.money(amount.minor);
    let how = match round.granted {
        None => format!("funded for {}; it was next with", money(round.cost)),
        Some(granted) => format!(
            "funded in part, with {} of its cost of {}; of the projects that did not fit it was the first, with",
            money(granted),
            money(round.cost)
        ),
    };
    format!(
        "Round {}: {how} {} points from {} voters; {} of the budget is left.",
        round.round,
        count.score(round.score),
        round.votes,
        money(round.budget_left)
    )
}

/// Why a project is not funded.
pub(super) fn rejected(count: &Count, rejection: &Rejection) -> String {
    match &rejection.reason {
        Reason::BelowThreshold { score, minimum } => format!(
            "It received {} {}, which is below the minimum of {}.",
            count.score(*score),
            count.unit().to_lowercase(),
            count.score((*minimum).into())
        ),
        // What is counted in points has decimals that only the election knows.
        _ => match rejection.support_lacking.filter(|_| count.instance.kind() == BallotKind::Scored) {
            Some(more) => format!(
                "{} With {} more {} it would have been funded.",
                rejection.sentence,
                count.score(more),
                count.unit().to_lowercase()
            ),
            None => rejection.sentence.clone(),
        },
    }
}

/// How a tie was broken.
pub(super) fn tie(tie: &Tie) -> String {
    let by = match tie.by.as_str() {
        "most-votes" => "it has more votes".to_owned(),
        "lowest-cost" => "it costs less".to_owned(),
        "highest-cost" => "it costs more".to_owned(),
        "id" => "its id comes first, character by character".to_owned(),
        other => format!("by lot, from the published seed {:?}", other.strip_prefix("lot:").unwrap_or(other)),
    };
    format!(
        "In round {} the projects {} were equal; {} was taken: {by}.",
        tie.round,
        tie.between.join(", "),
        tie.chosen
    )
}

/// Are some of the equal projects funded, and others not?
fn decided(count: &Count, tie: &Tie) -> bool {
    let funded = tie.between.iter().filter(|id| count.funded(id)).count();
    funded > 0 && funded < tie.between.len()
}

/// Everything about the result as a whole: what it is, and its value.
pub(super) fn facts(count: &Count) -> Vec<(&'static str, String)> {
    let outcome = &count.outcome;
    let summary = &outcome.summary;
    let origin = match &count.origin {
        Origin::Meta => "as the file says".to_owned(),
        Origin::Option => "chosen by --rule".to_owned(),
        Origin::Replaced(named) => format!("the file names {named:?}, which cannot be run"),
    };
    let ties = match &outcome.ties_rule {
        _ if count.ties_of_file => " (as the file says)",
        chain if *chain == Ties::default() => " (the default)",
        _ => "",
    };
    let percent = Fraction::new(summary.voters_with_funded * 100, summary.voters).approximate(1);
    let mut facts = vec![
        ("Rule", format!("{} ({origin})", outcome.rule)),
        ("Parameters", parameters(count)),
        ("Ties", format!("{}{ties}", outcome.ties_rule.to_string().replace(',', ", then "))),
        ("Budget", count.money(outcome.budget.minor)),
        (
            "Spent",
            format!("{}; {} is left", count.money(outcome.cost.minor), count.money(summary.left.minor)),
        ),
        ("Funded", format!("{} of {} projects", outcome.selected.len(), count.election.projects.len())),
        (
            "Voters",
            format!(
                "{}; {} of them ({percent} %) support at least one funded project",
                summary.voters, summary.voters_with_funded
            ),
        ),
    ];
    facts.extend(outcome.shares.as_ref().map(|shares| ("Share", share(count, shares))));
    facts.extend(outcome.compared.as_ref().map(|compared| ("Comparison", comparison(compared))));
    let (decisive, others): (Vec<_>, Vec<_>) = outcome.ties.iter().partition(|tie| decided(count, tie));
    facts.extend(decisive.into_iter().map(|one| ("Tie", tie(one))));
    if !others.is_empty() {
        let of = "between projects that are all funded, or none of them (--format json lists them)";
        facts.push(("Other ties", format!("{} {of}", others.len())));
    }
    facts.push(("Official", official(count)));
    facts.push(("Trace", format!("sha256 {}", outcome.trace_sha256)));
    facts
}

/// What a voter had to spend in the end.
fn share(count: &Count, shares: &Shares) -> String {
    let currency = count.election.meta.currency().map(|code| format!(" {code}")).unwrap_or_default();
    let grown = match shares.increments {
        0 => String::new(),
        n => format!(", after growing {n} times"),
    };
    format!("{}{currency} a voter ({} exactly){grown}", shares.share.approximate(2), shares.share)
}

/// Which of two results more voters prefer.
fn comparison(compared: &Compared) -> String {
    let taken =
        if compared.switched { "the greedy result was taken" } else { "the result of equal shares stands" };
    format!(
        "{} voters prefer equal shares, {} the greedy rule: {taken}",
        compared.prefer_equal_shares, compared.prefer_greedy
    )
}

/// How the result agrees with what the file says was funded.
fn official(count: &Count) -> String {
    match count.agreement() {
        Agreement::NoColumn => "the file has no complete `selected` column of 0 and 1".to_owned(),
        Agreement::Agrees => "agrees with the file's own `selected` column".to_owned(),
        Agreement::Differs(here, there) => format!(
            "differs from the file's own `selected` column: only here {}; only there {}",
            list(&here),
            list(&there)
        ),
    }
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}
