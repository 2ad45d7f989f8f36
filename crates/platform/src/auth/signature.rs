//! The Ed25519 signatures of tokens, checked one by one or many at once.
//!
//! One check of [`all`] for many signatures is the batch verification of Bernstein, Duif, Lange, Schwabe and Yang,
//! "High-speed high-security signatures" (2012), section 5: with random numbers z of 128 bits, the sum of
//! z·(s·B − k·A − R) over all signatures is zero, save with a chance of 2⁻¹²⁸, only if each of them is. Nearly all
//! signatures of a batch are of one key, so that B and A are in the sum once and not once a signature.
//!
//! Batch and single verification disagree only on signatures with small-order components, which only the key's holder can
//! make.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA512};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_core::random;
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use jsonwebtoken::{Algorithm, DecodingKey};

/// Below this number, verifying one by one is faster.
const FEW: usize = 4;

/// A public key of identity.
pub struct PublicKey {
    /// The key as the token library takes it.
    pub decoding: DecodingKey,
    bytes: [u8; 32],
    point: EdwardsPoint,
}

impl PublicKey {
    /// The key whose `x` a JSON Web Key has: 32 bytes, base64url. Nothing when it is not one.
    #[must_use]
    pub fn from_x(x: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(x).ok()?.try_into().ok()?;
        let point = CompressedEdwardsY(bytes).decompress()?;
        Some(Self { decoding: DecodingKey::from_ed_components(x).ok()?, bytes, point })
    }
}

/// The signature of a token, not checked yet. Its `Debug` shows nothing: a token is a secret.
#[derive(Clone)]
pub struct Signature {
    key: Arc<PublicKey>,
    token: String,
    /// Where the signed part of the token ends.
    signed: usize,
    /// The curve point R and the scalar s.
    parts: Option<([u8; 32], Scalar)>,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl Signature {
    /// The signature of a JSON Web Token, by `key`.
    #[must_use]
    pub fn of(token: String, key: Arc<PublicKey>) -> Self {
        let signed = token.rfind('.').unwrap_or(0);
        let parts = token.get(signed + 1..).and_then(|text| {
            let mut bytes = [0; 64];
            let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
            let (r, s) = bytes.split_first_chunk::<32>()?;
            let s = Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
            (length == 64).then_some((*r, s))
        });
        Self { key, token, signed, parts }
    }

    /// Whether it is the key's signature of the token.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let (message, signature) = self.token.split_at(self.signed);
        let signature = signature.strip_prefix('.').unwrap_or_default();
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key.decoding, Algorithm::EdDSA)
            .unwrap_or(false)
    }

    /// SHA-512(R ‖ A ‖ message) as a scalar.
    fn challenge(&self, r: &[u8; 32]) -> Option<Scalar> {
        let mut context = Context::new(&SHA512);
        context.update(r);
        context.update(&self.key.bytes);
        context.update(&self.token.as_bytes()[..self.signed]);
        Some(Scalar::from_bytes_mod_order_wide(context.finish().as_ref().try_into().ok()?))
    }
}

/// Which of these signatures are valid, at the same places.
#[must_use]
pub fn all(signatures: &[&Signature]) -> Vec<bool> {
    let mut valid = vec![false; signatures.len()];
    let mut places: Vec<usize> = (0..signatures.len()).collect();
    places.sort_by_key(|place| Arc::as_ptr(&signatures[*place].key));
    for same_key in places.chunk_by(|one, other| Arc::ptr_eq(&signatures[*one].key, &signatures[*other].key))
    {
        check(signatures, same_key, &mut valid);
    }
    valid
}

/// Checks the signatures at `places`. When the batch fails, its halves are checked separately.
fn check(signatures: &[&Signature], places: &[usize], valid: &mut [bool]) {
    if places.len() < FEW {
        for place in places {
            valid[*place] = signatures[*place].is_valid();
        }
    } else if at_once(places.iter().map(|place| signatures[*place])) == Some(true) {
        for place in places {
            valid[*place] = true;
        }
    } else {
        let (one, other) = places.split_at(places.len() / 2);
        check(signatures, one, valid);
        check(signatures, other, valid);
    }
}

