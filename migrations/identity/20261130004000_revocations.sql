-- Sessions that were revoked while their access tokens could still be good. Every process reads them several times a
-- second and refuses them. A trigger writes them, so that they are in the transaction of whatever ended the session: signing
-- out, new roles, a new access code, a person's row deleted with its sessions, or a statement by hand.
CREATE TABLE identity.revocations (
    session_id uuid PRIMARY KEY,
    -- The end of the hour in which it was: when exactly somebody signed out is kept nowhere.
    revoke_time timestamptz NOT NULL DEFAULT date_trunc('hour', now(), 'UTC') + interval '1 hour',
    -- The end of the session: no token of it lives longer.
    session_expire_time timestamptz NOT NULL,
    -- Readers go by it and not by a time or a sequence, because transactions do not commit in the order of these.
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX revocations_transaction_id ON identity.revocations (transaction_id);
CREATE INDEX revocations_revoke_time ON identity.revocations (revoke_time);

COMMENT ON TABLE identity.revocations IS
    'Sessions revoked while their access tokens could still be good; has no organization, because every process reads all.';

CREATE FUNCTION identity.session_revoked() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO identity.revocations (session_id, session_expire_time)
    VALUES (OLD.session_id, OLD.expire_time)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER session_revoked AFTER UPDATE OF revoke_time ON identity.sessions
FOR EACH ROW WHEN (OLD.revoke_time IS NULL AND NEW.revoke_time IS NOT NULL)
EXECUTE FUNCTION identity.session_revoked();

-- Sessions that ended by themselves are deleted weeks later and revoke nothing. The hour is for clocks that differ.
CREATE TRIGGER session_deleted AFTER DELETE ON identity.sessions
FOR EACH ROW WHEN (OLD.revoke_time IS NULL AND OLD.expire_time > now() - interval '1 hour')
EXECUTE FUNCTION identity.session_revoked();
