-- Search finds words by their stems, and by pieces of them in scripts that do not part words (domain::words). What was indexed
-- before is indexed again by the service, which finds it by its version.

ALTER TABLE proposals.words ADD COLUMN version smallint NOT NULL DEFAULT 1;
CREATE INDEX words_version ON proposals.words (version);
