//! Casts, signed and encoded before a run.
//!
//! Signing in and opening a poll for hundreds of thousands of voters would take longer than the run, and is not what is
//! measured. So permits are signed in bulk with the very key that identity signs with, read from its database with the
//! data key of the private installation. Voting cannot tell them from others.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use comitia_core::Clock;
use comitia_identity::domain::secrets::DataKeys;
use comitia_identity::domain::tokens::SigningKey;
use comitia_platform::auth::{ISSUER, PermitClaims};
use comitia_proto::voting::v1::{Ballot, CastBallotRequest, Choice};
use comitia_testkit::Installation;
use rayon::prelude::*;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::city::{district, option};
use crate::load::{batch, grpc, http};

/// How identity says that a sealed value is a signing key.
const PRIVATE_KEY: &str = "signing_keys.private_key";
/// How long permits are good for, in seconds.
const LIFETIME: i64 = 3600;

/// The door that casts go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// HTTP/JSON at the gateway.
    Http,
    /// gRPC straight to voting, a call for each.
    Grpc,
    /// gRPC straight to voting as gateways call it: casts that come together go in one call.
    Batch,
}

/// What can be cast in a poll.
#[derive(Clone, Copy, Debug)]
pub struct Ballots {
    /// How many options the poll has.
    pub options: usize,
    /// How many of them a ballot approves.
    pub choices: usize,
}

/// Makes casts.
pub struct Caster {
    key: SigningKey,
    host: String,
    organization: Uuid,
}

impl Caster {
    /// One that signs as identity does in this installation, for an organization and its host name.
    ///
    /// # Errors
    /// When identity has no key, or it cannot be opened.
    pub async fn new(pool: &PgPool, host: &str, organization: Uuid) -> anyhow::Result<Self> {
        let (kid, sealed): (String, Vec<u8>) = sqlx::query_as(
            "SELECT kid, private_key FROM identity.signing_keys WHERE retire_time IS NULL ORDER BY create_time DESC LIMIT 1",
        )
        .fetch_one(pool)
        .await
        .context("identity's signing key")?;
        let opened = DataKeys::new(&Installation::KEY.into(), &[])?.open(PRIVATE_KEY, &sealed)?;
        Ok(Self { key: SigningKey::new(kid, &opened), host: host.to_owned(), organization })
    }

    /// `count` casts of as many voters, evenly over `polls`.
    ///
    /// # Errors
    /// When signing fails.
    pub fn casts(
        &self,
        door: Door,
        polls: &[Uuid],
        ballots: Ballots,
        count: usize,
    ) -> anyhow::Result<Vec<Bytes>> {
        (0..count)
            .into_par_iter()
            .map(|voter| {
                let poll = polls[voter % polls.len()];
                let nullifier = comitia_core::random::bytes::<32>();
                let permit = self.permit(poll, &nullifier, district(voter / polls.len()))?;
                Ok(match door {
                    Door::Http => self.over_http(poll, &permit, ballots, voter),
                    Door::Grpc => grpc::frame(&request(poll, permit, ballots, voter)),
                    Door::Batch => {
                        batch::part(self.organization.to_string(), request(poll, permit, ballots, voter))
                    }
                })
            })
            .collect()
    }

    /// The permit of a voter.
    ///
    /// # Errors
    /// When signing fails.
    pub fn permit(&self, poll: Uuid, nullifier: &[u8; 32], district: String) -> anyhow::Result<String> {
        let claims = PermitClaims {
            iss: ISSUER.to_owned(),
            poll,
            nul: URL_SAFE_NO_PAD.encode(nullifier),
            dis: district,
            paper: false,
            desk: false,
            exp: Clock::system().now().timestamp() + LIFETIME,
        };
        Ok(self.key.permit(&claims)?)
    }

    /// A cast over HTTP with this permit; another one each time, because its secret is.
    pub fn over_http(&self, poll: Uuid, permit: &str, ballots: Ballots, voter: usize) -> Bytes {
        let choices: Vec<_> = ballots.of(voter).map(|id| json!({"optionId": id})).collect();
        let secret = STANDARD.encode(comitia_core::random::bytes::<16>());
        let body =
            json!({"permit": permit, "ballot": {"choices": choices}, "castSecret": secret}).to_string();
        http::post(&self.host, &format!("/v1/polls/{poll}/ballots"), &body)
    }
}

fn request(poll: Uuid, permit: String, ballots: Ballots, voter: usize) -> CastBallotRequest {
    let choices = ballots.of(voter).map(|option_id| Choice { option_id, points: 0 }).collect();
    let ballot = Some(Ballot { choices });
    let cast_secret = comitia_core::random::bytes::<16>().to_vec();
    CastBallotRequest { poll_id: poll.to_string(), permit, ballot, cast_secret }
}

impl Ballots {
    /// The options that a voter approves: different ones, and other ones than the next voter.
    fn of(self, voter: usize) -> impl Iterator<Item = String> {
        // Steps of 7 meet every option before one twice, unless there are a multiple of 7 of them.
        debug_assert!(self.options == 1 || !self.options.is_multiple_of(7));
        (0..self.choices).map(move |place| option((voter + place * 7) % self.options))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_ballot_approves_different_options() {
        let ballots = Ballots { options: 50, choices: 10 };
        for voter in 0..200 {
            assert_eq!(ballots.of(voter).collect::<HashSet<_>>().len(), 10);
        }
        assert_ne!(ballots.of(0).collect::<Vec<_>>(), ballots.of(1).collect::<Vec<_>>());
    }
}
