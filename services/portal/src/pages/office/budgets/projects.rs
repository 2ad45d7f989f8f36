//! The projects of a budget, one at a time: added, changed, taken out, as long as the vote is not scheduled.

use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::budgets::v1::{
    BatchCreateProjectsRequest, Budget, DeleteProjectRequest, GetProjectRequest, NewProject, Project,
    UpdateProjectRequest,
};
use maud::{Markup, html};

use super::terms::{draft_budget, frozen};
use super::{BUDGETERS, path, project_path, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls;
use crate::pages::office::parts::{
    Question, done, new_request_id, refused, request_id, save_or_cancel, status,
};
use crate::pages::office::{Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Field, FieldErrors, Kind, Map, Marker, Position, Shape, Width, button_link, form_post, map,
};
use crate::visit::PageResult;

const TITLE_MAX: u32 = 500;
const TEXT_MAX: u32 = 20_000;
const REFERENCE_MAX: u32 = 64;
const CATEGORY_MAX: usize = 100;

/// A project as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub title: String,
    pub reference: String,
    pub cost: String,
    pub description: String,
    pub categories: String,
    pub address: String,
    pub group: String,
    /// The point on the map, in degrees, as the map wrote them; empty for none.
    pub latitude: String,
    pub longitude: String,
}

impl Draft {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            title: text("title"),
            reference: text("reference"),
            cost: text("cost"),
            description: text("description").replace("\r\n", "\n"),
            categories: text("categories"),
            address: text("address"),
            group: text("group"),
            latitude: text("latitude"),
            longitude: text("longitude"),
        }
    }

    fn of_project(officer: &Officer, budget: &Budget, project: &Project) -> Self {
        Self {
            title: project.title.clone(),
            reference: project.reference.clone(),
            cost: officer.locale.money_typed(project.cost, &budget.currency),
            description: project.description.clone(),
            categories: project.categories.join(", "),
            address: project.address.clone(),
            group: project.exclusion_group.clone(),
            latitude: project.latitude.to_string(),
            longitude: project.longitude.to_string(),
        }
    }

    /// The point on the map.
    fn position(&self) -> Option<Position> {
        Marker::at(self.latitude.parse().ok()?, self.longitude.parse().ok()?)
    }

    /// What the API is asked for; what is wrong is said at the field of that name.
    pub fn read(&self, officer: &Officer, currency: &str, errors: &mut FieldErrors) -> NewProject {
        let locale = officer.locale;
        let letters = |text: &str| text.chars().count();
        if self.title.is_empty() || letters(&self.title) > TITLE_MAX as usize {
            errors.push("title", t!(locale, "office-project-title-wrong"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        if letters(&self.reference) > REFERENCE_MAX as usize || !self.reference.chars().all(plain) {
            errors.push("reference", t!(locale, "office-project-reference-wrong"));
        }
        let cost = locale.money_read(&self.cost, currency);
        if cost.is_none() {
            errors.push("cost", t!(locale, "office-project-cost-wrong"));
        }
        if letters(&self.description) > TEXT_MAX as usize {
            errors.push("description", t!(locale, "office-project-text-wrong", most = TEXT_MAX));
        }
        let categories: Vec<_> = self
            .categories
            .split([',', '\n'])
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect();
        if categories.iter().any(|one| letters(one) > CATEGORY_MAX) || categories.len() > 50 {
            errors.push("categories", t!(locale, "office-project-categories-wrong"));
        }
        let typed =
            [&self.latitude, &self.longitude].iter().any(|degrees| !matches!(degrees.as_str(), "" | "0"));
        if typed && self.position().is_none() {
            errors.push("address", t!(locale, "proposals-error-point"));
        }
        let (longitude, latitude) = self.position().unwrap_or_default();
        NewProject {
            reference: self.reference.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            cost: cost.unwrap_or(0),
            categories,
            address: self.address.clone(),
            exclusion_group: self.group.clone(),
            latitude,
            longitude,
        }
    }
}

/// The names of the fields, as the API has them and as pages have them, with what is wrong with them.
pub fn words(officer: &Officer) -> [(&'static str, &'static str, String); 7] {
    let locale = officer.locale;
    [
        ("reference", "reference", t!(locale, "office-project-reference-taken").into_owned()),
        ("title", "title", t!(locale, "office-project-title-wrong").into_owned()),
        ("cost", "cost", t!(locale, "office-project-cost-wrong").into_owned()),
        ("description", "description", t!(locale, "office-project-text-wrong", most = TEXT_MAX)),
        ("categories", "categories", t!(locale, "office-project-categories-wrong").into_owned()),
        ("address", "address", t!(locale, "office-project-address-wrong").into_owned()),
        ("exclusion_group", "group", t!(locale, "office-project-group-wrong").into_owned()),
    ]
}

/// What the API said of the fields of one project, which it names with `before` in front.
fn said(officer: &Officer, error: PageError, before: &str) -> Result<FieldErrors, PageError> {
    let words = words(officer);
    let named: Vec<_> =
        words.iter().map(|(api, name, text)| (format!("{before}{api}"), *name, text.as_str())).collect();
    let named: Vec<_> = named.iter().map(|(api, name, text)| (api.as_str(), *name, *text)).collect();
    refused(error, &named)
}

struct Page<'a> {
    officer: &'a Officer,
    budget: &'a Budget,
    project: Option<&'a Project>,
    shapes: &'a [Shape],
}

impl Page<'_> {
    fn show(&self, draft: &Draft, id: &str, errors: &FieldErrors) -> Response {
        let (officer, locale) = (self.officer, self.officer.locale);
        let back = path(self.budget);
        let (title, action) = match self.project {
            Some(project) => (project.title.clone(), project_path(project)),
            None => (t!(locale, "office-project-new").into_owned(), format!("{back}/projects/new")),
        };
        let link = officer.link(&back);
        let way = [(self.budget.title.as_str(), link.as_str())];
        let body = html! {
            (form_post(&officer.link(&action), Some(id), html! {
                (self.fields(draft, errors))
                (save_or_cancel(officer, &back))
            }))
            @if self.project.is_some() {
                p { (button_link(Button::Quiet, &t!(locale, "office-project-delete"), &officer.link(&format!("{action}/delete")))) }
            }
        };
        let lead = t!(locale, "office-project-lead");
        sheet(&title, &lead, &way, errors).show_with_map(officer, status(errors), body)
    }

    fn fields(&self, draft: &Draft, errors: &FieldErrors) -> Markup {
        let locale = self.officer.locale;
        let field = |name: &'static str, label: &str| {
            Field::new(&locale, name, locale.text(label)).error(errors.of(name).map(str::to_owned))
        };
        html! {
            (field("title", key!("office-project-title")).max_length(TITLE_MAX).input(Kind::Text, &draft.title))
            (field("cost", key!("projects-cost"))
                .hint(t!(locale, "office-project-cost-hint"))
                .width(Width::Medium)
                .suffix(self.budget.currency.clone())
                .input(Kind::Decimal, &draft.cost))
            (field("reference", key!("projects-reference"))
                .hint(t!(locale, "office-project-reference-hint"))
                .optional().width(Width::Medium).max_length(REFERENCE_MAX)
                .input(Kind::Code, &draft.reference))
            (field("description", key!("office-project-text"))
                .hint(t!(locale, "office-project-text-hint"))
                .optional().max_length(TEXT_MAX).textarea(&draft.description, 8))
            (field("categories", key!("projects-categories"))
                .hint(t!(locale, "office-project-categories-hint"))
                .optional().input(Kind::Text, &draft.categories))
            (field("address", key!("projects-place")).optional().max_length(500).input(Kind::Text, &draft.address))
            (map(&locale, &Map {
                label: &t!(locale, "proposals-map-where"),
                shapes: self.shapes,
                points: &[],
                listed: false,
                tiles: self.officer.tiles(),
                pick: Some(draft.position()),
            }))
            (field("group", key!("projects-exclusion"))
                .hint(t!(locale, "office-project-group-hint"))
                .optional().max_length(100).input(Kind::Text, &draft.group))
        }
    }
}

