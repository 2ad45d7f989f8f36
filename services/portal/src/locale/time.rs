//! Instants as people of the organization's time zone say them.

use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta, Timelike as _, Utc};
use icu_calendar::{Date, Gregorian};
use icu_time::Time;

use super::{Locale, formats};

impl Locale {
    /// "1er novembre 2026".
    #[must_use]
    pub fn date(&self, instant: DateTime<Utc>) -> String {
        let local = self.local(instant);
        let text = self.written(local, |formats, date, _| formats.date.format(&date).to_string());
        self.first_of_month(local, text)
    }

    /// "1er nov. 2026": for tables.
    #[must_use]
    pub fn date_short(&self, instant: DateTime<Utc>) -> String {
        let local = self.local(instant);
        let text = self.written(local, |formats, date, _| formats.date_short.format(&date).to_string());
        self.first_of_month(local, text)
    }

    /// "1er novembre 2026 à 16:09".
    #[must_use]
    pub fn date_time(&self, instant: DateTime<Utc>) -> String {
        let local = self.local(instant);
        let text = self.written(local, |formats, date, time| {
            formats.date_time.format(&icu_time::DateTime { date, time }).to_string()
        });
        self.first_of_month(local, text)
    }

    /// "16:09".
    #[must_use]
    pub fn time(&self, instant: DateTime<Utc>) -> String {
        self.written(self.local(instant), |formats, _, time| formats.time.format(&time).to_string())
    }

    /// When something ends. The first instant of a day is said as midnight of the day before, because "until 1 December
    /// at 00:00" is read as the end of that day.
    #[must_use]
    pub fn deadline(&self, instant: DateTime<Utc>) -> String {
        let local = self.local(instant);
        if (local.hour(), local.minute()) == (0, 0) {
            let date = self.date(instant - TimeDelta::minutes(1));
            return self.text_with("language-midnight", &[("date", date.into())]);
        }
        self.date_time(instant)
    }

    /// The two largest units of a length of time: "2 jours et 3 heures". Beyond a week, days alone.
    #[must_use]
    pub fn duration(&self, length: TimeDelta) -> String {
        let seconds = length.num_seconds().unsigned_abs();
        let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        let parts = match (days, hours, minutes) {
            (7.., _, _) => [Some(self.days(days)), None],
            (1.., _, _) => [Some(self.days(days)), (hours > 0).then(|| self.hours(hours))],
            (0, 1.., _) => [Some(self.hours(hours)), (minutes > 0).then(|| self.minutes(minutes))],
            (0, 0, 1..) => [Some(self.minutes(minutes)), None],
            (0, 0, 0) => [Some(self.text_with("language-seconds", &[("count", seconds.into())])), None],
        };
        match parts {
            [Some(first), Some(second)] => {
                self.text_with("language-and", &[("first", first.into()), ("second", second.into())])
            }
            [first, _] => first.unwrap_or_default(),
        }
    }

    fn days(&self, count: u64) -> String {
        self.text_with("language-days", &[("count", count.into())])
    }

    fn hours(&self, count: u64) -> String {
        self.text_with("language-hours", &[("count", count.into())])
    }

    fn minutes(&self, count: u64) -> String {
        self.text_with("language-minutes", &[("count", count.into())])
    }

    fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.zone).naive_local()
    }

    fn written(
        &self,
        local: NaiveDateTime,
        write: impl FnOnce(&formats::Formats, Date<Gregorian>, Time) -> String,
    ) -> String {
        let parts = convert(local);
        match (formats::of(self.language), parts) {
            (Some(formats), Some((date, time))) => write(&formats, date, time),
            _ => local.format("%Y-%m-%d %H:%M").to_string(),
        }
    }

    /// ICU writes "1 novembre"; French says "1er novembre".
    fn first_of_month(&self, local: NaiveDateTime, text: String) -> String {
        if local.day() != 1 {
            return text;
        }
        let first = self.text("language-first-of-month");
        match text.strip_prefix("1 ") {
            Some(rest) => format!("{first} {rest}"),
            None => text,
        }
    }
}

fn convert(local: NaiveDateTime) -> Option<(Date<Gregorian>, Time)> {
    let (month, day) = (u8::try_from(local.month()).ok()?, u8::try_from(local.day()).ok()?);
    let date = Date::try_new_gregorian(local.year(), month, day).ok()?;
    let (hour, minute) = (u8::try_from(local.hour()).ok()?, u8::try_from(local.minute()).ok()?);
    Some((date, Time::try_new(hour, minute, 0, 0).ok()?))
}
