-- The public logs of polls of signatures. Ballots commit in parallel; a sequencer appends them to the poll's log, in an order that
-- is final once given. A cast does nothing for it but leave a row in log_waiting.

-- Frozen with the poll, as its definition is.
ALTER TABLE voting.polls ADD COLUMN has_log boolean NOT NULL DEFAULT false;

-- One row for each poll that has a log.
CREATE TABLE voting.logs (
    poll_id uuid PRIMARY KEY REFERENCES voting.polls (id),
    organization_id uuid NOT NULL,
    -- The name of the log in its checkpoints and keys.
    origin text NOT NULL,
    -- Whether leaves name the district.
    publishes_districts boolean NOT NULL,
    size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    -- The roots of the full subtrees (comitia_transparency::Frontier).
    frontier bytea NOT NULL DEFAULT '' CHECK (octet_length(frontier) % 32 = 0)
)
WITH (fillfactor = 50);

SELECT tenant_isolation('voting.logs');

-- The tree and its entries as they are served: level -1 has the bundles of entries.
CREATE TABLE voting.log_tiles (
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN -1 AND 63),
    tile bigint NOT NULL CHECK (tile >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (poll_id, level, tile)
);

-- Hashes cannot be compressed.
ALTER TABLE voting.log_tiles ALTER COLUMN bytes SET STORAGE EXTERNAL;

SELECT tenant_isolation('voting.log_tiles');

-- Where the leaf of an identifier stands, and that it stands there once. What is in it is public.
CREATE TABLE voting.log_leaves (
    poll_id uuid NOT NULL,
    identifier bytea NOT NULL CHECK (octet_length(identifier) = 32),
    leaf bigint NOT NULL CHECK (leaf >= 0),
    PRIMARY KEY (poll_id, identifier)
);

-- The counts of a log by the end until which they count: minutes since 1970, 4294967295 for everything.
CREATE TABLE voting.log_counts (
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    before_minute bigint NOT NULL,
    district text NOT NULL,
    signature_count bigint NOT NULL CHECK (signature_count >= 0),
    PRIMARY KEY (poll_id, before_minute, district)
)
WITH (fillfactor = 50);

SELECT tenant_isolation('voting.log_counts');

-- By the hour in which a signature was accepted: hours since 1970.
CREATE TABLE voting.log_hours (
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    hour bigint NOT NULL,
    signature_count bigint NOT NULL CHECK (signature_count >= 0),
    PRIMARY KEY (poll_id, hour)
)
WITH (fillfactor = 50);

SELECT tenant_isolation('voting.log_hours');

CREATE TABLE voting.log_milestones (
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    -- In the order of the sheet.
    place integer NOT NULL,
    milestone_id text NOT NULL,
    min_signatures bigint NOT NULL CHECK (min_signatures >= 0),
    min_districts integer NOT NULL CHECK (min_districts >= 0),
    min_in_each_district bigint NOT NULL CHECK (min_in_each_district >= 0),
    before_minute bigint NOT NULL,
    reached_leaf bigint CHECK (reached_leaf >= 0),
    reached_minute bigint,
    PRIMARY KEY (poll_id, milestone_id),
    CHECK ((reached_leaf IS NULL) = (reached_minute IS NULL))
);

SELECT tenant_isolation('voting.log_milestones');

-- Signatures that are not in their log yet. The transaction says what may be taken, and in which order; it is forgotten with the
-- row, so that a ballot keeps no time. No organization_id: a batch of the intake holds casts of many polls.
CREATE TABLE voting.log_waiting (
    poll_id uuid NOT NULL,
    transaction xid8 NOT NULL,
    nullifier bytea NOT NULL,
    cast_digest bytea NOT NULL,
    district text NOT NULL,
    paper boolean NOT NULL,
    -- When it was accepted, in minutes since 1970.
    minute bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Not the primary key: the ballots' own keeps a signature from waiting twice, and an index with nullifiers in it would cost a cast
-- twice as much.
CREATE INDEX log_waiting_order ON voting.log_waiting (poll_id, transaction);

SELECT voting.hide_rows_from_errors('voting.log_leaves');
SELECT voting.hide_rows_from_errors('voting.log_waiting');

-- What is published stays: a log only grows, a tile only gets longer, a milestone is reached once.
CREATE FUNCTION voting.keep_what_is_published() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'what a public log has published cannot be changed';
END
$$;

CREATE TRIGGER keep_what_is_published BEFORE UPDATE ON voting.logs
    FOR EACH ROW WHEN (NEW.size < OLD.size) EXECUTE FUNCTION voting.keep_what_is_published();
CREATE TRIGGER keep_what_is_published BEFORE UPDATE ON voting.log_tiles
    FOR EACH ROW WHEN (substr(NEW.bytes, 1, octet_length(OLD.bytes)) <> OLD.bytes)
    EXECUTE FUNCTION voting.keep_what_is_published();
CREATE TRIGGER keep_what_is_published BEFORE UPDATE ON voting.log_milestones
    FOR EACH ROW WHEN (OLD.reached_leaf IS NOT NULL) EXECUTE FUNCTION voting.keep_what_is_published();

REVOKE UPDATE, DELETE ON voting.logs, voting.log_tiles, voting.log_leaves, voting.log_counts, voting.log_hours,
    voting.log_milestones FROM comitia_voting;
REVOKE UPDATE ON voting.log_waiting FROM comitia_voting;
GRANT UPDATE (size, frontier) ON voting.logs TO comitia_voting;
GRANT UPDATE (bytes) ON voting.log_tiles TO comitia_voting;
GRANT UPDATE (signature_count) ON voting.log_counts TO comitia_voting;
GRANT UPDATE (signature_count) ON voting.log_hours TO comitia_voting;
GRANT UPDATE (reached_leaf, reached_minute) ON voting.log_milestones TO comitia_voting;
