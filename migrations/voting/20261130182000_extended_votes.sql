-- Any open poll may close later, and not a signature sheet alone. What has closed does not open again.

ALTER TABLE voting.polls
    DROP CONSTRAINT polls_extended,
    ADD CONSTRAINT polls_extended CHECK (first_close_time IS NULL OR first_close_time < close_time);

CREATE OR REPLACE FUNCTION voting.keep_close_time() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'only an open poll closes later, and nothing is to close earlier';
END
$$;

DROP TRIGGER keep_close_time ON voting.polls;
CREATE TRIGGER keep_close_time BEFORE UPDATE OF close_time, paper_close_time, first_close_time ON voting.polls
    FOR EACH ROW WHEN (OLD.state NOT IN ('scheduled', 'open') OR NEW.close_time <= OLD.close_time
        OR NEW.first_close_time IS DISTINCT FROM coalesce(OLD.first_close_time, OLD.close_time))
    EXECUTE FUNCTION voting.keep_close_time();
