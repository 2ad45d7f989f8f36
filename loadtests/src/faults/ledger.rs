//! What the voters know: every ballot that was acknowledged to them, and what a database must have for it.

use std::collections::{BTreeMap, HashMap};

use anyhow::bail;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Districts with fewer voters are published together (`voting.smallest_group`).
const SMALLEST_GROUP: u64 = 5;

/// A voter in one poll.
#[derive(Clone, Debug)]
pub struct Voter {
    /// The poll.
    pub poll: Uuid,
    /// The pseudonym in it.
    pub nullifier: [u8; 32],
    /// Where the ballots count.
    pub district: String,
    /// The permit.
    pub permit: String,
    /// Every acknowledgement, in order.
    pub acknowledged: Vec<Acknowledgement>,
    /// The ballot that was asked for and neither acknowledged nor refused.
    pub asked: Option<Vec<u8>>,
}

/// A receipt, with what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The ballot's canonical bytes.
    pub ballot: Vec<u8>,
    /// Its code.
    pub tracking_code: String,
    /// Its number among the voter's ballots.
    pub revision: i32,
    /// The secret that it was cast with: what makes a cast the same one.
    pub secret: String,
}

/// A ballot in the database.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// The poll.
    pub poll_id: Uuid,
    /// Whose.
    pub nullifier: Vec<u8>,
    /// Its bytes.
    pub ballot: Vec<u8>,
    /// Where it counts.
    pub district: String,
    /// Its number among the voter's ballots.
    pub revision: i32,
}

/// How many voters have voted, by poll and district.
pub type Turnout = BTreeMap<(Uuid, String), i64>;

/// What is wrong. Each voter counts once for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Acknowledged and not there.
    pub lost: u64,
    /// There twice, counted twice, or cast by nobody.
    pub doubled: u64,
    /// Another ballot, district or receipt than the one acknowledged last.
    pub altered: u64,
    /// In another poll.
    pub misplaced: u64,
    /// The same in words.
    pub notes: Vec<String>,
}

impl Findings {
    /// Whether all is as it was acknowledged.
    pub fn none(&self) -> bool {
        self.notes.is_empty()
    }

    fn note(&mut self, kind: fn(&mut Self) -> &mut u64, count: u64, text: String) {
        *kind(self) += count;
        self.notes.push(text);
    }

    /// Something that was acknowledged is not there.
    pub fn lost(&mut self, text: String) {
        self.note(|findings| &mut findings.lost, 1, text);
    }

    fn doubled(&mut self, count: u64, text: String) {
        self.note(|findings| &mut findings.doubled, count, text);
    }

    /// A poll is sealed, and this is the digest that its ballots should give.
    pub fn sealed(&mut self, poll: Uuid, sealed: &str, expected: &str) {
        if sealed != expected {
            self.altered(format!(
                "poll {poll} is sealed with {sealed}, and the acknowledged ballots give {expected}"
            ));
        }
    }

    /// Something differs from what was acknowledged.
    pub fn altered(&mut self, text: String) {
        self.note(|findings| &mut findings.altered, 1, text);
    }
}

/// The canonical bytes of an approval ballot of options by their places (services/voting, domain::ballot), worked out here
/// once more, so that the service is not its own judge.
pub fn approval(options: &[usize]) -> Vec<u8> {
    let mut places = options.to_vec();
    places.sort_unstable();
    let mut bytes = vec![1, 1];
    // Below 128 a varint is one byte.
    bytes.extend(places.into_iter().map(|place| u8::try_from(place).unwrap_or(u8::MAX)));
    bytes
}

