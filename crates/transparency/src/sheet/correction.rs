//! The entry of a correction, and the register of those in force.
//!
//! A byte for the kind (3), a byte for the act (1: a quarantine, 2: an invalidation, 3: a restoration), the number of the correction in
//! its log, from 1, and the number of the earlier correction that it is about, or 0, four bytes each; the minute of its decision as four
//! bytes; then what it selects: the first entry and the one behind the last as eight bytes each, the first minute and the one behind the
//! last as four bytes each, and a byte for the channel (0: online, 1: on paper, 2: both); the SHA-256 of its reason; the district in
//! UTF-8, which is empty for all. Numbers are big-endian. One about an earlier correction selects nothing: 0, 0, 0, 0, 2, empty.

use sha2::{Digest, Sha256};

use super::leaf::{Leaf, MAX_DISTRICT};
use super::milestone::NO_END;

/// The kind of a correction.
const CORRECTION: u8 = 3;

/// What a correction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Signatures are set aside until it is decided whether they count.
    Quarantine,
    /// Signatures do not count.
    Invalidation,
    /// What an earlier correction set aside counts again.
    Restoration,
}

/// Signatures, by what their entries say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The first entry ...
    pub first: u64,
    /// ... and the one behind the last.
    pub end: u64,
    /// The first minute in which they were accepted ...
    pub first_minute: u32,
    /// ... and the one behind the last; [`NO_END`] for all that come.
    pub end_minute: u32,
    /// Only those on paper, or only those online.
    pub paper: Option<bool>,
    /// Only those of this district; all when empty.
    pub district: String,
}

/// What a correction is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// These signatures.
    Selection(Selection),
    /// Those that the correction with this number set aside.
    Earlier(u32),
}

/// A correction: a public, reasoned change of what counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Its number in the log, from 1.
    pub number: u32,
    /// What it does.
    pub act: Act,
    /// What it is about.
    pub subject: Subject,
    /// When it was decided, in minutes since 1970.
    pub minute: u32,
    /// The SHA-256 of its reason.
    pub reason: [u8; 32],
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A signature or a withdrawal.
    Leaf(Leaf),
    /// A correction.
    Correction(Correction),
}

impl Entry {
    /// Reads an entry; nothing when it is none.
    #[must_use]
    pub fn decode(entry: &[u8]) -> Option<Self> {
        match entry.first() {
            Some(&CORRECTION) => Correction::decode(entry).map(Self::Correction),
            _ => Leaf::decode(entry).map(Self::Leaf),
        }
    }
}

/// What a correction is found by in its log.
#[must_use]
pub fn correction_key(number: u32) -> [u8; 32] {
    Sha256::new_with_prefix("comitia correction v1\n").chain_update(number.to_be_bytes()).finalize().into()
}

/// What an entry holds of a reason.
#[must_use]
pub fn reason_digest(reason: &str) -> [u8; 32] {
    Sha256::digest(reason).into()
}

impl Act {
    fn byte(self) -> u8 {
        match self {
            Self::Quarantine => 1,
            Self::Invalidation => 2,
            Self::Restoration => 3,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        [Self::Quarantine, Self::Invalidation, Self::Restoration].into_iter().find(|act| act.byte() == byte)
    }
}

impl Selection {
    /// Every signature among these entries.
    #[must_use]
    pub fn of_entries(first: u64, end: u64) -> Self {
        Self { first, end, first_minute: 0, end_minute: NO_END, paper: None, district: String::new() }
    }

    /// Whether the signature at `index` is one of them.
    #[must_use]
    pub fn selects(&self, index: u64, signed: Signed<'_>) -> bool {
        (self.first..self.end).contains(&index)
            && (self.first_minute..self.end_minute).contains(&signed.minute)
            && self.paper.is_none_or(|paper| paper == signed.paper)
            && (self.district.is_empty() || self.district == signed.district)
    }

    fn is_some(&self) -> bool {
        self.first < self.end && self.first_minute < self.end_minute
    }
}

/// What selections look at.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// When the signature was accepted.
    pub minute: u32,
    /// Whether it was given on paper.
    pub paper: bool,
    /// Where it counts.
    pub district: &'a str,
}

