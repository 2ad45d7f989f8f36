-- What everybody may see of districts and channels is fixed when a poll is sealed.

ALTER TABLE voting.polls
    -- Groups of ballots with fewer than this many are not published by themselves.
    ADD COLUMN smallest_group bigint,
    -- comitia.voting.v1.Turnout, as it is published from the seal on.
    ADD COLUMN sealed_turnout bytea,
    -- The SHA-256 over the exact districts and channels. It is never shown: the ballot of somebody who is alone in a district
    -- could be guessed from it.
    ADD COLUMN inner_digest bytea CHECK (octet_length(inner_digest) = 32);
GRANT UPDATE (smallest_group, sealed_turnout, inner_digest) ON voting.polls TO comitia_voting;
