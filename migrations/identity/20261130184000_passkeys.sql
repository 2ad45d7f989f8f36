-- Passkeys of staff, the second factor after the code that comes by e-mail.
CREATE TABLE identity.passkeys (
    passkey_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    staff_member_id uuid NOT NULL REFERENCES identity.staff ON DELETE CASCADE,
    -- The domain that it works at.
    domain text NOT NULL,
    credential_id bytea NOT NULL CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    -- A COSE_Key.
    public_key bytea NOT NULL,
    -- How often the authenticator says that it has signed; 0 where it does not count.
    sign_count bigint NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),
    backup_eligible boolean NOT NULL,
    -- Encrypted.
    label bytea NOT NULL,
    create_date date NOT NULL,
    CONSTRAINT passkeys_credential UNIQUE (organization_id, credential_id)
);
CREATE INDEX passkeys_staff ON identity.passkeys (staff_member_id);
SELECT tenant_isolation('identity.passkeys');

-- What sessions were given to answer with a passkey. A row is taken out by its first answer.
CREATE TABLE identity.passkey_challenges (
    challenge bytea PRIMARY KEY,
    organization_id uuid NOT NULL,
    session_id uuid NOT NULL REFERENCES identity.sessions ON DELETE CASCADE,
    -- Whether the answer registers a passkey; else it proves one.
    registers boolean NOT NULL,
    expire_time timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_session ON identity.passkey_challenges (session_id);
CREATE INDEX passkey_challenges_expire_time ON identity.passkey_challenges (expire_time);
SELECT tenant_isolation('identity.passkey_challenges');

-- How the staff of organizations sign in; an organization without a row asks for no second factor.
CREATE TABLE identity.staff_sign_in (
    organization_id uuid PRIMARY KEY,
    second_factor_required boolean NOT NULL
);
SELECT tenant_isolation('identity.staff_sign_in');

-- Whether the session is a staff member's who has proved the second factor.
ALTER TABLE identity.sessions ADD COLUMN second_factor boolean NOT NULL DEFAULT false;
