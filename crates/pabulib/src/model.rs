//! An election as a whole.

use std::fmt::Write as _;
use std::io::BufRead;

use crate::ballots::Ballots;
use crate::decimal::{Decimal, MAX_SCALE};
use crate::error::{ParseError, Warning};
use crate::meta::{Heading, Meta, VoteType};

/// The cost, in currency units, by which files mark a project that was withdrawn (`SENTINEL_PROJECT_COST` of
/// pabulib-checker).
pub const WITHDRAWN_COST: u64 = 999_999_999;

/// What becomes of a ballot with a defect. A broken row (wrong number of fields, a quote that is never closed, text that
/// is not UTF-8) is no ballot, and always stops the reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OddBallots {
    /// A project named again counts once ([`Warning::Repaired`]). A ballot that names an unknown project, several
    /// projects where one may be chosen, points that are no numbers or not one for each project, different points for one
    /// project, no voter, or a voter who has a ballot already, is not counted ([`Warning::SetAside`]).
    #[default]
    Mend,
    /// The file is refused at the first of them.
    Refuse,
}

/// A row of PROJECTS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The id that ballots use.
    pub id: String,
    /// The cost in minor units (`10^-money_scale` of the currency unit).
    pub cost: u64,
    /// Is the cost the sentinel [`WITHDRAWN_COST`]?
    pub withdrawn: bool,
    /// The title; empty if the file has none.
    pub name: String,
    /// How many ballots name it, as the file says.
    pub votes: Option<u64>,
    /// Its points, as the file says.
    pub score: Option<Decimal>,
    /// What it is about.
    pub categories: Vec<String>,
    /// Whom it serves (`target` in files before April 2026).
    pub beneficiaries: Vec<String>,
    /// 1 = funded, 0 = not; 2 and 3 = funded by other means.
    pub selected: Option<u8>,
    /// Where it is.
    pub neighborhood: Option<String>,
    /// The part of the unit.
    pub subunit: Option<String>,
    /// The district.
    pub district: Option<String>,
    /// What it is, at length.
    pub description: Option<String>,
    /// Who proposed it.
    pub proposer: Option<String>,
    /// The id that the public knows.
    pub public_id: Option<String>,
    /// Latitude, as the file writes it.
    pub latitude: Option<String>,
    /// Longitude, as the file writes it.
    pub longitude: Option<String>,
    /// Cells of columns that the format does not know: column and text.
    pub other: Vec<(String, String)>,
}

/// A `.pb` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Election {
    /// META. `budget`, `vote_type`, `num_projects` and `num_votes` are written from the fields below.
    pub meta: Meta,
    /// Amounts are in units of `10^-money_scale` of the currency.
    pub money_scale: u32,
    /// Points are in units of `10^-points_scale`.
    pub points_scale: u32,
    /// The budget in minor units.
    pub budget: u64,
    /// The kind of ballot.
    pub vote_type: VoteType,
    /// The projects in the order of the file.
    pub projects: Vec<Project>,
    /// The ballots in the order of the file.
    pub ballots: Ballots,
    /// What is suspicious in the file that was read.
    pub warnings: Vec<Warning>,
}

impl Election {
    /// A new election without projects and ballots, to be filled and written. Amounts will be in units of
    /// `10^-money_scale` of the currency (2 for cents).
    #[must_use]
    pub fn new(heading: Heading, vote_type: VoteType, budget: u64, money_scale: u32) -> Self {
        let mut meta = Meta::new();
        for (key, value) in [
            ("description", heading.description),
            ("country", heading.country),
            ("unit", heading.unit),
            ("instance", heading.instance),
            ("rule", heading.rule),
            ("date_begin", heading.date_begin),
            ("date_end", heading.date_end),
        ] {
            meta.set(key, value);
        }
        Self {
            meta,
            money_scale: money_scale.min(MAX_SCALE),
            points_scale: 0,
            budget,
            vote_type,
            projects: Vec::new(),
            ballots: Ballots::new(vote_type.has_points(), &[]),
            warnings: Vec::new(),
        }
    }

    /// Reads a file, one row at a time; ballots with a defect are repaired or set aside ([`OddBallots::Mend`]).
    pub fn read(source: impl BufRead) -> Result<Self, ParseError> {
        crate::read::read(source, OddBallots::Mend)
    }

    /// As [`Election::read`], with a choice of what becomes of ballots with a defect.
    pub fn read_with(source: impl BufRead, odd: OddBallots) -> Result<Self, ParseError> {
        crate::read::read(source, odd)
    }

