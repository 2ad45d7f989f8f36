//! From rows to an election.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use crate::ballots::{Ballots, BallotsError};
use crate::decimal::{Decimal, MAX_SCALE};
use crate::error::{ParseError, Section, Violation, Warning};
use crate::meta::{self, Meta, VoteType};
use crate::model::{Election, Project, WITHDRAWN_COST};
use crate::record::Records;

pub(crate) fn read(source: impl BufRead) -> Result<Election, ParseError> {
    let mut rows = Records::new(source);
    if !rows.advance()? || section(&rows) != Some(Section::Meta) {
        return Err(rows.error(None, Violation::MissingSection(Section::Meta)));
    }
    let (meta, meta_line) = read_meta(&mut rows)?;
    let vote_type = check_meta(&meta, meta_line)?;
    let (mut projects, costs, cost_lines) = read_projects(&mut rows)?;
    let mut reader = VoteReader::new(&projects, vote_type);
    reader.read(&mut rows)?;
    let (ballots, points_scale) = (reader.ballots, reader.points_scale);

    // The file's scale is the finest that an amount in it needs.
    let budget = amount(meta.get("budget").unwrap_or_default()).map_err(|r| at(meta_line, "budget", r))?;
    let money_scale = costs.iter().map(|c| c.scale()).fold(budget.scale(), u32::max);
    let minor = |d: Decimal| {
        let units = d.at_scale(money_scale).and_then(|m| u64::try_from(m).ok());
        units.ok_or_else(|| Violation::AmountTooLarge(d.to_string()))
    };
    for ((project, cost), line) in projects.iter_mut().zip(costs).zip(cost_lines) {
        project.cost = minor(cost).map_err(|r| at(line, "cost", r))?;
        project.withdrawn = i64::try_from(WITHDRAWN_COST) == Ok(cost.mantissa()) && cost.scale() == 0;
    }
    let budget = minor(budget).map_err(|r| at(meta_line, "budget", r))?;
    let mut election = Election {
        meta,
        money_scale,
        points_scale,
        budget,
        vote_type,
        projects,
        ballots,
        warnings: Vec::new(),
    };
    election.warnings = warnings(&election);
    Ok(election)
}

fn at(line: u64, column: &str, rule: Violation) -> ParseError {
    ParseError { line, column: Some(column.to_owned()), rule }
}

/// A title row: the title alone, or followed by empty fields as spreadsheets leave them.
fn section<R: BufRead>(rows: &Records<R>) -> Option<Section> {
    if rows.fields().skip(1).any(|f| !f.is_empty()) {
        return None;
    }
    let first = rows.field(0);
    [Section::Meta, Section::Projects, Section::Votes]
        .into_iter()
        .find(|s| first.eq_ignore_ascii_case(s.title()))
}

/// Moves on; `true` if there is a row and it is not the title of the next section.
fn row_of<R: BufRead>(rows: &mut Records<R>, next: Section) -> Result<bool, ParseError> {
    if !rows.advance()? {
        return Err(rows.error(None, Violation::MissingSection(next)));
    }
    match section(rows) {
        None => Ok(true),
        Some(found) if found == next => Ok(false),
        Some(_) => Err(rows.error(None, Violation::MissingSection(next))),
    }
}

fn check_count<R: BufRead>(rows: &Records<R>, expected: usize) -> Result<(), ParseError> {
    let found = rows.len();
    // Empty fields at the end are what spreadsheets leave behind.
    if found < expected || rows.fields().skip(expected).any(|f| !f.is_empty()) {
        return Err(rows.error(None, Violation::FieldCount { expected, found }));
    }
    Ok(())
}

