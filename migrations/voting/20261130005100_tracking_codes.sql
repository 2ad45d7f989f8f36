-- The tracking codes of a sealed poll, which are public. They are worked out once, when the poll is sealed, and kept as pages of
-- sorted codes: 16 bytes a code, so that millions are some megabytes, and a page is one row.
CREATE TABLE voting.tracking_codes (
    poll_id uuid NOT NULL REFERENCES voting.polls (id),
    organization_id uuid NOT NULL,
    -- From 0.
    page integer NOT NULL CHECK (page >= 0),
    codes bytea NOT NULL CHECK (octet_length(codes) > 0 AND octet_length(codes) % 16 = 0),
    PRIMARY KEY (poll_id, page)
);

SELECT tenant_isolation('voting.tracking_codes');

-- What is published stays.
REVOKE UPDATE, DELETE ON voting.tracking_codes FROM comitia_voting;

ALTER TABLE voting.polls
    ADD COLUMN codes_digest bytea CHECK (octet_length(codes_digest) = 32),
    ADD COLUMN codes_count bigint CHECK (codes_count >= 0);

GRANT UPDATE (codes_digest, codes_count) ON voting.polls TO comitia_voting;
