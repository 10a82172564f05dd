-- One-time links by which somebody who lost a password sets a new one: at most one for each account, hashed.

CREATE TABLE recovery_links (
    user_id    TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX recovery_links_token_hash ON recovery_links (token_hash);
CREATE INDEX recovery_links_expires_at ON recovery_links (expires_at);