pub async fn new(officer: Officer, slug: Slug) -> PageResult {
    officer.require(BUDGETERS)?;
    let (budget, shapes) = tokio::try_join!(draft_budget(&officer, &slug), calls::outlines(&officer))?;
    let page = Page { officer: &officer, budget: &budget, project: None, shapes: &shapes };
    Ok(page.show(&Draft::default(), &new_request_id(), &FieldErrors::new()))
}

pub async fn create(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let (budget, shapes) = tokio::try_join!(draft_budget(&officer, &slug), calls::outlines(&officer))?;
    let (draft, id) = (Draft::of(&form), request_id(&form));
    let page = Page { officer: &officer, budget: &budget, project: None, shapes: &shapes };
    let mut errors = FieldErrors::new();
    let project = draft.read(&officer, &budget.currency, &mut errors);
    if !errors.is_empty() {
        return Ok(page.show(&draft, &id, &errors));
    }
    let request = BatchCreateProjectsRequest {
        budget_id: budget.budget_id.clone(),
        projects: vec![project],
        request_id: id,
    };
    match officer.services().projects().batch_create_projects(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &path(&budget), "project")),
        Err(status) => {
            let error = PageError::from(status);
            // A request that failed may be made again with other values.
            Ok(page.show(&draft, &new_request_id(), &said(&officer, error, "projects[0].")?))
        }
    }
}

