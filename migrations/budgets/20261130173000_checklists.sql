-- What is made sure of before a vote is scheduled, and who signed it off.

ALTER TABLE budgets.budgets ADD COLUMN sign_off_required boolean NOT NULL DEFAULT false;

CREATE TABLE budgets.checklists (
    budget_id        uuid        PRIMARY KEY REFERENCES budgets.budgets,
    organization_id  uuid        NOT NULL,
    -- Counts changes of what is signed off; the etag.
    revision         bigint      NOT NULL CHECK (revision > 0),
    -- When and for whom the vote is to be; absent until it is planned.
    roll_id          uuid,
    open_time        timestamptz,
    close_time       timestamptz,
    districts        text[],
    minimum_age      bigint      CHECK (minimum_age >= 0),
    paper_close_time timestamptz,
    CHECK (close_time > open_time),
    CHECK (num_nulls(roll_id, open_time, close_time, districts, minimum_age) IN (0, 5))
);

SELECT tenant_isolation('budgets.checklists');

-- Items that somebody has spoken of; the others are open.
CREATE TABLE budgets.checklist_items (
    budget_id       uuid        NOT NULL REFERENCES budgets.checklists,
    item            text        NOT NULL CHECK (item IN
        ('roll_loaded', 'letters_out', 'test_vote_done', 'alerts_on', 'backup_taken')),
    organization_id uuid        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('open', 'done', 'not_needed')),
    note            text        NOT NULL CHECK (char_length(note) <= 1000),
    changed_by      text        NOT NULL,
    change_time     timestamptz NOT NULL,
    PRIMARY KEY (budget_id, item)
);

SELECT tenant_isolation('budgets.checklist_items');

CREATE TABLE budgets.sign_offs (
    sign_off_id     uuid        PRIMARY KEY,
    budget_id       uuid        NOT NULL REFERENCES budgets.checklists,
    organization_id uuid        NOT NULL,
    signed_by       text        NOT NULL,
    sign_time       timestamptz NOT NULL,
    -- When it ceased to count, and because of what.
    withdraw_time   timestamptz,
    withdrawn_for   text        CHECK (withdrawn_for IN ('projects', 'terms', 'plan', 'items', 'called_off')),
    CHECK ((withdraw_time IS NULL) = (withdrawn_for IS NULL))
);

-- Nobody signs off twice.
CREATE UNIQUE INDEX sign_offs_of_people ON budgets.sign_offs (budget_id, signed_by) WHERE withdraw_time IS NULL;
CREATE INDEX sign_offs_newest ON budgets.sign_offs (budget_id, sign_time DESC);
SELECT tenant_isolation('budgets.sign_offs');

-- Who signed, and what took it away, stays on record.
REVOKE DELETE ON budgets.checklists, budgets.checklist_items, budgets.sign_offs FROM comitia_budgets;