fn read_meta<R: BufRead>(rows: &mut Records<R>) -> Result<(Meta, u64), ParseError> {
    let title = rows.line();
    if !row_of(rows, Section::Projects)? {
        return Err(rows.error(None, Violation::MissingHeader(Section::Meta)));
    }
    if !(rows.field(0).eq_ignore_ascii_case("key") && rows.field(1).eq_ignore_ascii_case("value")) {
        return Err(rows.error(None, Violation::MetaHeader));
    }
    let mut meta = Meta::new();
    let mut seen = HashSet::new();
    while row_of(rows, Section::Projects)? {
        check_count(rows, 2)?;
        let (key, value) = (rows.field(0).to_ascii_lowercase(), rows.field(1));
        if key.is_empty() {
            return Err(rows.error(Some("key"), Violation::Empty));
        }
        if !seen.insert(key.clone()) {
            return Err(rows.error(Some(&key), Violation::DuplicateKey));
        }
        let fault = if value.is_empty() {
            None
        } else if key == "budget" {
            amount(value).err()
        } else if key == "vote_type" && VoteType::from_name(value).is_none() {
            Some(Violation::UnknownVoteType(value.to_owned()))
        } else if meta::NUMBERS.contains(&key.as_str()) && Decimal::parse(value).is_none() {
            Some(Violation::BadNumber(value.to_owned()))
        } else if meta::COUNTS.contains(&key.as_str()) && meta::count(value).is_none() {
            Some(Violation::BadCount(value.to_owned()))
        } else {
            None
        };
        if let Some(rule) = fault {
            return Err(rows.error(Some(&key), rule));
        }
        meta.push(key, value);
    }
    Ok((meta, title))
}

fn check_meta(meta: &Meta, line: u64) -> Result<VoteType, ParseError> {
    for key in meta::OBLIGATORY {
        if meta.get(key).is_none() {
            return Err(at(line, key, Violation::MissingKey));
        }
    }
    let name = meta.get("vote_type").unwrap_or_default();
    let vote_type = VoteType::from_name(name)
        .ok_or_else(|| at(line, "vote_type", Violation::UnknownVoteType(name.to_owned())))?;
    if vote_type == VoteType::Cumulative && meta.get("max_sum_points").is_none() {
        return Err(at(line, "max_sum_points", Violation::MissingKey));
    }
    Ok(vote_type)
}

/// Reads the header of a section: its column names in lower case.
fn header<R: BufRead>(
    rows: &mut Records<R>,
    of: Section,
    obligatory: [&str; 2],
) -> Result<Vec<String>, ParseError> {
    if !rows.advance()? || section(rows).is_some() {
        return Err(rows.error(None, Violation::MissingHeader(of)));
    }
    let mut names: Vec<String> = rows.fields().map(str::to_lowercase).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    let mut seen = HashSet::new();
    for name in &names {
        if name.is_empty() {
            return Err(rows.error(None, Violation::Empty));
        }
        if !seen.insert(name) {
            return Err(rows.error(Some(name), Violation::DuplicateColumn));
        }
    }
    for name in obligatory {
        if !names.iter().any(|n| n == name) {
            return Err(rows.error(Some(name), Violation::MissingColumn(of)));
        }
    }
    Ok(names)
}

type Projects = (Vec<Project>, Vec<Decimal>, Vec<u64>);

