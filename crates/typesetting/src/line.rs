//! Lines of text in both directions, in whichever font has its characters.

use std::ops::Range;

use unicode_bidi::ParagraphBidiInfo;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::typeface::{Faces, Run, Typeface};

/// What stands for a letter that no font has.
const UNKNOWN: char = '\u{fffd}';
/// Persian and others write it between letters that are not to be joined.
const NON_JOINER: char = '\u{200c}';

/// A line. Lengths are in parts of the size that it is written in.
pub struct Line {
    pub pieces: Vec<Piece>,
    pub width: f32,
    /// What it says, where that is not what is drawn.
    pub says: Option<String>,
}

/// A part of a line in one face, read in one direction.
pub struct Piece {
    pub face: &'static Typeface,
    pub run: Run,
    pub x: f32,
}

/// The lines of a text.
pub struct Lines {
    pub lines: Vec<Line>,
    pub from_right: bool,
}

/// Sets a text in lines that are no wider than `width`. An empty text has none.
pub fn wrap(faces: &'static Faces, text: &str, bold: bool, width: f32) -> Lines {
    let text = clean(text);
    if text.is_empty() {
        return Lines { lines: Vec::new(), from_right: false };
    }
    let bidi = ParagraphBidiInfo::new(&text, None);
    let setter = Setter { faces, bold, bidi: &bidi };
    let ranges = setter.ranges(&text, width);
    let lines = ranges.into_iter().map(|range| setter.set(range)).collect();
    Lines { lines, from_right: bidi.paragraph_level.is_rtl() }
}

