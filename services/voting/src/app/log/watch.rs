//! Watching the counts of a log grow.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_proto::voting::v1::{HourSignatures, SignatureCounts};
use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{count, head};
use crate::app::App;
use crate::error::Error;

/// Between two looks of a watch. A gateway shares one among all who watch a log.
const PACE: Duration = Duration::from_secs(1);
/// How long an hour that has changed comes with every message. Who joins what others watch begins with its newest message, and who
/// is too slow skips to it: neither misses a change that came after they had read the counts.
const SENT_AGAIN: TimeDelta = TimeDelta::minutes(10);

/// The counts now, then each time that they change, once a second at the most, until `stop`. The first have all hours; those after
/// it have the ones that changed in the last ten minutes.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NoLog`].
pub async fn watch(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    stop: CancellationToken,
) -> Result<impl Stream<Item = SignatureCounts> + Send + 'static, Error> {
    let first = count(app, organization, poll_id).await?;
    let hours = Hours::of(&first.hours);
    let watch = Watch { app: app.clone(), organization, poll_id, stop, shown: entries(&first), hours };
    let changes = stream::unfold(watch, async |mut watch| Some((watch.next().await?, watch)));
    Ok(stream::once(std::future::ready(first)).chain(changes))
}

struct Watch {
    app: App,
    organization: Uuid,
    poll_id: Uuid,
    stop: CancellationToken,
    /// How many entries the log had when it was shown last.
    shown: i64,
    hours: Hours,
}

impl Watch {
    /// The next counts that differ from those shown last; nothing when the process stops.
    async fn next(&mut self) -> Option<SignatureCounts> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(PACE) => {}
            }
            // A look that fails is made again.
            let Ok(counts) = self.look().await else { continue };
            if let Some(mut counts) = counts {
                self.shown = entries(&counts);
                counts.hours = self.hours.changed(counts.hours, self.app.clock.now());
                return Some(counts);
            }
        }
    }

    /// The counts, if the log is longer than what is shown. A log that has not grown costs one row.
    async fn look(&self) -> Result<Option<SignatureCounts>, Error> {
        let mut transaction = self.app.begin(self.organization).await?;
        let head = head(&self.app, &mut transaction, (self.organization, self.poll_id)).await?;
        transaction.commit().await?;
        if super::shown(head.tree.size()) == self.shown {
            return Ok(None);
        }
        count(&self.app, self.organization, self.poll_id).await.map(Some)
    }
}

/// How many entries these counts are of: a signature that was taken back has two, and a correction is one.
fn entries(counts: &SignatureCounts) -> i64 {
    let standing = counts.signature_count.saturating_add(counts.set_aside_count);
    standing
        .saturating_add(counts.withdrawn_count.saturating_mul(2))
        .saturating_add(counts.correction_count.into())
}

/// The hours as they were sent last, by their beginnings in seconds.
struct Hours(BTreeMap<i64, Sent>);

struct Sent {
    /// Given and taken back.
    counts: (i64, i64),
    /// When it changed; nothing for what has not since the beginning.
    changed: Option<DateTime<Utc>>,
}

impl Hours {
    /// The hours of the first message.
    fn of(hours: &[HourSignatures]) -> Self {
        Self(hours.iter().map(|hour| (begins(hour), Sent { counts: counts(hour), changed: None })).collect())
    }

    /// Of all hours, those that changed lately.
    fn changed(&mut self, mut all: Vec<HourSignatures>, now: DateTime<Utc>) -> Vec<HourSignatures> {
        all.retain(|hour| {
            let sent = self.0.entry(begins(hour)).or_insert(Sent { counts: (0, 0), changed: None });
            if sent.counts != counts(hour) {
                *sent = Sent { counts: counts(hour), changed: Some(now) };
            }
            sent.changed.is_some_and(|changed| now - changed < SENT_AGAIN)
        });
        all
    }
}

fn begins(hour: &HourSignatures) -> i64 {
    hour.begin_time.as_ref().map_or(0, |time| time.seconds)
}

const fn counts(hour: &HourSignatures) -> (i64, i64) {
    (hour.signature_count, hour.withdrawn_count)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn hour(number: i64, signature_count: i64, withdrawn_count: i64) -> HourSignatures {
        let begin_time = Some(Timestamp { seconds: number * 3_600, nanos: 0 });
        HourSignatures { begin_time, signature_count, withdrawn_count }
    }

    #[test]
    fn an_hour_comes_again_for_ten_minutes_after_it_changed() {
        let at = |seconds: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut hours = Hours::of(&[hour(1, 5, 0), hour(2, 7, 0)]);
        let all = |second: HourSignatures| vec![hour(1, 5, 0), second];
        assert!(hours.changed(all(hour(2, 7, 0)), at(0)).is_empty(), "nothing has changed");
        assert_eq!(hours.changed(all(hour(2, 8, 0)), at(1)), [hour(2, 8, 0)]);
        let third = |count| vec![hour(1, 5, 0), hour(2, 8, 0), hour(3, count, 0)];
        assert_eq!(hours.changed(third(1), at(2)), [hour(2, 8, 0), hour(3, 1, 0)], "for those who come late");
        assert_eq!(hours.changed(third(2), at(601)), [hour(3, 2, 0)], "the second has not changed for long");
        let taken_back = vec![hour(1, 5, 1), hour(2, 8, 0), hour(3, 2, 0)];
        assert_eq!(hours.changed(taken_back, at(1_300)), [hour(1, 5, 1)], "an old hour that changes");
    }
}
