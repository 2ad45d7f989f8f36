//! The office: the pages by which the team runs Comitia. Each is one more client of the API, with the session of the officer who
//! looks; roles decide what is shown, and the API decides anyway. Nothing here is shared or cached.

mod account_sign_in;
mod areas;
mod associations;
pub mod budgets;
pub mod files;
mod home;
mod host_names;
mod log;
mod logo;
mod organization;
mod paper;
pub mod parts;
mod passkeys;
pub mod processes;
mod proposals;
mod residents;
mod rolls;
mod staff;
pub mod upload;
mod visits;
mod votes;

use std::ops::Deref;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::GetOwnStaffMemberRequest;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use maud::{Markup, html};

use crate::error::PageError;
use crate::form::Form;
use crate::frame::{View, Ways};
use crate::locale::{Locale, key, t};
use crate::ui::{Account, Button, Crumb, Link, breadcrumbs, button, buttons, form_post};
use crate::visit::Visit;

pub use self::parts::inert;

/// The roles of the team.
pub const STAFF: &[Role] = &[Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor];
/// Who sets up.
pub const ADMINISTRATOR: &[Role] = &[Role::Administrator];

/// The parts of the office, in the order of its navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// What needs somebody now.
    Home,
    /// What people take part in.
    Processes,
    /// What people ask for.
    Proposals,
    /// What there is money for.
    Budgets,
    /// What people decide.
    Votes,
    /// Ballots on paper.
    Paper,
    /// Members who vote at the desk of the town hall.
    Visits,
    /// Where people live.
    Areas,
    /// Who may vote.
    Rolls,
    /// Whose account a member of a roll is.
    Residents,
    /// Who speaks for many.
    Associations,
    /// Who works here.
    Staff,
    /// What the site says of the organization.
    Organization,
    /// What the team did.
    Log,
}

impl Desk {
    const ALL: [Self; 14] = [
        Self::Home,
        Self::Processes,
        Self::Proposals,
        Self::Budgets,
        Self::Votes,
        Self::Paper,
        Self::Visits,
        Self::Areas,
        Self::Rolls,
        Self::Residents,
        Self::Associations,
        Self::Staff,
        Self::Organization,
        Self::Log,
    ];

    /// Where it is, after the language.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Home => "/office",
            Self::Processes => "/office/processes",
            Self::Proposals => "/office/proposals",
            Self::Budgets => "/office/budgets",
            Self::Votes => "/office/votes",
            Self::Paper => "/office/paper",
            Self::Visits => "/office/desk",
            Self::Areas => "/office/areas",
            Self::Rolls => "/office/rolls",
            Self::Residents => "/office/residents",
            Self::Associations => "/office/associations",
            Self::Staff => "/office/staff",
            Self::Organization => "/office/organization",
            Self::Log => "/office/log",
        }
    }

    /// Its name in the navigation, as a key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => key!("office-home"),
            Self::Processes => key!("office-processes"),
            Self::Proposals => key!("office-proposals"),
            Self::Budgets => key!("office-budgets"),
            Self::Votes => key!("office-votes"),
            Self::Paper => key!("office-paper"),
            Self::Visits => key!("office-desk"),
            Self::Areas => key!("office-areas"),
            Self::Rolls => key!("office-rolls"),
            Self::Residents => key!("office-residents"),
            Self::Associations => key!("office-associations"),
            Self::Staff => key!("office-staff"),
            Self::Organization => key!("office-organization"),
            Self::Log => key!("office-log"),
        }
    }

    /// Who finds it in the navigation.
    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Home
            | Self::Processes
            | Self::Proposals
            | Self::Budgets
            | Self::Votes
            | Self::Areas
            | Self::Organization => STAFF,
            Self::Paper => paper::READERS,
            Self::Visits => visits::READERS,
            Self::Rolls => rolls::READERS,
            Self::Residents => ADMINISTRATOR,
            Self::Associations => associations::READERS,
            Self::Staff => staff::READERS,
            Self::Log => log::READERS,
        }
    }
}

/// All pages of the office.
pub fn routes() -> Router {
    Router::new()
        .merge(home::routes())
        .merge(organization::routes())
        .merge(account_sign_in::routes())
        .merge(logo::routes())
        .merge(host_names::routes())
        .merge(processes::routes())
        .merge(files::routes())
        .merge(staff::routes())
        .merge(passkeys::routes())
        .merge(log::routes())
        .merge(residents::routes())
        .merge(associations::routes())
        .merge(proposals::routes())
        .merge(budgets::routes())
        .merge(votes::routes())
        .merge(paper::routes())
        .merge(visits::routes())
        .layer(DefaultBodyLimit::max(parts::FORM_BYTES))
        .merge(areas::routes())
        .merge(rolls::routes())
        .merge(budgets::large_routes())
        .layer(from_fn(for_staff))
}

