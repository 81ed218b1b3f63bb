-- +goose Up
-- One sequence names conversations' messages, handoffs, cards, agents and tenures: each step draws 16 ids at once, so that
-- what it saves can refer to itself without another round trip.
CREATE SEQUENCE ids INCREMENT BY 16;

CREATE TABLE agents (
    id     bigint PRIMARY KEY,
    name   text UNIQUE,               -- the key in the configuration
    title  text NOT NULL DEFAULT '',  -- what customers read; '' until looked up
    avatar text NOT NULL DEFAULT '',
    listed boolean NOT NULL DEFAULT false
);
CREATE TABLE agent_accounts (
    workspace text NOT NULL,
    external  text NOT NULL,
    agent_id  bigint NOT NULL REFERENCES agents,
    PRIMARY KEY (workspace, external)
);

CREATE TABLE conversations (
    id            bigint PRIMARY KEY,
    channel       text NOT NULL,
    customer      text NOT NULL, -- the contact's name on the channel; on the web, the hash of its token
    push          boolean NOT NULL,
    contact       jsonb NOT NULL DEFAULT '{}',
    language      text NOT NULL DEFAULT '',
    page_url      text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'bot' CHECK (state IN ('bot', 'waiting', 'claimed', 'closed')),
    rev           bigint NOT NULL DEFAULT 0,
    state_rev     bigint NOT NULL DEFAULT 0 CHECK (state_rev <= rev),
    seq           bigint NOT NULL DEFAULT 0,
    last_customer bigint NOT NULL DEFAULT 0 CHECK (last_customer <= seq),
    episode       bigint NOT NULL DEFAULT 0,
    answered      bigint NOT NULL DEFAULT 0,
    offers        int NOT NULL DEFAULT 0,
    offered       boolean NOT NULL DEFAULT false,
    seen          bigint NOT NULL DEFAULT 0,
    handoff_id    bigint,        -- the current one, or the last
    opened_at     timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, customer),
    CHECK (state IN ('bot', 'closed') OR handoff_id IS NOT NULL)
) WITH (fillfactor = 80);

CREATE TABLE handoffs (
    id              bigint PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    previous_id     bigint REFERENCES handoffs,
    team            text NOT NULL,
    reason          text NOT NULL CHECK (reason IN ('requested', 'low_confidence', 'outside_knowledge', 'bot_break', 'frustration', 'rule', 'form_complete', 'agent_initiated')),
    why             jsonb,
    brief           jsonb,
    priority        int NOT NULL DEFAULT 0,
    state           text NOT NULL CHECK (state IN ('waiting', 'claimed', 'closed')),
    outcome         text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'resolved', 'returned', 'cancelled')),
    agent_id        bigint REFERENCES agents,
    requested_at    timestamptz NOT NULL,
    claimed_at      timestamptz,
    ended_at        timestamptz,
    passed_on       boolean NOT NULL DEFAULT false,
    introduced      boolean NOT NULL DEFAULT false,
    score           int NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 5),
    comment         text NOT NULL DEFAULT '',
    CHECK (state <> 'waiting' OR agent_id IS NULL),
    CHECK (state <> 'claimed' OR agent_id IS NOT NULL),
    CHECK ((state = 'closed') = (outcome <> '')),
    CHECK ((state = 'closed') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX handoffs_one_open ON handoffs (conversation_id) WHERE state <> 'closed';
CREATE INDEX handoffs_queue ON handoffs (state, team, requested_at) WHERE state <> 'closed';
CREATE INDEX handoffs_ended ON handoffs (claimed_at) WHERE claimed_at IS NOT NULL;

CREATE TABLE tenures (
    id         bigint PRIMARY KEY,
    handoff_id bigint NOT NULL REFERENCES handoffs,
    agent_id   bigint NOT NULL REFERENCES agents,
    workspace  text NOT NULL,
    since_ts   text NOT NULL DEFAULT '', -- the workspace's own times
    until_ts   text NOT NULL DEFAULT '',
    open       boolean NOT NULL
);
CREATE UNIQUE INDEX tenures_one_holder ON tenures (handoff_id) WHERE open;
CREATE INDEX tenures_handoff ON tenures (handoff_id);

CREATE TABLE cards (
    id         bigint PRIMARY KEY,
    handoff_id bigint NOT NULL REFERENCES handoffs,
    workspace  text NOT NULL,
    channel    text NOT NULL,
    ts         text,            -- NULL until posted
    closed_at  timestamptz,     -- lines in its thread are internal from then on
    UNIQUE (workspace, channel, ts)
);
CREATE UNIQUE INDEX cards_one_open ON cards (handoff_id) WHERE closed_at IS NULL;

-- The hottest table has no foreign keys: whoever writes it holds its conversation's lock, and neither conversations nor agents are
-- ever deleted; two checks would cost a fifth of the write.
CREATE TABLE messages (
    id              bigint PRIMARY KEY,
    conversation_id bigint NOT NULL,
    handoff_id      bigint,
    sender          text NOT NULL CHECK (sender IN ('customer', 'bot', 'agent')),
    agent_id        bigint,
    visibility      text NOT NULL CHECK (visibility IN ('public', 'pending', 'internal')),
    text            text NOT NULL,
    external_id     text,
    line_ts         text NOT NULL DEFAULT '',
    edited_ts       text NOT NULL DEFAULT '',
    seq             bigint,
    rev             bigint,
    choices         text[],
    citations       jsonb,
    at              timestamptz NOT NULL,
    edited          boolean NOT NULL DEFAULT false,
    deleted         boolean NOT NULL DEFAULT false,
    failure         text NOT NULL DEFAULT '',
    UNIQUE (conversation_id, external_id),
    UNIQUE (conversation_id, seq),
    CHECK ((visibility = 'public') = (seq IS NOT NULL)),
    CHECK ((seq IS NULL) = (rev IS NULL)),
    CHECK (sender <> 'customer' OR visibility = 'public')
);
CREATE UNIQUE INDEX messages_rev ON messages (conversation_id, rev) WHERE rev IS NOT NULL;
CREATE INDEX messages_pending ON messages (conversation_id) WHERE visibility = 'pending';
CREATE INDEX messages_internal ON messages (conversation_id, id) WHERE seq IS NULL;
CREATE INDEX messages_line ON messages (external_id) WHERE line_ts <> '';

CREATE TABLE decisions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    up_to           bigint NOT NULL, -- seq of the customer's message it was made on
    decision        jsonb NOT NULL,
    at              timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX decisions_conversation ON decisions (conversation_id);

-- Lines, edits and deletions that came before what they belong to.
CREATE TABLE kept_lines (
    workspace text NOT NULL,
    channel   text NOT NULL,
    thread_ts text NOT NULL,
    ts        text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('written', 'edited', 'deleted')),
    edited_ts text NOT NULL DEFAULT '',
    line      jsonb NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, channel, ts, kind, edited_ts)
);

