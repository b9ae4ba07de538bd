-- Members who have no login belong to the group whose admin made them.

-- +goose Up

ALTER TABLE users ADD COLUMN of_group TEXT NOT NULL DEFAULT ''; -- '' for everybody else
CREATE INDEX users_group ON users (of_group) WHERE of_group <> '';
