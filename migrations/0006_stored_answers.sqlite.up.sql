-- Answers to requests with an Idempotency-Key: a retry gets the same one.

CREATE TABLE stored_answers (
    actor_key   TEXT NOT NULL,
    route       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    body        BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (actor_key, route, key)
);
CREATE INDEX stored_answers_created_at ON stored_answers (created_at);
