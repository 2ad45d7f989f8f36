//! The host names of the organization: which lead to it, and which of them is its address.

use axum::Router;
use axum::routing::get;
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{GetOrganizationRequest, Organization, UpdateHostNamesRequest};
use http::StatusCode;
use maud::{Markup, html};

use super::parts::{self, Question, Sheet, changed_meanwhile, done, is_changed, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, STAFF};
use crate::error::PageError;
use crate::form::Form;
use crate::host;
use crate::locale::{key, t};
use crate::pages::parts::{Asked, query};
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, Tone, button, button_link, buttons, form_post,
    notice, table, tag,
};
use crate::visit::PageResult;

const HERE: &str = "/office/organization/hosts";
const NAME_MAX: u32 = 253;

pub fn routes() -> Router {
    Router::new()
        .route(HERE, get(list).post(add))
        .route("/office/organization/hosts/remove", get(ask_remove).post(remove))
        .route("/office/organization/hosts/choose", get(ask_choose).post(choose))
        .route("/office/organization/hosts/release", get(ask_release).post(release))
}

/// The name that a page is about.
#[derive(Default, serde::Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

async fn present(officer: &Officer) -> Result<Organization, PageError> {
    let request = officer.request(GetOrganizationRequest {});
    let answer = officer.services().organization().get_organization(request).await?;
    answer.into_inner().organization.ok_or(PageError::NotFound)
}

async fn update(
    officer: &Officer,
    etag: &str,
    host_names: Vec<String>,
    canonical_host_name: String,
) -> Result<(), PageError> {
    let request = UpdateHostNamesRequest { host_names, canonical_host_name, etag: etag.to_owned() };
    officer.services().organization().update_host_names(officer.request(request)).await?;
    officer.services().forget_organization(officer.organization_id).await;
    Ok(())
}

async fn list(officer: Officer) -> PageResult {
    officer.require(STAFF)?;
    let organization = present(&officer).await?;
    Ok(page(&officer, &organization, "", &FieldErrors::new(), None))
}

async fn add(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let organization = present(&officer).await?;
    let name = form.text("name").to_lowercase();
    let mut errors = FieldErrors::new();
    if name.is_empty() || organization.host_names.contains(&name) {
        let text = if name.is_empty() { key!("office-hosts-wrong") } else { key!("office-hosts-twice") };
        errors.push("name", locale.text(text));
        return Ok(page(&officer, &organization, &name, &errors, None));
    }
    let mut names = organization.host_names.clone();
    names.push(name.clone());
    let canonical = organization.canonical_host_name.clone();
    let Err(error) = update(&officer, &organization.etag, names, canonical).await else {
        return Ok(done(&officer, HERE, "added"));
    };
    if is_changed(&error) {
        let organization = present(&officer).await?;
        return Ok(page(&officer, &organization, &name, &errors, Some(changed_meanwhile(&officer))));
    }
    let taken = error.reason() == Some(Reason::ResourceAlreadyExists);
    let text = if taken { t!(locale, "office-hosts-taken") } else { t!(locale, "office-hosts-wrong") };
    let errors = parts::refused(error, &[("host_names", "name", &text)])?;
    Ok(page(&officer, &organization, &name, &errors, None))
}

