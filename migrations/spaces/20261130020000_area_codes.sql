-- Codes of areas are compared without case, and kept in lower case.

SET LOCAL comitia.organization = '*';

-- Codes that differed by case alone are one area from now on: the one that is in lower case, if there is such.
ALTER TABLE spaces.areas DROP CONSTRAINT areas_organization_id_parent_code_fkey;
DELETE FROM spaces.areas AS area
USING spaces.areas AS other
WHERE area.organization_id = other.organization_id
  AND lower(area.code) = lower(other.code)
  AND area.code < other.code;
UPDATE spaces.areas SET code = lower(code), parent_code = nullif(lower(parent_code), lower(code))
WHERE code <> lower(code) OR parent_code <> lower(parent_code);
ALTER TABLE spaces.areas
    ADD FOREIGN KEY (organization_id, parent_code) REFERENCES spaces.areas (organization_id, code);
