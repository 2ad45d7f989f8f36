-- Until when the paper ballots of a vote can be entered, where the schedule says so.

ALTER TABLE budgets.schedules
    ADD COLUMN paper_close_time timestamptz CHECK (paper_close_time >= close_time);
