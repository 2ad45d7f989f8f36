-- What a budget does not spend goes to another of its process, where it says so; and results show blank ballots.

ALTER TABLE budgets.budgets
    ADD COLUMN leftover_budget_id uuid REFERENCES budgets.budgets CHECK (leftover_budget_id <> budget_id);
CREATE INDEX budgets_leftover ON budgets.budgets (leftover_budget_id) WHERE leftover_budget_id IS NOT NULL;

ALTER TABLE budgets.results
    ADD COLUMN blank_ballot_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN leftover_budget_id uuid;

-- What was left to a budget whose result is published.
CREATE TABLE budgets.leftovers (
    budget_id       uuid    NOT NULL REFERENCES budgets.results,
    position        integer NOT NULL CHECK (position >= 0),
    organization_id uuid    NOT NULL,
    from_budget_id  uuid    NOT NULL REFERENCES budgets.results,
    title           text    NOT NULL,
    amount          bigint  NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (budget_id, position)
);

SELECT tenant_isolation('budgets.leftovers');
REVOKE UPDATE, DELETE ON budgets.leftovers FROM comitia_budgets;

-- Sealed polls of budgets that wait for what others leave.
CREATE TABLE budgets.waiting_results (
    budget_id       uuid  PRIMARY KEY REFERENCES budgets.budgets,
    organization_id uuid  NOT NULL,
    poll_id         uuid  NOT NULL,
    event_id        uuid  NOT NULL,
    -- The comitia.events.v1.PollSealed.
    sealed          bytea NOT NULL
);

SELECT tenant_isolation('budgets.waiting_results');
