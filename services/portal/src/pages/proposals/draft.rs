//! A proposal that is being written: it travels in the fields of its forms, and nowhere else.

use comitia_proto::proposals::v1::{Place, SubmitProposalRequest};
use maud::{Markup, html};
use uuid::Uuid;

use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::calls::Areas;
use crate::pages::slugs::folded;
use crate::ui::{FieldErrors, Marker, Position};

pub const TITLE_MIN: usize = 5;
pub const TITLE_MAX: u32 = 150;
pub const BODY_MIN: usize = 15;
pub const BODY_MAX: u32 = 20_000;
pub const CATEGORY_MAX: u32 = 100;
pub const PLACE_MAX: u32 = 300;

/// What was written so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub request_id: String,
    pub title: String,
    pub body: String,
    pub area: String,
    pub category: String,
    pub place: String,
    /// The point on the map, in degrees, as the map wrote them; empty for none.
    pub latitude: String,
    pub longitude: String,
    /// The association that it is written for; empty for oneself.
    pub association: String,
    /// What the photo shows that comes with it, and what the document is called.
    pub alternative_text: String,
    pub document_title: String,
}

impl Draft {
    /// What a form brings. Browsers write line breaks as two characters.
    pub fn of(form: &Form) -> Self {
        let request_id = form.text("request_id");
        Self {
            // It is the browser's to keep; one that is none would be the service's to refuse.
            request_id: if Uuid::try_parse(request_id).is_ok() { request_id.to_owned() } else { new_id() },
            title: form.text("title").split_whitespace().collect::<Vec<_>>().join(" "),
            body: form.text("body").replace("\r\n", "\n"),
            area: form.text("area").to_owned(),
            category: form.text("category").to_owned(),
            place: form.text("place").to_owned(),
            latitude: form.text("latitude").to_owned(),
            longitude: form.text("longitude").to_owned(),
            association: form.text("association").to_owned(),
            alternative_text: form.text("alternative_text").to_owned(),
            document_title: form.text("document_title").to_owned(),
        }
    }

    /// A new one.
    pub fn new() -> Self {
        Self { request_id: new_id(), ..Self::default() }
    }

