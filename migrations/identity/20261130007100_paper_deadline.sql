-- Until when paper ballots of a poll can be entered: no paper permit is good for longer.

ALTER TABLE identity.polls
    -- Without one, the close_time.
    ADD COLUMN paper_close_time timestamptz;
