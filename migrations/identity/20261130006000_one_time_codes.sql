-- One-time codes, in the place of identity.email_codes (which is written to by earlier releases only, and goes with the
-- next one): an address may have several, so that nobody's request ends a code that was sent, and a code is kept sealed
-- for a few minutes, so that it can be sent again.
CREATE TABLE identity.one_time_codes (
    organization_id uuid NOT NULL,
    email_lookup bytea NOT NULL,
    code_lookup bytea NOT NULL,
    -- Encrypted.
    code bytea NOT NULL,
    -- To the minute.
    expire_time timestamptz NOT NULL,
    -- Of all askers together.
    attempts_left integer NOT NULL,
    PRIMARY KEY (organization_id, email_lookup, code_lookup)
);
CREATE INDEX one_time_codes_expire_time ON identity.one_time_codes (expire_time);
SELECT tenant_isolation('identity.one_time_codes');

SET LOCAL comitia.organization = '*';
DELETE FROM identity.email_codes;
