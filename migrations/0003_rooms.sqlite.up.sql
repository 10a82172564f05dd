-- Rooms and the people in them. A deleted room keeps its row, with deleted_at, and is seen by nobody.

CREATE TABLE rooms (
    id               TEXT PRIMARY KEY NOT NULL,
    name             TEXT NOT NULL,
    search_key       TEXT NOT NULL,
    description      TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    status           TEXT NOT NULL,
    owner_id         TEXT NOT NULL REFERENCES users (id),
    password_hash    TEXT,
    allow_guests     BOOLEAN NOT NULL,
    max_members      INTEGER NOT NULL,
    control          TEXT NOT NULL,
    wait_policy      TEXT NOT NULL,
    version          INTEGER NOT NULL,
    playlist_version INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    deleted_at       INTEGER
);
CREATE INDEX rooms_owner_id ON rooms (owner_id);
CREATE INDEX rooms_listed ON rooms (id) WHERE visibility = 'public' AND deleted_at IS NULL;

-- Accounts and guests alike: user_id refers to nothing, the name is kept beside it. Who has left keeps the row,
-- with left_at, so that nobody sheds a denial or a mute by leaving and coming back.
CREATE TABLE members (
    room_id     TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    allow       INTEGER NOT NULL,
    deny        INTEGER NOT NULL,
    muted_until INTEGER,
    joined_at   INTEGER NOT NULL,
    invited_by  TEXT,
    left_at     INTEGER,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX members_user_id ON members (user_id, room_id) WHERE left_at IS NULL;
CREATE INDEX members_joined_at ON members (room_id, joined_at, user_id) WHERE left_at IS NULL;

CREATE TABLE bans (
    room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at    INTEGER,
    address    TEXT,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX bans_address ON bans (room_id, address) WHERE address IS NOT NULL;
