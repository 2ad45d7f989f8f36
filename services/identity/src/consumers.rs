//! What identity learns from other services.

use chrono_tz::Tz;
use comitia_bus::{Bus, BusError, ConsumerHandle, Event, HandlerError, Subscription, handler, inbox};
use comitia_platform::database::{self, Tenant};
use comitia_platform::validate;
use comitia_proto::events::v1::{
    ParticipationChanged, PollCancelled, PollClosed, PollCreated, PollExtended, PollPaused, PollResumed,
};
use comitia_proto::voting::v1::{Eligibility, EligibilityBasis};
use sqlx::PgConnection;

use crate::app::App;
use crate::app::permits::POLL_KEY;
use crate::domain::eligibility::{Basis, Poll};
use crate::store::participants::Participation;
use crate::store::{participants, polls};

const POLLS: &str = "identity.polls";
const ORGANIZATIONS: &str = "identity.organizations";
const PARTICIPATION_CHANGED: &str = "spaces.organization.participation_changed";
const POLL_CREATED: &str = "voting.poll.created";
const POLL_CLOSED: &str = "voting.poll.closed";
const POLL_CANCELLED: &str = "voting.poll.cancelled";
const POLL_PAUSED: &str = "voting.poll.paused";
const POLL_RESUMED: &str = "voting.poll.resumed";
const POLL_EXTENDED: &str = "voting.poll.extended";
/// What changes a poll that is known.
const POLL_CHANGES: [&str; 3] = [POLL_PAUSED, POLL_RESUMED, POLL_EXTENDED];

/// The queues of this service.
#[must_use]
pub fn subscriptions() -> Vec<Subscription> {
    vec![
        Subscription::new(
            POLLS,
            [POLL_CREATED, POLL_CLOSED, POLL_CANCELLED, POLL_PAUSED, POLL_RESUMED, POLL_EXTENDED],
        ),
        Subscription::new(ORGANIZATIONS, [PARTICIPATION_CHANGED]),
    ]
}

/// Handles an event of any of the queues.
///
/// # Errors
/// As [`poll`] and [`organization`].
pub async fn handle(app: App, event: Event) -> Result<(), HandlerError> {
    if event.routing_key == PARTICIPATION_CHANGED {
        organization(app, event).await
    } else {
        poll(app, event).await
    }
}

/// Keeps what spaces says of registering and of the terms.
///
/// # Errors
/// Retry when the database is away; permanent when the event makes no sense.
pub async fn organization(app: App, event: Event) -> Result<(), HandlerError> {
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    let changed: ParticipationChanged = event.decode()?;
    let mut transaction = database::begin(&app.pool, Tenant::Organization(organization)).await?;
    if !inbox::first_time(&mut transaction, ORGANIZATIONS, event.id).await? {
        return Ok(());
    }
    let now = Participation {
        registration_open: changed.registration_open,
        terms_version: changed.terms_version.max(1),
        time_zone: match changed.time_zone.as_str() {
            "" => Tz::UTC.name().to_owned(),
            name => name.parse::<Tz>().map_err(HandlerError::permanent)?.name().to_owned(),
        },
    };
    participants::set_participation(&mut transaction, organization, &now, changed.revision).await?;
    Ok(transaction.commit().await?)
}

/// Starts the consumers; they stop with the handles.
///
/// # Errors
/// When the bus refuses a queue.
pub async fn start(app: &App, bus: &dyn Bus) -> Result<Vec<ConsumerHandle>, BusError> {
    let mut handles = Vec::new();
    for subscription in subscriptions() {
        let app = app.clone();
        let handler = handler(move |event| handle(app.clone(), event));
        handles.push(bus.subscribe(subscription, handler).await?);
    }
    Ok(handles)
}

/// What the right to act in a poll rests on; a roll, in events of earlier releases.
fn basis(eligibility: &Eligibility) -> Result<Basis, HandlerError> {
    Ok(match EligibilityBasis::try_from(eligibility.basis).map_err(HandlerError::permanent)? {
        EligibilityBasis::Unspecified | EligibilityBasis::Roll => {
            Basis::Roll(validate::uuid("roll_id", &eligibility.roll_id).map_err(HandlerError::permanent)?)
        }
        EligibilityBasis::Participants => Basis::Participants,
        EligibilityBasis::Providers => Basis::Providers {
            providers: eligibility.providers.clone(),
            level: eligibility.provider_level.clone(),
        },
        EligibilityBasis::Anyone => Basis::Anyone,
    })
}

