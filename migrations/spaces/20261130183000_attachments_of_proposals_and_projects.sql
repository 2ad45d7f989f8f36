-- Photos and documents hang on proposals and projects too. Who may see those, proposals and budgets say.

ALTER TABLE spaces.attachments
    ALTER COLUMN process_id DROP NOT NULL,
    -- 1: a process, 2: a proposal, 3: a project.
    ADD COLUMN holder_kind smallint NOT NULL DEFAULT 1 CHECK (holder_kind BETWEEN 1 AND 3),
    -- The proposal or the project.
    ADD COLUMN other_id uuid,
    -- What it hangs on, whatever that is.
    ADD COLUMN holder_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(process_id, other_id)) STORED,
    -- The progress report of a project that it is shown with.
    ADD COLUMN report_id uuid,
    ADD CHECK ((holder_kind = 1) = (process_id IS NOT NULL)),
    ADD CHECK ((holder_kind = 1) = (other_id IS NULL)),
    ADD CHECK (holder_kind = 3 OR report_id IS NULL),
    DROP CONSTRAINT attachments_process_id_position_key,
    ADD CONSTRAINT attachments_holder_position UNIQUE (holder_id, position) DEFERRABLE INITIALLY DEFERRED;

-- What participants have sent, for themselves and for when they are erased.
CREATE INDEX attachments_owner ON spaces.attachments (owner, attachment_id) WHERE holder_kind = 2;

-- What the team has removed from a proposal. Its author is told why.
CREATE TABLE spaces.removed_attachments (
    attachment_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES spaces.organizations,
    holder_id uuid NOT NULL,
    -- The pseudonym of who had sent it.
    owner text NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,
    remove_time timestamptz NOT NULL
);

SELECT tenant_isolation('spaces.removed_attachments');

CREATE INDEX removed_attachments_holder ON spaces.removed_attachments (holder_id, remove_time);

-- Whose account is gone sends nothing any more, not even what was in flight.
CREATE TABLE spaces.erased_authors (
    organization_id uuid NOT NULL REFERENCES spaces.organizations,
    author text NOT NULL,
    PRIMARY KEY (organization_id, author)
);

SELECT tenant_isolation('spaces.erased_authors');

-- When removing a file first failed. It is tried again every minute, and counts as overdue after a while.
ALTER TABLE spaces.file_removals ADD COLUMN failed_time timestamptz;
