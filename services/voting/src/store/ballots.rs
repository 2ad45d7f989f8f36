//! Ballots: a batch of the intake, a paper batch, one ballot, all ballots.

use chrono::{DateTime, Utc};
use comitia_platform::database::Unreadable;
use futures_util::{Stream, StreamExt};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ballot::SIGNATURE;
use crate::domain::paper::{BLANK, INVALID, Void};
use crate::domain::receipt::Tracked;
use crate::domain::seal::Counts;
use crate::domain::{CastDigest, Nullifier, PollState};

/// A cast to write.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The poll.
    pub poll_id: Uuid,
    /// The poll's organization, for events.
    pub organization_id: Uuid,
    /// The voter's pseudonym in the poll.
    pub nullifier: Nullifier,
    /// The ballot's canonical bytes.
    pub ballot: Vec<u8>,
    /// What is kept of the cast's secret.
    pub digest: CastDigest,
    /// Where it counts.
    pub district: String,
    /// When it came in. This is compared with the poll's times and not stored.
    pub arrival: DateTime<Utc>,
    /// Where it stands among the casts of its voter.
    pub order: i64,
}

impl Cast {
    /// Whether two casts of one voter are one that was sent twice. Permits may be forged, so the district has to be the
    /// same too.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        self.digest == other.digest && self.ballot == other.ballot && self.district == other.district
    }
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
        /// Whether nobody signs until the poll is resumed.
        paused: bool,
        /// The ballot of this voter that is there.
        present: Option<Standing>,
    },
    /// Nothing was stored, and this program does not know the state of the poll.
    Unreadable,
}

/// A ballot that counts, as far as a receipt tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// 1 for the first ballot.
    pub revision: i32,
    /// Whether it was there when this cast came: the same one, whose answer may have been lost.
    pub repeated: bool,
}

/// The ballot that is there instead of a cast, compared with it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether it came on paper.
    pub paper: bool,
    /// Whether it is of the same cast: the same secret and the same ballot.
    pub same: bool,
    /// Whether it arrived later.
    pub later: bool,
    /// The rest.
    pub stored: Stored,
}

/// The ballot that is there.
#[derive(Clone, Debug)]
pub struct Present {
    /// Whose.
    pub nullifier: Nullifier,
    /// Its bytes.
    pub ballot: Vec<u8>,
    /// What is kept of the cast's secret.
    pub digest: CastDigest,
    /// Whether it came on paper.
    pub paper: bool,
    /// 1 for the first ballot.
    pub revision: i32,
}

impl Present {
    /// What its tracking code is made of; nothing for a ballot on paper, which has none.
    #[must_use]
    pub fn tracked(&self, poll: Uuid) -> Option<Tracked<'_>> {
        let Self { nullifier, ballot, digest, paper, revision } = self;
        (!paper).then_some(Tracked { poll, nullifier, revision: *revision, digest, ballot })
    }
}

struct PresentRow {
    nullifier: Vec<u8>,
    ballot: Vec<u8>,
    cast_digest: Vec<u8>,
    paper: bool,
    revision: i32,
}

impl PresentRow {
    fn read(self, poll: Uuid) -> Result<Present, sqlx::Error> {
        let digest = CastDigest::from_slice(&self.cast_digest);
        Ok(Present {
            nullifier: nullifier(self.nullifier, poll)?,
            ballot: self.ballot,
            digest: digest.ok_or_else(|| Unreadable::new("voting.ballots", "cast_digest", poll))?,
            paper: self.paper,
            revision: self.revision,
        })
    }
}

