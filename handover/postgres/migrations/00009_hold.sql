-- +goose Up
CREATE INDEX files_at ON files (at); -- what was uploaded in a day, by all
-- Who is signed in at the console. The cookie is random, and kept hashed; credential is a fingerprint of the token that it was given for.
CREATE TABLE console_sessions (
    hash       text PRIMARY KEY,
    agent_id   bigint NOT NULL REFERENCES agents,
    credential text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
