-- +goose Up
-- Sections are what is searched, chunks are windows of them; terms are stemmed by language. What was imported before has neither:
-- import it again.
-- Tables of vectors are made when an embedder is first used; those of chunks that are no more go with them.
-- +goose StatementBegin
DO $$
DECLARE old text;
BEGIN
    FOR old IN SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'chunks'::regclass AND conrelid::regclass::text LIKE 'embeddings%' LOOP
        EXECUTE 'DROP TABLE ' || old;
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TABLE postings, chunks, corpus;
DELETE FROM articles;
ALTER TABLE articles
    ADD tags     text[] NOT NULL DEFAULT '{}',
    ADD language text   NOT NULL DEFAULT '';
CREATE TABLE sections (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id bigint NOT NULL REFERENCES articles ON DELETE CASCADE,
    heading    text NOT NULL,
    text       text NOT NULL,
    lens       int[] NOT NULL -- terms in title, heading and text
);
CREATE INDEX sections_article ON sections (article_id);
CREATE TABLE chunks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    section_id bigint NOT NULL REFERENCES sections ON DELETE CASCADE,
    start_at   int NOT NULL, -- in characters of the section's text
    end_at     int NOT NULL CHECK (end_at >= start_at) -- 0: the chunk that stands for title and heading alone
);
CREATE INDEX chunks_section ON chunks (section_id);
-- How often each term occurs in each section, with the section's lengths, so that ranking reads nothing else: BM25's corpus, kept
-- here so that every process searches the same.
CREATE TABLE postings (
    term       text   NOT NULL,
    section_id bigint NOT NULL REFERENCES sections ON DELETE CASCADE,
    title      real   NOT NULL,
    heading    real   NOT NULL,
    body       real   NOT NULL,
    title_len  real   NOT NULL,
    head_len   real   NOT NULL,
    body_len   real   NOT NULL,
    PRIMARY KEY (term, section_id) INCLUDE (title, heading, body, title_len, head_len, body_len)
);
CREATE INDEX postings_section ON postings (section_id);
CREATE TABLE corpus (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    sections  bigint NOT NULL DEFAULT 0,
    chunks    bigint NOT NULL DEFAULT 0,
    title_avg float8 NOT NULL DEFAULT 0,
    head_avg  float8 NOT NULL DEFAULT 0,
    body_avg  float8 NOT NULL DEFAULT 0,
    languages text[] NOT NULL DEFAULT '{}'
);
INSERT INTO corpus DEFAULT VALUES;
-- A table of vectors for each embedder; the searched one, and perhaps one that is being filled.
CREATE TABLE embedders (
    name     text NOT NULL,
    dims     int  NOT NULL,
    searched boolean NOT NULL DEFAULT false,
    ef       int  NOT NULL DEFAULT 0, -- hnsw.ef_search, from a measured recall; 0: no index, searched exactly
    tuned_at bigint NOT NULL DEFAULT 0, -- chunks when ef was measured
    PRIMARY KEY (name, dims)
);
CREATE UNIQUE INDEX embedders_searched ON embedders (searched) WHERE searched;