    /// The fields that the form in sight does not have itself.
    pub fn hidden(&self, but: &[&str]) -> Markup {
        let all = [
            ("title", &self.title),
            ("body", &self.body),
            ("area", &self.area),
            ("category", &self.category),
            ("place", &self.place),
            ("latitude", &self.latitude),
            ("longitude", &self.longitude),
            ("association", &self.association),
            ("alternative_text", &self.alternative_text),
            ("document_title", &self.document_title),
        ];
        html! {
            @for (name, value) in all.into_iter().filter(|(name, value)| !but.contains(name) && !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
        }
    }

    /// What is wrong with the title.
    pub fn check_title(&self, locale: &Locale, errors: &mut FieldErrors) {
        title(locale, &self.title, errors);
    }

    /// What is wrong with the rest.
    pub fn check_details(&self, locale: &Locale, areas: &Areas, errors: &mut FieldErrors) {
        body(locale, &self.body, errors);
        if !self.area.is_empty() && !areas.has(&self.area) {
            errors.push("area", t!(locale, "proposals-error-area"));
        }
        if self.category.chars().count() > limit(CATEGORY_MAX) || has_control(&self.category) {
            errors.push("category", t!(locale, "proposals-error-category", most = CATEGORY_MAX));
        }
        if self.place.chars().count() > limit(PLACE_MAX) || has_control(&self.place) {
            errors.push("place", t!(locale, "proposals-error-place", most = PLACE_MAX));
        } else if self.position().is_none() && !(self.latitude.is_empty() && self.longitude.is_empty()) {
            errors.push("place", t!(locale, "proposals-error-point"));
        }
    }

    /// The point on the map.
    pub fn position(&self) -> Option<Position> {
        Marker::at(self.latitude.parse().ok()?, self.longitude.parse().ok()?)
    }

    /// The call that submits it.
    pub fn request(self, process_id: String) -> SubmitProposalRequest {
        let position = self.position();
        let (longitude, latitude) = position.unwrap_or_default();
        let place = Place { address: self.place, latitude, longitude };
        SubmitProposalRequest {
            process_id,
            title: self.title,
            body: self.body,
            area_code: self.area,
            category: self.category,
            place: (!place.address.is_empty() || position.is_some()).then_some(place),
            request_id: self.request_id,
            association_id: self.association,
        }
    }
}

fn new_id() -> String {
    comitia_core::id::new().to_string()
}

fn limit(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// What is wrong with a title.
pub fn title(locale: &Locale, title: &str, errors: &mut FieldErrors) {
    let letters = title.chars().count();
    if letters == 0 {
        errors.push("title", t!(locale, "proposals-error-title-missing"));
    } else if letters < TITLE_MIN || has_control(title) {
        errors.push("title", t!(locale, "proposals-error-title-short", least = TITLE_MIN));
    } else if letters > limit(TITLE_MAX) {
        errors.push("title", t!(locale, "proposals-error-title-long", most = TITLE_MAX, now = letters));
    }
}

/// What is wrong with a text.
pub fn body(locale: &Locale, body: &str, errors: &mut FieldErrors) {
    let letters = body.chars().count();
    let odd = body.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
    if letters == 0 {
        errors.push("body", t!(locale, "proposals-error-body-missing"));
    } else if letters < BODY_MIN {
        errors.push("body", t!(locale, "proposals-error-body-short", least = BODY_MIN));
    } else if letters > limit(BODY_MAX) {
        errors.push("body", t!(locale, "proposals-error-body-long", most = BODY_MAX, now = letters));
    } else if odd {
        errors.push("body", t!(locale, "proposals-error-body-control"));
    }
}

/// The words of a title that tell it from others: the longest, each once.
pub fn telling_words(title: &str) -> Vec<String> {
    let folded = folded(title);
    let mut words: Vec<String> = Vec::new();
    for word in folded.split(|letter: char| !letter.is_alphanumeric()) {
        if word.chars().count() >= 4 && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(4);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn locale() -> Locale {
        Locale::new(Language::parse("en").unwrap(), chrono_tz::UTC)
    }

    fn wrong(draft: &Draft) -> Vec<String> {
        let areas: Areas = [("north".to_owned(), "North".to_owned())].into_iter().collect();
        let mut errors = FieldErrors::new();
        draft.check_title(&locale(), &mut errors);
        draft.check_details(&locale(), &areas, &mut errors);
        errors.iter().map(|error| error.field.clone()).collect()
    }

    fn good() -> Draft {
        Draft { title: "Trees".into(), body: "A tree each mile".into(), area: "north".into(), ..Draft::new() }
    }

    #[test]
    fn rules_are_those_of_the_service() {
        assert!(wrong(&good()).is_empty());
        let cases = [
            (Draft { title: String::new(), ..good() }, "title"),
            (Draft { title: "Tree".into(), ..good() }, "title"),
            (Draft { title: "t".repeat(151), ..good() }, "title"),
            (Draft { body: "too short".into(), ..good() }, "body"),
            (Draft { body: "b".repeat(20_001), ..good() }, "body"),
            (Draft { body: "A tree\u{7} each mile".into(), ..good() }, "body"),
            (Draft { area: "south".into(), ..good() }, "area"),
            (Draft { category: "c".repeat(101), ..good() }, "category"),
            (Draft { place: "p".repeat(301), ..good() }, "place"),
            (Draft { latitude: "95".into(), longitude: "4".into(), ..good() }, "place"),
            (Draft { latitude: "45".into(), ..good() }, "place"),
            (Draft { latitude: "NaN".into(), longitude: "x".into(), ..good() }, "place"),
        ];
        for (draft, field) in cases {
            assert_eq!(wrong(&draft), [field]);
        }
        // A line is a line, and letters are counted, not bytes.
        assert!(wrong(&Draft { title: "é".repeat(150), body: "é".repeat(20_000), ..good() }).is_empty());
    }

    #[test]
    fn a_point_needs_no_address() {
        let draft = Draft { latitude: "45.757813".into(), longitude: "4.832011".into(), ..good() };
        assert!(wrong(&draft).is_empty());
        assert!(draft.hidden(&[]).into_string().contains("name=\"longitude\" value=\"4.832011\""));
        let place = draft.request(String::new()).place.unwrap();
        assert_eq!((place.latitude, place.longitude, place.address.as_str()), (45.757_813, 4.832_011, ""));
        assert_eq!(good().request(String::new()).place, None);
    }

    #[test]
    fn a_draft_travels_through_its_forms() {
        let form =
            Form::parse(b"title=+A%0D%0Atree++here&body=one%0D%0Atwo&area=north&place=%22%3E&request_id=x")
                .unwrap();
        let draft = Draft::of(&form);
        assert_eq!((draft.title.as_str(), draft.body.as_str()), ("A tree here", "one\ntwo"));
        assert!(Uuid::try_parse(&draft.request_id).is_ok());
        let hidden = draft.hidden(&["title"]).into_string();
        assert!(!hidden.contains("name=\"title\"") && hidden.contains("value=\"&quot;&gt;\""), "{hidden}");
        assert!(hidden.contains("value=\"one\ntwo\"") && !hidden.contains("category"), "{hidden}");
    }

    #[test]
    fn long_words_tell_titles_apart() {
        assert_eq!(
            telling_words("Un jardin à l’École de la Guillotière, un jardin"),
            ["guillotiere", "jardin", "ecole"]
        );
        assert!(telling_words("un de la").is_empty());
    }
}
