-- Associations that the team has verified. Who writes for one is known by the e-mail address, whether or not it has an account,
-- so that adding somebody tells nobody whether there is one.

CREATE TABLE identity.associations (
    association_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    display_name text NOT NULL,
    create_time timestamptz NOT NULL,
    CONSTRAINT associations_name UNIQUE (organization_id, display_name)
);
CREATE INDEX associations_list ON identity.associations (organization_id, association_id);
SELECT tenant_isolation('identity.associations');

CREATE TABLE identity.association_members (
    association_member_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    association_id uuid NOT NULL REFERENCES identity.associations ON DELETE CASCADE,
    -- Encrypted.
    email bytea NOT NULL,
    email_lookup bytea NOT NULL,
    CONSTRAINT association_members_email UNIQUE (association_id, email_lookup)
);
CREATE INDEX association_members_email_lookup ON identity.association_members (email_lookup, organization_id);
SELECT tenant_isolation('identity.association_members');
