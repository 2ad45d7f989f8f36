//! The form of a letter: where things are on the page, what all letters of a language share, and what is one person's.

use comitia_typesetting::{Faces, Run, faces};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::mark::{self, Mark, Placed};
use crate::text::{self, Field, Refusal, Rule, clean, extent, wrap};

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;
pub(crate) const PAGE_WIDTH: f32 = 210.0 * MM;
pub(crate) const PAGE_HEIGHT: f32 = 297.0 * MM;
const LEFT: f32 = 25.0 * MM;
pub(crate) const RIGHT: f32 = 190.0 * MM;
const BOTTOM: f32 = 277.0 * MM;
/// The picture of the link, with its white border.
const PICTURE: f32 = 42.0 * MM;
/// Where the words beside the picture begin.
const BESIDE: f32 = LEFT + PICTURE + 6.0 * MM;
const ADDRESS_LINES: usize = 6;
const SENDER_LINES: usize = 6;
const SENDER_WIDTH: f32 = 72.0 * MM;
const SENDER_TOP: f32 = 18.0 * MM;
/// Sizes that an address is tried in.
const ADDRESS_SIZES: [f32; 3] = [10.0, 9.0, 8.0];
const NUMBER_SIZES: [f32; 3] = [13.0, 10.0, 8.0];
/// What paper confuses.
const CONFUSING: [char; 5] = ['0', 'O', '1', 'I', 'L'];

/// Where the envelope has its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// On the left, by DIN 5008 form B: the address field begins 45 mm from above and 20 mm from the left.
    Left,
    /// On the right, by NF Z 10-011: 35 by 100 mm on a DL envelope, 20 mm from its right and lower edges. The address is where
    /// the window shows it however the sheet has slipped.
    Right,
}

impl Window {
    /// What the envelopes of a country have (ISO 3166-1 alpha-2): on the right in France, its territories and Monaco, on the
    /// left elsewhere.
    #[must_use]
    pub fn of_country(country: &str) -> Self {
        match country {
            "FR" | "GP" | "GF" | "MQ" | "RE" | "YT" | "PM" | "BL" | "MF" | "WF" | "PF" | "NC" | "MC" => {
                Self::Right
            }
            _ => Self::Left,
        }
    }

    pub(crate) fn place(self) -> Place {
        match self {
            // The return address is in the upper 17.7 mm of the field, and the address in the lower 27.3 mm.
            Self::Left => Place { left: 25.0 * MM, top: 62.7 * MM, width: 77.0 * MM, leading: 4.4 * MM },
            Self::Right => Place { left: 102.0 * MM, top: 55.0 * MM, width: 86.0 * MM, leading: 3.9 * MM },
        }
    }

    /// Where the sheet is folded, from above.
    pub(crate) fn folds(self) -> [f32; 2] {
        match self {
            Self::Left => [105.0 * MM, 210.0 * MM],
            Self::Right => [99.0 * MM, 198.0 * MM],
        }
    }
}

/// Where an address is.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) leading: f32,
}

/// What all letters of a language share.
#[derive(Clone, Debug)]
pub struct Words {
    /// The language, such as "fr".
    pub language: String,
    /// Whose letter it is, at a glance.
    pub mark: Mark,
    /// Who writes: name and return address, a line each.
    pub sender: Vec<String>,
    /// The date, as it is written.
    pub date: String,
    /// The heading.
    pub heading: String,
    /// What is written before the number and the code.
    pub before: Vec<String>,
    /// What stands over the number.
    pub number: String,
    /// What stands over the code.
    pub code: String,
    /// What the picture of the link is, for those who do not see it.
    pub picture: String,
    /// What is written after the number and the code.
    pub after: Vec<String>,
}

/// A line at its place: the left end of its base line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) run: Run,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) bold: bool,
}

/// What all letters of a language share, set.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) language: String,
    pub(crate) window: Window,
    pub(crate) picture: String,
    pub(crate) mark: Option<Placed>,
    pub(crate) sender: Vec<Line>,
    /// The small return address in a window on the left.
    pub(crate) back: Option<Line>,
    pub(crate) date: Line,
    pub(crate) heading: Vec<Line>,
    pub(crate) heading_text: String,
    pub(crate) before: Vec<Vec<Line>>,
    pub(crate) number: Line,
    pub(crate) number_label: String,
    pub(crate) code: Line,
    pub(crate) after: Vec<Vec<Line>>,
    /// The upper edge of the picture.
    pub(crate) box_top: f32,
}

/// One person's letter, checked.
#[derive(Clone)]
pub struct Letter {
    pub(crate) address: Vec<Line>,
    pub(crate) number: Line,
    pub(crate) code: Line,
    pub(crate) picture: QrCode,
}

/// A letter holds a secret: nothing of it is shown.
impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Letter").finish_non_exhaustive()
    }
}

