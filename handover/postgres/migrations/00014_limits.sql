-- +goose Up
-- A limit has the full name that its platform declares ("slack:post"), and counts by a key of its own: a workspace, or a channel in one.
ALTER TABLE lanes ADD COLUMN limit_name text NOT NULL DEFAULT '';
UPDATE lanes SET limit_name = split_part(limit_key, ':', 1) || ':' || split_part(limit_key, ':', -1),
    limit_key = split_part(limit_key, ':', 1) || ':' || split_part(limit_key, ':', 2) || CASE WHEN split_part(limit_key, ':', 4) <> '' THEN ' ' || split_part(limit_key, ':', 3) ELSE '' END
    WHERE limit_key <> '';
ALTER TABLE limits ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE limits DROP CONSTRAINT limits_pkey;
UPDATE limits SET name = split_part(key, ':', 1) || ':' || split_part(key, ':', -1),
    key = split_part(key, ':', 1) || ':' || split_part(key, ':', 2) || CASE WHEN split_part(key, ':', 4) <> '' THEN ' ' || split_part(key, ':', 3) ELSE '' END;
ALTER TABLE limits ALTER COLUMN name DROP DEFAULT;
ALTER TABLE limits ADD PRIMARY KEY (name, key);
