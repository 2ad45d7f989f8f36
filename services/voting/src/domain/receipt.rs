//! Nullifiers, what is kept of a cast's secret, and the key of receipts.

use std::cmp::Ordering;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::tracking::TrackingCode;

/// The pseudonym of a voter in one poll. Its `Debug` shows nothing, so that it cannot reach a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nullifier([u8; 32]);

impl Nullifier {
    /// From its bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From the text in a permit: base64url without padding.
    #[must_use]
    pub fn from_permit(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Nullifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nullifier(..)")
    }
}

/// Bytes of a cast's secret: fewer could be guessed, more are of no use.
pub const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=64;
/// A moment in 2041, in microseconds since 1970: casts from the desk are ordered by the time that is left until then.
const DESK_EPOCH: i64 = 1 << 51;

/// What is kept of the secret that a voter's device sent with a cast: enough to recognize it, and of no use to whoever
/// reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CastDigest([u8; 16]);

impl CastDigest {
    /// The first half of SHA-256(label ‖ poll ‖ secret). Half is enough: the secret has at least 128 random bits, and
    /// two secrets with one digest help nobody but the voter who made them.
    #[must_use]
    pub fn of(poll: Uuid, secret: &[u8]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"comitia cast secret v1");
        context.update(poll.as_bytes());
        context.update(secret);
        Self(first_half(context.finish().as_ref()))
    }

    /// From its bytes in the database.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for CastDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CastDigest(..)")
    }
}

fn first_half(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}

/// A ballot that was cast online, as far as its tracking code knows it.
#[derive(Clone, Copy, Debug)]
pub struct Tracked<'a> {
    /// The poll.
    pub poll: Uuid,
    /// Who.
    pub nullifier: &'a Nullifier,
    /// 1 for the voter's first ballot.
    pub revision: i32,
    /// What is kept of the cast's secret.
    pub digest: &'a CastDigest,
    /// The ballot's canonical bytes.
    pub ballot: &'a [u8],
}

/// What the key's holder reads from a tracking code: where its ballot is, and what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// How the voter's nullifier begins.
    pub prefix: [u8; 8],
    /// Which of the voter's ballots it is; 65,535 for all after that.
    pub revision: u16,
    binding: [u8; 6],
}

/// Whether a tracking code is that of a stored ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is.
    Same,
    /// It is that of an earlier ballot of this voter.
    Earlier,
    /// Neither.
    Other,
}

/// The key of tracking codes, and of the order in which a voter's casts arrived. Without it nobody can tell which
/// ballot a code stands for, nor when a ballot came.
///
/// A tracking code is one block of AES-256 over the beginning of the nullifier (8 bytes), the revision (2), and the
/// first 6 bytes of HMAC-SHA256 over poll, nullifier, revision, cast secret and ballot. So the ballot of a code is
/// found by its primary key, and nothing is stored or indexed for it. This is encode-then-encipher (Bellare and
/// Rogaway, ASIACRYPT 2000): a block cipher over plaintexts with redundancy hides and authenticates them. A made-up
/// code deciphers to random bytes, and has to meet one of n nullifiers in 64 bits, then 64 more bits to count, or a
/// revision below the stored one to pass for a replaced ballot: about n/2^78 for each try at a voter who has cast
/// twice. All blocks differ, so a deterministic cipher gives nothing away.
#[derive(Clone)]
pub struct ReceiptKey {
    binding: hmac::Key,
    arrival: hmac::Key,
    cipher: Arc<(EncryptingKey, DecryptingKey)>,
}

