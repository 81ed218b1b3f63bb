-- +goose Up
-- What became of each draft that an agent was shown: what the articles that it cites are good for.
CREATE TABLE drafts (
    key        text PRIMARY KEY, -- of what showed it
    handoff_id bigint NOT NULL,
    text       text   NOT NULL,
    articles   text[] NOT NULL, -- titles of what it cites
    outcome    text   NOT NULL DEFAULT 'ignored' CHECK (outcome IN ('ignored', 'used', 'edited')),
    distance   int    NOT NULL DEFAULT 0 CHECK (distance >= 0), -- Levenshtein, in characters, from the draft to what was sent
    at         timestamptz NOT NULL DEFAULT now()
);
