//! Rules, constraints, ties and reasons on elections small enough to compute by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_allocation::{
    BallotKind, Error, Instance, InstanceBuilder, Outcome, Project, RULE_NAMES, RankScores, Reason, Round,
    Rule, Ties, run,
};

fn project(id: &str, cost: u64) -> Project {
    Project { id: id.into(), cost, ..Project::default() }
}

fn election(budget: u64, projects: &[Project], ballots: &[(&[u32], u64)]) -> Instance {
    let mut builder = InstanceBuilder::new(budget, BallotKind::Approval).currency(2, "EUR");
    for project in projects {
        builder.project(project.clone());
    }
    for (choices, weight) in ballots {
        builder.approval(choices, *weight).unwrap();
    }
    builder.build().unwrap()
}

fn tally(instance: &Instance, rule: &str) -> Outcome {
    let rule =
        if rule.starts_with('{') { serde_json::from_str(rule).unwrap() } else { rule.parse().unwrap() };
    run(instance, &rule, &Ties::default()).unwrap()
}

fn why<'a>(outcome: &'a Outcome, id: &str) -> &'a Reason {
    &outcome.rejected.iter().find(|r| r.project == id).unwrap().reason
}

fn sentence<'a>(outcome: &'a Outcome, id: &str) -> &'a str {
    &outcome.rejected.iter().find(|r| r.project == id).unwrap().sentence
}

#[test]
fn names_and_json_of_rules() {
    for name in RULE_NAMES {
        let rule: Rule = name.parse().unwrap();
        assert_eq!(rule.to_string(), name);
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
    }
    assert!("dictator".parse::<Rule>().is_err());
    let ties: Ties = "highest-cost,lot:2025,id".parse().unwrap();
    assert_eq!(ties.to_string(), "highest-cost,lot:2025,id");
    assert!("coin".parse::<Ties>().is_err());
    assert_eq!(Ties::default().to_string(), "most-votes,lowest-cost,id");
}

