//! Creating and reading polls.

use chrono::TimeDelta;
use comitia_platform::{page, validate};
use comitia_proto::events::v1::{PollCreated, PollOpened};
use comitia_proto::voting::v1::{ListPollsResponse, Poll};
use uuid::Uuid;

use super::{App, poll_event};
use crate::domain::poll::Period;
use crate::domain::{PollState, sheet};
use crate::error::Error;
use crate::store;
use crate::store::polls::{self, PollRow};

/// Creates a poll, or gives the one that the same request created before. The fields of `poll` that callers do not
/// choose are empty.
///
/// # Errors
/// [`Error::PollExists`], [`Error::CloseTimePast`].
pub async fn create_poll(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    period: Period,
    mut poll: Poll,
) -> Result<Poll, Error> {
    let now = app.clock.now();
    let state = if period.0 <= now { PollState::Open } else { PollState::Scheduled };
    let paper_close = match &poll.paper_close_time {
        Some(time) => validate::time("paper_close_time", Some(time))?,
        None => period.1,
    };
    poll.paper_close_time = Some(validate::timestamp(paper_close));
    let mut row = PollRow {
        organization_id: organization,
        state,
        period,
        paper_close,
        first_close: None,
        create_time: now,
        poll,
    };
    row.poll.set_state(state.into());
    let mut transaction = app.begin(organization).await?;
    if let Some(present) = polls::get(&mut transaction, poll_id).await? {
        transaction.commit().await?;
        return same(present, &row, poll_id);
    }
    if period.1 <= now {
        return Err(Error::CloseTimePast);
    }
    if !polls::insert(&mut transaction, &row, poll_id).await? {
        // The same request at the same time, or another organization's poll, which stays unknown here.
        let present = polls::get(&mut transaction, poll_id).await?.ok_or(Error::PollExists(poll_id))?;
        transaction.commit().await?;
        return same(present, &row, poll_id);
    }
    if sheet::is_sheet(&row.poll) {
        let opened = row.poll.signature_sheet.clone().unwrap_or_default();
        let origin = app.log_keys.origin(poll_id);
        store::log::open(&mut transaction, (organization, poll_id), &origin, &opened).await?;
    }
    let created = PollCreated {
        poll_id: poll_id.to_string(),
        eligibility: row.poll.eligibility.clone(),
        open_time: row.poll.open_time,
        close_time: row.poll.close_time,
        paper_close_time: row.poll.paper_close_time,
    };
    let mut events = vec![poll_event(&app.clock, "voting.poll.created", organization, poll_id, &created)];
    if state == PollState::Open {
        let opened = PollOpened { poll_id: poll_id.to_string() };
        events.push(poll_event(&app.clock, "voting.poll.opened", organization, poll_id, &opened));
    }
    comitia_bus::outbox::append(&mut transaction, &events).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(row.poll)
}

/// Reads a poll.
///
/// # Errors
/// [`Error::PollNotFound`].
pub async fn get_poll(app: &App, organization: Uuid, poll_id: Uuid) -> Result<Poll, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut row = polls::get(&mut transaction, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
    row.poll.paper_batches_set_aside = store::paper::set_aside(&mut transaction, poll_id).await?;
    row.poll.history = polls::history(&mut transaction, poll_id).await?;
    transaction.commit().await?;
    Ok(row.poll)
}

/// Lists polls, newest first.
///
/// # Errors
/// When the page token is not one of this list.
pub async fn list_polls(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListPollsResponse, Error> {
    let scope = format!("voting.polls:{organization}");
    let size = page::size(page_size)?;
    let after = page::cursor(&scope, page_token, page::time_and_id)?;
    let mut transaction = app.begin(organization).await?;
    let mut rows = polls::list(&mut transaction, organization, after, size + 1).await?;
    transaction.commit().await?;
    let next_page_token = page::cut(&mut rows, size, &scope, |row| {
        format!("{} {}", row.create_time.timestamp_micros(), row.poll.poll_id)
    });
    let polls = rows.into_iter().map(|row| {
        let mut poll = row.poll;
        if let Some(sheet) = &mut poll.signature_sheet {
            sheet.texts.clear();
        }
        poll
    });
    Ok(ListPollsResponse { polls: polls.collect(), next_page_token })
}

/// The poll that is there, if it is what was asked for.
fn same(present: PollRow, asked: &PollRow, poll_id: Uuid) -> Result<Poll, Error> {
    // What was extended since is the same poll.
    let later = present.first_close.map_or(TimeDelta::zero(), |first| present.period.1 - first);
    let paper_close = validate::timestamp(present.paper_close - later);
    let close = validate::timestamp(present.period.1 - later);
    let created = Poll {
        close_time: Some(close),
        scheduled_close_time: None,
        paper_close_time: Some(paper_close),
        ..present.poll.clone()
    };
    let chosen = |poll: &Poll| Poll {
        state: 0,
        seal_digest: String::new(),
        seal_time: None,
        seal_refusal: String::new(),
        close_reason: String::new(),
        call_off_reason: String::new(),
        paper_batches_set_aside: Vec::new(),
        tracking_codes_digest: String::new(),
        tracking_codes_count: 0,
        paused: false,
        history: Vec::new(),
        first_close_time: None,
        ..poll.clone()
    };
    if chosen(&created) == chosen(&asked.poll) { Ok(present.poll) } else { Err(Error::PollExists(poll_id)) }
}
