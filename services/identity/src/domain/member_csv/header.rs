//! The header: separator and columns.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Remark;
use super::fields::{Lines, separated};
use crate::domain::identifier;

/// The columns that a file may have.
const COLUMNS: [&str; 4] = ["member_number", "district", "birth_date", "email"];
/// What offices call them, in the form of [`name`].
const OTHER_NAMES: [(&str, &[&str]); 4] = [
    ("member_number", &["number", "numero", "numero_de_membre", "numero_d_electeur", "numero_electeur"]),
    ("district", &["area", "quartier", "code_quartier", "code_du_quartier", "secteur"]),
    ("birth_date", &["date_of_birth", "birthdate", "date_de_naissance", "date_naissance", "naissance"]),
    ("email", &["e_mail", "email_address", "mail", "courriel", "adresse_electronique", "adresse_e_mail"]),
];
/// What may stand between fields.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// What the first lines say.
pub struct Header {
    /// What stands between fields.
    pub separator: char,
    /// The column of each field; nothing for one without a name.
    pub columns: Vec<Option<&'static str>>,
}

impl Header {
    /// Reads the header, and the `sep=` line that Excel writes before it.
    ///
    /// # Errors
    /// What is wrong with it. Names that are not ours are told by their place: without a header they are data.
    pub fn read(lines: &mut Lines<'_>) -> Result<Self, Remark> {
        let mut said = None;
        for (line, text) in lines {
            if let Some(separator) = said_separator(text) {
                let separator =
                    separator.ok_or_else(|| wrong(line, "sep= must name a comma, a semicolon or a tab"))?;
                said = Some(separator);
                continue;
            }
            let separator = said.unwrap_or_else(|| most_frequent(text));
            let fields = separated(text, separator).map_err(|rule| wrong(line, rule))?;
            let mut names: Vec<String> = fields.iter().map(|field| name(field)).collect();
            while names.last().is_some_and(String::is_empty) {
                names.pop();
            }
            if names.is_empty() {
                continue;
            }
            return Ok(Self { separator, columns: columns(&names).map_err(|rule| wrong(line, rule))? });
        }
        Err(wrong(1, "must name the column member_number: the file is empty"))
    }
}

fn wrong(line: u64, rule: impl Into<String>) -> Remark {
    Remark::new(line, "header", rule.into())
}

/// What a `sep=` line says; nothing when it is none, and nothing inside when it names none of ours.
fn said_separator(line: &str) -> Option<Option<char>> {
    let line = line.trim_start().trim_start_matches('"');
    let start = line.get(..4)?;
    if !start.eq_ignore_ascii_case("sep=") {
        return None;
    }
    Some(line.get(4..)?.chars().next().filter(|separator| SEPARATORS.contains(separator)))
}

/// The separator that a line has the most of outside quotation marks.
fn most_frequent(line: &str) -> char {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        if let Some(place) = SEPARATORS.iter().position(|&separator| !quoted && separator == c) {
            counts[place] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let first = counts.iter().position(|&count| count == most).unwrap_or_default();
    SEPARATORS[first]
}

/// The name of a column in one form: `Member Number` is `member_number`, and `Numéro d’électeur` is `numero_d_electeur`.
fn name(field: &str) -> String {
    let name: String = identifier::clean(field).nfd().filter(|letter| !is_combining_mark(*letter)).collect();
    name.to_lowercase().replace([' ', '-', '\'', '’'], "_")
}

/// The column of a name; nothing where it is not ours.
fn column(name: &str) -> Option<&'static str> {
    let other = OTHER_NAMES.iter().find(|(_, names)| names.contains(&name));
    COLUMNS.into_iter().find(|column| *column == name).or_else(|| other.map(|(column, _)| *column))
}

fn columns(names: &[String]) -> Result<Vec<Option<&'static str>>, String> {
    let ours = COLUMNS.join(", ");
    let mut columns = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let column = column(name);
        if column.is_none() && !name.is_empty() {
            if name.contains("member_number") {
                return Err(format!(
                    "must have names ({ours}) with a comma, a semicolon or a tab between them"
                ));
            }
            return Err(format!("must have no names but {ours}; the {} is another one", ordinal(place + 1)));
        }
        if let Some(column) = column
            && columns.contains(&Some(column))
        {
            return Err(format!("must name each column once, and names {column} twice"));
        }
        columns.push(column);
    }
    if columns.contains(&Some("member_number")) {
        Ok(columns)
    } else {
        Err("must name the column member_number".to_owned())
    }
}

fn ordinal(place: usize) -> String {
    match place {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        _ => format!("{place}th"),
    }
}
