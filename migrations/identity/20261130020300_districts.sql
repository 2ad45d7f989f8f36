-- Codes of districts are compared without case, and kept in lower case. A roll that is voted with keeps them as they are: its
-- permits name them, and the ballots that were cast with these.

SET LOCAL comitia.organization = '*';

UPDATE identity.members AS member SET district = lower(district)
WHERE district <> lower(district)
  AND NOT EXISTS (SELECT FROM identity.polls AS poll
                  WHERE poll.roll_id = member.roll_id
                    AND coalesce(poll.paper_close_time, poll.close_time) > now());
