//! From `.pb` to instance and rule.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_allocation::{
    Amount, BudgetPart, Comparison, Completion, EqualSharesRule, Error, GreedyKind, GreedyOrder, GreedyRule,
    PhragmenRule, Reason, Rule, TieBreaker, Ties, pabulib, run,
};
use comitia_pabulib::Election;

fn file(budget: &str, kind: &str, rule: &str, more: &str, projects: &str, votes: &str) -> Election {
    let text = format!(
        "META\nkey;value\ndescription;d\ncountry;Poland\nunit;u\ninstance;2025\nnum_projects;0\nnum_votes;0\n\
         budget;{budget}\nvote_type;{kind}\nrule;{rule}\ndate_begin;2025\ndate_end;2025\n{more}PROJECTS\n{projects}VOTES\n{votes}"
    );
    Election::parse(text.as_bytes()).unwrap()
}

const PROJECTS: &str = "project_id;cost;category\na;60.50;x\nb;40;x,y\nc;999999999;y\n";

#[test]
fn the_increment_is_one_currency_unit_whatever_the_decimals() {
    let shares = |budget: &str| {
        let projects = "project_id;cost\na;8\nb;8\nd;8\n";
        let election =
            file(budget, "approval", "equalshares/add1", "", projects, "voter_id;vote\n1;a\n2;b\n3;d\n");
        let rule = pabulib::rule_from_meta(&election).unwrap();
        let outcome = run(&pabulib::instance(&election).unwrap(), &rule, &Ties::default()).unwrap();
        let shares = outcome.shares.unwrap();
        (shares.increments, shares.share.to_string(), outcome.selected.len())
    };
    assert_eq!(shares("15"), (2, "7/1".into(), 0));
    assert_eq!(shares("15.75"), (2, "29/4".into(), 0));
    assert_eq!(shares("24.3"), (0, "81/10".into(), 3));
}

#[test]
fn the_threshold_applies_to_every_greedy_rule_and_withdrawn_projects_are_left_out() {
    for name in ["greedy", "greedy-no-skip", "greedy-threshold", "greedy-exclusive"] {
        let more = "min_project_score_threshold;1.5\ncurrency;PLN\n";
        let election = file("200", "approval", name, more, PROJECTS, "voter_id;vote\n1;a,c\n2;a,b,c\n");
        let rule = pabulib::rule_from_meta(&election).unwrap();
        assert_eq!(rule.name(), name);
        let outcome = run(&pabulib::instance(&election).unwrap(), &rule, &Ties::default()).unwrap();
        assert_eq!(outcome.selected, ["a"]);
        assert_eq!(outcome.cost.to_string(), "60.5");
        assert_eq!(outcome.rejected[0].reason, Reason::BelowThreshold { score: 1, minimum: 2 });
        assert_eq!(outcome.rejected[1].reason, Reason::Withdrawn);
    }
}

#[test]
fn envelopes_and_scores() {
    let more = "categories;x,y\nbudget_per_category;70.5,1000\n";
    let election = file("200", "approval", "greedy", more, PROJECTS, "voter_id;vote\n1;a\n2;a,b\n");
    let instance = pabulib::instance(&election).unwrap();
    let outcome = run(&instance, &pabulib::rule_from_meta(&election).unwrap(), &Ties::default()).unwrap();
    assert_eq!(outcome.selected, ["a"]);
    assert!(
        matches!(&outcome.rejected[0].reason, Reason::EnvelopeExhausted { envelope, .. } if envelope == "x")
    );

    let votes = "voter_id;vote;points\n1;a,b;2.5,-1\n2;a;1\n";
    let election = file("200", "scoring", "unknown", "default_score;0.5\n", PROJECTS, votes);
    let instance = pabulib::instance(&election).unwrap();
    assert_eq!([0, 1, 2].map(|p| instance.score(p)), [35, -5, 10]);
    assert_eq!([0, 1, 2].map(|p| instance.votes(p)), [2, 1, 0], "a score by default is no vote");
    assert!(matches!(pabulib::rule_from_meta(&election), Err(Error::Meta { .. })));

    let election = file("200", "ordinal", "equalshares", "", PROJECTS, "voter_id;vote\n1;b,a,c\n2;a\n");
    assert_eq!([0, 1, 2].map(|p| pabulib::instance(&election).unwrap().score(p)), [3, 3, 1]);
    let Rule::EqualShares(rule) = pabulib::rule_from_meta(&election).unwrap() else { panic!() };
    assert_eq!(rule.completion, Completion::None);
}

