//! Bounds of an error's size. A status travels in HTTP/2 trailers: if they are too long for the peer, the call fails; if far
//! too long, the connection breaks, with all its calls. The size must therefore not depend on what a caller sent.

use super::{ApiError, Violation};

/// The most violations that an error names; [`ApiError::more_violations`] counts the others.
pub const MAX_VIOLATIONS: usize = 50;
/// The most bytes of all violations together.
pub const MAX_VIOLATION_BYTES: usize = 4 * 1024;
/// The most bytes of the message. Encoded, each can take three.
pub const MAX_MESSAGE_BYTES: usize = 512;
/// The most bytes of a violation's field and of its rule.
const MAX_FIELD_BYTES: usize = 256;
const MAX_RULE_BYTES: usize = 512;
/// The overhead of a violation besides its texts.
const OVERHEAD: usize = 16;
/// Stands for what was cut off.
const CUT: char = '…';

impl ApiError {
    /// The same within bounds that do not depend on the request: violations by number and bytes, each text by bytes.
    /// What is left out is counted, and the message says so.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let all = self.violations.len();
        self.violations.truncate(MAX_VIOLATIONS);
        let mut bytes = 0;
        let mut fit = 0;
        for Violation { field, rule } in &mut self.violations {
            cut(field, MAX_FIELD_BYTES);
            cut(rule, MAX_RULE_BYTES);
            bytes += field.len() + rule.len() + OVERHEAD;
            if bytes > MAX_VIOLATION_BYTES {
                break;
            }
            fit += 1;
        }
        self.violations.truncate(fit);
        let left_out = all - fit;
        if left_out == 0 {
            cut(&mut self.message, MAX_MESSAGE_BYTES);
        } else {
            self.more_violations += left_out;
            let more = format!(" (and {} more violations)", self.more_violations);
            cut(&mut self.message, MAX_MESSAGE_BYTES - more.len());
            self.message.push_str(&more);
        }
        self
    }
}

/// Cuts `text` to `most` bytes, at a character.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most - CUT.len_utf8()));
        text.push(CUT);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tonic::metadata::MetadataMap;

    use super::*;
    use crate::error::{ErrorCode, Reason};

    fn violations(count: usize, field: &str, rule: &str) -> Vec<Violation> {
        let violation =
            |number| Violation { field: format!("options[{number}].{field}"), rule: rule.to_owned() };
        (0..count).map(violation).collect()
    }

    /// The bytes of a status in trailers.
    fn on_the_wire(error: ApiError) -> usize {
        let headers = tonic::Status::from(error).into_http::<()>().headers().clone();
        let headers = MetadataMap::from_headers(headers).into_headers();
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
    }

    #[test]
    fn a_few_violations_stay_as_they_are() {
        let few = violations(20, "title", "must have 1 to 200 characters and no control characters");
        let error = ApiError::invalid(few.clone()).bounded();
        assert_eq!((error.violations, error.more_violations), (few, 0));
        assert_eq!(
            error.message,
            "options[0].title: must have 1 to 200 characters and no control characters"
        );
    }

    #[test]
    fn of_thousands_the_first_are_named_and_the_others_counted() {
        let error = ApiError::invalid(violations(3_000, "title", "must not be empty"));
        let read = ApiError::from_status(&error.into());
        assert_eq!((read.violations.len(), read.more_violations), (MAX_VIOLATIONS, 2_950));
        assert_eq!(read.violations[49].field, "options[49].title");
        assert_eq!(read.message, "options[0].title: must not be empty (and 2950 more violations)");
        // Passed on by the next service, it stays the same.
        let again = ApiError::from_status(&tonic::Status::from(read));
        assert_eq!((again.violations.len(), again.more_violations), (MAX_VIOLATIONS, 2_950));
        assert_eq!(again.message, "options[0].title: must not be empty (and 2950 more violations)");
    }

    #[test]
    fn what_a_caller_sent_does_not_make_a_status_longer_than_others_take() {
        let long = "ż".repeat(100_000);
        let mut error = ApiError::invalid(violations(300, &long, &long));
        error.message = long.clone();
        // The default of clients that are not ours; ours take more.
        assert!(on_the_wire(error) < 8 * 1024);
        let alone = ApiError::invalid_field(&long, &long).bounded();
        assert_eq!((alone.violations.len(), alone.more_violations), (1, 0));
        assert!(alone.violations[0].field.ends_with('…'));
    }

    proptest! {
        #[test]
        fn every_error_fits(
            message in "\\PC{0,2000}",
            texts in proptest::collection::vec(("\\PC{0,400}", "\\PC{0,700}"), 0..120),
        ) {
            let mut error = ApiError::new(ErrorCode::InvalidArgument, Reason::FieldInvalid, message);
            let count = texts.len();
            error.violations = texts.into_iter().map(|(field, rule)| Violation { field, rule }).collect();
            let bounded = error.bounded();
            prop_assert_eq!(bounded.violations.len() + bounded.more_violations, count);
            prop_assert!(bounded.violations.len() <= MAX_VIOLATIONS);
            prop_assert!(bounded.message.len() <= MAX_MESSAGE_BYTES);
            prop_assert!(on_the_wire(bounded) < 8 * 1024);
        }
    }
}
