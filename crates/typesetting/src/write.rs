//! Writes the pages of a document, and notes what is what on them, in the order in which it is read.

use std::num::NonZeroU16;

use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};

use crate::document::{Block, Document, NotWritten};
use crate::line::{Line, wrap};
use crate::page::{self, Drawn, FOOT, HEIGHT, Ink, LEFT, Pages, RIGHT, WIDTH};
use crate::typeface::{Faces, faces};

const FOOT_SIZE: f32 = 8.0;

impl Document {
    /// The file.
    ///
    /// # Errors
    /// When the fonts or the standard of the file are not there.
    pub fn write(&self) -> Result<Vec<u8>, NotWritten> {
        let faces = faces().ok_or(NotWritten("the fonts cannot be read"))?;
        let configuration = ConfigurationBuilder::new()
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|_| NotWritten("PDF/UA-1 is not there"))?;
        let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
        let mut file = krilla::Document::new_with(settings);
        let metadata = Metadata::new()
            .title(self.title.clone())
            .language(self.language.clone())
            .creator("Comitia".to_owned());
        file.set_metadata(metadata);
        let pages = page::set(faces, self);
        let leaves = self.draw(&mut file, faces, &pages)?;
        let mut outline = Outline::new();
        for (text, page, y) in &pages.headings {
            let place = XyzDestination::new(*page, Point::from_xy(LEFT, *y));
            outline.push_child(OutlineNode::new(text.clone(), place));
        }
        file.set_outline(outline);
        file.set_tag_tree(self.tree(leaves));
        file.finish().map_err(|_| NotWritten("it would not be PDF/UA-1"))
    }

    /// Draws the pages. What was drawn of each leaf comes back.
    fn draw(
        &self,
        file: &mut krilla::Document,
        faces: &'static Faces,
        pages: &Pages,
    ) -> Result<Vec<Vec<Identifier>>, NotWritten> {
        let mut leaves = vec![Vec::new(); pages.leaves];
        for (number, page) in pages.pages.iter().enumerate() {
            let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(NotWritten("no page"))?;
            let mut sheet = file.start_page_with(settings);
            let mut surface = sheet.surface();
            for drawn in page {
                self.thing(&mut surface, drawn, &mut leaves)?;
            }
            let count = self
                .page_number
                .replace("{pages}", &pages.pages.len().to_string())
                .replace("{page}", &(number + 1).to_string());
            self.foot(&mut surface, faces, &count);
            surface.finish();
            sheet.finish();
        }
        Ok(leaves)
    }

    fn thing(
        &self,
        surface: &mut Surface<'_>,
        drawn: &Drawn,
        leaves: &mut [Vec<Identifier>],
    ) -> Result<(), NotWritten> {
        match drawn {
            Drawn::Text { line, x, y, size, ink, leaf } => {
                surface.set_fill(Some(self.fill(*ink)));
                let says = SpanTag::empty().with_actual_text(line.says.as_deref());
                let tag = match leaf {
                    Some(_) => ContentTag::Span(says),
                    None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header)),
                };
                let id = surface.start_tagged(tag);
                pieces(surface, line, *x, *y, *size);
                surface.end_tagged();
                if let Some(leaf) = *leaf
                    && let Some(drawn) = leaves.get_mut(leaf)
                {
                    drawn.push(id);
                }
            }
            Drawn::Bar { x, y, width, height, ink } => {
                let mut path = PathBuilder::new();
                let bar = Rect::from_xywh(*x, *y, *width, *height);
                path.push_rect(bar.ok_or(NotWritten("no place for a bar"))?);
                let path = path.finish().ok_or(NotWritten("no bar"))?;
                surface.set_fill(Some(self.fill(*ink)));
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
                surface.draw_path(&path);
                surface.end_tagged();
            }
        }
        Ok(())
    }

    fn fill(&self, ink: Ink) -> Fill {
        let [red, green, blue] = match ink {
            Ink::Text => [28, 35, 34],
            Ink::Soft => [85, 96, 94],
            Ink::Line => [200, 206, 203],
            Ink::Brand => self.color,
        };
        Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
    }

    /// Who publishes it and the number of the page.
    fn foot(&self, surface: &mut Surface<'_>, faces: &'static Faces, number: &str) {
        surface.set_fill(Some(self.fill(Ink::Soft)));
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
        let wide = (RIGHT - LEFT) * 0.75 / FOOT_SIZE;
        if let Some(line) = wrap(faces, &self.publisher, false, wide).lines.first() {
            pieces(surface, line, LEFT, FOOT, FOOT_SIZE);
        }
        if let Some(line) = wrap(faces, number, false, wide).lines.first() {
            pieces(surface, line, RIGHT - line.width * FOOT_SIZE, FOOT, FOOT_SIZE);
        }
        surface.end_tagged();
    }

    /// The structure. Leaves come in the order in which `page::set` gives them out.
    fn tree(&self, leaves: Vec<Vec<Identifier>>) -> TagTree {
        let mut leaves = leaves.into_iter();
        let mut next = || leaves.next().unwrap_or_default();
        let mut tree = TagTree::new().with_lang(Some(self.language.clone()));
        tree.push(leaf(TagGroup::new(Tag::P), next()));
        tree.push(leaf(heading(1, &self.title), next()));
        for block in self.shown() {
            let group = match block {
                Block::Heading(text) => leaf(heading(2, text), next()),
                Block::Paragraph(_) => leaf(TagGroup::new(Tag::P), next()),
                Block::List(items) => {
                    let mut list = TagGroup::new(Tag::L(ListNumbering::Disc));
                    for _ in items {
                        let mut item = TagGroup::new(Tag::LI);
                        item.push(leaf(TagGroup::new(Tag::Lbl), next()));
                        item.push(leaf(TagGroup::new(Tag::LBody), next()));
                        list.push(item);
                    }
                    list
                }
                Block::Table { caption, columns, rows } => {
                    let mut table = TagGroup::new(Tag::Table.with_summary(Some(caption.clone())));
                    table.push(leaf(TagGroup::new(Tag::Caption), next()));
                    let mut head = TagGroup::new(Tag::TR);
                    for _ in columns {
                        head.push(cell(TagGroup::new(Tag::TH(TableHeaderScope::Column)), next()));
                    }
                    table.push(TagGroup::with_children(Tag::THead, vec![head.into()]));
                    let mut body = TagGroup::new(Tag::TBody);
                    for row in rows {
                        let mut group = TagGroup::new(Tag::TR);
                        for place in 0..row.len().min(columns.len()) {
                            let kind = if place == 0 {
                                TagGroup::new(Tag::TH(TableHeaderScope::Row))
                            } else {
                                TagGroup::new(Tag::TD)
                            };
                            group.push(cell(kind, next()));
                        }
                        body.push(group);
                    }
                    table.push(body);
                    table
                }
            };
            tree.push(group);
        }
        tree
    }
}

fn heading(level: u16, text: &str) -> TagGroup {
    TagGroup::new(Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(text.to_owned())))
}

fn leaf(mut group: TagGroup, drawn: Vec<Identifier>) -> TagGroup {
    for id in drawn {
        group.push(id);
    }
    group
}

fn cell(mut group: TagGroup, drawn: Vec<Identifier>) -> TagGroup {
    group.push(leaf(TagGroup::new(Tag::P), drawn));
    group
}

fn pieces(surface: &mut Surface<'_>, line: &Line, x: f32, y: f32, size: f32) {
    for piece in &line.pieces {
        let place = Point::from_xy(x + piece.x * size, y);
        let font = piece.face.font.clone();
        surface.draw_glyphs(place, &piece.run.glyphs, font, &piece.run.text, size, false);
    }
}
