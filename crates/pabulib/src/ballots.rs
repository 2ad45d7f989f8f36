//! The VOTES section, kept by columns: two text buffers and a few integers a ballot, no string a field.

use std::collections::HashSet;

use thiserror::Error;

/// Texts end to end in one buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct TextColumn {
    text: String,
    ends: Vec<u32>,
}

impl TextColumn {
    fn push(&mut self, value: &str) -> Result<(), BallotsError> {
        let end = u32::try_from(self.text.len() + value.len()).map_err(|_| BallotsError::TooLarge)?;
        self.text.push_str(value);
        self.ends.push(end);
        Ok(())
    }

    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).map_or(0, |&e| e as usize) };
        let end = self.ends.get(index).map_or(start, |&e| e as usize);
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Why a ballot could not be added.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BallotsError {
    /// Not one number of points for each choice.
    #[error("{choices} choices but {points} points")]
    PointsLength {
        /// Projects named.
        choices: usize,
        /// Numbers given.
        points: usize,
    },
    /// Not one cell for each further column.
    #[error("{columns} columns but {cells} cells")]
    CellCount {
        /// Columns declared.
        columns: usize,
        /// Cells given.
        cells: usize,
    },
    /// More than 32-bit indexes hold.
    #[error("too many ballots")]
    TooLarge,
}

/// All ballots of an election.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ballots {
    ids: TextColumn,
    ends: Vec<u32>,
    choices: Vec<u32>,
    points: Option<Vec<i64>>,
    columns: Vec<(String, TextColumn)>,
}

impl Ballots {
    /// No ballots yet. `with_points`: each choice has points; `columns`: the names of the further columns, such as
    /// `age`, `sex`, `voting_method`, `district`, `neighborhood`.
    #[must_use]
    pub fn new(with_points: bool, columns: &[&str]) -> Self {
        Self {
            points: with_points.then(Vec::new),
            columns: columns.iter().map(|c| ((*c).to_owned(), TextColumn::default())).collect(),
            ..Self::default()
        }
    }

    /// Adds a ballot: `choices` are indexes into the projects, `points` one number a choice in units of
    /// `10^-points_scale` (empty if the ballots have none), `cells` one text a further column.
    pub fn push(
        &mut self,
        voter_id: &str,
        choices: &[u32],
        points: &[i64],
        cells: &[&str],
    ) -> Result<(), BallotsError> {
        if cells.len() != self.columns.len() {
            return Err(BallotsError::CellCount { columns: self.columns.len(), cells: cells.len() });
        }
        let wanted = if self.points.is_some() { choices.len() } else { 0 };
        if points.len() != wanted {
            return Err(BallotsError::PointsLength { choices: choices.len(), points: points.len() });
        }
        let end = u32::try_from(self.choices.len() + choices.len()).map_err(|_| BallotsError::TooLarge)?;
        self.ids.push(voter_id.trim())?;
        for ((_, column), cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell.trim())?;
        }
        self.choices.extend_from_slice(choices);
        if let Some(all) = &mut self.points {
            all.extend_from_slice(points);
        }
        self.ends.push(end);
        Ok(())
    }

    /// How many ballots there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Do the ballots carry points?
    #[must_use]
    pub fn has_points(&self) -> bool {
        self.points.is_some()
    }

    /// The names of the further columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The ballot at a position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Ballot<'_>> {
        (index < self.len()).then(|| self.view(index))
    }

    /// All ballots in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Ballot<'_>> + Clone {
        (0..self.len()).map(|index| self.view(index))
    }

    fn view(&self, index: usize) -> Ballot<'_> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        let range = start..self.ends[index] as usize;
        Ballot {
            voter_id: self.ids.get(index),
            choices: &self.choices[range.clone()],
            points: self.points.as_ref().map(|p| &p[range]),
            ballots: self,
            index,
        }
    }

    /// Multiplies all points, when a later row shows that the file's scale is finer; `None`, and no change, if one does
    /// not fit.
    pub(crate) fn rescale_points(&mut self, factor: i64) -> Option<()> {
        if self.points.iter().flatten().any(|point| point.checked_mul(factor).is_none()) {
            return None;
        }
        for point in self.points.iter_mut().flatten() {
            *point *= factor;
        }
        Some(())
    }

    /// The same ballots without those at these places.
    pub(crate) fn without(&self, places: &HashSet<usize>) -> Self {
        let columns: Vec<&str> = self.columns().collect();
        let mut kept = Self::new(self.has_points(), &columns);
        for (_, ballot) in self.iter().enumerate().filter(|(place, _)| !places.contains(place)) {
            let cells: Vec<&str> = ballot.cells().collect();
            // What fitted before fits again.
            let _ = kept.push(ballot.voter_id, ballot.choices, ballot.points.unwrap_or_default(), &cells);
        }
        kept
    }
}

/// One ballot.
#[derive(Debug, Clone, Copy)]
pub struct Ballot<'a> {
    /// The voter's id in the file.
    pub voter_id: &'a str,
    /// Indexes into [`crate::Election::projects`], in the order of the file.
    pub choices: &'a [u32],
    /// One number a choice, in units of `10^-points_scale`, if the file has points.
    pub points: Option<&'a [i64]>,
    ballots: &'a Ballots,
    index: usize,
}

impl<'a> Ballot<'a> {
    /// The cell of a further column, if the column is there and the cell is not empty.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'a str> {
        let (_, column) = self.ballots.columns.iter().find(|(n, _)| n == name)?;
        Some(column.get(self.index)).filter(|cell| !cell.is_empty())
    }

    /// The cells of all further columns, in the order of [`Ballots::columns`].
    pub fn cells(&self) -> impl Iterator<Item = &'a str> {
        let index = self.index;
        self.ballots.columns.iter().map(move |(_, column)| column.get(index))
    }

    /// Years or an age group.
    #[must_use]
    pub fn age(&self) -> Option<&'a str> {
        self.column("age")
    }

    /// `M`, `F` or `O`.
    #[must_use]
    pub fn sex(&self) -> Option<&'a str> {
        self.column("sex")
    }

    /// `internet` or `paper`.
    #[must_use]
    pub fn voting_method(&self) -> Option<&'a str> {
        self.column("voting_method")
    }

    /// The voter's district.
    #[must_use]
    pub fn district(&self) -> Option<&'a str> {
        self.column("district")
    }

    /// The voter's neighbourhood.
    #[must_use]
    pub fn neighborhood(&self) -> Option<&'a str> {
        self.column("neighborhood")
    }
}
