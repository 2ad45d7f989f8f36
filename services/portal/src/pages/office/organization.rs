//! The organization: its name, languages, country and contact, its colour, its texts and legal pages.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use comitia_proto::spaces::v1::{
    GetOrganizationRequest, Organization, OrganizationText, OrganizationTextKind as Kind,
    UpdateOrganizationRequest,
};
use http::StatusCode;
use maud::{Markup, html};
use prost_types::FieldMask;

use super::home::Task;
use super::logo::picture;
use super::parts::{self, Sheet, changed_meanwhile, done, is_changed, what_was_done};
use super::{ADMINISTRATOR, Desk, Officer, STAFF};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Language, Locale, key, t};
use crate::ui::{
    Choice, Field, FieldErrors, Kind as Input, SummaryRow, Width, form_post, markdown, summary_list,
};
use crate::visit::PageResult;

const NAME_MAX: u32 = 200;
const ADDRESS_MAX: u32 = 254;
const TEXT_MAX: u32 = 20_000;

pub fn routes() -> Router {
    Router::new()
        .route("/office/organization", get(show))
        .route("/office/organization/profile", get(profile).post(save_profile))
        .route("/office/organization/colour", get(colour).post(save_colour))
        .route("/office/organization/texts/{kind}", get(text).post(save_text))
}

/// The texts, by the words of their addresses, with their names.
const TEXTS: [(&str, Kind, &str, &str); 6] = [
    ("welcome", Kind::Welcome, key!("office-org-welcome"), key!("office-org-welcome-lead")),
    ("help", Kind::Help, key!("office-org-help"), key!("office-org-help-lead")),
    ("terms", Kind::Terms, key!("office-org-terms"), key!("office-org-terms-lead")),
    ("privacy", Kind::Privacy, key!("office-org-privacy"), key!("office-org-privacy-lead")),
    (
        "accessibility",
        Kind::Accessibility,
        key!("office-org-accessibility"),
        key!("office-org-accessibility-lead"),
    ),
    ("license", Kind::License, key!("office-org-license"), key!("office-org-license-lead")),
];

/// The organization as it is now, not as it was some seconds ago.
pub async fn present(officer: &Officer) -> Result<Organization, PageError> {
    let request = officer.request(GetOrganizationRequest {});
    let answer = officer.services().organization().get_organization(request).await?;
    answer.into_inner().organization.ok_or(PageError::NotFound)
}

async fn update(officer: &Officer, organization: Organization, fields: &[&str]) -> Result<(), PageError> {
    let mask = FieldMask { paths: fields.iter().map(|&field| field.to_owned()).collect() };
    let request = UpdateOrganizationRequest { organization: Some(organization), update_mask: Some(mask) };
    officer.services().organization().update_organization(officer.request(request)).await?;
    officer.services().forget_organization(officer.organization_id).await;
    Ok(())
}

/// What the organization lacks before it opens its doors.
pub async fn tasks(officer: &Officer) -> Result<Vec<Task>, PageError> {
    if !officer.has_any(ADMINISTRATOR) {
        return Ok(Vec::new());
    }
    let organization = present(officer).await?;
    let locale = officer.locale;
    let mut tasks = Vec::new();
    if organization.contact_email.is_empty() {
        tasks.push(Task {
            title: t!(locale, "office-org-task-contact").into_owned(),
            text: t!(locale, "office-org-task-contact-text").into_owned(),
            path: officer.link("/office/organization/profile"),
            urgent: false,
        });
    }
    let missing = |kind: &Kind| !organization.texts.iter().any(|text| text.kind() == *kind);
    let missing: Vec<_> = TEXTS
        .iter()
        // A site opens without a welcome, and without a licence.
        .filter(|(_, kind, _, _)| !matches!(kind, Kind::Welcome | Kind::License) && missing(kind))
        .map(|(_, _, name, _)| locale.text(name))
        .collect();
    if !missing.is_empty() {
        tasks.push(Task {
            title: t!(locale, "office-org-task-texts").into_owned(),
            text: t!(locale, "office-org-task-texts-text", texts = missing.join(", ")),
            path: officer.link("/office/organization"),
            urgent: false,
        });
    }
    Ok(tasks)
}

