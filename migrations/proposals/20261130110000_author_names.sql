-- Who speaks in a proposal, and under which name.
ALTER TABLE proposals.proposals
    -- The number of comitia.proposals.v1.AuthorKind.
    ADD COLUMN author_kind smallint NOT NULL DEFAULT 1 CHECK (author_kind BETWEEN 1 AND 3),
    -- As identity has it; empty where the author has none, or is erased.
    ADD COLUMN author_name text NOT NULL DEFAULT '',
    -- The association that it was written for.
    ADD COLUMN association_id uuid,
    ADD CONSTRAINT proposals_association CHECK ((author_kind = 2) = (association_id IS NOT NULL));
CREATE INDEX proposals_association ON proposals.proposals (association_id) WHERE association_id IS NOT NULL;

-- Pseudonyms of authors who were erased: nothing is submitted under them any more, not even by a call that was in flight.
CREATE TABLE proposals.erased_authors (
    organization_id uuid NOT NULL,
    author text NOT NULL,
    PRIMARY KEY (organization_id, author)
);
SELECT tenant_isolation('proposals.erased_authors');