    /// Reads a file that is in memory.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::read(bytes)
    }

    /// How many decimals below the currency unit amounts are counted in.
    #[must_use]
    pub const fn scale(&self) -> u32 {
        self.money_scale
    }

    /// How many minor units make one currency unit.
    #[must_use]
    pub const fn minor_per_unit(&self) -> u64 {
        10u64.pow(if self.money_scale > MAX_SCALE { MAX_SCALE } else { self.money_scale })
    }

    /// An amount in minor units as exact decimal text in currency units, without trailing zeros.
    #[must_use]
    pub fn amount_text(&self, minor: u64) -> String {
        let one = self.minor_per_unit();
        let mut text = (minor / one).to_string();
        let rest = minor % one;
        if rest > 0 {
            let width = self.money_scale.min(MAX_SCALE) as usize;
            // Writing to a String cannot fail.
            let _ = write!(text, ".{rest:0width$}");
            text.truncate(text.trim_end_matches('0').len());
        }
        text
    }

    /// A META amount (`max_sum_cost`, `min_project_cost` ...) in minor units; `None` if absent, negative or finer than
    /// the file's scale. A maximum that is finer than the scale may be rounded down: no cost lies between.
    #[must_use]
    pub fn meta_amount(&self, key: &str) -> Option<u64> {
        let number = self.meta.number(key)?;
        let minor = match self.money_scale.checked_sub(number.scale()) {
            Some(_) => number.at_scale(self.money_scale)?,
            None => i128::from(number.mantissa()) / 10i128.pow(number.scale() - self.money_scale),
        };
        u64::try_from(minor).ok()
    }

    /// The position of a project.
    #[must_use]
    pub fn project_index(&self, id: &str) -> Option<usize> {
        self.projects.iter().position(|p| p.id == id)
    }

    /// How many ballots name each project.
    #[must_use]
    pub fn count_votes(&self) -> Vec<u64> {
        let mut votes = vec![0; self.projects.len()];
        for ballot in self.ballots.iter() {
            for &choice in ballot.choices {
                if let Some(count) = votes.get_mut(choice as usize) {
                    *count += 1;
                }
            }
        }
        votes
    }

    /// The sum of points of each project, in units of `10^-points_scale`; zeros if ballots have no points.
    #[must_use]
    pub fn count_points(&self) -> Vec<i128> {
        let mut sums = vec![0; self.projects.len()];
        for ballot in self.ballots.iter() {
            for (&choice, &points) in ballot.choices.iter().zip(ballot.points.unwrap_or_default()) {
                if let Some(sum) = sums.get_mut(choice as usize) {
                    *sum += i128::from(points);
                }
            }
        }
        sums
    }

    /// Do two elections say the same? What does not matter: the order of META keys and of columns, the number of
    /// trailing zeros, the stated counts of rows, the order in which projects of equal points stand on a ballot (and
    /// of all projects where the order has no meaning), warnings.
    #[must_use]
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }

    fn meaning(&self) -> Meaning<'_> {
        let skip = ["budget", "vote_type", "num_projects", "num_votes"];
        let mut meta: Vec<_> = self.meta.iter().filter(|(k, v)| !v.is_empty() && !skip.contains(k)).collect();
        meta.sort_unstable();
        let projects = self.projects.iter().map(|p| {
            let mut other: Vec<_> = p.other.iter().filter(|(_, v)| !v.is_empty()).cloned().collect();
            other.sort_unstable();
            (self.amount_text(p.cost), Project { cost: 0, other, ..p.clone() })
        });
        let ballots = self.ballots.iter().map(|b| {
            let mut choices: Vec<(Option<Decimal>, u32)> = match b.points {
                None => b.choices.iter().map(|&c| (None, c)).collect(),
                Some(points) => b
                    .choices
                    .iter()
                    .zip(points)
                    .map(|(&c, &p)| (Decimal::new(p, self.points_scale), c))
                    .collect(),
            };
            if self.vote_type != VoteType::Ordinal {
                choices.sort_unstable();
            }
            let mut cells: Vec<_> =
                self.ballots.columns().zip(b.cells()).filter(|(_, c)| !c.is_empty()).collect();
            cells.sort_unstable();
            (b.voter_id, choices, cells)
        });
        Meaning {
            meta,
            budget: self.amount_text(self.budget),
            vote_type: self.vote_type,
            projects: projects.collect(),
            ballots: ballots.collect(),
        }
    }
}

#[derive(PartialEq, Eq)]
struct Meaning<'a> {
    meta: Vec<(&'a str, &'a str)>,
    budget: String,
    vote_type: VoteType,
    projects: Vec<(String, Project)>,
    ballots: Vec<BallotMeaning<'a>>,
}

/// Voter, choices with their points, cells of the further columns.
type BallotMeaning<'a> = (&'a str, Vec<(Option<Decimal>, u32)>, Vec<(&'a str, &'a str)>);
