//! What a provider says of itself (OpenID Connect Discovery 1.0).

use reqwest::Url;
use serde::Deserialize;

use crate::error::Refused;
use crate::settings::{Settings, address};

/// The discovery document of a provider, checked.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Where a browser signs in.
    pub authorization_endpoint: Url,
    /// Where a code is redeemed.
    pub token_endpoint: Url,
    /// Where claims are.
    pub userinfo_endpoint: Option<Url>,
    /// Where the keys are.
    pub jwks_uri: Url,
    /// Where a browser signs out.
    pub end_session_endpoint: Option<Url>,
    /// Whether answers to the browser name the issuer (RFC 9207).
    pub response_iss: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Where the document of an issuer is (section 4).
#[must_use]
pub fn location(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Metadata {
    /// Reads a discovery document.
    ///
    /// # Errors
    /// When it is another issuer's, or names no safe endpoints, or does not have what is configured.
    pub fn read(document: &[u8], settings: &Settings) -> Result<Self, Refused> {
        let document: Document = serde_json::from_slice(document).map_err(|_| Refused::DiscoveryMalformed)?;
        if document.issuer != settings.issuer {
            return Err(Refused::DiscoveryIssuer);
        }
        let methods = &document.token_endpoint_auth_methods_supported;
        let s256 = &document.code_challenge_methods_supported;
        let supported = document.response_types_supported.iter().any(|kind| kind == "code")
            && has(methods.as_deref(), settings.authentication.name())
            && (!settings.pkce || has(s256.as_deref(), "S256"));
        if !supported {
            return Err(Refused::Unsupported);
        }
        let endpoint = |text: &str| address(text).ok_or(Refused::EndpointInsecure);
        Ok(Self {
            authorization_endpoint: endpoint(&document.authorization_endpoint)?,
            token_endpoint: endpoint(&document.token_endpoint)?,
            userinfo_endpoint: document.userinfo_endpoint.as_deref().map(endpoint).transpose()?,
            jwks_uri: endpoint(&document.jwks_uri)?,
            end_session_endpoint: document.end_session_endpoint.as_deref().map(endpoint).transpose()?,
            response_iss: document.authorization_response_iss_parameter_supported,
        })
    }
}

/// Whether a list that a provider need not give has this name.
fn has(list: Option<&[String]>, name: &str) -> bool {
    list.is_none_or(|names| names.iter().any(|known| known == name))
}
