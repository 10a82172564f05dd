-- The key ring. `sealed` is the secret part, encrypted by the key above it.

CREATE TABLE keys (
    kid          TEXT PRIMARY KEY NOT NULL,
    purpose      TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    state        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    activated_at INTEGER,
    retires_at   INTEGER,
    sealed       BLOB NOT NULL
);
