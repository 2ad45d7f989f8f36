//! What a browser answers, and whether it is believed.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::authenticator::{AttestationObject, AuthenticatorData, LONGEST_ID};
use crate::key::Key;
use crate::{Refused, Site};

/// `PublicKeyCredential.toJSON()`, as far as it is read.
#[derive(Deserialize)]
struct Credential<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    object: String,
}

#[derive(Deserialize)]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
    #[serde(rename = "userHandle", default)]
    user_handle: Option<String>,
}

/// What the browser adds and the authenticator signs with it (section 5.8.1).
#[derive(Deserialize)]
struct Client {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

/// The client data with the bytes that were signed.
struct ClientData {
    bytes: Vec<u8>,
    client: Client,
    challenge: Vec<u8>,
}

impl ClientData {
    fn read(text: &str) -> Result<Self, Refused> {
        let bytes = decode(text)?;
        let client: Client = serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed)?;
        let challenge = decode(&client.challenge)?;
        Ok(Self { bytes, client, challenge })
    }

    fn check(&self, kind: &str, site: &Site, challenge: &[u8]) -> Result<(), Refused> {
        if self.client.kind != kind {
            return Err(Refused::Type);
        }
        if self.challenge != challenge {
            return Err(Refused::Challenge);
        }
        let framed = self.client.cross_origin || self.client.top_origin.is_some();
        if self.client.origin != site.origin() || framed {
            return Err(Refused::Origin);
        }
        Ok(())
    }

    /// What is signed: the authenticator data, and the hash of this.
    fn signed(&self, authenticator_data: &[u8]) -> Vec<u8> {
        [authenticator_data, digest(&SHA256, &self.bytes).as_ref()].concat()
    }
}

/// What both answers say of the person: where, there, and verified.
fn check_person(data: &AuthenticatorData<'_>, site: &Site) -> Result<bool, Refused> {
    if data.domain_hash != digest(&SHA256, site.domain().as_bytes()).as_ref() {
        return Err(Refused::Domain);
    }
    if !data.present() {
        return Err(Refused::Presence);
    }
    if !data.verified() {
        return Err(Refused::Verification);
    }
    data.backup_eligible()
}

/// A credential as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub credential_id: Vec<u8>,
    /// Its public key, a COSE_Key.
    pub public_key: Vec<u8>,
    /// How often it has signed; 0 where it does not count.
    pub sign_count: u32,
    /// Whether its owner may have copies of it.
    pub backup_eligible: bool,
}

/// The answer of `navigator.credentials.create`. It is not believed before [`Registration::verify`].
pub struct Registration {
    credential_id: Vec<u8>,
    client_data: ClientData,
    object: AttestationObject,
}

impl Registration {
    /// Reads a `RegistrationResponseJSON`.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn read(json: &str) -> Result<Self, Refused> {
        let (credential_id, response) = read::<AttestationResponse>(json)?;
        let client_data = ClientData::read(&response.client_data)?;
        let object = AttestationObject::read(&decode(&response.object)?)?;
        Ok(Self { credential_id, client_data, object })
    }

    /// The challenge that it says to answer.
    #[must_use]
    pub fn challenge(&self) -> &[u8] {
        &self.client_data.challenge
    }

    /// The credential, once every check is passed.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(&self, site: &Site, challenge: &[u8]) -> Result<Registered, Refused> {
        self.client_data.check("webauthn.create", site, challenge)?;
        let bytes = &self.object.authenticator_data;
        let data = AuthenticatorData::read(bytes)?;
        let backup_eligible = check_person(&data, site)?;
        let attested = data.attested.as_ref().ok_or(Refused::Malformed)?;
        if attested.id != self.credential_id {
            return Err(Refused::Credential);
        }
        self.object.check(&attested.key, &self.client_data.signed(bytes))?;
        Ok(Registered {
            credential_id: attested.id.to_vec(),
            public_key: attested.key_bytes.to_vec(),
            sign_count: data.sign_count,
            backup_eligible,
        })
    }
}

/// A credential that an answer is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its id.
    pub credential_id: &'a [u8],
    /// Its public key, a COSE_Key.
    pub public_key: &'a [u8],
    /// How often it had signed.
    pub sign_count: u32,
    /// Whether its owner may have copies of it.
    pub backup_eligible: bool,
    /// Whose it is, as the authenticator was told.
    pub user_handle: &'a [u8],
}

/// The answer of `navigator.credentials.get`. It is not believed before [`Assertion::verify`].
pub struct Assertion {
    credential_id: Vec<u8>,
    client_data: ClientData,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Option<Vec<u8>>,
}

impl Assertion {
    /// Reads an `AuthenticationResponseJSON`.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn read(json: &str) -> Result<Self, Refused> {
        let (credential_id, response) = read::<AssertionResponse>(json)?;
        let handle = response.user_handle.as_deref().filter(|handle| !handle.is_empty());
        Ok(Self {
            credential_id,
            client_data: ClientData::read(&response.client_data)?,
            authenticator_data: decode(&response.authenticator_data)?,
            signature: decode(&response.signature)?,
            user_handle: handle.map(decode).transpose()?,
        })
    }

    /// The credential that it says to be of.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The challenge that it says to answer.
    #[must_use]
    pub fn challenge(&self) -> &[u8] {
        &self.client_data.challenge
    }

    /// How often the credential has signed now, once every check is passed.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(&self, site: &Site, challenge: &[u8], known: &Known<'_>) -> Result<u32, Refused> {
        if self.credential_id != known.credential_id {
            return Err(Refused::Credential);
        }
        if self.user_handle.as_ref().is_some_and(|handle| handle != known.user_handle) {
            return Err(Refused::User);
        }
        self.client_data.check("webauthn.get", site, challenge)?;
        let data = AuthenticatorData::read(&self.authenticator_data)?;
        if data.attested.is_some() {
            return Err(Refused::Malformed);
        }
        if check_person(&data, site)? != known.backup_eligible {
            return Err(Refused::Backup);
        }
        let signed = self.client_data.signed(&self.authenticator_data);
        Key::stored(known.public_key)?.verify(&signed, &self.signature)?;
        let counts = data.sign_count > 0 || known.sign_count > 0;
        if counts && data.sign_count <= known.sign_count {
            return Err(Refused::Counter);
        }
        Ok(data.sign_count)
    }
}

/// The id of the credential, and the response.
fn read<'a, R: Deserialize<'a>>(json: &'a str) -> Result<(Vec<u8>, R), Refused> {
    let credential: Credential<R> = serde_json::from_str(json).map_err(|_| Refused::Malformed)?;
    let id = decode(&credential.raw_id)?;
    let good = credential.kind == "public-key"
        && credential.id == credential.raw_id
        && (1..=LONGEST_ID).contains(&id.len());
    if good { Ok((id, credential.response)) } else { Err(Refused::Malformed) }
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}
