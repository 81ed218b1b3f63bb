-- +goose Up
-- A choice is kept with what it stands for: [{"label", "id"}].
ALTER TABLE messages ADD options jsonb;
UPDATE messages SET options = (SELECT jsonb_agg(jsonb_build_object('label', l, 'id', '')) FROM unnest(choices) AS l) WHERE cardinality(choices) > 0;
ALTER TABLE messages DROP COLUMN choices;
