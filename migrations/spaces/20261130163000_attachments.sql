-- Photos and documents of processes. The files themselves are in the store of files.

CREATE TABLE spaces.attachments (
    attachment_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    -- The number of comitia.spaces.v1.AttachmentKind.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    title text NOT NULL,
    -- What a photo shows; empty for a document.
    alternative_text text NOT NULL CHECK ((kind = 1) = (alternative_text <> '')),
    -- The place among those of the process. Two may have one only until the end of a transaction.
    position integer NOT NULL CHECK (position >= 1),
    -- The pseudonym of who added it.
    owner text NOT NULL,
    media_type text NOT NULL,
    byte_count bigint NOT NULL CHECK (byte_count > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    -- The renditions of a photo, the smallest first; empty for a document.
    widths integer[] NOT NULL CHECK ((kind = 1) = (cardinality(widths) > 0)),
    heights integer[] NOT NULL CHECK (cardinality(heights) = cardinality(widths)),
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    FOREIGN KEY (organization_id, process_id)
        REFERENCES spaces.processes (organization_id, process_id),
    UNIQUE (process_id, position) DEFERRABLE INITIALLY DEFERRED
);

SELECT tenant_isolation('spaces.attachments');

-- Files that have to leave the store: those of attachments that were removed, and those that are just being added. The latter are here
-- before the first byte is written, and no longer once the attachment is. So no file is left behind, whoever dies when.
CREATE TABLE spaces.file_removals (
    attachment_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES spaces.organizations,
    -- The names of the files in the store.
    names text[] NOT NULL,
    -- When to remove them. Of what is being added: when that must have failed.
    due_time timestamptz NOT NULL
);

SELECT tenant_isolation('spaces.file_removals');

CREATE INDEX file_removals_due ON spaces.file_removals (due_time);
