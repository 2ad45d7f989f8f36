-- Polls, ballots, turnout and paper ballots.

CREATE TABLE voting.polls (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    title text NOT NULL,
    state text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'open', 'closed', 'sealed')),
    open_time timestamptz NOT NULL,
    close_time timestamptz NOT NULL CHECK (close_time > open_time),
    recast_allowed boolean NOT NULL,
    -- comitia.voting.v1.Eligibility.
    eligibility bytea NOT NULL,
    -- comitia.voting.v1.Poll with its specification and options alone.
    definition bytea NOT NULL,
    create_time timestamptz NOT NULL,
    -- Why a person closed it before its time.
    close_reason text,
    seal_digest bytea CHECK (octet_length(seal_digest) = 32),
    seal_time timestamptz,
    -- Why the last attempt to seal it was refused.
    seal_refusal text,
    CHECK ((state = 'sealed') = (seal_digest IS NOT NULL)),
    CHECK ((state = 'sealed') = (seal_time IS NOT NULL)),
    CHECK (seal_refusal IS NULL OR state = 'closed')
);

SELECT tenant_isolation('voting.polls');

-- Newest first, an organization at a time.
CREATE INDEX polls_newest ON voting.polls (organization_id, create_time DESC, id DESC);
-- What the clock opens, closes and seals.
CREATE INDEX polls_to_open ON voting.polls (open_time) WHERE state = 'scheduled';
CREATE INDEX polls_to_close ON voting.polls (close_time) WHERE state IN ('scheduled', 'open');
CREATE INDEX polls_to_seal ON voting.polls (id) WHERE state = 'closed' AND seal_refusal IS NULL;

-- A poll is never deleted, and only its state changes: who may vote and what can be chosen is frozen with it.
REVOKE UPDATE, DELETE ON voting.polls FROM comitia_voting;
GRANT UPDATE (state, close_reason, seal_digest, seal_time, seal_refusal) ON voting.polls TO comitia_voting;

-- One row for each person who has voted in a poll. No organization_id: a batch of the intake holds casts of many
-- polls, and a cast's organization is that of its poll. Every unique key contains the partition key.
CREATE TABLE voting.ballots (
    poll_id uuid NOT NULL,
    -- The per-poll pseudonym of the voter.
    nullifier bytea NOT NULL CHECK (octet_length(nullifier) = 32),
    -- The canonical encoding of the ballot (services/voting, domain::ballot).
    ballot bytea NOT NULL,
    -- The district of the first cast; a change of the ballot does not move it.
    district text NOT NULL,
    paper boolean NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    accept_time timestamptz NOT NULL,
    PRIMARY KEY (poll_id, nullifier)
) PARTITION BY HASH (poll_id, nullifier);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE voting.ballots_%s PARTITION OF voting.ballots FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            to_char(remainder, 'FM00'), remainder);
        -- The way to a partition is through its table.
        EXECUTE format('REVOKE ALL ON voting.ballots_%s FROM comitia_voting', to_char(remainder, 'FM00'));
    END LOOP;
END
$$;

-- A ballot is never deleted by the service; it changes only by a re-cast.
REVOKE UPDATE, DELETE ON voting.ballots FROM comitia_voting;
GRANT UPDATE (ballot, revision, accept_time) ON voting.ballots TO comitia_voting;

-- How many people have voted, in shards: each writer adds to rows of its own, and the sum is the turnout.
CREATE TABLE voting.turnout (
    poll_id uuid NOT NULL,
    -- Drawn at random by each writer. Two that draw the same one wait for each other and count right all the same.
    shard integer NOT NULL,
    district text NOT NULL,
    paper boolean NOT NULL,
    ballot_count bigint NOT NULL CHECK (ballot_count >= 0),
    PRIMARY KEY (poll_id, shard, district, paper)
)
WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

REVOKE DELETE ON voting.turnout FROM comitia_voting;

-- Paper forms, entered in batches.
CREATE TABLE voting.paper_batches (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    poll_id uuid NOT NULL REFERENCES voting.polls (id),
    title text NOT NULL,
    create_time timestamptz NOT NULL,
    -- The pseudonyms of the two officers, from the session.
    first_officer text,
    second_officer text,
    first_entry_count bigint NOT NULL DEFAULT 0 CHECK (first_entry_count >= 0),
    second_entry_count bigint NOT NULL DEFAULT 0 CHECK (second_entry_count >= 0),
    commit_time timestamptz,
    counted_count bigint CHECK (counted_count >= 0),
    CHECK (second_officer IS NULL OR (first_officer IS NOT NULL AND first_officer <> second_officer)),
    CHECK ((commit_time IS NULL) = (counted_count IS NULL)),
    CHECK (commit_time IS NULL OR second_officer IS NOT NULL)
);

SELECT tenant_isolation('voting.paper_batches');

CREATE INDEX paper_batches_poll ON voting.paper_batches (poll_id);

-- The two entries of a batch. Gone once the batch is committed: from then on nothing ties a form to a ballot.
CREATE TABLE voting.paper_forms (
    batch_id uuid NOT NULL REFERENCES voting.paper_batches (id),
    organization_id uuid NOT NULL,
    entry smallint NOT NULL CHECK (entry IN (1, 2)),
    form_number text NOT NULL,
    -- The order in which the officer typed the forms.
    position integer NOT NULL,
    nullifier bytea NOT NULL CHECK (octet_length(nullifier) = 32),
    district text NOT NULL,
    ballot bytea NOT NULL,
    PRIMARY KEY (batch_id, entry, form_number)
);

SELECT tenant_isolation('voting.paper_forms');

-- The forms of a committed batch that were not counted.
CREATE TABLE voting.paper_rejections (
    batch_id uuid NOT NULL REFERENCES voting.paper_batches (id),
    organization_id uuid NOT NULL,
    form_number text NOT NULL,
    position integer NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (batch_id, form_number)
);

SELECT tenant_isolation('voting.paper_rejections');
