-- Every service's schema has these two tables (crates/bus).

-- Events written with the change that caused them, until the bus has taken them.
CREATE TABLE outbox (
    -- Publishing order. Assigned at insert, so events of one row's changes are in the order of those changes.
    sequence        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              uuid        NOT NULL,
    routing_key     text        NOT NULL CHECK (octet_length(routing_key) BETWEEN 1 AND 255),
    organization_id uuid,
    subject         text        NOT NULL,
    time            timestamptz NOT NULL,
    payload         bytea       NOT NULL,
    trace_parent    text,
    trace_state     text,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
)
-- Rows come and go quickly: vacuum by count, not by a share of a table that is usually empty.
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Events of an organization are written by its own transactions and read by the relay, which sees all.
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox USING (organization_id IS NULL OR tenant_visible(organization_id));

-- Events whose effect has been committed, by consumer.
CREATE TABLE inbox (
    consumer    text        NOT NULL,
    event_id    uuid        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);

CREATE INDEX inbox_received_at ON inbox (received_at);
