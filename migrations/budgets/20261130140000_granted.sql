-- What a project gets: less than its cost where the rule funds the last one in part. Absent in results of earlier releases, in
-- which whatever is funded got its cost.

ALTER TABLE budgets.outcomes ADD COLUMN granted bigint CHECK (granted >= 0);
