-- Whether people may register, and which terms they accept.
ALTER TABLE spaces.organizations
    ADD COLUMN registration_open boolean NOT NULL DEFAULT false,
    -- One more with each change of the terms.
    ADD COLUMN terms_version integer NOT NULL DEFAULT 1 CHECK (terms_version > 0);