/// Compares what was acknowledged with what is stored and counted.
pub fn compare(voters: &[Voter], rows: &[Row], turnout: &Turnout) -> Findings {
    let mut findings = Findings::default();
    let mut stored: HashMap<&[u8], Vec<&Row>> = HashMap::with_capacity(rows.len());
    let mut counted = Turnout::new();
    for row in rows {
        stored.entry(&row.nullifier).or_default().push(row);
        *counted.entry((row.poll_id, row.district.clone())).or_default() += 1;
    }
    for (number, voter) in voters.iter().enumerate() {
        let rows = stored.remove(voter.nullifier.as_slice()).unwrap_or_default();
        let (own, others): (Vec<&Row>, Vec<&Row>) =
            rows.into_iter().partition(|row| row.poll_id == voter.poll);
        let elsewhere = others.iter().map(|row| format!("voter {number}: a ballot in poll {}", row.poll_id));
        for text in elsewhere {
            findings.note(|findings| &mut findings.misplaced, 1, text);
        }
        if own.len() > 1 {
            findings.doubled(1, format!("voter {number}: {} ballots in one poll", own.len()));
        }
        receipts(&mut findings, number, voter);
        match (own.first(), voter.acknowledged.last()) {
            (None, Some(last)) => {
                findings.lost(format!("voter {number}: ballot {} is not there", last.revision));
            }
            (Some(row), last) => {
                if let Some(wrong) = difference(voter, row, last) {
                    findings.altered(format!("voter {number}: {wrong}"));
                }
            }
            (None, None) => {}
        }
    }
    let strangers: usize = stored.values().map(Vec::len).sum();
    if strangers > 0 {
        findings.doubled(strangers as u64, format!("{strangers} ballots that nobody cast"));
    }
    for place in counted.keys().chain(turnout.keys().filter(|place| !counted.contains_key(*place))) {
        let of = |counts: &Turnout| counts.get(place).copied().unwrap_or(0);
        let (rows, counter) = (of(&counted), of(turnout));
        if rows != counter {
            let text = format!("poll {}, {}: {rows} ballots and a turnout of {counter}", place.0, place.1);
            findings.doubled(rows.abs_diff(counter), text);
        }
    }
    findings
}

/// How a stored ballot differs from what its voter knows.
fn difference(voter: &Voter, row: &Row, last: Option<&Acknowledgement>) -> Option<String> {
    if row.district != voter.district {
        return Some(format!("counts in {} and not in {}", row.district, voter.district));
    }
    // Without an answer it may be there or not.
    if voter.asked.as_ref() == Some(&row.ballot) {
        return None;
    }
    let Some(last) = last else { return Some("a ballot that was not asked for".to_owned()) };
    if row.ballot != last.ballot {
        let earlier = voter.acknowledged.iter().rev().find(|earlier| earlier.ballot == row.ballot);
        let which = earlier
            .map_or_else(|| "none of the voter's".to_owned(), |ballot| format!("number {}", ballot.revision));
        return Some(format!(
            "ballot {} was acknowledged last, and the one stored is {which}",
            last.revision
        ));
    }
    (row.revision != last.revision && voter.asked.is_none())
        .then(|| format!("ballot {} was acknowledged, and it is stored as {}", last.revision, row.revision))
}

/// The receipts of a voter: one code for each cast, the same each time; another cast is a later revision, also with the
/// same ballot.
fn receipts(findings: &mut Findings, number: usize, voter: &Voter) {
    for (place, receipt) in voter.acknowledged.iter().enumerate() {
        let Some(earlier) = place.checked_sub(1).map(|place| &voter.acknowledged[place]) else { continue };
        let same = (&earlier.secret, &earlier.ballot) == (&receipt.secret, &receipt.ballot);
        let wrong = match same {
            true => earlier != receipt,
            false => earlier.tracking_code == receipt.tracking_code || earlier.revision >= receipt.revision,
        };
        if wrong {
            let what = if same { "the same cast" } else { "another cast" };
            findings.altered(format!(
                "voter {number}: for {what} the receipt {} of revision {} came after {} of {}",
                receipt.tracking_code, receipt.revision, earlier.tracking_code, earlier.revision
            ));
            return;
        }
    }
}

/// The ballots of a poll with their districts, as its voters know them. Of a voter whose last cast had no answer it is the one
/// that is stored, if it is one that the voter asked for.
pub fn known(poll: Uuid, voters: &[Voter], rows: &[Row]) -> Vec<(Vec<u8>, String)> {
    let stored: HashMap<&[u8], &Row> =
        rows.iter().filter(|row| row.poll_id == poll).map(|row| (row.nullifier.as_slice(), row)).collect();
    let of = |voter: &Voter| {
        let last = voter.acknowledged.last().map(|last| &last.ballot);
        let unanswered = voter
            .asked
            .as_ref()
            .filter(|asked| stored.get(voter.nullifier.as_slice()).is_some_and(|row| row.ballot == **asked));
        Some((unanswered.or(last)?.clone(), voter.district.clone()))
    };
    voters.iter().filter(|voter| voter.poll == poll).filter_map(of).collect()
}

