//! The digest of a poll's tracking codes.
//!
//! The digest is the SHA-256 of this text (UTF-8, lines ended by LF), which anyone can make from the published codes:
//!
//! ```text
//! comitia tracking codes v1
//! <the poll's id, hyphenated lower case>
//! <tracking code>
//! ...
//! ```
//!
//! One line for each ballot that was cast online and counts, in ascending order.

use aws_lc_rs::digest;
use uuid::Uuid;

pub use comitia_transparency::TrackingCode;

/// The digest of a poll's tracking codes.
pub struct CodesDigest(digest::Context);

impl CodesDigest {
    /// The digest of no code.
    #[must_use]
    pub fn new(poll: Uuid) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(format!("comitia tracking codes v1\n{}\n", poll.hyphenated()).as_bytes());
        Self(context)
    }

    /// Adds the next code, in ascending order.
    pub fn add(&mut self, code: TrackingCode) {
        self.0.update(format!("{code}\n").as_bytes());
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_described_text() {
        let poll = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
        let mut codes = CodesDigest::new(poll);
        codes.add(TrackingCode([0; 16]));
        let text = "comitia tracking codes v1\n01920000-0000-7000-8000-000000000001\n\
                    0000-0000-0000-0000-0000-0000-0000\n";
        assert_eq!(codes.finish(), digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    }
}