/// The text in one form: composed, with single spaces, without what has no width. No-break spaces stay.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.nfc() {
        match letter {
            '\u{a0}' | '\u{202f}' | NON_JOINER => clean.push(letter),
            letter if letter.is_whitespace() => {
                if !clean.is_empty() && !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            letter if letter.general_category_group() == GeneralCategoryGroup::Other => {}
            letter => clean.push(letter),
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

struct Setter<'a> {
    faces: &'static Faces,
    bold: bool,
    bidi: &'a ParagraphBidiInfo<'a>,
}

impl Setter<'_> {
    /// Which part of the text each line has. The space between two lines is the first one's, so that who listens hears two words.
    fn ranges(&self, text: &str, width: f32) -> Vec<Range<usize>> {
        let space = self.faces.face(self.bold).shape(" ").width;
        let (mut ranges, mut begin, mut end, mut used) = (Vec::new(), 0, 0, 0.0);
        let mut at = 0;
        for word in text.split_inclusive(' ') {
            let (from, to) = (at, at + word.trim_end_matches(' ').len());
            at += word.len();
            let length = self.width(from..to);
            let gap = if end > begin { space } else { 0.0 };
            if used + gap + length <= width {
                (end, used) = (at, used + gap + length);
                continue;
            }
            if end > begin {
                ranges.push(begin..end);
            }
            (begin, end, used) = (from, at, length);
            if length > width {
                let mut parts = self.broken(text, from..to, width);
                let last = parts.pop().unwrap_or(from..to);
                ranges.append(&mut parts);
                used = self.width(last.clone());
                begin = last.start;
            }
        }
        ranges.push(begin..end);
        ranges
    }

    /// A word that is wider than a line, in parts that are not.
    fn broken(&self, text: &str, word: Range<usize>, width: f32) -> Vec<Range<usize>> {
        let (mut parts, mut begin, mut used) = (Vec::new(), word.start, 0.0);
        for (at, letter) in text[word.clone()].char_indices() {
            let at = word.start + at;
            let length = self.width(at..at + letter.len_utf8());
            if used + length > width && at > begin {
                parts.push(begin..at);
                (begin, used) = (at, 0.0);
            }
            used += length;
        }
        parts.push(begin..word.end);
        parts
    }

    fn width(&self, range: Range<usize>) -> f32 {
        if range.is_empty() { 0.0 } else { self.set(range).width }
    }

    /// A line of the text as it is seen from left to right.
    fn set(&self, range: Range<usize>) -> Line {
        let text = self.bidi.text;
        let (levels, runs) = self.bidi.visual_runs(range.clone());
        let (mut pieces, mut x, mut changed) = (Vec::new(), 0.0, false);
        for run in runs {
            let from_right = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
            let (mut segments, differs) = self.segments(&text[run]);
            changed |= differs;
            if from_right {
                segments.reverse();
            }
            for (face, drawn) in segments {
                let run = if from_right { face.shape_from_right(&drawn) } else { face.shape(&drawn) };
                let width = run.width;
                pieces.push(Piece { face, run, x });
                x += width;
            }
        }
        Line { pieces, width: x, says: changed.then(|| text[range].to_owned()) }
    }

    /// The text by the faces that have it, and whether something of it cannot be drawn. Marks and pictures that no font has are
    /// left out; letters are replaced.
    fn segments(&self, text: &str) -> (Vec<(&'static Typeface, String)>, bool) {
        let main = self.faces.face(self.bold);
        let (mut segments, mut changed) = (Vec::<(&'static Typeface, String)>::new(), false);
        for letter in text.chars() {
            let before = segments.last().map(|(face, _)| *face);
            // A space, a mark or a sign goes with what is before it, so that words are shaped whole.
            let same = before.filter(|face| !letter.is_alphanumeric() && face.has(letter));
            let (face, drawn) = match same.or_else(|| self.faces.having(letter, self.bold)) {
                Some(face) => (face, letter),
                None => {
                    changed = true;
                    match letter.general_category_group() {
                        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => (main, UNKNOWN),
                        _ => continue,
                    }
                }
            };
            match segments.last_mut() {
                Some((last, text)) if std::ptr::eq(*last, face) => text.push(drawn),
                _ => segments.push((face, drawn.to_string())),
            }
        }
        if segments.is_empty() && !text.is_empty() {
            segments.push((main, UNKNOWN.to_string()));
        }
        (segments, changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typeface::faces;

    fn lines(text: &str, width: f32) -> Lines {
        wrap(faces().unwrap(), text, false, width)
    }

    fn drawn(line: &Line) -> String {
        line.pieces.iter().map(|piece| piece.run.text.as_str()).collect()
    }

    #[test]
    fn lines_end_between_words_and_hold_every_letter() {
        let text = "Un jardin partagé pour les enfants du quartier Nord";
        let set = lines(text, 10.0);
        assert!(set.lines.len() > 2 && !set.from_right);
        assert_eq!(set.lines.iter().map(drawn).collect::<String>(), text);
        let space = faces().unwrap().regular.shape(" ").width;
        assert!(set.lines.iter().all(|line| line.width <= 10.0 + space));
        assert!(set.lines[..set.lines.len() - 1].iter().all(|line| drawn(line).ends_with(' ')));
    }

    #[test]
    fn a_word_wider_than_a_line_is_broken() {
        let digest = "0123456789abcdef".repeat(4);
        let set = lines(&format!("SHA-256 {digest} end"), 12.0);
        assert!(set.lines.iter().all(|line| line.width <= 12.4), "{:?}", set.lines.len());
        assert_eq!(set.lines.iter().map(drawn).collect::<String>(), format!("SHA-256 {digest} end"));
    }

    #[test]
    fn a_text_from_the_right_is_set_from_the_right() {
        let set = lines("حديقة عامة 2026 parc", 50.0);
        assert!(set.from_right);
        let line = &set.lines[0];
        // What is read last is on the left, and the number reads from the left.
        assert_eq!(line.pieces.first().unwrap().run.text.trim(), "parc");
        assert!(line.pieces.iter().any(|piece| piece.run.text.contains("2026")));
        assert!(line.says.is_none());
        let latin = lines("Le jardin « גן » est ouvert", 50.0);
        assert!(!latin.from_right && latin.lines[0].pieces.len() >= 3);
    }

    #[test]
    fn what_no_font_has_is_replaced_and_said() {
        let line = &lines("公園 parc", 50.0).lines[0];
        assert_eq!(drawn(line), "\u{fffd}\u{fffd} parc");
        assert_eq!(line.says.as_deref(), Some("公園 parc"));
        let line = &lines("🌳 Arbres", 50.0).lines[0];
        assert_eq!((drawn(line).trim(), line.says.as_deref()), ("Arbres", Some("🌳 Arbres")));
        assert_eq!(drawn(&lines("🌳", 50.0).lines[0]), "\u{fffd}");
        assert!(lines(" \u{7}\u{200b}\n", 50.0).lines.is_empty());
    }
}
