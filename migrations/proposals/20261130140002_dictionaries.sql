-- By which dictionaries a text was stemmed: those of the organization's languages. Until now it was these for everybody.

ALTER TABLE proposals.words
    ADD COLUMN dictionaries text NOT NULL DEFAULT 'french_stem english_stem russian_stem hindi_stem';
