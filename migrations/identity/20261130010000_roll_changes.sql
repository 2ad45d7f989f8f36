-- A roll is corrected and loaded again while it is voted with, and every change of it is noted.

ALTER TABLE identity.members
    -- When the register no longer had them. They may vote in what had opened by then, and stay until no vote is to come
    -- or open, so that who comes back is the same.
    ADD COLUMN leave_time timestamptz,
    -- Whether the e-mail address was changed while the roll is voted with. It signs nobody in until that is over, or until
    -- two people replace the access code: whoever chooses an address could vote as the member.
    ADD COLUMN address_held boolean NOT NULL DEFAULT false;
CREATE INDEX members_left ON identity.members (roll_id) WHERE leave_time IS NOT NULL;
CREATE INDEX members_address_held ON identity.members (roll_id) WHERE address_held;

-- What the team did to a roll: who, when, and how much. What was there before and after is not kept.
CREATE TABLE identity.roll_changes (
    change_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    roll_id uuid NOT NULL REFERENCES identity.rolls,
    kind text NOT NULL CHECK (kind IN ('IMPORT', 'CORRECTION', 'RELOAD')),
    officer text NOT NULL,
    change_time timestamptz NOT NULL,
    -- Of a correction; null once the member is erased.
    member_id uuid REFERENCES identity.members ON DELETE SET NULL,
    -- The columns that a correction changed.
    fields text[] NOT NULL DEFAULT '{}',
    added_count bigint NOT NULL DEFAULT 0,
    changed_count bigint NOT NULL DEFAULT 0,
    left_count bigint NOT NULL DEFAULT 0
);
CREATE INDEX roll_changes_list ON identity.roll_changes (roll_id, change_id);
CREATE INDEX roll_changes_member ON identity.roll_changes (member_id) WHERE member_id IS NOT NULL;
SELECT tenant_isolation('identity.roll_changes');
