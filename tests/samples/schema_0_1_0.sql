-- The tables of version 0.1.0; the words in braces differ between SQLite and PostgreSQL.

CREATE TABLE IF NOT EXISTS schema_migration (
    number INTEGER NOT NULL PRIMARY KEY,
    applied_at {moment} NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE preference (
    team_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (team_id, scope, subject_id)
);

CREATE TABLE audit (
    id {serial} NOT NULL,
    at {moment} NOT NULL,
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    surface TEXT NOT NULL,
    action TEXT NOT NULL,
    idmsg_hash TEXT,
    outcome TEXT,
    reason TEXT
);

CREATE INDEX audit_at ON audit (at);

CREATE TABLE recent (
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    idmsg TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at {moment} NOT NULL,
    PRIMARY KEY (team_id, user_id, idmsg)
);

CREATE INDEX recent_at ON recent (at);

CREATE TABLE seen_event (
    event_key TEXT NOT NULL PRIMARY KEY,
    at {moment} NOT NULL
);

CREATE INDEX seen_event_at ON seen_event (at);

CREATE TABLE gate (
    name TEXT NOT NULL PRIMARY KEY,
    next_slot {seconds} NOT NULL,
    closed_until {seconds} NOT NULL,
    strikes INTEGER NOT NULL,
    person_until {seconds} NOT NULL
);

CREATE TABLE gate_holder (
    holder TEXT NOT NULL PRIMARY KEY,
    running INTEGER NOT NULL,
    until {seconds} NOT NULL
);

CREATE TABLE notice (
    name TEXT NOT NULL PRIMARY KEY,
    at {moment} NOT NULL
);

CREATE TABLE watch (
    id TEXT NOT NULL PRIMARY KEY,
    idmsg TEXT NOT NULL,
    user_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    card_channel_id TEXT,
    card_ts TEXT,
    started_at {moment} NOT NULL,
    expires_at {moment} NOT NULL,
    due_at {moment} NOT NULL,
    state TEXT NOT NULL,
    looks INTEGER NOT NULL,
    unknown BOOLEAN NOT NULL,
    turn INTEGER NOT NULL,
    raw TEXT,
    error TEXT,
    error_detail TEXT,
    checked_at {moment},
    sandbox BOOLEAN NOT NULL,
    ending TEXT,
    attempts INTEGER NOT NULL,
    doubtful BOOLEAN NOT NULL,
    teller TEXT,
    decided_at {moment},
    ended_at {moment}
);

CREATE UNIQUE INDEX watch_open ON watch (team_id, channel_id, thread_ts, idmsg)
WHERE ended_at IS NULL;

CREATE INDEX watch_due ON watch (due_at) WHERE ended_at IS NULL;

CREATE INDEX watch_of_user ON watch (team_id, user_id) WHERE ended_at IS NULL;

CREATE INDEX watch_ended_at ON watch (ended_at);

CREATE TABLE executor (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    beats INTEGER NOT NULL,
    at {moment} NOT NULL
);

CREATE TABLE bulk (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    card_channel_id TEXT,
    card_ts TEXT,
    started_at {moment} NOT NULL,
    due_at {moment} NOT NULL,
    state TEXT NOT NULL,
    turn INTEGER NOT NULL,
    ending TEXT,
    attempts INTEGER NOT NULL,
    doubtful BOOLEAN NOT NULL,
    decided_at {moment},
    ended_at {moment},
    name TEXT NOT NULL,
    total INTEGER NOT NULL,
    doubles INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    worker TEXT,
    paused_until {moment}
);

CREATE INDEX bulk_due ON bulk (due_at) WHERE ended_at IS NULL;

CREATE INDEX bulk_of_user ON bulk (team_id, user_id) WHERE ended_at IS NULL;

CREATE INDEX bulk_ended_at ON bulk (ended_at);

CREATE TABLE bulk_item (
    bulk_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    idmsg TEXT NOT NULL,
    lap INTEGER NOT NULL,
    outcome TEXT,
    raw TEXT,
    error TEXT,
    error_detail TEXT,
    checked_at {moment},
    sandbox BOOLEAN NOT NULL,
    PRIMARY KEY (bulk_id, position)
);

CREATE INDEX bulk_item_lap ON bulk_item (bulk_id, lap, position);

CREATE TABLE bulk_ignored (
    bulk_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (bulk_id, position)
);

INSERT INTO schema_migration (number) VALUES (1), (2), (3), (4);
