//! Encrypted tokens (RFC 7516, RFC 7518): ECDH-ES, RSA-OAEP and RSA-OAEP-256 with A256GCM, as FranceConnect+ sends them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, UnparsedPublicKey};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Refused;
use crate::settings::SettingsError;

const KEY_BITS: u32 = 256;
const TAG_BYTES: usize = 16;
const COORDINATE_BYTES: usize = 32;

/// Our key, which the provider encrypts tokens for.
pub struct DecryptionKey(Kind);

enum Kind {
    Agreement(agreement::PrivateKey),
    Rsa(OaepPrivateDecryptingKey),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default)]
    epk: Option<EphemeralKey>,
    #[serde(default)]
    apu: String,
    #[serde(default)]
    apv: String,
    #[serde(default)]
    zip: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct EphemeralKey {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

impl DecryptionKey {
    /// A private key of P-256 or RSA in PEM (PKCS #8).
    ///
    /// # Errors
    /// When the text holds neither.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SettingsError> {
        let refused =
            SettingsError("decryption_key", "must be a private key of P-256 or RSA in PEM (PKCS #8)");
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| refused)?;
        let der = der.secret_der();
        let rsa = || {
            PrivateDecryptingKey::from_pkcs8(der).ok().and_then(|key| OaepPrivateDecryptingKey::new(key).ok())
        };
        let kind = agreement::PrivateKey::from_private_key_der(&ECDH_P256, der)
            .ok()
            .map(Kind::Agreement)
            .or_else(|| rsa().map(Kind::Rsa));
        kind.map(Self).ok_or(refused)
    }

    /// What is inside of a token in the compact form: a signed token.
    ///
    /// # Errors
    /// When it is not encrypted for this key in one of the ways that are taken.
    pub fn open(&self, token: &str) -> Result<String, Refused> {
        let parts: Vec<_> = token.split('.').collect();
        let [protected, encrypted_key, iv, ciphertext, tag] = parts[..] else {
            return Err(Refused::NotEncrypted);
        };
        let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| Refused::Encryption)?;
        if header.enc != "A256GCM" || header.zip.is_some() || header.crit.is_some() {
            return Err(Refused::Encryption);
        }
        let key = self.content_key(&header, &decode(encrypted_key)?)?;
        let nonce = Nonce::try_assume_unique_for_key(&decode(iv)?).map_err(|_| Refused::Undecryptable)?;
        let mut body = decode(ciphertext)?;
        let tag = decode(tag)?;
        if tag.len() != TAG_BYTES {
            return Err(Refused::Undecryptable);
        }
        body.extend(tag);
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Refused::Undecryptable)?;
        let plain = LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(protected.as_bytes()), &mut body)
            .map_err(|_| Refused::Undecryptable)?;
        String::from_utf8(plain.to_vec()).map_err(|_| Refused::Undecryptable)
    }

    fn content_key(&self, header: &Header, encrypted: &[u8]) -> Result<Vec<u8>, Refused> {
        match (&self.0, header.alg.as_str()) {
            (Kind::Agreement(own), "ECDH-ES") if encrypted.is_empty() => agree(own, header),
            (Kind::Rsa(own), "RSA-OAEP" | "RSA-OAEP-256") => {
                let oaep =
                    if header.alg == "RSA-OAEP" { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
                let mut room = vec![0; own.min_output_size()];
                let key = own.decrypt(oaep, encrypted, &mut room, None);
                Ok(key.map_err(|_| Refused::Undecryptable)?.to_vec())
            }
            _ => Err(Refused::Encryption),
        }
    }
}

/// Direct key agreement (RFC 7518, section 4.6). The library refuses a point that is not on the curve.
fn agree(own: &agreement::PrivateKey, header: &Header) -> Result<Vec<u8>, Refused> {
    let epk = header.epk.as_ref().filter(|key| key.kty == "EC" && key.crv == "P-256");
    let epk = epk.ok_or(Refused::Encryption)?;
    let (x, y) = (decode(&epk.x)?, decode(&epk.y)?);
    if x.len() != COORDINATE_BYTES || y.len() != COORDINATE_BYTES {
        return Err(Refused::Encryption);
    }
    let point = UnparsedPublicKey::new(&ECDH_P256, [&[4], &x[..], &y].concat());
    let parties = (decode(&header.apu)?, decode(&header.apv)?);
    agreement::agree(own, point, Refused::Undecryptable, |shared| {
        Ok(concat_kdf(shared, header.enc.as_bytes(), &parties.0, &parties.1))
    })
}

/// One round of the Concat KDF (NIST SP 800-56A, section 5.8.1) gives the 256 bits that are needed.
pub(crate) fn concat_kdf(shared: &[u8], algorithm: &[u8], apu: &[u8], apv: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&1_u32.to_be_bytes());
    context.update(shared);
    for part in [algorithm, apu, apv] {
        context.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        context.update(part);
    }
    context.update(&KEY_BITS.to_be_bytes());
    context.finish().as_ref().to_vec()
}

fn decode(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Encryption)
}
