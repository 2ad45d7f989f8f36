//! Permits: signed statements that their bearer may act once in one poll.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use comitia_platform::auth::{Caller, ISSUER, PermitClaims};
use comitia_proto::identity::v1::PaperPermit;
use uuid::Uuid;

use crate::app::App;
use crate::app::participants::faults::Fault;
use crate::domain::changes;
use crate::domain::eligibility::{self, Basis, Ineligible, Poll, Voter};
use crate::domain::secrets;
use crate::error::Error;
use crate::store::sessions::SessionMember;
use crate::store::{members, participants, polls, sessions};

/// The associated data of sealed poll keys and birth dates.
pub(crate) const POLL_KEY: &str = "polls.poll_key";
pub(crate) const BIRTH_DATE: &str = "members.birth_date";

/// A poll with its key, opened.
pub struct OpenedPoll {
    pub(crate) poll: Poll,
    key: Vec<u8>,
    /// Whether nobody acts in it until it is resumed.
    paused: bool,
}

/// Polls with their keys. Short-lived, so that an early close is seen; voting refuses what comes late anyway.
pub type PollCache = moka::future::Cache<Uuid, Arc<OpenedPoll>>;

/// A cache for the polls that are voted in now.
#[must_use]
pub fn poll_cache() -> PollCache {
    moka::future::Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(5)).build()
}

/// A permit, when it expires, and the district that the ballot will count in.
pub struct Issued {
    /// The permit.
    pub permit: String,
    /// When it expires.
    pub expire_time: DateTime<Utc>,
    /// The district.
    pub district: String,
}

/// Issues the caller's permit.
///
/// # Errors
/// `SessionRevoked`, `PollUnknown`, `PollNotOpen`, `PollClosed`, `BasisDiffers` or `NotEligible`.
pub async fn issue(app: &App, organization: Uuid, caller: &Caller, poll_id: Uuid) -> Result<Issued, Error> {
    let poll = open_poll(app, organization, poll_id).await?;
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    let roll = match poll.poll.basis {
        Basis::Roll(roll) => roll,
        Basis::Participants => {
            let Some(account) = participants::of_session(&mut transaction, caller.session, now).await? else {
                let live = sessions::is_live(&mut transaction, caller.session, now).await?;
                return Err(if live { Fault::AccountMissing.into() } else { Error::SessionRevoked });
            };
            let subject = app.lookup.participant(organization, account.participant_id);
            return of_subject(app, &poll, &subject);
        }
        Basis::Providers { .. } | Basis::Anyone => return Err(Error::BasisDiffers),
    };
    let member = sessions::member_of(&mut transaction, caller.session, roll, now).await?;
    let Some(member) = member else {
        // A participant who is not verified as a member of this roll.
        let live = sessions::is_live(&mut transaction, caller.session, now).await?;
        return Err(if live { Error::NotEligible(Ineligible::OtherRoll) } else { Error::SessionRevoked });
    };
    drop(transaction);
    let district = district_of(app, &poll, &member)?;
    let expire_time = poll.poll.close_time.min(now + app.policy.permit);
    let permit = sign(app, &poll, &member.member_number_lookup, &district, Way::Own, expire_time)?;
    Ok(Issued { permit, expire_time, district })
}

/// The district that the ballot of a member counts in.
///
/// # Errors
/// `NotEligible`.
pub(crate) fn district_of(app: &App, poll: &OpenedPoll, member: &SessionMember) -> Result<String, Error> {
    let voter = Voter {
        roll_id: member.roll_id,
        district: eligibility::district_of_ballot(&poll.poll, &member.district),
        birth_date: birth_date(app, member.birth_date.as_deref())?,
    };
    changes::may_vote_after_leaving(&poll.poll, member.leave_time)
        .and_then(|()| eligibility::check(&poll.poll, &voter))
        .map_err(Error::NotEligible)?;
    Ok(voter.district)
}

/// The permit of a member whom two officers let vote at the desk.
///
/// # Errors
/// `NotEligible`.
pub(crate) fn of_visitor(
    app: &App,
    poll: &OpenedPoll,
    member: &SessionMember,
    lifetime: TimeDelta,
) -> Result<Issued, Error> {
    let district = district_of(app, poll, member)?;
    let expire_time = poll.poll.close_time.min(app.clock.now() + lifetime);
    let permit = sign(app, poll, &member.member_number_lookup, &district, Way::Desk, expire_time)?;
    Ok(Issued { permit, expire_time, district })
}

