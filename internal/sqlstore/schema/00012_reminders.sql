-- How a user wants to be told, when they are to be reminded next, and which booking a
-- notification is about.

-- +goose Up

ALTER TABLE users ADD COLUMN time_zone TEXT NOT NULL DEFAULT ''; -- an IANA name; '' for UTC
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT ''; -- '' for none
ALTER TABLE users ADD COLUMN reminder_hour BIGINT; -- NULL for none
ALTER TABLE users ADD COLUMN remind_of TEXT NOT NULL DEFAULT 'poras'; -- words with a space between them
ALTER TABLE users ADD COLUMN remind_at BIGINT; -- the next time; NULL without an hour
ALTER TABLE users ADD COLUMN reminded_on BIGINT NOT NULL DEFAULT 0; -- days since 1970-01-01, of the user's own; 0 for never
CREATE INDEX users_remind ON users (remind_at, id) WHERE remind_at IS NOT NULL;

ALTER TABLE notifications ADD COLUMN booking_id TEXT NOT NULL DEFAULT ''; -- '' for none
ALTER TABLE notifications ADD COLUMN amount BIGINT NOT NULL DEFAULT 0; -- of poras; 0 for none
