-- +goose Up
-- Names that need no dictionary. Nothing but names changes.
ALTER TABLE tenures RENAME TO assignments;
ALTER INDEX tenures_pkey RENAME TO assignments_pkey;
ALTER INDEX tenures_one_holder RENAME TO assignments_one_holder;
ALTER INDEX tenures_handoff RENAME TO assignments_handoff;
ALTER TABLE watches RENAME TO previews;
ALTER INDEX watches_pkey RENAME TO previews_pkey;
ALTER INDEX watches_thread RENAME TO previews_thread;
ALTER TABLE bells RENAME TO subscriptions;
ALTER INDEX bells_pkey RENAME TO subscriptions_pkey;
ALTER TABLE rung RENAME TO notified;
ALTER INDEX rung_pkey RENAME TO notified_pkey;
ALTER TABLE kept_lines RENAME TO unmatched_lines;
ALTER INDEX kept_lines_pkey RENAME TO unmatched_lines_pkey;
ALTER TABLE switches RENAME TO runtime_settings;
ALTER INDEX switches_pkey RENAME TO runtime_settings_pkey;
ALTER TABLE made RENAME TO generated;
ALTER INDEX made_pkey RENAME TO generated_pkey;
ALTER TABLE paces RENAME TO limits;
ALTER INDEX paces_pkey RENAME TO limits_pkey;
ALTER TABLE lanes RENAME COLUMN pace_key TO limit_key;
ALTER TABLE lanes RENAME COLUMN look TO check_first;
ALTER TABLE conversations RENAME COLUMN matter TO topic;
ALTER TABLE handoffs RENAME COLUMN matter TO topic;
UPDATE handoffs SET why = (why - 'matter') || jsonb_build_object('topic', why -> 'matter') WHERE why ? 'matter';
UPDATE decisions SET decision = (decision - 'matter') || jsonb_build_object('topic', decision -> 'matter') WHERE decision ? 'matter';

ALTER TABLE lanes DROP CONSTRAINT lanes_lane_check;
UPDATE lanes SET lane = 'preview' WHERE lane = 'watch';
ALTER TABLE lanes ADD CONSTRAINT lanes_lane_check CHECK (lane IN ('think', 'customer', 'card', 'thread', 'people', 'preview', 'erase'));
ALTER TABLE timers DROP CONSTRAINT timers_kind_check;
UPDATE timers SET kind = 'remind' WHERE kind = 'summon';
ALTER TABLE timers ADD CONSTRAINT timers_kind_check CHECK (kind IN ('publish', 'redraw', 'sweep', 'snooze', 'remind'));
UPDATE effects SET kind = 'preview', lane = 'preview' WHERE kind = 'watch';
UPDATE effects SET kind = 'remind' WHERE kind = 'summon';
