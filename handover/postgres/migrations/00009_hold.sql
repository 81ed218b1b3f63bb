-- +goose Up
CREATE INDEX files_at ON files (at); -- what was uploaded in a day, by all