#[test]
fn the_greedy_rules_differ() {
    let projects = [project("a", 6000), project("b", 5000), project("c", 3000), project("d", 1000)];
    let instance = election(10000, &projects, &[(&[0], 9), (&[1], 7), (&[2], 5), (&[3], 1)]);
    let skip = tally(&instance, "greedy");
    assert_eq!(skip.selected, ["a", "c", "d"]);
    assert_eq!(
        sentence(&skip, "b"),
        "It costs 50 EUR, but only 40 EUR was left after the first project was funded (10 EUR too little). With 3 more \
         votes it would have been funded."
    );
    let stop = tally(&instance, "greedy-no-skip");
    assert_eq!(stop.selected, ["a"]);
    assert!(matches!(why(&stop, "b"), Reason::DoesNotFit { after_round: 1, .. }));
    assert_eq!(why(&stop, "d"), &Reason::StoppedBefore { at: "b".into() });
    let least = tally(&instance, r#"{"name":"greedy","kind":"threshold","min-score":2}"#);
    assert_eq!(least.selected, ["a", "c"]);
    assert_eq!(why(&least, "d"), &Reason::BelowThreshold { score: 1, minimum: 2 });
    let per_cost = tally(&instance, r#"{"name":"greedy","order":"score-per-cost"}"#);
    // 9/60, 7/50, 5/30, 1/10 a unit of money: c, a, b (no longer fits), d.
    assert_eq!(per_cost.rounds.iter().map(|r| r.project.as_str()).collect::<Vec<_>>(), ["c", "a", "d"]);
    // With 10 votes b comes before a.
    let more = |votes: u64| {
        let ballots: [(&[u32], u64); 4] = [(&[0], 9), (&[1], 7 + votes), (&[2], 5), (&[3], 1)];
        tally(&election(10000, &projects, &ballots), "greedy").selected.contains(&"b".to_owned())
    };
    assert_eq!(skip.rejected[0].support_lacking, Some(3));
    assert!(more(3) && !more(1));
    assert_eq!(per_cost.rejected[0].support_lacking, None);
    assert_eq!(skip.summary.voters_with_funded, 15);
    assert_eq!(skip.summary.exclusion_ratio.to_string(), "7/22");
}

#[test]
fn constraints_hold_under_every_rule() {
    let with = |id: &str, cost, group: &str, envelope: &str| Project {
        excludes: vec![group.into()],
        envelopes: vec![envelope.into()],
        ..project(id, cost)
    };
    let mut builder = InstanceBuilder::new(1000, BallotKind::Approval);
    builder.envelope("parks", 250);
    builder.project(with("a", 100, "site", "roads")).project(with("b", 90, "site", "roads"));
    builder.project(with("c", 200, "c", "parks")).project(with("d", 100, "d", "parks"));
    builder.project(Project { withdrawn: true, ..project("e", 999_999_999) }).project(project("f", 10));
    builder.approval(&[0, 1, 2, 3, 4], 10).unwrap().approval(&[0, 2], 1).unwrap();
    let instance = builder.build().unwrap();
    for rule in ["greedy", "greedy-no-skip", "greedy-exclusive", "equal-shares", "phragmen"] {
        let outcome = tally(&instance, rule);
        let funds = |id: &str| outcome.selected.iter().any(|s| s == id);
        assert!(!(funds("a") && funds("b")), "{rule}");
        assert!(!(funds("c") && funds("d")), "{rule}");
        assert_eq!(why(&outcome, "e"), &Reason::Withdrawn, "{rule}");
        let excluded =
            outcome.rejected.iter().filter(|r| matches!(r.reason, Reason::Excluded { .. })).count();
        let full =
            outcome.rejected.iter().filter(|r| matches!(r.reason, Reason::EnvelopeExhausted { .. })).count();
        assert_eq!((excluded, full), (1, 1), "{rule}: {:?}", outcome.rejected);
        assert_eq!(why(&outcome, "f"), &Reason::NoSupport, "{rule}");
    }
}

#[test]
fn equal_shares_explains_itself() {
    // Shares of 10. Both of a's supporters pay 8 (price 1/2); b's sole supporter then has 2 of 12.
    let projects = [project("a", 1600), project("b", 1200), project("c", 1100)];
    let instance = election(3000, &projects, &[(&[0, 1], 1), (&[0], 1), (&[2], 1)]);
    let outcome = tally(&instance, r#"{"name":"equal-shares","completion":"none"}"#);
    assert_eq!(outcome.selected, ["a"]);
    let round = &outcome.rounds[0];
    assert_eq!((round.payers, round.price.as_ref().unwrap().to_string()), (Some(2), "1/2".into()));
    assert_eq!(round.max_payment.as_ref().unwrap().to_string(), "8/1");
    assert_eq!(round.effective_votes().unwrap().to_string(), "2/1");
    assert_eq!(
        round.sentence(&instance),
        "Round 1: funded for 16 EUR; 2 of its supporters paid for it from their shares, at most 8 EUR each (as much as 2 \
         voters who pay that); 14 EUR of the budget is left."
    );
    assert_eq!(
        sentence(&outcome, "b"),
        "It costs 12 EUR, but at the start the voters who support it had 2 EUR too little left of their shares."
    );
    let Reason::SupportersCannotAfford { after_round, lacking } = why(&outcome, "c") else { panic!() };
    assert_eq!((*after_round, lacking.to_string()), (0, "1/1".into()));
    let by_count =
        tally(&instance, r#"{"name":"equal-shares","completion":"none","satisfaction":"cardinality"}"#);
    assert_eq!(by_count.rounds[0].price.as_ref().unwrap().to_string(), "8/1");
    let add1 = tally(&instance, "equal-shares");
    // At a share of 11, c can be bought as well; at 20, b: 16 + 12 + 11 exceed 30.
    assert_eq!(add1.selected, ["a", "c"]);
    let shares = add1.shares.as_ref().unwrap();
    assert_eq!((shares.increments, shares.runs, shares.share.to_string()), (9, 11, "19/1".into()));
    assert_eq!(
        why(&add1, "b"),
        &Reason::SupportersCannotAfford { after_round: 1, lacking: comitia_allocation::Fraction::new(1, 1) }
    );
}

#[test]
fn ties_are_recorded_and_may_be_refused() {
    let instance = election(50, &[project("p2", 50), project("p10", 50)], &[(&[0], 1), (&[1], 1)]);
    for rule in ["greedy", r#"{"name":"equal-shares","completion":"greedy"}"#, "phragmen"] {
        let outcome = tally(&instance, rule);
        assert!(outcome.selected.iter().all(|s| s == "p10"), "{rule}");
        assert_eq!((outcome.ties.len(), outcome.ties[0].by.as_str()), (1, "id"), "{rule}");
        assert_eq!(outcome.ties[0].between, ["p10", "p2"]);
    }
    let refused = run(&instance, &Rule::default(), &"most-votes".parse().unwrap());
    assert_eq!(refused, Err(Error::UnbrokenTie(vec!["p10".into(), "p2".into()])));
    let lot = |seed: &str| {
        run(&instance, &Rule::default(), &format!("lot:{seed}").parse().unwrap()).unwrap().selected
    };
    assert_eq!(lot("1"), lot("1"));
    assert!((0..20).any(|i| lot(&i.to_string()) != lot("1")), "the seed decides");
}

#[test]
fn free_projects_and_nobody_at_all() {
    let instance = election(10, &[project("free", 0), project("a", 10), project("none", 0)], &[(&[0, 1], 1)]);
    assert_eq!(tally(&instance, "equal-shares").selected, ["a", "free"]);
    assert_eq!(tally(&instance, "phragmen").selected, ["a", "free"]);
    assert_eq!(tally(&instance, "greedy").selected, ["a", "free"]);
    let completed = r#"{"name":"equal-shares","completion":"add1u"}"#;
    assert_eq!(tally(&instance, completed).selected, ["a", "free"]);
    let empty = election(10, &[project("a", 10)], &[]);
    for rule in RULE_NAMES {
        let outcome = tally(&empty, rule);
        assert_eq!(outcome.summary.exclusion_ratio.to_string(), "0/1");
    }
    for rule in RULE_NAMES {
        let outcome = tally(&empty, rule);
        assert!(outcome.selected.is_empty(), "{rule}: nobody voted for it");
        assert_eq!(why(&outcome, "a"), &Reason::NoSupport, "{rule}");
    }
}

#[test]
fn comparison_switches_to_greedy_when_more_voters_prefer_it() {
    // Shares of 10: x cannot be paid by its 6 supporters (60 < 70), the four others buy y and z.
    let projects = [project("x", 70), project("y", 20), project("z", 20)];
    let instance = election(100, &projects, &[(&[0], 6), (&[1], 2), (&[2], 2)]);
    let with = |c: &str| {
        tally(&instance, &format!(r#"{{"name":"equal-shares","completion":"none","comparison":"{c}"}}"#))
    };
    assert_eq!(with("none").selected, ["y", "z"]);
    let switched = with("satisfaction");
    assert_eq!(switched.selected, ["x", "y"]);
    let compared = switched.compared.unwrap();
    assert_eq!((compared.prefer_greedy, compared.prefer_equal_shares, compared.switched), (6, 2, true));
    assert_eq!(with("exclusion-ratio").selected, ["x", "y"]);
}

#[test]
fn scored_ballots() {
    let mut builder = InstanceBuilder::new(100, BallotKind::Scored);
    builder.project(project("a", 60)).project(project("b", 60)).project(project("c", 40));
    builder.ranking(&[1, 0, 2], &RankScores::Borda, 2).unwrap().scores(&[(0, 5), (2, -1)], 1).unwrap();
    let instance = builder.build().unwrap();
    assert_eq!([0, 1, 2].map(|p| instance.score(p)), [9, 6, 1]);
    assert_eq!([0, 1, 2].map(|p| instance.votes(p)), [3, 2, 3]);
    assert_eq!(tally(&instance, "greedy").selected, ["a", "c"]);
    assert_eq!(tally(&instance, r#"{"name":"greedy","order":"votes"}"#).rounds[0].project, "c");
    assert_eq!(
        run(&instance, &"phragmen".parse().unwrap(), &Ties::default()),
        Err(Error::NeedsApproval { rule: "phragmen" })
    );
}

#[test]
fn bad_input_is_refused() {
    let mut builder = InstanceBuilder::new(10, BallotKind::Approval);
    builder.project(project("a", 1)).project(project("a", 2));
    assert_eq!(builder.approval(&[7], 1).unwrap_err(), Error::UnknownProject { ballot: 1, project: 7 });
    assert_eq!(
        builder.approval(&[0, 0], 1).unwrap_err(),
        Error::RepeatedChoice { ballot: 2, project: "a".into() }
    );
    assert_eq!(builder.build().unwrap_err(), Error::DuplicateProject("a".into()));
    let huge = InstanceBuilder::new(u64::MAX, BallotKind::Approval).build();
    assert_eq!(huge.unwrap_err(), Error::AmountTooLarge(u64::MAX));
    let instance = election(10, &[project("a", 10)], &[(&[0], 1), (&[], 3)]);
    let none = serde_json::from_str(r#"{"name":"equal-shares","increment":0}"#).unwrap();
    assert_eq!(run(&instance, &none, &Ties::default()), Err(Error::NoIncrement));
}

#[test]
fn the_trace_is_stable() {
    let instance = election(10050, &[project("a", 6025), project("b", 5000)], &[(&[0], 2), (&[1], 1)]);
    let outcome = tally(&instance, "greedy");
    assert_eq!(
        String::from_utf8(outcome.trace_bytes()).unwrap(),
        concat!(
            r#"{"format":"comitia-allocation/1","rule":"greedy","#,
            r#""parameters":{"name":"greedy","kind":"skip","order":"score","min-score":null},"#,
            r#""ties_rule":"most-votes,lowest-cost,id","budget":"100.5","cost":"60.25","selected":["a"],"#,
            r#""rounds":[{"round":1,"phase":"greedy","project":"a","cost":"60.25","votes":2,"score":2,"budget_left":"40.25"}],"#,
            r#""rejected":[{"project":"b","cost":"50","votes":1,"score":1,"why":"does-not-fit","after_round":1,"left":"40.25","#,
            r#""lacking":"9.75"}],"ties":[],"summary":{"voters":3,"voters_with_funded":2,"represented":"2/3","#,
            r#""exclusion_ratio":"1/3","spent":"60.25","left":"40.25"}}"#
        )
    );
    assert_eq!(outcome.trace_sha256.len(), 64);
    assert_eq!(outcome.trace_sha256, tally(&instance, "greedy").trace_sha256);
}

#[test]
fn what_is_left_goes_to_the_first_project_that_did_not_fit() {
    let projects = [project("a", 6000), project("b", 5000), project("c", 3000), project("d", 500)];
    let instance = election(10000, &projects, &[(&[0], 9), (&[1], 7), (&[2], 5), (&[3], 1)]);
    let count = |kind: &str, percent: u32| {
        tally(&instance, &format!(r#"{{"name":"greedy","kind":"{kind}","part-from-percent":{percent}}}"#))
    };
    let parts = |outcome: &Outcome| -> Vec<(String, u64)> {
        let part = |round: &Round| round.granted.map(|granted| (round.project.clone(), granted.minor));
        outcome.rounds.iter().filter_map(part).collect()
    };
    // What does not fit is passed over first: 500 of 5000 are 10 percent.
    let skip = count("skip", 10);
    assert_eq!(skip.selected, ["a", "b", "c", "d"]);
    assert_eq!((parts(&skip), skip.cost.minor), (vec![("b".to_owned(), 500)], 10000));
    assert_eq!(
        skip.rounds[3].sentence(&instance),
        "Round 4: funded in part, with 5 EUR of its cost of 50 EUR; of the projects that did not fit it was the \
         first, with 7 votes; 0 EUR of the budget is left."
    );
    assert_eq!((skip.summary.left.minor, skip.summary.voters_with_funded), (0, 22));
    // One percent too little, and nobody else gets it.
    let little = count("skip", 11);
    assert_eq!((little.selected.len(), parts(&little), little.cost.minor), (3, Vec::new(), 9500));
    // The first that does not fit is the last: 4000 of 5000 are 80 percent.
    let stop = count("no-skip", 80);
    assert_eq!((parts(&stop), stop.selected.len()), (vec![("b".to_owned(), 4000)], 2));
    assert!(matches!(why(&stop, "c"), Reason::StoppedBefore { at } if at == "b"));
    assert!(parts(&count("no-skip", 81)).is_empty());
    // Without the option nothing changes, and no trace speaks of it.
    let plain = tally(&instance, "greedy");
    assert!(parts(&plain).is_empty());
    let trace = String::from_utf8(plain.trace_bytes()).unwrap();
    assert!(!trace.contains("part-from-percent") && !trace.contains("granted"));
}

#[test]
fn a_project_is_in_part_only_what_could_be_whole() {
    // The first that does not fit is excluded by what was funded after it; nothing goes to what nobody wants.
    let mut projects = [project("a", 6000), project("b", 5000), project("c", 3000), project("d", 4000)];
    for at in [1, 2] {
        projects[at].excludes = vec!["site".into()];
    }
    let instance = election(10000, &projects, &[(&[0], 9), (&[1], 7), (&[2], 5)]);
    let rule = r#"{"name":"greedy","part-from-percent":1}"#;
    let outcome = tally(&instance, rule);
    assert_eq!(outcome.selected, ["a", "c"]);
    assert!(matches!(why(&outcome, "b"), Reason::DoesNotFit { .. }));
    assert!(matches!(why(&outcome, "d"), Reason::NoSupport));
    // All ties, and the outcome of each.
    let equal = election(100, &[project("a", 80), project("b", 90)], &[(&[0, 1], 3)]);
    let found = comitia_allocation::irresolute(&equal, &serde_json::from_str(rule).unwrap(), 10).unwrap();
    let in_part: Vec<_> = found.outcomes.iter().map(|outcome| outcome.in_part.as_deref()).collect();
    assert!(found.complete);
    assert_eq!(in_part, [Some("a"), Some("b")], "both are funded, one of them in part");
    for percent in [0, 100] {
        let rule = format!(r#"{{"name":"greedy","part-from-percent":{percent}}}"#);
        let fault = run(&instance, &serde_json::from_str(&rule).unwrap(), &Ties::default());
        assert_eq!(fault, Err(Error::PartPercent(percent)));
    }
}

#[test]
fn no_points_are_no_support() {
    let mut builder = InstanceBuilder::new(100, BallotKind::Scored);
    for project in ["zero", "minus", "plus", "unnamed"].map(|id| project(id, 10)) {
        builder.project(project);
    }
    builder.scores(&[(0, 0), (1, -3), (2, 1)], 2).unwrap();
    let instance = builder.build().unwrap();
    for rule in ["greedy", r#"{"name":"equal-shares","completion":"add1u"}"#] {
        let outcome = tally(&instance, rule);
        assert_eq!(outcome.selected, ["plus"], "{rule}");
        for id in ["zero", "minus", "unnamed"] {
            assert_eq!(why(&outcome, id), &Reason::NoSupport, "{rule} {id}");
        }
    }
    // What ballots give to projects that they do not name is support, if it is more than nothing.
    let mut builder = InstanceBuilder::new(100, BallotKind::Scored);
    builder.project(project("named", 10)).project(project("unnamed", 10));
    builder.scores_or(&[(0, 5)], 1, 1).unwrap();
    assert_eq!(tally(&builder.build().unwrap(), "greedy").selected, ["named", "unnamed"]);
}
