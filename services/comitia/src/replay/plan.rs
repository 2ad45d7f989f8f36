//! What a `.pb` file becomes in a city: budget, rules, projects, roll and ballots, as the API takes them.

use anyhow::{Context, bail, ensure};
use comitia_allocation::{
    Comparison, Completion, EqualSharesRule, GreedyKind, GreedyOrder, GreedyRule, RankScores, Rule,
    Satisfaction, Start, Stop, TieBreaker, pabulib,
};
use comitia_pabulib::{Ballot, Election, VoteType};
use comitia_platform::currency;
use serde_json::{Value, json};

/// A `.pb` file as a city would enter it.
pub struct Plan {
    /// The title of process and budget.
    pub title: String,
    /// The budget's fields.
    pub budget: Value,
    /// The projects, with the file's ids as references; withdrawn ones are left out.
    pub projects: Vec<Value>,
    election: Election,
    /// The name of the rule in META, where Comitia has another in its place.
    pub replaced_rule: Option<String>,
}

impl Plan {
    /// Reads what the file says.
    ///
    /// # Errors
    /// When the file uses something that the API does not have; the text names it.
    pub fn new(election: Election) -> anyhow::Result<Self> {
        let meta = &election.meta;
        let currency = meta.get("currency").filter(|text| text.len() == 3).unwrap_or("EUR").to_owned();
        let decimals = currency::decimals(&currency);
        let factor = decimals
            .checked_sub(election.money_scale)
            .map(|missing| 10_u64.pow(missing))
            .with_context(|| format!("amounts have more decimals than {currency} has"))?;
        let minor = |amount: u64| -> anyhow::Result<i64> {
            i64::try_from(amount.checked_mul(factor).context("an amount is too large")?)
                .context("an amount is too large")
        };

        let mut budget = json!({
            "amount": minor(election.budget)?.to_string(),
            "currency": currency,
            "ballotRule": ballot_rule(&election, &minor)?,
        });
        let (rule, replaced_rule) = allocation_rule(&election, factor)?;
        budget["allocationRule"] = rule;
        let title = meta.get("description").filter(|text| !text.is_empty()).unwrap_or("Participatory budget");
        let title: String = title.chars().take(200).collect();
        budget["title"] = json!(title);

        let mut projects = Vec::new();
        for project in election.projects.iter().filter(|project| !project.withdrawn) {
            let name = if project.name.trim().is_empty() { &project.id } else { &project.name };
            projects.push(json!({
                "reference": project.id,
                "title": name.chars().filter(|c| !c.is_control()).take(500).collect::<String>(),
                "cost": minor(project.cost)?.to_string(),
                "categories": project.categories,
                "exclusionGroup": pabulib::exclusion_group(project).unwrap_or_default(),
            }));
        }
        Ok(Self { title, budget, projects, election, replaced_rule })
    }

    /// How many ballots there are.
    pub fn ballot_count(&self) -> usize {
        self.election.ballots.len()
    }

    /// The electoral roll as CSV, one member for each voter of the file.
    pub fn roll(&self) -> String {
        let mut csv = String::from("member_number,district\n");
        for ballot in self.election.ballots.iter() {
            csv.push_str(ballot.voter_id);
            csv.push(',');
            csv.push_str(&district(ballot));
            csv.push('\n');
        }
        csv
    }

    /// The member number of a voter.
    pub fn member_number(&self, voter: usize) -> &str {
        self.election.ballots.get(voter).map_or("", |ballot| ballot.voter_id)
    }

    /// The ballot of a voter, as the API takes it.
    pub fn ballot(&self, voter: usize) -> Value {
        let Some(ballot) = self.election.ballots.get(voter) else { return Value::Null };
        let id = |choice: u32| {
            self.election.projects.get(choice as usize).map_or("", |project| project.id.as_str())
        };
        let choices: Vec<Value> = match ballot.points {
            None => ballot.choices.iter().map(|&choice| json!({"optionId": id(choice)})).collect(),
            Some(points) => ballot
                .choices
                .iter()
                .zip(points)
                .map(|(&choice, &points)| json!({"optionId": id(choice), "points": points}))
                .collect(),
        };
        json!({ "choices": choices })
    }
}

/// A voter's district as an area code: what is no letter or digit becomes `_`.
fn district(ballot: Ballot<'_>) -> String {
    ballot
        .district()
        .or_else(|| ballot.neighborhood())
        .unwrap_or_default()
        .chars()
        .take(64)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' })
        .collect()
}