#[test]
fn projects_of_one_group_exclude_one_another_under_every_rule() {
    let projects = "project_id;cost;Exclusion_Group\na;10;the site\nb;10;the site\nc;10;\nd;10;\n";
    let votes = "voter_id;vote\n1;a,b,c,d\n2;a,b,c,d\n3;a,d\n";
    for name in ["greedy", "greedy-exclusive", "equalshares/add1"] {
        let election = file("40", "approval", name, "", projects, votes);
        let rule = pabulib::rule_from_meta(&election).unwrap();
        let outcome = run(&pabulib::instance(&election).unwrap(), &rule, &Ties::default()).unwrap();
        assert_eq!(outcome.selected, ["a", "c", "d"], "{name}");
        assert!(matches!(&outcome.rejected[0].reason, Reason::Excluded { group, .. } if group == "the site"));
    }
}

#[test]
fn ranks_score_what_meta_says() {
    let scores = |scoring: &str| {
        let votes = "voter_id;vote\n1;b,a,c\n2;a\n";
        let election = file("200", "ordinal", "greedy", scoring, PROJECTS, votes);
        pabulib::instance(&election).map(|instance| [0, 1, 2].map(|p| instance.score(p)))
    };
    assert_eq!(scores("scoring_fn;borda\n"), Ok([3, 3, 1]));
    assert_eq!(scores("scoring_fn;borda OVER 3\n"), Ok([5, 3, 1]));
    assert_eq!(scores("scoring_fn;Points 10, 4\n"), Ok([14, 10, 0]));
    assert!(matches!(scores("scoring_fn;Dowdall\n"), Err(Error::Meta { key, .. }) if key == "scoring_fn"));
}

#[test]
fn the_chain_of_tie_breakers_is_read_from_the_comment() {
    let of = |more: &str| file("200", "approval", "greedy", more, PROJECTS, "voter_id;vote\n1;a\n");
    assert_eq!(pabulib::ties_from_meta(&of("")), Ok(None));
    assert_eq!(pabulib::ties_from_meta(&of("comment;#1: ties were broken by lot\n")), Ok(None));
    let wrong = pabulib::ties_from_meta(&of("comment;#1: tie_breaking=id,mood\n"));
    assert!(matches!(wrong, Err(Error::Meta { key, .. }) if key == "comment"));

    let mut election = of("comment;#1: the seed was 17:30 #2: x\n");
    for seed in ["2026", " a,id #1: tie_breaking=x; \"50 %\" ", "ż,ó\u{2003}łw", "%41"] {
        let chain = vec![TieBreaker::HighestCost, TieBreaker::Lot { seed: seed.into() }, TieBreaker::Id];
        pabulib::set_ties(&mut election, &Ties(chain.clone()));
        let again = Election::parse(election.to_pb().unwrap().as_bytes()).unwrap();
        assert_eq!(pabulib::ties_from_meta(&again), Ok(Some(Ties(chain))), "{seed}");
    }
    let comment = election.meta.comment().unwrap();
    assert!(comment.contains("#3: tie_breaking=highest-cost,lot:2026,id"), "{comment}");
    assert!(comment.ends_with("#6: tie_breaking=highest-cost,lot:%2541,id"), "{comment}");
}

