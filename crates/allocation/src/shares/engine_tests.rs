//! The filter, fine and coarse.

use proptest::prelude::*;

use super::*;
use crate::instance::{BallotKind, InstanceBuilder, Project};
use crate::ties::Ties;

fn instance(scored: bool, budget: u64, costs: &[u64], ballots: &[Vec<(u32, i64)>]) -> Instance {
    let kind = if scored { BallotKind::Scored } else { BallotKind::Approval };
    let mut builder = InstanceBuilder::new(budget, kind);
    for (i, &cost) in costs.iter().enumerate() {
        builder.project(Project { id: format!("p{i}"), cost, ..Project::default() });
    }
    for ballot in ballots {
        builder.scores(ballot, 1).unwrap();
    }
    builder.build().unwrap()
}

fn trail(mut run: Run<'_>, candidates: &[usize]) -> (Vec<String>, u64) {
    run.buy_all(candidates, None).unwrap();
    let name = |b: &Bought| {
        let paid = b.paid.as_ref().unwrap();
        format!("{} {} {} {} {:?}", b.project, paid.payers, paid.price, paid.max_payment, b.tie)
    };
    (run.bought.iter().map(name).collect(), run.exact_decisions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// With no binary digits after the point the filter decides next to nothing; the result is the same.
    #[test]
    fn a_coarse_filter_changes_nothing(
        budget in 1u64..3000, scored in any::<bool>(), by_cost in any::<bool>(), bits in 0u32..12,
        costs in proptest::collection::vec(1u64..900, 1..9),
        ballots in proptest::collection::vec(proptest::collection::vec(0i64..6, 9), 1..25),
    ) {
        let ballots: Vec<Vec<(u32, i64)>> = ballots.iter().map(|scores| {
            let named = (0u32..).zip(scores).take(costs.len()).filter(|(_, s)| **s > 2);
            named.map(|(p, &s)| (p, if scored { s } else { 1 })).collect()
        }).collect();
        let instance = instance(scored, budget, &costs, &ballots);
        let satisfaction = if by_cost { Satisfaction::Cost } else { Satisfaction::Cardinality };
        let ties = Ties::default();
        let ties = Choice::chain(&ties);
        let candidates: Vec<usize> = (0..costs.len()).filter(|&p| !instance.supporters(p).groups.is_empty()).collect();
        let fine = Run::new(&instance, satisfaction, &ties, budget, true).unwrap();
        let coarse = Run::with_bits(&instance, satisfaction, &ties, budget, true, bits).unwrap();
        prop_assert_eq!(trail(fine, &candidates).0, trail(coarse, &candidates).0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Runs with growing shares, each guided by the one before (and one by a run long ago), buy what they would buy alone.
    #[test]
    fn a_guide_changes_nothing(
        budget in 100u64..3000, scored in any::<bool>(), by_cost in any::<bool>(), step in 1u64..40,
        costs in proptest::collection::vec(1u64..900, 3..14),
        ballots in proptest::collection::vec(proptest::collection::vec(0i64..9, 14), 5..60),
    ) {
        let ballots: Vec<Vec<(u32, i64)>> = ballots.iter().map(|scores| {
            let named = (0u32..).zip(scores).take(costs.len()).filter(|(_, s)| **s > 4);
            named.map(|(p, &s)| (p, if scored { s } else { 1 })).collect()
        }).collect();
        let instance = instance(scored, budget, &costs, &ballots);
        let satisfaction = if by_cost { Satisfaction::Cost } else { Satisfaction::Cardinality };
        let ties = Ties::default();
        let ties = Choice::chain(&ties);
        let candidates: Vec<usize> =
            (0..costs.len()).filter(|&p| !instance.supporters(p).groups.is_empty()).collect();
        let order = |run: &Run<'_>| run.bought.iter().map(|b| b.project).collect::<Vec<_>>();
        let mut guides = vec![UNGUIDED.clone()];
        for increments in 0..30u64 {
            let money = budget + increments * step * instance.voters;
            let new = || Run::new(&instance, satisfaction, &ties, money, false).unwrap();
            let mut alone = new();
            alone.buy_all(&candidates, None).unwrap();
            let old = guides[guides.len() / 2].clone();
            let mut guided_by_old = new().guided_by(&old);
            guided_by_old.buy_all(&candidates, None).unwrap();
            prop_assert_eq!(order(&guided_by_old), order(&alone));
            let last = guides[guides.len() - 1].clone();
            let mut guided = new().guided_by(&last);
            guided.buy_all(&candidates, None).unwrap();
            prop_assert_eq!(order(&guided), order(&alone));
            guides.push(guided.into_notes());
        }
    }
}

#[test]
fn the_filter_decides_nearly_everything() {
    // 200 voters with pairwise different ballots and no equal prices: exact arithmetic is not needed.
    let costs = [911, 1201, 577, 1409, 733];
    let ballots: Vec<Vec<(u32, i64)>> = (1u32..32)
        .flat_map(|b| vec![(0..5).filter(|p| b >> p & 1 == 1).map(|p| (p, 1)).collect(); b as usize])
        .collect();
    let instance = instance(false, 2500, &costs, &ballots);
    let ties = Ties::default();
    let ties = Choice::chain(&ties);
    let run = Run::new(&instance, Satisfaction::Cost, &ties, 2500, true).unwrap();
    let (fine, decisions) = trail(run, &[0, 1, 2, 3, 4]);
    let run = Run::with_bits(&instance, Satisfaction::Cost, &ties, 2500, true, 0).unwrap();
    let (coarse, many) = trail(run, &[0, 1, 2, 3, 4]);
    assert_eq!(fine, coarse);
    assert!(decisions < many, "{decisions} < {many}");
}
