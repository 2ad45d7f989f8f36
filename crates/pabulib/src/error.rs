//! What can be wrong with a file, and where.

use std::fmt;

use thiserror::Error;

/// A section of a `.pb` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// Keys and values that describe the election.
    Meta,
    /// One row a project.
    Projects,
    /// One row a ballot.
    Votes,
}

impl Section {
    /// The title line that opens the section.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Meta => "META",
            Self::Projects => "PROJECTS",
            Self::Votes => "VOTES",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// Why a file was refused: the line, the column where there is one, and the rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}{}: {rule}", ColumnText(self.column.as_deref()))]
pub struct ParseError {
    /// The line, counted from 1, on which the offending row starts.
    pub line: u64,
    /// The column or META key, if the fault is in one.
    pub column: Option<String>,
    /// The rule of the format that is broken.
    pub rule: Violation,
}

struct ColumnText<'a>(Option<&'a str>);

impl fmt::Display for ColumnText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |column| write!(f, ", {column}"))
    }
}

/// A rule of the format (format page of Pabulib and `fields.py` of its checker) that a file breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// The source could not be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A quoted field is never closed.
    #[error("a quoted field that starts here is never closed")]
    UnclosedQuote,
    /// A section is absent, or the sections are not in the order META, PROJECTS, VOTES.
    #[error("the section {0} is missing (sections are META, PROJECTS, VOTES in this order)")]
    MissingSection(Section),
    /// A section has no header line.
    #[error("the section {0} has no header line")]
    MissingHeader(Section),
    /// META's header is not `key;value`.
    #[error("the header of META must be key;value")]
    MetaHeader,
    /// An obligatory column is absent.
    #[error("the section {0} must have this column")]
    MissingColumn(Section),
    /// A column name is given twice.
    #[error("the column is named twice")]
    DuplicateColumn,
    /// A row has more or fewer fields than its header.
    #[error("the header has {expected} fields, and this row has {found}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// An obligatory META key is absent.
    #[error("this key is obligatory in META")]
    MissingKey,
    /// A META key is given twice.
    #[error("the key is given twice")]
    DuplicateKey,
    /// An obligatory value is empty.
    #[error("the value must not be empty")]
    Empty,
    /// The text is not a number.
    #[error("{0:?} is not a number such as 1500 or 1500.50, without spaces and with 18 digits at the most")]
    BadNumber(String),
    /// The number must be whole and not negative.
    #[error("{0:?} is not a whole number of 0 or more")]
    BadCount(String),
    /// A cost or a budget is negative.
    #[error("the amount {0} is negative")]
    NegativeAmount(String),
    /// An amount, at the scale of the file, exceeds 64 bits.
    #[error("the amount {0} is too large or has too many decimals")]
    AmountTooLarge(String),
    /// `selected` is not 0, 1, 2 or 3.
    #[error("{0:?} is not one of 0, 1, 2, 3")]
    BadSelected(String),
    /// The vote type is not in the closed list.
    #[error("{0:?} is not one of approval, ordinal, cumulative, scoring, choose-1")]
    UnknownVoteType(String),
    /// Two projects have the same id.
    #[error("the project {0:?} is listed twice")]
    DuplicateProject(String),
    /// Two ballots have the same voter.
    #[error("the voter {0:?} has two ballots")]
    DuplicateVoter(String),
    /// A ballot names a project that PROJECTS does not list.
    #[error("the project {0:?} is not in PROJECTS")]
    UnknownProject(String),
    /// A ballot names a project twice.
    #[error("the project {0:?} stands twice on the ballot")]
    RepeatedChoice(String),
    /// A choose-1 ballot names more than one project.
    #[error("a choose-1 ballot names {0} projects")]
    MoreThanOneChoice(usize),
    /// A cumulative or scoring ballot has not one number of points for each project named.
    #[error("{choices} projects are named but {points} numbers of points are given")]
    PointsLength {
        /// Projects named.
        choices: usize,
        /// Numbers given.
        points: usize,
    },
    /// There are more ballots, or longer texts, than this crate's 32-bit indexes hold.
    #[error("the file is too large")]
    TooLarge,
}

/// Something suspicious that does not make a file unusable; real files have some.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Warning {
    /// A ballot names a project again. A ballot is a set: the project counts once.
    #[error("{0}; it counts once")]
    Repaired(ParseError),
    /// A ballot has a defect that leaves it without one meaning. The others are counted.
    #[error("{0}; the ballot is set aside and not counted")]
    SetAside(ParseError),
    /// `num_projects` differs from the number of rows.
    #[error("META says num_projects {stated}, PROJECTS lists {found}")]
    ProjectCount {
        /// As META says.
        stated: u64,
        /// As found.
        found: u64,
    },
    /// `num_votes` differs from the number of rows.
    #[error("META says num_votes {stated}, VOTES lists {found}")]
    VoteCount {
        /// As META says.
        stated: u64,
        /// As found.
        found: u64,
    },
    /// A project's `votes` differs from the number of ballots that name it.
    #[error("PROJECTS says that {project:?} has {stated} votes, {found} ballots name it")]
    ProjectVotes {
        /// The project's id.
        project: String,
        /// As PROJECTS says.
        stated: u64,
        /// As found.
        found: u64,
    },
}
