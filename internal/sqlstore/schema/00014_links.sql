-- Links into groups, and guests, who came in by one without an e-mail and a password.

-- +goose Up

ALTER TABLE users ADD COLUMN is_guest BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE links (
    code       TEXT    NOT NULL PRIMARY KEY,
    group_id   TEXT    NOT NULL REFERENCES groups (id),
    max_uses   BIGINT  NOT NULL, -- 0 for any number
    uses       BIGINT  NOT NULL,
    guests     BOOLEAN NOT NULL,
    expires_at BIGINT,
    ended_at   BIGINT,
    created_at BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX links_group ON links (group_id, created_at);

-- Whom a link let in: once, however often they came back by it.
CREATE TABLE link_uses (
    code    TEXT   NOT NULL REFERENCES links (code),
    user_id TEXT   NOT NULL REFERENCES users (id),
    used_at BIGINT NOT NULL,
    PRIMARY KEY (code, user_id)
) WITHOUT ROWID;
CREATE INDEX link_uses_user ON link_uses (user_id);
