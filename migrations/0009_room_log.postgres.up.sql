-- What people did in a room, for those who look after it; kept for 90 days.

CREATE TABLE room_log (
    id          TEXT PRIMARY KEY NOT NULL,
    room_id     TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    at          BIGINT NOT NULL,
    by_id       TEXT,
    by_name     TEXT,
    action      TEXT NOT NULL,
    target_id   TEXT,
    target_name TEXT,
    details     TEXT NOT NULL
);
CREATE INDEX room_log_room_id ON room_log (room_id, id);
CREATE INDEX room_log_at ON room_log (at);
