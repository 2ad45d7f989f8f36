//! Reading electoral rolls from CSV: `member_number,district,birth_date,email`, the last three optional. What is wrong with
//! an error names line, column and rule, never the line's content.
//!
//! A line of the file is a line of the roll: no value has a line break in it, so that a quotation mark that is not closed
//! costs its own line and none after it, and every line is either a member or a bad line.

mod fields;
mod header;
mod pieces;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use comitia_platform::validate;

use self::fields::{Lines, separated};
use self::header::Header;
pub use self::pieces::Pieces;
use crate::domain::email::{self, is_email};
use crate::domain::identifier;

/// The most characters that a member number may have.
pub const MAX_MEMBER_NUMBER: usize = 64;

/// A good line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Its number in the file, from 1.
    pub line: u64,
    /// The member's number, as it is shown.
    pub member_number: String,
    /// Their district; empty for none.
    pub district: String,
    /// Their birth date.
    pub birth_date: Option<NaiveDate>,
    /// Their e-mail address.
    pub email: Option<String>,
}

/// What is to be said of a line: the rule that it breaks, or what was done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Its number in the file, from 1.
    pub line: u64,
    /// The column.
    pub column: &'static str,
    /// The words.
    pub text: Cow<'static, str>,
}

impl Remark {
    /// The remark on this line and column.
    pub fn new(line: u64, column: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { line, column, text: text.into() }
    }
}

/// The good and the bad lines of a file. Every line with something on it, but the header, is one of both.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The columns that the file has.
    pub columns: Vec<&'static str>,
    /// What stands between its fields.
    pub separator: char,
    /// The encoding that it was read in; empty for a text.
    pub encoding: &'static str,
    /// The good lines.
    pub members: Vec<NewMember>,
    /// The bad lines, each once.
    pub bad: Vec<Remark>,
    /// What was done with lines that are good, and what is odd about them.
    pub notices: Vec<Remark>,
}

impl Parsed {
    /// How many lines the file has besides the header.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.members.len() + self.bad.len()
    }
}

/// Reads a file; `today` is what birth dates are compared with.
///
/// # Errors
/// What is wrong with the header: nothing of the file can be read then.
pub fn parse(text: &str, today: NaiveDate) -> Result<Parsed, Remark> {
    let mut lines = Lines::new(text);
    let mut parser = Parser::begin(&mut lines, today)?;
    let mut parsed = Parsed::default();
    let mut seen = HashMap::new();
    for (line, text) in lines {
        let before = parser.reader.notices.len();
        match parser.line(line, text) {
            None => {}
            Some(Ok(member)) => match seen.entry(identifier::fold(&member.member_number)) {
                Entry::Occupied(first) => {
                    parser.reader.notices.truncate(before);
                    parsed.bad.push(twice(line, *first.get()));
                }
                Entry::Vacant(place) => {
                    place.insert(line);
                    parsed.members.push(member);
                }
            },
            Some(Err(bad)) => parsed.bad.push(bad),
        }
    }
    parsed.notices = parser.notices();
    parsed.notices.extend(shared_addresses(&parsed.members));
    parsed.notices.sort_by_key(|notice| notice.line);
    parsed.columns = parser.reader.columns.into_iter().flatten().collect();
    parsed.separator = parser.separator;
    Ok(parsed)
}

/// What is wrong with a line whose member is on another one.
#[must_use]
pub fn twice(line: u64, first: u64) -> Remark {
    Remark::new(line, "member_number", format!("must be on one line only, and is on line {first}"))
}

/// What is odd about a line whose e-mail address another line has.
#[must_use]
pub fn shared(line: u64, other: u64) -> Remark {
    let text = format!("is that of line {other} too: who signs in by it is asked for the member number");
    Remark::new(line, "email", text)
}

/// Reads a file line by line. Whether two of its lines agree is for others to see.
struct Parser {
    reader: Reader,
    separator: char,
}

impl Parser {
    fn begin(lines: &mut Lines<'_>, today: NaiveDate) -> Result<Self, Remark> {
        let header = Header::read(lines)?;
        let reader = Reader { today, columns: header.columns, notices: Vec::new(), days_first: false };
        Ok(Self { reader, separator: header.separator })
    }