/// Issues permits for members whose ballots came on paper, and notes which officer asked. They are good until the time
/// for entering paper ballots is over, at the latest.
///
/// # Errors
/// `PollUnknown`, `PollNotOpen`, `PaperDeadlinePassed`. A member who is not eligible is an outcome, not an error.
pub async fn issue_paper(
    app: &App,
    organization: Uuid,
    officer: &Caller,
    poll_id: Uuid,
    member_numbers: &[String],
) -> Result<Vec<PaperPermit>, Error> {
    let poll = poll(app, organization, poll_id).await?;
    let now = app.clock.now();
    if now < poll.poll.open_time {
        return Err(Error::PollNotOpen);
    }
    if now >= poll.poll.paper_close_time {
        return Err(Error::PaperDeadlinePassed);
    }
    let roll = poll.poll.roll().ok_or(Error::BasisDiffers)?;
    let lookups: Vec<_> =
        member_numbers.iter().map(|number| app.lookup.member_numbers(organization, number)).collect();
    let mut transaction = app.begin(organization).await?;
    let found: HashMap<_, _> =
        members::voters_by_number(&mut transaction, roll, &lookups.concat()).await?.into_iter().collect();
    let mut permits = Vec::with_capacity(member_numbers.len());
    let mut logged = Vec::new();
    for (number, lookups) in member_numbers.iter().zip(&lookups) {
        let outcome = match lookups.iter().find_map(|lookup| found.get_key_value(lookup)) {
            None => Err(Ineligible::OtherRoll),
            Some((lookup, member)) => {
                let voter = Voter {
                    roll_id: member.roll_id,
                    district: eligibility::district_of_ballot(&poll.poll, &member.district),
                    birth_date: birth_date(app, member.birth_date.as_deref())?,
                };
                changes::may_vote_after_leaving(&poll.poll, member.leave_time)
                    .and_then(|()| eligibility::check(&poll.poll, &voter))
                    .map(|()| (lookup, voter.district))
            }
        };
        let (permit, refusal) = match outcome {
            Ok((lookup, district)) => {
                logged.push(lookup.clone());
                let expire_time = poll.poll.paper_close_time.min(now + app.policy.paper_permit);
                (sign(app, &poll, lookup, &district, Way::Paper, expire_time)?, String::new())
            }
            Err(refusal) => (String::new(), refusal.to_string()),
        };
        permits.push(PaperPermit { member_number: number.clone(), permit, refusal });
    }
    let ids: Vec<_> = logged.iter().map(|_| comitia_core::id::random()).collect();
    polls::log_paper_permits(&mut transaction, organization, poll_id, &officer.subject, &ids, &logged, now)
        .await?;
    transaction.commit().await?;
    Ok(permits)
}

/// A poll that is open now.
///
/// # Errors
/// `PollUnknown`, `PollNotOpen`, `PollClosed` or `PollPaused`.
pub(crate) async fn open_poll(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
) -> Result<Arc<OpenedPoll>, Error> {
    let poll = poll(app, organization, poll_id).await?;
    let now = app.clock.now();
    if now < poll.poll.open_time {
        return Err(Error::PollNotOpen);
    }
    if now >= poll.poll.close_time {
        return Err(Error::PollClosed);
    }
    if poll.paused {
        return Err(Error::PollPaused);
    }
    Ok(poll)
}

/// The permit of somebody who is in no roll: their ballot counts in no district.
///
/// # Errors
/// When signing fails.
pub(crate) fn of_subject(app: &App, poll: &OpenedPoll, subject: &[u8]) -> Result<Issued, Error> {
    let expire_time = poll.poll.close_time.min(app.clock.now() + app.policy.permit);
    let permit = sign(app, poll, subject, "", Way::Own, expire_time)?;
    Ok(Issued { permit, expire_time, district: String::new() })
}

/// A poll with its key.
///
/// # Errors
/// `PollUnknown`; `PollClosed` once its key is destroyed.
pub(crate) async fn poll(app: &App, organization: Uuid, poll_id: Uuid) -> Result<Arc<OpenedPoll>, Error> {
    if let Some(poll) = app.polls.get(&poll_id).await {
        return if poll.poll.organization_id == organization { Ok(poll) } else { Err(Error::PollUnknown) };
    }
    let mut transaction = app.begin(organization).await?;
    let (poll, sealed) = polls::get(&mut transaction, poll_id).await?.ok_or(Error::PollUnknown)?;
    // A poll whose key is destroyed closed long ago.
    let key = app.data_keys.open(POLL_KEY, &sealed.ok_or(Error::PollClosed)?)?;
    let paused = polls::is_paused(&mut transaction, poll_id).await?;
    let opened = Arc::new(OpenedPoll { poll, key, paused });
    app.polls.insert(poll_id, Arc::clone(&opened)).await;
    Ok(opened)
}

pub(crate) fn birth_date(app: &App, sealed: Option<&[u8]>) -> Result<Option<NaiveDate>, Error> {
    sealed
        .map(|sealed| Ok(app.data_keys.open_text(BIRTH_DATE, sealed)?.parse().ok()))
        .transpose()
        .map(Option::flatten)
}

/// How the bearer of a permit votes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By their own session.
    Own,
    /// On paper.
    Paper,
    /// At the desk.
    Desk,
}

fn sign(
    app: &App,
    poll: &OpenedPoll,
    subject: &[u8],
    district: &str,
    way: Way,
    expire_time: DateTime<Utc>,
) -> Result<String, Error> {
    let claims = PermitClaims {
        iss: ISSUER.to_owned(),
        poll: poll.poll.poll_id,
        nul: URL_SAFE_NO_PAD.encode(secrets::nullifier(&poll.key, subject)),
        dis: district.to_owned(),
        paper: way == Way::Paper,
        desk: way == Way::Desk,
        exp: expire_time.timestamp(),
    };
    Ok(app.keyring.signing()?.permit(&claims)?)
}
