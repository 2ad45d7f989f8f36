-- How many people signed in: by day for a roll, and by area and age for a vote. They are sums. No row is about one person,
-- and none has both a day and an area or age.

CREATE TABLE identity.sign_in_days (
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    -- UTC, as the days of sessions are.
    day date NOT NULL,
    way text NOT NULL CHECK (way IN ('ACCESS_CODE', 'EMAIL')),
    -- Sign-ins of one moment write different rows, so that none waits for another.
    shard smallint NOT NULL,
    sign_in_count bigint NOT NULL,
    PRIMARY KEY (roll_id, day, way, shard)
);
SELECT tenant_isolation('identity.sign_in_days');

CREATE TABLE identity.sign_in_groups (
    organization_id uuid NOT NULL,
    poll_id uuid NOT NULL REFERENCES identity.polls,
    -- In lower case; empty for none.
    district text NOT NULL,
    -- The first year of the age band on the day on which the vote opens; -1 where the roll has no birth date.
    age_from smallint NOT NULL,
    shard smallint NOT NULL,
    person_count bigint NOT NULL,
    PRIMARY KEY (poll_id, district, age_from, shard)
);
SELECT tenant_isolation('identity.sign_in_groups');

-- Letters that came back. Which member's a letter was is not kept.
CREATE TABLE identity.returned_letters (
    returned_letters_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    day date NOT NULL,
    district text NOT NULL,
    letter_count bigint NOT NULL CHECK (letter_count > 0),
    officer text NOT NULL
);
CREATE INDEX returned_letters_roll ON identity.returned_letters (roll_id, day);
SELECT tenant_isolation('identity.returned_letters');
