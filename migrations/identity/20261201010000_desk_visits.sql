-- The desk: two officers let a member who is there vote on a device that stands there. Everybody can see how many did.

CREATE TABLE identity.desk_visits (
    -- Random, so that it does not say when.
    visit_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    poll_id uuid NOT NULL REFERENCES identity.polls,
    -- Null once the member is erased, or the key of the poll is destroyed.
    member_id uuid REFERENCES identity.members ON DELETE SET NULL,
    opened_by text NOT NULL,
    -- Keyed hashes of the officers' e-mail addresses: the same person under another id is the same person.
    opened_by_person bytea NOT NULL,
    confirmed_by text,
    confirmed_by_person bytea,
    -- UTC. Presence is kept to the day.
    day date NOT NULL,
    -- While nobody has confirmed it: who does was on the staff by then.
    open_time timestamptz,
    -- Until when it can be confirmed, or its code used. Null once that is over.
    expire_time timestamptz,
    -- The keyed hash of the code, until it is used.
    code_lookup bytea UNIQUE,
    -- Whether its row was moved away from where it was written: the order of rows would say in which order people came.
    shuffled boolean NOT NULL DEFAULT false,
    CONSTRAINT desk_visits_two_people CHECK (confirmed_by_person <> opened_by_person),
    CONSTRAINT desk_visits_confirmed CHECK (num_nulls(confirmed_by, confirmed_by_person) IN (0, 2)),
    CONSTRAINT desk_visits_open CHECK ((confirmed_by IS NULL) = (open_time IS NOT NULL)),
    CONSTRAINT desk_visits_code CHECK (code_lookup IS NULL OR (confirmed_by IS NOT NULL AND expire_time IS NOT NULL))
);
CREATE INDEX desk_visits_list ON identity.desk_visits (organization_id, day, visit_id);
CREATE INDEX desk_visits_poll ON identity.desk_visits (poll_id, day) WHERE confirmed_by IS NOT NULL;
CREATE INDEX desk_visits_member ON identity.desk_visits (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX desk_visits_expire ON identity.desk_visits (expire_time) WHERE expire_time IS NOT NULL;
SELECT tenant_isolation('identity.desk_visits');
