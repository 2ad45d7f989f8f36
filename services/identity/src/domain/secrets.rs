//! Encryption at rest, keyed look-ups, and nullifiers.

use std::collections::HashSet;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::domain::{email, identifier};

const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;

/// A key of the configuration cannot be used, or what it opens is not its own.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The configured text is not base64 of 32 bytes.
    #[error("{0} must be 32 bytes in base64")]
    Key(&'static str),
    /// The configured text can be guessed.
    #[error("{0} must have {1} characters or more")]
    Short(&'static str, usize),
    /// What is stored was not encrypted with any of the configured keys, or was changed.
    #[error("stored data cannot be decrypted with the configured data keys")]
    Sealed,
}

fn key_bytes(name: &'static str, text: &SecretString) -> Result<Vec<u8>, SecretError> {
    STANDARD
        .decode(text.expose_secret().trim())
        .ok()
        .filter(|bytes| bytes.len() == KEY_BYTES)
        .ok_or(SecretError::Key(name))
}

/// Encrypts personal data at rest: AES-256-GCM with a random nonce. What is stored begins with the id of its key, so that
/// keys can be rotated.
pub struct DataKeys {
    /// The present key first, then those that only open.
    keys: Vec<([u8; KEY_ID_BYTES], RandomizedNonceKey)>,
}

impl DataKeys {
    /// Seals with `current`; opens what `current` or one of `previous` has sealed.
    ///
    /// # Errors
    /// When a text is not base64 of 32 bytes.
    pub fn new(current: &SecretString, previous: &[SecretString]) -> Result<Self, SecretError> {
        let keys = std::iter::once(current)
            .chain(previous)
            .map(|text| {
                let bytes = key_bytes("data_key", text)?;
                let mut id = [0; KEY_ID_BYTES];
                id.copy_from_slice(&digest::digest(&digest::SHA256, &bytes).as_ref()[..KEY_ID_BYTES]);
                let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes)
                    .map_err(|_| SecretError::Key("data_key"))?;
                Ok((id, key))
            })
            .collect::<Result<_, SecretError>>()?;
        Ok(Self { keys })
    }

    /// `plain`, sealed for a column: `context` (such as `members.email`) must be the same when it is opened.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (id, key) = self.keys.first().ok_or(SecretError::Sealed)?;
        let mut body = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SecretError::Sealed)?;
        Ok([id.as_slice(), nonce.as_ref(), &body].concat())
    }

    /// What [`DataKeys::seal`] sealed.
    ///
    /// # Errors
    /// When no key opens it, or it was changed, or sealed for another column.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (id, rest) = sealed.split_at_checked(KEY_ID_BYTES).ok_or(SecretError::Sealed)?;
        let (nonce, body) = rest.split_at_checked(NONCE_BYTES).ok_or(SecretError::Sealed)?;
        let (_, key) = self.keys.iter().find(|(own, _)| own == id).ok_or(SecretError::Sealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Sealed)?;
        let mut body = body.to_vec();
        let plain = key
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SecretError::Sealed)?;
        Ok(plain.to_vec())
    }

    /// [`DataKeys::seal`] for a text.
    ///
    /// # Errors
    /// As [`DataKeys::seal`].
    pub fn seal_text(&self, context: &str, plain: &str) -> Result<Vec<u8>, SecretError> {
        self.seal(context, plain.as_bytes())
    }

    /// [`DataKeys::open`] for a text.
    ///
    /// # Errors
    /// As [`DataKeys::open`].
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<String, SecretError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| SecretError::Sealed)
    }
}

/// The digest of a request whose file comes in pieces.
pub struct RequestDigest(hmac::Context);

impl RequestDigest {
    /// Adds the next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest, after the last bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.sign().as_ref().to_vec()
    }
}

/// Finds what only a keyed hash is stored of: HMAC-SHA256 under a key that is not in the database.
pub struct LookupKey(hmac::Key);

