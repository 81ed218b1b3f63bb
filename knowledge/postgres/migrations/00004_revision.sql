-- +goose Up
-- A number that each change of the knowledge base raises: what a process keeps in memory of a small base is of one revision.
ALTER TABLE corpus ADD revision bigint NOT NULL DEFAULT 0;