#[test]
fn a_rule_that_the_format_cannot_name_is_in_the_comment() {
    let of = |more: &str| file("200", "approval", "unknown", more, PROJECTS, "voter_id;vote\n1;a\n");
    let stated = |more: &str| pabulib::rule_from_comment(&of(&format!("comment;#1: {more}\n")));
    assert_eq!(stated("by hand"), Ok(None));
    for wrong in
        ["rule=fair", "rule=phragmen,completion=add1", "rule=equal-shares,increment=much", "rule=greedy,x"]
    {
        assert!(matches!(stated(wrong), Err(Error::Meta { key, .. }) if key == "comment"), "{wrong}");
    }

    let shares = EqualSharesRule { increment: Some(7), min_score: Some(2), ..EqualSharesRule::default() };
    let rules = [
        Rule::EqualShares(EqualSharesRule { completion: Completion::Add1u, ..shares }),
        Rule::EqualShares(EqualSharesRule {
            comparison: Comparison::ExclusionRatio,
            ..EqualSharesRule::default()
        }),
        Rule::Phragmen(PhragmenRule { min_score: Some(3) }),
        Rule::Greedy(GreedyRule { order: GreedyOrder::ScorePerCost, ..GreedyRule::default() }),
        Rule::Greedy(GreedyRule { part_from_percent: Some(40), ..GreedyRule::default() }),
        Rule::Greedy(GreedyRule { min_score: Some(1), ..GreedyRule::default() }),
        Rule::EqualShares(EqualSharesRule::default()),
        Rule::Greedy(GreedyRule { kind: GreedyKind::NoSkip, ..GreedyRule::default() }),
    ];
    for (i, rule) in rules.into_iter().enumerate() {
        let mut election = of("");
        pabulib::set_rule(&mut election, &rule);
        let again = Election::parse(election.to_pb().unwrap().as_bytes()).unwrap();
        assert_eq!(pabulib::rule_from_meta(&again), Ok(rule));
        assert_eq!(again.meta.rule() == Some("unknown"), i < 6, "{rule:?}");
    }
}

#[test]
fn where_a_budget_comes_from_is_in_the_file_and_in_the_trace() {
    let votes = "voter_id;vote\n1;a\n2;b\n";
    let plain = file("120.5", "approval", "greedy", "", PROJECTS, votes);
    let rule = pabulib::rule_from_meta(&plain).unwrap();
    let count = |election: &Election| run(&pabulib::instance(election)?, &rule, &Ties::default());
    let before = count(&plain).unwrap();
    assert!(before.budget_parts.is_empty());
    assert!(!String::from_utf8(before.trace_bytes()).unwrap().contains("budget_parts"));

    let part =
        |from: &str, minor, decimals| BudgetPart { from: from.into(), amount: Amount { minor, decimals } };
    let mut stated = plain.clone();
    pabulib::set_budget_parts(&mut stated, &[part("own", 10_000, 2), part("old, town", 20_500, 3)]);
    assert!(stated.meta.comment().unwrap().ends_with("budget_parts=own:100,old%2C%20town:20.5"));
    let again = Election::parse(stated.to_pb().unwrap().as_bytes()).unwrap();
    let outcome = count(&again).unwrap();
    assert_eq!((&outcome.selected, outcome.cost), (&before.selected, before.cost));
    assert_ne!(outcome.trace_sha256, before.trace_sha256);
    let trace = String::from_utf8(outcome.trace_bytes()).unwrap();
    assert!(
        trace.contains(
            r#""budget_parts":[{"from":"own","amount":"100"},{"from":"old, town","amount":"20.5"}]"#
        )
    );

    for wrong in [&[part("own", 100, 0)][..], &[part("own", 120, 0), part("x", 51, 2)]] {
        let mut altered = plain.clone();
        pabulib::set_budget_parts(&mut altered, wrong);
        assert_eq!(count(&altered).unwrap_err(), Error::BudgetParts("120.5".into()));
    }
    for wrong in ["budget_parts=own", "budget_parts=own:-1", "budget_parts=own:1,:x"] {
        let mut altered = plain.clone();
        altered.meta.add_comment(wrong);
        assert!(matches!(count(&altered).unwrap_err(), Error::Meta { .. }), "{wrong}");
    }
}