impl LookupKey {
    /// The key of the configuration.
    ///
    /// # Errors
    /// When the text is not base64 of 32 bytes.
    pub fn new(text: &SecretString) -> Result<Self, SecretError> {
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key_bytes("lookup_key", text)?)))
    }

    fn of(&self, purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.as_bytes());
        for part in parts {
            // Lengths keep the parts apart.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }

    /// Of a member's number in its one form, in an organization.
    #[must_use]
    pub fn member_number(&self, organization: Uuid, number: &str) -> Vec<u8> {
        self.exact_number(organization, &identifier::fold(number))
    }

    /// The look-ups that a member with this number may have, the most exact first. Earlier releases kept numbers as they
    /// were imported, and a member's look-up never changes: it is what their nullifiers are made of.
    #[must_use]
    pub fn member_numbers(&self, organization: Uuid, number: &str) -> Vec<Vec<u8>> {
        let clean = identifier::clean(number).into_owned();
        let mut forms = vec![number.trim().to_owned(), clean.to_uppercase(), clean, identifier::fold(number)];
        let mut seen = HashSet::new();
        forms.retain(|form| seen.insert(form.clone()));
        forms.iter().map(|form| self.exact_number(organization, form)).collect()
    }

    fn exact_number(&self, organization: Uuid, number: &str) -> Vec<u8> {
        self.of("member number", &[organization.as_bytes(), number.as_bytes()])
    }

    /// Of an e-mail address, in an organization; case does not matter.
    #[must_use]
    pub fn email(&self, organization: Uuid, email: &str) -> Vec<u8> {
        self.of("email", &[organization.as_bytes(), email::normalise(email).as_bytes()])
    }

    /// Of an access code in its one form.
    #[must_use]
    pub fn access_code(&self, organization: Uuid, code: &str) -> Vec<u8> {
        self.of("access code", &[organization.as_bytes(), code.as_bytes()])
    }

    /// Of the code of a visit at the desk in its one form.
    #[must_use]
    pub fn desk_code(&self, organization: Uuid, code: &str) -> Vec<u8> {
        self.of("desk code", &[organization.as_bytes(), code.as_bytes()])
    }

    /// Of a one-time code for the e-mail address with this look-up.
    #[must_use]
    pub fn email_code(&self, email_lookup: &[u8], code: &str) -> Vec<u8> {
        self.of("email code", &[email_lookup, code.as_bytes()])
    }

    /// Of a request with a request id. A plain digest of a request with few secret bits, such as one that names a
    /// member, could be guessed from what is stored.
    #[must_use]
    pub fn request(&self, request: &impl prost::Message) -> Vec<u8> {
        self.of("request", &[&request.encode_to_vec()])
    }

    /// Of a request whose file comes in pieces: the digest of `head`, to which the pieces are added.
    #[must_use]
    pub fn request_in_pieces(&self, head: &impl prost::Message) -> RequestDigest {
        let mut context = hmac::Context::with_key(&self.0);
        let head = head.encode_to_vec();
        context.update(b"request in pieces");
        context.update(&(head.len() as u64).to_be_bytes());
        context.update(&head);
        RequestDigest(context)
    }

    /// Of the random part of a refresh token, for its session.
    #[must_use]
    pub fn refresh_token(&self, session: Uuid, random: &str) -> Vec<u8> {
        self.of("refresh token", &[session.as_bytes(), random.as_bytes()])
    }

    /// The pseudonym of a person in an organization, which sessions carry: 132 bits, base64url.
    #[must_use]
    pub fn pseudonym(&self, organization: Uuid, person: Uuid) -> String {
        let mut text =
            URL_SAFE_NO_PAD.encode(self.of("pseudonym", &[organization.as_bytes(), person.as_bytes()]));
        text.truncate(22);
        text
    }

    /// What the nullifiers of a participant are made of, in an organization.
    #[must_use]
    pub fn participant(&self, organization: Uuid, participant: Uuid) -> Vec<u8> {
        self.of("participant subject", &[organization.as_bytes(), participant.as_bytes()])
    }

    /// Of a provider's name for a person, in an organization: under a key of its own, so that the hashes of two organizations, and
    /// what nullifiers are made of, have nothing in common.
    #[must_use]
    pub fn provider_identity(&self, organization: Uuid, provider: &str, sub: &str) -> Vec<u8> {
        let own = self.of("provider identities", &[organization.as_bytes()]);
        let own = Self(hmac::Key::new(hmac::HMAC_SHA256, &own));
        own.of("provider identity", &[provider.as_bytes(), sub.as_bytes()])
    }

    /// The id of a staff member: the same for the same e-mail address in an organization. Who is removed and added
    /// again is the same person to everybody who compares two of them, such as voting for its two officers.
    #[must_use]
    pub fn staff_member_id(&self, organization: Uuid, email: &str) -> Uuid {
        let key = self.of("staff", &[organization.as_bytes(), email::normalise(email).as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&key[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The tag of what is planned for a roll, 22 characters.
    #[must_use]
    pub fn plan(&self, organization: Uuid, roll: Uuid, plan: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(&self.of("plan", &[organization.as_bytes(), roll.as_bytes(), plan])[..16])
    }

    /// A name for a key of the cache, so that caches hold no address or number either.
    #[must_use]
    pub fn cache_name(&self, purpose: &str, value: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(&self.of(purpose, &[value])[..16])
    }
}

/// The per-poll pseudonym of a person: `HMAC-SHA256(poll key, subject)`. The subject is the keyed hash of the member's
/// number, not the id of a row: somebody who is erased and imported again is the same person.
#[must_use]
pub fn nullifier(poll_key: &[u8], subject: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, poll_key), subject);
    let mut nullifier = [0; 32];
    nullifier.copy_from_slice(tag.as_ref());
    nullifier
}

/// The SHA-256 of a random token, which is what is stored of it: it has 256 random bits, so no slow hash is needed.
#[must_use]
pub fn sha256(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Whether `given` is one of the `secrets`, in a time that does not tell which one or where it differs.
#[must_use]
pub fn is_one_of(given: &str, secrets: &[SecretString]) -> bool {
    let given = sha256(given);
    let equal = |secret: &SecretString| {
        constant_time::verify_slices_are_equal(&given, &sha256(secret.expose_secret())).is_ok()
    };
    secrets.iter().map(equal).fold(false, |any, equal| any | equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretString {
        STANDARD.encode([byte; 32]).into()
    }

    #[test]
    fn what_is_sealed_opens_only_with_its_key_and_for_its_column() {
        let old = DataKeys::new(&key(1), &[]).unwrap();
        let sealed = old.seal_text("members.email", "ada@example.org").unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"ada"));
        assert_ne!(sealed, old.seal_text("members.email", "ada@example.org").unwrap());
        assert_eq!(old.open_text("members.email", &sealed).unwrap(), "ada@example.org");
        assert!(old.open_text("members.birth_date", &sealed).is_err());
        let rotated = DataKeys::new(&key(2), &[key(1)]).unwrap();
        assert_eq!(rotated.open_text("members.email", &sealed).unwrap(), "ada@example.org");
        assert!(DataKeys::new(&key(2), &[]).unwrap().open("members.email", &sealed).is_err());
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert!(old.open("members.email", &changed).is_err());
        assert!(old.open("members.email", b"short").is_err());
    }

    #[test]
    fn look_ups_differ_by_organization_and_purpose() {
        let lookup = LookupKey::new(&key(3)).unwrap();
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(lookup.email(a, " Ada@Example.org"), lookup.email(a, "ada@example.org"));
        assert_eq!(
            lookup.staff_member_id(a, "\u{200b}Ada@Example.org"),
            lookup.staff_member_id(a, "ada@example.org")
        );
        assert_ne!(lookup.email(a, "x"), lookup.email(b, "x"));
        assert_ne!(lookup.email(a, "x"), lookup.member_number(a, "x"));
        assert_ne!(lookup.pseudonym(a, a), lookup.pseudonym(b, a));
    }

    #[test]
    fn a_number_is_found_by_its_one_form_and_as_earlier_releases_kept_it() {
        let (lookup, a) = (LookupKey::new(&key(3)).unwrap(), Uuid::from_u128(1));
        assert_eq!(lookup.member_number(a, "\u{200b}12345678Z"), lookup.member_number(a, " 12345678z"));
        let kept = lookup.exact_number(a, "12345678Z");
        for typed in ["12345678Z", " 12345678z ", "１２345678Z"] {
            let forms = lookup.member_numbers(a, typed);
            assert!(forms.contains(&kept) && forms.contains(&lookup.member_number(a, typed)), "{typed}");
        }
        assert_eq!(lookup.member_numbers(a, "1001"), [lookup.member_number(a, "1001")]);
        assert_eq!(lookup.member_numbers(a, "A b")[0], lookup.exact_number(a, "A b"), "the most exact first");
    }

    #[test]
    fn nullifiers_of_two_polls_have_nothing_in_common() {
        let person = b"keyed hash";
        assert_eq!(nullifier(&[1; 32], person), nullifier(&[1; 32], person));
        assert_ne!(nullifier(&[1; 32], person), nullifier(&[2; 32], person));
        assert_ne!(nullifier(&[1; 32], person), nullifier(&[1; 32], b"another hash"));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(LookupKey::new(&"c2hvcnQ=".into()).is_err());
        assert!(DataKeys::new(&"not base64".into(), &[]).is_err());
    }
}
