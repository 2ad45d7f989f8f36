-- The lines of a file while it is imported, by which lines that name one member, or share an address, are found without
-- holding the file. Rows are written and deleted by one transaction, so nobody ever sees any, and a crash costs nothing
-- by losing them.
CREATE UNLOGGED TABLE identity.import_lines (
    import_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    line bigint NOT NULL,
    member_number_lookup bytea NOT NULL,
    email_lookup bytea,
    PRIMARY KEY (import_id, member_number_lookup)
);
SELECT tenant_isolation('identity.import_lines');
