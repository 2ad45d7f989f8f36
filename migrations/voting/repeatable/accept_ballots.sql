-- version 20261130171000
--
-- `comitia migrate` runs this file again whenever its version rises: raise it with every change.
--
-- Replicas of the previous release call these functions during an upgrade, so a change must serve them too. Other
-- parameters make an overload beside the old function, which a versioned migration drops one release later. The
-- function with thirteen parameters, from 20261130005000, is such a one.

-- The payload of voting.ballots.accepted: an encoded comitia.events.v1.BallotsAccepted. Only the statement that
-- stores the ballots knows how many are first ones.
CREATE OR REPLACE FUNCTION voting.ballots_accepted(poll_id uuid, added bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
-- Field 1 is a text of 36 bytes, field 2 a varint.
RETURN '\x0a24'::bytea || poll_id::text::bytea || '\x10'::bytea || voting.varint(added);

COMMENT ON FUNCTION voting.ballots_accepted(uuid, bigint) IS
    'The encoded event that says how many first ballots a batch added to a poll.';

-- Writes casts, counts them and writes their events. A batch holds at most one cast of a voter in a poll.
--
-- A first ballot is inserted and counted. Where the poll allows it, a later cast replaces an earlier one, even if the
-- ballot is equal: otherwise the number of a voter's casts would confirm a guess. An equal ballot with the same secret
-- is the same cast and changes nothing. Rows are locked in one order, so that two batches cannot deadlock.
--
-- There is one event for each poll of the batch, written if the poll stored a ballot.
--
-- A signature waits for its poll's public log. The sequencer orders by transaction, and relies on this: the locks of the polls
-- are taken before the transaction has its number, which is given with the first row that is written.
--
-- The result has rows by the place of a cast, from 1:
--   no row                                stored as the voter's first ballot
--   a revision, `same` is null            stored in place of an earlier ballot
--   otherwise the state of the poll (null if there is no such poll; 'paused' for a sheet on which nobody signs), and, if the voter has a ballot, a second row:
--   whether that ballot is of the same cast, and whether it arrived later
CREATE OR REPLACE FUNCTION voting.accept_ballots(
    cast_polls uuid[],
    cast_nullifiers bytea[],
    cast_ballots bytea[],
    cast_digests bytea[],
    cast_districts text[],
    cast_arrivals timestamptz[],
    cast_orders bigint[],
    turnout_shard integer,
    event_polls uuid[],
    event_ids uuid[],
    event_organizations uuid[],
    event_time timestamptz
) RETURNS TABLE (
    place integer,
    poll_state text,
    revision integer,
    paper boolean,
    same boolean,
    later boolean
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    -- A batch holds casts of many organizations.
    PERFORM set_config('comitia.organization', '*', true);
    -- Locked before the polls' states are read, so that a close that came first is seen.
    PERFORM pg_advisory_xact_lock_shared(key)
    FROM (SELECT DISTINCT voting.poll_lock(id) AS key FROM unnest(cast_polls) AS id ORDER BY key) AS locks;

    RETURN QUERY
    WITH poll AS MATERIALIZED (
        SELECT id, CASE WHEN paused AND state IN ('scheduled', 'open') THEN 'paused' ELSE state END AS state,
               open_time, close_time, recast_allowed, has_log
        FROM voting.polls WHERE id = ANY (cast_polls)
    ), cast_ AS MATERIALIZED (
        SELECT c.number::integer, c.poll_id, c.nullifier, c.ballot, c.digest, c.district, c.arrival, c.arrival_order,
               poll.state, poll.open_time, poll.close_time, poll.has_log
        FROM unnest(cast_polls, cast_nullifiers, cast_ballots, cast_digests, cast_districts, cast_arrivals, cast_orders)
             WITH ORDINALITY
             AS c (poll_id, nullifier, ballot, digest, district, arrival, arrival_order, number)
        LEFT JOIN poll ON poll.id = c.poll_id
    ), stored AS (
        INSERT INTO voting.ballots AS present
               (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
        SELECT poll_id, nullifier, ballot, district, false, 1, digest, arrival_order FROM cast_
        WHERE state IN ('scheduled', 'open') AND arrival >= open_time AND arrival < close_time
        ORDER BY poll_id, nullifier
        ON CONFLICT (poll_id, nullifier)
        DO UPDATE SET ballot = excluded.ballot, revision = present.revision + 1, cast_digest = excluded.cast_digest,
                      arrival_order = excluded.arrival_order
        WHERE NOT present.paper
              AND (present.cast_digest <> excluded.cast_digest OR present.ballot <> excluded.ballot)
              AND present.arrival_order <= excluded.arrival_order
              AND (SELECT recast_allowed FROM poll WHERE id = present.poll_id)
        RETURNING poll_id, nullifier, district, revision
    ), counted AS (
        INSERT INTO voting.turnout AS shard (poll_id, shard, district, paper, ballot_count)
        SELECT poll_id, turnout_shard, district, false, count(*) FROM stored WHERE revision = 1
        GROUP BY poll_id, district ORDER BY poll_id, district
        ON CONFLICT (poll_id, shard, district, paper)
        DO UPDATE SET ballot_count = shard.ballot_count + excluded.ballot_count
    ), waits AS (
        INSERT INTO voting.log_waiting (poll_id, transaction, nullifier, cast_digest, district, paper, minute)
        SELECT poll_id, pg_current_xact_id(), nullifier, cast_.digest, stored.district, false,
               floor(extract(epoch FROM cast_.arrival) / 60)
        FROM cast_ JOIN stored USING (poll_id, nullifier) WHERE cast_.has_log AND stored.revision = 1
    ), told AS (
        INSERT INTO voting.outbox (id, routing_key, organization_id, subject, time, payload)
        SELECT event.id, 'voting.ballots.accepted', event.organization_id, event.poll_id::text, event_time,
               voting.ballots_accepted(event.poll_id, accepted.added)
        FROM (
            SELECT poll_id, count(*) FILTER (WHERE revision = 1) AS added FROM stored GROUP BY poll_id
        ) AS accepted
        JOIN unnest(event_polls, event_ids, event_organizations)
             AS event (poll_id, id, organization_id) USING (poll_id)
    )
    SELECT cast_.number, cast_.state, stored.revision, NULL::boolean, NULL::boolean, NULL::boolean
    FROM cast_ LEFT JOIN stored USING (poll_id, nullifier)
    WHERE stored.revision IS DISTINCT FROM 1;

    IF FOUND THEN
        -- A second statement sees what made the first one do nothing.
        RETURN QUERY
        SELECT c.number::integer, NULL::text, present.revision, present.paper,
               NOT present.paper AND present.cast_digest = c.digest AND present.ballot = c.ballot,
               present.arrival_order > c.arrival_order
        FROM unnest(cast_polls, cast_nullifiers, cast_ballots, cast_digests, cast_orders)
             WITH ORDINALITY AS c (poll_id, nullifier, ballot, digest, arrival_order, number)
        JOIN voting.ballots AS present USING (poll_id, nullifier);
    END IF;
END
$$;

COMMENT ON FUNCTION voting.accept_ballots(
    uuid[], bytea[], bytea[], bytea[], text[], timestamptz[], bigint[], integer, uuid[], uuid[], uuid[], timestamptz
) IS 'Writes a batch of casts with turnout and events, and returns what became of each.';
