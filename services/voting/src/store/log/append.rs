//! Appending: what waits, the lease of a log, and what an append writes.

use std::collections::BTreeMap;

use comitia_transparency::sheet::Reached;
use comitia_transparency::tile::Kind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Head, HeadRow, level, stored};

/// A signature that is not in its log yet, or a withdrawal.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Whose it is.
    pub nullifier: Vec<u8>,
    /// What is kept of the cast's secret.
    pub cast_digest: Vec<u8>,
    /// Where it counts.
    pub district: String,
    /// Whether it came on paper.
    pub paper: bool,
    /// When it was accepted, in minutes since 1970.
    pub minute: i64,
    /// Whether the signature is taken back.
    pub withdrawal: bool,
}

/// A poll with signatures that wait, and the barrier of its log: signatures of transactions before it may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The poll.
    pub poll_id: Uuid,
    /// The number of a transaction.
    pub barrier: i64,
}

/// The polls with signatures that wait.
///
/// The barrier of a poll is the oldest transaction that runs and holds the poll's lock, and at most the first number that no
/// transaction had ended with when this statement began. Who writes a signature takes the lock before its transaction has a number,
/// and gives it back after everybody sees the commit. So whatever comes before the barrier had committed, or was rolled back, when
/// the locks were read, and a later statement sees all of it. Transactions of other polls and services do not count.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn due(connection: &mut PgConnection) -> Result<Vec<Due>, sqlx::Error> {
    // One look into the index for each poll, however many signatures wait; one reading of the locks for all polls.
    sqlx::query_as!(
        Due,
        r#"WITH RECURSIVE poll AS (
               (SELECT poll_id FROM voting.log_waiting ORDER BY poll_id LIMIT 1)
               UNION ALL
               SELECT (SELECT w.poll_id FROM voting.log_waiting w WHERE w.poll_id > poll.poll_id ORDER BY w.poll_id LIMIT 1)
               FROM poll WHERE poll.poll_id IS NOT NULL
           ), lock AS MATERIALIZED (
               SELECT pid, transactionid, (classid::bigint << 32) | objid::bigint AS key
               FROM pg_locks
               WHERE granted AND (
                   (locktype = 'transactionid' AND mode = 'ExclusiveLock')
                   OR (locktype = 'advisory' AND objsubid = 1
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
           ), running AS MATERIALIZED (
               SELECT held.key, number.text::text::bigint AS transaction
               FROM pg_snapshot_xip(pg_current_snapshot()) AS number (text)
               JOIN lock AS own ON own.transactionid = number.text::xid
               JOIN lock AS held ON held.pid = own.pid AND held.transactionid IS NULL
           )
           SELECT poll_id AS "poll_id!",
                  least(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                        (SELECT min(transaction) FROM running WHERE key = voting.poll_lock(poll_id))) AS "barrier!"
           FROM poll WHERE poll_id IS NOT NULL"#
    )
    .fetch_all(connection)
    .await
}

/// The minute of the signature that waits longest, of all polls: of each, the one of the oldest transaction.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn oldest_waiting(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"WITH RECURSIVE first AS (
               (SELECT poll_id, minute FROM voting.log_waiting ORDER BY poll_id, transaction LIMIT 1)
               UNION ALL
               SELECT next.poll_id, next.minute FROM first,
                      LATERAL (SELECT w.poll_id, w.minute FROM voting.log_waiting w WHERE w.poll_id > first.poll_id
                               ORDER BY w.poll_id, w.transaction LIMIT 1) AS next
           )
           SELECT min(minute) FROM first"#
    )
    .fetch_one(connection)
    .await
}

/// Takes the lease of a log, and gives its head. Nothing when another sequencer has the lease. It is a lock of the log's row, so that
/// it ends with the transaction, and with the connection of a sequencer that died. One that stands still for ten seconds loses it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lease(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_scalar!("SELECT set_config('idle_in_transaction_session_timeout', '10s', true)")
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query_as!(
        HeadRow,
        "SELECT poll_id, organization_id, origin, publishes_districts, size, withdrawals, corrections, set_aside, frontier
         FROM voting.logs WHERE poll_id = $1 FOR UPDATE SKIP LOCKED",
        poll_id
    )
    .fetch_optional(connection)
    .await?
    .map(HeadRow::read)
    .transpose()
}