/// The digest that a poll with these options (id, cost, title) and approvals is sealed with (crates/seal), worked out
/// here once more.
///
/// # Errors
/// When a district has so few voters that it is published with others, and its seal cannot be worked out here.
pub fn seal(
    poll: Uuid,
    options: &[(String, String, String)],
    ballots: impl IntoIterator<Item = (Vec<u8>, String)>,
) -> anyhow::Result<String> {
    let mut groups: BTreeMap<(Vec<u8>, String), u64> = BTreeMap::new();
    let mut voters: BTreeMap<String, u64> = BTreeMap::new();
    for ballot in ballots {
        *voters.entry(ballot.1.clone()).or_default() += 1;
        *groups.entry(ballot).or_default() += 1;
    }
    if let Some((district, count)) = voters.iter().find(|(_, count)| **count < SMALLEST_GROUP) {
        bail!("{district} has {count} voters, too few to be published by itself: let more people cast");
    }
    let mut digest = Sha256::new();
    digest.update(format!("comitia ballots v2\npoll {}\ntype 1\n", poll.hyphenated()));
    for (id, cost, title) in options {
        digest.update(format!("option {id}\t{cost}\t{title}\n"));
    }
    for ((ballot, district), count) in groups {
        digest.update(format!("{}\t{district}\tonline\t{count}\n", hex::encode(ballot)));
    }
    Ok(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: Uuid = Uuid::from_u128(1);

    fn receipt(ballot: u8, revision: i32) -> Acknowledgement {
        Acknowledgement {
            ballot: vec![ballot],
            tracking_code: format!("CODE-{ballot}-{revision}"),
            revision,
            secret: ballot.to_string(),
        }
    }

    fn voter(number: u8, acknowledged: Vec<Acknowledgement>) -> Voter {
        Voter {
            poll: POLL,
            nullifier: [number; 32],
            district: "north".to_owned(),
            permit: String::new(),
            acknowledged,
            asked: None,
        }
    }

    fn row(number: u8, ballot: u8, revision: i32) -> Row {
        Row {
            poll_id: POLL,
            nullifier: vec![number; 32],
            ballot: vec![ballot],
            district: "north".to_owned(),
            revision,
        }
    }

    fn turnout(count: i64) -> Turnout {
        Turnout::from([((POLL, "north".to_owned()), count)])
    }

    /// Lost, doubled, altered, misplaced.
    fn counts(voters: &[Voter], rows: &[Row], counted: i64) -> [u64; 4] {
        let found = compare(voters, rows, &turnout(counted));
        assert_eq!(found.none(), found.notes.is_empty());
        [found.lost, found.doubled, found.altered, found.misplaced]
    }

    #[test]
    fn what_is_as_it_was_acknowledged_is_well() {
        let voters = [voter(1, vec![receipt(5, 1), receipt(5, 1), receipt(6, 2)]), voter(2, vec![])];
        assert_eq!(counts(&voters, &[row(1, 6, 2)], 1), [0; 4]);
        // The second voter's cast was never answered: it may be there.
        let mut voters = voters;
        voters[1].asked = Some(vec![7]);
        assert_eq!(counts(&voters, &[row(1, 6, 2), row(2, 7, 1)], 2), [0; 4]);
    }

    #[test]
    fn what_is_not_there_is_lost() {
        assert_eq!(counts(&[voter(1, vec![receipt(5, 1)])], &[], 0), [1, 0, 0, 0]);
    }

    #[test]
    fn two_rows_a_strangers_row_and_a_wrong_counter_are_doubled() {
        let voters = [voter(1, vec![receipt(5, 1)])];
        assert_eq!(counts(&voters, &[row(1, 5, 1), row(1, 5, 1)], 2), [0, 1, 0, 0]);
        assert_eq!(counts(&voters, &[row(1, 5, 1), row(9, 5, 1)], 2), [0, 1, 0, 0]);
        assert_eq!(counts(&voters, &[row(1, 5, 1)], 3), [0, 2, 0, 0]);
        assert_eq!(compare(&[], &[], &turnout(4)).doubled, 4);
    }

    #[test]
    fn another_ballot_district_revision_or_receipt_is_altered() {
        let voters = [voter(1, vec![receipt(5, 1), receipt(6, 2)])];
        assert_eq!(counts(&voters, &[row(1, 5, 3)], 1), [0, 0, 1, 0]);
        assert_eq!(counts(&voters, &[row(1, 6, 4)], 1), [0, 0, 1, 0]);
        assert_eq!(counts(&[voter(1, vec![receipt(5, 1)])], &[row(1, 5, 2)], 1), [0, 0, 1, 0]);
        let moved = Row { district: "south".to_owned(), ..row(1, 6, 2) };
        let counted = Turnout::from([((POLL, "south".to_owned()), 1)]);
        assert_eq!(compare(&voters, &[moved], &counted).altered, 1);
        // A receipt that changes, a change with the code of before, a revision that goes back.
        let code = |code: &str, receipt: Acknowledgement| Acknowledgement {
            tracking_code: code.to_owned(),
            ..receipt
        };
        for acknowledged in [
            vec![receipt(5, 1), code("OTHER", receipt(5, 1))],
            vec![code("SAME", receipt(5, 1)), code("SAME", receipt(6, 2))],
            vec![receipt(5, 3), receipt(6, 2)],
            // The same ballot with another secret is another cast.
            vec![receipt(5, 1), Acknowledgement { secret: "other".to_owned(), ..receipt(5, 1) }],
        ] {
            let last = acknowledged.last().map(|last| row(1, last.ballot[0], last.revision)).unwrap();
            assert_eq!(counts(&[voter(1, acknowledged)], &[last], 1), [0, 0, 1, 0]);
        }
        assert_eq!(counts(&[voter(1, vec![])], &[row(1, 5, 1)], 1), [0, 0, 1, 0]);
    }

    #[test]
    fn a_ballot_in_another_poll_is_misplaced() {
        let elsewhere = Row { poll_id: Uuid::from_u128(2), ..row(1, 5, 1) };
        let voters = [voter(1, vec![receipt(5, 1)])];
        let counted = Turnout::from([((Uuid::from_u128(2), "north".to_owned()), 1)]);
        let found = compare(&voters, &[elsewhere], &counted);
        assert_eq!((found.misplaced, found.lost), (1, 1));
    }

    #[test]
    fn bytes_and_seal_are_those_that_are_written_down() {
        assert_eq!(approval(&[5, 0]), [1, 1, 0, 5]);
        let poll = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
        let text = "comitia ballots v2\npoll 01920000-0000-7000-8000-000000000001\ntype 1\noption P1\t7\tTrees\n\
                    010100\tnorth\tonline\t4\n010105\tnorth\tonline\t1\n";
        let ballot = |place| (approval(&[place]), "north".to_owned());
        let options = [("P1".to_owned(), "7".to_owned(), "Trees".to_owned())];
        let sealed = seal(poll, &options, [0, 5, 0, 0, 0].map(ballot)).unwrap();
        assert_eq!(sealed, hex::encode(Sha256::digest(text)));
        let few = seal(poll, &options, [0, 5, 0, 0].map(ballot)).unwrap_err();
        assert!(few.to_string().contains("north has 4 voters"), "{few}");
    }

    #[test]
    fn a_seal_is_checked_also_where_an_answer_is_missing() {
        let mut voters = [voter(1, vec![receipt(5, 1)]), voter(2, vec![receipt(6, 1)]), voter(3, vec![])];
        let ballots =
            |places: &[u8]| places.iter().map(|place| (vec![*place], "north".to_owned())).collect::<Vec<_>>();
        let rows = [row(1, 5, 1), row(2, 7, 2)];
        assert_eq!(known(POLL, &voters, &rows), ballots(&[5, 6]));
        // Asked for and there; asked for and not there.
        voters[1].asked = Some(vec![7]);
        voters[2].asked = Some(vec![8]);
        assert_eq!(known(POLL, &voters, &rows), ballots(&[5, 7]));
        // What nobody asked for is not known because it is there.
        assert_eq!(known(POLL, &voters, &[row(1, 9, 1), row(2, 7, 2)]), ballots(&[5, 7]));
        assert_eq!(known(Uuid::from_u128(2), &voters, &rows), ballots(&[]));
        let mut findings = Findings::default();
        findings.sealed(POLL, "a", "a");
        assert!(findings.none());
        findings.sealed(POLL, "a", "b");
        assert_eq!(findings.altered, 1);
    }
}
