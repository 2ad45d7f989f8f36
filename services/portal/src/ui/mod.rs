//! The components, each once: functions with typed arguments that give HTML. Whatever text they are given is escaped. Pages
//! put them together and write no classes of their own where a component has them. `gallery` shows them all.

mod actions;
mod cards;
mod chart;
mod choice;
mod entry;
mod field;
mod filter;
pub mod gallery;
mod icon;
mod input;
mod layout;
mod line_chart;
mod map;
mod markdown;
mod messages;
mod navigation;
mod passkey;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod tracking;

pub use actions::{Button, button, button_link, buttons, form_file, form_get, form_post};
pub use cards::{Card, Stat, cards, details, stats};
pub use chart::{Bar, Chart, bar_chart, progress};
pub use choice::Choice;
pub use entry::{
    ADDRESS_LENGTH, Entry, NUMBER_LENGTH, check_address, check_letter, is_address, letter_fields, mailed_code,
};
pub use field::{Field, FieldErrors, error_summary};
pub use filter::{Filter, filter};
pub use icon::{Icon, icon};
pub use input::{Kind, Width};
pub use layout::{Account, Alternate, Layout, Link, Logo, Organization};
pub use line_chart::{Point, line_chart};
pub use map::{MAP_SCRIPTS, Map, Marker, Position, Shape, map, map_possible, position_text};
pub use markdown::markdown;
pub use messages::{Tone, confirmation, empty, notice, tag};
pub use navigation::{Crumb, breadcrumbs, pagination, steps};
pub use passkey::{PasskeyForm, passkey_form};
pub use summary::{SummaryRow, summary_list};
pub use table::{Column, Narrow, Table, table};
pub use timeline::{Phase, PhaseState, time, timeline};
pub use tracking::tracking_code;
