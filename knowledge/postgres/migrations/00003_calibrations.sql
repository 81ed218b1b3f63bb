-- +goose Up
-- An installation's own maps of the confidence, each fitted to questions that somebody labelled: the newest that was not taken back and is of the searched
-- embedder holds.
CREATE TABLE calibrations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    embedder   text   NOT NULL,
    scale      float8 NOT NULL CHECK (scale > 0),
    shift      float8 NOT NULL,
    labels     int    NOT NULL,
    loss       float8 NOT NULL, -- per question, of questions that it was not fitted to
    loss_was   float8 NOT NULL,
    taken_back timestamptz
);
