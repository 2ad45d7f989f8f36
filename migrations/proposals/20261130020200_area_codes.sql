-- Codes of areas are compared without case, and kept in lower case.

SET LOCAL comitia.organization = '*';

UPDATE proposals.proposals SET area_code = lower(area_code) WHERE area_code <> lower(area_code);

-- Which proposals use an area.
CREATE INDEX proposals_area ON proposals.proposals (organization_id, area_code) WHERE area_code <> '';
