//! `cargo run -p comitia-pabulib --example samples -- FOLDER [FILE.pb...]`: writes an election of each vote type with all
//! that the format knows, and each given file as this crate writes it. `scripts/check-pabulib` has them checked by
//! Pabulib's own checker.

use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use comitia_pabulib::{Ballots, Decimal, Election, Heading, Project, VoteType};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Choices with points, best first; those of approval ballots have none. Points are whole, because the checker takes no
/// decimals, and no tie decides, because it breaks ties its own way.
const BALLOTS: [&[(u32, i64)]; 5] =
    [&[(0, 6), (1, 4)], &[(1, 7), (2, 3)], &[(2, 5), (0, 3), (1, 2)], &[(1, 10)], &[(0, 5), (1, 5)]];

fn sample(vote_type: VoteType) -> Result<Election> {
    let heading = Heading {
        description: "Participatory budget; \"green\" and safe".into(),
        country: "Poland".into(),
        unit: "Łódź".into(),
        instance: "2025".into(),
        rule: "greedy".into(),
        date_begin: "01.06.2025".into(),
        date_end: "30.06.2025".into(),
    };
    let mut election = Election::new(heading, vote_type, 12_000_050, 2);
    for (key, value) in
        [("currency", "PLN"), ("language", "pl"), ("edition", "3"), ("categories", "green,safety")]
    {
        election.meta.set(key, value);
    }
    election.meta.add_comment("made up");
    let ballots =
        BALLOTS.iter().map(|ballot| if vote_type == VoteType::ChooseOne { &ballot[..1] } else { ballot });
    let points = vote_type.has_points();
    if points {
        election.meta.set("max_sum_points", "10");
        election.meta.set("max_points", "10");
    }
    if vote_type != VoteType::ChooseOne {
        election.meta.set("min_length", "1");
        election.meta.set("max_length", "3");
    }
    let ids = ["A/1", "2", "Ż3"];
    let names = ["Trees; benches", "Crossing \"safe\"", "Rain\ngarden"];
    for (((id, name), cost), category) in
        ids.iter().zip(names).zip([6_000_000, 5_000_050, 4_000_000]).zip(["green", "safety", "green"])
    {
        election.projects.push(Project {
            id: (*id).to_owned(),
            cost,
            name: name.replace('\n', " "),
            categories: vec![category.to_owned()],
            beneficiaries: vec!["children".into(), "seniors".into()],
            latitude: Some("51.75".into()),
            longitude: Some("19.45".into()),
            ..Project::default()
        });
    }
    election.ballots = Ballots::new(points, &["age", "sex", "voting_method"]);
    for (voter, ballot) in ballots.enumerate() {
        let choices: Vec<u32> = ballot.iter().map(|choice| choice.0).collect();
        let given: Vec<i64> = ballot.iter().map(|choice| choice.1).filter(|_| points).collect();
        election.ballots.push(&format!("{}", voter + 1), &choices, &given, &["34", "F", "internet"])?;
    }
    let votes = election.count_votes();
    let sums = election.count_points();
    // What the greedy rule funds: best first, what fits.
    let mut order: Vec<usize> = (0..election.projects.len()).collect();
    let support = |p: usize| match vote_type {
        VoteType::Ordinal => BALLOTS
            .iter()
            .map(|ballot| {
                let rank = ballot.iter().position(|choice| choice.0 as usize == p);
                rank.map_or(0, |rank| (ballot.len() - rank) as i128)
            })
            .sum(),
        _ if points => sums[p],
        _ => i128::from(votes[p]),
    };
    order.sort_by_key(|&p| (std::cmp::Reverse(support(p)), election.projects[p].cost));
    let mut left = election.budget;
    for p in order {
        let project = &mut election.projects[p];
        project.votes = Some(votes[p]);
        if points || vote_type == VoteType::Ordinal {
            project.score = i64::try_from(support(p)).ok().and_then(|score| Decimal::new(score, 0));
        }
        project.selected = Some(u8::from(project.cost <= left));
        left -= if project.cost <= left { project.cost } else { 0 };
    }
    Ok(election)
}

fn write(election: &Election, file: &Path) -> Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    election.write(&mut out)?;
    Ok(out.flush()?)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("into which folder?")?;
    let types =
        [VoteType::Approval, VoteType::Ordinal, VoteType::Cumulative, VoteType::Scoring, VoteType::ChooseOne];
    for vote_type in types {
        write(&sample(vote_type)?, &folder.join(format!("sample-{vote_type}.pb")))?;
    }
    for file in arguments {
        let election = Election::read(BufReader::new(std::fs::File::open(&file)?))?;
        write(&election, &folder.join(file.file_name().ok_or("a file without a name")?))?;
    }
    Ok(())
}
