-- When somebody signed in, joined with when a ballot came, tells whose ballot it is. What is kept of a member's
-- sessions and paper permits is therefore a day (UTC), whatever the statement that writes it says. When exactly a
-- session ends stands in its tokens.

CREATE FUNCTION identity.whole_days() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.create_time := date_trunc('day', NEW.create_time, 'UTC');
    NEW.revoke_time := date_trunc('day', NEW.revoke_time, 'UTC');
    -- The day after the one on which it ends: until then the row must say that the session lives.
    IF NEW.expire_time <> date_trunc('day', NEW.expire_time, 'UTC') THEN
        NEW.expire_time := date_trunc('day', NEW.expire_time, 'UTC') + interval '1 day';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION identity.whole_days() IS
    'Keeps the times of a member''s session to whole days.';

CREATE TRIGGER whole_days BEFORE INSERT OR UPDATE ON identity.sessions
    FOR EACH ROW WHEN (NEW.member_id IS NOT NULL) EXECUTE FUNCTION identity.whole_days();

CREATE FUNCTION identity.whole_issue_day() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.issue_time := date_trunc('day', NEW.issue_time, 'UTC');
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION identity.whole_issue_day() IS
    'Keeps the time of a paper permit to a whole day.';

CREATE TRIGGER whole_days BEFORE INSERT OR UPDATE ON identity.paper_permits
    FOR EACH ROW EXECUTE FUNCTION identity.whole_issue_day();

-- The rows that are there, in an order that tells nothing either; their ids had the time in them. People whose session
-- is given another id sign in again.
SET LOCAL comitia.organization = '*';

WITH gone AS (DELETE FROM identity.sessions WHERE member_id IS NOT NULL RETURNING *)
INSERT INTO identity.sessions (session_id, organization_id, member_id, refresh_sha256, create_time, expire_time,
    revoke_time)
SELECT gen_random_uuid(), organization_id, member_id, refresh_sha256, create_time, expire_time, revoke_time
FROM gone ORDER BY random();

WITH gone AS (DELETE FROM identity.paper_permits RETURNING *)
INSERT INTO identity.paper_permits (paper_permit_id, organization_id, poll_id, officer, member_number_lookup,
    issue_time)
SELECT gen_random_uuid(), organization_id, poll_id, officer, member_number_lookup, issue_time
FROM gone ORDER BY random();

-- Whether the row of a session that is over was written again, with the others of its day, in an order that tells
-- nothing.
ALTER TABLE identity.sessions ADD COLUMN shuffled boolean NOT NULL DEFAULT false;
CREATE INDEX sessions_to_shuffle ON identity.sessions (expire_time) WHERE member_id IS NOT NULL AND NOT shuffled;
