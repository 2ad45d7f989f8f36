-- The organization's logo hangs on the organization: 4.

ALTER TABLE spaces.attachments
    DROP CONSTRAINT attachments_holder_kind_check,
    ADD CONSTRAINT attachments_holder_kind_check CHECK (holder_kind BETWEEN 1 AND 4);
