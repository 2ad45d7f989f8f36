//! Public keys of credentials: COSE_Key (RFC 9052, section 7) of three algorithms.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use cbor4ii::core::Value;

use crate::{Refused, cbor};

/// COSE algorithms, in the order in which they are asked for.
pub const ES256: i64 = -7;
pub const EDDSA: i64 = -8;
pub const RS256: i64 = -257;

/// Labels of a COSE_Key.
const KTY: i128 = 1;
const ALG: i128 = 3;
/// Curve; of an RSA key, its modulus.
const CRV_OR_N: i128 = -1;
/// The x coordinate; of an RSA key, its exponent.
const X_OR_E: i128 = -2;
const Y: i128 = -3;

const OKP: i128 = 1;
const EC2: i128 = 2;
const RSA: i128 = 3;
const P256: i128 = 1;
const ED25519_CURVE: i128 = 6;
const COORDINATE: usize = 32;
/// The bytes of a modulus: 2,048 to 8,192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
const LONGEST_EXPONENT: usize = 8;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A point on P-256, not compressed.
    Es256(Vec<u8>),
    /// A point on Curve25519.
    EdDsa(Vec<u8>),
    /// Modulus and exponent.
    Rs256 { n: Vec<u8>, e: Vec<u8> },
}

impl Key {
    /// The key at the beginning of `bytes`, and what comes after it.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Refused> {
        let (value, rest) = cbor::read(bytes)?;
        Ok((Self::of(&value)?, rest))
    }

    /// The key as it was stored.
    pub fn stored(bytes: &[u8]) -> Result<Self, Refused> {
        match Self::read(bytes)? {
            (key, []) => Ok(key),
            _ => Err(Refused::Malformed),
        }
    }

    fn of(value: &Value) -> Result<Self, Refused> {
        let fields = Fields::of(value)?;
        match (fields.number(KTY)?, fields.number(ALG)?) {
            (EC2, alg) if alg == i128::from(ES256) && fields.number(CRV_OR_N)? == P256 => {
                let (x, y) = (fields.coordinate(X_OR_E)?, fields.coordinate(Y)?);
                let point = [&[4], x, y].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &point).map_err(|_| Refused::Key)?;
                Ok(Self::Es256(point))
            }
            (OKP, alg) if alg == i128::from(EDDSA) && fields.number(CRV_OR_N)? == ED25519_CURVE => {
                let x = fields.coordinate(X_OR_E)?;
                ParsedPublicKey::new(&ED25519, x).map_err(|_| Refused::Key)?;
                Ok(Self::EdDsa(x.to_vec()))
            }
            (RSA, alg) if alg == i128::from(RS256) => {
                let (n, e) = (fields.bytes(CRV_OR_N)?, fields.bytes(X_OR_E)?);
                let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
                let good = MODULUS.contains(&n.len())
                    && n.first() != Some(&0)
                    && e.len() <= LONGEST_EXPONENT
                    && odd(n)
                    && odd(e)
                    && e != [1];
                if good { Ok(Self::Rs256 { n: n.to_vec(), e: e.to_vec() }) } else { Err(Refused::Key) }
            }
            _ => Err(Refused::Key),
        }
    }

    /// The COSE number of its algorithm.
    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::EdDsa(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    /// Whether it signed the message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Self::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.map_err(|_| Refused::Signature)
    }
}

/// The fields of a key by their labels, each once.
struct Fields<'a>(Vec<(i128, &'a Value)>);

impl<'a> Fields<'a> {
    fn of(value: &'a Value) -> Result<Self, Refused> {
        let pairs = cbor::map(value).ok_or(Refused::Malformed)?;
        let mut fields = Vec::with_capacity(pairs.len());
        for (label, value) in pairs {
            let label = cbor::number(label).ok_or(Refused::Malformed)?;
            if fields.iter().any(|(known, _)| *known == label) {
                return Err(Refused::Malformed);
            }
            fields.push((label, value));
        }
        Ok(Self(fields))
    }

    fn get(&self, label: i128) -> Result<&'a Value, Refused> {
        self.0.iter().find(|(known, _)| *known == label).map(|(_, value)| *value).ok_or(Refused::Key)
    }

    fn number(&self, label: i128) -> Result<i128, Refused> {
        cbor::number(self.get(label)?).ok_or(Refused::Key)
    }

    fn bytes(&self, label: i128) -> Result<&'a [u8], Refused> {
        cbor::bytes(self.get(label)?).ok_or(Refused::Key)
    }

    fn coordinate(&self, label: i128) -> Result<&'a [u8], Refused> {
        self.bytes(label)
            .and_then(|bytes| if bytes.len() == COORDINATE { Ok(bytes) } else { Err(Refused::Key) })
    }
}