fn read_projects<R: BufRead>(rows: &mut Records<R>) -> Result<Projects, ParseError> {
    let names = header(rows, Section::Projects, ["project_id", "cost"])?;
    let (mut projects, mut costs, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = HashSet::new();
    while row_of(rows, Section::Votes)? {
        check_count(rows, names.len())?;
        let mut project = Project::default();
        for (name, cell) in names.iter().zip(rows.fields()) {
            if name == "cost" {
                costs.push(amount(cell).map_err(|r| rows.error(Some(name), r))?);
            } else {
                set_cell(&mut project, name, cell).map_err(|r| rows.error(Some(name), r))?;
            }
        }
        if project.id.is_empty() {
            return Err(rows.error(Some("project_id"), Violation::Empty));
        }
        if !ids.insert(project.id.clone()) {
            return Err(rows.error(Some("project_id"), Violation::DuplicateProject(project.id)));
        }
        projects.push(project);
        lines.push(rows.line());
    }
    Ok((projects, costs, lines))
}

fn set_cell(project: &mut Project, name: &str, cell: &str) -> Result<(), Violation> {
    let text = || (!cell.is_empty()).then(|| cell.to_owned());
    match name {
        "project_id" => cell.clone_into(&mut project.id),
        "name" => cell.clone_into(&mut project.name),
        "category" => project.categories = list(cell),
        "beneficiaries" | "target" | "targets" => project.beneficiaries = list(cell),
        "neighborhood" => project.neighborhood = text(),
        "subunit" => project.subunit = text(),
        "district" => project.district = text(),
        "description" => project.description = text(),
        "proposer" => project.proposer = text(),
        "public_id" => project.public_id = text(),
        "latitude" => project.latitude = text(),
        "longitude" => project.longitude = text(),
        _ if cell.is_empty() => {}
        "votes" => {
            project.votes = Some(meta::count(cell).ok_or_else(|| Violation::BadCount(cell.to_owned()))?);
        }
        "score" => {
            project.score = Some(Decimal::parse(cell).ok_or_else(|| Violation::BadNumber(cell.to_owned()))?);
        }
        "selected" => {
            let value = meta::count(cell).and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 3);
            project.selected = Some(value.ok_or_else(|| Violation::BadSelected(cell.to_owned()))?);
        }
        _ => project.other.push((name.to_owned(), cell.to_owned())),
    }
    Ok(())
}

fn list(cell: &str) -> Vec<String> {
    cell.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn amount(text: &str) -> Result<Decimal, Violation> {
    if text.is_empty() {
        return Err(Violation::Empty);
    }
    let number = Decimal::parse(text).ok_or_else(|| Violation::BadNumber(text.to_owned()))?;
    if number.mantissa() < 0 {
        return Err(Violation::NegativeAmount(text.to_owned()));
    }
    Ok(number)
}

struct VoteReader<'a> {
    index: HashMap<&'a str, u32>,
    vote_type: VoteType,
    ballots: Ballots,
    points_scale: u32,
    /// For each project the last ballot that named it, to find repetitions in constant time.
    last_named: Vec<u64>,
    choices: Vec<u32>,
    points: Vec<i64>,
}

impl<'a> VoteReader<'a> {
    fn new(projects: &'a [Project], vote_type: VoteType) -> Self {
        let index = projects.iter().zip(0u32..).map(|(p, i)| (p.id.as_str(), i)).collect();
        Self {
            index,
            vote_type,
            ballots: Ballots::default(),
            points_scale: 0,
            last_named: vec![0; projects.len()],
            choices: Vec::new(),
            points: Vec::new(),
        }
    }

    fn read<R: BufRead>(&mut self, rows: &mut Records<R>) -> Result<(), ParseError> {
        let names = header(rows, Section::Votes, ["voter_id", "vote"])?;
        let column = |name: &str| names.iter().position(|n| n == name);
        let (id_at, vote_at) = (column("voter_id").unwrap_or(0), column("vote").unwrap_or(0));
        // Points on ballots whose kind has none are kept as text, like any other column.
        let points_at = if self.vote_type.has_points() { column("points") } else { None };
        if self.vote_type.has_points() && points_at.is_none() {
            return Err(rows.error(Some("points"), Violation::MissingColumn(Section::Votes)));
        }
        let taken = [Some(id_at), Some(vote_at), points_at];
        let others: Vec<usize> = (0..names.len()).filter(|i| !taken.contains(&Some(*i))).collect();
        let other_names: Vec<&str> = others.iter().map(|&i| names[i].as_str()).collect();
        self.ballots = Ballots::new(points_at.is_some(), &other_names);
        let mut lines = Vec::new();
        while rows.advance()? {
            check_count(rows, names.len())?;
            self.read_choices(rows, vote_at)?;
            if let Some(at) = points_at {
                self.read_points(rows, at)?;
            }
            let id = rows.field(id_at);
            if id.is_empty() {
                return Err(rows.error(Some("voter_id"), Violation::Empty));
            }
            let cells: [&str; 8];
            let many: Vec<&str>;
            let cells: &[&str] = if others.len() <= 8 {
                cells = std::array::from_fn(|i| others.get(i).map_or("", |&at| rows.field(at)));
                &cells[..others.len()]
            } else {
                many = others.iter().map(|&at| rows.field(at)).collect();
                &many
            };
            self.ballots.push(id, &self.choices, &self.points, cells).map_err(|e| match e {
                BallotsError::PointsLength { choices, points } => {
                    rows.error(Some("points"), Violation::PointsLength { choices, points })
                }
                BallotsError::TooLarge | BallotsError::CellCount { .. } => {
                    rows.error(None, Violation::TooLarge)
                }
            })?;
            lines.push(rows.line());
        }
        self.check_voters(&lines)
    }

