//! What is typed of a form: its number, the voter's number, and what is marked on it. Written short, as it is typed all day:
//! `3 7 12`, with points `3=2 7=1`, `b` for a blank form, `x` for one that does not count.

use comitia_proto::voting::v1::{Ballot, BallotType, Choice, EnteredForm, PaperFormKind, Poll};

use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::ui::FieldErrors;

/// Rows of a page.
pub const ROWS: usize = 20;
const BLANK: [&str; 4] = ["b", "blanc", "blank", "v"];
const INVALID: [&str; 5] = ["x", "n", "nul", "invalid", "void"];

/// A row as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub number: String,
    pub member: String,
    pub marks: String,
}

impl Row {
    /// Whether nothing was typed: the number was there before.
    pub fn is_empty(&self) -> bool {
        self.member.is_empty() && self.marks.is_empty()
    }
}

/// A row that can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// Which row of the page.
    pub place: usize,
    pub number: String,
    pub member: String,
    pub kind: PaperFormKind,
    pub ballot: Option<Ballot>,
}

/// All rows of a page.
pub fn rows(form: &Form) -> Vec<Row> {
    (0..ROWS)
        .map(|place| {
            let text = |name: &str| form.text(&format!("{name}-{place}")).to_owned();
            Row { number: text("number"), member: text("member"), marks: text("marks") }
        })
        .collect()
}

/// Empty rows, numbered on from the last form.
pub fn fresh(last: Option<&str>) -> Vec<Row> {
    let mut next = last.map_or_else(|| Some("1".to_owned()), following);
    (0..ROWS)
        .map(|_| {
            let number = next.take().unwrap_or_default();
            next = following(&number);
            Row { number, ..Row::default() }
        })
        .collect()
}

/// The number behind a number, with its zeros and what stands before it: `A-009`, `A-010`.
fn following(number: &str) -> Option<String> {
    let start = number.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
    let (before, digits) = number.split_at(start);
    let next = digits.parse::<u64>().ok()?.checked_add(1)?;
    Some(format!("{before}{next:0width$}", width = digits.len()))
}

/// The rows that say something; what is wrong with them stands at their fields.
pub fn read(locale: &Locale, poll: &Poll, rows: &[Row], errors: &mut FieldErrors) -> Vec<Read> {
    let mut read: Vec<Read> = Vec::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        let before = errors.iter().count();
        let code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if row.number.is_empty() || row.number.len() > 64 || !row.number.chars().all(code) {
            errors.push(format!("number-{place}"), t!(locale, "office-entry-number-wrong"));
        } else if read.iter().any(|one| one.number == row.number) {
            errors.push(format!("number-{place}"), t!(locale, "office-entry-number-twice"));
        }
        if row.member.is_empty() {
            errors.push(format!("member-{place}"), t!(locale, "office-entry-member-missing"));
        }
        let (kind, ballot) = match marks(poll, &row.marks) {
            Ok(marked) => marked,
            Err(Fault::Nothing) => {
                errors.push(format!("marks-{place}"), t!(locale, "office-entry-marks-missing"));
                continue;
            }
            Err(Fault::Unknown(word)) => {
                errors.push(format!("marks-{place}"), t!(locale, "office-entry-unknown", word = word));
                continue;
            }
            Err(Fault::Points(word)) => {
                errors.push(format!("marks-{place}"), t!(locale, "office-entry-points", word = word));
                continue;
            }
            Err(Fault::Twice(word)) => {
                errors.push(format!("marks-{place}"), t!(locale, "office-entry-twice", word = word));
                continue;
            }
        };
        if errors.iter().count() == before {
            let (number, member) = (row.number.clone(), row.member.clone());
            read.push(Read { place, number, member, kind, ballot });
        }
    }
    read
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    Unknown(String),
    Points(String),
    Twice(String),
}