async fn show(officer: Officer) -> PageResult {
    officer.require(STAFF)?;
    let locale = officer.locale;
    let organization = present(&officer).await?;
    let may = officer.has_any(ADMINISTRATOR);
    let body = html! {
        (what_was_done(&officer, &[("saved", key!("office-org-saved"))]))
        (facts(&officer, &organization, may))
        p { a href=(officer.link("/office/organization/hosts")) { (t!(locale, "office-hosts-open")) } }
        @if may {
            p { a href=(officer.link("/office/organization/sign-in")) { (t!(locale, "office-sign-in-open")) } }
            p { a href=(officer.link("/office/organization/providers")) { (t!(locale, "office-providers-open")) } }
        }
        h2 { (t!(locale, "office-org-texts")) }
        p { (t!(locale, "office-org-texts-lead")) }
        (texts(&officer, &organization, may))
    };
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-organization"),
        lead: &t!(locale, "office-org-lead"),
        way: &[],
        errors: &FieldErrors::new(),
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn facts(officer: &Officer, organization: &Organization, may: bool) -> Markup {
    let locale = officer.locale;
    let profile = officer.link("/office/organization/profile");
    let colour = officer.link("/office/organization/colour");
    let logo = officer.link("/office/organization/logo");
    let none = t!(locale, "office-org-none");
    let or_none = |text: &str| {
        if text.is_empty() {
            html! { (none) }
        } else {
            html! { bdi { (text) } }
        }
    };
    let languages: Vec<_> = organization.languages.iter().map(|code| language_name(code)).collect();
    let registration = match organization.registration_open {
        true => t!(locale, "office-yes"),
        false => t!(locale, "office-no"),
    };
    let standard = t!(locale, "office-org-colour-standard");
    let shade: &str = if organization.brand_color.is_empty() { &standard } else { &organization.brand_color };
    let rows = [
        (t!(locale, "office-org-name"), or_none(&organization.display_name), Some(&profile)),
        (t!(locale, "office-org-languages"), or_none(&languages.join(", ")), Some(&profile)),
        (t!(locale, "office-org-country"), or_none(&organization.country), Some(&profile)),
        (t!(locale, "office-org-zone"), or_none(&organization.time_zone), Some(&profile)),
        (t!(locale, "office-org-contact"), or_none(&organization.contact_email), Some(&profile)),
        (t!(locale, "office-org-registration"), html! { (registration) }, Some(&profile)),
        (t!(locale, "office-org-colour"), or_none(shade), Some(&colour)),
        (t!(locale, "office-logo"), picture(organization.logo.as_ref(), &none), Some(&logo)),
        (t!(locale, "office-org-hosts"), or_none(&organization.host_names.join(", ")), None),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, value, change)| SummaryRow {
            label,
            value: value.clone(),
            change: change.filter(|_| may).map(String::as_str),
        })
        .collect();
    summary_list(&locale, &rows)
}

fn language_name(code: &str) -> String {
    Language::parse(code).map_or_else(|| code.to_owned(), |language| language.name().into_owned())
}

fn texts(officer: &Officer, organization: &Organization, may: bool) -> Markup {
    let locale = officer.locale;
    let rows: Vec<_> = TEXTS
        .iter()
        .map(|(word, kind, name, _)| {
            let there: Vec<_> = organization
                .languages
                .iter()
                .filter(|language| body_of(organization, *kind, language).is_some())
                .map(|language| language_name(language))
                .collect();
            let value = if there.is_empty() {
                html! { (t!(locale, "office-org-text-missing")) }
            } else {
                html! { (t!(locale, "office-org-text-in", languages = there.join(", "))) }
            };
            let path = officer.link(&format!("/office/organization/texts/{word}"));
            (locale.text(name), value, path)
        })
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(label, value, path)| SummaryRow {
            label,
            value: value.clone(),
            change: may.then_some(path.as_str()),
        })
        .collect();
    summary_list(&locale, &rows)
}

fn body_of<'o>(organization: &'o Organization, kind: Kind, language: &str) -> Option<&'o str> {
    let text = organization.texts.iter().find(|text| text.kind() == kind && text.language == language);
    text.map(|text| text.body.as_str()).filter(|body| !body.is_empty())
}

async fn profile(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let organization = present(&officer).await?;
    Ok(profile_page(&officer, &organization, &FieldErrors::new(), None))
}

