-- What a result says beside its ballots: papers that chose nothing, and the size below which groups are not published.

ALTER TABLE budgets.results
    ADD COLUMN blank_paper_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN invalid_paper_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN smallest_group bigint NOT NULL DEFAULT 0;
