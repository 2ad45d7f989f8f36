//! Which casts are written together.

use std::collections::{HashMap, HashSet, VecDeque};

use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Failure, Outcome};
use crate::domain::Nullifier;
use crate::store::ballots::Cast;

/// A cast that waits.
#[derive(Debug)]
pub struct Queued {
    /// The cast.
    pub cast: Cast,
    /// When its caller stops waiting.
    pub deadline: Instant,
    /// Since when it waits.
    pub since: Instant,
    /// Its caller.
    pub reply: oneshot::Sender<Result<Outcome, Failure>>,
}

/// A cast of a batch, with all callers who cast this very ballot.
#[derive(Debug)]
pub struct Entry {
    /// The cast.
    pub cast: Cast,
    /// Its callers.
    pub replies: Vec<oneshot::Sender<Result<Outcome, Failure>>>,
}

/// Casts that are written together: one of each voter and poll at the most.
#[derive(Debug, Default)]
pub struct Batch {
    /// The casts.
    pub entries: Vec<Entry>,
    /// How long each caller waited, in seconds.
    pub waits: Vec<f64>,
    /// How many casts were dropped because their callers had gone.
    pub expired: u64,
    places: HashMap<(Uuid, Nullifier), usize>,
    /// Voters of whom a later cast is held back.
    held: HashSet<(Uuid, Nullifier)>,
}

impl Batch {
    /// Takes a cast in, or gives it back when it must come after this batch: when the voter's cast in the batch, or one
    /// held back, is another ballot. A cast that nobody waits for any more is dropped.
    pub fn offer(&mut self, queued: Queued, now: Instant) -> Option<Queued> {
        if queued.deadline <= now || queued.reply.is_closed() {
            self.expired += 1;
            return None;
        }
        let voter = (queued.cast.poll_id, queued.cast.nullifier);
        if self.held.contains(&voter) {
            return Some(queued);
        }
        if let Some(entry) = self.places.get(&voter).and_then(|place| self.entries.get_mut(*place)) {
            if entry.cast.ballot != queued.cast.ballot {
                self.held.insert(voter);
                return Some(queued);
            }
            entry.replies.push(queued.reply);
        } else {
            self.places.insert(voter, self.entries.len());
            self.entries.push(Entry { cast: queued.cast, replies: vec![queued.reply] });
        }
        self.waits.push((now - queued.since).as_secs_f64());
        None
    }

    /// Takes casts from the front of `waiting` until the batch has `max` casts or nothing waits; what must come later
    /// stays there, in its order.
    pub fn fill(&mut self, waiting: &mut VecDeque<Queued>, max: usize, now: Instant) {
        let mut later = VecDeque::new();
        while self.entries.len() < max
            && let Some(queued) = waiting.pop_front()
        {
            later.extend(self.offer(queued, now));
        }
        later.append(waiting);
        *waiting = later;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    type Answer = oneshot::Receiver<Result<Outcome, Failure>>;

    fn queued(voter: u8, ballot: u8) -> (Queued, Answer) {
        let (reply, answer) = oneshot::channel();
        let cast = Cast {
            poll_id: Uuid::from_u128(1),
            organization_id: Uuid::from_u128(2),
            nullifier: Nullifier::new([voter; 32]),
            ballot: vec![ballot],
            district: String::new(),
            arrival: DateTime::UNIX_EPOCH,
        };
        let now = Instant::now();
        (Queued { cast, deadline: now + Duration::from_secs(60), since: now, reply }, answer)
    }

    fn ballots(batch: &Batch) -> Vec<(u8, u8)> {
        batch.entries.iter().map(|entry| (entry.cast.nullifier.as_bytes()[0], entry.cast.ballot[0])).collect()
    }

    #[tokio::test]
    async fn the_same_ballot_twice_is_one_cast_with_two_callers() {
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) =
            [queued(1, 5), queued(2, 5), queued(1, 5)].into_iter().unzip();
        let mut batch = Batch::default();
        batch.fill(&mut waiting, 10, Instant::now());
        assert_eq!(ballots(&batch), [(1, 5), (2, 5)]);
        assert_eq!(batch.entries[0].replies.len(), 2);
        assert!(waiting.is_empty());
    }

    #[tokio::test]
    async fn a_changed_ballot_waits_and_so_does_everything_behind_it_of_this_voter() {
        let casts = [queued(1, 5), queued(1, 6), queued(2, 1), queued(1, 5)];
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = casts.into_iter().unzip();
        let mut rounds = Vec::new();
        while !waiting.is_empty() {
            let mut batch = Batch::default();
            batch.fill(&mut waiting, 10, Instant::now());
            rounds.push(ballots(&batch));
        }
        assert_eq!(rounds, [vec![(1, 5), (2, 1)], vec![(1, 6)], vec![(1, 5)]]);
    }

    #[tokio::test]
    async fn casts_without_a_caller_are_dropped() {
        let (late, _answer) = queued(1, 5);
        let (gone, answer) = queued(2, 5);
        drop(answer);
        let mut batch = Batch::default();
        assert!(batch.offer(gone, Instant::now()).is_none());
        let after = late.deadline;
        assert!(batch.offer(late, after).is_none());
        assert_eq!((batch.entries.len(), batch.expired), (0, 2));
    }

    proptest! {
        #[test]
        fn every_cast_is_answered_once_and_a_voters_casts_keep_their_order(
            casts in proptest::collection::vec((0..4_u8, 0..3_u8), 0..40),
            max in 1..6_usize,
        ) {
            let (mut waiting, answers): (VecDeque<_>, Vec<_>) =
                casts.iter().map(|(voter, ballot)| queued(*voter, *ballot)).unzip();
            let mut callers = 0;
            let mut written: HashMap<u8, Vec<u8>> = HashMap::new();
            while !waiting.is_empty() {
                let mut batch = Batch::default();
                batch.fill(&mut waiting, max, Instant::now());
                prop_assert!(!batch.entries.is_empty() && batch.entries.len() <= max);
                for entry in &batch.entries {
                    callers += entry.replies.len();
                    written.entry(entry.cast.nullifier.as_bytes()[0]).or_default().push(entry.cast.ballot[0]);
                }
            }
            prop_assert_eq!(callers, answers.len());
            // Repetitions of the same ballot may be one write; the sequence of different ones is kept.
            for (voter, mut written) in written {
                let mut cast: Vec<u8> =
                    casts.iter().filter(|(other, _)| *other == voter).map(|(_, ballot)| *ballot).collect();
                cast.dedup();
                written.dedup();
                prop_assert_eq!(written, cast);
            }
        }
    }
}
