-- PostgreSQL describes the row that breaks a constraint in its log, unless the table has row-level
-- security. A signing key does not belong there, not even encrypted. Every other table of identity has it
-- for the sake of its organizations.

ALTER TABLE identity.signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY every_row ON identity.signing_keys USING (true);
