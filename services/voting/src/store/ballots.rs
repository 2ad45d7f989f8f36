//! Ballots: a batch of the intake, a paper batch, one ballot, all ballots.

use chrono::{DateTime, Utc};
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

/// What became of the cast at the same place of a batch.
#[derive(Clone, Debug)]
pub struct Written {
    /// The state of its poll; nothing when there is no such poll.
    pub state: Option<PollState>,
    /// Its revision and time if it was stored now; nothing when a ballot of this voter was there that it did not replace.
    pub stored: Option<Stored>,
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

/// Writes casts and counts them, in one statement; the locks of their polls are held ([`super::lock_for_ballots`]). Of
/// one voter in one poll there is one cast at the most.
///
/// A first ballot is inserted and counted. A changed one replaces the one before where the poll allows it. Nothing
/// happens to the others. Rows are taken in one order, so that two batches never wait for each other in a circle.
///
/// # Errors
/// Those of the database; then nothing is written once the transaction is rolled back.
pub async fn write(
    connection: &mut PgConnection,
    casts: &[&Cast],
    shard: i32,
) -> Result<Vec<Written>, sqlx::Error> {
    let positions: Vec<i32> = (0..).take(casts.len()).collect();
    let polls: Vec<Uuid> = casts.iter().map(|cast| cast.poll_id).collect();
    let nullifiers: Vec<&[u8]> = casts.iter().map(|cast| cast.nullifier.as_bytes()).collect();
    let ballots: Vec<&[u8]> = casts.iter().map(|cast| cast.ballot.as_slice()).collect();
    let districts: Vec<&str> = casts.iter().map(|cast| cast.district.as_str()).collect();
    let arrivals: Vec<DateTime<Utc>> = casts.iter().map(|cast| cast.arrival).collect();
    let rows = sqlx::query!(
        r#"WITH cast_ AS MATERIALIZED (
               SELECT c.position, c.poll_id, c.nullifier, c.ballot, c.district, c.arrival,
                      p.state, p.open_time, p.close_time
               FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::timestamptz[])
                    AS c (position, poll_id, nullifier, ballot, district, arrival)
               LEFT JOIN voting.polls p ON p.id = c.poll_id
           ), stored AS (
               INSERT INTO voting.ballots AS present
                      (poll_id, nullifier, ballot, district, paper, revision, accept_time)
               SELECT poll_id, nullifier, ballot, district, false, 1, arrival FROM cast_
               WHERE state IN ('scheduled', 'open') AND arrival >= open_time AND arrival < close_time
               ORDER BY poll_id, nullifier
               ON CONFLICT (poll_id, nullifier)
               DO UPDATE SET ballot = excluded.ballot, revision = present.revision + 1,
                             accept_time = excluded.accept_time
               WHERE NOT present.paper AND present.ballot <> excluded.ballot
                     AND (SELECT recast_allowed FROM voting.polls WHERE id = present.poll_id)
               RETURNING poll_id, nullifier, district, revision, accept_time
           ), counted AS (
               INSERT INTO voting.turnout AS shard (poll_id, shard, district, paper, ballot_count)
               SELECT poll_id, $7, district, false, count(*) FROM stored WHERE revision = 1
               GROUP BY poll_id, district ORDER BY poll_id, district
               ON CONFLICT (poll_id, shard, district, paper)
               DO UPDATE SET ballot_count = shard.ballot_count + excluded.ballot_count
           )
           SELECT cast_.position AS "position!", cast_.state AS "state?", stored.revision AS "revision?",
                  stored.accept_time AS "accept_time?"
           FROM cast_ LEFT JOIN stored USING (poll_id, nullifier)"#,
        &positions,
        &polls,
        &nullifiers as &[&[u8]],
        &ballots as &[&[u8]],
        &districts as &[&str],
        &arrivals,
        shard
    )
    .fetch_all(connection)
    .await?;
    let mut written = vec![Written { state: None, stored: None }; casts.len()];
    for row in rows {
        let Some(slot) = usize::try_from(row.position).ok().and_then(|position| written.get_mut(position))
        else {
            continue;
        };
        slot.state = row.state.as_deref().and_then(PollState::from_name);
        slot.stored =
            row.revision.zip(row.accept_time).map(|(revision, accept_time)| Stored { revision, accept_time });
    }
    Ok(written)
}

/// The ballots that are there for these voters, at the same places. A statement after [`write()`] sees what made it do
/// nothing.
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
