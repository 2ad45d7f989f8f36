-- Tenants share tables and never see each other's rows: row-level security in every table that has an
-- organization_id. A transaction says whose rows it works on (comitia_platform::database::begin):
--     SET LOCAL comitia.organization = '<uuid>'    one organization
--     SET LOCAL comitia.organization = '*'         all of them (relays, jobs, seals)
-- A transaction that says nothing sees nothing and can write nothing.

CREATE FUNCTION tenant_visible(organization_id uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('comitia.organization', true) IN (organization_id::text, '*');

COMMENT ON FUNCTION tenant_visible(uuid) IS
    'Whether the current transaction works on rows of this organization.';

-- Protects a table, and each partition that it has by then:  SELECT tenant_isolation('voting.ballots');
CREATE FUNCTION tenant_isolation(protected regclass) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT protected UNION SELECT relid::regclass FROM pg_partition_tree(protected)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_visible(organization_id))', part);
    END LOOP;
END
$$;

COMMENT ON FUNCTION tenant_isolation(regclass) IS
    'Turns on row-level security by organization_id for a table and its partitions.';