impl ReceiptKey {
    /// The key from the configuration: 32 bytes, base64.
    #[must_use]
    pub fn from_base64(text: &SecretString) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text.expose_secret().trim()).ok()?.try_into().ok()?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        // A key of its own for each use.
        let derived = |label: &[u8]| hmac::sign(&root, label);
        let key = |label: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, derived(label).as_ref());
        let block = derived(b"comitia tracking code block v1");
        let cipher = || UnboundCipherKey::new(&AES_256, block.as_ref()).ok();
        let cipher = (EncryptingKey::ecb(cipher()?).ok()?, DecryptingKey::ecb(cipher()?).ok()?);
        Some(Self {
            binding: key(b"comitia tracking code binding v1"),
            arrival: key(b"comitia arrival order v1"),
            cipher: Arc::new(cipher),
        })
    }

    /// Where a cast stands among those of the same voter in the same poll: its arrival in microseconds after a moment
    /// that is secret and another one for each voter and poll. Between voters the numbers say nothing, of nobody do
    /// they say the time.
    #[must_use]
    pub fn arrival_order(&self, poll: Uuid, nullifier: &Nullifier, arrival: DateTime<Utc>) -> i64 {
        let mut context = hmac::Context::with_key(&self.arrival);
        context.update(poll.as_bytes());
        context.update(nullifier.as_bytes());
        let mut offset = [0; 8];
        offset.copy_from_slice(&context.sign().as_ref()[..8]);
        // 61 bits; microseconds since 1970 have 51 until 2041, so that the sum is a positive bigint.
        (u64::from_be_bytes(offset) >> 3).cast_signed().saturating_add(arrival.timestamp_micros())
    }

    /// Where a cast from the desk stands: before every cast of the same voter that is not from there, and before every earlier
    /// one from there, as far as clocks agree. So it replaces no ballot, and one that is not from the desk can replace it. Of the number alone nobody
    /// can say that it is from the desk.
    #[must_use]
    pub fn desk_order(&self, poll: Uuid, nullifier: &Nullifier, arrival: DateTime<Utc>) -> i64 {
        let before = DESK_EPOCH.saturating_sub(arrival.timestamp_micros()).max(0);
        let before = DateTime::from_timestamp_micros(before).unwrap_or(DateTime::UNIX_EPOCH);
        self.arrival_order(poll, nullifier, before)
    }

    /// The tracking code of a ballot.
    #[must_use]
    pub fn tracking_code(&self, tracked: Tracked<'_>) -> TrackingCode {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&tracked.nullifier.0[..8]);
        block[8..10].copy_from_slice(&short(tracked.revision).to_be_bytes());
        block[10..].copy_from_slice(&self.binding(tracked));
        // Fails only for what is no whole block.
        let _ = self.cipher.0.encrypt(&mut block);
        TrackingCode(block)
    }

    /// What a tracking code says. Whether anything is there has to be compared.
    #[must_use]
    pub fn locate(&self, code: TrackingCode) -> Location {
        let mut block = code.0;
        let _ = self.cipher.1.decrypt(&mut block, DecryptionContext::None);
        let [p0, p1, p2, p3, p4, p5, p6, p7, high, low, binding @ ..] = block;
        Location {
            prefix: [p0, p1, p2, p3, p4, p5, p6, p7],
            revision: u16::from_be_bytes([high, low]),
            binding,
        }
    }

    /// Whether the code with this location is that of a stored ballot, or of an earlier one of the same voter.
    #[must_use]
    pub fn compare(&self, location: Location, stored: Tracked<'_>) -> Match {
        if stored.nullifier.0[..8] != location.prefix {
            return Match::Other;
        }
        match location.revision.cmp(&short(stored.revision)) {
            Ordering::Equal if self.binding(stored) == location.binding => Match::Same,
            Ordering::Less if location.revision > 0 => Match::Earlier,
            _ => Match::Other,
        }
    }

    fn binding(&self, tracked: Tracked<'_>) -> [u8; 6] {
        let mut context = hmac::Context::with_key(&self.binding);
        // All but the last have a fixed length.
        context.update(tracked.poll.as_bytes());
        context.update(&tracked.nullifier.0);
        context.update(&tracked.revision.to_be_bytes());
        context.update(&tracked.digest.0);
        context.update(tracked.ballot);
        let mut binding = [0; 6];
        binding.copy_from_slice(&context.sign().as_ref()[..6]);
        binding
    }
}

