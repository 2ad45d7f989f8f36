-- PostgreSQL describes the row that breaks a constraint ("Failing row contains ...", "Key (...) already
-- exists") in its log and in the error, unless the table has row-level security. Ballots and nullifiers
-- belong in neither. The policy lets every row through: a batch holds casts of many organizations, and who
-- may touch ballots is a matter of grants.

CREATE FUNCTION voting.hide_rows_from_errors(hidden regclass) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT hidden UNION SELECT relid::regclass FROM pg_partition_tree(hidden)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY every_row ON %s USING (true)', part);
    END LOOP;
END
$$;

COMMENT ON FUNCTION voting.hide_rows_from_errors(regclass) IS
    'Keeps rows of a table and its partitions out of error messages and logs. A new partition needs it too.';

SELECT voting.hide_rows_from_errors('voting.ballots');
SELECT voting.hide_rows_from_errors('voting.turnout');
