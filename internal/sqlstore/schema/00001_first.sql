-- The first schema. Ids are TEXT, moments are BIGINT milliseconds since 1970, a
-- moment that has not come is NULL. What can be counted is BIGINT.
--
-- The keys for searches (*_key) are folded by the program, so that every
-- engine finds the same rows.

-- +goose Up

CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    surname       TEXT    NOT NULL,
    full_key      TEXT    NOT NULL, -- name and surname
    surname_key   TEXT    NOT NULL,
    email         TEXT    NOT NULL, -- '' for none
    phone         TEXT    NOT NULL, -- '' for none
    password_hash TEXT    NOT NULL,
    token_version BIGINT  NOT NULL,
    kept_token_id TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    deleted       BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_email ON users (email) WHERE email <> '';
CREATE UNIQUE INDEX users_phone ON users (phone) WHERE phone <> '';
CREATE INDEX users_full ON users (full_key) WHERE NOT deleted;
CREATE INDEX users_surname ON users (surname_key) WHERE NOT deleted;

CREATE TABLE groups (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    name_key     TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    is_public    BOOLEAN NOT NULL,
    dedication   TEXT    NOT NULL,
    hatm_goal    BIGINT  NOT NULL,
    hatm_count   BIGINT  NOT NULL,
    admin_id     TEXT    NOT NULL REFERENCES users (id),
    member_count BIGINT  NOT NULL,
    seq          BIGINT  NOT NULL, -- of the latest event
    created_at   BIGINT  NOT NULL,
    deleted      BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE INDEX groups_public ON groups (id, name_key) WHERE is_public AND NOT deleted;

-- The seqs say between which events of the group a member was there: notices
-- are for those who were. Clocks would not do, they can be set back.
CREATE TABLE members (
    group_id   TEXT   NOT NULL REFERENCES groups (id),
    user_id    TEXT   NOT NULL REFERENCES users (id),
    joined_at  BIGINT NOT NULL,
    left_at    BIGINT,
    joined_seq BIGINT NOT NULL,
    left_seq   BIGINT,
    PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX members_user ON members (user_id, group_id);

CREATE TABLE hatms (
    group_id     TEXT   NOT NULL REFERENCES groups (id),
    number       BIGINT NOT NULL,
    finished     BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    completed_at BIGINT,
    PRIMARY KEY (group_id, number)
) WITHOUT ROWID;

CREATE TABLE bookings (
    id          TEXT   NOT NULL PRIMARY KEY,
    group_id    TEXT   NOT NULL,
    hatm_number BIGINT NOT NULL,
    pora        BIGINT NOT NULL,
    user_id     TEXT   NOT NULL REFERENCES users (id),
    status      TEXT   NOT NULL,
    booked_at   BIGINT NOT NULL,
    ended_at    BIGINT,
    FOREIGN KEY (group_id, hatm_number) REFERENCES hatms (group_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX bookings_pora ON bookings (group_id, hatm_number, pora) WHERE status <> 'released';
CREATE INDEX bookings_user ON bookings (user_id, id);

CREATE TABLE zikrs (
    id          TEXT    NOT NULL PRIMARY KEY,
    group_id    TEXT    NOT NULL REFERENCES groups (id),
    name        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    hint        TEXT    NOT NULL,
    goal        BIGINT  NOT NULL, -- 0 for none
    total       BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    deleted     BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE INDEX zikrs_group ON zikrs (group_id, id);

CREATE TABLE shares (
    zikr_id TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    amount  BIGINT NOT NULL,
    PRIMARY KEY (zikr_id, user_id)
) WITHOUT ROWID;
CREATE INDEX shares_user ON shares (user_id, zikr_id);

-- A count's way to the disk is the hottest there is. It is appended, and has one
-- index: by its user and, if it has one, its opId. That index holds hashes (64 and
-- 96 bits) of both, a third of their size: as many fewer pages are written.
CREATE TABLE counts (
    num        INTEGER NOT NULL PRIMARY KEY,
    id         TEXT    NOT NULL,
    zikr_id    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    op_id      TEXT,
    user_key   BIGINT  NOT NULL,
    op_key     BYTEA,            -- NULL if there is no op_id
    amount     BIGINT  NOT NULL,
    total      BIGINT  NOT NULL, -- of the zikr, this one counted
    goal       BIGINT  NOT NULL, -- of the zikr at that time
    created_at BIGINT  NOT NULL
);
CREATE UNIQUE INDEX counts_op ON counts (user_key, op_key);

CREATE TABLE events (
    group_id   TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    user_id    TEXT   NOT NULL, -- whose name data holds; '' if nobody's
    data       TEXT   NOT NULL, -- JSON, as it was sent
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, seq)
) WITHOUT ROWID;

CREATE TABLE notifications (
    id          TEXT    NOT NULL PRIMARY KEY,
    receiver_id TEXT    NOT NULL,
    sender_id   TEXT    NOT NULL,
    group_id    TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    answer      TEXT    NOT NULL, -- '' for none
    answered_at BIGINT,
    read_at     BIGINT,
    created_at  BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX notifications_receiver ON notifications (receiver_id, id);
CREATE INDEX notifications_unread ON notifications (receiver_id, id) WHERE read_at IS NULL;
CREATE UNIQUE INDEX notifications_pending ON notifications (group_id, receiver_id)
    WHERE type = 'invitation' AND answer = '';

CREATE TABLE notices (
    id         TEXT    NOT NULL PRIMARY KEY,
    group_id   TEXT    NOT NULL,
    sender_id  TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    covered    BOOLEAN NOT NULL -- by later ones of its topic, for everybody: counts as read
) WITHOUT ROWID;
CREATE INDEX notices_group ON notices (group_id, id);
CREATE INDEX notices_open ON notices (group_id, id) WHERE NOT covered;
CREATE INDEX notices_topic ON notices (topic) WHERE NOT covered;

-- Up to which seq a user has read the notices of a topic.
CREATE TABLE notice_reads (
    user_id TEXT   NOT NULL,
    topic   TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, topic)
) WITHOUT ROWID;
