//! Nullifiers and receipts.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

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

/// Crockford's alphabet: what a person reads aloud or copies by hand is not mistaken.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The key that tracking codes are made with. Without it nobody can tell which ballot a code stands for.
#[derive(Clone)]
pub struct ReceiptKey(hmac::Key);

impl ReceiptKey {
    /// The key from the configuration: 32 bytes, base64.
    #[must_use]
    pub fn from_base64(text: &SecretString) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text.expose_secret().trim()).ok()?.try_into().ok()?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The code of a ballot: the first 100 bits of HMAC-SHA256(key, poll ‖ nullifier ‖ ballot) in base 32, in groups
    /// of four. The same ballot of the same voter in the same poll has the same code.
    #[must_use]
    pub fn tracking_code(&self, poll: Uuid, nullifier: &Nullifier, ballot: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(poll.as_bytes());
        context.update(nullifier.as_bytes());
        context.update(ballot);
        let tag = context.sign();
        let mut code = String::with_capacity(24);
        let (mut bits, mut width) = (0_u32, 0);
        let mut bytes = tag.as_ref().iter();
        for position in 0..20 {
            if position > 0 && position % 4 == 0 {
                code.push('-');
            }
            if width < 5 {
                bits = (bits << 8) | u32::from(*bytes.next().unwrap_or(&0));
                width += 8;
            }
            width -= 5;
            code.push(char::from(ALPHABET[((bits >> width) & 31) as usize]));
            bits &= (1 << width) - 1;
        }
        code
    }
}

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> ReceiptKey {
        ReceiptKey::from_base64(&STANDARD.encode([byte; 32]).into()).unwrap()
    }

    #[test]
    fn a_tracking_code_belongs_to_one_ballot_of_one_voter_in_one_poll() {
        let poll = Uuid::from_u128(1);
        let voter = Nullifier::new([7; 32]);
        let code = key(1).tracking_code(poll, &voter, b"ballot");
        assert_eq!(code.len(), 24);
        assert!(
            code.split('-').all(|group| group.len() == 4 && group.bytes().all(|c| ALPHABET.contains(&c)))
        );
        assert_eq!(code, key(1).tracking_code(poll, &voter, b"ballot"));
        for other in [
            key(2).tracking_code(poll, &voter, b"ballot"),
            key(1).tracking_code(Uuid::from_u128(2), &voter, b"ballot"),
            key(1).tracking_code(poll, &Nullifier::new([8; 32]), b"ballot"),
            key(1).tracking_code(poll, &voter, b"ballos"),
        ] {
            assert_ne!(code, other);
        }
    }

    #[test]
    fn the_code_is_the_first_hundred_bits() {
        let poll = Uuid::from_u128(1);
        let voter = Nullifier::new([7; 32]);
        let code = key(1).tracking_code(poll, &voter, b"ballot").replace('-', "");
        let number = code.bytes().fold(0_u128, |number, symbol| {
            number << 5 | ALPHABET.iter().position(|c| *c == symbol).unwrap() as u128
        });
        let message = [poll.as_bytes().as_slice(), voter.as_bytes(), b"ballot"].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]), &message);
        let first = u128::from_be_bytes(tag.as_ref()[..16].try_into().unwrap());
        assert_eq!(number, first >> 28);
    }

    #[test]
    fn keys_and_nullifiers_have_32_bytes_and_stay_out_of_logs() {
        assert!(ReceiptKey::from_base64(&STANDARD.encode([1; 31]).into()).is_none());
        assert!(ReceiptKey::from_base64(&"not base64".into()).is_none());
        assert!(Nullifier::from_permit(&URL_SAFE_NO_PAD.encode([1; 32])).is_some());
        assert!(Nullifier::from_permit(&URL_SAFE_NO_PAD.encode([1; 33])).is_none());
        assert_eq!(format!("{:?} {:?}", Nullifier::new([1; 32]), key(1)), "Nullifier(..) ReceiptKey(..)");
    }
}
