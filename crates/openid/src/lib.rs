//! Sign-in at OpenID Connect providers by the authorization code flow, made for FranceConnect v2.
//!
//! What decides is pure and has no I/O: [`discovery`], [`request`], [`answer`], [`jws`], [`jwe`], [`claims`]. [`client`] does the
//! few HTTP calls around it. `docs/openid.md` lists every check with its section of the specification and its test.
//!
//! Nothing here is stored and nothing is logged: what a provider says of a person goes to the caller and is gone.

pub mod answer;
pub mod circuit;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod error;
pub mod jwe;
pub mod jws;
pub mod request;
pub mod settings;

pub use client::{Client, Vouched};
pub use error::{Denial, Error, Refused};
pub use request::{Ask, Attempt};
pub use settings::{Authentication, Settings, SettingsError};
