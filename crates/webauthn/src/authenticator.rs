//! What an authenticator says (section 6.1), and the attestation object that it comes in when it registers (section 6.5.4).

use cbor4ii::core::Value;

use crate::key::Key;
use crate::{Refused, cbor};

const HASH: usize = 32;
const AAGUID: usize = 16;
/// The longest id of a credential.
pub const LONGEST_ID: usize = 1023;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

/// Authenticator data.
#[derive(Debug)]
pub struct AuthenticatorData<'a> {
    /// The SHA-256 of the domain.
    pub domain_hash: &'a [u8],
    flags: u8,
    /// How often it has signed; 0 where it does not count.
    pub sign_count: u32,
    /// The credential, when it registers.
    pub attested: Option<Attested<'a>>,
}

/// A credential that is being registered.
#[derive(Debug)]
pub struct Attested<'a> {
    /// Its id.
    pub id: &'a [u8],
    /// Its key.
    pub key: Key,
    /// The same as COSE.
    pub key_bytes: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (domain_hash, rest) = split(bytes, HASH)?;
        let (flags, rest) = rest.split_first().ok_or(Refused::Malformed)?;
        let (count, mut rest) = rest.split_first_chunk().ok_or(Refused::Malformed)?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (credential, after) = Attested::read(rest)?;
            (attested, rest) = (Some(credential), after);
        }
        if flags & EXTENDED != 0 {
            let (extensions, after) = cbor::read(rest)?;
            cbor::map(&extensions).ok_or(Refused::Malformed)?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(Refused::Malformed);
        }
        Ok(Self { domain_hash, flags: *flags, sign_count: u32::from_be_bytes(*count), attested })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether somebody was there.
    pub fn present(&self) -> bool {
        self.has(PRESENT)
    }

    /// Whether they were verified.
    pub fn verified(&self) -> bool {
        self.has(VERIFIED)
    }

    /// Whether the credential may be copied to other devices of its owner; an error when it is copied and may not be.
    pub fn backup_eligible(&self) -> Result<bool, Refused> {
        match (self.has(BACKUP_ELIGIBLE), self.has(BACKED_UP)) {
            (false, true) => Err(Refused::Backup),
            (eligible, _) => Ok(eligible),
        }
    }
}

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refused> {
        let (_, rest) = split(bytes, AAGUID)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Refused::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > LONGEST_ID {
            return Err(Refused::Malformed);
        }
        let (id, rest) = split(rest, length)?;
        let (key, after) = Key::read(rest)?;
        let key_bytes = &rest[..rest.len() - after.len()];
        Ok((Self { id, key, key_bytes }, after))
    }
}

/// An attestation object: its format, its statement, and the authenticator data.
#[derive(Debug)]
pub struct AttestationObject {
    format: String,
    statement: Vec<(Value, Value)>,
    /// The authenticator data.
    pub authenticator_data: Vec<u8>,
}

impl AttestationObject {
    /// Reads all of it.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let (Value::Map(object), []) = cbor::read(bytes)? else { return Err(Refused::Malformed) };
        let (mut format, mut statement, mut authenticator_data) = (None, None, None);
        for (name, value) in object {
            match (cbor::text(&name), value) {
                (Some("fmt"), Value::Text(text)) if format.is_none() => format = Some(text),
                (Some("attStmt"), Value::Map(fields)) if statement.is_none() => statement = Some(fields),
                (Some("authData"), Value::Bytes(bytes)) if authenticator_data.is_none() => {
                    authenticator_data = Some(bytes);
                }
                _ => return Err(Refused::Malformed),
            }
        }
        Ok(Self {
            format: format.ok_or(Refused::Malformed)?,
            statement: statement.ok_or(Refused::Malformed)?,
            authenticator_data: authenticator_data.ok_or(Refused::Malformed)?,
        })
    }

    /// No attestation was asked for. Browsers then take it out, but for one that the key makes of itself ("packed" without
    /// certificates, section 8.2), which has to be right.
    pub fn check(&self, key: &Key, signed: &[u8]) -> Result<(), Refused> {
        let of = |name: &str| self.statement.iter().find(|(known, _)| cbor::text(known) == Some(name));
        match (self.format.as_str(), self.statement.len()) {
            ("none", 0) => Ok(()),
            ("packed", 2) => {
                let algorithm = of("alg").and_then(|(_, value)| cbor::number(value));
                let signature = of("sig").and_then(|(_, value)| cbor::bytes(value));
                let (Some(algorithm), Some(signature)) = (algorithm, signature) else {
                    return Err(Refused::Attestation);
                };
                if algorithm != i128::from(key.algorithm()) {
                    return Err(Refused::Attestation);
                }
                key.verify(signed, signature).map_err(|_| Refused::Attestation)
            }
            _ => Err(Refused::Attestation),
        }
    }
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), Refused> {
    bytes.split_at_checked(at).ok_or(Refused::Malformed)
}
