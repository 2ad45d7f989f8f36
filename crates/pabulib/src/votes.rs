//! The section VOTES, and what becomes of ballots with a defect.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use crate::ballots::{Ballots, BallotsError};
use crate::decimal::{Decimal, MAX_SCALE};
use crate::error::{ParseError, Section, Violation, Warning};
use crate::meta::VoteType;
use crate::model::{OddBallots, Project};
use crate::read::{at, check_count, header};
use crate::record::Records;

/// The ballots of a file.
pub(crate) struct Votes {
    pub ballots: Ballots,
    pub points_scale: u32,
    pub warnings: Vec<Warning>,
}

pub(crate) struct VoteReader<'a> {
    index: HashMap<&'a str, u32>,
    vote_type: VoteType,
    odd: OddBallots,
    ballots: Ballots,
    points_scale: u32,
    warnings: Vec<Warning>,
    /// For each project the last row that named it, to find repetitions in constant time.
    last_named: Vec<u64>,
    choices: Vec<u32>,
    points: Vec<i64>,
    /// Places in `choices` that name a project again.
    repeated: Vec<usize>,
}

/// Where the columns are.
struct Columns<'n> {
    id: usize,
    vote: usize,
    points: Option<usize>,
    others: Vec<usize>,
    other_names: Vec<&'n str>,
}

impl<'a> VoteReader<'a> {
    pub(crate) fn new(projects: &'a [Project], vote_type: VoteType, odd: OddBallots) -> Self {
        let index = projects.iter().zip(0u32..).map(|(p, i)| (p.id.as_str(), i)).collect();
        Self {
            index,
            vote_type,
            odd,
            ballots: Ballots::default(),
            points_scale: 0,
            warnings: Vec::new(),
            last_named: vec![0; projects.len()],
            choices: Vec::new(),
            points: Vec::new(),
            repeated: Vec::new(),
        }
    }

    pub(crate) fn read<R: BufRead>(mut self, rows: &mut Records<R>) -> Result<Votes, ParseError> {
        let names = header(rows, Section::Votes, ["voter_id", "vote"])?;
        let columns = self.columns(&names, rows)?;
        self.ballots = Ballots::new(columns.points.is_some(), &columns.other_names);
        let mut lines = Vec::new();
        while rows.advance()? {
            check_count(rows, names.len())?;
            match self.read_ballot(rows, &columns) {
                Ok(()) => {
                    self.add(rows, &columns)?;
                    lines.push(rows.line());
                }
                Err(defect) => self.set_aside(defect)?,
            }
        }
        self.set_aside_second_ballots(&lines)?;
        Ok(Votes { ballots: self.ballots, points_scale: self.points_scale, warnings: self.warnings })
    }

