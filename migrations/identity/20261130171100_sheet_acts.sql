-- A signature sheet is paused, resumed and extended by voting. Events may come out of their order: the number of the act says which holds.
ALTER TABLE identity.polls
    ADD COLUMN paused boolean NOT NULL DEFAULT false,
    ADD COLUMN last_act integer NOT NULL DEFAULT 0,
    -- voting has closed it or called it off: nothing extends it any more.
    ADD COLUMN ended boolean NOT NULL DEFAULT false;
