-- +goose Up
-- Threads of erased conversations. Lines that arrive there later, or are delivered again, are not stored. Rows are deleted after 90 days.
CREATE TABLE erased_threads (
    workspace text NOT NULL,
    channel   text NOT NULL,
    ts        text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, channel, ts)
);

-- Each line of a thread that is not known holds on to its watch.
CREATE INDEX watches_thread ON watches (workspace, channel, ts);
