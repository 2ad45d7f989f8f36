-- Links to processes that are not published. The code of a link is kept nowhere: who reads this table opens nothing.

CREATE TABLE spaces.preview_links (
    preview_link_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    -- Whom it is for.
    title text NOT NULL,
    -- The SHA-256 digest of the code.
    code_digest bytea NOT NULL UNIQUE CHECK (octet_length(code_digest) = 32),
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL CHECK (expire_time > create_time),
    FOREIGN KEY (organization_id, process_id)
        REFERENCES spaces.processes (organization_id, process_id)
);

CREATE INDEX preview_links_list ON spaces.preview_links (organization_id, process_id);

SELECT tenant_isolation('spaces.preview_links');
