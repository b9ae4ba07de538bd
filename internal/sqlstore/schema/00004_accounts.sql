-- Sessions, people who block each other, what the platform's admins did, and whom
-- another issuer's tokens must not bring back.

-- +goose Up

ALTER TABLE users ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;    -- not to be found by email or phone
ALTER TABLE users ADD COLUMN suspended BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT FALSE;  -- of the platform
ALTER TABLE users ADD COLUMN external BOOLEAN NOT NULL DEFAULT FALSE;  -- made of another issuer's token, whose subject is the id
ALTER TABLE users ADD COLUMN foreign_after BIGINT;                     -- another issuer's tokens of before are over

-- An invitation from somebody whom its receiver blocks: it never arrives.
ALTER TABLE notifications ADD COLUMN hidden BOOLEAN NOT NULL DEFAULT FALSE;

-- One for each time that somebody logged in. It is over when the row is gone, or
-- when the user's token_version is another.
CREATE TABLE sessions (
    id            TEXT   NOT NULL PRIMARY KEY,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    device        TEXT   NOT NULL, -- '' if it is not known
    token_version BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL  -- of its latest token
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_old ON sessions (expires_at);

CREATE TABLE blocks (
    user_id    TEXT   NOT NULL REFERENCES users (id),
    blocked_id TEXT   NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) WITHOUT ROWID;
CREATE INDEX blocks_blocked ON blocks (blocked_id);

CREATE TABLE acts (
    id         TEXT   NOT NULL PRIMARY KEY,
    act        TEXT   NOT NULL,
    actor_id   TEXT   NOT NULL, -- '' for the operator, who has no account
    user_id    TEXT   NOT NULL, -- whom it was done to; '' for nobody
    group_id   TEXT   NOT NULL, -- '' for none
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX acts_user ON acts (user_id, id);
CREATE INDEX acts_actor ON acts (actor_id, id);
CREATE INDEX acts_old ON acts (created_at);

-- Subjects of another issuer whose accounts were deleted, by a hash: nothing else of them is kept.
CREATE TABLE departures (
    subject_key   TEXT   NOT NULL PRIMARY KEY,
    token_version BIGINT NOT NULL, -- of the account that was deleted
    gone_at       BIGINT NOT NULL
) WITHOUT ROWID;
