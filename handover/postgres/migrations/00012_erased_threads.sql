-- +goose Up
-- Threads of conversations that were erased: what is said, changed or told again there later is kept for nobody. Names of places, no words; no older
-- than kept_lines can be told again.
CREATE TABLE erased_threads (
    workspace text NOT NULL,
    channel   text NOT NULL,
    ts        text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, channel, ts)
);