fn short(revision: i32) -> u16 {
    u16::try_from(revision).unwrap_or(u16::MAX)
}

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> ReceiptKey {
        ReceiptKey::from_base64(&STANDARD.encode([byte; 32]).into()).unwrap()
    }

    const POLL: Uuid = Uuid::from_u128(1);

    #[test]
    fn a_tracking_code_belongs_to_one_cast_of_one_voter_in_one_poll() {
        let (voter, other) = (Nullifier::new([7; 32]), Nullifier::new([8; 32]));
        let (digest, another) = (CastDigest::of(POLL, &[1; 16]), CastDigest::of(POLL, &[2; 16]));
        let cast = Tracked { poll: POLL, nullifier: &voter, revision: 1, digest: &digest, ballot: b"ballot" };
        let code = key(1).tracking_code(cast);
        assert_eq!(code, key(1).tracking_code(cast));
        let codes: HashSet<_> = [
            code,
            key(2).tracking_code(cast),
            key(1).tracking_code(Tracked { poll: Uuid::from_u128(2), ..cast }),
            key(1).tracking_code(Tracked { nullifier: &other, ..cast }),
            key(1).tracking_code(Tracked { revision: 2, ..cast }),
            // The same ballot of the same voter with another secret: a guess is not confirmed.
            key(1).tracking_code(Tracked { digest: &another, ..cast }),
            key(1).tracking_code(Tracked { ballot: b"ballos", ..cast }),
        ]
        .into();
        assert_eq!(codes.len(), 7);
    }

    #[test]
    fn a_secret_is_recognized_in_its_poll_alone() {
        let digest = CastDigest::of(POLL, &[1; 16]);
        assert_eq!(digest, CastDigest::of(POLL, &[1; 16]));
        assert_ne!(digest, CastDigest::of(Uuid::from_u128(2), &[1; 16]));
        assert_ne!(digest, CastDigest::of(POLL, &[1; 17]));
        assert_eq!(CastDigest::from_slice(digest.as_bytes()), Some(digest));
        assert_eq!(CastDigest::from_slice(&[0; 15]), None);
    }

    proptest! {
        #[test]
        fn a_code_finds_its_ballot_and_no_other(
            nullifier: [u8; 32], others in proptest::collection::vec(any::<[u8; 32]>(), 0..5),
            revision in 1..200_000_i32, later in 1..5_i32, secret: [u8; 16], ballot: Vec<u8>, made_up: [u8; 16],
        ) {
            let (key, nullifier) = (key(1), Nullifier::new(nullifier));
            let digest = CastDigest::of(POLL, &secret);
            let cast = Tracked { poll: POLL, nullifier: &nullifier, revision, digest: &digest, ballot: &ballot };
            let location = key.locate(key.tracking_code(cast));
            prop_assert_eq!(key.compare(location, cast), Match::Same);
            let replaced = Tracked { revision: revision.saturating_add(later), ballot: b"later", ..cast };
            let known = revision < i32::from(u16::MAX);
            prop_assert_eq!(key.compare(location, replaced), if known { Match::Earlier } else { Match::Other });
            // What is not the ballot of the receipt: altered, or of a revision that goes back.
            let altered = [ballot.as_slice(), b"x"].concat();
            prop_assert_eq!(key.compare(location, Tracked { ballot: &altered, ..cast }), Match::Other);
            if known && revision > 1 {
                prop_assert_eq!(key.compare(location, Tracked { revision: revision - 1, ..cast }), Match::Other);
            }
            for other in others.iter().map(|other| Nullifier::new(*other)).filter(|other| *other != nullifier) {
                prop_assert_eq!(key.compare(location, Tracked { nullifier: &other, ..cast }), Match::Other);
            }
            prop_assert_eq!(key.compare(key.locate(TrackingCode(made_up)), cast), Match::Other);
        }

        #[test]
        fn arrivals_of_one_voter_are_in_order_and_say_no_time(
            nullifier: [u8; 32], first in 0..4_000_000_000_000_000_i64, after in 1..1_000_000_000_i64,
        ) {
            let (key, nullifier) = (key(1), Nullifier::new(nullifier));
            let at = |micros| key.arrival_order(POLL, &nullifier, DateTime::from_timestamp_micros(micros).unwrap());
            prop_assert_eq!(at(first + after) - at(first), after);
            prop_assert!(at(first) >= 0);
        }

        #[test]
        fn a_cast_from_the_desk_is_before_all_others_of_its_voter(
            nullifier: [u8; 32], first in 1_780_000_000_000_000..2_200_000_000_000_000_i64, after in 1..1_000_000_000_i64,
        ) {
            let (key, nullifier) = (key(1), Nullifier::new(nullifier));
            let time = |micros| DateTime::from_timestamp_micros(micros).unwrap();
            let desk = |micros| key.desk_order(POLL, &nullifier, time(micros));
            prop_assert!(desk(first + after) < desk(first), "a second one replaces none");
            prop_assert!(desk(first) < key.arrival_order(POLL, &nullifier, time(first - 1_000_000_000)));
            prop_assert!(desk(first) >= 0);
        }
    }

    #[test]
    fn orders_of_different_voters_are_far_apart_at_the_same_moment() {
        let orders: Vec<_> = (0..100_u8)
            .map(|voter| key(1).arrival_order(POLL, &Nullifier::new([voter; 32]), DateTime::UNIX_EPOCH))
            .collect();
        let hour = 3_600_000_000;
        let apart =
            |(place, order): (usize, &i64)| orders[..place].iter().all(|other| other.abs_diff(*order) > hour);
        assert!(orders.iter().enumerate().all(apart));
    }

    #[test]
    fn keys_and_nullifiers_have_32_bytes_and_stay_out_of_logs() {
        assert!(ReceiptKey::from_base64(&STANDARD.encode([1; 31]).into()).is_none());
        assert!(ReceiptKey::from_base64(&"not base64".into()).is_none());
        assert!(Nullifier::from_permit(&URL_SAFE_NO_PAD.encode([1; 32])).is_some());
        assert!(Nullifier::from_permit(&URL_SAFE_NO_PAD.encode([1; 33])).is_none());
        let shown =
            format!("{:?} {:?} {:?}", Nullifier::new([1; 32]), key(1), CastDigest::of(POLL, b"secret"));
        assert_eq!(shown, "Nullifier(..) ReceiptKey(..) CastDigest(..)");
    }
}
