-- What the owner of a signature sheet does while it is open: pause, resume, extend, close early. Each with its reason, in public.

ALTER TABLE voting.polls
    -- Nobody signs until it is resumed.
    ADD COLUMN paused boolean NOT NULL DEFAULT false,
    -- When it was created to close, once it was extended. close_time is the present one.
    ADD COLUMN first_close_time timestamptz,
    ADD CONSTRAINT polls_paused CHECK (has_log OR NOT paused),
    ADD CONSTRAINT polls_extended CHECK (first_close_time IS NULL OR (has_log AND first_close_time < close_time));
GRANT UPDATE (paused, first_close_time, close_time, paper_close_time) ON voting.polls TO comitia_voting;

-- A poll closes later than it was to, never earlier: early_close_time is for that. What has closed does not open again.
CREATE FUNCTION voting.keep_close_time() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'only an open signature sheet closes later, and nothing is to close earlier';
END
$$;

CREATE TRIGGER keep_close_time BEFORE UPDATE OF close_time, paper_close_time, first_close_time ON voting.polls
    FOR EACH ROW WHEN (NOT OLD.has_log OR OLD.state NOT IN ('scheduled', 'open') OR NEW.close_time <= OLD.close_time
        OR NEW.first_close_time IS DISTINCT FROM coalesce(OLD.first_close_time, OLD.close_time))
    EXECUTE FUNCTION voting.keep_close_time();

CREATE TABLE voting.poll_acts (
    poll_id uuid NOT NULL REFERENCES voting.polls (id),
    organization_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    kind text NOT NULL CHECK (kind IN ('paused', 'resumed', 'extended', 'closed')),
    reason text NOT NULL CHECK (reason <> ''),
    -- Who did it. Not public.
    officer text NOT NULL,
    act_time timestamptz NOT NULL,
    close_time timestamptz,
    previous_close_time timestamptz,
    PRIMARY KEY (poll_id, number),
    CHECK ((close_time IS NULL) = (previous_close_time IS NULL)),
    CHECK ((close_time IS NOT NULL) = (kind IN ('extended', 'closed')))
);

SELECT tenant_isolation('voting.poll_acts');

-- History is not rewritten.
REVOKE UPDATE, DELETE ON voting.poll_acts FROM comitia_voting;