/// Stores what voting announces about polls, and makes the key of a new one.
///
/// # Errors
/// Retry when the database is away; permanent when the event makes no sense.
pub async fn poll(app: App, event: Event) -> Result<(), HandlerError> {
    let organization =
        event.organization_id.ok_or_else(|| HandlerError::permanent("the event names no organization"))?;
    let mut transaction = database::begin(&app.pool, Tenant::Organization(organization)).await?;
    if !inbox::first_time(&mut transaction, POLLS, event.id).await? {
        return Ok(());
    }
    match event.routing_key.as_str() {
        POLL_CREATED => {
            let created: PollCreated = event.decode()?;
            let eligibility =
                created.eligibility.ok_or_else(|| HandlerError::permanent("the event has no eligibility"))?;
            let close_time =
                validate::time("close_time", created.close_time.as_ref()).map_err(HandlerError::permanent)?;
            // Events of earlier versions do not have it.
            let paper_close_time = match &created.paper_close_time {
                Some(time) => {
                    validate::time("paper_close_time", Some(time)).map_err(HandlerError::permanent)?
                }
                None => close_time,
            };
            let poll = Poll {
                poll_id: validate::uuid("poll_id", &created.poll_id).map_err(HandlerError::permanent)?,
                organization_id: organization,
                basis: basis(&eligibility)?,
                districts: eligibility.districts,
                // Empty in events of earlier releases, which went by UTC.
                time_zone: match eligibility.time_zone.as_str() {
                    "" => Tz::UTC,
                    name => name.parse().map_err(HandlerError::permanent)?,
                },
                minimum_age: i32::try_from(eligibility.minimum_age).map_err(HandlerError::permanent)?,
                open_time: validate::time("open_time", created.open_time.as_ref())
                    .map_err(HandlerError::permanent)?,
                close_time,
                paper_close_time,
            };
            let key = app
                .data_keys
                .seal(POLL_KEY, &comitia_core::random::bytes::<32>())
                .map_err(HandlerError::retry)?;
            polls::insert(&mut transaction, &poll, &key, event.time).await?;
        }
        POLL_CLOSED | POLL_CANCELLED => {
            let poll_id = match event.routing_key.as_str() {
                POLL_CLOSED => event.decode::<PollClosed>()?.poll_id,
                _ => event.decode::<PollCancelled>()?.poll_id,
            };
            let poll_id = validate::uuid("poll_id", &poll_id).map_err(HandlerError::permanent)?;
            if !polls::close(&mut transaction, poll_id, event.time).await? {
                return Err(HandlerError::retry("the poll is not known yet"));
            }
            app.polls.invalidate(&poll_id).await;
        }
        key if POLL_CHANGES.contains(&key) => change(&app, &mut transaction, &event).await?,
        _ => {}
    }
    Ok(transaction.commit().await?)
}

/// Keeps what the owner of a signature sheet did to it.
async fn change(app: &App, connection: &mut PgConnection, event: &Event) -> Result<(), HandlerError> {
    let id = |text: &str| validate::uuid("poll_id", text).map_err(HandlerError::permanent);
    let (poll_id, known) = match event.routing_key.as_str() {
        POLL_PAUSED => {
            let paused: PollPaused = event.decode()?;
            let poll_id = id(&paused.poll_id)?;
            (poll_id, polls::set_paused(connection, poll_id, paused.act, true).await?)
        }
        POLL_RESUMED => {
            let resumed: PollResumed = event.decode()?;
            let poll_id = id(&resumed.poll_id)?;
            (poll_id, polls::set_paused(connection, poll_id, resumed.act, false).await?)
        }
        _ => {
            let extended: PollExtended = event.decode()?;
            let poll_id = id(&extended.poll_id)?;
            let time =
                |name, time: &Option<_>| validate::time(name, time.as_ref()).map_err(HandlerError::permanent);
            let close = time("close_time", &extended.close_time)?;
            let paper_close = time("paper_close_time", &extended.paper_close_time)?;
            (poll_id, polls::extend(connection, poll_id, close, paper_close).await?)
        }
    };
    if !known {
        return Err(HandlerError::retry("the poll is not known yet"));
    }
    app.polls.invalidate(&poll_id).await;
    Ok(())
}
