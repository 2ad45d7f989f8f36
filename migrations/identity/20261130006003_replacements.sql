-- A member's access code is replaced by two people, and everybody can see how many were.

CREATE TABLE identity.access_code_replacements (
    replacement_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    -- Null once the member is erased.
    member_id uuid REFERENCES identity.members ON DELETE SET NULL,
    requested_by text NOT NULL,
    -- Keyed hashes of the officers' e-mail addresses: the same person under another id is the same person.
    requested_by_person bytea NOT NULL,
    request_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    approved_by text,
    approved_by_person bytea,
    approve_time timestamptz,
    CONSTRAINT replacements_two_people CHECK (approved_by_person <> requested_by_person),
    CONSTRAINT replacements_approved CHECK (num_nulls(approved_by, approved_by_person, approve_time) IN (0, 3))
);
CREATE INDEX replacements_list ON identity.access_code_replacements (organization_id, replacement_id);
CREATE INDEX replacements_approved ON identity.access_code_replacements (roll_id, approve_time)
    WHERE approve_time IS NOT NULL;
CREATE INDEX replacements_member ON identity.access_code_replacements (member_id) WHERE member_id IS NOT NULL;
SELECT tenant_isolation('identity.access_code_replacements');

-- Members who were erased while their roll was voted with. Whoever is added again under such a number is the same
-- voter, so that their new code takes two people as well. Forgotten when no poll of the roll is left to come or open.
CREATE TABLE identity.erased_members (
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    member_number_lookup bytea NOT NULL,
    PRIMARY KEY (roll_id, member_number_lookup)
);
SELECT tenant_isolation('identity.erased_members');

-- Whether the member waits for two people's approval before they get a code or can sign in by e-mail.
ALTER TABLE identity.members ADD COLUMN held boolean NOT NULL DEFAULT false;

-- Since when replaced codes count for the poll, and whose calendar says how old a member is when it opens.
ALTER TABLE identity.polls
    ADD COLUMN create_time timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
