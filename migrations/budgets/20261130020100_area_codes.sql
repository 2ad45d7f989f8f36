-- Codes of areas are compared without case, and kept in lower case.

SET LOCAL comitia.organization = '*';

UPDATE budgets.budgets SET area_code = lower(area_code) WHERE area_code <> lower(area_code);
UPDATE budgets.schedules
SET districts = ARRAY(SELECT DISTINCT lower(district) FROM unnest(districts) AS district ORDER BY 1)
WHERE array_to_string(districts, ' ') <> lower(array_to_string(districts, ' '));

-- Which budgets use an area.
CREATE INDEX budgets_area ON budgets.budgets (organization_id, area_code) WHERE area_code <> '';
