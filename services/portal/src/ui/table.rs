use maud::{Markup, html};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Its heading.
    pub label: &'a str,
    /// Whether it holds numbers, which stand below each other by their last digit.
    pub numeric: bool,
}

/// What a table does where it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrow {
    /// It scrolls sideways in its own frame: for numbers that are compared.
    Scroll,
    /// Each row becomes a card with its headings beside the values: for things that are read one by one.
    Stack,
}

/// A table of data. The first cell of a row names the row.
#[derive(Debug)]
pub struct Table<'a> {
    /// Unique in the page.
    pub id: &'a str,
    /// What the table tells.
    pub caption: &'a str,
    /// Its columns.
    pub columns: &'a [Column<'a>],
    /// Its rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Markup>>,
    /// What it does on phones.
    pub narrow: Narrow,
}

/// Renders a table.
#[must_use]
pub fn table(table: &Table<'_>) -> Markup {
    let caption = format!("{}-caption", table.id);
    html! {
        section .table-frame aria-labelledby=(caption) tabindex="0" {
            table .stack[table.narrow == Narrow::Stack] #(table.id) {
                caption #(caption) { (table.caption) }
                thead {
                    tr { @for column in table.columns { th scope="col" .number[column.numeric] { (column.label) } } }
                }
                tbody {
                    @for row in &table.rows {
                        tr { @for (index, cell) in row.iter().enumerate() { (this_cell(table.columns, index, cell)) } }
                    }
                }
            }
        }
    }
}

fn this_cell(columns: &[Column<'_>], index: usize, cell: &Markup) -> Markup {
    let column = columns.get(index);
    let numeric = column.is_some_and(|column| column.numeric);
    html! {
        @if index == 0 {
            th scope="row" .number[numeric] { (cell) }
        } @else {
            td .number[numeric] data-label=[column.map(|column| column.label)] { (cell) }
        }
    }
}