fn has_points(poll: &Poll) -> bool {
    let kind = poll.specification.as_ref().map(|rules| rules.r#type());
    matches!(kind, Some(BallotType::Cumulative | BallotType::Score))
}

fn marks(poll: &Poll, text: &str) -> Result<(PaperFormKind, Option<Ballot>), Fault> {
    let option = |word: &str| poll.options.iter().find(|option| option.option_id.eq_ignore_ascii_case(word));
    let words: Vec<_> =
        text.split([' ', ',', ';', '\u{a0}', '\u{202f}', '+']).filter(|word| !word.is_empty()).collect();
    let [first, ..] = words[..] else { return Err(Fault::Nothing) };
    if words.len() == 1 && option(first).is_none() {
        let word = first.to_lowercase();
        if BLANK.contains(&word.as_str()) {
            return Ok((PaperFormKind::Blank, None));
        }
        if INVALID.contains(&word.as_str()) {
            return Ok((PaperFormKind::Invalid, None));
        }
    }
    let mut choices: Vec<Choice> = Vec::new();
    for word in words {
        let (id, points) = match word.split_once(['=', ':']) {
            Some((id, points)) => (id, Some(points)),
            None => (word, None),
        };
        let known = option(id).ok_or_else(|| Fault::Unknown(id.to_owned()))?;
        let points = match (has_points(poll), points) {
            (true, Some(points)) => points.parse().map_err(|_| Fault::Points(word.to_owned()))?,
            (false, None) => 0,
            _ => return Err(Fault::Points(word.to_owned())),
        };
        if choices.iter().any(|choice| choice.option_id == known.option_id) {
            return Err(Fault::Twice(id.to_owned()));
        }
        choices.push(Choice { option_id: known.option_id.clone(), points });
    }
    Ok((PaperFormKind::Ballot, Some(Ballot { choices })))
}

/// A form as it is typed, to be read again.
pub fn written(locale: &Locale, form: &EnteredForm) -> String {
    match form.kind() {
        PaperFormKind::Blank => return t!(locale, "office-entry-blank").into_owned(),
        PaperFormKind::Invalid => return t!(locale, "office-entry-invalid").into_owned(),
        PaperFormKind::Unspecified | PaperFormKind::Ballot => {}
    }
    let choices = form.ballot.iter().flat_map(|ballot| &ballot.choices);
    let words: Vec<_> = choices
        .map(|choice| match choice.points {
            0 => choice.option_id.clone(),
            points => format!("{}={points}", choice.option_id),
        })
        .collect();
    if words.is_empty() { t!(locale, "office-entry-nothing").into_owned() } else { words.join(" ") }
}

/// Why identity gave no permit for a voter, in the words of the page.
pub fn refusal(text: &str) -> &'static str {
    let known = [
        ("is not in the electoral roll", key!("office-entry-not-in-roll")),
        ("left the electoral roll", key!("office-entry-left")),
        ("lives in a district", key!("office-entry-other-district")),
        ("has no birth date", key!("office-entry-no-birth-date")),
        ("is younger", key!("office-entry-too-young")),
    ];
    known
        .iter()
        .find(|(start, _)| text.starts_with(start))
        .map_or(key!("office-entry-not-eligible"), |one| one.1)
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::{BallotSpecification, PollOption};

    use super::*;

    fn poll(kind: BallotType) -> Poll {
        let option = |id: &str| PollOption { option_id: id.into(), ..PollOption::default() };
        Poll {
            options: vec![option("V1"), option("2"), option("x")],
            specification: Some(BallotSpecification {
                r#type: kind.into(),
                ..BallotSpecification::default()
            }),
            ..Poll::default()
        }
    }

    fn chosen(kind: BallotType, text: &str) -> Result<Vec<(String, u32)>, Fault> {
        let (_, ballot) = marks(&poll(kind), text)?;
        Ok(ballot
            .unwrap_or_default()
            .choices
            .into_iter()
            .map(|choice| (choice.option_id, choice.points))
            .collect())
    }

    #[test]
    fn marks_are_typed_short() {
        let approve = |text| chosen(BallotType::Approval, text);
        assert_eq!(approve("v1, 2").unwrap(), [("V1".into(), 0), ("2".into(), 0)]);
        assert_eq!(chosen(BallotType::Cumulative, "V1=2 2:1").unwrap(), [("V1".into(), 2), ("2".into(), 1)]);
        assert_eq!(marks(&poll(BallotType::Approval), "B").unwrap().0, PaperFormKind::Blank);
        assert_eq!(marks(&poll(BallotType::Approval), "nul").unwrap().0, PaperFormKind::Invalid);
        // A project that is called so is meant.
        assert_eq!(approve("x").unwrap(), [("x".into(), 0)]);
        assert_eq!(approve(" "), Err(Fault::Nothing));
        assert_eq!(approve("V1 9"), Err(Fault::Unknown("9".into())));
        assert_eq!(approve("V1=2"), Err(Fault::Points("V1=2".into())));
        assert_eq!(approve("2 V1 2"), Err(Fault::Twice("2".into())));
        assert_eq!(chosen(BallotType::Score, "V1"), Err(Fault::Points("V1".into())));
    }

    #[test]
    fn numbers_go_on_as_they_are_stamped() {
        assert_eq!(following("A-009").as_deref(), Some("A-010"));
        assert_eq!(following("99").as_deref(), Some("100"));
        assert_eq!(following("A"), None);
        let numbers: Vec<_> = fresh(Some("7")).into_iter().map(|row| row.number).take(2).collect();
        assert_eq!(numbers, ["8", "9"]);
        assert_eq!(fresh(None)[0].number, "1");
        assert!(fresh(Some("A"))[0].number.is_empty() && fresh(Some("A"))[5].is_empty());
    }
}
