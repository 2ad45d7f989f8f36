-- Tenants. A row belongs to itself: an organization sees its own row and no other.
CREATE TABLE spaces.organizations (
    organization_id uuid PRIMARY KEY,
    display_name text NOT NULL,
    time_zone text NOT NULL,
    create_time timestamptz NOT NULL
);

-- What leads to an organization. The primary key spans all organizations: a name is nobody else's.
CREATE TABLE spaces.host_names (
    host_name text PRIMARY KEY CHECK (char_length(host_name) BETWEEN 1 AND 253),
    organization_id uuid NOT NULL REFERENCES spaces.organizations ON DELETE CASCADE,
    -- The order in which they were given.
    position smallint NOT NULL,
    UNIQUE (organization_id, position)
);

CREATE TABLE spaces.processes (
    process_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES spaces.organizations,
    title text NOT NULL,
    description text NOT NULL,
    -- Null until it is published.
    publish_time timestamptz,
    -- Counts the changes; the etag is made of it.
    revision bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    -- What the keys of its parts refer to, so that a part is always of its process's organization.
    UNIQUE (organization_id, process_id)
);

CREATE TABLE spaces.phases (
    phase_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    title text NOT NULL,
    -- The number of comitia.spaces.v1.PhaseKind.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL CHECK (end_time > start_time),
    -- When spaces.phase.opened and spaces.phase.closed were written to the outbox; null before.
    opened_time timestamptz,
    closed_time timestamptz,
    FOREIGN KEY (organization_id, process_id)
        REFERENCES spaces.processes (organization_id, process_id) ON DELETE CASCADE
);

CREATE INDEX phases_process ON spaces.phases (process_id, start_time);
-- What the clock looks for.
CREATE INDEX phases_to_open ON spaces.phases (start_time) WHERE opened_time IS NULL;
CREATE INDEX phases_to_close ON spaces.phases (end_time) WHERE closed_time IS NULL;

CREATE TABLE spaces.components (
    component_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    -- The number of comitia.spaces.v1.ComponentKind.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 2),
    title text NOT NULL,
    create_time timestamptz NOT NULL,
    FOREIGN KEY (organization_id, process_id)
        REFERENCES spaces.processes (organization_id, process_id) ON DELETE CASCADE
);

CREATE INDEX components_process ON spaces.components (process_id, component_id);

CREATE TABLE spaces.areas (
    organization_id uuid NOT NULL REFERENCES spaces.organizations,
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[A-Za-z0-9_.-]{1,64}$'),
    title text NOT NULL,
    -- Null at the top.
    parent_code text COLLATE "C" CHECK (parent_code <> code),
    PRIMARY KEY (organization_id, code),
    FOREIGN KEY (organization_id, parent_code) REFERENCES spaces.areas (organization_id, code)
);

CREATE INDEX areas_parent ON spaces.areas (organization_id, parent_code);

SELECT tenant_isolation('spaces.organizations');
SELECT tenant_isolation('spaces.host_names');
SELECT tenant_isolation('spaces.processes');
SELECT tenant_isolation('spaces.phases');
SELECT tenant_isolation('spaces.components');
SELECT tenant_isolation('spaces.areas');
