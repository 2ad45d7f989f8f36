//! Days and times as people of the organization's time zone type them. A phase begins at a moment and ends before one; people
//! say its first and its last day. Without a time, the first day counts from its beginning and the last one to its end.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Which end of a phase a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first day.
    First,
    /// The last day.
    Last,
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No day, or none that exists.
    Day,
    /// No time of day.
    Time,
    /// A time that the clocks skip on that day.
    Skipped,
}

/// The moment that a day and a time are.
///
/// # Errors
/// When there is none.
pub fn moment(zone: Tz, end: End, day: &str, time: &str) -> Result<DateTime<Utc>, Fault> {
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| Fault::Day)?;
    let local = match (time, end) {
        ("", End::First) => date.and_time(NaiveTime::MIN),
        ("", End::Last) => date.checked_add_days(Days::new(1)).ok_or(Fault::Day)?.and_time(NaiveTime::MIN),
        (time, _) => {
            let time = NaiveTime::parse_from_str(time, "%H:%M")
                .or_else(|_| NaiveTime::parse_from_str(time, "%H:%M:%S"));
            date.and_time(time.map_err(|_| Fault::Time)?)
        }
    };
    instant(zone, local, !time.is_empty())
}

/// A time that is there twice, when clocks go back, is the first of the two for a beginning and for an end.
fn instant(zone: Tz, local: NaiveDateTime, typed: bool) -> Result<DateTime<Utc>, Fault> {
    match zone.from_local_datetime(&local).earliest() {
        Some(moment) => Ok(moment.to_utc()),
        None if typed => Err(Fault::Skipped),
        // Where clocks go forward at midnight the day begins later.
        None => {
            let later = zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
            later.map(|moment| moment.to_utc()).ok_or(Fault::Skipped)
        }
    }
}

/// The day and the time to type for a moment.
pub fn typed(zone: Tz, end: End, moment: DateTime<Utc>) -> (String, String) {
    let local = moment.with_timezone(&zone).naive_local();
    let midnight = local.time() == NaiveTime::MIN;
    let day = if midnight && end == End::Last { local.date() - Days::new(1) } else { local.date() };
    let time = if midnight { String::new() } else { local.format("%H:%M").to_string() };
    (day.to_string(), time)
}

/// The day, in the zone, on which a moment is.
pub fn day_of(zone: Tz, moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&zone).date_naive()
}

/// The same time of day so many days later.
pub fn later(zone: Tz, moment: DateTime<Utc>, days: i64) -> Option<DateTime<Utc>> {
    let local = moment.with_timezone(&zone).naive_local().checked_add_signed(TimeDelta::try_days(days)?)?;
    instant(zone, local, false).ok()
}

/// What lies between two phases that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// The second begins before the first is over.
    Overlap,
    /// Nothing is open for this long.
    Gap(TimeDelta),
}

/// What is not seamless, each with the place of the first of the two. Phases are in the order of their beginnings.
pub fn seams(phases: &[(DateTime<Utc>, DateTime<Utc>)]) -> Vec<(usize, Between)> {
    phases
        .windows(2)
        .enumerate()
        .filter_map(|(place, pair)| {
            let (end, start) = (pair.first()?.1, pair.get(1)?.0);
            if start < end {
                Some((place, Between::Overlap))
            } else {
                (start > end).then(|| (place, Between::Gap(start - end)))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Africa, America, Europe};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_the_organization() {
        let paris = Europe::Paris;
        let cases = [
            (End::First, "2026-06-10", "", "2026-06-09T22:00:00Z"),
            (End::Last, "2026-06-10", "", "2026-06-10T22:00:00Z"),
            (End::First, "2026-12-01", "10:30", "2026-12-01T09:30:00Z"),
            (End::Last, "2026-12-01", "18:00", "2026-12-01T17:00:00Z"),
        ];
        for (end, day, time, moment_text) in cases {
            assert_eq!(moment(paris, end, day, time), Ok(utc(moment_text)));
            assert_eq!(typed(paris, end, utc(moment_text)), (day.to_owned(), time.to_owned()));
        }
        assert_eq!(moment(paris, End::First, "2026-02-30", ""), Err(Fault::Day));
        assert_eq!(moment(paris, End::First, "10/06/2026", ""), Err(Fault::Day));
        assert_eq!(moment(paris, End::First, "2026-06-10", "25:00"), Err(Fault::Time));
        // The end of the day may come with seconds.
        assert_eq!(moment(paris, End::First, "2026-06-10", "10:30:00"), Ok(utc("2026-06-10T08:30:00Z")));
    }

    #[test]
    fn clocks_that_change_are_seen() {
        assert_eq!(moment(Europe::Paris, End::First, "2026-03-29", "02:30"), Err(Fault::Skipped));
        // Twice there: the first.
        let twice = moment(Europe::Paris, End::First, "2026-10-25", "02:30");
        assert_eq!(twice, Ok(utc("2026-10-25T00:30:00Z")));
        // A day without a midnight begins when it begins.
        assert_eq!(moment(America::Asuncion, End::First, "2023-10-01", ""), Ok(utc("2023-10-01T04:00:00Z")));
        assert_eq!(moment(Africa::Cairo, End::Last, "2026-04-23", ""), Ok(utc("2026-04-23T22:00:00Z")));
        // The time of day stays over a change of clocks.
        assert_eq!(later(Europe::Paris, utc("2026-03-01T09:00:00Z"), 30), Some(utc("2026-03-31T08:00:00Z")));
    }

    #[test]
    fn gaps_and_overlaps_are_found() {
        let at = |day| utc("2026-06-01T00:00:00Z") + TimeDelta::days(day);
        let seams = seams(&[(at(0), at(5)), (at(5), at(9)), (at(8), at(10)), (at(12), at(13))]);
        assert_eq!(seams, [(1, Between::Overlap), (2, Between::Gap(TimeDelta::days(2)))]);
    }
}
