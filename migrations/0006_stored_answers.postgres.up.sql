-- Answers to requests with an Idempotency-Key: a retry gets the same one.

CREATE TABLE stored_answers (
    actor_key   TEXT NOT NULL,
    route       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status      INTEGER NOT NULL,
    body        BYTEA NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (actor_key, route, key)
);
CREATE INDEX stored_answers_created_at ON stored_answers (created_at);
