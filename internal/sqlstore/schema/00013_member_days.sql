-- What members did by day, kept for ever, and countings that take others back.
--
-- A day is a number: how many come after 1970-01-01. What a node of the release before stores has none
-- (NULL), and is not in member_days until the janitor has given it the day in UTC. The sums in days, which
-- that release keeps, are moved over by the janitor too.

-- +goose Up

CREATE TABLE member_days (
    group_id  TEXT   NOT NULL,
    group_day BIGINT NOT NULL, -- in the group's time zone
    user_id   TEXT   NOT NULL,
    day       BIGINT NOT NULL, -- the same moment in the user's, as it was then
    zikr_id   TEXT   NOT NULL, -- '' for poras
    amount    BIGINT NOT NULL, -- at least 1
    PRIMARY KEY (group_id, group_day, user_id, day, zikr_id)
) WITHOUT ROWID;
CREATE INDEX member_days_user ON member_days (user_id, day);

ALTER TABLE counts ADD COLUMN day BIGINT; -- in the user's time zone
ALTER TABLE counts ADD COLUMN group_day BIGINT; -- in the group's
ALTER TABLE counts ADD COLUMN by_id TEXT DEFAULT NULL; -- who made it, if that is not the user
ALTER TABLE counts ADD COLUMN undoes TEXT DEFAULT NULL; -- the id of the counting that it takes back
CREATE INDEX counts_id ON counts (id);
CREATE INDEX counts_for ON counts (user_id, id) WHERE by_id IS NOT NULL;
CREATE UNIQUE INDEX counts_undoes ON counts (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX counts_undated ON counts (day) WHERE day IS NULL;

ALTER TABLE bookings ADD COLUMN day BIGINT; -- on which it was completed, in the user's time zone
ALTER TABLE bookings ADD COLUMN group_day BIGINT; -- in the group's
CREATE INDEX bookings_undated ON bookings (group_id) WHERE status = 'completed' AND day IS NULL;
