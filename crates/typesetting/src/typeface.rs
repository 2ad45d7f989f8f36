//! The fonts, and how wide text is in them.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser;
use rustybuzz::{Direction, Face, UnicodeBuffer};

static REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");
static ARABIC: &[u8] = include_bytes!("../fonts/NotoSansArabic-Regular.ttf");
static ARABIC_BOLD: &[u8] = include_bytes!("../fonts/NotoSansArabic-Bold.ttf");
static HEBREW: &[u8] = include_bytes!("../fonts/NotoSansHebrew-Regular.ttf");
static HEBREW_BOLD: &[u8] = include_bytes!("../fonts/NotoSansHebrew-Bold.ttf");
static LOADED: LazyLock<Option<Faces>> = LazyLock::new(|| {
    let pair = |regular, bold| Some([Typeface::load(regular)?, Typeface::load(bold)?]);
    Some(Faces {
        regular: Typeface::load(REGULAR)?,
        bold: Typeface::load(BOLD)?,
        others: [pair(ARABIC, ARABIC_BOLD)?, pair(HEBREW, HEBREW_BOLD)?],
    })
});

/// The faces of the fonts.
pub struct Faces {
    /// Latin, Greek and Cyrillic.
    pub regular: Typeface,
    /// The same, bold.
    pub bold: Typeface,
    /// What other scripts are written in, regular and bold.
    others: [[Typeface; 2]; 2],
}

impl Faces {
    /// The main face.
    #[must_use]
    pub const fn face(&self, bold: bool) -> &Typeface {
        if bold { &self.bold } else { &self.regular }
    }

    /// The first face that has a character.
    #[must_use]
    pub fn having(&self, letter: char, bold: bool) -> Option<&Typeface> {
        let others = self.others.iter().map(|pair| &pair[usize::from(bold)]);
        std::iter::once(self.face(bold)).chain(others).find(|face| face.has(letter))
    }
}

/// The fonts, which the program carries; nothing if they were damaged.
#[must_use]
pub fn faces() -> Option<&'static Faces> {
    LOADED.as_ref()
}

/// One face of the font.
pub struct Typeface {
    face: Face<'static>,
    /// The font, as the writer of PDF takes it.
    pub font: Font,
}

/// A line of text as glyphs. Lengths are in parts of the size that it is written in.
#[derive(Clone, Debug)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Its glyphs, from left to right.
    pub glyphs: Vec<KrillaGlyph>,
    /// How far the next one is.
    pub width: f32,
    /// Where there is ink: left, right, below and above the base line.
    pub ink: Ink,
}

/// The box around the ink of a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ink {
    /// From the beginning of the line.
    pub left: f32,
    /// From the beginning of the line.
    pub right: f32,
    /// Negative below the base line.
    pub below: f32,
    /// Above the base line.
    pub above: f32,
}

impl Typeface {
    fn load(data: &'static [u8]) -> Option<Self> {
        Some(Self { face: Face::from_slice(data, 0)?, font: Font::new(data.into(), 0)? })
    }

    /// Whether the font has a character.
    #[must_use]
    pub fn has(&self, letter: char) -> bool {
        self.face.glyph_index(letter).is_some_and(|glyph| glyph.0 != 0)
    }

    /// The first character that the font does not have.
    #[must_use]
    pub fn missing(&self, text: &str) -> Option<char> {
        text.chars().find(|&letter| !self.has(letter))
    }

    /// The text as glyphs, read from left to right.
    #[must_use]
    pub fn shape(&self, text: &str) -> Run {
        self.shape_in(text, Direction::LeftToRight)
    }

    /// The text as glyphs, read from right to left.
    #[must_use]
    pub fn shape_from_right(&self, text: &str) -> Run {
        self.shape_in(text, Direction::RightToLeft)
    }

    fn shape_in(&self, text: &str, direction: Direction) -> Run {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(direction);
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        let (infos, places) = (shaped.glyph_infos(), shaped.glyph_positions());
        let mut begins: Vec<_> = infos.iter().map(|info| info.cluster as usize).collect();
        begins.sort_unstable();
        let em = self.font.units_per_em();
        let (mut glyphs, mut width, mut ink) = (Vec::with_capacity(infos.len()), 0.0, Ink::default());
        for (info, position) in infos.iter().zip(places) {
            let begin = info.cluster as usize;
            let next = begins.partition_point(|other| *other <= begin);
            let end = begins.get(next).copied().unwrap_or(text.len());
            let part = |units: i32| units as f32 / em;
            let (right, up) = (part(position.x_offset), part(position.y_offset));
            self.add_ink(&mut ink, info.glyph_id, width + right, up);
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                part(position.x_advance),
                right,
                up,
                part(position.y_advance),
                begin..end,
                None,
            ));
            width += part(position.x_advance);
        }
        Run { text: text.to_owned(), glyphs, width, ink }
    }

    fn add_ink(&self, ink: &mut Ink, glyph: u32, x: f32, y: f32) {
        let glyph = u16::try_from(glyph).unwrap_or_default();
        let Some(bounds) = self.face.glyph_bounding_box(ttf_parser::GlyphId(glyph)) else { return };
        let part = |units: i16| f32::from(units) / self.font.units_per_em();
        ink.left = ink.left.min(x + part(bounds.x_min));
        ink.right = ink.right.max(x + part(bounds.x_max));
        ink.below = ink.below.min(y + part(bounds.y_min));
        ink.above = ink.above.max(y + part(bounds.y_max));
    }
}
