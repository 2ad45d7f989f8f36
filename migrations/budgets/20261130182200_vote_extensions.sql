-- Votes that close later than they were scheduled to: proposed, and done.

CREATE TABLE budgets.vote_extensions (
    extension_id     uuid        PRIMARY KEY,
    budget_id        uuid        NOT NULL REFERENCES budgets.budgets,
    organization_id  uuid        NOT NULL,
    poll_id          uuid        NOT NULL,
    close_time       timestamptz NOT NULL,
    -- Public once it is done.
    reason           text        NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    -- Whether the budget asks for two people.
    by_two           boolean     NOT NULL,
    proposed_by      text        NOT NULL,
    propose_time     timestamptz NOT NULL,
    done_by          text,
    done_time        timestamptz,
    CHECK ((done_by IS NULL) = (done_time IS NULL)),
    CHECK (NOT by_two OR done_by <> proposed_by)
);

-- One proposal at a time.
CREATE UNIQUE INDEX vote_extensions_proposed ON budgets.vote_extensions (poll_id) WHERE done_time IS NULL;
CREATE UNIQUE INDEX vote_extensions_done ON budgets.vote_extensions (poll_id, close_time) WHERE done_time IS NOT NULL;
SELECT tenant_isolation('budgets.vote_extensions');

-- What was done stays on record.
REVOKE DELETE ON budgets.vote_extensions FROM comitia_budgets;
CREATE FUNCTION budgets.keep_extension() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'an extension that is done is not changed';
END
$$;
CREATE TRIGGER keep_extension BEFORE UPDATE ON budgets.vote_extensions
    FOR EACH ROW WHEN (OLD.done_time IS NOT NULL) EXECUTE FUNCTION budgets.keep_extension();
