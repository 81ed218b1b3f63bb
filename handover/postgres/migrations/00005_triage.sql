-- +goose Up
ALTER TABLE handoffs ADD COLUMN snoozed_until timestamptz;
ALTER TABLE handoffs ADD COLUMN label text NOT NULL DEFAULT '' CHECK (label IN ('', 'not_a_handoff'));
ALTER TABLE timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE timers ADD CONSTRAINT timers_kind_check CHECK (kind IN ('publish', 'redraw', 'sweep', 'snooze'));
ALTER TABLE agents ADD COLUMN availability text NOT NULL DEFAULT 'available' CHECK (availability IN ('available', 'busy', 'away', 'offline'));
-- What is set at run time for all processes, never in the file.
CREATE TABLE switches (
    name  text PRIMARY KEY, -- 'paused': why nobody can be had
    value text NOT NULL,
    by    text NOT NULL,
    at    timestamptz NOT NULL DEFAULT now()
);
