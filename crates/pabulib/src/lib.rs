//! Pabulib `.pb`: the format in which participatory budgets and their ballots are published
//! (<https://pabulib.org/format>, format page of pabulib_front at 71455e3).
//!
//! [`Election::read`] takes anything that is [`std::io::BufRead`], keeps one row at a time, and tolerates what
//! real files contain: a byte order mark, CRLF, blank lines, spaces round fields and list items, quoted fields
//! with `;` or line breaks, decimal commas. One odd ballot does not cost an election: it is repaired or set aside
//! ([`OddBallots`]), and a [`Warning`] says so. Everything else that is wrong is a [`ParseError`] with its line, its column
//! and the rule that is broken.
//!
//! Money is exact: every amount of a file is an integer count of minor units, [`Election::money_scale`] decimals
//! below the currency unit. Points likewise ([`Election::points_scale`]). There is no floating point here.
//!
//! [`Election::write`] writes what the checker on PyPI (`pabulib-checker`) accepts.

mod ballots;
mod decimal;
mod error;
mod meta;
mod model;
mod read;
mod record;
mod votes;
mod write;

pub use ballots::{Ballot, Ballots, BallotsError};
pub use decimal::{Decimal, MAX_SCALE};
pub use error::{ParseError, Section, Violation, Warning};
pub use meta::{Heading, Meta, VoteType};
pub use model::{Election, OddBallots, Project, WITHDRAWN_COST};
pub use write::WriteError;
