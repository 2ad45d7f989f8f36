//! A city made from a seed: the same seed gives the same residents, projects and ballots on every machine.

use comitia_pabulib::{Election, Heading, Project, VoteType};

use crate::replay::plan::Plan;

const PLACES: [&str; 8] =
    ["Old Town", "Harbour", "Mill Hill", "Station", "Riverside", "Garden City", "North End", "Meadows"];
const IDEAS: [(&str, &str, u64); 12] = [
    ("trees and benches", "green", 120_000),
    ("playground renewed", "children", 260_000),
    ("cycle path", "transport", 410_000),
    ("library evenings", "culture", 45_000),
    ("safe crossing", "transport", 95_000),
    ("open-air cinema", "culture", 60_000),
    ("rain garden", "green", 150_000),
    ("sports ground", "sport", 380_000),
    ("lighting of the footpath", "safety", 130_000),
    ("neighbourhood kitchen", "community", 85_000),
    ("drinking fountains", "green", 40_000),
    ("repair workshop", "community", 70_000),
];
const PROJECTS: usize = 30;
const BUDGET: u64 = 1_500_000;

/// The city of `seed` with `residents` voters, as it is entered through the API.
///
/// # Errors
/// When it cannot be, which would be a defect here.
pub fn plan(seed: u64, residents: u32) -> anyhow::Result<Plan> {
    Plan::new(election(seed, residents)?)
}

/// The city of `seed` with `residents` voters, as an election by equal shares.
///
/// # Errors
/// When there are too many residents.
pub fn election(seed: u64, residents: u32) -> anyhow::Result<Election> {
    let mut random = SplitMix(seed);
    let heading = Heading {
        description: format!("Participatory budget of Seedville {seed}"),
        country: "Nowhere".into(),
        unit: "Seedville".into(),
        instance: "demo".into(),
        rule: "equalshares/add1".into(),
        date_begin: super::today(),
        date_end: super::today(),
    };
    let mut election = Election::new(heading, VoteType::Approval, BUDGET, 0);
    election.meta.set("currency", "EUR");
    election.meta.set("min_length", "1");
    election.meta.set("max_length", "8");

    let mut homes = Vec::new();
    for number in 0..PROJECTS {
        let place = random.below(PLACES.len());
        let (idea, category, cost) = IDEAS[number % IDEAS.len()];
        election.projects.push(Project {
            id: format!("{}", number + 1),
            name: format!("{}: {idea}", PLACES[place]),
            // Costs vary by a half either way, in thousands.
            cost: cost * (50 + random.below(101) as u64) / 100 / 1_000 * 1_000,
            categories: vec![category.to_owned()],
            ..Project::default()
        });
        homes.push(place);
    }
    let mut ballots = comitia_pabulib::Ballots::new(false, &["district"]);
    for resident in 0..residents {
        let home = random.below(PLACES.len());
        let mut choices = Vec::new();
        for _ in 0..=random.below(7) {
            // People like what is near, and a few ideas are liked everywhere.
            let mut choice = random.below(PROJECTS);
            if random.below(3) > 0 {
                choice = (0..PROJECTS)
                    .cycle()
                    .skip(choice)
                    .take(PROJECTS)
                    .find(|&p| homes[p] == home)
                    .unwrap_or(choice);
            } else if random.below(2) == 0 {
                choice %= 12;
            }
            let choice = u32::try_from(choice)?;
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        ballots.push(&format!("{:06}", resident + 1), &choices, &[], &[PLACES[home]])?;
    }
    election.ballots = ballots;
    Ok(election)
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }
}
