-- +goose Up
-- A step that read the conversation and then finds another version of it begins again.
-- +goose StatementBegin
CREATE FUNCTION collided() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'another step came between' USING ERRCODE = 'serialization_failure';
END $$;
-- +goose StatementEnd

ALTER TABLE conversations ADD version bigint NOT NULL DEFAULT 0;
