-- Participants: people's own accounts. What is kept of when they do something is a day (UTC): times would tie them to
-- ballots. Ids are random, for the same reason.

-- What spaces says of an organization, from its events.
CREATE TABLE identity.participation (
    organization_id uuid PRIMARY KEY,
    registration_open boolean NOT NULL,
    terms_version integer NOT NULL,
    -- That of the organization: an event with a smaller one is older.
    revision bigint NOT NULL
);
SELECT tenant_isolation('identity.participation');

CREATE TABLE identity.participants (
    participant_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    -- Encrypted.
    email bytea NOT NULL,
    email_lookup bytea NOT NULL,
    -- The pseudonym that sessions carry, and others know the author of a text by.
    author text NOT NULL,
    -- Encrypted; null until it is chosen.
    display_name bytea,
    language text NOT NULL DEFAULT '' CHECK (language ~ '^([a-z]{2,3})?$'),
    create_day date NOT NULL,
    -- When they declared to be 15 or older.
    age_declaration_day date,
    CONSTRAINT participants_email UNIQUE (organization_id, email_lookup),
    CONSTRAINT participants_author UNIQUE (organization_id, author),
    CONSTRAINT participants_named_are_old_enough CHECK (display_name IS NULL OR age_declaration_day IS NOT NULL)
);
CREATE INDEX participants_unnamed ON identity.participants (create_day) WHERE display_name IS NULL;
SELECT tenant_isolation('identity.participants');

CREATE TABLE identity.terms_acceptances (
    participant_id uuid NOT NULL REFERENCES identity.participants ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    terms_version integer NOT NULL CHECK (terms_version > 0),
    accept_day date NOT NULL,
    PRIMARY KEY (participant_id, terms_version)
);
SELECT tenant_isolation('identity.terms_acceptances');

-- Which member of a roll an account is verified as: a member has one account, an account one member a roll.
CREATE TABLE identity.residences (
    residence_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    participant_id uuid NOT NULL REFERENCES identity.participants ON DELETE CASCADE,
    member_id uuid NOT NULL REFERENCES identity.members ON DELETE CASCADE,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    verify_day date NOT NULL,
    -- Whether it was by the e-mail address alone, so that it ends when the roll has another one.
    by_address boolean NOT NULL,
    -- Whether the row was written again, with the others of its day, in an order that tells nothing.
    shuffled boolean NOT NULL DEFAULT false,
    CONSTRAINT residences_member UNIQUE (member_id),
    CONSTRAINT residences_one_a_roll UNIQUE (participant_id, roll_id)
);
CREATE INDEX residences_to_shuffle ON identity.residences (verify_day) WHERE NOT shuffled;
SELECT tenant_isolation('identity.residences');

-- An account claims a member that another one has. The team decides.
CREATE TABLE identity.resident_cases (
    case_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    member_id uuid NOT NULL REFERENCES identity.members ON DELETE CASCADE,
    claimant_id uuid NOT NULL REFERENCES identity.participants ON DELETE CASCADE,
    open_day date NOT NULL,
    -- The number of comitia.identity.v1.CaseDecision; 0 while nobody has decided.
    decision smallint NOT NULL DEFAULT 0 CHECK (decision BETWEEN 0 AND 2),
    -- The id of a staff member, or "operator".
    resolved_by text,
    resolve_day date,
    CONSTRAINT resident_cases_resolved CHECK ((decision = 0) = (resolved_by IS NULL)
        AND (decision = 0) = (resolve_day IS NULL))
);
CREATE UNIQUE INDEX resident_cases_open ON identity.resident_cases (member_id, claimant_id) WHERE decision = 0;
CREATE INDEX resident_cases_list ON identity.resident_cases (organization_id, case_id);
CREATE INDEX resident_cases_claimant ON identity.resident_cases (claimant_id);
SELECT tenant_isolation('identity.resident_cases');

ALTER TABLE identity.sessions
    ADD COLUMN participant_id uuid REFERENCES identity.participants ON DELETE CASCADE,
    -- The numbers of comitia.identity.v1.DeviceKind and DeviceBrowser, of participants' sessions that live.
    ADD COLUMN device_kind smallint NOT NULL DEFAULT 0,
    ADD COLUMN device_browser smallint NOT NULL DEFAULT 0,
    DROP CONSTRAINT sessions_of_one_person,
    ADD CONSTRAINT sessions_of_one_person CHECK (num_nonnulls(member_id, staff_member_id, participant_id) <= 1),
    ADD CONSTRAINT sessions_device CHECK (participant_id IS NOT NULL OR (device_kind = 0 AND device_browser = 0));
CREATE INDEX sessions_participant ON identity.sessions (participant_id) WHERE participant_id IS NOT NULL;
CREATE INDEX sessions_of_participants_to_shuffle ON identity.sessions (expire_time)
    WHERE participant_id IS NOT NULL AND NOT shuffled;

-- What is kept of a participant's session is a day, as of a member's.
DROP TRIGGER whole_days ON identity.sessions;
CREATE TRIGGER whole_days BEFORE INSERT OR UPDATE ON identity.sessions
    FOR EACH ROW WHEN (NEW.member_id IS NOT NULL OR NEW.participant_id IS NOT NULL)
    EXECUTE FUNCTION identity.whole_days();

-- The keyed hash of the request that used the code, which may come again while the code lives.
ALTER TABLE identity.one_time_codes ADD COLUMN used_by bytea;
