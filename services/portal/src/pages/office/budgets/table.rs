//! Projects from a table, as it is copied out of a spreadsheet: shown first, added when it is right. Nothing is half added.

use std::collections::HashSet;

use axum::response::Response;
use comitia_proto::budgets::v1::{BatchCreateProjectsRequest, Budget, NewProject};
use http::StatusCode;
use maud::{Markup, html};

use super::projects::{Draft, words};
use super::terms::draft_budget;
use super::{BUDGETERS, path, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls;
use crate::pages::office::Officer;
use crate::pages::office::parts::{done, new_request_id, request_id, status};
use crate::pages::parts as site;
use crate::pages::slugs::{Slug, folded};
use crate::ui::{
    Button, Column, Field, FieldErrors, Narrow, Table, button, button_link, buttons, form_post, table,
};
use crate::visit::PageResult;

/// As many as the API adds at once.
const ROWS: usize = 10_000;
/// Rows that are shown before they are added, and faults that are named.
const SHOWN: usize = 20;
const FAULTS: usize = 50;

/// The columns, by what their headings begin with in French or English, without accents.
const HEADINGS: [(&str, &[&str]); 7] = [
    ("title", &["titre", "intitule", "nom", "title", "name", "projet", "project"]),
    ("cost", &["cout", "montant", "prix", "cost", "price", "amount", "budget"]),
    ("reference", &["numero", "n°", "no", "ref", "code", "number", "id"]),
    ("description", &["description", "texte", "text", "resume"]),
    ("categories", &["categorie", "theme", "categor", "topic"]),
    ("address", &["adresse", "lieu", "address", "place", "location"]),
    ("group", &["variante", "groupe", "group", "exclusion", "alternative"]),
];

/// A row with the line that it begins on.
type Row = (usize, Vec<String>);

/// Rows of cells, by tabs as spreadsheets copy, or else by semicolons, or commas.
fn cells(text: &str) -> Vec<Row> {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().find(|mark| head.contains(*mark)).unwrap_or('\t');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line, mut first) = (false, 1, 1);
    let mut letters = text.chars().filter(|letter| *letter != '\r').peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push((first, std::mem::take(&mut row)));
                line += 1;
                first = line;
            }
            letter if letter == separator && !quoted => row.push(std::mem::take(&mut cell)),
            letter => {
                line += usize::from(letter == '\n');
                cell.push(letter);
            }
        }
    }
    row.push(cell);
    rows.push((first, row));
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

/// Which column of the table is what.
fn columns(head: &[String]) -> Vec<Option<&'static str>> {
    let mut taken = HashSet::new();
    head.iter()
        .map(|cell| {
            let cell = folded(cell.trim());
            let known = |names: &&[&str]| names.iter().any(|name| cell.starts_with(name));
            let found = HEADINGS.iter().find(|(_, names)| known(names)).map(|(column, _)| *column)?;
            taken.insert(found).then_some(found)
        })
        .collect()
}

/// What came of a table.
struct Read {
    projects: Vec<NewProject>,
    faults: Vec<String>,
}

fn read(officer: &Officer, budget: &Budget, text: &str) -> Read {
    let locale = officer.locale;
    let mut read = Read { projects: Vec::new(), faults: Vec::new() };
    let rows = cells(text);
    let Some(((_, head), rows)) = rows.split_first() else {
        read.faults.push(t!(locale, "office-table-empty").into_owned());
        return read;
    };
    let columns = columns(head);
    for needed in ["title", "cost"] {
        if !columns.contains(&Some(needed)) {
            let key =
                if needed == "title" { key!("office-table-no-title") } else { key!("office-table-no-cost") };
            read.faults.push(locale.text(key).into_owned());
        }
    }
    if !read.faults.is_empty() {
        return read;
    }
    if rows.is_empty() || rows.len() > ROWS {
        read.faults.push(t!(locale, "office-table-rows", most = ROWS));
        return read;
    }
    let mut references = HashSet::new();
    for (line, cells) in rows {
        let of = |column: &str| {
            let place = columns.iter().position(|known| *known == Some(column));
            place.and_then(|place| cells.get(place)).map(|cell| cell.trim().to_owned()).unwrap_or_default()
        };
        let draft = Draft {
            title: of("title"),
            reference: of("reference"),
            cost: of("cost"),
            description: of("description"),
            categories: of("categories"),
            address: of("address"),
            group: of("group"),
            ..Draft::default()
        };
        let mut errors = FieldErrors::new();
        let project = draft.read(officer, &budget.currency, &mut errors);
        if !project.reference.is_empty() && !references.insert(project.reference.clone()) {
            errors.push("reference", t!(locale, "office-table-twice", reference = &project.reference));
        }
        for error in errors.iter() {
            read.faults.push(t!(locale, "office-table-fault", line = *line, fault = &error.message));
        }
        read.projects.push(project);
    }
    read
}

struct Page<'a> {
    officer: &'a Officer,
    budget: &'a Budget,
}

