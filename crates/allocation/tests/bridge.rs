//! From `.pb` to instance and rule.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_allocation::{Completion, Error, Reason, Rule, Ties, pabulib, run};
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
    assert!(matches!(pabulib::rule_from_meta(&election), Err(Error::Meta { .. })));

    let election = file("200", "ordinal", "equalshares", "", PROJECTS, "voter_id;vote\n1;b,a,c\n2;a\n");
    assert_eq!([0, 1, 2].map(|p| pabulib::instance(&election).unwrap().score(p)), [3, 3, 1]);
    let Rule::EqualShares(rule) = pabulib::rule_from_meta(&election).unwrap() else { panic!() };
    assert_eq!(rule.completion, Completion::None);
}