fn profile_page(
    officer: &Officer,
    organization: &Organization,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let languages: Vec<_> = Language::all().map(|language| (language.code(), language.name())).collect();
    let languages: Vec<_> = languages.iter().map(|(code, name)| Choice::new(code, name)).collect();
    let chosen: Vec<_> = organization.languages.iter().map(String::as_str).collect();
    let first = organization.languages.first().map(String::as_str);
    let body = form_post(
        &officer.link("/office/organization/profile"),
        None,
        html! {
            input type="hidden" name="etag" value=(organization.etag);
            (Field::new(&locale, "name", t!(locale, "office-org-name"))
                .hint(t!(locale, "office-org-name-hint")).error(errors.of("name"))
                .max_length(NAME_MAX).input(Input::Text, &organization.display_name))
            (Field::new(&locale, "languages", t!(locale, "office-org-languages"))
                .hint(t!(locale, "office-org-languages-hint")).error(errors.of("languages"))
                .checkboxes(&chosen, &languages))
            (Field::new(&locale, "first", t!(locale, "office-org-first"))
                .hint(t!(locale, "office-org-first-hint")).error(errors.of("first"))
                .width(Width::Medium).select(first, None, &languages))
            (Field::new(&locale, "country", t!(locale, "office-org-country"))
                .hint(t!(locale, "office-org-country-hint")).error(errors.of("country")).optional()
                .width(Width::Short).max_length(2).input(Input::Code, &organization.country))
            (Field::new(&locale, "zone", t!(locale, "office-org-zone"))
                .hint(t!(locale, "office-org-zone-hint")).error(errors.of("zone"))
                .width(Width::Medium).input(Input::Code, &organization.time_zone))
            (Field::new(&locale, "contact", t!(locale, "office-org-contact"))
                .hint(t!(locale, "office-org-contact-hint")).error(errors.of("contact")).optional()
                .max_length(ADDRESS_MAX).input(Input::Email, &organization.contact_email))
            (Field::new(&locale, "registration", t!(locale, "office-org-registration"))
                .hint(t!(locale, "office-org-registration-hint")).checkbox(organization.registration_open))
            (parts::save_or_cancel(officer, "/office/organization"))
        },
    );
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-org-profile"),
        lead: &t!(locale, "office-org-profile-lead"),
        way: &[],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

/// The organization as the form has it.
fn from_profile(form: &Form) -> Organization {
    let first = form.text("first");
    let mut languages: Vec<_> =
        form.fields().filter(|(name, _)| *name == "languages").map(|(_, code)| code.to_owned()).collect();
    // What texts fall back to comes first.
    languages.sort_by_key(|code| code != first);
    Organization {
        display_name: form.text("name").to_owned(),
        languages,
        country: form.text("country").to_uppercase(),
        time_zone: form.text("zone").to_owned(),
        contact_email: form.text("contact").to_owned(),
        registration_open: form.get("registration") == "yes",
        etag: form.text("etag").to_owned(),
        ..Organization::default()
    }
}

async fn save_profile(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let organization = from_profile(&form);
    let mut errors = FieldErrors::new();
    check_profile(&locale, &organization, form.text("first"), &mut errors);
    if !errors.is_empty() {
        return Ok(profile_page(&officer, &organization, &errors, None));
    }
    let fields = ["display_name", "time_zone", "languages", "country", "contact_email", "registration_open"];
    let Err(error) = update(&officer, organization.clone(), &fields).await else {
        return Ok(done(&officer, "/office/organization", "saved"));
    };
    if is_changed(&error) {
        let now = Organization { etag: present(&officer).await?.etag, ..organization };
        return Ok(profile_page(&officer, &now, &errors, Some(changed_meanwhile(&officer))));
    }
    let errors = parts::refused(
        error,
        &[
            ("organization.display_name", "name", &t!(locale, "office-org-name-wrong")),
            ("organization.time_zone", "zone", &t!(locale, "office-org-zone-wrong")),
            ("organization.languages", "languages", &t!(locale, "office-org-languages-texts")),
            ("organization.texts", "languages", &t!(locale, "office-org-languages-texts")),
            ("organization.country", "country", &t!(locale, "office-org-country-wrong")),
            ("organization.contact_email", "contact", &t!(locale, "office-org-contact-wrong")),
        ],
    )?;
    Ok(profile_page(&officer, &organization, &errors, None))
}

fn check_profile(locale: &Locale, organization: &Organization, first: &str, errors: &mut FieldErrors) {
    let country = &organization.country;
    let wrong = [
        (organization.display_name.is_empty(), "name", t!(locale, "office-org-name-wrong")),
        (organization.languages.is_empty(), "languages", t!(locale, "office-org-languages-missing")),
        (
            !organization.languages.is_empty() && organization.languages.iter().all(|code| code != first),
            "first",
            t!(locale, "office-org-first-wrong"),
        ),
        (
            !(country.is_empty()
                || (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()))),
            "country",
            t!(locale, "office-org-country-wrong"),
        ),
        (
            organization.time_zone.parse::<chrono_tz::Tz>().is_err(),
            "zone",
            t!(locale, "office-org-zone-wrong"),
        ),
    ];
    for (_, field, text) in wrong.into_iter().filter(|(is_wrong, _, _)| *is_wrong) {
        errors.push(field, text);
    }
}

async fn colour(officer: Officer) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let organization = present(&officer).await?;
    Ok(colour_page(&officer, &organization, &FieldErrors::new(), None))
}

