-- Chat, ordered by id. The author may be a guest, who has no account.

CREATE TABLE messages (
    id          TEXT PRIMARY KEY NOT NULL,
    room_id     TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    author_id   TEXT NOT NULL,
    author_name TEXT NOT NULL,
    text        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    reply_to    TEXT,
    nonce       TEXT,
    deleted     BOOLEAN NOT NULL
);
CREATE INDEX messages_room_id ON messages (room_id, id);
CREATE UNIQUE INDEX messages_nonce ON messages (room_id, author_id, nonce) WHERE nonce IS NOT NULL;
