-- +goose Up
-- What the episode is about, as far as the bot knows: intent, team, skills, the answers to its form; and what a handoff was about when it rang.
ALTER TABLE conversations ADD COLUMN matter jsonb;
ALTER TABLE handoffs ADD COLUMN matter jsonb;