/// Sets text from above to below.
struct Setter<'a> {
    faces: &'a Faces,
    y: f32,
}

impl Setter<'_> {
    fn lines(
        &mut self,
        text: &str,
        bold: bool,
        size: f32,
        leading: f32,
        field: Field,
    ) -> Result<Vec<Line>, Refusal> {
        let face = if bold { &self.faces.bold } else { &self.faces.regular };
        let runs = wrap(face, text, size, RIGHT - LEFT).map_err(|rule| rule.of(field))?;
        Ok(runs
            .into_iter()
            .map(|run| {
                self.y += leading;
                Line { run, x: LEFT, y: self.y, size, bold }
            })
            .collect())
    }

    fn paragraphs(&mut self, texts: &[String], first: usize) -> Result<Vec<Vec<Line>>, Refusal> {
        let mut paragraphs = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            paragraphs.push(self.lines(text, false, 10.5, 14.5, Field::Paragraph(first + place))?);
            self.y += 6.0;
        }
        Ok(paragraphs)
    }
}

impl Template {
    /// Sets what all letters share.
    ///
    /// # Errors
    /// The first field that the font cannot write, or that has no place on the page.
    pub fn new(words: &Words, window: Window) -> Result<Self, Refusal> {
        let faces = faces().ok_or_else(|| Rule::Unprintable.of(Field::Title))?;
        let sender = sender(faces, &words.sender)?;
        let back = match window {
            Window::Left => back(faces, &words.sender)?,
            Window::Right => None,
        };
        let small =
            |text: &str, y: f32, field| single(faces, text, false, &[10.0], RIGHT - BESIDE, BESIDE, y, field);
        let mut date =
            single(faces, &words.date, false, &[10.0], RIGHT - LEFT, LEFT, 108.0 * MM, Field::Date)?;
        date.x = RIGHT - extent(&date.run) * date.size;
        let mut setter = Setter { faces, y: 112.0 * MM };
        let heading = setter.lines(&words.heading, true, 14.0, 18.0, Field::Heading)?;
        setter.y += 6.0;
        let before = setter.paragraphs(&words.before, 0)?;
        let box_top = setter.y + 2.0;
        let mut labels = [
            small(&words.number, box_top + 7.0 * MM, Field::Label)?,
            small(&words.code, box_top + 23.0 * MM, Field::Label)?,
        ];
        let number_label = labels[0].run.text.clone();
        for label in &mut labels {
            label.run = text::spaced(&faces.regular, &label.run);
        }
        let [number, code] = labels;
        setter.y = box_top + PICTURE;
        let after = setter.paragraphs(&words.after, words.before.len())?;
        if setter.y > BOTTOM {
            return Err(Rule::TooManyLines(0).of(Field::Paragraph(words.before.len() + words.after.len())));
        }
        let picture = clean(&words.picture).map_err(|rule| rule.of(Field::Label))?;
        if picture.is_empty() {
            return Err(Rule::Empty.of(Field::Label));
        }
        let heading_text = clean(&words.heading).map_err(|rule| rule.of(Field::Heading))?;
        let language = words.language.clone();
        Ok(Self {
            language,
            window,
            picture,
            mark: mark::placed(faces, &words.mark),
            sender,
            back,
            date,
            heading,
            heading_text,
            before,
            number,
            number_label,
            code,
            after,
            box_top,
        })
    }

    /// One person's letter. Empty lines of the address are left out; a letter may have none, for a printer who adds it.
    ///
    /// # Errors
    /// The first field that the font cannot write, or that does not fit its place.
    pub fn letter(
        &self,
        address: &[String],
        number: &str,
        code: &str,
        link: &str,
    ) -> Result<Letter, Refusal> {
        let faces = faces().ok_or_else(|| Rule::Unprintable.of(Field::Title))?;
        let width = RIGHT - BESIDE;
        let number_y = self.number.y + 18.0;
        let number = single(faces, number, true, &NUMBER_SIZES, width, BESIDE, number_y, Field::Number)?;
        let code = grouped(code).ok_or_else(|| Rule::Confusing.of(Field::Code))?;
        let code = single(faces, &code, true, &[18.0], width, BESIDE, self.code.y + 23.0, Field::Code)?;
        let picture =
            QrCode::encode_text(link, QrCodeEcc::Medium).map_err(|_| Rule::TooWide.of(Field::Link))?;
        Ok(Letter { address: address_lines(faces, self.window.place(), address)?, number, code, picture })
    }

    /// Whether an address and a number can be printed, before there is a code.
    ///
    /// # Errors
    /// As [`Template::letter`].
    pub fn check(&self, address: &[String], number: &str) -> Result<(), Refusal> {
        let faces = faces().ok_or_else(|| Rule::Unprintable.of(Field::Title))?;
        single(faces, number, true, &NUMBER_SIZES, RIGHT - BESIDE, BESIDE, self.number.y, Field::Number)?;
        address_lines(faces, self.window.place(), address).map(drop)
    }

