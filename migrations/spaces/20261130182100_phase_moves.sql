-- Phases of published processes whose dates were moved: what they were and what they are, with the reason, for everybody to read.

CREATE TABLE spaces.phase_moves (
    move_id         uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    process_id      uuid        NOT NULL REFERENCES spaces.processes,
    phase_id        uuid        NOT NULL,
    -- The phase's title when it was moved: it may be removed since.
    title           text        NOT NULL,
    move_time       timestamptz NOT NULL,
    start_before    timestamptz NOT NULL,
    end_before      timestamptz NOT NULL,
    start_after     timestamptz NOT NULL,
    end_after       timestamptz NOT NULL,
    reason          text        NOT NULL CHECK (char_length(reason) <= 1000),
    CHECK ((start_before, end_before) <> (start_after, end_after))
);
CREATE INDEX phase_moves_newest ON spaces.phase_moves (process_id, move_id DESC);
SELECT tenant_isolation('spaces.phase_moves');

-- A notice is not taken back.
REVOKE UPDATE, DELETE ON spaces.phase_moves FROM comitia_spaces;
