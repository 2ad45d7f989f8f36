-- Who erases a member, and who takes a copy of a roll, is noted as changes are.

ALTER TABLE identity.roll_changes
    DROP CONSTRAINT roll_changes_kind_check,
    ADD CONSTRAINT roll_changes_kind_check
        CHECK (kind IN ('IMPORT', 'CORRECTION', 'RELOAD', 'ERASURE', 'EXPORT'));
