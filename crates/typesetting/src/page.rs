//! Puts the parts of a document on pages.

use crate::document::{Block, Column, Document};
use crate::line::{Line, Lines, wrap};
use crate::typeface::Faces;

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;
pub const WIDTH: f32 = 210.0 * MM;
pub const HEIGHT: f32 = 297.0 * MM;
pub const LEFT: f32 = 20.0 * MM;
pub const RIGHT: f32 = 190.0 * MM;
const TOP: f32 = 22.0 * MM;
const BOTTOM: f32 = 272.0 * MM;
pub const FOOT: f32 = 283.0 * MM;
/// Between two columns of a table.
const GUTTER: f32 = 3.0 * MM;
/// A heading does not stand alone at the foot of a page.
const WITH_HEADING: f32 = 28.0 * MM;
const BULLET: f32 = 5.0 * MM;

/// So much of a head stands above later pages.
const HEAD_LINES: usize = 4;

/// How a text is written: its size, and how far the next line is.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    leading: f32,
    bold: bool,
    ink: Ink,
}

const PUBLISHER: Style = Style { size: 10.5, leading: 14.0, bold: true, ink: Ink::Brand };
const TITLE: Style = Style { size: 20.0, leading: 25.0, bold: true, ink: Ink::Text };
const HEADING: Style = Style { size: 13.0, leading: 17.0, bold: true, ink: Ink::Brand };
const BODY: Style = Style { size: 10.0, leading: 14.0, bold: false, ink: Ink::Text };
const CAPTION: Style = Style { size: 9.0, leading: 12.5, bold: false, ink: Ink::Soft };
const HEAD: Style = Style { size: 8.5, leading: 11.5, bold: true, ink: Ink::Text };
const CELL: Style = Style { size: 8.5, leading: 11.5, bold: false, ink: Ink::Text };
const ROW_HEAD: Style = Style { bold: true, ..CELL };

/// What a thing is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Text,
    Soft,
    Line,
    Brand,
}

/// A thing at its place.
pub enum Drawn {
    /// A line of text: the left end of its base line, and which leaf of the structure it belongs to. Without a leaf it is there
    /// for the eye alone.
    Text { line: Line, x: f32, y: f32, size: f32, ink: Ink, leaf: Option<usize> },
    /// A bar.
    Bar { x: f32, y: f32, width: f32, height: f32, ink: Ink },
}

/// The pages, and where the headings are.
pub struct Pages {
    pub pages: Vec<Vec<Drawn>>,
    /// Text, page and height of each heading.
    pub headings: Vec<(String, usize, f32)>,
    pub leaves: usize,
}

/// Sets a document.
pub fn set(faces: &'static Faces, document: &Document) -> Pages {
    let mut setter =
        Setter { faces, y: TOP, done: Pages { pages: vec![Vec::new()], headings: Vec::new(), leaves: 0 } };
    setter.draw(Drawn::Bar { x: 0.0, y: 0.0, width: WIDTH, height: 3.0 * MM, ink: Ink::Brand });
    setter.paragraph(&document.publisher, PUBLISHER, LEFT);
    setter.y += 4.0;
    setter.heading(&document.title, TITLE);
    setter.y += 6.0;
    for block in document.shown() {
        setter.block(block);
    }
    setter.done
}

struct Setter {
    faces: &'static Faces,
    /// The lower edge of what is on the page.
    y: f32,
    done: Pages,
}

