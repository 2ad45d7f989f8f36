//! The hours of a log as people read them: by day of the organization's zone, and hour by hour of the last two days. Hours and
//! days without a signature are there, too: a line over time has no gaps.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A year and a month: what is older than the newest so many days is in the file.
const DAYS: usize = 400;
/// So many hours are shown one by one.
const HOURS: i64 = 48;

/// Signatures by day, from the first one with a signature to `until`.
pub fn days(hours: &[(DateTime<Utc>, u64)], zone: Tz, until: DateTime<Utc>) -> Vec<(DateTime<Utc>, u64)> {
    let day = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
    let mut by_day: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for (begin, signatures) in hours {
        *by_day.entry(day(*begin)).or_default() += signatures;
    }
    let Some((first, last)) = by_day.keys().next().zip(by_day.keys().next_back()) else { return Vec::new() };
    let last = (*last).max(day(until));
    let all: Vec<_> = first.iter_days().take_while(|day| *day <= last).collect();
    let newest = all.len().saturating_sub(DAYS);
    all.into_iter()
        .skip(newest)
        .map(|day| (noon(day, zone), by_day.get(&day).copied().unwrap_or_default()))
        .collect()
}

/// Every zone has a noon on every day that has one at all.
fn noon(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let noon = day.and_time(NaiveTime::MIN) + TimeDelta::hours(12);
    zone.from_local_datetime(&noon).earliest().map_or_else(|| noon.and_utc(), |time| time.with_timezone(&Utc))
}

/// Signatures by hour, of the last two days before `until`.
pub fn hours(hours: &[(DateTime<Utc>, u64)], until: DateTime<Utc>) -> Vec<(DateTime<Utc>, u64)> {
    let Some((first, _)) = hours.first() else { return Vec::new() };
    let now = until.duration_trunc(TimeDelta::hours(1)).unwrap_or(until);
    let last = now.max(hours.last().map_or(*first, |(begin, _)| *begin));
    let known: BTreeMap<_, _> = hours.iter().copied().collect();
    let mut shown = Vec::new();
    for back in (0..HOURS).rev() {
        let begin = last - TimeDelta::hours(back);
        if begin >= *first {
            shown.push((begin, known.get(&begin).copied().unwrap_or_default()));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_organizations() {
        let given = [
            (at("2026-06-08T21:00:00Z"), 3),
            (at("2026-06-08T22:00:00Z"), 4),
            (at("2026-06-10T08:00:00Z"), 5),
        ];
        let shown = days(&given, chrono_tz::Europe::Paris, at("2026-06-11T09:00:00Z"));
        let numbers: Vec<_> = shown.iter().map(|(_, signatures)| *signatures).collect();
        // In Paris it is the 9th at 22:00 UTC; on the 11th nobody has signed.
        assert_eq!(numbers, [3, 4, 5, 0]);
        assert_eq!(shown[0].0, at("2026-06-08T10:00:00Z"));
        assert!(days(&[], chrono_tz::UTC, at("2026-06-11T09:00:00Z")).is_empty());
    }

    #[test]
    fn hours_have_no_gaps_and_end_now() {
        let given = [(at("2026-06-10T08:00:00Z"), 5), (at("2026-06-10T10:00:00Z"), 1)];
        let shown = hours(&given, at("2026-06-10T11:59:00Z"));
        let numbers: Vec<_> = shown.iter().map(|(_, signatures)| *signatures).collect();
        assert_eq!(numbers, [5, 0, 1, 0]);
        // The clock of the page knows parts of a second.
        assert_eq!(
            hours(&given, at("2026-06-10T10:00:00.123456Z")),
            hours(&given, at("2026-06-10T10:59:59Z"))
        );
        assert_eq!(
            hours(&given, at("2026-06-10T10:00:00.5Z")).last(),
            Some(&(at("2026-06-10T10:00:00Z"), 1))
        );
        assert_eq!(hours(&given, at("2026-07-10T11:59:00Z")).len(), 48);
        assert!(hours(&[], at("2026-06-10T11:59:00Z")).is_empty());
    }

    #[test]
    fn a_long_sheet_shows_its_newest_days() {
        let given = [(at("2020-01-01T00:00:00Z"), 1), (at("2026-06-10T08:00:00Z"), 2)];
        let shown = days(&given, chrono_tz::UTC, at("2026-06-10T09:00:00Z"));
        assert_eq!((shown.len(), shown.last().unwrap().1), (DAYS, 2));
    }
}
