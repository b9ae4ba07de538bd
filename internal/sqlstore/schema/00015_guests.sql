-- When a guest was last seen: who was not seen for long is erased, and found by this index.

-- +goose Up

ALTER TABLE users ADD COLUMN seen_at BIGINT; -- of guests, to about an hour; NULL: not since the account was made
CREATE INDEX users_guests ON users (COALESCE(seen_at, created_at), id) WHERE is_guest AND NOT deleted;