/// A ballot is not named by its own key, which would say whose it is, but by its poll.
fn nullifier(bytes: Vec<u8>, poll: Uuid) -> Result<Nullifier, Unreadable> {
    let bytes = bytes.try_into().map_err(|_| Unreadable::new("voting.ballots", "nullifier", poll))?;
    Ok(Nullifier::new(bytes))
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
/// When the database fails or cannot be reached; then nothing is written. If the connection broke, the outcome of the commit is unknown.
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
    let digests: Vec<&[u8]> = casts.iter().map(|cast| cast.digest.as_bytes()).collect();
    let districts: Vec<&str> = casts.iter().map(|cast| cast.district.as_str()).collect();
    let arrivals: Vec<DateTime<Utc>> = casts.iter().map(|cast| cast.arrival).collect();
    let orders: Vec<i64> = casts.iter().map(|cast| cast.order).collect();
    let event_polls: Vec<Uuid> = events.iter().map(|event| event.poll_id).collect();
    let event_ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let event_organizations: Vec<Uuid> = events.iter().map(|event| event.organization_id).collect();
    let rows = sqlx::query!(
        r#"SELECT place AS "place!", poll_state, revision, paper, same, later
           FROM voting.accept_ballots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
        &polls,
        &nullifiers as &[&[u8]],
        &ballots as &[&[u8]],
        &digests as &[&[u8]],
        &districts as &[&str],
        &arrivals,
        &orders,
        shard,
        &event_polls,
        &event_ids,
        &event_organizations,
        time
    )
    .fetch_all(connection)
    .await?;
    // What has no row is the voter's first ballot.
    let mut written = vec![Written::Stored(Stored { revision: 1, repeated: false }); casts.len()];
    for row in rows {
        let slot = usize::try_from(row.place).ok().and_then(|place| written.get_mut(place.checked_sub(1)?));
        let Some(slot) = slot else { continue };
        let stored = row.revision.map(|revision| Stored { revision, repeated: row.same == Some(true) });
        match (stored, row.same) {
            (None, _) => {
                *slot = left(row.poll_state.as_deref());
            }
            (Some(stored), None) => *slot = Written::Stored(stored),
            // Of a cast that is stored, this is the ballot itself.
            (Some(stored), Some(same)) => {
                if let Written::Left { present, .. } = slot {
                    let (paper, later) = (row.paper == Some(true), row.later == Some(true));
                    *present = Some(Standing { paper, same, later, stored });
                }
            }
        }
    }
    Ok(written)
}

/// Why nothing was stored, by the state that the database names.
fn left(state: Option<&str>) -> Written {
    let (state, paused) = match state {
        None => (None, false),
        Some("paused") => (Some(PollState::Open), true),
        Some(name) => match PollState::from_name(name) {
            Some(state) => (Some(state), false),
            None => return Written::Unreadable,
        },
    };
    Written::Left { state, paused, present: None }
}

/// The ballots that are there for these voters, at the same places.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn present(
    connection: &mut PgConnection,
    voters: &[(Uuid, Nullifier)],
) -> Result<Vec<Option<Present>>, sqlx::Error> {
    let positions: Vec<i32> = (0..).take(voters.len()).collect();
    let polls: Vec<Uuid> = voters.iter().map(|voter| voter.0).collect();
    let nullifiers: Vec<&[u8]> = voters.iter().map(|voter| voter.1.as_bytes()).collect();
    let rows = sqlx::query!(
        r#"SELECT voter.position AS "position!", b.nullifier, b.ballot, b.cast_digest, b.paper, b.revision
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
        let position = usize::try_from(row.position).unwrap_or(usize::MAX);
        if let (Some(slot), Some((poll, _))) = (found.get_mut(position), voters.get(position)) {
            let (nullifier, ballot, cast_digest) = (row.nullifier, row.ballot, row.cast_digest);
            let row = PresentRow { nullifier, ballot, cast_digest, paper: row.paper, revision: row.revision };
            *slot = Some(row.read(*poll)?);
        }
    }
    Ok(found)
}

