-- A budget whose vote was annulled has no result.

ALTER TABLE budgets.budgets
    DROP CONSTRAINT budgets_state_check,
    ADD CONSTRAINT budgets_state_check CHECK (state IN ('draft', 'frozen', 'counting', 'decided', 'annulled'));
