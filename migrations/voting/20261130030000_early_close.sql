-- The moment at which people ended a poll before its time. It is public, and whoever comes later is told.

ALTER TABLE voting.polls
    ADD COLUMN early_close_time timestamptz,
    ADD CONSTRAINT polls_closed_early CHECK (early_close_time IS NULL
        OR (early_close_time < close_time AND state IN ('closed', 'sealed', 'annulled')));
GRANT UPDATE (early_close_time) ON voting.polls TO comitia_voting;
