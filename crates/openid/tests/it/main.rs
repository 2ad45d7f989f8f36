//! Sign-in against attackers, liars, and a certified provider. `docs/openid.md` says which test is for which check.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod browser;
mod certified;
mod discovery;
mod double;
mod encrypted;
mod tokens;
mod userinfo;
mod world;
