-- A repeated cast is recognized by the secret that the voter's device sent with the first one, no longer by an equal ballot; and
-- ballots keep no time.

-- In one command, so that rows are written anew and the bytes of their times are gone. What is cast already has a digest that no
-- secret has, and came before everything that comes.
ALTER TABLE voting.ballots
    DROP COLUMN accept_time,
    -- What is kept of the cast's secret (services/voting, domain::receipt); of a paper ballot sixteen zeros.
    ADD COLUMN cast_digest bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) CHECK (octet_length(cast_digest) = 16),
    -- Where the cast stands among those of this voter in this poll. It says nothing of when, and nothing between voters.
    ADD COLUMN arrival_order bigint NOT NULL DEFAULT 0;

ALTER TABLE voting.ballots ALTER COLUMN cast_digest DROP DEFAULT, ALTER COLUMN arrival_order DROP DEFAULT;

GRANT UPDATE (cast_digest, arrival_order) ON voting.ballots TO comitia_voting;

DROP FUNCTION voting.accept_ballots;

-- Writes casts, counts them and tells of them. Of one voter in one poll there is one cast at the most.
--
-- A first ballot is inserted and counted. Where the poll allows it, a further cast replaces the one before that did not arrive
-- after it: also one with the same ballot, so that the number of a voter's casts confirms nobody's guess. The same ballot with
-- the same secret is the same cast, and nothing happens to it, nor to the others. Rows are taken in one order, so that two batches
-- never wait for each other in a circle.
--
-- An event's payload is that of comitia.events.v1.BallotsAccepted up to the tag of its last field; the number of first
-- ballots follows it. There is one for each poll of the batch, and it is written if the poll has got a ballot.
--
-- What became of a cast is in its rows, by its place from 1. No row: stored as the voter's first ballot. A row with a
-- revision and no word of whether it is the same: stored in place of an earlier one. Otherwise a row with the state of the poll
-- (null: there is no such poll), and, if the voter has a ballot, a row with that: whether it is of the same cast, and whether it
-- arrived later.
CREATE FUNCTION voting.accept_ballots(
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
    event_payloads bytea[],
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
    -- Before the statement that reads the polls' states, so that it sees a close that came first.
    PERFORM pg_advisory_xact_lock_shared(key)
    FROM (SELECT DISTINCT voting.poll_lock(id) AS key FROM unnest(cast_polls) AS id ORDER BY key) AS locks;

    RETURN QUERY
    WITH poll AS MATERIALIZED (
        SELECT id, state, open_time, close_time, recast_allowed FROM voting.polls WHERE id = ANY (cast_polls)
    ), cast_ AS MATERIALIZED (
        SELECT c.number::integer, c.poll_id, c.nullifier, c.ballot, c.digest, c.district, c.arrival, c.arrival_order,
               poll.state, poll.open_time, poll.close_time
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
    ), told AS (
        INSERT INTO voting.outbox (id, routing_key, organization_id, subject, time, payload)
        SELECT event.id, 'voting.ballots.accepted', event.organization_id, event.poll_id::text, event_time,
               event.payload || voting.varint(accepted.added)
        FROM (
            SELECT poll_id, count(*) FILTER (WHERE revision = 1) AS added FROM stored GROUP BY poll_id
        ) AS accepted
        JOIN unnest(event_polls, event_ids, event_organizations, event_payloads)
             AS event (poll_id, id, organization_id, payload) USING (poll_id)
    )
    SELECT cast_.number, cast_.state, stored.revision, NULL::boolean, NULL::boolean, NULL::boolean
    FROM cast_ LEFT JOIN stored USING (poll_id, nullifier)
    WHERE stored.revision IS DISTINCT FROM 1;

    IF FOUND THEN
        -- A statement of its own: it sees what made the one above do nothing. The ballots themselves stay here.
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

COMMENT ON FUNCTION voting.accept_ballots IS
    'Writes a batch of casts with turnout and events, and says what became of each.';
