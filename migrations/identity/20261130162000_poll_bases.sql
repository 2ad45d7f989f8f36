-- What the right to act in a poll rests on, beside an electoral roll. Of people whom a provider vouches for, and of those who
-- come with nothing but a browser, nothing is stored: their permits are made and forgotten.
ALTER TABLE identity.polls
    ALTER COLUMN roll_id DROP NOT NULL,
    -- The providers that may vouch, and the lowest level that will do (of the provider's own, when empty).
    ADD COLUMN basis text NOT NULL DEFAULT 'ROLL' CHECK (basis IN ('ROLL', 'PARTICIPANTS', 'PROVIDERS', 'ANYONE')),
    ADD COLUMN providers text[] NOT NULL DEFAULT '{}',
    ADD COLUMN provider_level text NOT NULL DEFAULT '',
    ADD CONSTRAINT polls_basis CHECK (
        (basis = 'ROLL') = (roll_id IS NOT NULL)
        AND (basis = 'PROVIDERS') = (providers <> '{}')
        AND (basis = 'PROVIDERS' OR provider_level = '')
    );