CREATE TABLE timers (
    conversation_id bigint NOT NULL REFERENCES conversations,
    handoff_id      bigint NOT NULL DEFAULT 0,
    kind            text NOT NULL CHECK (kind IN ('publish', 'redraw', 'sweep')),
    subject         bigint NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, kind, subject)
);
CREATE INDEX timers_due ON timers (due_at);

CREATE TABLE effects (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL,
    lane            text NOT NULL,
    kind            text NOT NULL,
    message_id      bigint,
    handoff_id      bigint,
    at              timestamptz NOT NULL DEFAULT now(),
    failed_at       timestamptz,
    error           text NOT NULL DEFAULT ''
);
CREATE INDEX effects_open ON effects (conversation_id, lane, id) WHERE failed_at IS NULL;
CREATE INDEX effects_failed ON effects (failed_at) WHERE failed_at IS NOT NULL;

-- A lane is leased, not an effect: what it holds is done in order. queued counts its open effects, so that giving a lane back
-- and adding to it meet on one row and neither can miss the other.
CREATE TABLE lanes (
    conversation_id bigint NOT NULL REFERENCES conversations,
    lane            text NOT NULL CHECK (lane IN ('think', 'customer', 'card', 'thread')),
    pace_key        text NOT NULL DEFAULT '',
    priority        int NOT NULL,
    queued          int NOT NULL CHECK (queued >= 0),
    due_at          timestamptz NOT NULL, -- infinity: nothing to do, or blocked
    leased_until    timestamptz,
    attempt         bigint NOT NULL DEFAULT 0, -- the fence: grows with each lease
    failures        int NOT NULL DEFAULT 0,
    look            boolean NOT NULL DEFAULT false,
    error           text NOT NULL DEFAULT '',
    PRIMARY KEY (conversation_id, lane)
) WITH (fillfactor = 50);
CREATE INDEX lanes_due ON lanes (due_at, priority) WHERE due_at < 'infinity';

-- What a platform limits: nothing with this key before next_at.
CREATE TABLE paces (
    key     text PRIMARY KEY,
    next_at timestamptz NOT NULL DEFAULT '-infinity'
);

-- Who we are on a workspace, by the hash of the token: so that a start does not wait for the platform.
CREATE TABLE identities (
    token_hash text PRIMARY KEY,
    identity   jsonb NOT NULL
);
