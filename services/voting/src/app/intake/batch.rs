//! Which casts are written together.

use std::collections::{HashMap, HashSet, VecDeque};

use comitia_platform::auth::signature::{self, Signature};
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
        // Fails only if the caller is gone.
        let _ = self.reply.send(result);
    }
}

/// The same cast of the same voter, from each caller who sent it. The first of them is written.
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
    /// Adds a cast, or returns it when it must wait for a later batch: when the voter has another cast in flight, in this
    /// batch or held back. A cast whose caller is gone is dropped.
    fn offer(&mut self, queued: Queued, in_flight: &HashSet<Voter>, now: Instant) -> Option<Queued> {
        if queued.deadline <= now || queued.reply.is_closed() {
            self.expired += 1;
            return None;
        }
        let voter = queued.voter();
        if self.held.contains(&voter) {
            return Some(queued);
        }
        if in_flight.contains(&voter) {
            self.held.insert(voter);
            return Some(queued);
        }
        self.waits.push((now - queued.since).as_secs_f64());
        match self.places.get(&voter).and_then(|place| self.entries.get_mut(*place)) {
            None => {
                self.places.insert(voter, self.entries.len());
                self.entries.push(Entry(vec![queued]));
            }
            Some(entry) if entry.cast().repeats(queued.cast()) => entry.0.push(queued),
            Some(_) => {
                self.waits.pop();
                self.held.insert(voter);
                return Some(queued);
            }
        }
        None
    }

    /// Takes casts from the front of `waiting` until the batch has `max` casts or nothing waits; what must come later, and
    /// after what the voters `in_flight` have in other batches, stays there, in its order.
    pub fn fill(
        &mut self,
        waiting: &mut VecDeque<Queued>,
        in_flight: &HashSet<Voter>,
        max: usize,
        now: Instant,
    ) {
        let mut later = VecDeque::new();
        while self.entries.len() < max
            && let Some(queued) = waiting.pop_front()
        {
            later.extend(self.offer(queued, in_flight, now));
        }
        later.append(waiting);
        *waiting = later;
    }

    /// Whose casts these are.
    pub fn voters(&self) -> impl Iterator<Item = Voter> {
        self.places.keys().copied()
    }
}

