-- The words of the acts in the log, so that a text is found without reading the whole log. Under row-level security PostgreSQL
-- uses an index for comparisons of words, and not for parts of texts.

CREATE TABLE spaces.act_words (
    organization_id uuid NOT NULL,
    -- In lower case, as bytes are compared.
    word text COLLATE "C" NOT NULL,
    act_id uuid NOT NULL REFERENCES spaces.acts,
    PRIMARY KEY (organization_id, word, act_id)
);

INSERT INTO spaces.act_words (organization_id, word, act_id)
SELECT DISTINCT organization_id, left(word, 64), act_id
FROM spaces.acts,
     regexp_split_to_table(
         lower(concat_ws(' ', resource, array_to_string(fields, ' '), array_to_string(befores, ' '),
                         array_to_string(afters, ' '))),
         '[^[:alnum:]]+') AS word
WHERE word <> '';

SELECT tenant_isolation('spaces.act_words');

REVOKE UPDATE, DELETE ON spaces.act_words FROM comitia_spaces;