/// Whether all these signatures, of one key, are valid; nothing when one of them is not even a signature.
fn at_once<'s>(signatures: impl ExactSizeIterator<Item = &'s Signature>) -> Option<bool> {
    let mut scalars = Vec::with_capacity(signatures.len() + 2);
    let mut points = Vec::with_capacity(signatures.len() + 2);
    let (mut base, mut own, mut key) = (Scalar::ZERO, Scalar::ZERO, None);
    // One system call for all weights.
    let mut weights = vec![[0; 16]; signatures.len()];
    random::fill(weights.as_flattened_mut());
    for (signature, weight) in signatures.zip(weights) {
        let (r, s) = signature.parts.as_ref()?;
        let weight = Scalar::from(u128::from_le_bytes(weight));
        base += weight * s;
        own += weight * signature.challenge(r)?;
        key = Some(signature.key.point);
        scalars.push(weight);
        points.push(CompressedEdwardsY(*r).decompress()?);
    }
    scalars.extend([own, -base]);
    points.extend([key?, ED25519_BASEPOINT_POINT]);
    Some(EdwardsPoint::vartime_multiscalar_mul(&scalars, &points).is_identity())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use proptest::prelude::*;

    use super::*;

    fn signer(seed: u8) -> (Ed25519KeyPair, Arc<PublicKey>) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let key = PublicKey::from_x(&URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())).unwrap();
        (pair, Arc::new(key))
    }

    fn token(pair: &Ed25519KeyPair, message: &str) -> String {
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()).as_ref()))
    }

    /// The ways in which a token can be wrong.
    #[derive(Clone, Copy, Debug)]
    enum Flaw {
        None,
        Message,
        Point,
        Scalar,
        OtherSigner,
        ScalarNotReduced,
        Short,
        NotBase64,
        NoSignature,
    }

    fn flawed(flaw: Flaw, number: usize, pairs: &[(Ed25519KeyPair, Arc<PublicKey>)]) -> Signature {
        let (pair, key) = &pairs[number % pairs.len()];
        let good = token(pair, &format!("head.claims{number}"));
        let (message, signature) = good.rsplit_once('.').unwrap();
        let changed = |change: fn(&mut Vec<u8>)| {
            let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
            change(&mut bytes);
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
        };
        let text = match flaw {
            Flaw::None => good.clone(),
            Flaw::Message => good.replace("claims", "claimz"),
            Flaw::Point => changed(|bytes| bytes[3] ^= 1),
            Flaw::Scalar => changed(|bytes| bytes[40] ^= 1),
            Flaw::OtherSigner => token(&pairs[(number + 1) % pairs.len()].0, message),
            // The order of the group added to s: the same point, and forbidden by RFC 8032, 5.1.7.
            Flaw::ScalarNotReduced => changed(|bytes| {
                let order: [u8; 32] = [
                    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
                    0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
                ];
                let mut carry = 0_u16;
                for (byte, add) in bytes[32..].iter_mut().zip(order) {
                    let sum = u16::from(*byte) + u16::from(add) + carry;
                    *byte = sum.to_le_bytes()[0];
                    carry = sum >> 8;
                }
            }),
            Flaw::Short => changed(|bytes| bytes.truncate(63)),
            Flaw::NotBase64 => format!("{message}.{}", signature.replace(&signature[..2], "!!")),
            Flaw::NoSignature => message.replace('.', ""),
        };
        Signature::of(text, key.clone())
    }

    fn flaw() -> impl Strategy<Value = Flaw> {
        prop_oneof![
            20 => Just(Flaw::None),
            1 => Just(Flaw::Message),
            1 => Just(Flaw::Point),
            1 => Just(Flaw::Scalar),
            1 => Just(Flaw::OtherSigner),
            1 => Just(Flaw::ScalarNotReduced),
            1 => Just(Flaw::Short),
            1 => Just(Flaw::NotBase64),
            1 => Just(Flaw::NoSignature),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn many_at_once_are_judged_as_one_by_one(flaws in proptest::collection::vec(flaw(), 0..40), keys in 2..4_u8) {
            let pairs: Vec<_> = (0..keys).map(signer).collect();
            let signatures: Vec<_> =
                flaws.iter().enumerate().map(|(number, flaw)| flawed(*flaw, number, &pairs)).collect();
            let judged = all(&signatures.iter().collect::<Vec<_>>());
            for (place, signature) in signatures.iter().enumerate() {
                prop_assert_eq!(judged[place], matches!(flaws[place], Flaw::None), "{:?} at {}", flaws[place], place);
                prop_assert_eq!(judged[place], signature.is_valid(), "{:?} at {}", flaws[place], place);
            }
        }
    }

    #[test]
    fn a_batch_of_good_signatures_needs_one_check() {
        let pairs = [signer(1)];
        let signatures: Vec<_> = (0..500).map(|number| flawed(Flaw::None, number, &pairs)).collect();
        assert_eq!(at_once(signatures.iter()), Some(true));
        assert!(all(&signatures.iter().collect::<Vec<_>>()).into_iter().all(|valid| valid));
        assert!(all(&[]).is_empty());
    }
}
