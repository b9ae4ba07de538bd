-- Several hatms at once, dates, and settings of a group. An older node knows none of these columns: what it
-- inserts has their defaults, which mean what was before.

-- +goose Up

ALTER TABLE groups ADD COLUMN open_hatms BIGINT NOT NULL DEFAULT 1;
ALTER TABLE groups ADD COLUMN pora_limit BIGINT NOT NULL DEFAULT 0; -- 0 for none, as in the next two
ALTER TABLE groups ADD COLUMN reading_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN hatm_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN auto_release BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE groups ADD COLUMN is_anonymous BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE groups ADD COLUMN division TEXT NOT NULL DEFAULT 'madani';
ALTER TABLE groups ADD COLUMN completion_text TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE groups ADD COLUMN share_day BIGINT NOT NULL DEFAULT 0; -- since 1970-01-01, UTC
ALTER TABLE groups ADD COLUMN share_outs BIGINT NOT NULL DEFAULT 0; -- on that day

ALTER TABLE hatms ADD COLUMN due_at BIGINT;
ALTER TABLE hatms ADD COLUMN reopened_at BIGINT;
CREATE INDEX hatms_open ON hatms (group_id, number) WHERE completed_at IS NULL;

ALTER TABLE bookings ADD COLUMN due_at BIGINT;
ALTER TABLE bookings ADD COLUMN wake_at BIGINT; -- when the clock has something to do about it
CREATE INDEX bookings_wake ON bookings (wake_at, id) WHERE status = 'booked' AND wake_at IS NOT NULL;
