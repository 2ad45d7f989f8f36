//! Which casts are written together.

use std::collections::{HashMap, HashSet, VecDeque};

use comitia_platform::auth::signature::Signature;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Failure, Outcome};
use crate::domain::Nullifier;
use crate::store::ballots::Cast;

/// A voter in a poll.
pub type Voter = (Uuid, Nullifier);

/// A cast whose permit is read, and whose permit's signature is not checked yet.
#[derive(Clone, Debug)]
pub struct UncheckedCast {
    /// The cast, as its permit says.
    pub cast: Cast,
    /// The signature of its permit.
    pub signature: Signature,
}

/// A cast that waits.
#[derive(Debug)]
pub struct Queued {
    /// The cast.
    pub unchecked: UncheckedCast,
    /// When its caller stops waiting.
    pub deadline: Instant,
    /// Since when it waits.
    pub since: Instant,
    /// Its caller.
    pub reply: oneshot::Sender<Result<Outcome, Failure>>,
}

impl Queued {
    fn cast(&self) -> &Cast {
        &self.unchecked.cast
    }

    fn voter(&self) -> Voter {
        (self.cast().poll_id, self.cast().nullifier)
    }

    /// Answers the caller.
    pub fn answer(self, result: Result<Outcome, Failure>) {
        // A caller that has gone meanwhile asks again.
        let _ = self.reply.send(result);
    }
}

/// The same ballot of the same voter, from each caller who cast it. The first of them is written.
#[derive(Debug)]
pub struct Entry(pub Vec<Queued>);

impl Entry {
    /// What is written.
    pub fn cast(&self) -> &Cast {
        self.0[0].cast()
    }

    /// Answers all callers.
    pub fn answer(self, result: Result<Outcome, Failure>) {
        for queued in self.0 {
            queued.answer(result);
        }
    }
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
    places: HashMap<Voter, usize>,
    /// Voters of whom a later cast is held back.
    held: HashSet<Voter>,
}

impl Batch {
    /// Takes a cast in, or gives it back when it must come after this batch: when the voter has another cast in work, in the
    /// batch or held back. A cast that nobody waits for any more is dropped.
    fn offer(&mut self, queued: Queued, in_work: &HashSet<Voter>, now: Instant) -> Option<Queued> {
        if queued.deadline <= now || queued.reply.is_closed() {
            self.expired += 1;
            return None;
        }
        let voter = queued.voter();
        if self.held.contains(&voter) {
            return Some(queued);
        }
        if in_work.contains(&voter) {
            self.held.insert(voter);
            return Some(queued);
        }
        self.waits.push((now - queued.since).as_secs_f64());
        match self.places.get(&voter).and_then(|place| self.entries.get_mut(*place)) {
            None => {
                self.places.insert(voter, self.entries.len());
                self.entries.push(Entry(vec![queued]));
            }
            // The first one is written for both, so what they say has to be the same.
            Some(entry)
                if entry.cast().ballot == queued.cast().ballot
                    && entry.cast().district == queued.cast().district =>
            {
                entry.0.push(queued);
            }
            Some(_) => {
                self.waits.pop();
                self.held.insert(voter);
                return Some(queued);
            }
        }
        None
    }

    /// Takes casts from the front of `waiting` until the batch has `max` casts or nothing waits; what must come later, and
    /// after what the voters `in_work` have in other batches, stays there, in its order.
    pub fn fill(
        &mut self,
        waiting: &mut VecDeque<Queued>,
        in_work: &HashSet<Voter>,
        max: usize,
        now: Instant,
    ) {
        let mut later = VecDeque::new();
        while self.entries.len() < max
            && let Some(queued) = waiting.pop_front()
        {
            later.extend(self.offer(queued, in_work, now));
        }
        later.append(waiting);
        *waiting = later;
    }

    /// Whose casts these are.
    pub fn voters(&self) -> impl Iterator<Item = Voter> {
        self.places.keys().copied()
    }
}

