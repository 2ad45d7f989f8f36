-- A request id is its caller's own: two callers may choose the same one, and neither is given the other's answer.
-- Answers that are kept already have no caller, so that nobody is given them.

ALTER TABLE requests ADD COLUMN caller text NOT NULL DEFAULT '';
ALTER TABLE requests DROP CONSTRAINT requests_pkey;
ALTER TABLE requests ADD PRIMARY KEY (organization_id, caller, method, request_id);

-- To the hour: a caller may be a participant, and what they did when is nobody's business.
ALTER TABLE requests ALTER COLUMN create_time SET DEFAULT date_trunc('hour', now(), 'UTC');