    fn check_voters(&self, lines: &[u64]) -> Result<(), ParseError> {
        let mut seen = HashSet::with_capacity(self.ballots.len());
        for (ballot, &line) in self.ballots.iter().zip(lines) {
            if !seen.insert(ballot.voter_id) {
                return Err(at(line, "voter_id", Violation::DuplicateVoter(ballot.voter_id.to_owned())));
            }
        }
        Ok(())
    }

    fn read_choices<R: BufRead>(&mut self, rows: &Records<R>, column: usize) -> Result<(), ParseError> {
        self.choices.clear();
        let this = self.ballots.len() as u64 + 1;
        for id in rows.field(column).split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let Some(&project) = self.index.get(id) else {
                return Err(rows.error(Some("vote"), Violation::UnknownProject(id.to_owned())));
            };
            let last = &mut self.last_named[project as usize];
            if *last == this {
                return Err(rows.error(Some("vote"), Violation::RepeatedChoice(id.to_owned())));
            }
            *last = this;
            self.choices.push(project);
        }
        if self.vote_type == VoteType::ChooseOne && self.choices.len() > 1 {
            return Err(rows.error(Some("vote"), Violation::MoreThanOneChoice(self.choices.len())));
        }
        Ok(())
    }

    fn read_points<R: BufRead>(&mut self, rows: &Records<R>, column: usize) -> Result<(), ParseError> {
        self.points.clear();
        for text in rows.field(column).split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let fault = || rows.error(Some("points"), Violation::BadNumber(text.to_owned()));
            let number = Decimal::parse(text).ok_or_else(fault)?;
            if number.scale() > self.points_scale {
                let factor = 10i64.pow((number.scale() - self.points_scale).min(MAX_SCALE));
                self.ballots.rescale_points(factor).ok_or_else(fault)?;
                for point in &mut self.points {
                    *point = point.checked_mul(factor).ok_or_else(fault)?;
                }
                self.points_scale = number.scale();
            }
            let units = number.at_scale(self.points_scale).and_then(|p| i64::try_from(p).ok());
            self.points.push(units.ok_or_else(fault)?);
        }
        Ok(())
    }
}

fn warnings(election: &Election) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let rows = |n: usize| n as u64;
    let (projects, votes) = (rows(election.projects.len()), rows(election.ballots.len()));
    if let Some(stated) = election.meta.num_projects().filter(|n| *n != projects) {
        warnings.push(Warning::ProjectCount { stated, found: projects });
    }
    if let Some(stated) = election.meta.num_votes().filter(|n| *n != votes) {
        warnings.push(Warning::VoteCount { stated, found: votes });
    }
    for (project, found) in election.projects.iter().zip(election.count_votes()) {
        if let Some(stated) = project.votes.filter(|n| *n != found) {
            warnings.push(Warning::ProjectVotes { project: project.id.clone(), stated, found });
        }
    }
    warnings
}