    fn columns<'n, R: BufRead>(
        &self,
        names: &'n [String],
        rows: &Records<R>,
    ) -> Result<Columns<'n>, ParseError> {
        let column = |name: &str| names.iter().position(|n| n == name);
        let (id, vote) = (column("voter_id").unwrap_or(0), column("vote").unwrap_or(0));
        // Points on ballots whose kind has none are kept as text, like any other column.
        let points = if self.vote_type.has_points() { column("points") } else { None };
        if self.vote_type.has_points() && points.is_none() {
            return Err(rows.error(Some("points"), Violation::MissingColumn(Section::Votes)));
        }
        let taken = [Some(id), Some(vote), points];
        let others: Vec<usize> = (0..names.len()).filter(|i| !taken.contains(&Some(*i))).collect();
        let other_names = others.iter().map(|&i| names[i].as_str()).collect();
        Ok(Columns { id, vote, points, others, other_names })
    }

    /// Reads choices and points of a row. An error is a defect of this ballot alone.
    fn read_ballot<R: BufRead>(&mut self, rows: &Records<R>, columns: &Columns) -> Result<(), ParseError> {
        if rows.field(columns.id).is_empty() {
            return Err(rows.error(Some("voter_id"), Violation::Empty));
        }
        self.read_choices(rows, columns.vote)?;
        if let Some(column) = columns.points {
            self.read_points(rows, column)?;
        }
        self.count_repeated_once(rows)?;
        if self.vote_type == VoteType::ChooseOne && self.choices.len() > 1 {
            return Err(rows.error(Some("vote"), Violation::MoreThanOneChoice(self.choices.len())));
        }
        Ok(())
    }

    fn add<R: BufRead>(&mut self, rows: &Records<R>, columns: &Columns) -> Result<(), ParseError> {
        let cells: Vec<&str> = columns.others.iter().map(|&column| rows.field(column)).collect();
        let added = self.ballots.push(rows.field(columns.id), &self.choices, &self.points, &cells);
        added.map_err(|error| match error {
            BallotsError::PointsLength { choices, points } => {
                rows.error(Some("points"), Violation::PointsLength { choices, points })
            }
            BallotsError::TooLarge | BallotsError::CellCount { .. } => rows.error(None, Violation::TooLarge),
        })
    }

    /// A ballot that has no one meaning is not counted, and never costs the others the election.
    fn set_aside(&mut self, defect: ParseError) -> Result<(), ParseError> {
        match self.odd {
            OddBallots::Refuse => Err(defect),
            OddBallots::Mend => {
                self.warnings.push(Warning::SetAside(defect));
                Ok(())
            }
        }
    }

    fn set_aside_second_ballots(&mut self, lines: &[u64]) -> Result<(), ParseError> {
        let mut seen = HashSet::with_capacity(self.ballots.len());
        let mut second = Vec::new();
        for (place, (ballot, &line)) in self.ballots.iter().zip(lines).enumerate() {
            if !seen.insert(ballot.voter_id) {
                let rule = Violation::DuplicateVoter(ballot.voter_id.to_owned());
                second.push((place, at(line, "voter_id", rule)));
            }
        }
        if second.is_empty() {
            return Ok(());
        }
        let places: HashSet<usize> = second.iter().map(|(place, _)| *place).collect();
        for (_, defect) in second {
            self.set_aside(defect)?;
        }
        self.ballots = self.ballots.without(&places);
        Ok(())
    }

    fn read_choices<R: BufRead>(&mut self, rows: &Records<R>, column: usize) -> Result<(), ParseError> {
        self.choices.clear();
        self.repeated.clear();
        let this = rows.line();
        for id in rows.field(column).split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let Some(&project) = self.index.get(id) else {
                return Err(rows.error(Some("vote"), Violation::UnknownProject(id.to_owned())));
            };
            let last = &mut self.last_named[project as usize];
            if *last == this {
                self.repeated.push(self.choices.len());
            }
            *last = this;
            self.choices.push(project);
        }
        Ok(())
    }

    /// A ballot is a set: a project that it names again counts once, at its first place. Where the points differ,
    /// the ballot has no one meaning.
    fn count_repeated_once<R: BufRead>(&mut self, rows: &Records<R>) -> Result<(), ParseError> {
        let Some(&first) = self.repeated.first() else { return Ok(()) };
        let id = |project: u32| {
            let named = self.index.iter().find(|(_, index)| **index == project);
            named.map(|(id, _)| (*id).to_owned()).unwrap_or_default()
        };
        let defect = rows.error(Some("vote"), Violation::RepeatedChoice(id(self.choices[first])));
        if self.odd == OddBallots::Refuse {
            return Err(defect);
        }
        let points_differ = self.repeated.iter().any(|&place| {
            let original = self.choices.iter().position(|choice| *choice == self.choices[place]);
            original.is_some_and(|original| self.points.get(original) != self.points.get(place))
        });
        if points_differ || (!self.points.is_empty() && self.points.len() != self.choices.len()) {
            return Err(defect);
        }
        for &place in self.repeated.iter().rev() {
            self.choices.remove(place);
            if !self.points.is_empty() {
                self.points.remove(place);
            }
        }
        self.warnings.push(Warning::Repaired(defect));
        Ok(())
    }

    fn read_points<R: BufRead>(&mut self, rows: &Records<R>, column: usize) -> Result<(), ParseError> {
        let mut numbers = Vec::with_capacity(self.choices.len());
        for text in rows.field(column).split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let number = Decimal::parse(text);
            numbers.push(number.ok_or_else(|| rows.error(Some("points"), bad_number(text)))?);
        }
        if numbers.len() != self.choices.len() {
            let (choices, points) = (self.choices.len(), numbers.len());
            return Err(rows.error(Some("points"), Violation::PointsLength { choices, points }));
        }
        // The file's scale is the finest that a number in it needs. Nothing changes before all of the row fits.
        let scale = numbers.iter().map(|number| number.scale()).fold(self.points_scale, u32::max);
        self.points.clear();
        for number in &numbers {
            let units = number.at_scale(scale).and_then(|units| i64::try_from(units).ok());
            let fault = || rows.error(Some("points"), bad_number(&number.to_string()));
            self.points.push(units.ok_or_else(fault)?);
        }
        if scale > self.points_scale {
            let factor = 10i64.pow((scale - self.points_scale).min(MAX_SCALE));
            let fault = || rows.error(Some("points"), bad_number(rows.field(column)));
            self.ballots.rescale_points(factor).ok_or_else(fault)?;
            self.points_scale = scale;
        }
        Ok(())
    }
}

fn bad_number(text: &str) -> Violation {
    Violation::BadNumber(text.to_owned())
}
