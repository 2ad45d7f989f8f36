-- Paper ballots that were handed in before the close are entered after it, until a deadline of their own, and a poll is not
-- sealed while one of its batches is open. What is kept of a batch is no more than its outcome.

ALTER TABLE voting.polls
    -- Without one, the close_time.
    ADD COLUMN paper_close_time timestamptz,
    ADD CONSTRAINT polls_paper_close_time CHECK (paper_close_time >= close_time);

ALTER TABLE voting.paper_batches
    -- Of the forms that were counted.
    ADD COLUMN blank_count bigint CHECK (blank_count >= 0),
    ADD COLUMN invalid_count bigint CHECK (invalid_count >= 0),
    -- Who proposed to set it aside, why, and who confirmed it.
    ADD COLUMN aside_officer text,
    ADD COLUMN aside_reason text,
    ADD COLUMN aside_second_officer text,
    ADD CONSTRAINT paper_batches_aside CHECK ((aside_officer IS NULL) = (aside_reason IS NULL)),
    ADD CONSTRAINT paper_batches_aside_by_two CHECK (
        aside_second_officer IS NULL OR (aside_officer IS NOT NULL AND aside_officer <> aside_second_officer)),
    ADD CONSTRAINT paper_batches_one_end CHECK (aside_second_officer IS NULL OR counted_count IS NULL),
    -- The moment of a commit is the moment at which its ballots were stored: the day is enough.
    ALTER COLUMN commit_time TYPE date USING (commit_time AT TIME ZONE 'UTC')::date;
ALTER TABLE voting.paper_batches RENAME COLUMN commit_time TO commit_date;

-- The batches that a poll waits for.
CREATE INDEX paper_batches_open ON voting.paper_batches (poll_id)
    WHERE counted_count IS NULL AND aside_second_officer IS NULL;