    /// What a line is; nothing when nothing stands on it.
    fn line(&mut self, line: u64, text: &str) -> Option<Result<NewMember, Remark>> {
        let fields = match separated(text, self.separator) {
            Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => return None,
            Ok(fields) => fields,
            Err(rule) => return Some(Err(Remark::new(line, "line", rule))),
        };
        let before = self.reader.notices.len();
        Some(self.reader.member(&fields, line).map_err(|(column, rule)| {
            // What is said of a line that is not taken helps nobody.
            self.reader.notices.truncate(before);
            Remark { line, column, text: rule }
        }))
    }

    /// What was done with good lines since this was asked last.
    fn notices(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.reader.notices)
    }
}

/// Lines with an e-mail address that another line has.
fn shared_addresses(members: &[NewMember]) -> Vec<Remark> {
    let mut lines = HashMap::<String, Vec<u64>>::new();
    for member in members {
        if let Some(address) = &member.email {
            lines.entry(email::normalise(address)).or_default().push(member.line);
        }
    }
    let mut notices = Vec::new();
    for lines in lines.into_values().filter(|lines| lines.len() > 1) {
        for (index, line) in lines.iter().enumerate() {
            let other = lines.get(usize::from(index == 0)).copied().unwrap_or_default();
            notices.push(shared(*line, other));
        }
    }
    notices
}

/// A rule that a line breaks, with its column.
type Broken = (&'static str, Cow<'static, str>);

struct Reader {
    today: NaiveDate,
    /// The column of each field; nothing for a field without a name.
    columns: Vec<Option<&'static str>>,
    notices: Vec<Remark>,
    /// Whether it was said that dates are read with the day first.
    days_first: bool,
}

