-- Idempotency of unary calls (AIP-155): the answer to a request_id is kept in the transaction of its effect and
-- given again when the same request comes again; the same id with another content is refused.

CREATE TABLE requests (
    organization_id uuid NOT NULL,
    method text NOT NULL,
    request_id text NOT NULL CHECK (char_length(request_id) BETWEEN 1 AND 255),
    -- Digest of the request, so that an id used for two different requests is noticed.
    request_sha256 bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
    -- The encoded answer. Null only inside the transaction that is still working on it.
    response bytea,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, method, request_id)
);

-- Rows are deleted by age.
CREATE INDEX requests_create_time ON requests (create_time);

SELECT tenant_isolation('requests');
