-- +goose Up
-- Workspaces that have installed our app by themselves. Their tokens are encrypted; the keys are in the configuration.
CREATE TABLE installs (
    workspace  text PRIMARY KEY,
    about      jsonb NOT NULL,
    sealed     bytea NOT NULL,
    key        text NOT NULL,
    expires_at timestamptz,
    at         timestamptz NOT NULL DEFAULT now()
);
