SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
CREATE FUNCTION public.audit_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE 'the audit log is only added to';
END $$;
CREATE FUNCTION public.collided() RETURNS bigint
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE 'another step came between' USING ERRCODE = 'serialization_failure';
END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.agent_accounts (
    workspace text NOT NULL,
    external text NOT NULL,
    agent_id bigint NOT NULL
);
CREATE TABLE public.agents (
    id bigint NOT NULL,
    name text,
    title text DEFAULT ''::text NOT NULL,
    avatar text DEFAULT ''::text NOT NULL,
    listed boolean DEFAULT false NOT NULL,
    availability text DEFAULT 'available'::text NOT NULL,
    CONSTRAINT agents_availability_check CHECK ((availability = ANY (ARRAY['available'::text, 'busy'::text, 'away'::text, 'offline'::text])))
);
CREATE TABLE public.articles (
    id bigint NOT NULL,
    source text NOT NULL,
    key text NOT NULL,
    title text NOT NULL,
    url text NOT NULL,
    audience text NOT NULL,
    hash text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    language text DEFAULT ''::text NOT NULL,
    CONSTRAINT articles_audience_check CHECK ((audience = ANY (ARRAY['public'::text, 'internal'::text])))
);
ALTER TABLE public.articles ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.articles_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    who text NOT NULL,
    deed text NOT NULL,
    subject uuid,
    detail text DEFAULT ''::text NOT NULL
);
ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.audit_subjects (
    conversation_id bigint NOT NULL,
    subject uuid DEFAULT gen_random_uuid() NOT NULL
);
CREATE TABLE public.bells (
    way text NOT NULL,
    address text NOT NULL,
    agent_id bigint NOT NULL,
    CONSTRAINT bells_way_check CHECK ((way = ANY (ARRAY['email'::text, 'push'::text])))
);
CREATE TABLE public.calibrations (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    embedder text NOT NULL,
    scale double precision NOT NULL,
    shift double precision NOT NULL,
    labels integer NOT NULL,
    loss double precision NOT NULL,
    loss_was double precision NOT NULL,
    taken_back timestamp with time zone,
    CONSTRAINT calibrations_scale_check CHECK ((scale > (0)::double precision))
);
ALTER TABLE public.calibrations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.calibrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cards (
    id bigint NOT NULL,
    handoff_id bigint NOT NULL,
    workspace text NOT NULL,
    channel text NOT NULL,
    ts text,
    closed_at timestamp with time zone
);
CREATE TABLE public.chunks (
    id bigint NOT NULL,
    section_id bigint NOT NULL,
    start_at integer NOT NULL,
    end_at integer NOT NULL,
    CONSTRAINT chunks_check CHECK ((end_at >= start_at))
);
ALTER TABLE public.chunks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.chunks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.console_links (
    hash text NOT NULL,
    agent_id bigint NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE public.console_sessions (
    hash text NOT NULL,
    agent_id bigint NOT NULL,
    credential text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.conversations (
    id bigint NOT NULL,
    channel text NOT NULL,
    customer text NOT NULL,
    push boolean NOT NULL,
    contact jsonb DEFAULT '{}'::jsonb NOT NULL,
    language text DEFAULT ''::text NOT NULL,
    page_url text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'bot'::text NOT NULL,
    rev bigint DEFAULT 0 NOT NULL,
    state_rev bigint DEFAULT 0 NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    last_customer bigint DEFAULT 0 NOT NULL,
    episode bigint DEFAULT 0 NOT NULL,
    answered bigint DEFAULT 0 NOT NULL,
    offers integer DEFAULT 0 NOT NULL,
    offered boolean DEFAULT false NOT NULL,
    seen bigint DEFAULT 0 NOT NULL,
    handoff_id bigint,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    matter jsonb,
    erasing boolean DEFAULT false NOT NULL,
    CONSTRAINT conversations_check CHECK ((state_rev <= rev)),
    CONSTRAINT conversations_check1 CHECK ((last_customer <= seq)),
    CONSTRAINT conversations_check2 CHECK (((state = ANY (ARRAY['bot'::text, 'closed'::text])) OR (handoff_id IS NOT NULL))),
    CONSTRAINT conversations_state_check CHECK ((state = ANY (ARRAY['bot'::text, 'waiting'::text, 'claimed'::text, 'closed'::text])))
)
WITH (fillfactor='80');
CREATE TABLE public.corpus (
    only_row boolean DEFAULT true NOT NULL,
    sections bigint DEFAULT 0 NOT NULL,
    chunks bigint DEFAULT 0 NOT NULL,
    title_avg double precision DEFAULT 0 NOT NULL,
    head_avg double precision DEFAULT 0 NOT NULL,
    body_avg double precision DEFAULT 0 NOT NULL,
    languages text[] DEFAULT '{}'::text[] NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    CONSTRAINT corpus_only_row_check CHECK (only_row)
);
CREATE TABLE public.decisions (
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    up_to bigint NOT NULL,
    decision jsonb NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.decisions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.deskbell_handover_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.deskbell_handover_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.deskbell_handover_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.deskbell_knowledge_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.deskbell_knowledge_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.deskbell_knowledge_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.drafts (
    key text NOT NULL,
    handoff_id bigint NOT NULL,
    text text NOT NULL,
    articles text[] NOT NULL,
    outcome text DEFAULT 'ignored'::text NOT NULL,
    distance integer DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT drafts_distance_check CHECK ((distance >= 0)),
    CONSTRAINT drafts_outcome_check CHECK ((outcome = ANY (ARRAY['ignored'::text, 'used'::text, 'edited'::text])))
);
CREATE TABLE public.effects (
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    lane text NOT NULL,
    kind text NOT NULL,
    message_id bigint,
    handoff_id bigint,
    at timestamp with time zone DEFAULT now() NOT NULL,
    failed_at timestamp with time zone,
    error text DEFAULT ''::text NOT NULL
);
ALTER TABLE public.effects ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.effects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.embedders (
    name text NOT NULL,
    dims integer NOT NULL,
    searched boolean DEFAULT false NOT NULL,
    ef integer DEFAULT 0 NOT NULL,
    tuned_at bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.embeddings_hashed2_384 (
    chunk_id bigint NOT NULL,
    embedding public.halfvec(384) NOT NULL
);
ALTER TABLE ONLY public.embeddings_hashed2_384 ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE public.erased_threads (
    workspace text NOT NULL,
    channel text NOT NULL,
    ts text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.erasures (
    id text NOT NULL,
    conversation_id bigint,
    alone boolean NOT NULL,
    articles boolean NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    done_at timestamp with time zone,
    left_over text[] DEFAULT '{}'::text[] NOT NULL
);
CREATE TABLE public.files (
    key text NOT NULL,
    conversation_id bigint NOT NULL,
    message_id bigint,
    file jsonb NOT NULL,
    content bytea,
    copies jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.files ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE public.handoffs (
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    previous_id bigint,
    team text NOT NULL,
    reason text NOT NULL,
    why jsonb,
    brief jsonb,
    priority integer DEFAULT 0 NOT NULL,
    state text NOT NULL,
    outcome text DEFAULT ''::text NOT NULL,
    agent_id bigint,
    requested_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone,
    ended_at timestamp with time zone,
    passed_on boolean DEFAULT false NOT NULL,
    introduced boolean DEFAULT false NOT NULL,
    score integer DEFAULT 0 NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    matter jsonb,
    snoozed_until timestamp with time zone,
    label text DEFAULT ''::text NOT NULL,
    CONSTRAINT handoffs_check CHECK (((state <> 'waiting'::text) OR (agent_id IS NULL))),
    CONSTRAINT handoffs_check1 CHECK (((state <> 'claimed'::text) OR (agent_id IS NOT NULL))),
    CONSTRAINT handoffs_check2 CHECK (((state = 'closed'::text) = (outcome <> ''::text))),
    CONSTRAINT handoffs_check3 CHECK (((state = 'closed'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT handoffs_label_check CHECK ((label = ANY (ARRAY[''::text, 'not_a_handoff'::text]))),
    CONSTRAINT handoffs_outcome_check CHECK ((outcome = ANY (ARRAY[''::text, 'resolved'::text, 'returned'::text, 'cancelled'::text]))),
    CONSTRAINT handoffs_reason_check CHECK ((reason = ANY (ARRAY['requested'::text, 'low_confidence'::text, 'outside_knowledge'::text, 'bot_break'::text, 'frustration'::text, 'rule'::text, 'form_complete'::text, 'agent_initiated'::text]))),
    CONSTRAINT handoffs_score_check CHECK (((score >= 0) AND (score <= 5))),
    CONSTRAINT handoffs_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'claimed'::text, 'closed'::text])))
);
CREATE TABLE public.identities (
    token_hash text NOT NULL,
    identity jsonb NOT NULL
);
CREATE SEQUENCE public.ids
    START WITH 1
    INCREMENT BY 16
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.installs (
    workspace text NOT NULL,
    about jsonb NOT NULL,
    sealed bytea NOT NULL,
    key text NOT NULL,
    expires_at timestamp with time zone,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.kept_lines (
    workspace text NOT NULL,
    channel text NOT NULL,
    thread_ts text NOT NULL,
    ts text NOT NULL,
    kind text NOT NULL,
    edited_ts text DEFAULT ''::text NOT NULL,
    line jsonb NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT kept_lines_kind_check CHECK ((kind = ANY (ARRAY['written'::text, 'edited'::text, 'deleted'::text])))
);
CREATE TABLE public.lanes (
    conversation_id bigint NOT NULL,
    lane text NOT NULL,
    pace_key text DEFAULT ''::text NOT NULL,
    priority integer NOT NULL,
    queued integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    attempt bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    look boolean DEFAULT false NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    CONSTRAINT lanes_lane_check CHECK ((lane = ANY (ARRAY['think'::text, 'customer'::text, 'card'::text, 'thread'::text, 'people'::text, 'watch'::text, 'erase'::text]))),
    CONSTRAINT lanes_queued_check CHECK ((queued >= 0))
)
WITH (fillfactor='50');
CREATE TABLE public.made (
    name text NOT NULL,
    value jsonb NOT NULL
);
CREATE TABLE public.messages (
    id bigint NOT NULL,
    conversation_id bigint NOT NULL,
    handoff_id bigint,
    sender text NOT NULL,
    agent_id bigint,
    visibility text NOT NULL,
    text text NOT NULL,
    external_id text,
    line_ts text DEFAULT ''::text NOT NULL,
    edited_ts text DEFAULT ''::text NOT NULL,
    seq bigint,
    rev bigint,
    citations jsonb,
    at timestamp with time zone NOT NULL,
    edited boolean DEFAULT false NOT NULL,
    deleted boolean DEFAULT false NOT NULL,
    failure text DEFAULT ''::text NOT NULL,
    files jsonb,
    options jsonb,
    CONSTRAINT messages_check CHECK (((visibility = 'public'::text) = (seq IS NOT NULL))),
    CONSTRAINT messages_check1 CHECK (((seq IS NULL) = (rev IS NULL))),
    CONSTRAINT messages_check2 CHECK (((sender <> 'customer'::text) OR (visibility = 'public'::text))),
    CONSTRAINT messages_sender_check CHECK ((sender = ANY (ARRAY['customer'::text, 'bot'::text, 'agent'::text]))),
    CONSTRAINT messages_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'pending'::text, 'internal'::text])))
);
CREATE TABLE public.paces (
    key text NOT NULL,
    next_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
CREATE TABLE public.postings (
    term text NOT NULL,
    section_id bigint NOT NULL,
    title real NOT NULL,
    heading real NOT NULL,
    body real NOT NULL,
    title_len real NOT NULL,
    head_len real NOT NULL,
    body_len real NOT NULL
);
CREATE TABLE public.rung (
    handoff_id bigint NOT NULL,
    way text NOT NULL,
    address text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.sections (
    id bigint NOT NULL,
    article_id bigint NOT NULL,
    heading text NOT NULL,
    text text NOT NULL,
    lens integer[] NOT NULL
);
ALTER TABLE public.sections ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sections_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.switches (
    name text NOT NULL,
    value text NOT NULL,
    by text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.syncs (
    source text NOT NULL,
    at timestamp with time zone NOT NULL,
    outcome text NOT NULL
);
CREATE TABLE public.tenures (
    id bigint NOT NULL,
    handoff_id bigint NOT NULL,
    agent_id bigint NOT NULL,
    workspace text NOT NULL,
    since_ts text DEFAULT ''::text NOT NULL,
    until_ts text DEFAULT ''::text NOT NULL,
    open boolean NOT NULL
);
CREATE TABLE public.timers (
    conversation_id bigint NOT NULL,
    handoff_id bigint DEFAULT 0 NOT NULL,
    kind text NOT NULL,
    subject bigint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT timers_kind_check CHECK ((kind = ANY (ARRAY['publish'::text, 'redraw'::text, 'sweep'::text, 'snooze'::text, 'summon'::text])))
);
CREATE TABLE public.turns (
    name text NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE public.watches (
    conversation_id bigint NOT NULL,
    episode bigint NOT NULL,
    workspace text NOT NULL,
    channel text NOT NULL,
    ts text,
    why text NOT NULL
);
INSERT INTO public.agent_accounts VALUES ('slack:T1', 'UMIA', 1);
INSERT INTO public.agent_accounts VALUES ('slack:T1', 'UBOB', 929);
INSERT INTO public.agents VALUES (1, 'mia', 'Mia', '', true, 'available');
INSERT INTO public.agents VALUES (929, NULL, 'Bob', 'https://img.example/Bob', false, 'available');
INSERT INTO public.audit OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-27 16:37:49.246062+00', 'Deskbell', 'configuration changed', NULL, 'config 3f8bb3403d22');
INSERT INTO public.audit OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-27 16:37:54.033287+00', 'Mia', 'configuration changed', NULL, 'place:billing slack:T1:C3 was C2');
INSERT INTO public.bells VALUES ('email', 'mia@example.com', 1);
INSERT INTO public.cards VALUES (66, 65, 'slack:T1', 'C1', '1795797469.360000', NULL);
INSERT INTO public.cards VALUES (498, 497, 'slack:T1', 'C1', '1795797473.620000', NULL);
INSERT INTO public.cards VALUES (674, 673, 'slack:T1', 'C1', '1795797473.680000', '2026-11-27 16:37:53.720872+00');
INSERT INTO public.cards VALUES (1042, 1041, 'slack:T1', 'C1', '1795797473.760000', NULL);
INSERT INTO public.cards VALUES (1378, 1377, 'slack:T1', 'C1', '1795797474.010000', NULL);
INSERT INTO public.cards VALUES (865, 673, 'slack:T1', 'C2', '1795797473.720000', '2026-11-27 16:37:54.035159+00');
INSERT INTO public.cards VALUES (1505, 673, 'slack:T1', 'C3', '1795797474.030002', NULL);
INSERT INTO public.conversations VALUES (17, 'web', 'bec51f1d55e0cc0ef0ab21c5537e74882deacf528ca8eb6f54d8c3da8ea20627', false, '{"name": "Ana Ruiz", "email": "ana@example.com"}', 'en', 'https://shop.example/pricing', 'claimed', 10, 4, 7, 7, 0, 1, 0, false, 0, 65, '2026-11-27 16:37:49.250101+00', '2026-11-27 16:37:58.044835+00', 16, NULL, false);
INSERT INTO public.conversations VALUES (449, 'web', '0535ae1a845bb7eb1e7521208916da0dff4bf8e807c7dee3328bc7e0aa107c44', false, '{"name": "Ben Okafor"}', 'en', '', 'waiting', 3, 2, 2, 1, 0, 1, 0, false, 0, 497, '2026-11-27 16:37:53.614565+00', '2026-11-27 16:37:53.653695+00', 6, NULL, false);
INSERT INTO public.conversations VALUES (609, 'web', '5a7871e5091f4f12afb6192420c6f5f7e24aad19522296338668fe2be5ea9105', false, '{"name": "Cleo Marsh"}', 'en', '', 'claimed', 8, 7, 4, 1, 0, 1, 0, false, 0, 673, '2026-11-27 16:37:53.649637+00', '2026-11-27 16:37:54.042011+00', 13, NULL, false);
INSERT INTO public.conversations VALUES (993, 'web', '8d63fc3e04591d6097a81b2dd79bde5ea0f1de98f60fd36f1c2d1aa90d2da923', false, '{"name": "Dora Lind"}', 'en', '', 'closed', 7, 7, 4, 1, 4, 1, 0, false, 0, 1041, '2026-11-27 16:37:53.751245+00', '2026-11-27 16:37:53.790807+00', 8, NULL, false);
INSERT INTO public.conversations VALUES (1249, 'web', 'e4cf0e7298ccc51ca59a3415865583be6a3b29f96a033a60e19f8613449c8f46', false, '{"name": "Eli Sand"}', 'en', '', 'bot', 2, 0, 2, 1, 0, 1, 1, true, 0, NULL, '2026-11-27 16:37:53.982059+00', '2026-11-27 16:37:53.997306+00', 3, '{"team": "billing", "intent": "delivery"}', false);
INSERT INTO public.conversations VALUES (1329, 'web', '1db5b6b8b102560c3971930efd0c5ed4106ed1cb747707b55edff108b6c78d8a', false, '{"name": "Flo Berg"}', 'en', '', 'claimed', 5, 4, 3, 1, 0, 1, 0, false, 0, 1377, '2026-11-27 16:37:54.006904+00', '2026-11-27 16:37:54.030373+00', 6, NULL, false);
INSERT INTO public.corpus VALUES (true, 0, 0, 0, 0, 0, '{}', 1);
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (1, 17, 1, '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.01593271494553783, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:49.342853+00');
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (2, 449, 1, '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.012480827120618154, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:53.621397+00');
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (3, 609, 1, '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:53.671229+00');
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (4, 993, 1, '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:53.758261+00');
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (5, 1249, 1, '{"act": "offer", "state": "bot", "config": "3f8bb3403d22", "matter": {"team": "billing", "intent": "delivery"}, "notify": "about delivery", "reason": "outside_knowledge", "signals": {"sure": true, "found": false, "intent": "delivery", "language": "en", "confidence": 0, "frustration": 0.005626917975500523}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:53.997306+00');
INSERT INTO public.decisions OVERRIDING SYSTEM VALUE VALUES (6, 1329, 1, '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '2026-11-27 16:37:54.012934+00');
INSERT INTO public.deskbell_handover_version VALUES (1, 0, true, '2026-11-27 16:37:48.839027');
INSERT INTO public.deskbell_handover_version VALUES (2, 1, true, '2026-11-27 16:37:48.852568');
INSERT INTO public.deskbell_handover_version VALUES (3, 2, true, '2026-11-27 16:37:48.947555');
INSERT INTO public.deskbell_handover_version VALUES (4, 3, true, '2026-11-27 16:37:48.950007');
INSERT INTO public.deskbell_handover_version VALUES (5, 4, true, '2026-11-27 16:37:48.959552');
INSERT INTO public.deskbell_handover_version VALUES (6, 5, true, '2026-11-27 16:37:48.960891');
INSERT INTO public.deskbell_handover_version VALUES (7, 6, true, '2026-11-27 16:37:48.969973');
INSERT INTO public.deskbell_handover_version VALUES (8, 7, true, '2026-11-27 16:37:48.978856');
INSERT INTO public.deskbell_handover_version VALUES (9, 8, true, '2026-11-27 16:37:48.983174');
INSERT INTO public.deskbell_handover_version VALUES (10, 9, true, '2026-11-27 16:37:49.002126');
INSERT INTO public.deskbell_handover_version VALUES (11, 10, true, '2026-11-27 16:37:49.005059');
INSERT INTO public.deskbell_handover_version VALUES (12, 11, true, '2026-11-27 16:37:49.012513');
INSERT INTO public.deskbell_handover_version VALUES (13, 12, true, '2026-11-27 16:37:49.014047');
INSERT INTO public.deskbell_knowledge_version VALUES (1, 0, true, '2026-11-27 16:37:49.016705');
INSERT INTO public.deskbell_knowledge_version VALUES (2, 1, true, '2026-11-27 16:37:49.01906');
INSERT INTO public.deskbell_knowledge_version VALUES (3, 2, true, '2026-11-27 16:37:49.025448');
INSERT INTO public.deskbell_knowledge_version VALUES (4, 3, true, '2026-11-27 16:37:49.03651');
INSERT INTO public.deskbell_knowledge_version VALUES (5, 4, true, '2026-11-27 16:37:49.038284');
INSERT INTO public.deskbell_knowledge_version VALUES (6, 5, true, '2026-11-27 16:37:49.038912');
INSERT INTO public.effects OVERRIDING SYSTEM VALUE VALUES (44, 17, 'thread', 'relay', 1617, 65, '2026-11-27 16:37:58.04319+00', NULL, '');
INSERT INTO public.embedders VALUES ('hashed2', 384, true, 0, 0);
INSERT INTO public.files VALUES ('EKOTZHQUB3OH2IYLV7PAKC5A6P', 17, 321, '{"key": "EKOTZHQUB3OH2IYLV7PAKC5A6P", "name": "receipt.png", "size": 88, "type": "", "source": "slack:T1:F12"}', '\x89504e470d0a1a0a0000000d49484452000000280000001e08000000007bb603010000001f49444154789c628962200e3011a96e54e1a8c25185a30a074421200000ffff538c0099adbcf0bc0000000049454e44ae426082', '{}', '2026-11-27 16:37:51.435072+00');
INSERT INTO public.files VALUES ('C4FZENARZH2IC4WAO44H2ICISS', 17, 417, '{"key": "C4FZENARZH2IC4WAO44H2ICISS", "name": "photo.png", "size": 88, "type": "image/png", "ready": true}', '\x89504e470d0a1a0a0000000d49484452000000280000001e08000000007bb603010000001f49444154789c62e162200e3011a96e54e1a8c25185a30a074421200000ffffd35e00491e5479050000000049454e44ae426082', '{"C1:1795797469.360000": "F15"}', '2026-11-27 16:37:53.449165+00');
INSERT INTO public.handoffs VALUES (65, 17, NULL, 'support', 'requested', '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.01593271494553783, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '{"summary": "The customer writes “I want a person please.”", "language": "en", "key_points": ["I want a person please"], "frustration": 0.01593271494553783}', 0, 'claimed', '', 1, '2026-11-27 16:37:49.337472+00', '2026-11-27 16:37:49.386553+00', NULL, false, true, 0, '', NULL, NULL, '');
INSERT INTO public.handoffs VALUES (497, 449, NULL, 'support', 'requested', '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.012480827120618154, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '{"summary": "The customer writes “a person please.”", "language": "en", "key_points": ["a person please"], "frustration": 0.012480827120618154}', 0, 'waiting', '', NULL, '2026-11-27 16:37:53.619866+00', NULL, NULL, false, false, 0, '', NULL, NULL, '');
INSERT INTO public.handoffs VALUES (673, 609, NULL, 'billing', 'requested', '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '{"summary": "The customer writes “an agent please.”", "language": "en", "key_points": ["an agent please"], "frustration": 0.04727209795505838}', 0, 'claimed', '', 929, '2026-11-27 16:37:53.668557+00', '2026-11-27 16:37:53.731913+00', NULL, false, true, 0, '', NULL, NULL, '');
INSERT INTO public.handoffs VALUES (1041, 993, NULL, 'support', 'requested', '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '{"summary": "The customer writes “an agent please.”", "language": "en", "key_points": ["an agent please"], "frustration": 0.04727209795505838}', 0, 'closed', 'resolved', 929, '2026-11-27 16:37:53.75654+00', '2026-11-27 16:37:53.768758+00', '2026-11-27 16:37:53.784636+00', false, true, 4, '', NULL, NULL, '');
INSERT INTO public.handoffs VALUES (1377, 1329, NULL, 'support', 'requested', '{"act": "hand_off", "state": "bot", "config": "3f8bb3403d22", "reason": "requested", "signals": {"sure": true, "found": false, "language": "en", "confidence": 0, "frustration": 0.04727209795505838, "wants_human": true}, "offer_below": 0.65, "answer_above": 0.7, "suggest_above": 0.2, "frustration_at": 0.7}', '{"summary": "The customer writes “an agent please.”", "language": "en", "key_points": ["an agent please"], "frustration": 0.04727209795505838}', 0, 'claimed', '', 1, '2026-11-27 16:37:54.011417+00', '2026-11-27 16:37:54.023963+00', NULL, false, true, 0, '', NULL, NULL, '');
INSERT INTO public.identities VALUES ('279a7f9a1d6867214bcee915c7b863f604a84ecf9f1c15e18b7c7ad1672c6324', '{"Team": "T1", "BotID": "BBOT", "BotUser": "UBOT"}');
INSERT INTO public.kept_lines VALUES ('slack:T1', 'C1', '1795797474.040000', '1795797474.040001', 'written', '', '{"TS": "1795797474.040001", "Ask": false, "Kind": "written", "Note": false, "Text": "in it", "Files": null, "Place": {"Channel": "C1", "Workspace": "slack:T1"}, "Account": "UMIA", "EditedTS": "", "ThreadTS": "1795797474.040000"}', '2026-11-27 16:37:54.044944+00');
INSERT INTO public.lanes VALUES (1329, 'thread', 'slack:T1:C1:post', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (609, 'think', '', 2, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (17, 'think', '', 2, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (17, 'card', 'slack:T1:update', 3, 0, 'infinity', NULL, 3, 0, false, '');
INSERT INTO public.lanes VALUES (17, 'customer', '', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (1329, 'think', '', 2, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (449, 'thread', 'slack:T1:C1:post', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (449, 'think', '', 2, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (449, 'card', 'slack:T1:update', 3, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (609, 'customer', '', 1, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (1329, 'card', 'slack:T1:update', 3, 0, 'infinity', NULL, 3, 0, false, '');
INSERT INTO public.lanes VALUES (609, 'card', 'slack:T1:C3:post', 0, 0, 'infinity', NULL, 7, 0, false, '');
INSERT INTO public.lanes VALUES (17, 'thread', 'slack:T1:C1:post', 2, 1, '2026-11-27 16:38:00.04689+00', NULL, 3, 1, true, 'outcome unknown: slack server error: 500 Internal Server Error');
INSERT INTO public.lanes VALUES (609, 'thread', 'slack:T1:C3:post', 2, 0, 'infinity', NULL, 5, 0, false, '');
INSERT INTO public.lanes VALUES (993, 'thread', 'slack:T1:C1:post', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (993, 'think', '', 2, 0, 'infinity', NULL, 2, 0, false, '');
INSERT INTO public.lanes VALUES (993, 'card', 'slack:T1:update', 3, 0, 'infinity', NULL, 5, 0, false, '');
INSERT INTO public.lanes VALUES (1249, 'think', '', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.lanes VALUES (1249, 'watch', 'slack:T1:C2:post', 2, 0, 'infinity', NULL, 1, 0, false, '');
INSERT INTO public.made VALUES ('vapid', '{"Public": "BG6JHyK6dBb_DeQLFELlc29e7EJNqRYm1CfC2ul79hLTW-Vp02iAIMBrylTTF2R01Lmq-jU7nLoBiPLTGZuGykg", "Private": "INKkSLte2pzfsnneBbIMkJEkoNBAa84HM3VHxYovgRk"}');
INSERT INTO public.messages VALUES (49, 17, NULL, 'customer', NULL, 'public', 'I want a person please', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:49.251123+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (67, 17, 65, 'bot', NULL, 'public', 'I have asked a person to join. You can keep writing here.', NULL, '', '', 2, 3, NULL, '2026-11-27 16:37:49.337472+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (130, 17, 65, 'agent', 1, 'public', 'Hi, I''m Mia.', NULL, '', '', 3, 5, NULL, '2026-11-27 16:37:49.386553+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (209, 17, 65, 'agent', 1, 'public', 'It leaves tomorrow', 'slack:T1:C1:1795797469.390000', '1795797469.390000', '1795797471.420000', 4, 7, NULL, '2026-11-27 16:37:49.407704+00', true, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (289, 17, 65, 'agent', 1, 'internal', 'note: a difficult one', 'slack:T1:C1:1795797471.430000', '1795797471.430000', '', NULL, NULL, NULL, '2026-11-27 16:37:51.42754+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (321, 17, 65, 'agent', 1, 'public', 'the receipt', 'slack:T1:C1:1795797471.430001', '1795797471.430001', '', 5, 8, NULL, '2026-11-27 16:37:51.434391+00', false, false, '', '[{"key": "EKOTZHQUB3OH2IYLV7PAKC5A6P", "name": "receipt.png", "size": 88, "type": "image/png", "ready": true, "source": "slack:T1:F12"}]', NULL);
INSERT INTO public.messages VALUES (417, 17, 65, 'customer', NULL, 'public', 'see the photo', 'c:f1', '', '', 6, 9, NULL, '2026-11-27 16:37:53.449568+00', false, false, '', '[{"key": "C4FZENARZH2IC4WAO44H2ICISS", "name": "photo.png", "size": 88, "type": "image/png", "ready": true}]', NULL);
INSERT INTO public.messages VALUES (481, 449, NULL, 'customer', NULL, 'public', 'a person please', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:53.615046+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (499, 449, 497, 'bot', NULL, 'public', 'I have asked a person to join. You can keep writing here.', NULL, '', '', 2, 3, NULL, '2026-11-27 16:37:53.619866+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (641, 609, NULL, 'customer', NULL, 'public', 'an agent please', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:53.650341+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (657, 449, 497, 'agent', 1, 'internal', 'too early', 'slack:T1:C1:1795797473.640001', '1795797473.640001', '', NULL, NULL, NULL, '2026-11-27 16:37:53.653695+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (675, 609, 673, 'bot', NULL, 'public', 'I have asked a person to join. You can keep writing here.', NULL, '', '', 2, 3, NULL, '2026-11-27 16:37:53.668557+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (802, 609, 673, 'agent', 1, 'public', 'Hi, I''m Mia.', NULL, '', '', 3, 5, NULL, '2026-11-27 16:37:53.698101+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (833, 609, 673, 'agent', 1, 'internal', '@colleague nothing', 'slack:T1:C1:1795797473.700001', '1795797473.700001', '', NULL, NULL, NULL, '2026-11-27 16:37:53.710241+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (866, 609, 673, 'agent', 1, 'internal', 'Transferred to billing: an invoice', NULL, '', '', NULL, NULL, NULL, '2026-11-27 16:37:53.720872+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (961, 609, 673, 'agent', 929, 'public', 'Hi, I''m Bob.', NULL, '', '', 4, 8, NULL, '2026-11-27 16:37:53.744259+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1025, 993, NULL, 'customer', NULL, 'public', 'an agent please', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:53.751556+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1043, 993, 1041, 'bot', NULL, 'public', 'I have asked a person to join. You can keep writing here.', NULL, '', '', 2, 3, NULL, '2026-11-27 16:37:53.75654+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1106, 993, 1041, 'agent', 929, 'public', 'Hi, I''m Bob.', NULL, '', '', 3, 5, NULL, '2026-11-27 16:37:53.768758+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1185, 993, NULL, 'bot', NULL, 'public', 'This conversation is closed. Write again any time.', NULL, '', '', 4, 6, NULL, '2026-11-27 16:37:53.784636+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1281, 1249, NULL, 'customer', NULL, 'public', 'How long does delivery take?', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:53.98243+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1297, 1249, NULL, 'bot', NULL, 'public', 'I am not sure about that. Shall I ask a person to join?', NULL, '', '', 2, 2, NULL, '2026-11-27 16:37:53.996085+00', false, false, '', NULL, '[{"id": "person", "label": "Talk to a person"}, {"id": "no_thanks", "label": "No, thanks"}]');
INSERT INTO public.messages VALUES (1361, 1329, NULL, 'customer', NULL, 'public', 'an agent please', 'c:c1', '', '', 1, 1, NULL, '2026-11-27 16:37:54.00731+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1379, 1329, 1377, 'bot', NULL, 'public', 'I have asked a person to join. You can keep writing here.', NULL, '', '', 2, 3, NULL, '2026-11-27 16:37:54.011417+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1442, 1329, 1377, 'agent', 1, 'public', 'Hi, I''m Mia.', NULL, '', '', 3, 5, NULL, '2026-11-27 16:37:54.023963+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1617, 17, 65, 'customer', NULL, 'public', 'Are you still there?', 'c:c2', '', '', 7, 10, NULL, '2026-11-27 16:37:58.042183+00', false, false, '', NULL, NULL);
INSERT INTO public.messages VALUES (1649, 17, 65, 'agent', 1, 'pending', 'This waits out its undo window', 'slack:T1:C1:1795797478.040000', '1795797478.040000', '', NULL, NULL, NULL, '2026-11-27 16:37:58.044835+00', false, false, '', NULL, NULL);
INSERT INTO public.paces VALUES ('slack:T1:C2:post', '2026-11-27 16:37:53.988868+00');
INSERT INTO public.paces VALUES ('slack:T1:update', '2026-11-27 16:37:42.850722+00');
INSERT INTO public.paces VALUES ('slack:T1:C3:post', '2026-11-27 16:37:55.05808+00');
INSERT INTO public.paces VALUES ('slack:T1:C1:post', '2026-11-27 16:37:58.034085+00');
INSERT INTO public.switches VALUES ('place:billing', 'slack:T1:C3 was C2', 'UMIA', '2026-11-27 16:37:54.033287+00');
INSERT INTO public.tenures VALUES (129, 65, 1, 'slack:T1', '1795797469.380000', '', true);
INSERT INTO public.tenures VALUES (801, 673, 1, 'slack:T1', '1795797473.690000', '', false);
INSERT INTO public.tenures VALUES (930, 673, 929, 'slack:T1', '1795797473.720001', '', true);
INSERT INTO public.tenures VALUES (1105, 1041, 929, 'slack:T1', '1795797473.760001', '1795797473.780000', false);
INSERT INTO public.tenures VALUES (1441, 1377, 1, 'slack:T1', '1795797474.020000', '', true);
INSERT INTO public.timers VALUES (17, 65, 'redraw', 1, '2026-11-27 16:38:49.342853+00');
INSERT INTO public.timers VALUES (17, 65, 'redraw', 5, '2026-11-27 16:42:49.342853+00');
INSERT INTO public.timers VALUES (17, 65, 'redraw', 15, '2026-11-27 16:52:49.342853+00');
INSERT INTO public.timers VALUES (449, 497, 'redraw', 1, '2026-11-27 16:38:53.621397+00');
INSERT INTO public.timers VALUES (449, 497, 'redraw', 5, '2026-11-27 16:42:53.621397+00');
INSERT INTO public.timers VALUES (449, 497, 'redraw', 15, '2026-11-27 16:52:53.621397+00');
INSERT INTO public.timers VALUES (449, 497, 'summon', 0, '2026-11-27 16:42:53.621397+00');
INSERT INTO public.timers VALUES (609, 673, 'redraw', 1, '2026-11-27 16:38:53.671229+00');
INSERT INTO public.timers VALUES (609, 673, 'redraw', 5, '2026-11-27 16:42:53.671229+00');
INSERT INTO public.timers VALUES (609, 673, 'redraw', 15, '2026-11-27 16:52:53.671229+00');
INSERT INTO public.timers VALUES (993, 1041, 'redraw', 1, '2026-11-27 16:38:53.758261+00');
INSERT INTO public.timers VALUES (993, 1041, 'redraw', 5, '2026-11-27 16:42:53.758261+00');
INSERT INTO public.timers VALUES (993, 1041, 'redraw', 15, '2026-11-27 16:52:53.758261+00');
INSERT INTO public.timers VALUES (1329, 1377, 'redraw', 1, '2026-11-27 16:38:54.012934+00');
INSERT INTO public.timers VALUES (1329, 1377, 'redraw', 5, '2026-11-27 16:42:54.012934+00');
INSERT INTO public.timers VALUES (1329, 1377, 'redraw', 15, '2026-11-27 16:52:54.012934+00');
INSERT INTO public.timers VALUES (609, 673, 'sweep', 673, '2026-11-27 16:38:05.055385+00');
INSERT INTO public.timers VALUES (17, 65, 'publish', 1649, '2026-11-27 16:38:00.044835+00');
INSERT INTO public.watches VALUES (1249, 0, 'slack:T1', 'C2', '1795797474.000000', 'about delivery');
SELECT pg_catalog.setval('public.articles_id_seq', 1, false);
SELECT pg_catalog.setval('public.audit_id_seq', 2, true);
SELECT pg_catalog.setval('public.calibrations_id_seq', 1, false);
SELECT pg_catalog.setval('public.chunks_id_seq', 1, false);
SELECT pg_catalog.setval('public.decisions_id_seq', 6, true);
SELECT pg_catalog.setval('public.deskbell_handover_version_id_seq', 13, true);
SELECT pg_catalog.setval('public.deskbell_knowledge_version_id_seq', 6, true);
SELECT pg_catalog.setval('public.effects_id_seq', 44, true);
SELECT pg_catalog.setval('public.ids', 1665, true);
SELECT pg_catalog.setval('public.sections_id_seq', 1, false);
ALTER TABLE ONLY public.agent_accounts
    ADD CONSTRAINT agent_accounts_pkey PRIMARY KEY (workspace, external);
ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_name_key UNIQUE (name);
ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT articles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT articles_source_key_key UNIQUE (source, key);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_subjects
    ADD CONSTRAINT audit_subjects_pkey PRIMARY KEY (conversation_id);
ALTER TABLE ONLY public.audit_subjects
    ADD CONSTRAINT audit_subjects_subject_key UNIQUE (subject);
ALTER TABLE ONLY public.bells
    ADD CONSTRAINT bells_pkey PRIMARY KEY (way, address);
ALTER TABLE ONLY public.calibrations
    ADD CONSTRAINT calibrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cards
    ADD CONSTRAINT cards_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cards
    ADD CONSTRAINT cards_workspace_channel_ts_key UNIQUE (workspace, channel, ts);
ALTER TABLE ONLY public.chunks
    ADD CONSTRAINT chunks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.console_links
    ADD CONSTRAINT console_links_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.console_sessions
    ADD CONSTRAINT console_sessions_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_channel_customer_key UNIQUE (channel, customer);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.corpus
    ADD CONSTRAINT corpus_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deskbell_handover_version
    ADD CONSTRAINT deskbell_handover_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deskbell_knowledge_version
    ADD CONSTRAINT deskbell_knowledge_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT drafts_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.effects
    ADD CONSTRAINT effects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.embedders
    ADD CONSTRAINT embedders_pkey PRIMARY KEY (name, dims);
ALTER TABLE ONLY public.embeddings_hashed2_384
    ADD CONSTRAINT embeddings_hashed2_384_pkey PRIMARY KEY (chunk_id);
ALTER TABLE ONLY public.erased_threads
    ADD CONSTRAINT erased_threads_pkey PRIMARY KEY (workspace, channel, ts);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_conversation_id_key UNIQUE (conversation_id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.installs
    ADD CONSTRAINT installs_pkey PRIMARY KEY (workspace);
ALTER TABLE ONLY public.kept_lines
    ADD CONSTRAINT kept_lines_pkey PRIMARY KEY (workspace, channel, ts, kind, edited_ts);
ALTER TABLE ONLY public.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (conversation_id, lane);
ALTER TABLE ONLY public.made
    ADD CONSTRAINT made_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_external_id_key UNIQUE (conversation_id, external_id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_seq_key UNIQUE (conversation_id, seq);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.paces
    ADD CONSTRAINT paces_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.postings
    ADD CONSTRAINT postings_pkey PRIMARY KEY (term, section_id) INCLUDE (title, heading, body, title_len, head_len, body_len);
ALTER TABLE ONLY public.rung
    ADD CONSTRAINT rung_pkey PRIMARY KEY (handoff_id, way, address);
ALTER TABLE ONLY public.sections
    ADD CONSTRAINT sections_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.switches
    ADD CONSTRAINT switches_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.syncs
    ADD CONSTRAINT syncs_pkey PRIMARY KEY (source);
ALTER TABLE ONLY public.tenures
    ADD CONSTRAINT tenures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.timers
    ADD CONSTRAINT timers_pkey PRIMARY KEY (conversation_id, kind, subject);
ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.watches
    ADD CONSTRAINT watches_pkey PRIMARY KEY (conversation_id, episode);
CREATE INDEX audit_deeds ON public.audit USING btree (deed, who, at);
CREATE UNIQUE INDEX cards_one_open ON public.cards USING btree (handoff_id) WHERE (closed_at IS NULL);
CREATE INDEX chunks_section ON public.chunks USING btree (section_id);
CREATE INDEX decisions_conversation ON public.decisions USING btree (conversation_id);
CREATE INDEX effects_failed ON public.effects USING btree (failed_at) WHERE (failed_at IS NOT NULL);
CREATE INDEX effects_open ON public.effects USING btree (conversation_id, lane, id) WHERE (failed_at IS NULL);
CREATE UNIQUE INDEX embedders_searched ON public.embedders USING btree (searched) WHERE searched;
CREATE INDEX erasures_open ON public.erasures USING btree (asked_at) WHERE (done_at IS NULL);
CREATE INDEX files_at ON public.files USING btree (at);
CREATE INDEX files_conversation ON public.files USING btree (conversation_id, at);
CREATE INDEX files_message ON public.files USING btree (message_id);
CREATE INDEX files_unattached ON public.files USING btree (at) WHERE (message_id IS NULL);
CREATE INDEX handoffs_ended ON public.handoffs USING btree (claimed_at) WHERE (claimed_at IS NOT NULL);
CREATE UNIQUE INDEX handoffs_one_open ON public.handoffs USING btree (conversation_id) WHERE (state <> 'closed'::text);
CREATE INDEX handoffs_queue ON public.handoffs USING btree (state, team, requested_at) WHERE (state <> 'closed'::text);
CREATE INDEX lanes_due ON public.lanes USING btree (due_at, priority) WHERE (due_at < 'infinity'::timestamp with time zone);
CREATE INDEX messages_internal ON public.messages USING btree (conversation_id, id) WHERE (seq IS NULL);
CREATE INDEX messages_line ON public.messages USING btree (external_id) WHERE (line_ts <> ''::text);
CREATE INDEX messages_pending ON public.messages USING btree (conversation_id) WHERE (visibility = 'pending'::text);
CREATE UNIQUE INDEX messages_rev ON public.messages USING btree (conversation_id, rev) WHERE (rev IS NOT NULL);
CREATE INDEX postings_section ON public.postings USING btree (section_id);
CREATE INDEX sections_article ON public.sections USING btree (article_id);
CREATE INDEX tenures_handoff ON public.tenures USING btree (handoff_id);
CREATE UNIQUE INDEX tenures_one_holder ON public.tenures USING btree (handoff_id) WHERE open;
CREATE INDEX timers_due ON public.timers USING btree (due_at);
CREATE INDEX watches_thread ON public.watches USING btree (workspace, channel, ts);
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_stays();
CREATE TRIGGER audit_stays BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_stays();
ALTER TABLE ONLY public.agent_accounts
    ADD CONSTRAINT agent_accounts_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.audit_subjects
    ADD CONSTRAINT audit_subjects_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.bells
    ADD CONSTRAINT bells_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.cards
    ADD CONSTRAINT cards_handoff_id_fkey FOREIGN KEY (handoff_id) REFERENCES public.handoffs(id);
ALTER TABLE ONLY public.chunks
    ADD CONSTRAINT chunks_section_id_fkey FOREIGN KEY (section_id) REFERENCES public.sections(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.console_links
    ADD CONSTRAINT console_links_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.console_sessions
    ADD CONSTRAINT console_sessions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.embeddings_hashed2_384
    ADD CONSTRAINT embeddings_hashed2_384_chunk_id_fkey FOREIGN KEY (chunk_id) REFERENCES public.chunks(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.handoffs
    ADD CONSTRAINT handoffs_previous_id_fkey FOREIGN KEY (previous_id) REFERENCES public.handoffs(id);
ALTER TABLE ONLY public.lanes
    ADD CONSTRAINT lanes_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.postings
    ADD CONSTRAINT postings_section_id_fkey FOREIGN KEY (section_id) REFERENCES public.sections(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.rung
    ADD CONSTRAINT rung_handoff_id_fkey FOREIGN KEY (handoff_id) REFERENCES public.handoffs(id);
ALTER TABLE ONLY public.sections
    ADD CONSTRAINT sections_article_id_fkey FOREIGN KEY (article_id) REFERENCES public.articles(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.tenures
    ADD CONSTRAINT tenures_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES public.agents(id);
ALTER TABLE ONLY public.tenures
    ADD CONSTRAINT tenures_handoff_id_fkey FOREIGN KEY (handoff_id) REFERENCES public.handoffs(id);
ALTER TABLE ONLY public.timers
    ADD CONSTRAINT timers_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
ALTER TABLE ONLY public.watches
    ADD CONSTRAINT watches_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id);