fn ballot_rule(election: &Election, minor: &dyn Fn(u64) -> anyhow::Result<i64>) -> anyhow::Result<Value> {
    anyhow::ensure!(election.points_scale == 0, "points with decimals: the API takes whole points only");
    let meta = &election.meta;
    let count = |key: &str| meta.count(key).unwrap_or(0);
    let blank = election.ballots.iter().any(|ballot| ballot.choices.is_empty());
    let min_choices = if blank { 0 } else { count("min_length").max(1) };
    let max_choices = count("max_length");
    Ok(match election.vote_type {
        VoteType::Approval => {
            let mut rule =
                json!({"type": "BALLOT_TYPE_APPROVAL", "minChoices": min_choices, "maxChoices": max_choices});
            if let Some(most) = election.meta_amount("max_sum_cost") {
                rule["maxTotalCost"] = json!(minor(most)?.to_string());
            }
            rule
        }
        VoteType::ChooseOne => json!({"type": "BALLOT_TYPE_CHOOSE_ONE"}),
        VoteType::Ordinal => json!({
            "type": "BALLOT_TYPE_RANKING",
            "minChoices": min_choices,
            "maxChoices": match pabulib::rank_scores(election)? {
                // With a limit, Borda would count from it and not from the ballot's own length.
                RankScores::Borda => 0,
                RankScores::BordaOver(ranks) => ranks.into(),
                RankScores::Points(_) => max_choices,
            },
        }),
        VoteType::Cumulative => json!({
            "type": "BALLOT_TYPE_CUMULATIVE",
            "minChoices": min_choices,
            "maxChoices": max_choices,
            "minPoints": count("min_points"),
            "maxPoints": count("max_points"),
            "minTotalPoints": count("min_sum_points"),
            "maxTotalPoints": count("max_sum_points"),
        }),
        VoteType::Scoring => json!({
            "type": "BALLOT_TYPE_SCORE",
            "minChoices": min_choices,
            "maxChoices": max_choices,
            "minPoints": count("min_points"),
            "maxPoints": count("max_points"),
        }),
    })
}

/// `factor`: minor units of the currency in one of the file.
fn allocation_rule(election: &Election, factor: u64) -> anyhow::Result<(Value, Option<String>)> {
    let meta = &election.meta;
    let named = meta.get("rule").unwrap_or("unknown").trim().to_owned();
    let replaced =
        named == "greedy-custom" || named == "unknown" && pabulib::rule_from_comment(election)?.is_none();
    let rule = if replaced {
        Rule::Greedy(GreedyRule { min_score: pabulib::min_score(election)?, ..GreedyRule::default() })
    } else {
        pabulib::rule_from_meta(election)?
    };
    let mut rule = api_rule(&rule, factor)?;
    if election.vote_type == VoteType::Ordinal
        && let RankScores::Points(points) = pabulib::rank_scores(election)?
    {
        rule["rankPoints"] = json!(points);
    }
    if let Some(ties) = pabulib::ties_from_meta(election)? {
        rule["ties"] = ties.0.iter().map(tie_break).collect();
        let seed = ties.0.iter().find_map(|tie| match tie {
            TieBreaker::Lot { seed } => Some(seed),
            _ => None,
        });
        rule["lotSeed"] = json!(seed.map_or("", String::as_str));
    }
    Ok((rule, replaced.then_some(named)))
}

/// A rule of the engine as the API takes it.
fn api_rule(rule: &Rule, factor: u64) -> anyhow::Result<Value> {
    let (mut value, min_score) = match rule {
        Rule::Greedy(greedy) => {
            ensure!(
                greedy.order == GreedyOrder::Score,
                "the API has no greedy rule that sorts by {}",
                greedy.order
            );
            let kind = match greedy.kind {
                GreedyKind::Skip => "RULE_KIND_GREEDY",
                GreedyKind::NoSkip => "RULE_KIND_GREEDY_NO_SKIP",
                GreedyKind::Threshold => "RULE_KIND_GREEDY_THRESHOLD",
                GreedyKind::Exclusive => "RULE_KIND_GREEDY_EXCLUSIVE",
            };
            let mut value = json!({"kind": kind});
            if let Some(percent) = greedy.part_from_percent {
                value["partFromPercent"] = json!(percent);
            }
            (value, greedy.min_score)
        }
        Rule::EqualShares(shares) => (equal_shares(shares, factor)?, shares.min_score),
        Rule::Phragmen(phragmen) => (json!({"kind": "RULE_KIND_PHRAGMEN"}), phragmen.min_score),
    };
    if let Some(min_score) = min_score {
        value["minScore"] = json!(min_score.to_string());
    }
    Ok(value)
}

