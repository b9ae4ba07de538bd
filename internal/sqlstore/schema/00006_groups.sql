-- Who is kept out of a group, what a user has used up, and the way to what is counted
-- before more of it is let in.

-- +goose Up

CREATE TABLE bans (
    group_id   TEXT   NOT NULL REFERENCES groups (id),
    user_id    TEXT   NOT NULL REFERENCES users (id),
    banned_by  TEXT   NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX bans_user ON bans (user_id, group_id);
CREATE INDEX bans_by ON bans (banned_by, group_id);

-- How much of something a user has used up in a period: a day or a minute since 1970.
-- There is one row for each, whatever the period.
CREATE TABLE budgets (
    user_id TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    period  BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    PRIMARY KEY (user_id, what)
) WITHOUT ROWID;

-- How many poras a member booked on the day, since 1970, on which the latest was booked.
ALTER TABLE members ADD COLUMN booked_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN booked BIGINT NOT NULL DEFAULT 0;

-- When members were last notified that a goal was reached, or a hatm completed.
ALTER TABLE zikrs ADD COLUMN told_at BIGINT;
ALTER TABLE groups ADD COLUMN told_at BIGINT;

CREATE INDEX groups_admin ON groups (admin_id) WHERE NOT deleted;
CREATE INDEX notifications_waiting ON notifications (receiver_id) WHERE type = 'invitation' AND answer = '';
CREATE INDEX notifications_sent_waiting ON notifications (sender_id) WHERE type = 'invitation' AND answer = '';
CREATE INDEX notifications_refused ON notifications (receiver_id, sender_id, answered_at) WHERE type = 'invitation' AND answer = 'rejected';
