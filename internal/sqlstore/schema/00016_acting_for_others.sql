-- Who books and marks as read for others. What a node of the release before stores has NULL: it counts as
-- the reader's own.

-- +goose Up

ALTER TABLE bookings ADD COLUMN by_id TEXT DEFAULT NULL; -- who made it, if that is not the reader
ALTER TABLE bookings ADD COLUMN completed_by TEXT DEFAULT NULL; -- who marked it as read, if that is not the reader
CREATE INDEX bookings_by ON bookings (by_id) WHERE by_id IS NOT NULL;
CREATE INDEX bookings_completed_by ON bookings (completed_by) WHERE completed_by IS NOT NULL;
