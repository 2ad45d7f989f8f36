-- Budgets, their projects, the votes on them, results, and what became of the funded projects.

CREATE TABLE budgets.budgets (
    budget_id       uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    process_id      uuid        NOT NULL,
    title           text COLLATE "C" NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    area_code       text        NOT NULL,
    -- Minor units of the currency.
    amount          bigint      NOT NULL CHECK (amount > 0),
    currency        text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- comitia.budgets.v1.BallotRule and AllocationRule, encoded: the contract is their definition.
    ballot_rule     bytea       NOT NULL,
    allocation_rule bytea       NOT NULL,
    state           text        NOT NULL CHECK (state IN ('draft', 'frozen', 'counting', 'decided')),
    poll_id         uuid        UNIQUE,
    -- Counts changes; the etag.
    revision        bigint      NOT NULL CHECK (revision > 0),
    create_time     timestamptz NOT NULL,
    update_time     timestamptz NOT NULL,
    CHECK ((state = 'draft') = (poll_id IS NULL))
);

CREATE INDEX budgets_by_title ON budgets.budgets (process_id, title, budget_id);
SELECT tenant_isolation('budgets.budgets');

CREATE TABLE budgets.projects (
    project_id      uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    budget_id       uuid        NOT NULL REFERENCES budgets.budgets,
    reference       text COLLATE "C" NOT NULL CHECK (reference ~ '^[A-Za-z0-9_./-]{1,64}$'),
    title           text        NOT NULL,
    description     text        NOT NULL,
    cost            bigint      NOT NULL CHECK (cost >= 0),
    categories      text[]      NOT NULL,
    address         text        NOT NULL,
    latitude        double precision NOT NULL,
    longitude       double precision NOT NULL,
    exclusion_group text        NOT NULL,
    proposal_id     uuid,
    status          text        NOT NULL DEFAULT 'undecided' CHECK (status IN
        ('undecided', 'not_funded', 'funded', 'planning', 'carried_out', 'finished', 'given_up')),
    CONSTRAINT projects_reference UNIQUE (budget_id, reference),
    CONSTRAINT projects_proposal UNIQUE (budget_id, proposal_id)
);

SELECT tenant_isolation('budgets.projects');

-- The vote of a frozen budget, and whether voting has its poll.
CREATE TABLE budgets.schedules (
    budget_id         uuid        PRIMARY KEY REFERENCES budgets.budgets,
    organization_id   uuid        NOT NULL,
    poll_id           uuid        NOT NULL UNIQUE,
    roll_id           uuid        NOT NULL,
    open_time         timestamptz NOT NULL,
    close_time        timestamptz NOT NULL CHECK (close_time > open_time),
    districts         text[]      NOT NULL,
    minimum_age       bigint      NOT NULL CHECK (minimum_age >= 0),
    -- The comitia.voting.v1.CreatePollRequest, so that each attempt sends the same.
    poll              bytea       NOT NULL,
    -- When voting confirmed the poll.
    confirm_time      timestamptz,
    -- When the job tries again, while it is not confirmed.
    next_attempt_time timestamptz NOT NULL
);

CREATE INDEX schedules_unconfirmed ON budgets.schedules (next_attempt_time) WHERE confirm_time IS NULL;
SELECT tenant_isolation('budgets.schedules');

CREATE TABLE budgets.results (
    budget_id       uuid        PRIMARY KEY REFERENCES budgets.budgets,
    organization_id uuid        NOT NULL,
    poll_id         uuid        NOT NULL UNIQUE,
    rule            text        NOT NULL,
    amount          bigint      NOT NULL,
    spent           bigint      NOT NULL CHECK (spent BETWEEN 0 AND amount),
    currency        text        NOT NULL,
    ballot_count    bigint      NOT NULL CHECK (ballot_count >= 0),
    ties            text[]      NOT NULL,
    satisfied_share text        NOT NULL,
    trace           text        NOT NULL,
    trace_sha256    text        NOT NULL,
    seal_digest     text        NOT NULL,
    publish_time    timestamptz NOT NULL,
    -- The .pb file.
    export          text        NOT NULL
);

SELECT tenant_isolation('budgets.results');

CREATE TABLE budgets.outcomes (
    budget_id       uuid        NOT NULL REFERENCES budgets.results,
    position        integer     NOT NULL CHECK (position >= 0),
    organization_id uuid        NOT NULL,
    project_id      uuid        NOT NULL REFERENCES budgets.projects,
    reference       text        NOT NULL,
    title           text        NOT NULL,
    cost            bigint      NOT NULL,
    votes           bigint      NOT NULL,
    score           text        NOT NULL,
    funded          boolean     NOT NULL,
    reason          text        NOT NULL,
    PRIMARY KEY (budget_id, position)
);

SELECT tenant_isolation('budgets.outcomes');

CREATE TABLE budgets.progress_reports (
    report_id       uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    project_id      uuid        NOT NULL REFERENCES budgets.projects,
    status          text        NOT NULL CHECK (status IN ('planning', 'carried_out', 'finished', 'given_up')),
    percent_done    integer     NOT NULL CHECK (percent_done BETWEEN 0 AND 100),
    spent           bigint      NOT NULL CHECK (spent >= 0),
    note            text        NOT NULL,
    report_time     timestamptz NOT NULL
);

CREATE INDEX progress_reports_newest ON budgets.progress_reports (project_id, report_time DESC, report_id DESC);
SELECT tenant_isolation('budgets.progress_reports');

-- What was published stays as it was.
REVOKE UPDATE, DELETE ON budgets.results, budgets.outcomes, budgets.progress_reports FROM comitia_budgets;
