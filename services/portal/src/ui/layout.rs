use maud::{DOCTYPE, Markup, html};

use super::{Icon, icon};
use crate::assets;
use crate::locale::{Language, Locale, t};

/// Whose site it is.
#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    /// Its name, as people say it.
    pub name: &'a str,
    /// Where its logo is, when it has one; its initial stands in the place otherwise.
    pub logo: Option<Logo<'a>>,
    /// Its style sheet, which sets `--brand` and `--on-brand` and nothing else.
    pub theme: Option<&'a str>,
}

/// What an organization is known by.
#[derive(Clone, Copy, Debug)]
pub struct Logo<'a> {
    /// Where it is.
    pub path: &'a str,
    /// What it shows.
    pub alternative: &'a str,
    /// Its width in pixels.
    pub width: i32,
    /// Its height in pixels.
    pub height: i32,
}

/// A link of the navigation or the footer.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// What is read.
    pub label: &'a str,
    /// Where it leads.
    pub path: &'a str,
    /// Whether it is the page that is shown, or the part of the site that the page belongs to.
    pub current: bool,
}

/// This page in another language, or in its own.
#[derive(Clone, Debug)]
pub struct Alternate {
    /// The language.
    pub language: Language,
    /// The page's path in it.
    pub path: String,
}

/// What the header says about the person.
#[derive(Clone, Copy, Debug)]
pub enum Account<'a> {
    /// Nothing: the page has no use for an account.
    Hidden,
    /// A link to sign in.
    SignedOut {
        /// Where one signs in.
        sign_in: &'a str,
    },
    /// The person's account, and a button to sign out.
    SignedIn {
        /// The display name, when there is one.
        name: Option<&'a str>,
        /// Where the account is.
        account: &'a str,
        /// Where the form to sign out goes.
        sign_out: &'a str,
    },
}

/// A whole page.
#[derive(Debug)]
pub struct Layout<'a> {
    /// The language of the page.
    pub locale: Locale,
    /// Whose site it is.
    pub organization: Organization<'a>,
    /// Scheme and host, without a slash at the end.
    pub origin: &'a str,
    /// The home page's path.
    pub home: &'a str,
    /// The page's title, without the organization's name.
    pub title: &'a str,
    /// What search engines and previews say about the page.
    pub description: Option<&'a str>,
    /// The page's own path, without what filters add to it.
    pub canonical: Option<&'a str>,
    /// The page in all its languages, this one included.
    pub alternates: &'a [Alternate],
    /// The main navigation. Without entries the page has none, as in the booth.
    pub navigation: &'a [Link<'a>],
    /// Who is signed in.
    pub account: Account<'a>,
    /// The legal pages and help.
    pub footer: &'a [Link<'a>],
    /// Above everything but the header: what is true of all pages that one looks at now.
    pub notice: Option<Markup>,
    /// Above the content: the way to the page.
    pub breadcrumbs: Option<Markup>,
    /// The content.
    pub main: Markup,
    /// The modules of `assets/js/` that the page uses, by their names.
    pub scripts: &'a [&'a str],
    /// Whether search engines leave it out.
    pub noindex: bool,
    /// Whether a form came back with errors: the title begins with that.
    pub error: bool,
}

