//! Letters as one file for the printer.

use std::num::NonZeroU16;

use comitia_typesetting::{Faces, faces};
use krilla::Document;
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, BBox, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use qrcodegen::QrCode;

use crate::form::{Letter, Line, MM, PAGE_HEIGHT, PAGE_WIDTH, Template};
use crate::mark::{Picture, Placed};

/// The white border of a picture that cameras need, in its squares.
const BORDER: f32 = 4.0;

/// The file could not be made; the words are the writer's own, and have nothing of the letters in them.
#[derive(Debug, thiserror::Error)]
#[error("letters could not be written as PDF: {0}")]
pub struct NotWritten(&'static str);

/// One file of letters, a page each.
pub struct Batch {
    faces: &'static Faces,
    document: Document,
    tree: TagTree,
    outline: Outline,
    pages: usize,
}

impl Batch {
    /// A file without letters. Its language is what its title is in; each letter has its own.
    ///
    /// # Errors
    /// When the font or the standard of the file is not there.
    pub fn new(title: &str, language: &str) -> Result<Self, NotWritten> {
        let faces = faces().ok_or(NotWritten("the font cannot be read"))?;
        let configuration = ConfigurationBuilder::new()
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|_| NotWritten("PDF/UA-1 is not there"))?;
        let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        let metadata = Metadata::new()
            .title(title.to_owned())
            .language(language.to_owned())
            .creator("Comitia".to_owned());
        document.set_metadata(metadata);
        let tree = TagTree::new().with_lang(Some(language.to_owned()));
        Ok(Self { faces, document, tree, outline: Outline::new(), pages: 0 })
    }

    /// How many letters it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages
    }

    /// Whether it has no letter yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages == 0
    }

    /// Adds a letter.
    ///
    /// # Errors
    /// When the page cannot be made.
    pub fn add(&mut self, template: &Template, letter: &Letter) -> Result<(), NotWritten> {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(NotWritten("no page"))?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        let mut writer = Writer {
            faces: self.faces,
            surface: &mut surface,
            part: TagGroup::new(Tag::Part.with_lang(Some(template.language.clone()))),
        };
        writer.letter(template, letter, self.pages)?;
        let part = writer.part;
        surface.finish();
        page.finish();
        self.tree.push(part);
        let number = format!("{} {}", template.number_label, letter.number.run.text);
        let top = XyzDestination::new(self.pages, Point::from_xy(0.0, 0.0));
        self.outline.push_child(OutlineNode::new(number, top));
        self.pages += 1;
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// When it would not be PDF/UA-1.
    pub fn finish(mut self) -> Result<Vec<u8>, NotWritten> {
        self.document.set_tag_tree(self.tree);
        self.document.set_outline(self.outline);
        self.document.finish().map_err(|_| NotWritten("it would not be PDF/UA-1"))
    }
}

/// Writes one page, and notes what is what on it, in the order in which it is read.
struct Writer<'a, 'b> {
    faces: &'a Faces,
    surface: &'a mut Surface<'b>,
    part: TagGroup,
}

impl Writer<'_, '_> {
    fn letter(&mut self, template: &Template, letter: &Letter, page: usize) -> Result<(), NotWritten> {
        self.folds(template)?;
        self.mark(template, page)?;
        self.lines(TagGroup::new(Tag::P), &template.sender);
        if let Some(back) = &template.back {
            // It is the sender's address once more, for the post.
            self.surface.start_tagged(ContentTag::Artifact(Artifact::default()));
            self.draw(back);
            self.surface.end_tagged();
        }
        self.lines(TagGroup::new(Tag::P), &letter.address);
        self.lines(TagGroup::new(Tag::P), std::slice::from_ref(&template.date));
        let level = NonZeroU16::MIN;
        let heading = Tag::Hn(level, Some(template.heading_text.clone()));
        self.lines(TagGroup::new(heading), &template.heading);
        for paragraph in &template.before {
            self.lines(TagGroup::new(Tag::P), paragraph);
        }
        self.lines(TagGroup::new(Tag::P), &[template.number.clone(), letter.number.clone()]);
        self.lines(TagGroup::new(Tag::P), &[template.code.clone(), letter.code.clone()]);
        self.picture(template, &letter.picture, page)?;
        for paragraph in &template.after {
            self.lines(TagGroup::new(Tag::P), paragraph);
        }
        Ok(())
    }

