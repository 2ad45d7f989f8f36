-- Where areas are: their outlines, simplified for showing. An area without a row has none.

CREATE TABLE spaces.area_outlines (
    organization_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    -- How many positions each ring has.
    rings integer[] NOT NULL,
    -- The positions of all rings one after the other: millionths of a degree east and north (WGS 84), in turn.
    positions integer[] NOT NULL CHECK (cardinality(positions) % 2 = 0),
    PRIMARY KEY (organization_id, code),
    FOREIGN KEY (organization_id, code) REFERENCES spaces.areas (organization_id, code) ON DELETE CASCADE
);

SELECT tenant_isolation('spaces.area_outlines');
