-- Participants who sign in at an identified provider. Of what a provider says of a person, one keyed hash is kept: no name,
-- no birth date, no address.

-- Whom of the configured providers an organization lets vouch for accounts.
CREATE TABLE identity.account_providers (
    organization_id uuid NOT NULL,
    provider text NOT NULL CHECK (provider ~ '^[a-z][a-z0-9_]{0,39}$'),
    PRIMARY KEY (organization_id, provider)
);
SELECT tenant_isolation('identity.account_providers');

-- Which person of a provider has which account. The hash is made under a key of the organization's own, which is that of no
-- poll, from what a client was told that no poll uses.
CREATE TABLE identity.provider_links (
    provider_link_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    participant_id uuid NOT NULL REFERENCES identity.participants ON DELETE CASCADE,
    provider text NOT NULL CHECK (provider ~ '^[a-z][a-z0-9_]{0,39}$'),
    identity_lookup bytea NOT NULL CHECK (octet_length(identity_lookup) = 32),
    link_day date NOT NULL,
    CONSTRAINT provider_links_identity UNIQUE (organization_id, identity_lookup),
    CONSTRAINT provider_links_one_a_provider UNIQUE (participant_id, provider)
);
SELECT tenant_isolation('identity.provider_links');

-- Who comes from a provider needs no e-mail address.
ALTER TABLE identity.participants
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN email_lookup DROP NOT NULL,
    ADD CONSTRAINT participants_email_whole CHECK ((email IS NULL) = (email_lookup IS NULL));

-- The age of who registers goes by the calendar of the organization; UTC until spaces has told of it.
ALTER TABLE identity.participation ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
