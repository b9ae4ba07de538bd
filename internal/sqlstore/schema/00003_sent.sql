-- The way to what a user sent: whoever asks for all that is stored about them wants it too.

-- +goose Up

CREATE INDEX notifications_sender ON notifications (sender_id, id);
