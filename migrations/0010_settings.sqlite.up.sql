-- Settings that administrators have changed in the running server. A row without a value was taken back; the highest
-- version is the revision of them all, and of two who write at once one is refused by its index.

CREATE TABLE settings (
    key        TEXT PRIMARY KEY NOT NULL,
    value      TEXT,
    version    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
);
CREATE UNIQUE INDEX settings_version ON settings (version);
