-- +goose Up
-- How agents asked to be reached when nobody claims, and for which handoffs they were.
CREATE TABLE bells (
    way      text NOT NULL CHECK (way IN ('email', 'push')),
    address  text NOT NULL,
    agent_id bigint NOT NULL REFERENCES agents,
    PRIMARY KEY (way, address)
);
CREATE TABLE rung (
    handoff_id bigint NOT NULL REFERENCES handoffs,
    way        text NOT NULL,
    address    text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (handoff_id, way, address)
);
-- What the installation made for itself, once for all processes.
CREATE TABLE made (
    name  text PRIMARY KEY,
    value jsonb NOT NULL
);
ALTER TABLE lanes DROP CONSTRAINT lanes_lane_check;
ALTER TABLE lanes ADD CONSTRAINT lanes_lane_check CHECK (lane IN ('think', 'customer', 'card', 'thread', 'people', 'watch'));
ALTER TABLE timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE timers ADD CONSTRAINT timers_kind_check CHECK (kind IN ('publish', 'redraw', 'sweep', 'snooze', 'summon'));
-- Cards of conversations that the bot holds, shown to a team that may want to take over.
CREATE TABLE watches (
    conversation_id bigint NOT NULL REFERENCES conversations,
    episode         bigint NOT NULL,
    workspace       text NOT NULL,
    channel         text NOT NULL,
    ts              text, -- NULL until posted
    why             text NOT NULL,
    PRIMARY KEY (conversation_id, episode)
);
