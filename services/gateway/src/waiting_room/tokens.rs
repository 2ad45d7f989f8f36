//! Tickets and passes: signed state that visitors keep, so that no gateway needs to. They contain
//! no personal data, and nothing links two tickets of a person, or a ticket and the session that
//! follows.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// The lifetime of a ticket in microseconds. A visitor who has waited that long has left.
pub const TICKET_LIFE: i64 = 6 * 3_600 * 1_000_000;

const TAG_BYTES: usize = 32;
/// The first byte, which is also signed, distinguishes tickets from passes.
const TICKET: u8 = b'T';
const PASS: u8 = b'P';

/// A place in an organization's line. Times are in microseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub organization: Uuid,
    /// The place: lines are ordered by arrival.
    pub arrival: i64,
    /// When it was issued: before `arrival` if the address had taken many tickets.
    pub issued: i64,
    /// Identifies the ticket and its pass.
    pub nonce: [u8; 16],
}

/// The right to sign in, which a ticket becomes when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub organization: Uuid,
    /// In microseconds since the epoch.
    pub expiry: i64,
    /// The nonce of its ticket.
    pub nonce: [u8; 16],
}

/// Signs tickets and passes, with one key in all gateways of an installation.
pub struct Signer(hmac::Key);

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Signer")
    }
}

impl Signer {
    /// Derives the key from the gateways' service key.
    pub fn new(service_key: &SecretString) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, service_key.expose_secret().as_bytes());
        let key = hmac::sign(&master, b"comitia.gateway.waiting_room.v1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The encoded ticket.
    pub fn ticket(&self, ticket: &Ticket) -> String {
        let Ticket { organization, arrival, issued, nonce } = ticket;
        let (arrival, issued) = (arrival.to_be_bytes(), issued.to_be_bytes());
        self.seal(&[&[TICKET][..], organization.as_bytes(), &arrival, &issued, nonce].concat())
    }

    /// The encoded pass.
    pub fn pass(&self, pass: &Pass) -> String {
        let Pass { organization, expiry, nonce } = pass;
        self.seal(&[&[PASS][..], organization.as_bytes(), &expiry.to_be_bytes(), nonce].concat())
    }

    /// A ticket of this organization that is valid at `now`.
    pub fn read_ticket(&self, text: &str, organization: Uuid, now: i64) -> Option<Ticket> {
        let body = self.open(text, TICKET, organization)?;
        let (arrival, rest) = number(&body)?;
        let (issued, nonce) = number(rest)?;
        let ticket = Ticket { organization, arrival, issued, nonce: nonce.try_into().ok()? };
        (now < arrival.saturating_add(TICKET_LIFE)).then_some(ticket)
    }

    /// A pass of this organization that is valid at `now`.
    pub fn read_pass(&self, text: &str, organization: Uuid, now: i64) -> Option<Pass> {
        let body = self.open(text, PASS, organization)?;
        let (expiry, nonce) = number(&body)?;
        (now < expiry).then_some(Pass { organization, expiry, nonce: nonce.try_into().ok()? })
    }

    fn seal(&self, body: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([body, hmac::sign(&self.0, body).as_ref()].concat())
    }

    /// The signed content after kind and organization, if these match.
    fn open(&self, text: &str, kind: u8, organization: Uuid) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        hmac::verify(&self.0, body, tag).ok()?;
        let (given, rest) = body.split_first()?;
        let rest = rest.strip_prefix(organization.as_bytes().as_slice())?;
        (*given == kind).then(|| rest.to_vec())
    }
}

fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((i64::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CITY: Uuid = Uuid::from_u128(7);
    const NOW: i64 = 1_800_000_000_000_000;

    fn signer(key: &str) -> Signer {
        Signer::new(&key.to_owned().into())
    }

    fn ticket() -> Ticket {
        Ticket { organization: CITY, arrival: NOW + 5, issued: NOW, nonce: [3; 16] }
    }

    #[test]
    fn what_was_signed_is_read_until_it_expires() {
        let signer = signer("one");
        let text = signer.ticket(&ticket());
        assert_eq!(signer.read_ticket(&text, CITY, NOW), Some(ticket()));
        assert!(signer.read_ticket(&text, CITY, NOW + 5 + TICKET_LIFE - 1).is_some());
        assert!(signer.read_ticket(&text, CITY, NOW + 5 + TICKET_LIFE).is_none());
        let pass = Pass { organization: CITY, expiry: NOW + 9, nonce: [3; 16] };
        let text = signer.pass(&pass);
        assert_eq!(signer.read_pass(&text, CITY, NOW + 8), Some(pass));
        assert!(signer.read_pass(&text, CITY, NOW + 9).is_none());
    }

    #[test]
    fn a_ticket_is_no_pass_and_good_for_one_organization_of_one_installation() {
        let signer = signer("one");
        let text = signer.ticket(&ticket());
        assert!(signer.read_pass(&text, CITY, NOW).is_none());
        assert!(signer.read_ticket(&text, Uuid::from_u128(8), NOW).is_none());
        assert!(self::signer("two").read_ticket(&text, CITY, NOW).is_none());
        let pass = signer.pass(&Pass { organization: CITY, expiry: NOW + 9, nonce: [3; 16] });
        assert!(signer.read_ticket(&pass, CITY, NOW).is_none());
    }

    proptest! {
        #[test]
        fn a_changed_ticket_is_none(byte in 0_usize..81, bit in 0_u8..8) {
            let signer = signer("one");
            let mut bytes = URL_SAFE_NO_PAD.decode(signer.ticket(&ticket())).unwrap();
            prop_assert_eq!(bytes.len(), 81);
            bytes[byte] ^= 1 << bit;
            prop_assert!(signer.read_ticket(&URL_SAFE_NO_PAD.encode(bytes), CITY, NOW).is_none());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,120}", bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let signer = signer("one");
            prop_assert!(signer.read_ticket(&text, CITY, NOW).is_none());
            prop_assert!(signer.read_pass(&URL_SAFE_NO_PAD.encode(bytes), CITY, NOW).is_none());
        }
    }
}
