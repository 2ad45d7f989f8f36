-- Votes that are scheduled or open, so that nobody takes their phase away. Gone when the poll is closed.

CREATE TABLE spaces.votes (
    poll_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    process_id uuid NOT NULL,
    open_time timestamptz NOT NULL,
    close_time timestamptz NOT NULL CHECK (close_time > open_time),
    FOREIGN KEY (organization_id, process_id)
        REFERENCES spaces.processes (organization_id, process_id) ON DELETE CASCADE
);

SELECT tenant_isolation('spaces.votes');

CREATE INDEX votes_process ON spaces.votes (process_id);
