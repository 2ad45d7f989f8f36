-- Where the sheet allows it, a signer takes the signature back. The ballot stays, and so does its entry in the log: the withdrawal is a row
-- here, and an entry of its own that the sequencer appends.

-- No time and no organization_id, as with ballots.
CREATE TABLE voting.withdrawals (
    poll_id uuid NOT NULL,
    nullifier bytea NOT NULL,
    -- What is kept of the secret of this act: it says whether a call is the same one again.
    secret_digest bytea NOT NULL CHECK (octet_length(secret_digest) = 16),
    PRIMARY KEY (poll_id, nullifier)
);

SELECT voting.hide_rows_from_errors('voting.withdrawals');
REVOKE UPDATE, DELETE ON voting.withdrawals FROM comitia_voting;

-- It waits for the log like a signature, with what is kept of the cast that it takes back.
ALTER TABLE voting.log_waiting ADD COLUMN withdrawal boolean NOT NULL DEFAULT false;

-- Of the entries, how many are withdrawals.
ALTER TABLE voting.logs
    ADD COLUMN withdrawals bigint NOT NULL DEFAULT 0 CHECK (withdrawals >= 0 AND withdrawals * 2 <= size);
GRANT UPDATE (withdrawals) ON voting.logs TO comitia_voting;
CREATE TRIGGER keep_withdrawals BEFORE UPDATE ON voting.logs
    FOR EACH ROW WHEN (NEW.withdrawals < OLD.withdrawals) EXECUTE FUNCTION voting.keep_what_is_published();

-- signature_count is what was given in the hour.
ALTER TABLE voting.log_hours ADD COLUMN withdrawal_count bigint NOT NULL DEFAULT 0 CHECK (withdrawal_count >= 0);
GRANT UPDATE (withdrawal_count) ON voting.log_hours TO comitia_voting;