    fn mark(&mut self, template: &Template, page: usize) -> Result<(), NotWritten> {
        match &template.mark {
            None => {}
            Some(Placed::Name(line)) => self.lines(TagGroup::new(Tag::P), std::slice::from_ref(line)),
            Some(Placed::Logo(picture, alternative)) => self.logo(picture, alternative, page)?,
        }
        Ok(())
    }

    /// The picture is in the file once, however many letters show it.
    fn logo(&mut self, picture: &Picture, alternative: &str, page: usize) -> Result<(), NotWritten> {
        let Picture { image, left, top, width, height } = picture;
        let size = Size::from_wh(*width, *height).ok_or(NotWritten("no size for the logo"))?;
        let place =
            Rect::from_xywh(*left, *top, *width, *height).ok_or(NotWritten("no place for the logo"))?;
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.push_transform(&Transform::from_translate(*left, *top));
        self.surface.draw_image(image.clone(), size);
        self.surface.pop();
        self.surface.end_tagged();
        let tag = Tag::Figure(Some(alternative.to_owned())).with_bbox(Some(BBox::new(page, place)));
        self.part.push(TagGroup::with_children(tag, vec![id.into()]));
        Ok(())
    }

    fn lines(&mut self, mut group: TagGroup, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        for line in lines {
            let id = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            self.draw(line);
            self.surface.end_tagged();
            group.push(id);
        }
        self.part.push(group);
    }

    fn draw(&mut self, line: &Line) {
        let face = if line.bold { &self.faces.bold } else { &self.faces.regular };
        let place = Point::from_xy(line.x, line.y);
        self.surface.draw_glyphs(
            place,
            &line.run.glyphs,
            face.font.clone(),
            &line.run.text,
            line.size,
            false,
        );
    }

    fn picture(&mut self, template: &Template, code: &QrCode, page: usize) -> Result<(), NotWritten> {
        let (left, top, side) = template.picture_place();
        let outside = Rect::from_xywh(left, top, side, side).ok_or(NotWritten("no place for the picture"))?;
        let step = side / (code.size() as f32 + 2.0 * BORDER);
        let mut squares = PathBuilder::new();
        for (row, x, length) in dark(code) {
            let at = |modules: i32| (modules as f32 + BORDER) * step;
            let bar = Rect::from_xywh(left + at(x), top + at(row), length as f32 * step, step);
            squares.push_rect(bar.ok_or(NotWritten("no place for a square"))?);
        }
        let squares = squares.finish().ok_or(NotWritten("a picture without squares"))?;
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.draw_path(&squares);
        self.surface.end_tagged();
        let tag = Tag::Figure(Some(template.picture.clone())).with_bbox(Some(BBox::new(page, outside)));
        self.part.push(TagGroup::with_children(tag, vec![id.into()]));
        Ok(())
    }

    /// Marks for those who fold by hand.
    fn folds(&mut self, template: &Template) -> Result<(), NotWritten> {
        let mut marks = PathBuilder::new();
        for y in template.window.folds() {
            let mark = Rect::from_xywh(5.0 * MM, y, 4.0 * MM, 0.5);
            marks.push_rect(mark.ok_or(NotWritten("no place for a mark"))?);
        }
        let marks = marks.finish().ok_or(NotWritten("no marks"))?;
        self.surface.start_tagged(ContentTag::Artifact(Artifact::default()));
        self.surface.draw_path(&marks);
        self.surface.end_tagged();
        Ok(())
    }
}

/// The dark bars of a picture: row, first square, and how many.
fn dark(code: &QrCode) -> Vec<(i32, i32, i32)> {
    let mut bars = Vec::new();
    for row in 0..code.size() {
        let mut begin = None;
        // One square beyond the end is light, and ends the last bar.
        for x in 0..=code.size() {
            match (code.get_module(x, row), begin) {
                (true, None) => begin = Some(x),
                (false, Some(first)) => {
                    bars.push((row, first, x - first));
                    begin = None;
                }
                _ => {}
            }
        }
    }
    bars
}
