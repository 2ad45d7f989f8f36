-- Who makes access codes, and how many, is noted as changes are.

ALTER TABLE identity.roll_changes
    DROP CONSTRAINT roll_changes_kind_check,
    ADD CONSTRAINT roll_changes_kind_check
        CHECK (kind IN ('IMPORT', 'CORRECTION', 'RELOAD', 'ERASURE', 'EXPORT', 'ACCESS_CODES'));
