-- What an author asks for when they look for their own.
CREATE INDEX proposals_author ON proposals.proposals (author, proposal_id DESC);
