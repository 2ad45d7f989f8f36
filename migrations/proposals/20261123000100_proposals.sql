CREATE TABLE proposals.proposals (
    proposal_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    -- Empty for the whole city.
    area_code text NOT NULL,
    category text NOT NULL,
    -- All three or none.
    place_address text,
    place_latitude double precision CHECK (place_latitude BETWEEN -90 AND 90),
    place_longitude double precision CHECK (place_longitude BETWEEN -180 AND 180),
    -- A pseudonym in the organization.
    author text NOT NULL,
    -- The number of comitia.proposals.v1.ProposalState.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    answer text NOT NULL DEFAULT '',
    estimated_cost bigint NOT NULL DEFAULT 0 CHECK (estimated_cost >= 0),
    -- Null while it is shown.
    hidden_reason text,
    -- Counts the changes; the etag is made of it.
    revision bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    CHECK (num_nulls(place_address, place_latitude, place_longitude) IN (0, 3)),
    -- What the keys of its parts refer to, so that a part is always of its proposal's organization.
    UNIQUE (organization_id, proposal_id)
);

CREATE INDEX proposals_list ON proposals.proposals (process_id, proposal_id DESC);

-- The words of title and text, folded (domain::words). A table of its own and without organization_id: PostgreSQL
-- uses an index under row-level security only for leakproof operators, and @@ is none. It is read only to find ids
-- of proposals, whose rows are protected.
CREATE TABLE proposals.words (
    proposal_id uuid PRIMARY KEY REFERENCES proposals.proposals ON DELETE CASCADE,
    process_id uuid NOT NULL,
    words tsvector NOT NULL
);

CREATE INDEX words_words ON proposals.words USING gin (words);

-- The decisions of moderators, of which the proposal has the last.
CREATE TABLE proposals.moderations (
    moderation_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    hidden boolean NOT NULL,
    reason text NOT NULL,
    -- The moderator's pseudonym in the organization.
    moderator text NOT NULL,
    create_time timestamptz NOT NULL,
    FOREIGN KEY (organization_id, proposal_id)
        REFERENCES proposals.proposals (organization_id, proposal_id) ON DELETE CASCADE
);

CREATE INDEX moderations_proposal ON proposals.moderations (proposal_id, moderation_id);

-- The projects that proposals became, as budgets tells. A project that was deleted stays here as deleted, so that
-- the news of its making can come after the news of its end.
CREATE TABLE proposals.projects (
    organization_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    project_id uuid NOT NULL,
    deleted boolean NOT NULL,
    PRIMARY KEY (proposal_id, project_id),
    FOREIGN KEY (organization_id, proposal_id)
        REFERENCES proposals.proposals (organization_id, proposal_id) ON DELETE CASCADE
);

SELECT tenant_isolation('proposals.proposals');
SELECT tenant_isolation('proposals.moderations');
SELECT tenant_isolation('proposals.projects');
