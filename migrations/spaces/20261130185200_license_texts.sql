-- A text of the organization may be the licence of its open data.

ALTER TABLE spaces.organization_texts DROP CONSTRAINT organization_texts_kind_check;
ALTER TABLE spaces.organization_texts
    ADD CONSTRAINT organization_texts_kind_check CHECK (kind BETWEEN 1 AND 6);
