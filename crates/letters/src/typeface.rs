//! The font of letters, and how wide text is in it.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser;
use rustybuzz::{Direction, Face, UnicodeBuffer};

static REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");
static LOADED: LazyLock<Option<Faces>> =
    LazyLock::new(|| Some(Faces { regular: Typeface::load(REGULAR)?, bold: Typeface::load(BOLD)? }));

/// The two faces of the font.
pub struct Faces {
    pub regular: Typeface,
    pub bold: Typeface,
}

/// The font, which the program carries; nothing if it were damaged.
pub fn faces() -> Option<&'static Faces> {
    LOADED.as_ref()
}

/// One face of the font.
pub struct Typeface {
    face: Face<'static>,
    pub font: Font,
}

/// A line of text as glyphs. Lengths are in parts of the size that it is written in.
#[derive(Clone, Debug)]
pub struct Run {
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    pub width: f32,
    /// Where there is ink: left, right, below and above the base line.
    pub ink: Ink,
}

/// The box around the ink of a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ink {
    pub left: f32,
    pub right: f32,
    pub below: f32,
    pub above: f32,
}

impl Typeface {
    fn load(data: &'static [u8]) -> Option<Self> {
        Some(Self { face: Face::from_slice(data, 0)?, font: Font::new(data.into(), 0)? })
    }

    /// The first character that the font does not have.
    pub fn missing(&self, text: &str) -> Option<char> {
        text.chars().find(|&letter| self.face.glyph_index(letter).is_none_or(|glyph| glyph.0 == 0))
    }

    /// The text as glyphs, from left to right.
    pub fn shape(&self, text: &str) -> Run {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        let (infos, places) = (shaped.glyph_infos(), shaped.glyph_positions());
        let em = self.font.units_per_em();
        let (mut glyphs, mut width, mut ink) = (Vec::with_capacity(infos.len()), 0.0, Ink::default());
        for (place, (info, position)) in infos.iter().zip(places).enumerate() {
            let begin = info.cluster as usize;
            let next = infos[place..].iter().find(|other| other.cluster != info.cluster);
            let end = next.map_or(text.len(), |other| other.cluster as usize);
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