impl Page<'_> {
    fn form(&self, text: &str, faults: &[String]) -> Response {
        let (officer, locale) = (self.officer, self.officer.locale);
        let mut errors = FieldErrors::new();
        let shown = faults.iter().take(FAULTS);
        shown.for_each(|fault| errors.push("table", fault.clone()));
        if faults.len() > FAULTS {
            errors.push("table", t!(locale, "office-table-more-faults", count = faults.len() - FAULTS));
        }
        let body = form_post(
            &officer.link(&format!("{}/table", path(self.budget))),
            None,
            html! {
                (Field::new(&locale, "table", t!(locale, "office-table-field"))
                    .hint(t!(locale, "office-table-hint"))
                    .error(errors.of("table").map(str::to_owned))
                    .textarea(text, 14))
                (super::more(officer, key!("office-table-example"), html! {
                    p { (t!(locale, "office-table-columns")) }
                    pre tabindex="0" { (t!(locale, "office-table-example-text")) }
                }))
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "office-table-check"), Some(("to", "check"))))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&path(self.budget))))
                }))
            },
        );
        self.sheet(&errors, status(&errors), body)
    }

    fn check(&self, text: &str, projects: &[NewProject], id: &str) -> Response {
        let (officer, locale) = (self.officer, self.officer.locale);
        let labels = [
            (t!(locale, "office-budget-project"), false),
            (t!(locale, "projects-reference"), false),
            (t!(locale, "projects-cost"), true),
            (t!(locale, "projects-categories"), false),
        ];
        let columns: Vec<_> =
            labels.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
        let next = t!(locale, "office-table-next-number");
        let row = |project: &NewProject| {
            vec![
                site::written(&project.title),
                html! { @if project.reference.is_empty() { (next) } @else { (project.reference) } },
                html! { (super::amount(officer, self.budget, project.cost)) },
                html! { (project.categories.join(", ")) },
            ]
        };
        let all: i64 = projects.iter().map(|project| project.cost).fold(0, i64::saturating_add);
        let said = t!(
            locale,
            "office-table-found",
            count = projects.len(),
            cost = super::amount(officer, self.budget, all)
        );
        let body = html! {
            p { (said) }
            (table(&Table {
                id: "rows",
                caption: &t!(locale, "office-table-first", count = projects.len().min(SHOWN)),
                columns: &columns,
                rows: projects.iter().take(SHOWN).map(row).collect(),
                narrow: Narrow::Stack,
            }))
            (form_post(&officer.link(&format!("{}/table", path(self.budget))), Some(id), html! {
                input type="hidden" name="table" value=(text);
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "office-table-add", count = projects.len()), Some(("to", "add"))))
                    (button(Button::Quiet, &t!(locale, "office-table-change"), Some(("to", "change"))))
                }))
            }))
        };
        self.sheet(&FieldErrors::new(), StatusCode::OK, body)
    }

    fn sheet(&self, errors: &FieldErrors, status: StatusCode, body: Markup) -> Response {
        let (officer, locale) = (self.officer, self.officer.locale);
        let link = officer.link(&path(self.budget));
        let (title, lead) = (t!(locale, "office-table"), t!(locale, "office-table-lead"));
        sheet(&title, &lead, &[(&self.budget.title, &link)], errors).show(officer, status, body)
    }
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    Ok(Page { officer: &officer, budget: &budget }.form("", &[]))
}

pub async fn go_on(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let budget = draft_budget(&officer, &slug).await?;
    let page = Page { officer: &officer, budget: &budget };
    let text = form.get("table");
    if form.text("to") == "change" {
        return Ok(page.form(text, &[]));
    }
    let mut read = read(&officer, &budget, text);
    let known = calls::projects(&officer, &budget.budget_id).await?;
    for taken in known.iter().filter(|known| read.projects.iter().any(|new| new.reference == known.reference))
    {
        read.faults.push(t!(officer.locale, "office-table-taken", reference = &taken.reference));
    }
    if !read.faults.is_empty() {
        return Ok(page.form(text, &read.faults));
    }
    if form.text("to") != "add" {
        return Ok(page.check(text, &read.projects, &new_request_id()));
    }
    let request = BatchCreateProjectsRequest {
        budget_id: budget.budget_id.clone(),
        projects: read.projects,
        request_id: request_id(&form),
    };
    match officer.services().projects().batch_create_projects(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &path(&budget), "project")),
        Err(status) => Ok(page.form(text, &faults(&officer, status.into())?)),
    }
}

/// What the API says of rows (`projects[3].cost`), by their lines.
fn faults(officer: &Officer, error: PageError) -> Result<Vec<String>, PageError> {
    let words = words(officer);
    let PageError::Api { violations, .. } = &error else { return Err(error) };
    let faults: Vec<_> = violations
        .iter()
        .filter_map(|(field, _)| {
            let (place, field) = field.strip_prefix("projects[")?.split_once("].")?;
            let line = place.parse::<usize>().ok()?.checked_add(2)?;
            let (_, _, text) = words.iter().find(|(api, ..)| field.starts_with(api))?;
            Some(t!(officer.locale, "office-table-fault", line = line, fault = text))
        })
        .collect();
    if faults.is_empty() { Err(error) } else { Ok(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        cells(text).into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn tables_come_as_spreadsheets_copy_them() {
        assert_eq!(rows("a\tb\r\nc\td, e"), [["a", "b"], ["c", "d, e"]]);
        assert_eq!(rows("a;b\n\n\"c;\"\"d\"\"\";e"), [["a", "b"], ["c;\"d\"", "e"]]);
        assert_eq!(rows("a,b\n\"two\nlines\",c"), [["a", "b"], ["two\nlines", "c"]]);
        assert!(rows(" \n\n").is_empty());
        let lines: Vec<_> = cells("a;b\n\"1\n2\";3\n4;5").into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn headings_are_known_in_both_languages() {
        let of = |head: &[&str]| columns(&head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["N°", "Intitulé", "Coût (€)"]), [Some("reference"), Some("title"), Some("cost")]);
        assert_eq!(of(&["Title", "Cost", "Colour"]), [Some("title"), Some("cost"), None]);
        // The second column of a kind is none.
        assert_eq!(of(&["Titre", "Nom"]), [Some("title"), None]);
    }
}
