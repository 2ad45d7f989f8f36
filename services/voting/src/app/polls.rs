//! Creating and reading polls.

use chrono::{DateTime, Utc};
use comitia_platform::page;
use comitia_proto::events::v1::{PollCreated, PollOpened};
use comitia_proto::voting::v1::{ListPollsResponse, Poll};
use uuid::Uuid;

use super::{App, poll_event};
use crate::domain::PollState;
use crate::domain::poll::Period;
use crate::error::Error;
use crate::store::polls::{self, PollRow};

impl App {
    /// Creates a poll, or gives the one that the same request created before. The fields of `poll` that callers do not
    /// choose are empty.
    ///
    /// # Errors
    /// [`Error::PollExists`], [`Error::CloseTimePast`].
    pub async fn create_poll(
        &self,
        organization: Uuid,
        poll_id: Uuid,
        period: Period,
        poll: Poll,
    ) -> Result<Poll, Error> {
        let now = self.clock.now();
        let state = if period.0 <= now { PollState::Open } else { PollState::Scheduled };
        let mut row = PollRow { organization_id: organization, state, period, create_time: now, poll };
        row.poll.set_state(state.into());
        let mut transaction = self.begin(organization).await?;
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
        let created = PollCreated {
            poll_id: poll_id.to_string(),
            eligibility: row.poll.eligibility.clone(),
            open_time: row.poll.open_time,
            close_time: row.poll.close_time,
        };
        let mut events =
            vec![poll_event(&self.clock, "voting.poll.created", organization, poll_id, &created)];
        if state == PollState::Open {
            let opened = PollOpened { poll_id: poll_id.to_string() };
            events.push(poll_event(&self.clock, "voting.poll.opened", organization, poll_id, &opened));
        }
        comitia_bus::outbox::append(&mut transaction, &events).await?;
        transaction.commit().await?;
        self.outbox.wake();
        Ok(row.poll)
    }

    /// Reads a poll.
    ///
    /// # Errors
    /// [`Error::PollNotFound`].
    pub async fn get_poll(&self, organization: Uuid, poll_id: Uuid) -> Result<Poll, Error> {
        let mut transaction = self.begin(organization).await?;
        let row = polls::get(&mut transaction, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
        transaction.commit().await?;
        Ok(row.poll)
    }

    /// Lists polls, newest first.
    ///
    /// # Errors
    /// When the page token is not one of this list.
    pub async fn list_polls(
        &self,
        organization: Uuid,
        page_size: i32,
        page_token: &str,
    ) -> Result<ListPollsResponse, Error> {
        let scope = format!("voting.polls:{organization}");
        let size = page::size(page_size)?;
        let after = match page::cursor(&scope, page_token)? {
            Some(cursor) => {
                Some(read_cursor(&cursor).ok_or_else(|| Error::Corrupt("a page token".to_owned()))?)
            }
            None => None,
        };
        let mut transaction = self.begin(organization).await?;
        let mut rows = polls::list(&mut transaction, organization, after, size + 1).await?;
        transaction.commit().await?;
        let next_page_token = page::cut(&mut rows, size, &scope, |row| {
            format!("{} {}", row.create_time.timestamp_micros(), row.poll.poll_id)
        });
        Ok(ListPollsResponse { polls: rows.into_iter().map(|row| row.poll).collect(), next_page_token })
    }
}

fn read_cursor(cursor: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (micros, id) = cursor.split_once(' ')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, Uuid::parse_str(id).ok()?))
}

/// The poll that is there, if it is what was asked for.
fn same(present: PollRow, asked: &PollRow, poll_id: Uuid) -> Result<Poll, Error> {
    let chosen = |poll: &Poll| Poll {
        state: 0,
        seal_digest: String::new(),
        seal_time: None,
        seal_refusal: String::new(),
        ..poll.clone()
    };
    if chosen(&present.poll) == chosen(&asked.poll) {
        Ok(present.poll)
    } else {
        Err(Error::PollExists(poll_id))
    }
}