/// Casts for tests.
#[cfg(test)]
pub mod examples {
    use std::sync::{Arc, LazyLock};
    use std::time::Duration;

    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::DateTime;
    use comitia_platform::auth::signature::PublicKey;

    use super::*;

    pub type Answer = oneshot::Receiver<Result<Outcome, Failure>>;

    static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| {
        let pair = Ed25519KeyPair::generate().unwrap();
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(b"permit").as_ref());
        Signature::of(format!("permit.{signature}"), public(&pair))
    });

    fn public(pair: &Ed25519KeyPair) -> Arc<PublicKey> {
        Arc::new(PublicKey::from_x(&URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())).unwrap())
    }

    /// The same cast with a permit that identity has not signed.
    pub fn forged(mut queued: Queued) -> Queued {
        let other = public(&Ed25519KeyPair::generate().unwrap());
        queued.unchecked.signature = Signature::of("permit.".to_owned(), other);
        queued
    }

    /// A cast with a good permit.
    pub fn queued(voter: u8, ballot: u8) -> (Queued, Answer) {
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
        let unchecked = UncheckedCast { cast, signature: SIGNATURE.clone() };
        (Queued { unchecked, deadline: now + Duration::from_secs(60), since: now, reply }, answer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::examples::queued;
    use super::*;

    fn fill(batch: &mut Batch, waiting: &mut VecDeque<Queued>, max: usize) {
        batch.fill(waiting, &HashSet::new(), max, Instant::now());
    }

    fn ballots(batch: &Batch) -> Vec<(u8, u8)> {
        let short = |entry: &Entry| (entry.cast().nullifier.as_bytes()[0], entry.cast().ballot[0]);
        batch.entries.iter().map(short).collect()
    }

    #[tokio::test]
    async fn the_same_ballot_twice_is_one_cast_with_two_callers() {
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) =
            [queued(1, 5), queued(2, 5), queued(1, 5)].into_iter().unzip();
        let mut batch = Batch::default();
        fill(&mut batch, &mut waiting, 10);
        assert_eq!(ballots(&batch), [(1, 5), (2, 5)]);
        assert_eq!(batch.entries[0].0.len(), 2);
        assert!(waiting.is_empty());
    }

    #[tokio::test]
    async fn a_changed_ballot_waits_and_so_does_everything_behind_it_of_this_voter() {
        let casts = [queued(1, 5), queued(1, 6), queued(2, 1), queued(1, 5)];
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = casts.into_iter().unzip();
        let mut rounds = Vec::new();
        while !waiting.is_empty() {
            let mut batch = Batch::default();
            fill(&mut batch, &mut waiting, 10);
            rounds.push(ballots(&batch));
        }
        assert_eq!(rounds, [vec![(1, 5), (2, 1)], vec![(1, 6)], vec![(1, 5)]]);
    }

    #[tokio::test]
    async fn a_voter_who_has_a_cast_in_another_batch_waits_for_it() {
        let casts = [queued(1, 5), queued(2, 1), queued(1, 5)];
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = casts.into_iter().unzip();
        let in_work = HashSet::from([waiting[0].voter()]);
        let mut batch = Batch::default();
        batch.fill(&mut waiting, &in_work, 10, Instant::now());
        assert_eq!(ballots(&batch), [(2, 1)]);
        assert_eq!(waiting.len(), 2);
    }

    #[tokio::test]
    async fn casts_without_a_caller_are_dropped() {
        let (late, _answer) = queued(1, 5);
        let (gone, answer) = queued(2, 5);
        drop(answer);
        let mut batch = Batch::default();
        assert!(batch.offer(gone, &HashSet::new(), Instant::now()).is_none());
        let after = late.deadline;
        assert!(batch.offer(late, &HashSet::new(), after).is_none());
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
                fill(&mut batch, &mut waiting, max);
                prop_assert!(!batch.entries.is_empty() && batch.entries.len() <= max);
                for entry in &batch.entries {
                    callers += entry.0.len();
                    written.entry(entry.cast().nullifier.as_bytes()[0]).or_default().push(entry.cast().ballot[0]);
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
