-- Accounts, their sign-ins, and the ways to get one: invitations and the link of the first start.

CREATE TABLE users (
    id            TEXT PRIMARY KEY NOT NULL,
    username      TEXT NOT NULL,
    name_key      TEXT NOT NULL,
    email         TEXT,
    email_key     TEXT,
    role          TEXT NOT NULL,
    status        TEXT NOT NULL,
    password_hash TEXT,
    ban_reason    TEXT,
    banned_until  BIGINT,
    created_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_name_key ON users (name_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);

-- Guests have sessions too, and no account: user_id refers to nothing.
CREATE TABLE sessions (
    id            TEXT PRIMARY KEY NOT NULL,
    user_id       TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    user_agent    TEXT NOT NULL,
    address       TEXT NOT NULL,
    guest_name    TEXT,
    room_id       TEXT,
    ended_at      BIGINT,
    refresh_hash  BYTEA,
    previous_hash BYTEA,
    rotated_at    BIGINT,
    successor     BYTEA
);
CREATE UNIQUE INDEX sessions_refresh_hash ON sessions (refresh_hash);
CREATE INDEX sessions_previous_hash ON sessions (previous_hash);
CREATE INDEX sessions_user_id ON sessions (user_id, created_at);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Refresh tokens that have been used: one that comes again betrays a copy.
CREATE TABLE refresh_tokens (
    hash       BYTEA PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_at    BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);

CREATE TABLE invitations (
    id          TEXT PRIMARY KEY NOT NULL,
    secret_hash BYTEA NOT NULL,
    role        TEXT NOT NULL,
    uses_left   INTEGER NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    created_by  TEXT REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX invitations_secret_hash ON invitations (secret_hash);

-- At most one row: the link that makes the first account.
CREATE TABLE setup_links (
    id         INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
