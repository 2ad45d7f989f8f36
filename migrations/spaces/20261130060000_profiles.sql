-- What an organization shows of itself on its site.
ALTER TABLE spaces.organizations
    -- Lower-case ISO 639 codes; texts fall back to the first.
    ADD COLUMN languages text[] NOT NULL DEFAULT '{fr,en}' CHECK (cardinality(languages) BETWEEN 1 AND 20),
    -- ISO 3166-1 alpha-2, or empty.
    ADD COLUMN country text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    ADD COLUMN contact_email text NOT NULL DEFAULT '',
    -- #rrggbb, or empty.
    ADD COLUMN brand_color text NOT NULL DEFAULT '' CHECK (brand_color ~ '^(#[0-9a-f]{6})?$'),
    -- Counts the changes; the etag is made of it.
    ADD COLUMN revision bigint NOT NULL DEFAULT 1;

CREATE TABLE spaces.organization_texts (
    organization_id uuid NOT NULL REFERENCES spaces.organizations ON DELETE CASCADE,
    -- The number of comitia.spaces.v1.OrganizationTextKind.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    language text NOT NULL,
    -- Markdown.
    body text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 20000),
    PRIMARY KEY (organization_id, kind, language)
);

SELECT tenant_isolation('spaces.organization_texts');
