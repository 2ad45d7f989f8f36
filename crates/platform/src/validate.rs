//! Checks of request fields. All violations of a request are gathered, so that people mend them in one go.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{ApiError, Violation};

/// Gathers the violations of one request.
#[derive(Debug, Default)]
pub struct Checks {
    violations: Vec<Violation>,
}

impl Checks {
    /// No violation yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `field` breaks `rule` unless `good`.
    pub fn require(&mut self, good: bool, field: impl Into<String>, rule: impl Into<String>) -> &mut Self {
        if !good {
            self.violations.push(Violation { field: field.into(), rule: rule.into() });
        }
        self
    }

    /// A text of `min` to `max` characters without control characters (line breaks and tabs are allowed).
    pub fn text(&mut self, field: impl Into<String>, value: &str, min: usize, max: usize) -> &mut Self {
        let length = value.trim().chars().count();
        let clean = !value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        let rule = if min == 0 {
            format!("must have at most {max} characters and no control characters")
        } else {
            format!("must have {min} to {max} characters and no control characters")
        };
        self.require((min..=max).contains(&length) && clean, field, rule)
    }

    /// An identifier that people choose: 1 to 64 ASCII letters, digits, and any of `_ - .` in it.
    pub fn code(&mut self, field: impl Into<String>, value: &str) -> &mut Self {
        self.require(is_code(value), field, "must be 1 to 64 letters, digits, or any of _ - .")
    }

    /// A city's own reference: as [`Checks::code`], and `/`, which cities use (`M/01/X`).
    pub fn reference(&mut self, field: impl Into<String>, value: &str) -> &mut Self {
        self.require(is_reference(value), field, "must be 1 to 64 letters, digits, or any of _ - . /")
    }

    /// Nothing when every check held.
    ///
    /// # Errors
    /// `FIELD_INVALID` with all violations.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.violations.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.violations)) }
    }
}

/// Whether `value` is 1 to 64 ASCII letters, digits, and any of `_ - .`.
#[must_use]
pub fn is_code(value: &str) -> bool {
    (1..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Whether `value` is 1 to 64 ASCII letters, digits, and any of `_ - . /`.
#[must_use]
pub fn is_reference(value: &str) -> bool {
    (1..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
}

/// The form in which the code of an area is kept and compared: lower case. Codes are ASCII ([`is_code`]).
#[must_use]
pub fn area_code(code: &str) -> String {
    code.to_ascii_lowercase()
}

/// The UUID in a field.
///
/// # Errors
/// `FIELD_INVALID` when it is none.
pub fn uuid(field: &str, value: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(value).map_err(|_| ApiError::invalid_field(field, "must be a UUID"))
}

/// The UUID in a field that may be empty.
///
/// # Errors
/// `FIELD_INVALID` when it is neither empty nor a UUID.
pub fn optional_uuid(field: &str, value: &str) -> Result<Option<Uuid>, ApiError> {
    if value.is_empty() { Ok(None) } else { uuid(field, value).map(Some) }
}

/// The time in a field, cut to microseconds.
///
/// # Errors
/// `FIELD_INVALID` when it is absent or out of range.
pub fn time(field: &str, value: Option<&prost_types::Timestamp>) -> Result<DateTime<Utc>, ApiError> {
    value
        .and_then(|time| DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?))
        .and_then(|time| DateTime::from_timestamp_micros(time.timestamp_micros()))
        .ok_or_else(|| ApiError::invalid_field(field, "must be a time, such as 2026-06-01T08:00:00Z"))
}

/// A time as proto writes it.
#[must_use]
pub fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.timestamp(),
        nanos: i32::try_from(time.timestamp_subsec_nanos()).unwrap_or(0),
    }
}
