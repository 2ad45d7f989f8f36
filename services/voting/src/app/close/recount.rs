//! Counting the ballots of a closed poll again, and what everybody may see of them.

use std::collections::BTreeMap;

use comitia_seal::Seal;
use futures_util::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::definitions::Definition;
use crate::app::turnout;
use crate::domain::paper::Void;
use crate::domain::seal::{Counts, Mismatch, Regrouping, SealDigest, compare};
use crate::domain::small_cells::{Group, Grouping};
use crate::error::Error;
use crate::store;
use crate::store::polls::Sealing;

/// A recount.
pub(super) struct Recount {
    /// All ballots by district and channel.
    counts: Counts,
    /// Papers that choose nothing.
    pub void: Void,
    /// Stored ballots that break the poll's rules.
    unreadable: i64,
    /// What the poll is sealed with, if it is.
    pub sealing: Sealing,
}

impl Recount {
    /// Counts the ballots of a poll. Groups with fewer than `smallest_group` ballots will not be published.
    pub(super) async fn new(
        connection: &mut PgConnection,
        poll_id: Uuid,
        definition: &Definition,
        smallest_group: i64,
    ) -> Result<Self, Error> {
        let row = store::polls::get(connection, poll_id).await?.ok_or(Error::PollNotFound(poll_id))?;
        let cells = store::ballots::cells(connection, poll_id).await?;
        let grouping = Grouping::new(&cells.choosing, smallest_group);
        let options = row.poll.options.iter().map(|option| {
            (option.option_id.as_str(), u64::try_from(option.cost).unwrap_or(0), option.title.as_str())
        });
        let ballot_type = row.poll.specification.as_ref().map_or(0, |rules| rules.r#type);
        let number = u8::try_from(ballot_type).unwrap_or(0);
        let mut seal = Seal::new(&poll_id.hyphenated().to_string(), number, options);
        let mut add = |ballot: &[u8], groups: BTreeMap<Group, i64>| {
            for ((district, channel), count) in groups {
                seal.add(ballot, &district, channel, u64::try_from(count).unwrap_or(0));
            }
        };
        let (mut counts, mut unreadable) = (Counts::new(), 0);
        let mut inner = SealDigest::new(poll_id);
        let mut regrouping = Regrouping::new(&grouping);
        {
            let mut groups = std::pin::pin!(store::ballots::groups(connection, poll_id));
            while let Some(group) = groups.try_next().await? {
                inner.add(&group.ballot, &group.district, group.paper, group.count);
                if !Void::default().add(&group.ballot, group.count) {
                    if definition.rules.decode(&group.ballot).is_err() {
                        unreadable += group.count;
                    }
                    if let Some((ballot, groups)) =
                        regrouping.add(&group.ballot, &group.district, group.paper, group.count)
                    {
                        add(&ballot, groups);
                    }
                }
                *counts.entry((group.district, group.paper)).or_default() += group.count;
            }
        }
        if let Some((ballot, groups)) = regrouping.take() {
            add(&ballot, groups);
        }
        let sealing = Sealing {
            digest: seal.finish().to_vec(),
            inner_digest: inner.finish(),
            smallest_group,
            turnout: turnout::published(poll_id, &grouping, &cells, smallest_group),
        };
        Ok(Self { counts, void: cells.void, unreadable, sealing })
    }

    /// Compares with the counters. Gives how many ballots choose something.
    pub(super) fn compare(&self, counters: &Counts) -> Result<i64, Mismatch> {
        let total = compare(&self.counts, counters)?;
        match self.unreadable {
            0 => Ok(total - self.void.total()),
            count => Err(Mismatch {
                recount: total - count,
                counters: total,
                text: format!("{count} stored ballots are no ballots of this poll"),
            }),
        }
    }
}
