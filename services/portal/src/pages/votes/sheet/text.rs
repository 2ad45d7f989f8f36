//! What one signs: the text of a sheet, in the reader's language where it has it.

use comitia_proto::voting::v1::{Poll, SheetText};
use maud::{Markup, html};

use crate::locale::{Language, Locale, t};
use crate::ui::{details, markdown};

/// The texts of a sheet: the one for this reader, and the others.
fn texts<'p>(locale: &Locale, poll: &'p Poll) -> Option<(&'p SheetText, Vec<&'p SheetText>)> {
    let texts = &poll.signature_sheet.as_ref()?.texts;
    let own = texts.iter().position(|text| text.language == locale.language.code()).unwrap_or_default();
    let first = texts.get(own)?;
    Some((first, texts.iter().enumerate().filter(|one| one.0 != own).map(|one| one.1).collect()))
}

/// What a language is called in itself; its code, where the pages do not speak it.
fn name(code: &str) -> String {
    Language::parse(code).map_or_else(|| code.to_uppercase(), |language| language.name().into_owned())
}

fn text(text: &SheetText, level: u8) -> Markup {
    html! { div lang=(text.language) { (markdown(&text.body, level)) } }
}

/// The text with its heading, and how anybody sees that it stays the same. Nothing for a sheet without one.
pub fn section(locale: &Locale, poll: &Poll, digest: &str) -> Markup {
    let Some((own, others)) = texts(locale, poll) else { return html! {} };
    html! {
        section aria-labelledby="text" {
            h2 #text { (t!(locale, "sheet-text")) }
            (text(own, 3))
            @for other in others {
                (details(&t!(locale, "sheet-text-in", language = name(&other.language)), text(other, 3)))
            }
            (details(&t!(locale, "sheet-text-frozen"), html! {
                p { (t!(locale, "sheet-text-frozen-text")) }
                p .typed { code { (digest) } }
                p { a href={ "/v1/polls/" (poll.poll_id) "/log/text" } { (t!(locale, "sheet-file-text")) } }
            }))
        }
    }
}

/// The text once more, folded, for the last look before one signs. Nothing for a sheet without one.
pub fn again(locale: &Locale, poll: &Poll) -> Markup {
    texts(locale, poll)
        .map_or_else(|| html! {}, |(own, _)| details(&t!(locale, "sheet-text-again"), text(own, 2)))
}