impl Setter {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => {
                self.y += 10.0;
                if self.y + WITH_HEADING > BOTTOM {
                    self.turn();
                }
                self.heading(text, HEADING);
                self.y += 3.0;
            }
            Block::Paragraph(text) => {
                self.paragraph(text, BODY, LEFT);
                self.y += 5.0;
            }
            Block::List(items) => {
                for item in items {
                    self.item(item);
                }
                self.y += 4.0;
            }
            Block::Table { caption, columns, rows } => self.table(caption, columns, rows),
        }
    }

    fn draw(&mut self, drawn: Drawn) {
        if let Some(page) = self.done.pages.last_mut() {
            page.push(drawn);
        }
    }

    fn turn(&mut self) {
        self.done.pages.push(Vec::new());
        self.y = TOP;
    }

    fn leaf(&mut self) -> usize {
        self.done.leaves += 1;
        self.done.leaves - 1
    }

    fn lines(&self, text: &str, style: Style, width: f32) -> Lines {
        wrap(self.faces, text, style.bold, width / style.size)
    }

    fn heading(&mut self, text: &str, style: Style) {
        let (page, y) = (self.done.pages.len() - 1, self.y);
        self.done.headings.push((text.to_owned(), page, y));
        self.paragraph(text, style, LEFT);
    }

    /// A text over the width of the page. It is a leaf, also where it is empty.
    fn paragraph(&mut self, text: &str, style: Style, left: f32) {
        let leaf = self.leaf();
        let Lines { lines, from_right } = self.lines(text, style, RIGHT - left);
        for line in lines {
            if self.y + style.leading > BOTTOM {
                self.turn();
            }
            self.y += style.leading;
            let x = if from_right { RIGHT - line.width * style.size } else { left };
            self.text(line, x, self.y, style, Some(leaf));
        }
    }

    fn text(&mut self, line: Line, x: f32, y: f32, style: Style, leaf: Option<usize>) {
        self.draw(Drawn::Text { line, x, y, size: style.size, ink: style.ink, leaf });
    }

    fn item(&mut self, text: &str) {
        if self.y + BODY.leading > BOTTOM {
            self.turn();
        }
        let (leaf, y) = (self.leaf(), self.y + BODY.leading);
        for line in self.lines("•", BODY, BULLET).lines {
            self.text(line, LEFT, y, BODY, Some(leaf));
        }
        self.paragraph(text, BODY, LEFT + BULLET);
    }

    fn table(&mut self, caption: &str, columns: &[Column], rows: &[Vec<String>]) {
        self.paragraph(caption, CAPTION, LEFT);
        let places = places(columns);
        let head: Vec<_> = columns.iter().map(|column| column.label.as_str()).collect();
        let of = |place: usize| columns.get(place).is_some_and(|column| column.numeric);
        self.row(&head, &places, &of, &|_: usize| HEAD, &Head { labels: &[], named: true });
        let labels = Head { labels: &head, named: false };
        for row in rows {
            let row: Vec<_> = row.iter().map(String::as_str).collect();
            self.row(&row, &places, &of, &|place: usize| if place == 0 { ROW_HEAD } else { CELL }, &labels);
        }
        self.y += 8.0;
    }

    /// A row, over two pages if it is longer than one. The head stands above each page, once for those who listen.
    fn row(
        &mut self,
        cells: &[&str],
        places: &[(f32, f32)],
        numeric: &dyn Fn(usize) -> bool,
        style: &dyn Fn(usize) -> Style,
        head: &Head<'_>,
    ) {
        let mut set: Vec<_> = Vec::with_capacity(cells.len());
        for (place, (&cell, &(_, width))) in cells.iter().zip(places).enumerate() {
            let Lines { mut lines, from_right } = self.lines(cell, style(place), width);
            if lines.is_empty() {
                // A cell is there also where there is nothing in it.
                lines = self.lines("–", style(place), width).lines;
            }
            let leaf = self.leaf();
            set.push((lines.into_iter(), from_right || numeric(place), leaf, style(place)));
        }
        let mut left = set.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
        if self.y + needed(left.min(40)) > BOTTOM {
            self.turn();
            self.head_again(places, numeric, head);
        }
        while left > 0 {
            let mut lowest = self.y;
            // As many lines as the page still takes, cell by cell, as they are read.
            let fit =
                (1..=left).take_while(|lines| self.y + *lines as f32 * CELL.leading <= BOTTOM).count().max(1);
            for (place, (lines, on_right, leaf, style)) in set.iter_mut().enumerate() {
                let ((x, width), mut y) = (places[place], self.y);
                for line in lines.take(fit) {
                    y += CELL.leading;
                    let x = if *on_right { x + width - line.width * style.size } else { x };
                    self.text(line, x, y, *style, Some(*leaf));
                }
                lowest = lowest.max(y);
            }
            self.y = lowest;
            left -= fit;
            if left > 0 {
                self.turn();
                self.head_again(places, numeric, head);
            }
        }
        self.y += 4.0;
        let height = if head.named { 1.0 } else { 0.4 };
        self.draw(Drawn::Bar { x: LEFT, y: self.y, width: RIGHT - LEFT, height, ink: Ink::Line });
    }

    fn head_again(&mut self, places: &[(f32, f32)], numeric: &dyn Fn(usize) -> bool, head: &Head<'_>) {
        let mut lowest = self.y;
        for (place, (label, (x, width))) in head.labels.iter().zip(places).enumerate() {
            let mut y = self.y;
            for line in self.lines(label, HEAD, *width).lines.into_iter().take(HEAD_LINES) {
                y += HEAD.leading;
                let x = if numeric(place) { x + width - line.width * HEAD.size } else { *x };
                self.text(line, x, y, HEAD, None);
            }
            lowest = lowest.max(y);
        }
        if !head.labels.is_empty() {
            self.y = lowest + 4.0;
            self.draw(Drawn::Bar { x: LEFT, y: self.y, width: RIGHT - LEFT, height: 1.0, ink: Ink::Line });
        }
    }
}

/// What stands above a page on which a table goes on.
struct Head<'a> {
    labels: &'a [&'a str],
    /// Whether this row is the head itself.
    named: bool,
}

fn needed(lines: usize) -> f32 {
    lines as f32 * CELL.leading + 4.0
}

/// Left edge and width of each column.
fn places(columns: &[Column]) -> Vec<(f32, f32)> {
    let whole: f32 = columns.iter().map(|column| f32::from(column.share.max(1))).sum();
    let gaps = GUTTER * columns.len().saturating_sub(1) as f32;
    let mut x = LEFT;
    let place = |column: &Column| {
        let width = (RIGHT - LEFT - gaps) * f32::from(column.share.max(1)) / whole;
        let place = (x, width);
        x += width + GUTTER;
        place
    };
    columns.iter().map(place).collect()
}
