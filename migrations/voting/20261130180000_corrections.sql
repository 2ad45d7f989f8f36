-- Corrections of signature sheets: two officers set signatures aside, declare them invalid, or let them count again. No row of a ballot
-- and no entry of the log changes: a correction is an entry of its own, which its second officer appends.

ALTER TABLE voting.logs
    -- Of the entries, how many are corrections.
    ADD COLUMN corrections integer NOT NULL DEFAULT 0 CHECK (corrections >= 0),
    -- Of the signatures that nobody took back, how many are set aside.
    ADD COLUMN set_aside bigint NOT NULL DEFAULT 0 CHECK (set_aside >= 0);
GRANT UPDATE (corrections, set_aside) ON voting.logs TO comitia_voting;
CREATE TRIGGER keep_corrections BEFORE UPDATE ON voting.logs
    FOR EACH ROW WHEN (NEW.corrections < OLD.corrections) EXECUTE FUNCTION voting.keep_what_is_published();

-- A proposal, and with a second officer a correction.
CREATE TABLE voting.log_corrections (
    id uuid PRIMARY KEY,
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN ('quarantine', 'invalidation', 'restoration')),
    -- The number of the correction that it is about; 0 where it selects signatures itself.
    earlier integer NOT NULL CHECK (earlier >= 0),
    first_leaf bigint NOT NULL CHECK (first_leaf >= 0),
    end_leaf bigint NOT NULL,
    -- Minutes since 1970, 4294967295 for no end.
    first_minute bigint NOT NULL,
    end_minute bigint NOT NULL,
    paper boolean,
    district text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    -- Who proposed it, and who decided. Not public.
    officer text NOT NULL,
    second_officer text,
    propose_time timestamptz NOT NULL,
    -- One that was dropped is kept, so that it is not decided after all.
    dropped boolean NOT NULL DEFAULT false,
    -- Its number and its place in the log, the minute of its decision, and what it did.
    number integer CHECK (number > 0),
    leaf bigint,
    minute bigint,
    signature_count bigint NOT NULL DEFAULT 0,
    districts text[] NOT NULL DEFAULT '{}',
    district_counts bigint[] NOT NULL DEFAULT '{}',
    lost text[] NOT NULL DEFAULT '{}',
    regained text[] NOT NULL DEFAULT '{}',
    UNIQUE (poll_id, number),
    CHECK ((earlier = 0) = (first_leaf < end_leaf AND first_minute < end_minute)),
    CHECK (second_officer <> officer),
    CHECK ((number IS NULL) = (second_officer IS NULL)),
    CHECK ((number IS NULL) = (leaf IS NULL)),
    CHECK ((number IS NULL) = (minute IS NULL)),
    CHECK (NOT dropped OR number IS NULL),
    CHECK (cardinality(districts) = cardinality(district_counts))
);

CREATE INDEX log_corrections_waiting ON voting.log_corrections (poll_id, propose_time) WHERE number IS NULL AND NOT dropped;

SELECT tenant_isolation('voting.log_corrections');

-- That somebody appealed against a correction. Public.
CREATE TABLE voting.log_appeals (
    poll_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    number integer NOT NULL,
    place integer NOT NULL CHECK (place > 0),
    note text NOT NULL CHECK (note <> ''),
    -- Who noted it. Not public.
    officer text NOT NULL,
    note_time timestamptz NOT NULL,
    PRIMARY KEY (poll_id, number, place),
    FOREIGN KEY (poll_id, number) REFERENCES voting.log_corrections (poll_id, number)
);

SELECT tenant_isolation('voting.log_appeals');

-- What was decided is not rewritten.
CREATE TRIGGER keep_what_is_decided BEFORE UPDATE ON voting.log_corrections
    FOR EACH ROW WHEN (OLD.number IS NOT NULL OR OLD.dropped) EXECUTE FUNCTION voting.keep_what_is_published();
REVOKE UPDATE, DELETE ON voting.log_corrections, voting.log_appeals FROM comitia_voting;
GRANT UPDATE (second_officer, dropped, number, leaf, minute, signature_count, districts, district_counts, lost, regained)
    ON voting.log_corrections TO comitia_voting;

-- Signatures by the minute of their entry: what anybody counts from the log, added up for whoever looks for what is not as usual.
CREATE TABLE voting.log_minutes (
    poll_id uuid NOT NULL REFERENCES voting.logs (poll_id),
    organization_id uuid NOT NULL,
    minute bigint NOT NULL,
    online_count bigint NOT NULL CHECK (online_count >= 0),
    paper_count bigint NOT NULL CHECK (paper_count >= 0),
    withdrawal_count bigint NOT NULL CHECK (withdrawal_count >= 0),
    -- Where its first entry stands, and what is behind its last one.
    first_leaf bigint NOT NULL,
    end_leaf bigint NOT NULL,
    PRIMARY KEY (poll_id, minute)
)
WITH (fillfactor = 50);

SELECT tenant_isolation('voting.log_minutes');

REVOKE UPDATE, DELETE ON voting.log_minutes FROM comitia_voting;
GRANT UPDATE (online_count, paper_count, withdrawal_count, first_leaf, end_leaf) ON voting.log_minutes TO comitia_voting;
