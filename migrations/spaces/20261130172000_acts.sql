-- The log of the organization: what its staff did, in whatever service. It is added to, and never changed.

CREATE TABLE spaces.acts (
    -- The event that told of the act, in the transaction of the act itself. Later acts have greater ids.
    act_id uuid PRIMARY KEY,
    -- No foreign key: an act is kept whatever else there is.
    organization_id uuid NOT NULL,
    act_time timestamptz NOT NULL,
    -- The pseudonym of the staff member, or "operator".
    actor text NOT NULL,
    method text NOT NULL,
    resource text NOT NULL,
    -- What was changed: field, value before, value after, at the same places. Null: no value, or one that is not kept.
    fields text[] NOT NULL,
    befores text[] NOT NULL CHECK (cardinality(befores) = cardinality(fields)),
    afters text[] NOT NULL CHECK (cardinality(afters) = cardinality(fields))
);

CREATE INDEX acts_list ON spaces.acts (organization_id, act_id);

SELECT tenant_isolation('spaces.acts');

REVOKE UPDATE, DELETE ON spaces.acts FROM comitia_spaces;