impl Reader {
    fn member(&mut self, fields: &[Cow<'_, str>], line: u64) -> Result<NewMember, Broken> {
        self.count(fields)?;
        let member_number = self.field(fields, "member_number", line)?;
        let member_number = self.member_number(&member_number, line)?;
        let district = self.field(fields, "district", line)?;
        let district = district_of(&district).map_err(|rule| ("district", Cow::Borrowed(rule)))?;
        let birth_date = self.field(fields, "birth_date", line)?;
        let birth_date = self.birth_date(&birth_date, line)?;
        let email = self.field(fields, "email", line)?;
        let email = email_of(&email).map_err(|rule| ("email", Cow::Borrowed(rule)))?;
        Ok(NewMember { line, member_number, district, birth_date, email })
    }

    /// As many fields as columns, and nothing under a column without a name.
    fn count(&self, fields: &[Cow<'_, str>]) -> Result<(), Broken> {
        let named = self.columns.len();
        let more = fields.iter().skip(named).any(|field| !field.trim().is_empty());
        if fields.len() < named || more {
            let rule = format!("must have {named} fields as the header has, and has {}", fields.len());
            return Err(("line", rule.into()));
        }
        let nameless = self
            .columns
            .iter()
            .zip(fields)
            .position(|(column, field)| column.is_none() && !field.trim().is_empty());
        match nameless {
            None => Ok(()),
            Some(place) => Err((
                "line",
                format!("must have nothing in field {}, whose column has no name", place + 1).into(),
            )),
        }
    }

    /// The value of a column, without the marks of spreadsheets.
    fn field(&mut self, fields: &[Cow<'_, str>], column: &'static str, line: u64) -> Result<String, Broken> {
        let place = self.columns.iter().position(|name| *name == Some(column));
        let text = place.and_then(|place| fields.get(place)).map(|text| text.trim()).unwrap_or_default();
        if identifier::is_unreadable(text) {
            let rule = "has a character that cannot be read (U+FFFD or a control character): the file was made from \
                        another encoding; save it again as \"CSV UTF-8\"";
            return Err((column, rule.into()));
        }
        let Some(value) = identifier::without_marks(text) else { return Ok(text.to_owned()) };
        let notice = "was taken without the spreadsheet's mark (=\"…\" or ')";
        self.notices.push(Remark::new(line, column, notice));
        Ok(value.trim().to_owned())
    }

    /// A date as programs write it, or with the day first, as people do. That is said once, at the first such date.
    fn birth_date(&mut self, text: &str, line: u64) -> Result<Option<NaiveDate>, Broken> {
        let Some(turned) = days_first(&identifier::clean(text)) else {
            return birth_date_of(text, self.today).map_err(|rule| match rule {
                NO_DATE => ("birth_date", "must be a date, YYYY-MM-DD or DD/MM/YYYY".into()),
                rule => ("birth_date", rule.into()),
            });
        };
        let date = birth_date_of(&turned, self.today).map_err(|rule| match rule {
            NO_DATE => ("birth_date", "must be a date with the day first, DD/MM/YYYY".into()),
            rule => ("birth_date", rule.into()),
        })?;
        if !std::mem::replace(&mut self.days_first, true) {
            self.notices.push(Remark::new(line, "birth_date", "is read with the day first, DD/MM/YYYY"));
        }
        Ok(date)
    }

    fn member_number(&mut self, text: &str, line: u64) -> Result<String, Broken> {
        let refused = |rule: &'static str| Err(("member_number", rule.into()));
        let number = identifier::clean(text);
        if number.starts_with('=') {
            return refused("must be a number and not a formula");
        }
        if is_shortened(&number) {
            return refused("was shortened by a spreadsheet (1.23E+11): give the column the format of text");
        }
        if !(1..=MAX_MEMBER_NUMBER).contains(&number.chars().count()) {
            return refused("must have 1 to 64 characters that can be seen");
        }
        if number != text {
            let notice =
                "was taken in plain characters: it had invisible ones, other spaces, dashes or digits";
            self.notices.push(Remark::new(line, "member_number", notice));
        }
        Ok(number.into_owned())
    }
}

/// What spreadsheets make of long numbers.
fn is_shortened(number: &str) -> bool {
    let Some((digits, exponent)) = number.split_once("E+") else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(exponent) && digits.split(['.', ',']).all(is_number)
}

/// The district of a text, as it is kept; empty for none.
///
/// # Errors
/// The rule that it breaks.
pub fn district_of(text: &str) -> Result<String, &'static str> {
    let district = identifier::clean(text);
    if district.is_empty() || validate::is_code(&district) {
        Ok(validate::area_code(&district))
    } else {
        Err("must be 1 to 64 letters, digits, or any of _ - .")
    }
}

/// The latest day that has begun anywhere, by which a birth date is in the past: a roll has no time zone, and who was born
/// yesterday in Tokyo was not born today.
#[must_use]
pub fn latest_day(now: DateTime<Utc>) -> NaiveDate {
    (now + TimeDelta::hours(14)).date_naive()
}

/// What is said of a text that is no date.
const NO_DATE: &str = "must be a date, YYYY-MM-DD";

/// The date of a text; nothing for an empty one.
///
/// # Errors
/// The rule that it breaks.
pub fn birth_date_of(text: &str, today: NaiveDate) -> Result<Option<NaiveDate>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    match NaiveDate::parse_from_str(&identifier::clean(text), "%Y-%m-%d") {
        Ok(date) if date.year() >= 1900 && date < today => Ok(Some(date)),
        Ok(_) => Err("must be in the past and not before 1900"),
        Err(_) => Err(NO_DATE),
    }
}

/// `28/02/1980`, `28.02.1980` or `28-02-1980` as `1980-02-28`; nothing for another form.
fn days_first(text: &str) -> Option<String> {
    let mut parts = text.split(['/', '.', '-']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_date = parts.next().is_none() && digits(day, 2) && digits(month, 2) && year.len() == 4;
    (is_date && digits(year, 4)).then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// The address of a text, as it is kept; nothing for an empty one.
///
/// # Errors
/// The rule that it breaks.
pub fn email_of(text: &str) -> Result<Option<String>, &'static str> {
    let address = email::clean(text);
    match address.as_str() {
        "" => Ok(None),
        address if is_email(address) => Ok(Some(address.to_owned())),
        _ => Err("must be an e-mail address"),
    }
}

#[cfg(test)]
mod files;
#[cfg(test)]
mod tests;
