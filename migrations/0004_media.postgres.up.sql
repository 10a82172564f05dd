-- The playlist of each room, and the one state in which it plays.

CREATE TABLE media (
    id            TEXT PRIMARY KEY NOT NULL,
    room_id       TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    title         TEXT NOT NULL,
    url           TEXT NOT NULL,
    kind          TEXT NOT NULL,
    added_by_id   TEXT NOT NULL,
    added_by_name TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    order_key     DOUBLE PRECISION NOT NULL,
    duration      DOUBLE PRECISION,
    version       BIGINT NOT NULL
);
CREATE INDEX media_order_key ON media (room_id, order_key, id);

-- media_id refers to nothing: an item may leave the playlist while the state still names it.
CREATE TABLE playback (
    room_id       TEXT PRIMARY KEY NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    media_id      TEXT,
    playing       BOOLEAN NOT NULL,
    position      DOUBLE PRECISION NOT NULL,
    rate          DOUBLE PRECISION NOT NULL,
    revision      BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    effective_at  BIGINT NOT NULL,
    last_alive_at BIGINT NOT NULL
);
CREATE INDEX playback_playing ON playback (room_id) WHERE playing;
