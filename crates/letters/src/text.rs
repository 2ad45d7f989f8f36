//! What may be written, and how it is broken into lines.

use comitia_typesetting::{Run, Typeface};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Longer lines fit nowhere, and are not measured.
const LONGEST_LINE: usize = 500;
/// How far ink may go above and below the base line, in parts of the size: a capital with two accents fits.
const ABOVE: f32 = 1.1;
const BELOW: f32 = -0.33;
/// Ink may begin a hair before the line, as that of a J does.
const BEFORE: f32 = -0.2;

/// What of a letter or a template cannot be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The title of the document.
    Title,
    /// A line of the sender's address, from 0.
    Sender(usize),
    /// A line of the address, from 0.
    Address(usize),
    /// The date.
    Date,
    /// The heading.
    Heading,
    /// A paragraph, from 0.
    Paragraph(usize),
    /// What stands before the number or the code, or in place of the picture.
    Label,
    /// The member's number.
    Number,
    /// The access code.
    Code,
    /// The link.
    Link,
}

/// Why it cannot be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is empty.
    Empty,
    /// The font does not have this character.
    Unknown(char),
    /// It has a character that cannot be printed at all.
    Unprintable,
    /// It is wider than the place for it.
    TooWide,
    /// Its marks go beyond the line.
    TooTall,
    /// It has more lines than the place for it, which is this many.
    TooManyLines(usize),
    /// The code has characters that paper confuses, or is none.
    Confusing,
}

/// A field that cannot be printed, and why. It never says what is in the field, but for one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field:?}: {rule:?}")]
pub struct Refusal {
    /// The field.
    pub field: Field,
    /// The rule that it breaks.
    pub rule: Rule,
}

impl Rule {
    pub(crate) fn of(self, field: Field) -> Refusal {
        Refusal { field, rule: self }
    }
}

/// The text in one form: composed, without marks that have no width, with single spaces. No-break spaces stay.
pub fn clean(text: &str) -> Result<String, Rule> {
    let mut clean = String::with_capacity(text.len());
    for letter in text.nfc() {
        match letter {
            '\u{a0}' | '\u{202f}' => clean.push(letter),
            letter if letter.is_whitespace() => {
                if !clean.is_empty() && !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            letter => match letter.general_category() {
                GeneralCategory::Format => {}
                GeneralCategory::Control
                | GeneralCategory::PrivateUse
                | GeneralCategory::Surrogate
                | GeneralCategory::Unassigned => return Err(Rule::Unprintable),
                _ => clean.push(letter),
            },
        }
    }
    Ok(clean.trim_end().to_owned())
}

/// One line, checked against the font. It has ink only where a line has.
pub fn line(face: &Typeface, text: &str) -> Result<Run, Rule> {
    if text.chars().nth(LONGEST_LINE).is_some() {
        return Err(Rule::TooWide);
    }
    if let Some(letter) = face.missing(text) {
        return Err(Rule::Unknown(letter));
    }
    let run = face.shape(text);
    if run.ink.above > ABOVE || run.ink.below < BELOW {
        return Err(Rule::TooTall);
    }
    if run.ink.left < BEFORE {
        return Err(Rule::TooWide);
    }
    Ok(run)
}

/// How wide a line is with its ink, in parts of the size.
pub fn extent(run: &Run) -> f32 {
    run.width.max(run.ink.right)
}

/// The text in lines that are no wider than `width` at the size.
pub fn wrap(face: &Typeface, text: &str, size: f32, width: f32) -> Result<Vec<Run>, Rule> {
    let text = clean(text)?;
    let fits = |text: &str| line(face, text).map(|run| extent(&run) * size <= width);
    let (mut lines, mut open) = (Vec::new(), String::new());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if open.is_empty() { word.to_owned() } else { format!("{open} {word}") };
        if longer.chars().count() <= LONGEST_LINE && fits(&longer)? {
            open = longer;
            continue;
        }
        if !fits(word)? {
            return Err(Rule::TooWide);
        }
        // The space is written, so that who listens to the page hears two words.
        open.push(' ');
        lines.push(line(face, &open)?);
        open = word.to_owned();
    }
    if open.is_empty() {
        return Err(Rule::Empty);
    }
    lines.push(line(face, &open)?);
    Ok(lines)
}

/// The line with the space that parts it from the next one.
pub fn spaced(face: &Typeface, run: &Run) -> Run {
    face.shape(&format!("{} ", run.text))
}
