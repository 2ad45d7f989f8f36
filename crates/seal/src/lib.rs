//! The digest that a poll's ballots are sealed with. voting seals with it, budgets checks it before it counts, and
//! `comitia tally` and browsers check it on the published file. No I/O.
//!
//! The seal is the SHA-256 of this text (UTF-8, lines ended by LF), which anyone can make from what is published:
//!
//! ```text
//! comitia ballots v2
//! poll <the poll's id, hyphenated lower case>
//! type <the number of the type of its ballots>
//! option <id>\t<cost in minor units>\t<title>
//! ...
//! <ballot, hexadecimal>\t<district>\t<online|paper|*>\t<count>
//! ...
//! ```
//!
//! Options are in the order of the poll. One line stands for each group of equal ballots of one district and channel,
//! in the order of ballot, district (both by their bytes) and channel (online, paper, `*`). A district of `*` is
//! several districts together, a channel of `*` both channels together: the grouping is the published one, fixed when
//! the poll is sealed, because a digest over small districts could not be checked by anybody who must not see them.
//! Titles and districts have white space as [`plain`] has it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// What a district is called that stands for several districts together.
pub const SEVERAL: &str = "*";

/// The version of a ballot's bytes.
const VERSION: u8 = 1;
/// The types of ballots whose choices have points.
const CUMULATIVE: u8 = 3;
const SCORE: u8 = 6;
/// The type of ballots whose order matters.
const RANKING: u8 = 4;

/// How ballots came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Cast by the voter.
    Online,
    /// Entered by officers.
    Paper,
    /// Both together.
    Any,
}

impl Channel {
    /// The channel of one ballot.
    #[must_use]
    pub fn of(paper: bool) -> Self {
        if paper { Self::Paper } else { Self::Online }
    }

    /// As the sealed text names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Paper => "paper",
            Self::Any => SEVERAL,
        }
    }
}

/// A text in one line, with single spaces between words.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A ballot's bytes: 1, the number of its type, and for each choice the position of its option in the poll (from 0),
/// then its points where ballots of the type have points, both as varints; choices in the order of their options, in
/// rankings in the order of preference. `choices` are position and points.
#[must_use]
pub fn encode(ballot_type: u8, choices: &[(u64, u64)]) -> Vec<u8> {
    let mut choices = choices.to_vec();
    if ballot_type != RANKING {
        choices.sort_unstable();
    }
    let mut bytes = vec![VERSION, ballot_type];
    for (position, points) in choices {
        varint(position, &mut bytes);
        if matches!(ballot_type, CUMULATIVE | SCORE) {
            varint(points, &mut bytes);
        }
    }
    bytes
}

#[expect(clippy::cast_possible_truncation, reason = "the low seven bits are what is wanted")]
fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number > 127 {
        bytes.push((number as u8 & 127) | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The seal in the making.
#[derive(Clone, Debug)]
pub struct Seal(Sha256);

impl Seal {
    /// The seal of a poll without ballots. Options are id, cost and title, in the order of the poll.
    pub fn new<'a>(
        poll: &str,
        ballot_type: u8,
        options: impl IntoIterator<Item = (&'a str, u64, &'a str)>,
    ) -> Self {
        let mut sha = Sha256::new();
        sha.update(format!("comitia ballots v2\npoll {poll}\ntype {ballot_type}\n"));
        for (id, cost, title) in options {
            sha.update(format!("option {id}\t{cost}\t{}\n", plain(title)));
        }
        Self(sha)
    }

    /// Adds the next group of equal ballots, in the order that the crate describes.
    pub fn add(&mut self, ballot: &[u8], district: &str, channel: Channel, count: u64) {
        let mut line = hex(ballot);
        // Writing to a String cannot fail.
        let _ = writeln!(line, "\t{district}\t{}\t{count}", channel.name());
        self.0.update(line);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: &str = "01920000-0000-7000-8000-000000000001";

    fn sha(text: &str) -> String {
        hex(&Sha256::digest(text))
    }

    #[test]
    fn the_seal_is_that_of_the_described_text() {
        let mut seal = Seal::new(POLL, 5, [("P1", 300, "Trees \n and  more"), ("P2", 0, "")]);
        seal.add(&[1, 5, 0], "north", Channel::Online, 3);
        seal.add(&[1, 5, 0], "north", Channel::Paper, 7);
        seal.add(&[1, 5, 1], SEVERAL, Channel::Any, 12);
        let text = "comitia ballots v2\npoll 01920000-0000-7000-8000-000000000001\ntype 5\n\
                    option P1\t300\tTrees and more\noption P2\t0\t\n\
                    010500\tnorth\tonline\t3\n010500\tnorth\tpaper\t7\n010501\t*\t*\t12\n";
        assert_eq!(hex(&seal.finish()), sha(text));
    }

    #[test]
    fn points_and_preferences_are_in_a_ballots_bytes() {
        assert_eq!(hex(&encode(3, &[(199, 300), (2, 1)])), "01030201c701ac02");
        assert_eq!(hex(&encode(4, &[(199, 0), (2, 0)])), "0104c70102");
        assert_eq!(hex(&encode(1, &[(2, 9), (1, 9)])), "01010102");
        assert_eq!(encode(1, &[]), [1, 1]);
    }
}
