-- identity: who. Everything that tells who a person is, is encrypted (bytea columns without _lookup); look-ups go by
-- HMAC-SHA256 under a key that is not in the database (columns with _lookup).

CREATE TABLE identity.signing_keys (
    kid text PRIMARY KEY,
    -- PKCS #8, encrypted.
    private_key bytea NOT NULL,
    -- The x of the JSON Web Key.
    public_key text NOT NULL,
    create_time timestamptz NOT NULL,
    -- From then on nothing is signed with it; it stays in the key set as long as its tokens live.
    retire_time timestamptz
);

CREATE TABLE identity.staff (
    staff_member_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    email bytea NOT NULL,
    email_lookup bytea NOT NULL,
    display_name bytea NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    create_time timestamptz NOT NULL,
    CONSTRAINT staff_email UNIQUE (organization_id, email_lookup)
);
SELECT tenant_isolation('identity.staff');

CREATE TABLE identity.rolls (
    roll_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    title text NOT NULL,
    create_time timestamptz NOT NULL
);
CREATE INDEX rolls_organization ON identity.rolls (organization_id, roll_id);
SELECT tenant_isolation('identity.rolls');

CREATE TABLE identity.members (
    member_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    member_number bytea NOT NULL,
    member_number_lookup bytea NOT NULL,
    district text NOT NULL,
    birth_date bytea,
    email bytea,
    email_lookup bytea,
    access_code_lookup bytea,
    create_time timestamptz NOT NULL,
    CONSTRAINT members_number UNIQUE (roll_id, member_number_lookup)
);
CREATE INDEX members_number_lookup ON identity.members (member_number_lookup, organization_id);
CREATE INDEX members_email_lookup ON identity.members (email_lookup, organization_id) WHERE email_lookup IS NOT NULL;
CREATE INDEX members_without_code ON identity.members (roll_id, member_id) WHERE access_code_lookup IS NULL;
SELECT tenant_isolation('identity.members');

CREATE TABLE identity.sessions (
    session_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    member_id uuid REFERENCES identity.members ON DELETE CASCADE,
    staff_member_id uuid REFERENCES identity.staff ON DELETE CASCADE,
    -- Null for operators, whose sessions are not refreshed.
    refresh_sha256 bytea,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    revoke_time timestamptz,
    -- Neither is the operator, without an organization in that of the nil UUID.
    CONSTRAINT sessions_of_one_person CHECK (num_nonnulls(member_id, staff_member_id) <= 1)
);
CREATE INDEX sessions_member ON identity.sessions (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX sessions_staff ON identity.sessions (staff_member_id) WHERE staff_member_id IS NOT NULL;
CREATE INDEX sessions_expire_time ON identity.sessions (expire_time);
SELECT tenant_isolation('identity.sessions');

CREATE TABLE identity.email_codes (
    organization_id uuid NOT NULL,
    email_lookup bytea NOT NULL,
    code_lookup bytea NOT NULL,
    expire_time timestamptz NOT NULL,
    attempts_left integer NOT NULL,
    PRIMARY KEY (organization_id, email_lookup)
);
SELECT tenant_isolation('identity.email_codes');

-- What identity knows of a poll, from voting's events.
CREATE TABLE identity.polls (
    poll_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL,
    districts text[] NOT NULL,
    minimum_age integer NOT NULL,
    open_time timestamptz NOT NULL,
    close_time timestamptz NOT NULL,
    -- Encrypted; null once it is destroyed: from then on nobody can tell whose a nullifier was.
    poll_key bytea
);
CREATE INDEX polls_roll ON identity.polls (roll_id);
SELECT tenant_isolation('identity.polls');

-- Who asked for whose paper permits. An officer's session, a keyed hash of the member's number, never a name.
CREATE TABLE identity.paper_permits (
    paper_permit_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    poll_id uuid NOT NULL REFERENCES identity.polls,
    officer text NOT NULL,
    -- Null once the member is erased.
    member_number_lookup bytea,
    issue_time timestamptz NOT NULL
);
CREATE INDEX paper_permits_poll ON identity.paper_permits (poll_id);
SELECT tenant_isolation('identity.paper_permits');
