//! From an election to text that `pabulib-checker` accepts.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;

use thiserror::Error;

use crate::decimal::Decimal;
use crate::error::Section;
use crate::meta::{OBLIGATORY, ORDER};
use crate::model::{Election, Project};

/// Why an election cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The destination failed.
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
    /// An obligatory META key has no value.
    #[error("META needs a value for {0}")]
    MissingKey(&'static str),
    /// The format has no way to say this: an item of a list must not be empty, contain a comma or have spaces round it,
    /// and a project id must not be a section title.
    #[error("{0:?} cannot be an item of a list in a .pb file")]
    NotAnItem(String),
    /// Two projects have the same id.
    #[error("the project {0:?} is listed twice")]
    DuplicateProject(String),
    /// A ballot names a project by an index that is not there.
    #[error("the ballot of {voter:?} names project number {index}, which does not exist")]
    UnknownProject {
        /// The voter.
        voter: String,
        /// The index.
        index: u32,
    },
}

/// The columns of PROJECTS in the official order.
const COLUMNS: [&str; 14] = [
    "votes",
    "score",
    "name",
    "category",
    "beneficiaries",
    "selected",
    "neighborhood",
    "subunit",
    "district",
    "description",
    "proposer",
    "public_id",
    "latitude",
    "longitude",
];

/// The further columns of VOTES in the official order; others follow.
const VOTE_COLUMNS: [&str; 7] =
    ["points", "age", "sex", "voting_method", "district", "neighborhood", "education"];

impl Election {
    /// Writes the election in the official order of keys and columns.
    pub fn write(&self, out: &mut impl io::Write) -> Result<(), WriteError> {
        self.check()?;
        let mut writer = Writer { out, row: String::new() };
        self.write_meta(&mut writer)?;
        self.write_projects(&mut writer)?;
        self.write_votes(&mut writer)
    }

    /// The election as text.
    pub fn to_pb(&self) -> Result<String, WriteError> {
        let mut bytes = Vec::new();
        self.write(&mut bytes)?;
        String::from_utf8(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e).into())
    }

    fn check(&self) -> Result<(), WriteError> {
        let mut seen = std::collections::HashSet::new();
        for project in &self.projects {
            let title = [Section::Meta, Section::Projects, Section::Votes]
                .iter()
                .any(|s| project.id.eq_ignore_ascii_case(s.title()));
            let lists = project.categories.iter().chain(&project.beneficiaries).chain([&project.id]);
            for item in lists {
                if title || item.is_empty() || item.trim() != item || item.contains(',') {
                    return Err(WriteError::NotAnItem(item.clone()));
                }
            }
            if !seen.insert(&project.id) {
                return Err(WriteError::DuplicateProject(project.id.clone()));
            }
        }
        Ok(())
    }

    fn write_meta<W: io::Write>(&self, out: &mut Writer<'_, W>) -> Result<(), WriteError> {
        let mut meta = self.meta.clone();
        meta.set("num_projects", self.projects.len().to_string());
        meta.set("num_votes", self.ballots.len().to_string());
        meta.set("budget", self.amount_text(self.budget));
        meta.set("vote_type", self.vote_type.name());
        if let Some(key) = OBLIGATORY.into_iter().find(|key| meta.get(key).is_none()) {
            return Err(WriteError::MissingKey(key));
        }
        let mut entries: Vec<_> = meta.iter().filter(|(_, value)| !value.is_empty()).collect();
        entries.sort_by_key(|(key, _)| ORDER.iter().position(|k| k == key).unwrap_or(ORDER.len()));
        out.title(Section::Meta)?;
        out.row(["key", "value"])?;
        for (key, value) in entries {
            out.row([key, value])?;
        }
        Ok(())
    }

    fn write_projects<W: io::Write>(&self, out: &mut Writer<'_, W>) -> Result<(), WriteError> {
        let columns: Vec<&str> =
            COLUMNS.into_iter().filter(|c| self.projects.iter().any(|p| !cell(p, c).is_empty())).collect();
        let mut others: Vec<&str> = Vec::new();
        let mut position: HashMap<&str, usize> = HashMap::new();
        for (name, value) in self.projects.iter().flat_map(|p| &p.other) {
            if !value.is_empty() && !position.contains_key(name.as_str()) {
                position.insert(name, others.len());
                others.push(name);
            }
        }
        out.title(Section::Projects)?;
        out.row(
            ["project_id", "cost"].into_iter().chain(columns.iter().copied()).chain(others.iter().copied()),
        )?;
        for project in &self.projects {
            let cost = self.amount_text(project.cost);
            let cells: Vec<String> = columns.iter().map(|c| cell(project, c)).collect();
            let mut rest = vec![""; others.len()];
            for (name, value) in &project.other {
                if let Some(&at) = position.get(name.as_str()) {
                    rest[at] = value;
                }
            }
            out.row(
                [project.id.as_str(), &cost].into_iter().chain(cells.iter().map(String::as_str)).chain(rest),
            )?;
        }
        Ok(())
    }

    fn write_votes<W: io::Write>(&self, out: &mut Writer<'_, W>) -> Result<(), WriteError> {
        let names: Vec<&str> = self.ballots.columns().collect();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order
            .sort_by_key(|&i| VOTE_COLUMNS.iter().position(|c| *c == names[i]).unwrap_or(VOTE_COLUMNS.len()));
        let fixed = ["voter_id", "vote", "points"];
        let fixed = &fixed[..if self.ballots.has_points() { 3 } else { 2 }];
        out.title(Section::Votes)?;
        out.row(fixed.iter().copied().chain(order.iter().map(|&i| names[i])))?;
        let (mut vote, mut points) = (String::new(), String::new());
        let mut ranked: Vec<(u32, i64)> = Vec::new();
        for ballot in self.ballots.iter() {
            vote.clear();
            points.clear();
            ranked.clear();
            let given = ballot.points.unwrap_or_default();
            ranked.extend(
                ballot.choices.iter().enumerate().map(|(i, &c)| (c, given.get(i).copied().unwrap_or(0))),
            );
            // "In decreasing points order": the format page on cumulative and scoring votes.
            ranked.sort_by_key(|&(_, points)| Reverse(points));
            for &(index, value) in &ranked {
                let project = self
                    .projects
                    .get(index as usize)
                    .ok_or_else(|| WriteError::UnknownProject { voter: ballot.voter_id.to_owned(), index })?;
                separate(&mut vote);
                vote.push_str(&project.id);
                if self.ballots.has_points() {
                    separate(&mut points);
                    points.push_str(&Decimal::new(value, self.points_scale).unwrap_or_default().to_string());
                }
            }
            let cells: Vec<&str> = ballot.cells().collect();
            let fixed = [ballot.voter_id, &vote, &points];
            let fixed = &fixed[..if self.ballots.has_points() { 3 } else { 2 }];
            out.row(fixed.iter().copied().chain(order.iter().map(|&i| cells[i])))?;
        }
        Ok(())
    }
}