/// Waits for the lease of a log, takes it, and gives its head. A sequencer that comes meanwhile does nothing.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn lock_head(connection: &mut PgConnection, poll_id: Uuid) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as!(
        HeadRow,
        "SELECT poll_id, organization_id, origin, publishes_districts, size, withdrawals, corrections, set_aside, frontier
         FROM voting.logs WHERE poll_id = $1 FOR UPDATE",
        poll_id
    )
    .fetch_optional(connection)
    .await?
    .map(HeadRow::read)
    .transpose()
}

/// Takes up to `limit` signatures before the barrier out of those that wait, in their order: that of their transactions. What is from
/// another server, from which this database was restored, comes first: it was there before anything of this one.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn take(connection: &mut PgConnection, due: Due, limit: i64) -> Result<Vec<Waiting>, sqlx::Error> {
    // A transaction with a number that none has had yet was one of another server.
    sqlx::query_as!(
        Waiting,
        r#"WITH taken AS (
               DELETE FROM voting.log_waiting WHERE ctid = ANY (ARRAY(
                   SELECT ctid FROM (
                       (SELECT ctid, transaction, nullifier, false AS ours FROM voting.log_waiting
                        WHERE poll_id = $1 AND transaction >= pg_snapshot_xmax(pg_current_snapshot())
                        ORDER BY transaction, nullifier LIMIT $3)
                       UNION ALL
                       (SELECT ctid, transaction, nullifier, true FROM voting.log_waiting
                        WHERE poll_id = $1 AND transaction < $2::bigint::text::xid8
                        ORDER BY transaction, nullifier LIMIT $3)) AS waiting
                   ORDER BY ours, transaction, nullifier LIMIT $3))
               RETURNING transaction, nullifier, cast_digest, district, paper, minute, withdrawal
           )
           SELECT nullifier, cast_digest, district, paper, minute, withdrawal FROM taken
           ORDER BY transaction < pg_snapshot_xmax(pg_current_snapshot()), transaction, nullifier"#,
        due.poll_id,
        due.barrier,
        limit
    )
    .fetch_all(connection)
    .await
}

/// What is appended in a minute.
#[derive(Clone, Copy, Debug)]
pub struct InMinute {
    /// Given online.
    pub online: i64,
    /// Given on paper.
    pub paper: i64,
    /// Taken back.
    pub withdrawn: i64,
    /// Where its first entry stands.
    pub first: u64,
    /// What is behind its last entry.
    pub end: u64,
}

/// What is appended to a log.
#[derive(Debug, Default)]
pub struct Appended {
    /// Bytes for each tile, behind those that are there.
    pub tiles: BTreeMap<(Kind, u64), Vec<u8>>,
    /// What the leaves are found by, from the old size on.
    pub identifiers: Vec<[u8; 32]>,
    /// How many of them are withdrawals.
    pub withdrawals: u64,
    /// How many of them are corrections.
    pub corrections: u32,
    /// How many more signatures are set aside, of those that nobody took back.
    pub set_aside: i64,
    /// Counts that changed, by end and district, as they are now.
    pub counts: Vec<(u32, String, u64)>,
    /// How many signatures were given and taken back, by hours since 1970.
    pub hours: BTreeMap<i64, (i64, i64)>,
    /// The same by minutes since 1970.
    pub minutes: BTreeMap<u32, InMinute>,
    /// The milestones that were reached.
    pub reached: Vec<(String, Reached)>,
    /// The size.
    pub size: u64,
    /// The frontier.
    pub frontier: Vec<u8>,
}

