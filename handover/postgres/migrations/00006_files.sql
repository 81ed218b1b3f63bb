-- +goose Up
ALTER TABLE messages ADD COLUMN files jsonb; -- what came along, without its content
CREATE TABLE files (
    key             text PRIMARY KEY,
    conversation_id bigint NOT NULL,
    message_id      bigint,                         -- NULL: uploaded, and no message has it yet
    file            jsonb NOT NULL,
    content         bytea,                          -- NULL: not fetched yet
    copies          jsonb NOT NULL DEFAULT '{}',    -- what it is called where it was copied to
    at              timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL; -- pictures do not compress
CREATE INDEX files_conversation ON files (conversation_id, at);
CREATE INDEX files_message ON files (message_id);
CREATE INDEX files_unattached ON files (at) WHERE message_id IS NULL;