fn separate(list: &mut String) {
    if !list.is_empty() {
        list.push(',');
    }
}

/// The cell of one of [`COLUMNS`].
fn cell(project: &Project, column: &str) -> String {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    match column {
        "votes" => project.votes.map(|n| n.to_string()).unwrap_or_default(),
        "score" => project.score.map(|n| n.to_string()).unwrap_or_default(),
        "name" => project.name.clone(),
        "category" => project.categories.join(","),
        "beneficiaries" => project.beneficiaries.join(","),
        "selected" => project.selected.map(|n| n.to_string()).unwrap_or_default(),
        "neighborhood" => text(&project.neighborhood),
        "subunit" => text(&project.subunit),
        "district" => text(&project.district),
        "description" => text(&project.description),
        "proposer" => text(&project.proposer),
        "public_id" => text(&project.public_id),
        "latitude" => text(&project.latitude),
        "longitude" => text(&project.longitude),
        _ => String::new(),
    }
}

struct Writer<'a, W> {
    out: &'a mut W,
    row: String,
}

impl<W: io::Write> Writer<'_, W> {
    fn title(&mut self, section: Section) -> io::Result<()> {
        writeln!(self.out, "{}", section.title())
    }

    fn row<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) -> io::Result<()> {
        self.row.clear();
        for (i, field) in fields.into_iter().enumerate() {
            if i > 0 {
                self.row.push(';');
            }
            quote(&mut self.row, field.trim());
        }
        self.row.push('\n');
        self.out.write_all(self.row.as_bytes())
    }
}

/// CSV quoting: fields with a separator, a quote or a line break stand in quotes, quotes inside are doubled.
fn quote(row: &mut String, field: &str) {
    if !field.contains(['"', ';', '\n', '\r']) {
        row.push_str(field);
        return;
    }
    row.push('"');
    for c in field.chars() {
        if c == '"' {
            row.push('"');
        }
        row.push(c);
    }
    row.push('"');
}
