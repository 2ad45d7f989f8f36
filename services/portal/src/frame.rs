//! What all pages of the site have round them: the organization, the ways through the site, the person's account.

use axum::response::{IntoResponse, Response};
use comitia_proto::common::v1::Role;
use http::StatusCode;
use maud::Markup;

use crate::locale::{Language, t};
use crate::pages::files::Source;
use crate::pages::{is_anonymous, preview};
use crate::theme;
use crate::ui::{Account, Alternate, Layout, Link, Logo, MAP_SCRIPTS, Organization};
use crate::visit::{Visit, with_tiles};

/// The parts of the site that the navigation leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// None of them.
    #[default]
    None,
    /// Processes, with everything in them.
    Processes,
    /// The booth.
    Votes,
    /// The search.
    Search,
    /// The person's own account.
    Account,
}

/// A page, without what is round it.
#[derive(Debug)]
pub struct View<'a> {
    /// The title, without the organization's name.
    pub title: &'a str,
    /// What search engines and previews say about it.
    pub description: Option<&'a str>,
    /// Which part of the site it belongs to.
    pub section: Section,
    /// The way to it.
    pub breadcrumbs: Option<Markup>,
    /// What is on it.
    pub main: Markup,
    /// The modules in `assets/js/` that it uses (`js/ballot.js`).
    pub scripts: &'a [&'a str],
    /// Whether it has a map: its module comes along, and its tiles may.
    pub map: bool,
    /// Whether it is one person's, or one moment's: search engines leave it out, and it has no address of its own.
    pub private: bool,
    /// Whether nothing leads away from it but its own buttons, and it shows no account: the booth.
    pub focused: bool,
    /// Whether a form came back with errors.
    pub error: bool,
}

impl<'a> View<'a> {
    /// A page with a title and content, and nothing special.
    pub fn new(title: &'a str, main: Markup) -> Self {
        Self {
            title,
            description: None,
            section: Section::None,
            breadcrumbs: None,
            main,
            scripts: &[],
            map: false,
            private: false,
            focused: false,
            error: false,
        }
    }
}

/// What leads away from a page.
#[derive(Debug)]
pub struct Ways<'a> {
    /// Where the name of the organization leads.
    pub home: &'a str,
    /// The main navigation.
    pub navigation: &'a [Link<'a>],
    /// Who has signed in.
    pub account: Account<'a>,
    /// What stands below everything.
    pub footer: &'a [Link<'a>],
}

impl Visit {
    /// A page of the site as an answer.
    pub fn page(&self, status: StatusCode, view: View<'_>) -> Response {
        let locale = self.locale;
        let links = Links::new(self);
        let processes = t!(locale, "site-processes");
        let votes = t!(locale, "site-votes");
        let search = t!(locale, "site-search");
        let link = |label, path, section| Link { label, path, current: view.section == section };
        let navigation = [
            link(&processes, &links.processes, Section::Processes),
            link(&votes, &links.votes, Section::Votes),
            link(&search, &links.search, Section::Search),
        ];
        let footer: Vec<_> = links
            .footer
            .iter()
            .map(|(label, path)| Link { label, path, current: *path == self.path })
            .collect();
        let office = t!(locale, "office-title");
        let account = match &self.session {
            _ if view.focused => Account::Hidden,
            None => Account::SignedOut { sign_in: &links.sign_in },
            Some(session) if session.has(Role::SecondFactorPending) => Account::SignedIn {
                name: Some(&office),
                account: &links.second_factor,
                sign_out: &links.sign_out,
            },
            Some(session) if session.is_staff() => {
                Account::SignedIn { name: Some(&office), account: &links.office, sign_out: &links.sign_out }
            }
            Some(_) => Account::SignedIn { name: None, account: &links.account, sign_out: &links.sign_out },
        };
        let ways = Ways {
            home: &links.home,
            navigation: if view.focused { &[] } else { &navigation },
            account,
            footer: if view.focused { &[] } else { &footer },
        };
        self.document(status, view, &ways)
    }

    /// A page with these ways away from it.
    pub fn document(&self, status: StatusCode, view: View<'_>, ways: &Ways<'_>) -> Response {
        let locale = self.locale;
        // What a person brought to a page of the booth is not for another address.
        let anonymous = is_anonymous(&self.path);
        let alternate = |language: &Language| {
            let path = self.in_language(*language);
            let bare = path.split('?').next().filter(|_| anonymous).map(str::to_owned);
            Alternate { language: *language, path: bare.unwrap_or(path) }
        };
        let alternates: Vec<_> = self.languages.iter().map(alternate).collect();
        let theme = theme::path(&self.organization.brand_color);
        let logo = self.organization.logo.as_ref();
        let logo = logo.and_then(|logo| Some((logo, logo.renditions.first()?)));
        let logo_path = logo.map(|(logo, size)| Source::Api.address(logo, Some(size.width)));
        // The office has no previews, and nothing comes between a voter and the ballot.
        let notice = if view.focused || is_office(&self.path) { None } else { preview::banner(self) };
        let private = view.private || notice.is_some();
        let document = Layout {
            locale,
            organization: Organization {
                name: &self.organization.display_name,
                logo: logo.zip(logo_path.as_deref()).map(|((logo, size), path)| Logo {
                    path,
                    alternative: &logo.alternative_text,
                    width: size.width,
                    height: size.height,
                }),
                theme: theme.as_deref(),
            },
            origin: &self.origin,
            home: ways.home,
            title: view.title,
            description: view.description,
            canonical: (!private).then_some(&self.path),
            alternates: if view.focused { &[] } else { &alternates },
            navigation: ways.navigation,
            account: ways.account,
            footer: ways.footer,
            notice,
            breadcrumbs: view.breadcrumbs,
            main: view.main,
            scripts: if view.map { MAP_SCRIPTS } else { view.scripts },
            noindex: private,
            error: view.error,
        };
        let mut response = axum::response::Html(document.render().into_string()).into_response();
        *response.status_mut() = status;
        if view.map { with_tiles(self, response) } else { response }
    }
}

/// Whether a page is the team's.
fn is_office(path: &str) -> bool {
    path.trim_start_matches('/').split('/').nth(1) == Some("office")
}

struct Links {
    home: String,
    processes: String,
    votes: String,
    search: String,
    sign_in: String,
    sign_out: String,
    account: String,
    office: String,
    second_factor: String,
    footer: Vec<(String, String)>,
}

impl Links {
    fn new(visit: &Visit) -> Self {
        let locale = visit.locale;
        let footer = [
            (t!(locale, "site-help"), "/help"),
            (t!(locale, "site-receipts"), "/receipts"),
            (t!(locale, "site-terms"), "/legal/terms"),
            (t!(locale, "site-privacy"), "/legal/privacy"),
            (t!(locale, "site-accessibility"), "/legal/accessibility"),
        ];
        Self {
            home: visit.link(""),
            processes: visit.link("/processes"),
            votes: visit.link("/votes"),
            search: visit.link("/search"),
            sign_in: visit.link("/sign-in"),
            sign_out: visit.link("/sign-out"),
            account: visit.link("/account"),
            office: visit.link("/office"),
            second_factor: visit.link("/second-factor"),
            footer: footer.map(|(label, path)| (label.into_owned(), visit.link(path))).into(),
        }
    }
}
