//! What is written in letters, in the language of each, and what cannot be printed in the words of the page.

use std::collections::HashMap;

use comitia_letters::{Field, Letter, Logo, Mark, Refusal, Rule, Template, Window, Words};

use super::table::{Fault, Row};
use crate::form::Form;
use crate::locale::{Language, Locale, t};
use crate::pages::office::Officer;
use crate::ui::FieldErrors;

/// What the sender may have written, and what the letters' own text may.
pub const SENDER_MAX: u32 = 400;
pub const NOTE_MAX: u32 = 800;
/// What a preview shows in the place of a number and a code: no member has them.
const SPECIMEN: (&str, &str) = ("000000", "SPEC-XXXX-XXXX-XXXX");

/// What the officer chose.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub encoding: String,
    pub sender: String,
    pub window: String,
    pub language: String,
    pub note: String,
}

impl Draft {
    /// What a form has that was sent.
    pub fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            encoding: text("encoding"),
            sender: text("sender"),
            window: text("window"),
            language: text("language"),
            note: text("note"),
        }
    }

    /// What a form has that nobody has filled in: the window that the country's envelopes have.
    pub fn new(officer: &Officer) -> Self {
        let window = match Window::of_country(&officer.organization.country) {
            Window::Left => "left",
            Window::Right => "right",
        };
        Self {
            sender: officer.organization.display_name.clone(),
            window: window.to_owned(),
            language: officer.locale.language.code().to_owned(),
            ..Self::default()
        }
    }

    fn window(&self) -> Window {
        if self.window == "left" { Window::Left } else { Window::Right }
    }

    /// The language of letters whose line says none.
    fn language(&self, officer: &Officer) -> Language {
        let chosen = Language::parse(&self.language).filter(|language| officer.languages.contains(language));
        chosen.unwrap_or(officer.locale.language)
    }

    /// The form of the letters in each language of the site.
    ///
    /// # Errors
    /// What is wrong with the fields.
    pub fn forms(&self, officer: &Officer, logo: Option<&Logo>) -> Result<Forms, FieldErrors> {
        let mut errors = FieldErrors::new();
        let too_long =
            |text: &str, most: u32| text.chars().count() > usize::try_from(most).unwrap_or(usize::MAX);
        if too_long(&self.sender, SENDER_MAX) {
            errors.push("sender", t!(officer.locale, "office-letters-wide"));
        }
        if too_long(&self.note, NOTE_MAX) {
            errors.push("note", t!(officer.locale, "office-letters-long"));
        }
        let mut templates = HashMap::new();
        for language in &officer.languages {
            let locale = Locale { language: *language, zone: officer.locale.zone };
            match Template::new(&self.words(officer, &locale, logo), self.window()) {
                Ok(template) => {
                    templates.insert(*language, template);
                }
                Err(refusal) => {
                    let name = if matches!(refusal.field, Field::Sender(_)) { "sender" } else { "note" };
                    if errors.of(name).is_none() {
                        errors.push(name, why(&officer.locale, refusal.rule));
                    }
                }
            }
        }
        let usual = self.language(officer);
        if errors.is_empty() {
            Ok(Forms { templates, usual, origin: officer.origin.clone() })
        } else {
            Err(errors)
        }
    }

    fn words(&self, officer: &Officer, locale: &Locale, logo: Option<&Logo>) -> Words {
        let organization = &officer.organization.display_name;
        let place = officer.origin.split_once("://").map_or("", |(_, host)| host);
        let address = format!("{place}/{}/sign-in/letter", locale.language.code());
        let mut before = vec![
            t!(locale, "letters-greeting").into_owned(),
            t!(locale, "letters-before", organization = organization, address = address),
        ];
        before
            .extend(self.note.split('\n').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
        let mut after = vec![t!(locale, "letters-secret").into_owned()];
        let contact = &officer.organization.contact_email;
        if !contact.is_empty() {
            after.push(t!(locale, "letters-contact", contact = contact));
        }
        let sender = self.sender.lines().map(str::trim).filter(|line| !line.is_empty());
        Words {
            language: locale.language.code().to_owned(),
            mark: Mark { name: organization.clone(), logo: logo.cloned() },
            sender: sender.map(str::to_owned).collect(),
            date: locale.date(officer.now()),
            heading: t!(locale, "letters-heading").into_owned(),
            before,
            number: t!(locale, "letters-number").into_owned(),
            code: t!(locale, "letters-code").into_owned(),
            picture: t!(locale, "letters-picture").into_owned(),
            after,
        }
    }
}

/// The form of the letters, in each language.
pub struct Forms {
    templates: HashMap<Language, Template>,
    usual: Language,
    origin: String,
}

impl Forms {
    fn of(&self, row: &Row) -> Option<(Language, &Template)> {
        let wanted = row.language.filter(|language| self.templates.contains_key(language));
        let language = wanted.unwrap_or(self.usual);
        self.templates.get(&language).map(|template| (language, template))
    }

    /// Everything in the rows that cannot be printed.
    pub fn faults(&self, locale: &Locale, rows: &[Row]) -> Vec<Fault> {
        let fault = |row: &Row| {
            let (_, template) = self.of(row)?;
            let refusal = template.check(&row.address, &row.number).err()?;
            Some((row.line, column(locale, row, refusal), why(locale, refusal.rule)))
        };
        rows.iter().filter_map(fault).collect()
    }

    /// A row's letter with its form. The code is in the part of the link that browsers send to nobody.
    pub fn letter(&self, row: &Row, code: &str) -> Option<(&Template, Letter)> {
        let (language, template) = self.of(row)?;
        let mut secret = form_urlencoded::Serializer::new(String::new());
        secret.append_pair("n", &row.number).append_pair("c", code);
        let link = format!("{}/{}/sign-in/letter#{}", self.origin, language.code(), secret.finish());
        let letter = template.letter(&row.address, &row.number, code, &link).ok()?;
        Some((template, letter))
    }

    /// A letter to look at: the address of a row, and nobody's number and code.
    pub fn specimen(&self, row: &Row) -> Option<(&Template, Letter)> {
        let (number, code) = SPECIMEN;
        self.letter(&Row { number: number.to_owned(), ..row.clone() }, code)
    }
}

/// The column that a refusal is about.
fn column(locale: &Locale, row: &Row, refusal: Refusal) -> String {
    match refusal.field {
        Field::Address(line) => row.columns.get(line).cloned().unwrap_or_default(),
        _ => t!(locale, "office-column-number").into_owned(),
    }
}

/// Why something cannot be printed, and what to do.
fn why(locale: &Locale, rule: Rule) -> String {
    match rule {
        Rule::Empty => t!(locale, "office-letters-empty").into_owned(),
        Rule::Unknown(letter) => t!(locale, "office-letters-unknown", letter = letter.to_string()),
        Rule::Unprintable | Rule::Confusing | Rule::TooTall => {
            t!(locale, "office-letters-unprintable").into_owned()
        }
        Rule::TooWide => t!(locale, "office-letters-wide").into_owned(),
        // The text as a whole has no number of lines.
        Rule::TooManyLines(0) => t!(locale, "office-letters-long").into_owned(),
        Rule::TooManyLines(most) => t!(locale, "office-letters-lines", count = most),
    }
}