impl Layout<'_> {
    /// The document.
    #[must_use]
    pub fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.locale.language.code()) dir=(self.locale.language.direction()) {
                (self.head())
                body {
                    a .skip href="#main" { (t!(self.locale, "ui-skip")) }
                    header .site-header {
                        (self.band())
                        (self.masthead())
                    }
                    @if let Some(notice) = &self.notice { (notice) }
                    @if let Some(breadcrumbs) = &self.breadcrumbs {
                        div .wrap { (breadcrumbs) }
                    }
                    main #main .wrap tabindex="-1" { (self.main) }
                    (self.foot())
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let locale = self.locale;
        let title = t!(locale, "ui-page-title", title = self.title, organization = self.organization.name);
        let title = if self.error { t!(locale, "ui-error-title", title = title) } else { title };
        html! {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="stylesheet" href=(assets::url("site.css"));
                @if let Some(theme) = self.organization.theme { link rel="stylesheet" href=(theme); }
                link rel="icon" type="image/svg+xml" href=(assets::url("favicon.svg"));
                @if self.noindex { meta name="robots" content="noindex"; }
                @if let Some(description) = self.description { meta name="description" content=(description); }
                (self.addresses())
                @for script in self.scripts { script type="module" src=(assets::url(script)) {} }
            }
        }
    }

    /// What search engines and previews want to know: only for pages that have an address of their own.
    fn addresses(&self) -> Markup {
        let Some(canonical) = self.canonical else { return html! {} };
        html! {
            link rel="canonical" href={ (self.origin) (canonical) };
            @for alternate in self.alternates {
                link rel="alternate" hreflang=(alternate.language.code()) href={ (self.origin) (alternate.path) };
            }
            meta property="og:type" content="website";
            meta property="og:site_name" content=(self.organization.name);
            meta property="og:title" content=(self.title);
            meta property="og:url" content={ (self.origin) (canonical) };
            meta property="og:locale" content=(t!(self.locale, "language-preview"));
            @if let Some(description) = self.description { meta property="og:description" content=(description); }
            @if let Some(logo) = self.organization.logo { meta property="og:image" content={ (self.origin) (logo.path) }; }
        }
    }

    /// The narrow strip in the organization's colour: language and account.
    fn band(&self) -> Markup {
        let others = || self.alternates.iter().filter(|one| one.language != self.locale.language);
        let account = !matches!(self.account, Account::Hidden);
        html! {
            div .band {
                div .wrap.band-row {
                    @if others().next().is_some() {
                        nav aria-label=(t!(self.locale, "ui-language")) {
                            ul .inline {
                                @for one in others() {
                                    @let code = one.language.code();
                                    li { a href=(one.path) lang=(code) hreflang=(code) { (one.language.name()) } }
                                }
                            }
                        }
                    }
                    @if account {
                        nav .push aria-label=(t!(self.locale, "ui-account-navigation")) {
                            ul .inline { (self.account()) }
                        }
                    }
                }
            }
        }
    }

    fn account(&self) -> Markup {
        html! {
            @match self.account {
                Account::Hidden => {}
                Account::SignedOut { sign_in } => {
                    li { a href=(sign_in) { (icon(Icon::Person)) (t!(self.locale, "ui-sign-in")) } }
                }
                Account::SignedIn { name, account, sign_out } => {
                    li {
                        a href=(account) {
                            (icon(Icon::Person))
                            @match name {
                                Some(name) => bdi .clip { (name) },
                                None => (t!(self.locale, "ui-my-account")),
                            }
                        }
                    }
                    li {
                        form method="post" action=(sign_out) {
                            button type="submit" { (t!(self.locale, "ui-sign-out")) }
                        }
                    }
                }
            }
        }
    }

    fn masthead(&self) -> Markup {
        let name = self.organization.name;
        html! {
            div .wrap.masthead {
                a .identity href=(self.home) {
                    @match self.organization.logo {
                        Some(logo) => img .logo src=(logo.path) alt=(logo.alternative) width=(logo.width)
                            height=(logo.height);,
                        None => span .monogram aria-hidden="true" { (initial(name)) },
                    }
                    span .name aria-hidden="true" { (name) }
                    span .unseen { (t!(self.locale, "ui-home-link", organization = name)) }
                }
                @if !self.navigation.is_empty() {
                    details .fold.menu {
                        summary { (icon(Icon::Menu)) (t!(self.locale, "ui-menu")) }
                        nav aria-label=(t!(self.locale, "ui-navigation")) {
                            ul {
                                @for link in self.navigation {
                                    li {
                                        a href=(link.path) aria-current=[link.current.then_some("true")] {
                                            (link.label)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        html! {
            footer .site-footer {
                div .wrap {
                    p .name { (self.organization.name) }
                    @if !self.footer.is_empty() {
                        nav aria-label=(t!(self.locale, "ui-footer")) {
                            ul .inline {
                                @for link in self.footer {
                                    li {
                                        a href=(link.path) aria-current=[link.current.then_some("page")] {
                                            (link.label)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The first letter of a name; "Ville de Lyon" is no better told by it than by its own.
fn initial(name: &str) -> String {
    name.chars()
        .find(|letter| letter.is_alphanumeric())
        .map(|letter| letter.to_uppercase().collect())
        .unwrap_or_default()
}
