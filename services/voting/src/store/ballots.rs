//! Ballots: a batch of the intake, a paper batch, one ballot, all ballots.

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::Stream;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{Nullifier, PollState};

/// A cast to write.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The poll.
    pub poll_id: Uuid,
    /// The poll's organization, for events.
    pub organization_id: Uuid,
    /// Who.
    pub nullifier: Nullifier,
    /// The ballot's canonical bytes.
    pub ballot: Vec<u8>,
    /// Where it counts.
    pub district: String,
    /// When it came in.
    pub arrival: DateTime<Utc>,
}

/// The event that tells of a batch's ballots in one poll.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The event's id.
    pub id: Uuid,
    /// The poll.
    pub poll_id: Uuid,
    /// The poll's organization.
    pub organization_id: Uuid,
    /// The encoded event without the number at its end, which only the database knows.
    pub payload: Vec<u8>,
}

/// What became of the cast at the same place of a batch.
#[derive(Clone, Debug)]
pub enum Written {
    /// It is stored.
    Stored(Stored),
    /// Nothing was stored.
    Left {
        /// The state of its poll; nothing when there is no such poll.
        state: Option<PollState>,
        /// The ballot of this voter that is there.
        present: Option<Present>,
    },
}

/// A ballot that counts, as far as a receipt tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// 1 for the first ballot.
    pub revision: i32,
    /// When it was accepted.
    pub accept_time: DateTime<Utc>,
}

/// The ballot that is there.
#[derive(Clone, Debug)]
pub struct Present {
    /// Its bytes.
    pub ballot: Vec<u8>,
    /// Whether it came on paper.
    pub paper: bool,
    /// The rest.
    pub stored: Stored,
}

/// Equal ballots.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their bytes.
    pub ballot: Vec<u8>,
    /// Their district.
    pub district: String,
    /// Their channel.
    pub paper: bool,
    /// How many.
    pub count: i64,
}

/// Writes casts, counts them and tells of them: a transaction of its own, in one round trip. Of one voter in one poll there
/// is one cast at the most, and of each poll one of `events`. `voting.accept_ballots` says what happens.
///
/// # Errors
/// Those of the database; then nothing is written, save that a connection that breaks tells nothing of the commit.
pub async fn accept(
    connection: &mut PgConnection,
    casts: &[&Cast],
    shard: i32,
    events: &[Acceptance],
    time: DateTime<Utc>,
) -> Result<Vec<Written>, sqlx::Error> {
    let polls: Vec<Uuid> = casts.iter().map(|cast| cast.poll_id).collect();
    let nullifiers: Vec<&[u8]> = casts.iter().map(|cast| cast.nullifier.as_bytes()).collect();
    let ballots: Vec<&[u8]> = casts.iter().map(|cast| cast.ballot.as_slice()).collect();
    let districts: Vec<&str> = casts.iter().map(|cast| cast.district.as_str()).collect();
    let arrivals: Vec<DateTime<Utc>> = casts.iter().map(|cast| cast.arrival).collect();
    let event_polls: Vec<Uuid> = events.iter().map(|event| event.poll_id).collect();
    let event_ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let event_organizations: Vec<Uuid> = events.iter().map(|event| event.organization_id).collect();
    let event_payloads: Vec<&[u8]> = events.iter().map(|event| event.payload.as_slice()).collect();
    let rows = sqlx::query!(
        r#"SELECT place AS "place!", poll_state, revision, accept_time, ballot, paper
           FROM voting.accept_ballots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
        &polls,
        &nullifiers as &[&[u8]],
        &ballots as &[&[u8]],
        &districts as &[&str],
        &arrivals,
        shard,
        &event_polls,
        &event_ids,
        &event_organizations,
        &event_payloads as &[&[u8]],
        time
    )
    .fetch_all(connection)
    .await?;
    // What has no row is the voter's first ballot. The database keeps microseconds.
    let first = |cast: &&Cast| Stored { revision: 1, accept_time: cast.arrival.trunc_subsecs(6) };
    let mut written: Vec<Written> = casts.iter().map(|cast| Written::Stored(first(cast))).collect();
    for row in rows {
        let slot = usize::try_from(row.place).ok().and_then(|place| written.get_mut(place.checked_sub(1)?));
        let Some(slot) = slot else { continue };
        let stored =
            row.revision.zip(row.accept_time).map(|(revision, accept_time)| Stored { revision, accept_time });
        match (stored, row.ballot) {
            (None, _) => {
                let state = row.poll_state.as_deref().and_then(PollState::from_name);
                *slot = Written::Left { state, present: None };
            }
            (Some(stored), None) => *slot = Written::Stored(stored),
            // Of a cast that is stored, this is the ballot itself.
            (Some(stored), Some(ballot)) => {
                if let Written::Left { present, .. } = slot {
                    *present = Some(Present { ballot, paper: row.paper == Some(true), stored });
                }
            }
        }
    }
    Ok(written)
}

