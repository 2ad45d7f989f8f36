//! The synthetic election: as many voters as one likes, nearly all of them with a ballot of their own.
//!
//! Costs are log-normal (median 200,000, sigma 0.9, rounded to 100), popularity is log-normal (sigma 0.8), a ballot
//! approves Poisson(8) projects (at least 1, at most 20) drawn without replacement by weight, in ten districts whose
//! own projects weigh four times as much; the budget is a quarter of all costs, rounded to 1,000.

use anyhow::Context as _;
use comitia_pabulib::{Election, Heading, Project, VoteType};
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::seq::index::sample_weighted;
use rand_distr::{Distribution as _, LogNormal, Poisson};
use rand_pcg::Pcg64;

const DISTRICTS: usize = 10;

/// The election with so many voters and projects. Equal arguments give equal elections.
pub fn election(voters: u32, projects: usize, seed: u64) -> anyhow::Result<Election> {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut amount = |median: f64, sigma: f64| -> anyhow::Result<f64> {
        Ok(LogNormal::new(median.ln(), sigma)?.sample(&mut rng))
    };
    let costs: Vec<u64> = (0..projects)
        .map(|_| amount(200_000.0, 0.9).and_then(|cost| rounded(cost, 100)))
        .collect::<Result<_, _>>()?;
    let popularity: Vec<f64> = (0..projects).map(|_| amount(1.0, 0.8)).collect::<Result<_, _>>()?;
    let homes: Vec<usize> = (0..projects).map(|_| rng.random_range(0..DISTRICTS)).collect();
    let budget = (costs.iter().sum::<u64>() / 4 + 500) / 1000 * 1000;
    let heading = Heading {
        description: format!("Synthetic election of {voters} voters, seed {seed}"),
        country: "None".into(),
        unit: "Synthetic".into(),
        instance: seed.to_string(),
        rule: "equalshares/add1".into(),
        date_begin: "2025".into(),
        date_end: "2025".into(),
    };
    let mut election = Election::new(heading, VoteType::Approval, budget, 0);
    let length = Poisson::new(8.0)?;
    for voter in 0..voters {
        let district = rng.random_range(0..DISTRICTS);
        let drawn: f64 = length.sample(&mut rng);
        let length = usize::try_from(rounded(drawn.clamp(1.0, 20.0), 1)?)?.min(projects);
        let weight = |p: usize| popularity[p] * if homes[p] == district { 4.0 } else { 1.0 };
        let mut choices: Vec<u32> = sample_weighted(&mut rng, projects, weight, length)?
            .into_iter()
            .map(u32::try_from)
            .collect::<Result<_, _>>()?;
        choices.sort_unstable();
        election.ballots.push(&(voter + 1).to_string(), &choices, &[], &[])?;
    }
    let named = |(i, cost): (usize, u64)| Project { id: (i + 1).to_string(), cost, ..Project::default() };
    election.projects = costs.into_iter().enumerate().map(named).collect();
    for (project, votes) in election.count_votes().into_iter().enumerate() {
        election.projects[project].votes = Some(votes);
    }
    Ok(election)
}

/// A positive number rounded to a multiple of `step`.
fn rounded(number: f64, step: u32) -> anyhow::Result<u64> {
    let multiple = (number / f64::from(step)).round();
    let multiple: u64 = format!("{multiple:.0}").parse().context("an amount is out of range")?;
    Ok(multiple * u64::from(step))
}
