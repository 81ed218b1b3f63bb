-- +goose Up
-- When a configured source was read last, by any process, and what came of it.
CREATE TABLE syncs (
	source  text PRIMARY KEY,
	at      timestamptz NOT NULL,
	outcome text NOT NULL
);