/// Verifies the signatures of all permits, and answers the callers whose permit is forged. About ten microseconds a
/// signature.
pub fn without_forged(mut entries: Vec<Entry>) -> Vec<Entry> {
    let signatures: Vec<_> =
        entries.iter().flat_map(|entry| &entry.0).map(|queued| &queued.unchecked.signature).collect();
    let valid = signature::all(&signatures);
    if valid.iter().all(|valid| *valid) {
        return entries;
    }
    let mut valid = valid.into_iter();
    for entry in &mut entries {
        let (good, forged): (Vec<_>, Vec<_>) =
            std::mem::take(&mut entry.0).into_iter().partition(|_| valid.next() == Some(true));
        entry.0 = good;
        forged.into_iter().for_each(|queued| queued.answer(Err(Failure::Forged)));
    }
    entries.retain(|entry| !entry.0.is_empty());
    entries
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};
    use std::time::Duration;

    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::DateTime;
    use comitia_platform::auth::signature::PublicKey;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::CastDigest;

    type Answer = oneshot::Receiver<Result<Outcome, Failure>>;

    static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = PublicKey::from_x(&URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(b"permit").as_ref());
        Signature::of(format!("permit.{signature}"), Arc::new(key))
    });

    fn forged(mut queued: Queued) -> Queued {
        let other = PublicKey::from_x(
            &URL_SAFE_NO_PAD.encode(Ed25519KeyPair::generate().unwrap().public_key().as_ref()),
        );
        queued.unchecked.signature = Signature::of("permit.".to_owned(), Arc::new(other.unwrap()));
        queued
    }

    fn fill(batch: &mut Batch, waiting: &mut VecDeque<Queued>, max: usize) {
        batch.fill(waiting, &HashSet::new(), max, Instant::now());
    }

    /// A cast of a device that sends the same secret with the same ballot.
    fn queued(voter: u8, ballot: u8) -> (Queued, Answer) {
        queued_with(voter, ballot, ballot)
    }

    fn queued_with(voter: u8, ballot: u8, secret: u8) -> (Queued, Answer) {
        let (reply, answer) = oneshot::channel();
        let cast = Cast {
            poll_id: Uuid::from_u128(1),
            organization_id: Uuid::from_u128(2),
            nullifier: Nullifier::new([voter; 32]),
            ballot: vec![ballot],
            digest: CastDigest::of(Uuid::nil(), &[secret; 16]),
            district: String::new(),
            arrival: DateTime::UNIX_EPOCH,
            order: 0,
        };
        let now = Instant::now();
        let unchecked = UncheckedCast { cast, signature: SIGNATURE.clone() };
        (Queued { unchecked, deadline: now + Duration::from_secs(60), since: now, reply }, answer)
    }

    fn ballots(batch: &Batch) -> Vec<(u8, u8)> {
        let short = |entry: &Entry| (entry.cast().nullifier.as_bytes()[0], entry.cast().ballot[0]);
        batch.entries.iter().map(short).collect()
    }

    #[tokio::test]
    async fn the_same_cast_twice_is_one_with_two_callers() {
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) =
            [queued(1, 5), queued(2, 5), queued(1, 5)].into_iter().unzip();
        let mut batch = Batch::default();
        fill(&mut batch, &mut waiting, 10);
        assert_eq!(ballots(&batch), [(1, 5), (2, 5)]);
        assert_eq!(batch.entries[0].0.len(), 2);
        assert!(waiting.is_empty());
    }

    /// Otherwise a guess that meets the voter's own cast in a batch would be answered as if it were that cast.
    #[tokio::test]
    async fn the_same_ballot_with_another_secret_or_another_district_is_a_cast_of_its_own() {
        let casts = [queued_with(1, 5, 1), queued_with(1, 5, 2), queued_with(2, 5, 1), queued_with(2, 5, 1)];
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = casts.into_iter().unzip();
        waiting[3].unchecked.cast.district = "elsewhere".to_owned();
        let mut batch = Batch::default();
        fill(&mut batch, &mut waiting, 10);
        assert_eq!(ballots(&batch), [(1, 5), (2, 5)]);
        assert!(batch.entries.iter().all(|entry| entry.0.len() == 1));
        assert_eq!(waiting.len(), 2);
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
        let in_flight = HashSet::from([waiting[0].voter()]);
        let mut batch = Batch::default();
        batch.fill(&mut waiting, &in_flight, 10, Instant::now());
        assert_eq!(ballots(&batch), [(2, 1)]);
        assert_eq!(waiting.len(), 2);
    }

    #[tokio::test]
    async fn a_forged_permit_gets_no_receipt_and_stands_in_nobodys_way() {
        let casts = [queued(1, 5), queued(1, 5), queued(2, 5), queued(3, 5), queued(4, 5), queued(5, 5)];
        let (casts, mut answers): (Vec<_>, Vec<_>) = casts.into_iter().unzip();
        let mut waiting: VecDeque<_> = casts
            .into_iter()
            .enumerate()
            .map(|(place, queued)| if [0, 2].contains(&place) { forged(queued) } else { queued })
            .collect();
        waiting[1].unchecked.cast.arrival = DateTime::from_timestamp(7, 0).unwrap();
        let mut batch = Batch::default();
        fill(&mut batch, &mut waiting, 10);
        let entries = without_forged(std::mem::take(&mut batch.entries));
        assert_eq!(entries.len(), 4);
        // The voter's own cast is what is written of the two, not the forger's.
        assert_eq!((entries[0].0.len(), entries[0].cast().arrival.timestamp()), (1, 7));
        for (place, answer) in answers.iter_mut().enumerate() {
            let expected = [0, 2].contains(&place).then_some(Err(Failure::Forged));
            assert_eq!(answer.try_recv().ok(), expected, "{place}");
        }
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
