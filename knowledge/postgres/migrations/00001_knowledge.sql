-- +goose Up
CREATE TABLE articles (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source   text NOT NULL,
    key      text NOT NULL,
    title    text NOT NULL,
    url      text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('public', 'internal')),
    hash     text NOT NULL,
    UNIQUE (source, key)
);
CREATE TABLE chunks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id bigint NOT NULL REFERENCES articles ON DELETE CASCADE,
    heading    text NOT NULL,
    text       text NOT NULL,
    title_len  int NOT NULL,
    body_len   int NOT NULL
);
CREATE INDEX chunks_article ON chunks (article_id);
-- How often each term occurs in each chunk: BM25's corpus, kept here so that every process searches the same.
CREATE TABLE postings (
    term     text NOT NULL,
    chunk_id bigint NOT NULL REFERENCES chunks ON DELETE CASCADE,
    title    int NOT NULL,
    body     int NOT NULL,
    PRIMARY KEY (term, chunk_id)
);
CREATE INDEX postings_chunk ON postings (chunk_id);
CREATE TABLE corpus (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    chunks    bigint NOT NULL DEFAULT 0,
    title_avg float8 NOT NULL DEFAULT 0,
    body_avg  float8 NOT NULL DEFAULT 0
);
INSERT INTO corpus DEFAULT VALUES;
