-- +goose Up
-- A conversation that is being erased: nobody finds it, and no step is taken in it, while what stands elsewhere is deleted.
ALTER TABLE conversations ADD COLUMN erasing boolean NOT NULL DEFAULT false;
ALTER TABLE lanes DROP CONSTRAINT lanes_lane_check;
ALTER TABLE lanes ADD CONSTRAINT lanes_lane_check CHECK (lane IN ('think', 'customer', 'card', 'thread', 'people', 'watch', 'erase'));
CREATE TABLE erasures (
    id              text PRIMARY KEY,
    conversation_id bigint UNIQUE,               -- NULL once nothing is left of it
    alone           boolean NOT NULL,            -- what stands in workspaces that are not connected stays there
    articles        boolean NOT NULL,            -- articles that agents made of it go as well
    asked_at        timestamptz NOT NULL DEFAULT now(),
    done_at         timestamptz,
    left_over       text[] NOT NULL DEFAULT '{}' -- places where something is left that we may not delete
);
CREATE INDEX erasures_open ON erasures (asked_at) WHERE done_at IS NULL;
-- What was done that people may ask about. It outlives them: whom it was about is a random id.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    who     text NOT NULL,
    deed    text NOT NULL,
    subject uuid,
    detail  text NOT NULL DEFAULT ''
);
CREATE INDEX audit_deeds ON audit (deed, who, at);
CREATE TABLE audit_subjects (
    conversation_id bigint PRIMARY KEY REFERENCES conversations,
    subject         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()
);
-- Links that sign an agent in at the console, once.
CREATE TABLE console_links (
    hash     text PRIMARY KEY,
    agent_id bigint NOT NULL REFERENCES agents,
    until    timestamptz NOT NULL
);
-- Who does what one process does for all: another takes it once its time is over.
CREATE TABLE turns (
    name  text PRIMARY KEY,
    until timestamptz NOT NULL
);
-- +goose StatementBegin
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'the audit log is only added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