/// The office is for people who have signed in and work here. What it shows is kept by nobody.
async fn for_staff(visit: Visit, mut request: Request, next: Next) -> Response {
    let officer = match Officer::of(visit.clone()).await {
        Ok(officer) => officer,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && request.method() == Method::POST => {
            return session_over(&visit, request).await;
        }
        Err(error) => return error.into_response(),
    };
    request.extensions_mut().insert(officer);
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The session ended while somebody typed: the form comes back with all that was in it, to be sent again.
async fn session_over(visit: &Visit, request: Request) -> Response {
    let Ok(form) = Form::from_request(request, &()).await else {
        return PageError::SignInFirst.into_response();
    };
    let locale = visit.locale;
    let title = t!(locale, "office-session-over");
    let main = html! {
        h1 { (title) }
        p { (t!(locale, "office-session-over-text")) }
        p { a href=(visit.link("/sign-in/email")) target="_blank" rel="noopener" { (t!(locale, "office-session-over-sign-in")) } }
        (form_post(&visit.path, None, html! {
            @for (name, value) in form.fields() { input type="hidden" name=(name) value=(value); }
            (buttons(button(Button::Primary, &t!(locale, "office-session-over-send"), None)))
        }))
    };
    let mut response =
        visit.page(StatusCode::UNAUTHORIZED, View { private: true, ..View::new(&title, main) });
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Somebody of the team who looks at a page of the office. Cheap to clone.
#[derive(Clone)]
pub struct Officer {
    visit: Visit,
    /// Their name; empty when identity cannot tell it now.
    pub name: String,
    /// Their id; empty when identity cannot tell it now.
    pub id: String,
}

impl Deref for Officer {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl Officer {
    /// Who looks. The name is asked for with each page: a page that says it also knows that the session still holds.
    async fn of(visit: Visit) -> Result<Self, PageError> {
        let session = visit.signed_in()?;
        if session.has(Role::SecondFactorPending) {
            return Err(PageError::SecondFactorFirst);
        }
        if !session.is_staff() {
            return Err(PageError::OtherRole(STAFF));
        }
        let asked = visit.request(GetOwnStaffMemberRequest {});
        let found = match visit.services().staff().get_own_staff_member(asked).await {
            Ok(answer) => answer.into_inner().staff_member.unwrap_or_default(),
            Err(status) => {
                let error = PageError::from(status);
                if error.status() == StatusCode::UNAUTHORIZED {
                    return Err(error);
                }
                comitia_proto::identity::v1::StaffMember::default()
            }
        };
        Ok(Self { visit, name: found.display_name, id: found.staff_member_id })
    }

    /// Whether the officer has one of these roles.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        let session = self.visit.session.as_ref();
        session.is_some_and(|session| roles.iter().any(|role| session.has(*role)))
    }

    /// Keeps out who has none of these roles. The API decides anyway; this says it before anything is typed.
    ///
    /// # Errors
    /// [`PageError::OtherRole`], whose page names the roles.
    pub fn require(&self, roles: &'static [Role]) -> Result<(), PageError> {
        if self.has_any(roles) { Ok(()) } else { Err(PageError::OtherRole(roles)) }
    }

    /// The officer's roles, in the order in which they are listed everywhere.
    pub fn roles(&self) -> Vec<Role> {
        STAFF.iter().copied().filter(|role| self.has_any(&[*role])).collect()
    }

    /// A page of the office as an answer.
    pub fn page(&self, desk: Desk, status: StatusCode, view: View<'_>) -> Response {
        let locale = self.locale;
        let home = self.link("/office");
        let site = self.link("");
        let labels: Vec<_> = Desk::ALL
            .into_iter()
            .filter(|desk| self.has_any(desk.roles()))
            .map(|one| (locale.text(one.name()), self.link(one.path()), one == desk))
            .collect();
        let navigation: Vec<_> =
            labels.iter().map(|(label, path, current)| Link { label, path, current: *current }).collect();
        let roles = role_names(&locale, &self.roles());
        let who = if self.name.is_empty() { roles } else { format!("{} · {roles}", self.name) };
        let (account, sign_out) = (self.link("/office/me"), self.link("/sign-out"));
        let to_site = t!(locale, "office-to-site");
        let ways = Ways {
            home: &home,
            navigation: &navigation,
            account: Account::SignedIn { name: Some(&who), account: &account, sign_out: &sign_out },
            footer: &[Link { label: &to_site, path: &site, current: false }],
        };
        self.document(status, View { private: true, ..view }, &ways)
    }

    /// The way to a page of a desk: the office, the desk, `way` (label and path), the page itself.
    pub fn trail(&self, desk: Desk, way: &[(&str, &str)], here: &str) -> Markup {
        let (office, home) = (t!(self.locale, "office-title"), self.link("/office"));
        let (name, path) = (self.locale.text(desk.name()), self.link(desk.path()));
        let mut crumbs = vec![Crumb { label: &office, path: Some(&home) }];
        if here != name {
            crumbs.push(Crumb { label: &name, path: Some(&path) });
        }
        crumbs.extend(way.iter().map(|(label, path)| Crumb { label, path: Some(path) }));
        crumbs.push(Crumb { label: here, path: None });
        breadcrumbs(&self.locale, &crumbs)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Officer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::NotFound)
    }
}

/// The name of a role, as a key.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => key!("office-role-administrator"),
        Role::Moderator => key!("office-role-moderator"),
        Role::BudgetOfficer => key!("office-role-budget-officer"),
        Role::Auditor => key!("office-role-auditor"),
        Role::Unspecified
        | Role::Operator
        | Role::Participant
        | Role::Service
        | Role::SecondFactorPending => key!("office-role-other"),
    }
}

/// The names of roles in a line.
pub fn role_names(locale: &Locale, roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| locale.text(role_name(*role))).collect();
    names.join(", ")
}