fn page(
    officer: &Officer,
    organization: &Organization,
    typed: &str,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> axum::response::Response {
    let locale = officer.locale;
    let may = officer.has_any(ADMINISTRATOR);
    let field = Field::new(&locale, "name", t!(locale, "office-hosts-name"))
        .hint(t!(locale, "office-hosts-name-hint"))
        .error(errors.of("name"))
        .max_length(NAME_MAX);
    let body = html! {
        (what_was_done(officer, &[
            ("added", key!("office-hosts-added")),
            ("removed", key!("office-hosts-removed")),
            ("chosen", key!("office-hosts-chosen")),
            ("released", key!("office-hosts-released")),
        ]))
        (overview(officer, organization, may))
        @if may {
            @if !organization.canonical_host_name.is_empty() {
                p { a href=(officer.link(&format!("{HERE}/release"))) { (t!(locale, "office-hosts-release")) } }
            }
            h2 { (t!(locale, "office-hosts-add")) }
            (notice(&locale, Tone::Info, Some(&t!(locale, "office-hosts-work")), html! {
                p { (t!(locale, "office-hosts-work-text")) }
                ol {
                    li { (t!(locale, "office-hosts-work-dns")) }
                    li { (t!(locale, "office-hosts-work-certificate")) }
                    li { (t!(locale, "office-hosts-work-providers")) }
                }
            }))
            (form_post(&officer.link(HERE), None, html! {
                (field.input(Kind::Code, typed))
                (buttons(button(Button::Primary, &t!(locale, "office-hosts-add-do"), None)))
            }))
        }
    };
    let way = officer.link("/office/organization");
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-hosts"),
        lead: &t!(locale, "office-hosts-lead"),
        way: &[(&t!(locale, "office-organization"), &way)],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

fn overview(officer: &Officer, organization: &Organization, may: bool) -> Markup {
    let locale = officer.locale;
    let here = host::name(&officer.host);
    let heads =
        [t!(locale, "office-hosts-name"), t!(locale, "office-hosts-state"), t!(locale, "office-hosts-acts")];
    let shown = if may { heads.len() } else { heads.len() - 1 };
    let columns: Vec<_> = heads.iter().take(shown).map(|label| Column { label, numeric: false }).collect();
    let rows = organization.host_names.iter().map(|name| {
        let canonical = *name == organization.canonical_host_name;
        let mut row = vec![
            html! { bdi { (name) } },
            html! {
                @if canonical { (tag(Tone::Success, &t!(locale, "office-hosts-canonical"))) " " }
                @if *name == here { (tag(Tone::Neutral, &t!(locale, "office-hosts-here"))) }
            },
        ];
        if may {
            row.push(acts(officer, name, canonical, *name == here));
        }
        row
    });
    table(&Table {
        id: "hosts",
        caption: &t!(locale, "office-hosts-caption"),
        columns: &columns,
        rows: rows.collect(),
        narrow: Narrow::Stack,
    })
}

/// What can be done with a name. It becomes the address from a page at that very name, which proves that it works; and nobody saws
/// off the branch that they sit on.
fn acts(officer: &Officer, name: &str, canonical: bool, here: bool) -> Markup {
    let locale = officer.locale;
    let act = |act: &str| format!("{}/{act}{}", officer.link(HERE), query(&[("name", name)]));
    let scheme = officer.origin.split_once("://").map_or("https", |(scheme, _)| scheme);
    let there = format!("{scheme}://{}{}", host::beside(name, &officer.host), officer.link(HERE));
    html! {
        div .buttons {
            @if here && !canonical {
                (button_link(Button::Secondary, &t!(locale, "office-hosts-choose"), &act("choose")))
            }
            @if !here {
                (button_link(Button::Quiet, &t!(locale, "office-hosts-go"), &there))
                (button_link(Button::Quiet, &t!(locale, "office-hosts-remove"), &act("remove")))
            }
        }
    }
}

/// The organization, if it has this name, and the name may be taken away or chosen.
async fn with_name(officer: &Officer, name: &str, here: bool) -> Result<Organization, PageError> {
    officer.require(ADMINISTRATOR)?;
    let organization = present(officer).await?;
    let fits = (host::name(&officer.host) == name) == here;
    if fits && organization.host_names.iter().any(|known| known == name) {
        Ok(organization)
    } else {
        Err(PageError::NotFound)
    }
}

async fn ask_remove(officer: Officer, Asked(asked): Asked<Named>) -> PageResult {
    let organization = with_name(&officer, &asked.name, false).await?;
    Ok(removal(&officer, &organization, &asked.name, |question| question.ask(&officer)))
}

async fn remove(officer: Officer, form: Form) -> PageResult {
    let name = form.text("name");
    let organization = with_name(&officer, name, false).await?;
    let answered = removal(&officer, &organization, name, |question| question.answered(&officer, &form));
    if let Err(page) = answered {
        return Ok(*page);
    }
    let names = organization.host_names.iter().filter(|known| *known != name).cloned().collect();
    let canonical = &organization.canonical_host_name;
    let canonical = if canonical == name { String::new() } else { canonical.clone() };
    finish(&officer, &organization, names, canonical, "removed").await
}

async fn ask_choose(officer: Officer, Asked(asked): Asked<Named>) -> PageResult {
    with_name(&officer, &asked.name, true).await?;
    Ok(choice(&officer, &asked.name, |question| question.ask(&officer)))
}

async fn choose(officer: Officer, form: Form) -> PageResult {
    let name = form.text("name");
    let organization = with_name(&officer, name, true).await?;
    if let Err(page) = choice(&officer, name, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    finish(&officer, &organization, organization.host_names.clone(), name.to_owned(), "chosen").await
}

async fn ask_release(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let organization = present(&officer).await?;
    Ok(releasing(&officer, &organization, |question| question.ask(&officer)))
}

async fn release(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let organization = present(&officer).await?;
    if let Err(page) = releasing(&officer, &organization, |question| question.answered(&officer, &form)) {
        return Ok(*page);
    }
    finish(&officer, &organization, organization.host_names.clone(), String::new(), "released").await
}

/// Saves; when somebody else was faster, shows the names as they are now.
async fn finish(
    officer: &Officer,
    organization: &Organization,
    names: Vec<String>,
    canonical: String,
    what: &str,
) -> PageResult {
    match update(officer, &organization.etag, names, canonical).await {
        Ok(()) => Ok(done(officer, HERE, what)),
        Err(error) if is_changed(&error) => {
            let now = present(officer).await?;
            let said = Some(changed_meanwhile(officer));
            let mut page = page(officer, &now, "", &FieldErrors::new(), said);
            *page.status_mut() = StatusCode::CONFLICT;
            Ok(page)
        }
        Err(error) => Err(error),
    }
}

fn removal<T>(
    officer: &Officer,
    organization: &Organization,
    name: &str,
    then: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let locale = officer.locale;
    let mut consequences = vec![
        t!(locale, "office-hosts-remove-links", name = name),
        t!(locale, "office-hosts-remove-sessions").into_owned(),
        t!(locale, "office-hosts-remove-free").into_owned(),
    ];
    if organization.canonical_host_name == name {
        consequences.push(t!(locale, "office-hosts-remove-canonical").into_owned());
    }
    let question = Asks {
        act: "remove",
        title: t!(locale, "office-hosts-remove-title", name = name),
        consequences,
        sure: key!("office-hosts-remove-sure"),
        yes: key!("office-hosts-remove"),
        weight: Button::Danger,
        name,
    };
    question.with(officer, then)
}

fn choice<T>(officer: &Officer, name: &str, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let question = Asks {
        act: "choose",
        title: t!(locale, "office-hosts-choose-title", name = name),
        consequences: vec![
            t!(locale, "office-hosts-choose-redirect", name = name),
            t!(locale, "office-hosts-choose-search").into_owned(),
            t!(locale, "office-hosts-choose-sessions").into_owned(),
            t!(locale, "office-hosts-choose-undo").into_owned(),
        ],
        sure: key!("office-hosts-choose-sure"),
        yes: key!("office-hosts-choose"),
        weight: Button::Primary,
        name,
    };
    question.with(officer, then)
}

fn releasing<T>(officer: &Officer, organization: &Organization, then: impl FnOnce(&Question<'_>) -> T) -> T {
    let locale = officer.locale;
    let name = &organization.canonical_host_name;
    let question = Asks {
        act: "release",
        title: t!(locale, "office-hosts-release-title").into_owned(),
        consequences: vec![t!(locale, "office-hosts-release-text").into_owned()],
        sure: key!("office-hosts-release-sure"),
        yes: key!("office-hosts-release"),
        weight: Button::Primary,
        name,
    };
    question.with(officer, then)
}

/// A question about a name.
struct Asks<'a> {
    act: &'a str,
    title: String,
    consequences: Vec<String>,
    sure: &'static str,
    yes: &'static str,
    weight: Button,
    name: &'a str,
}

impl Asks<'_> {
    fn with<T>(self, officer: &Officer, then: impl FnOnce(&Question<'_>) -> T) -> T {
        let locale = officer.locale;
        let (organization, hosts) = (officer.link("/office/organization"), officer.link(HERE));
        then(&Question {
            desk: Desk::Organization,
            title: &self.title,
            way: &[
                (&t!(locale, "office-organization"), &organization),
                (&t!(locale, "office-hosts"), &hosts),
            ],
            consequences: &self.consequences,
            sure: &locale.text(self.sure),
            not_sure: &t!(locale, "office-hosts-not-sure"),
            yes: &locale.text(self.yes),
            weight: self.weight,
            action: &format!("{HERE}/{}", self.act),
            back: HERE,
            hidden: html! { input type="hidden" name="name" value=(self.name); },
        })
    }
}