/// A project with its budget.
pub async fn project(officer: &Officer, slug: &Slug) -> Result<(Project, Budget), PageError> {
    let request = officer.request(GetProjectRequest { project_id: slug.id() });
    let answer = officer.services().projects().get_project(request).await?;
    let project = answer.into_inner().project.ok_or(PageError::NotFound)?;
    let budget = calls::budget(officer, project.budget_id.clone()).await?;
    Ok((project, budget))
}

/// A project that can still be changed.
async fn changeable(officer: &Officer, slug: &Slug) -> Result<(Project, Budget), PageError> {
    officer.require(BUDGETERS)?;
    let (project, budget) = project(officer, slug).await?;
    if budget.state() == comitia_proto::budgets::v1::BudgetState::Draft {
        Ok((project, budget))
    } else {
        Err(frozen())
    }
}

pub async fn edit(officer: Officer, slug: Slug) -> PageResult {
    let ((project, budget), shapes) =
        tokio::try_join!(changeable(&officer, &slug), calls::outlines(&officer))?;
    let page = Page { officer: &officer, budget: &budget, project: Some(&project), shapes: &shapes };
    Ok(page.show(&Draft::of_project(&officer, &budget, &project), "", &FieldErrors::new()))
}

pub async fn update(officer: Officer, slug: Slug, form: Form) -> PageResult {
    let ((project, budget), shapes) =
        tokio::try_join!(changeable(&officer, &slug), calls::outlines(&officer))?;
    let draft = Draft::of(&form);
    let page = Page { officer: &officer, budget: &budget, project: Some(&project), shapes: &shapes };
    let mut errors = FieldErrors::new();
    let values = draft.read(&officer, &budget.currency, &mut errors);
    if !errors.is_empty() {
        return Ok(page.show(&draft, "", &errors));
    }
    // A form that does not know of the point does not take it away.
    let values = if form.fields().any(|(name, _)| name == "latitude") {
        values
    } else {
        NewProject { latitude: project.latitude, longitude: project.longitude, ..values }
    };
    let request = UpdateProjectRequest { project_id: project.project_id.clone(), values: Some(values) };
    match officer.services().projects().update_project(officer.request(request)).await {
        Ok(_) => Ok(done(&officer, &path(&budget), "project")),
        Err(status) => Ok(page.show(&draft, "", &said(&officer, status.into(), "values.")?)),
    }
}

fn question<'a>(texts: &'a Texts, way: &'a [(&'a str, &'a str)]) -> Question<'a> {
    Question {
        desk: Desk::Budgets,
        title: &texts.title,
        way,
        consequences: &texts.consequences,
        sure: &texts.sure,
        not_sure: &texts.not_sure,
        yes: &texts.yes,
        weight: Button::Danger,
        action: &texts.action,
        back: &texts.back,
        hidden: html! {},
    }
}

struct Texts {
    title: String,
    consequences: Vec<String>,
    sure: String,
    not_sure: String,
    yes: String,
    action: String,
    back: String,
}

fn texts(officer: &Officer, project: &Project) -> Texts {
    let locale = officer.locale;
    let back = project_path(project);
    let mut consequences = vec![t!(locale, "office-project-delete-gone").into_owned()];
    if !project.proposal_id.is_empty() {
        consequences.push(t!(locale, "office-project-delete-proposal").into_owned());
    }
    Texts {
        title: t!(locale, "office-project-delete-title", project = &project.title),
        consequences,
        sure: t!(locale, "office-project-delete-sure").into_owned(),
        not_sure: t!(locale, "office-sure-missing").into_owned(),
        yes: t!(locale, "office-project-delete").into_owned(),
        action: format!("{back}/delete"),
        back,
    }
}

pub async fn ask_delete(officer: Officer, slug: Slug) -> PageResult {
    let (project, budget) = changeable(&officer, &slug).await?;
    let (texts, link) = (texts(&officer, &project), officer.link(&path(&budget)));
    Ok(question(&texts, &[(&budget.title, &link)]).ask(&officer))
}

pub async fn delete(officer: Officer, slug: Slug, form: Form) -> PageResult {
    let (project, budget) = changeable(&officer, &slug).await?;
    let (texts, link) = (texts(&officer, &project), officer.link(&path(&budget)));
    if let Err(again) = question(&texts, &[(&budget.title, &link)]).answered(&officer, &form) {
        return Ok(*again);
    }
    let request = officer.request(DeleteProjectRequest { project_id: project.project_id });
    match officer.services().projects().delete_project(request).await {
        Ok(_) => {}
        Err(status) => {
            let error = PageError::from(status);
            // Somebody else was faster.
            if error.reason() != Some(Reason::ResourceNotFound) {
                return Err(error);
            }
        }
    }
    Ok(done(&officer, &path(&budget), "deleted"))
}