fn equal_shares(shares: &EqualSharesRule, factor: u64) -> anyhow::Result<Value> {
    let comparison = match shares.comparison {
        Comparison::None => false,
        Comparison::Satisfaction => true,
        Comparison::ExclusionRatio => bail!("the API has no comparison by exclusion ratio"),
    };
    let add1 = matches!(shares.completion, Completion::Add1 | Completion::Add1u);
    let mut value = json!({
        "kind": "RULE_KIND_EQUAL_SHARES",
        "satisfaction": match shares.satisfaction {
            Satisfaction::Cost => "SATISFACTION_COST",
            Satisfaction::Cardinality => "SATISFACTION_CARDINALITY",
        },
        "completion": match shares.completion {
            Completion::None => "COMPLETION_NONE",
            Completion::Greedy => "COMPLETION_GREEDY",
            Completion::Add1 => "COMPLETION_ADD1",
            Completion::Add1u => "COMPLETION_ADD1U",
        },
        "start": match shares.start {
            Start::Exact => "START_EXACT",
            Start::Integral => "START_INTEGRAL",
        },
        "comparison": comparison,
    });
    if add1 {
        let increment = shares.increment.unwrap_or(0).checked_mul(factor);
        value["increment"] = json!(increment.context("the increment is too large")?.to_string());
        value["stop"] = json!(match shares.stop {
            Stop::Overspend => "STOP_OVERSPEND",
            Stop::Exhaustive => "STOP_EXHAUSTIVE",
        });
    }
    Ok(value)
}

fn tie_break(tie: &TieBreaker) -> &'static str {
    match tie {
        TieBreaker::MostVotes => "TIE_BREAK_MOST_VOTES",
        TieBreaker::LowestCost => "TIE_BREAK_LOWEST_COST",
        TieBreaker::HighestCost => "TIE_BREAK_HIGHEST_COST",
        TieBreaker::Lot { .. } => "TIE_BREAK_LOT",
        TieBreaker::Id => "TIE_BREAK_REFERENCE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(kind: &str, more: &str) -> Plan {
        plan_of(kind, "greedy", more).unwrap()
    }

    fn plan_of(kind: &str, rule: &str, more: &str) -> anyhow::Result<Plan> {
        let text = format!(
            "META\nkey;value\ndescription;d\ncountry;Poland\nunit;u\ninstance;2025\nnum_projects;2\nnum_votes;2\n\
             budget;100\nvote_type;{kind}\nrule;{rule}\ndate_begin;2025\ndate_end;2025\n{more}\
             PROJECTS\nproject_id;cost;exclusion_group\na;60;site\nb;50;\nVOTES\nvoter_id;vote\n1;a,b\n2;b\n"
        );
        Plan::new(Election::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn ranks_score_in_the_city_what_tally_gives_them() {
        let of = |more: &str| {
            let budget = plan("ordinal", more).budget;
            (budget["ballotRule"]["maxChoices"].clone(), budget["allocationRule"]["rankPoints"].clone())
        };
        assert_eq!(of(""), (json!(0), Value::Null));
        assert_eq!(of("max_length;2\n"), (json!(0), Value::Null));
        assert_eq!(of("max_length;2\nscoring_fn;Borda over 2\n"), (json!(2), Value::Null));
        assert_eq!(of("max_length;2\nscoring_fn;points 5,3\n"), (json!(2), json!([5, 3])));
    }

    #[test]
    fn the_rule_of_the_comment_is_that_of_the_city() {
        let stated = |comment: &str| {
            let text = format!("comment;#1: {comment}\nmin_project_score_threshold;3\n");
            plan_of("approval", "unknown", &text)
                .map(|plan| (plan.budget["allocationRule"].clone(), plan.replaced_rule))
        };
        let (rule, replaced) =
            stated("rule=equal-shares,completion=add1u,increment=5,stop=exhaustive").unwrap();
        assert_eq!(replaced, None);
        assert_eq!(
            rule,
            json!({
                "kind": "RULE_KIND_EQUAL_SHARES", "satisfaction": "SATISFACTION_COST", "completion": "COMPLETION_ADD1U",
                "start": "START_EXACT", "stop": "STOP_EXHAUSTIVE", "increment": "500", "comparison": false,
            })
        );
        let (rule, replaced) = stated("by hand").unwrap();
        assert_eq!(
            (rule, replaced.as_deref()),
            (json!({"kind": "RULE_KIND_GREEDY", "minScore": "3"}), Some("unknown"))
        );
        let (rule, replaced) = stated("rule=phragmen,min-score=2").unwrap();
        assert_eq!((rule, replaced), (json!({"kind": "RULE_KIND_PHRAGMEN", "minScore": "2"}), None));
        for wrong in ["rule=fair", "rule=equal-shares,mood=good", "rule=greedy,order=votes"] {
            assert!(stated(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn groups_and_ties_of_the_file_are_those_of_the_city() {
        let plain = plan("approval", "");
        assert_eq!(plain.budget["allocationRule"].get("ties"), None);
        assert_eq!(plain.projects[0]["exclusionGroup"], "site");
        assert_eq!(plain.projects[1]["exclusionGroup"], "");
        let lot = plan("approval", "comment;#1: tie_breaking=highest-cost,lot:a%20b,id\n");
        let rule = &lot.budget["allocationRule"];
        let ties = json!(["TIE_BREAK_HIGHEST_COST", "TIE_BREAK_LOT", "TIE_BREAK_REFERENCE"]);
        assert_eq!((&rule["ties"], &rule["lotSeed"]), (&ties, &json!("a b")));
    }
}
