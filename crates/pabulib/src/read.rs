//! From rows to an election.

use std::collections::HashSet;
use std::io::BufRead;

use crate::decimal::Decimal;
use crate::error::{ParseError, Section, Violation, Warning};
use crate::meta::{self, Meta, VoteType};
use crate::model::{Election, OddBallots, Project, WITHDRAWN_COST};
use crate::record::Records;
use crate::votes::VoteReader;

pub(crate) fn read(source: impl BufRead, odd: OddBallots) -> Result<Election, ParseError> {
    let mut rows = Records::new(source);
    if !rows.advance()? || section(&rows) != Some(Section::Meta) {
        return Err(rows.error(None, Violation::MissingSection(Section::Meta)));
    }
    let (meta, meta_line) = read_meta(&mut rows)?;
    let vote_type = check_meta(&meta, meta_line)?;
    let (mut projects, costs, cost_lines) = read_projects(&mut rows)?;
    let votes = VoteReader::new(&projects, vote_type, odd).read(&mut rows)?;

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
        points_scale: votes.points_scale,
        budget,
        vote_type,
        projects,
        ballots: votes.ballots,
        warnings: votes.warnings,
    };
    let suspicious = warnings(&election);
    election.warnings.extend(suspicious);
    Ok(election)
}

pub(crate) fn at(line: u64, column: &str, rule: Violation) -> ParseError {
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

pub(crate) fn check_count<R: BufRead>(rows: &Records<R>, expected: usize) -> Result<(), ParseError> {
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
pub(crate) fn header<R: BufRead>(
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

fn warnings(election: &Election) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let rows = |n: usize| n as u64;
    let set_aside =
        election.warnings.iter().filter(|warning| matches!(warning, Warning::SetAside(_))).count();
    let (projects, votes) = (rows(election.projects.len()), rows(election.ballots.len() + set_aside));
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