impl Correction {
    /// The entry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let nothing = Selection {
            first: 0,
            end: 0,
            first_minute: 0,
            end_minute: 0,
            paper: None,
            district: String::new(),
        };
        let (of, selection) = match &self.subject {
            Subject::Selection(selection) => (0, selection),
            Subject::Earlier(number) => (*number, &nothing),
        };
        let mut entry = vec![CORRECTION, self.act.byte()];
        for number in [self.number, of, self.minute] {
            entry.extend(number.to_be_bytes());
        }
        entry.extend(selection.first.to_be_bytes());
        entry.extend(selection.end.to_be_bytes());
        entry.extend(selection.first_minute.to_be_bytes());
        entry.extend(selection.end_minute.to_be_bytes());
        entry.push(selection.paper.map_or(2, u8::from));
        entry.extend(self.reason);
        entry.extend(selection.district.as_bytes());
        entry
    }

    /// Reads an entry; nothing when it is that of no correction.
    #[must_use]
    pub fn decode(entry: &[u8]) -> Option<Self> {
        let (&[CORRECTION, act], rest) = entry.split_first_chunk::<2>()? else { return None };
        let (number, rest) = four(rest)?;
        let (of, rest) = four(rest)?;
        let (minute, rest) = four(rest)?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (end, rest) = rest.split_first_chunk::<8>()?;
        let (first_minute, rest) = four(rest)?;
        let (end_minute, rest) = four(rest)?;
        let (&[channel @ 0..=2], rest) = rest.split_first_chunk::<1>()? else { return None };
        let (reason, district) = rest.split_first_chunk::<32>()?;
        let selection = Selection {
            first: u64::from_be_bytes(*first),
            end: u64::from_be_bytes(*end),
            first_minute,
            end_minute,
            paper: (channel < 2).then_some(channel == 1),
            district: std::str::from_utf8(district)
                .ok()
                .filter(|name| name.len() <= MAX_DISTRICT)?
                .to_owned(),
        };
        let subject = if of == 0 { Subject::Selection(selection) } else { Subject::Earlier(of) };
        let read = Self { number, act: Act::of_byte(act)?, subject, minute, reason: *reason };
        // One entry for each correction.
        (read.encode() == entry).then_some(read)
    }
}

/// A number of four bytes, and what is behind it.
fn four(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// Why a correction is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its number is not the next one.
    #[error("does not have the next number")]
    Number,
    /// It selects nothing, or what does not stand before it.
    #[error("selects nothing that stands before it")]
    Selection,
    /// What it is about is not in force, or cannot be decided so.
    #[error("is about an earlier one that is not in force")]
    NotInForce,
}

/// What a correction changes: signatures that are set aside, or count again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The number of the correction that selects them.
    pub number: u32,
    /// Which they are, as far as no other correction has set them aside.
    pub selection: Selection,
    /// Whether they count again.
    pub back: bool,
}

/// The corrections of a log, in their order. A signature is set aside while a correction in force selects it.
#[derive(Clone, Debug, Default)]
pub struct Register {
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
enum Known {
    InForce(Act, Selection),
    /// It was about an earlier one, or is restored.
    Done,
}

impl Register {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    /// Adds the next correction, which is the entry at `index`. Gives what it changes: nothing when a quarantine becomes an
    /// invalidation.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn add(&mut self, index: u64, correction: &Correction) -> Result<Option<Change>, Refused> {
        let number = correction.number;
        if number != self.count().saturating_add(1) {
            return Err(Refused::Number);
        }
        let change = match (&correction.subject, correction.act) {
            (Subject::Selection(selection), act @ (Act::Quarantine | Act::Invalidation)) => {
                if !selection.is_some() || selection.end > index {
                    return Err(Refused::Selection);
                }
                self.known.push(Known::InForce(act, selection.clone()));
                return Ok(Some(Change { number, selection: selection.clone(), back: false }));
            }
            (Subject::Earlier(of), act) => self.decide(*of, act)?,
            (Subject::Selection(_), Act::Restoration) => return Err(Refused::NotInForce),
        };
        self.known.push(Known::Done);
        Ok(change)
    }

    /// Decides about an earlier correction.
    fn decide(&mut self, of: u32, act: Act) -> Result<Option<Change>, Refused> {
        let place = usize::try_from(of).ok().and_then(|of| of.checked_sub(1)).ok_or(Refused::NotInForce)?;
        let known = self.known.get_mut(place).ok_or(Refused::NotInForce)?;
        match (act, &mut *known) {
            (Act::Restoration, Known::InForce(_, selection)) => {
                let change = Change { number: of, selection: selection.clone(), back: true };
                *known = Known::Done;
                Ok(Some(change))
            }
            (Act::Invalidation, Known::InForce(before @ Act::Quarantine, _)) => {
                *before = Act::Invalidation;
                Ok(None)
            }
            _ => Err(Refused::NotInForce),
        }
    }

    /// Whether the signature at `index` is set aside.
    #[must_use]
    pub fn sets_aside(&self, index: u64, signed: Signed<'_>) -> bool {
        self.sets_aside_but(0, index, signed)
    }

    /// Whether a change that was added last is one for the signature at `index`.
    #[must_use]
    pub fn changes(&self, change: &Change, index: u64, signed: Signed<'_>) -> bool {
        change.selection.selects(index, signed) && !self.sets_aside_but(change.number, index, signed)
    }

    /// Whether another correction than that with this number sets it aside.
    fn sets_aside_but(&self, number: u32, index: u64, signed: Signed<'_>) -> bool {
        (1..).zip(&self.known).any(|(other, known)| match known {
            Known::InForce(_, selection) => other != number && selection.selects(index, signed),
            Known::Done => false,
        })
    }
}

impl Leaf {
    /// What selections look at.
    #[must_use]
    pub fn signed(&self) -> Signed<'_> {
        Signed { minute: self.minute, paper: self.paper, district: &self.district }
    }
}
