-- A vote can be called off: cancelled before it opens, annulled by two people after that. It has no result then.

ALTER TABLE voting.polls
    DROP CONSTRAINT polls_state_check,
    ADD CONSTRAINT polls_state_check
        CHECK (state IN ('scheduled', 'open', 'closed', 'sealed', 'cancelled', 'annulled')),
    -- Who called it off, or proposed to annul it, and why; and who confirmed that.
    ADD COLUMN call_off_officer text,
    ADD COLUMN call_off_reason text,
    ADD COLUMN annul_second_officer text,
    ADD CONSTRAINT polls_call_off CHECK ((call_off_officer IS NULL) = (call_off_reason IS NULL)),
    ADD CONSTRAINT polls_called_off CHECK (state <> 'cancelled' OR call_off_officer IS NOT NULL),
    ADD CONSTRAINT polls_annulled_by_two CHECK ((state = 'annulled') = (annul_second_officer IS NOT NULL)
        AND (annul_second_officer IS NULL OR call_off_officer <> annul_second_officer));
GRANT UPDATE (call_off_officer, call_off_reason, annul_second_officer) ON voting.polls TO comitia_voting;