/// The ballots of a poll whose nullifiers begin with `prefix`: hardly ever more than one. They are found by the primary
/// key.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn beginning_with(
    connection: &mut PgConnection,
    poll_id: Uuid,
    prefix: [u8; 8],
) -> Result<Vec<Present>, sqlx::Error> {
    let (mut first, mut last) = ([0; 32], [u8::MAX; 32]);
    first[..8].copy_from_slice(&prefix);
    last[..8].copy_from_slice(&prefix);
    sqlx::query_as!(
        PresentRow,
        "SELECT nullifier, ballot, cast_digest, paper, revision FROM voting.ballots
         WHERE poll_id = $1 AND nullifier BETWEEN $2 AND $3",
        poll_id,
        &first,
        &last
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(|row| row.read(poll_id))
    .collect()
}

/// Streams the ballots of a poll that were cast online.
pub fn online(
    connection: &mut PgConnection,
    poll_id: Uuid,
) -> impl Stream<Item = Result<Present, sqlx::Error>> + Send {
    sqlx::query_as!(
        PresentRow,
        "SELECT nullifier, ballot, cast_digest, paper, revision FROM voting.ballots
         WHERE poll_id = $1 AND NOT paper",
        poll_id
    )
    .fetch(connection)
    .map(move |row| row?.read(poll_id))
}

/// Writes paper ballots (nullifier, ballot, district) that arrived at `arrival`, and gives whose were stored: nothing is
/// replaced. A signature waits for its poll's log.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn write_paper(
    connection: &mut PgConnection,
    poll_id: Uuid,
    ballots: &[(Nullifier, &[u8], &str)],
    arrival: DateTime<Utc>,
) -> Result<Vec<Nullifier>, sqlx::Error> {
    let nullifiers: Vec<&[u8]> = ballots.iter().map(|ballot| ballot.0.as_bytes()).collect();
    let bytes: Vec<&[u8]> = ballots.iter().map(|ballot| ballot.1).collect();
    let districts: Vec<&str> = ballots.iter().map(|ballot| ballot.2).collect();
    // A paper ballot has no secret, and nothing comes after it.
    let rows = sqlx::query_scalar!(
        "WITH stored AS (
             INSERT INTO voting.ballots (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
             SELECT $1, nullifier, ballot, district, true, 1, decode(repeat('00', 16), 'hex'), 0
             FROM unnest($2::bytea[], $3::bytea[], $4::text[]) AS form (nullifier, ballot, district)
             ORDER BY nullifier
             ON CONFLICT (poll_id, nullifier) DO NOTHING
             RETURNING nullifier, ballot, district, cast_digest
         ), waits AS (
             INSERT INTO voting.log_waiting (poll_id, transaction, nullifier, cast_digest, district, paper, minute)
             SELECT $1, pg_current_xact_id(), nullifier, cast_digest, district, true, $6
             FROM stored WHERE ballot = $5 AND (SELECT has_log FROM voting.polls WHERE id = $1)
         )
         SELECT nullifier FROM stored",
        poll_id,
        &nullifiers as &[&[u8]],
        &bytes as &[&[u8]],
        &districts as &[&str],
        SIGNATURE,
        arrival.timestamp().div_euclid(60)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|bytes| nullifier(bytes, poll_id)).collect::<Result<_, _>>()?)
}

/// How many ballots of a poll there are by district and channel.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// All of them.
    pub all: Counts,
    /// Those that choose.
    pub choosing: Counts,
    /// The others.
    pub void: Void,
}

/// Counts the ballots of a poll by district and channel.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn cells(connection: &mut PgConnection, poll_id: Uuid) -> Result<Cells, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT district, paper, CASE WHEN ballot IN ($2, $3) THEN ballot END AS void, count(*) AS "count!"
           FROM voting.ballots WHERE poll_id = $1 GROUP BY 1, 2, 3"#,
        poll_id,
        BLANK,
        INVALID
    )
    .fetch_all(connection)
    .await?;
    let mut cells = Cells::default();
    for row in rows {
        let cell = (row.district, row.paper);
        *cells.all.entry(cell.clone()).or_default() += row.count;
        if !row.void.is_some_and(|void| cells.void.add(&void, row.count)) {
            *cells.choosing.entry(cell).or_default() += row.count;
        }
    }
    Ok(cells)
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