/// Appends to a log that still has the size of `head`. Gives whether it had; if not, the transaction must not commit.
///
/// # Errors
/// When the database fails or cannot be reached, or a leaf is there already.
pub async fn append(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<bool, sqlx::Error> {
    let before = stored(head.tree.size());
    let moved = sqlx::query!(
        "UPDATE voting.logs SET size = $3, frontier = $4, withdrawals = withdrawals + $5, corrections = corrections + $6,
                set_aside = set_aside + $7
         WHERE poll_id = $1 AND size = $2",
        head.poll_id,
        before,
        stored(appended.size),
        appended.frontier,
        stored(appended.withdrawals),
        i32::try_from(appended.corrections).unwrap_or(i32::MAX),
        appended.set_aside
    )
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() != 1 {
        return Ok(false);
    }
    let identifiers: Vec<&[u8]> = appended.identifiers.iter().map(<[u8; 32]>::as_slice).collect();
    sqlx::query!(
        "INSERT INTO voting.log_leaves (poll_id, identifier, leaf)
         SELECT $1, identifier, $2 + place - 1 FROM unnest($3::bytea[]) WITH ORDINALITY AS leaf (identifier, place)",
        head.poll_id,
        before,
        &identifiers as &[&[u8]]
    )
    .execute(&mut *connection)
    .await?;
    write_tiles(&mut *connection, head, appended).await?;
    write_counts(&mut *connection, head, appended).await?;
    write_hours(&mut *connection, head, appended).await?;
    write_minutes(&mut *connection, head, appended).await?;
    write_reached(connection, head, appended).await?;
    Ok(true)
}

async fn write_tiles(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<(), sqlx::Error> {
    let (mut levels, mut tiles, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for ((kind, tile), more) in &appended.tiles {
        levels.push(level(*kind));
        tiles.push(stored(*tile));
        bytes.push(more.as_slice());
    }
    sqlx::query!(
        "INSERT INTO voting.log_tiles AS present (poll_id, organization_id, level, tile, bytes)
         SELECT $1, $2, level, tile, bytes FROM unnest($3::smallint[], $4::bigint[], $5::bytea[]) AS more (level, tile, bytes)
         ON CONFLICT (poll_id, level, tile) DO UPDATE SET bytes = present.bytes || excluded.bytes",
        head.poll_id,
        head.organization_id,
        &levels,
        &tiles,
        &bytes as &[&[u8]]
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_counts(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<(), sqlx::Error> {
    let (mut ends, mut districts, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (end, district, count) in &appended.counts {
        ends.push(i64::from(*end));
        districts.push(district.as_str());
        counts.push(stored(*count));
    }
    sqlx::query!(
        "INSERT INTO voting.log_counts (poll_id, organization_id, before_minute, district, signature_count)
         SELECT $1, $2, before_minute, district, signature_count
         FROM unnest($3::bigint[], $4::text[], $5::bigint[]) AS now (before_minute, district, signature_count)
         ON CONFLICT (poll_id, before_minute, district) DO UPDATE SET signature_count = excluded.signature_count",
        head.poll_id,
        head.organization_id,
        &ends,
        &districts as &[&str],
        &counts
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_hours(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<(), sqlx::Error> {
    let hours: Vec<i64> = appended.hours.keys().copied().collect();
    let (given, taken_back): (Vec<i64>, Vec<i64>) = appended.hours.values().copied().unzip();
    sqlx::query!(
        "INSERT INTO voting.log_hours AS present (poll_id, organization_id, hour, signature_count, withdrawal_count)
         SELECT $1, $2, hour, signature_count, withdrawal_count
         FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS more (hour, signature_count, withdrawal_count)
         ON CONFLICT (poll_id, hour)
         DO UPDATE SET signature_count = present.signature_count + excluded.signature_count,
                       withdrawal_count = present.withdrawal_count + excluded.withdrawal_count",
        head.poll_id,
        head.organization_id,
        &hours,
        &given,
        &taken_back
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_minutes(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<(), sqlx::Error> {
    let minutes: Vec<i64> = appended.minutes.keys().map(|minute| i64::from(*minute)).collect();
    let of = |number: fn(&InMinute) -> i64| appended.minutes.values().map(number).collect::<Vec<i64>>();
    sqlx::query!(
        "INSERT INTO voting.log_minutes AS present (poll_id, organization_id, minute, online_count, paper_count,
                                                    withdrawal_count, first_leaf, end_leaf)
         SELECT $1, $2, minute, online_count, paper_count, withdrawal_count, first_leaf, end_leaf
         FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
              AS more (minute, online_count, paper_count, withdrawal_count, first_leaf, end_leaf)
         ON CONFLICT (poll_id, minute)
         DO UPDATE SET online_count = present.online_count + excluded.online_count,
                       paper_count = present.paper_count + excluded.paper_count,
                       withdrawal_count = present.withdrawal_count + excluded.withdrawal_count,
                       end_leaf = excluded.end_leaf",
        head.poll_id,
        head.organization_id,
        &minutes,
        &of(|minute| minute.online),
        &of(|minute| minute.paper),
        &of(|minute| minute.withdrawn),
        &of(|minute| stored(minute.first)),
        &of(|minute| stored(minute.end))
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_reached(
    connection: &mut PgConnection,
    head: &Head,
    appended: &Appended,
) -> Result<(), sqlx::Error> {
    for (milestone, reached) in &appended.reached {
        sqlx::query!(
            "UPDATE voting.log_milestones SET reached_leaf = $3, reached_minute = $4
             WHERE poll_id = $1 AND milestone_id = $2 AND reached_leaf IS NULL",
            head.poll_id,
            milestone,
            stored(reached.leaf),
            i64::from(reached.minute)
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