    pub(crate) fn picture_place(&self) -> (f32, f32, f32) {
        (LEFT, self.box_top, PICTURE)
    }
}

/// One line in the largest of the sizes in which it is no wider than `width`.
#[allow(clippy::too_many_arguments, reason = "each is said once, and they have no other bond")]
pub(crate) fn single(
    faces: &Faces,
    text: &str,
    bold: bool,
    sizes: &[f32],
    width: f32,
    x: f32,
    y: f32,
    field: Field,
) -> Result<Line, Refusal> {
    let set = || {
        let text = clean(text)?;
        if text.is_empty() {
            return Err(Rule::Empty);
        }
        let run = text::line(if bold { &faces.bold } else { &faces.regular }, &text)?;
        let size = sizes.iter().copied().find(|size| extent(&run) * size <= width).ok_or(Rule::TooWide)?;
        Ok(Line { run, x, y, size, bold })
    };
    set().map_err(|rule: Rule| rule.of(field))
}

fn sender(faces: &Faces, lines: &[String]) -> Result<Vec<Line>, Refusal> {
    if lines.is_empty() {
        return Err(Rule::Empty.of(Field::Sender(0)));
    }
    if lines.len() > SENDER_LINES {
        return Err(Rule::TooManyLines(SENDER_LINES).of(Field::Sender(SENDER_LINES)));
    }
    let mut set = Vec::with_capacity(lines.len());
    for (place, text) in lines.iter().enumerate() {
        let y = SENDER_TOP + 12.0 * place as f32;
        let sizes = [9.5, 8.5, 7.5];
        set.push(single(faces, text, place == 0, &sizes, SENDER_WIDTH, LEFT, y, Field::Sender(place))?);
    }
    parted(faces, &mut set);
    Ok(set)
}

/// The return address in one small line over the address; left out where it is too long for one, as it is at the top anyway.
fn back(faces: &Faces, sender: &[String]) -> Result<Option<Line>, Refusal> {
    let place = Window::Left.place();
    let text = sender.join(" · ");
    match single(faces, &text, false, &[7.0, 6.0], place.width, place.left, 59.0 * MM, Field::Sender(0)) {
        Ok(line) => Ok(Some(line)),
        Err(Refusal { rule: Rule::TooWide, .. }) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn address_lines(faces: &Faces, place: Place, lines: &[String]) -> Result<Vec<Line>, Refusal> {
    let mut runs = Vec::with_capacity(ADDRESS_LINES);
    for (field, text) in lines.iter().enumerate() {
        let refuse = |rule: Rule| rule.of(Field::Address(field));
        let text = clean(text).map_err(refuse)?;
        if text.is_empty() {
            continue;
        }
        if runs.len() == ADDRESS_LINES {
            return Err(refuse(Rule::TooManyLines(ADDRESS_LINES)));
        }
        runs.push((field, text::line(&faces.regular, &text).map_err(refuse)?));
    }
    let fits = |size: f32, run: &Run| extent(run) * size <= place.width;
    let size = ADDRESS_SIZES.iter().copied().find(|size| runs.iter().all(|(_, run)| fits(*size, run)));
    let Some(size) = size else {
        let smallest = ADDRESS_SIZES[ADDRESS_SIZES.len() - 1];
        let wide = runs.iter().find(|(_, run)| !fits(smallest, run)).map_or(0, |(field, _)| *field);
        return Err(Rule::TooWide.of(Field::Address(wide)));
    };
    let set = |(row, (_, run)): (usize, (usize, Run))| Line {
        run,
        x: place.left,
        y: place.top + place.leading * (row as f32 + 0.92),
        size,
        bold: false,
    };
    let mut lines: Vec<_> = runs.into_iter().enumerate().map(set).collect();
    parted(faces, &mut lines);
    Ok(lines)
}

/// A space at the end of each line but the last, so that who listens to the page hears words.
fn parted(faces: &Faces, lines: &mut [Line]) {
    let Some((_, before)) = lines.split_last_mut() else { return };
    for line in before {
        let face = if line.bold { &faces.bold } else { &faces.regular };
        line.run = text::spaced(face, &line.run);
    }
}

/// The code in groups of four, if it has none of the characters that paper confuses.
fn grouped(code: &str) -> Option<String> {
    let bare: Vec<char> = code.chars().filter(|letter| !matches!(letter, '-' | ' ')).collect();
    let clear = |letter: &char| {
        (letter.is_ascii_uppercase() || letter.is_ascii_digit()) && !CONFUSING.contains(letter)
    };
    if bare.is_empty() || !bare.iter().all(clear) {
        return None;
    }
    let groups: Vec<String> = bare.chunks(4).map(|group| group.iter().collect()).collect();
    Some(groups.join("-"))
}
