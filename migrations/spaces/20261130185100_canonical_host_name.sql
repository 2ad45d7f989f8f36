-- The host name that is the organization's address; none until one is chosen.

ALTER TABLE spaces.organizations ADD COLUMN canonical_host_name text NOT NULL DEFAULT '';