/// The ballots that are there for these voters, at the same places.
///
/// # Errors
/// Those of the database.
pub async fn present(
    connection: &mut PgConnection,
    voters: &[(Uuid, Nullifier)],
) -> Result<Vec<Option<Present>>, sqlx::Error> {
    let positions: Vec<i32> = (0..).take(voters.len()).collect();
    let polls: Vec<Uuid> = voters.iter().map(|voter| voter.0).collect();
    let nullifiers: Vec<&[u8]> = voters.iter().map(|voter| voter.1.as_bytes()).collect();
    let rows = sqlx::query!(
        r#"SELECT voter.position AS "position!", b.ballot, b.paper, b.revision, b.accept_time
           FROM unnest($1::int[], $2::uuid[], $3::bytea[]) AS voter (position, poll_id, nullifier)
           JOIN voting.ballots b ON b.poll_id = voter.poll_id AND b.nullifier = voter.nullifier"#,
        &positions,
        &polls,
        &nullifiers as &[&[u8]]
    )
    .fetch_all(connection)
    .await?;
    let mut found = vec![None; voters.len()];
    for row in rows {
        if let Some(slot) = usize::try_from(row.position).ok().and_then(|position| found.get_mut(position)) {
            let stored = Stored { revision: row.revision, accept_time: row.accept_time };
            *slot = Some(Present { ballot: row.ballot, paper: row.paper, stored });
        }
    }
    Ok(found)
}

/// Writes paper ballots (nullifier, ballot, district) and gives whose were stored: nothing is replaced.
///
/// # Errors
/// Those of the database.
pub async fn write_paper(
    connection: &mut PgConnection,
    poll_id: Uuid,
    ballots: &[(Nullifier, &[u8], &str)],
    time: DateTime<Utc>,
) -> Result<Vec<Nullifier>, sqlx::Error> {
    let nullifiers: Vec<&[u8]> = ballots.iter().map(|ballot| ballot.0.as_bytes()).collect();
    let bytes: Vec<&[u8]> = ballots.iter().map(|ballot| ballot.1).collect();
    let districts: Vec<&str> = ballots.iter().map(|ballot| ballot.2).collect();
    let rows = sqlx::query_scalar!(
        "INSERT INTO voting.ballots (poll_id, nullifier, ballot, district, paper, revision, accept_time)
         SELECT $1, nullifier, ballot, district, true, 1, $5
         FROM unnest($2::bytea[], $3::bytea[], $4::text[]) AS form (nullifier, ballot, district)
         ORDER BY nullifier
         ON CONFLICT (poll_id, nullifier) DO NOTHING
         RETURNING nullifier",
        poll_id,
        &nullifiers as &[&[u8]],
        &bytes as &[&[u8]],
        &districts as &[&str],
        time
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(|bytes| Some(Nullifier::new(bytes.try_into().ok()?))).collect())
}

/// Streams the ballots of a poll, equal ones together, in the order of their bytes: the order of the seal, which tells
/// nothing of who cast them and when.
pub fn groups(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> impl Stream<Item = Result<Group, sqlx::Error>> + Send {
    sqlx::query_as!(
        Group,
        r#"SELECT ballot, district, paper, count(*) AS "count!" FROM voting.ballots WHERE poll_id = $1
           GROUP BY ballot, district, paper ORDER BY ballot, district COLLATE "C", paper"#,
        poll_id
    )
    .fetch(connection)
}