fn colour_page(
    officer: &Officer,
    organization: &Organization,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let body = form_post(
        &officer.link("/office/organization/colour"),
        None,
        html! {
            input type="hidden" name="etag" value=(organization.etag);
            (Field::new(&locale, "colour", t!(locale, "office-org-colour"))
                .hint(t!(locale, "office-org-colour-hint")).error(errors.of("colour")).optional()
                .width(Width::Medium).max_length(7).input(Input::Code, &organization.brand_color))
            (parts::save_or_cancel(officer, "/office/organization"))
        },
    );
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &t!(locale, "office-org-colour"),
        lead: &t!(locale, "office-org-colour-lead"),
        way: &[],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn save_colour(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let typed = form.text("colour").to_ascii_lowercase();
    let brand_color = if typed.is_empty() || typed.starts_with('#') { typed } else { format!("#{typed}") };
    let organization =
        Organization { brand_color, etag: form.text("etag").to_owned(), ..Organization::default() };
    let mut errors = FieldErrors::new();
    let Err(error) = update(&officer, organization.clone(), &["brand_color"]).await else {
        return Ok(done(&officer, "/office/organization", "saved"));
    };
    if is_changed(&error) {
        let now = Organization { etag: present(&officer).await?.etag, ..organization };
        return Ok(colour_page(&officer, &now, &errors, Some(changed_meanwhile(&officer))));
    }
    // The rule names the nearest shade that everybody can read.
    let rules = match &error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    let near = rules.iter().find_map(|(field, rule)| {
        (field == "organization.brand_color").then(|| rule.split_whitespace().find(|word| is_shade(word)))
    });
    let text = match near {
        Some(Some(shade)) => t!(locale, "office-org-colour-contrast", shade = shade),
        Some(None) => t!(locale, "office-org-colour-wrong").into_owned(),
        None => return Err(error),
    };
    errors.push("colour", text);
    Ok(colour_page(&officer, &organization, &errors, None))
}

fn is_shade(word: &str) -> bool {
    word.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn kind_of(word: &str) -> Result<(&'static str, Kind, &'static str, &'static str), PageError> {
    TEXTS.into_iter().find(|(known, _, _, _)| *known == word).ok_or(PageError::NotFound)
}

async fn text(officer: Officer, Path((_, word)): Path<(String, String)>) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let named = kind_of(&word)?;
    let organization = present(&officer).await?;
    Ok(text_page(&officer, &organization, named, &FieldErrors::new(), None))
}

fn text_page(
    officer: &Officer,
    organization: &Organization,
    (word, kind, name, lead): (&str, Kind, &str, &str),
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let body = html! {
        p { (t!(locale, "office-org-text-markdown")) }
        (form_post(&officer.link(&format!("/office/organization/texts/{word}")), None, html! {
            input type="hidden" name="etag" value=(organization.etag);
            @for language in &organization.languages {
                @let field = format!("body-{language}");
                @let written = body_of(organization, kind, language).unwrap_or_default();
                (Field::new(&locale, field.clone(), t!(locale, "office-org-text-language", language = language_name(language)))
                    .error(errors.of(&field)).optional().max_length(TEXT_MAX).textarea(written, 14))
            }
            (parts::save_or_cancel(officer, "/office/organization"))
        }))
        @if let Some(first) = organization.languages.first().and_then(|first| body_of(organization, kind, first)) {
            h2 { (t!(locale, "office-org-text-now")) }
            (markdown(first, 3))
        }
    };
    let sheet = Sheet {
        desk: Desk::Organization,
        title: &locale.text(name),
        lead: &locale.text(lead),
        way: &[],
        errors,
        said,
    };
    sheet.show(officer, parts::status(errors), body)
}

async fn save_text(officer: Officer, Path((_, word)): Path<(String, String)>, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let named = kind_of(&word)?;
    let present = present(&officer).await?;
    let kind = named.1;
    let mut organization = Organization { etag: form.text("etag").to_owned(), ..present.clone() };
    organization.texts.retain(|text| text.kind() != kind);
    let mut errors = FieldErrors::new();
    for language in &present.languages {
        let field = format!("body-{language}");
        let body = form.text(&field).replace("\r\n", "\n");
        let letters = body.chars().count();
        if letters > usize::try_from(TEXT_MAX).unwrap_or(usize::MAX) {
            errors.push(field, t!(locale, "office-org-text-long", most = TEXT_MAX, now = letters));
        }
        if !body.is_empty() {
            organization.texts.push(OrganizationText { kind: kind.into(), language: language.clone(), body });
        }
    }
    if !errors.is_empty() {
        return Ok(text_page(&officer, &organization, named, &errors, None));
    }
    let Err(error) = update(&officer, organization.clone(), &["texts"]).await else {
        return Ok(done(&officer, "/office/organization", "saved"));
    };
    if is_changed(&error) {
        let now = Organization { etag: present.etag, ..organization };
        return Ok(text_page(&officer, &now, named, &errors, Some(changed_meanwhile(&officer))));
    }
    Err(error)
}
